"""`fairhaul doctor`: what this machine has, and what is missing."""

import json
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.settings import Settings

OLDEST_PYTHON: Final = (3, 11)
POSTGRESQL: Final = range(15, 19)
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """`note`: worth knowing, and nothing that a running Fairhaul needs."""

    check: str
    state: Literal["ok", "note", "fails"]
    detail: str


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False) -> None:
    """Check Python, the database, its migrations, the place for files and the test browser.

    Exits 1 when something fails.
    """
    findings = list(examine())
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        _table(findings)
    if any(finding.state == "fails" for finding in findings):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Each finding, as it is found. One that cannot be had does not keep the next from being looked for."""
    from pydantic import ValidationError

    from app.commands.run import setting_named
    from app.settings import settings

    yield _python()
    settings.cache_clear()
    try:
        config = settings()
    except ValidationError as error:
        for fault in error.errors():
            yield Finding("Settings", "fails", f"{setting_named(fault['loc'])}: {fault['msg']}")
        return
    yield Finding("Settings", "ok", f"{config.environment}, data in {config.data.resolve()}")
    yield from _database(config)
    yield _storage(config)
    yield _browser()


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", "fails", f"{version}; needed is 3.11 or newer")
    return Finding("Python", "ok", f"{version} ({sys.executable})")


def _database(config: "Settings") -> Iterator[Finding]:
    from sqlalchemy.exc import OperationalError

    from app.embedded_place import EmbeddedError

    if not config.database_url:
        yield _programs()
        if not (config.data / "database" / "secrets.json").exists():
            yield Finding("Database", "note", "not made yet: `fairhaul run` makes it")
            return
    try:
        with _engine(config) as engine:
            yield _server(engine)
            yield _migrations(engine)
    except OperationalError as error:
        yield Finding("Database", "fails", str(error.orig).strip().splitlines()[0])
    except EmbeddedError as error:
        yield Finding("Database", "fails", str(error))


@contextmanager
def _engine(config: "Settings") -> "Iterator[Engine]":
    from app.db import make_engine, with_driver
    from app.embedded import ensure_running

    server = None if config.database_url else ensure_running(config.data)
    engine = make_engine(server.url if server else with_driver(config.database_url or ""))
    try:
        yield engine
    finally:
        engine.dispose()
        if server:
            server.stop()


def _programs() -> Finding:
    from app.embedded import programs_version
    from app.embedded_place import EmbeddedError

    try:
        return Finding("Programs", "ok", programs_version())
    except EmbeddedError as error:
        return Finding("Programs", "fails", str(error))


def _server(engine: "Engine") -> Finding:
    from sqlalchemy import text

    with engine.connect() as connection:
        version = str(connection.execute(text("SHOW server_version")).scalar_one())
    major = int(version.split(".", maxsplit=1)[0])
    detail = f"PostgreSQL {version} at {engine.url.query.get('host') or engine.url.host}"
    if major not in POSTGRESQL:
        return Finding("Database", "fails", f"{detail}; needed is {POSTGRESQL[0]} to {POSTGRESQL[-1]}")
    return Finding("Database", "ok", detail)


def _migrations(engine: "Engine") -> Finding:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from app.commands.database import configuration

    with engine.connect() as connection:
        have = MigrationContext.configure(connection).get_current_revision()
    want = ScriptDirectory.from_config(configuration("")).get_current_head()
    if have != want:
        return Finding(
            "Migrations", "fails", f"the database is at {have}, this version at {want}: `fairhaul migrate`"
        )
    return Finding("Migrations", "ok", f"at {have}")


def _storage(config: "Settings") -> Finding:
    import obstore

    from app.files import open_store

    where = config.storage_url or str(config.data.resolve() / "evidence")
    try:
        store = open_store(config)
        obstore.put(store, "doctor", b"well")
        kept = bytes(obstore.get(store, "doctor").bytes())
        obstore.delete(store, "doctor")
    except (OSError, ValueError, obstore.exceptions.BaseError) as error:
        return Finding("Files", "fails", f"{where}: {error}")
    if kept != b"well":
        return Finding("Files", "fails", f"{where} gave back something else than was stored")
    return Finding("Files", "ok", where)


def _browser(which: Callable[[str], str | None] = shutil.which) -> Finding:
    found = next(filter(None, map(which, BROWSERS)), None)
    if not found:
        return Finding("Browser", "note", "no chromium: the browser tests need it (`make test` says how)")
    return Finding("Browser", "ok", found)


def _table(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    colour = {"ok": "green", "note": "yellow", "fails": "red"}
    for finding in findings:
        table.add_row(f"[{colour[finding.state]}]{finding.state}[/]", finding.check, finding.detail)
    Console().print(table)
