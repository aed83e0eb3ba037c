"""`fairhaul log`: hash the log again, sign it, check a proof offline, erase what an entry says."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.settings import Settings
    from governance.log.bundles import Proven

log = typer.Typer(help="The transparency log.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
WRONG_USE = 2


@log.command()
def check(as_json: AsJson = False) -> None:
    """Hash every entry, statement and tile again, and compare all of it with what was signed.

    Exits 1 and names each entry that is not as it was.
    """
    from app.tlog.checking import examine
    from app.tlog.keys import signer

    with _session() as (session, config):
        report = examine(session, signer(session, config).verifier)
    if as_json:
        typer.echo(
            json.dumps({"size": report.size, "root": report.root.hex(), "faults": report.faults}, indent=1)
        )
    else:
        for fault in report.faults:
            typer.echo(fault)
        well = "as they were signed" if not report.faults else f"{len(report.faults)} faults"
        typer.echo(f"{report.size} entries, {well}; root {report.root.hex()}")
    if report.faults:
        raise typer.Exit(1)


@log.command()
def sign() -> None:
    """Sign a checkpoint over everything that was entered. The worker does so each minute.

    Exits 1 where something is not as it was entered: then nothing is signed.
    """
    from app.db import utc_now
    from app.tlog.signing import sign_head

    with _session() as (session, config):
        made = sign_head(session, config, now=utc_now())
    if made is None:
        typer.echo("Nothing is signed: the log was changed. `fairhaul log check` names what.", err=True)
        raise typer.Exit(1)
    typer.echo(made.note, nl=False)


@log.command()
def key() -> None:
    """Print the public key of the log, as `fairhaul log verify --key` wants it."""
    from app.tlog.keys import signer

    with _session() as (session, config):
        typer.echo(str(signer(session, config).verifier))


@log.command()
def erase(
    entry: Annotated[int, typer.Argument(help="Number of the entry")],
    reason: Annotated[str, typer.Option(help="Why, without naming anybody: it is public")],
) -> None:
    """Forget what an entry says. The log stays valid, and says that it was erased.

    Example: `fairhaul log erase 17 --reason "a right to be forgotten"`
    """
    from app.db import utc_now
    from app.errors import Refusal
    from app.tlog.service import erase as forget

    with _session() as (session, _config):
        try:
            forget(session, entry, reason, now=utc_now())
        except Refusal as refusal:
            typer.echo(" ".join([refusal.detail, *refusal.fields.values()]), err=True)
            raise typer.Exit(1) from refusal
    typer.echo(f"What entry {entry} said is erased.")


@log.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A proof (fairhaul-log-proof/1); - reads standard input.")],
    key: Annotated[
        str | None, typer.Option(help="The log's public key, noted from somewhere else than the file.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="A witness's public key that must have signed too; repeat it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a proof without a connection or a database.

    Exit codes: 0 it holds, 1 it does not, 2 unreadable or wrong use, 6 it holds by the file's own key alone.

    Example: `fairhaul log verify log-entry-17.json --key "$(cat log.key)"`
    """
    raise typer.Exit(verify_document(_bytes(file), key, witness or [], as_json=as_json))


def verify_document(document: bytes, key: str | None, witnesses: list[str], *, as_json: bool) -> int:
    """Check a file of the form fairhaul-log-proof/1, say what it proves, and give the exit code."""
    from governance.log import bundles
    from governance.log.checkpoints import witness_key
    from governance.log.notes import NoteError, Verifier

    try:
        own_log, own_witnesses = bundles.keys_in(document)
        trusted = [witness_key(each) for each in witnesses]
        log_key = Verifier.read(key) if key else own_log
    except (bundles.BundleError, NoteError) as fault:
        typer.echo(f"unreadable: {fault}", err=True)
        return WRONG_USE
    try:
        proven = bundles.prove(document, log_key, trusted or own_witnesses)
    except bundles.BundleError as fault:
        return _refuse(str(fault), as_json=as_json)
    if missing := {each.name for each in trusted} - {name for name, _ in proven.witnesses}:
        return _refuse(f"not signed by the witness {', '.join(sorted(missing))}", as_json=as_json)
    _say(proven, own=key is None, as_json=as_json)
    return 0 if key else 6


def _refuse(fault: str, *, as_json: bool) -> int:
    if as_json:
        typer.echo(json.dumps({"holds": False, "fault": fault}))
    else:
        typer.echo(f"does not hold: {fault}", err=True)
    return 1


def is_log_proof(document: bytes) -> bool:
    """Whether a file says that it is a proof of the log."""
    from governance.log import bundles

    return bundles.FORMAT.encode() in document[: bundles.LARGEST] and document.lstrip()[:1] == b"{"


def _say(proven: "Proven", *, own: bool, as_json: bool) -> None:
    signed = {name: datetime.fromtimestamp(at, UTC).isoformat() for name, at in proven.witnesses}
    head = proven.checkpoint
    if as_json:
        told = {
            "holds": True,
            "key_given": not own,
            "log": head.origin,
            "index": proven.index,
            "kind": proven.kind,
            "statement": proven.statement,
            "size": head.size,
            "root": head.root.hex(),
            "witnesses": signed,
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"holds: entry {proven.index} of {head.size} of {head.origin}, {proven.kind}")
    if proven.statement is None:
        typer.echo("  what it said was erased")
    for name, value in (proven.statement or {}).items():
        typer.echo(f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    for name, at in signed.items():
        typer.echo(f"  cosigned by {name}, {at}" + (" (by the key in the file)" if own else ""))
    if own:
        typer.echo(
            "The key was the file's own, which proves nothing about who signed: give --key, the log's public "
            "key as you noted it earlier or as a witness tells it."
        )


def _bytes(file: Path) -> bytes:
    from governance.log.bundles import LARGEST

    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        with file.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as fault:
        typer.echo(f"{file}: cannot be read: {fault.strerror}", err=True)
        raise typer.Exit(WRONG_USE) from fault


@contextmanager
def _session() -> "Iterator[tuple[Session, Settings]]":
    from app.db import database_url, make_engine, make_sessions
    from app.settings import settings

    config = settings()
    with make_sessions(make_engine(database_url(config))).begin() as session:
        yield session, config
