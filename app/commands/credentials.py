"""`fairhaul verify` checks a certificate without a connection; `fairhaul keys` keeps the keys that sign."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.settings import Settings
    from credentials import Verification

WRONG_USE: Final = 2
CODES: Final[Mapping[str, int]] = {
    "valid": 0,
    "altered": 1,
    "unreadable": WRONG_USE,
    "revoked": 3,
    "suspended": 4,
    "expired": 5,
    "not yet valid": 5,
    "unknown key": 6,
    "revoked key": 6,
    "status unknown": 7,
}

keys = typer.Typer(help="The keys that sign certificates.", no_args_is_help=True)


def verify(
    file: Annotated[Path, typer.Argument(help="A certificate: .json, .jwt or .pdf; - reads standard input.")],
    did: Annotated[
        list[Path] | None,
        typer.Option(help="The issuer's DID document, from its /.well-known/did.json; repeat it."),
    ] = None,
    status: Annotated[
        list[Path] | None,
        typer.Option(help="A status list that the certificate names, fetched lately; repeat it."),
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="Check as of this day, UTC; default now.", formats=["%Y-%m-%d"])
    ] = None,
    *,
    log_key: Annotated[
        str | None, typer.Option(help="For a proof of the transparency log: the log's public key.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Check a certificate, or a proof of the transparency log, from its file alone: without a connection or
    a database.

    Exit codes: 0 valid, 1 altered, 2 unreadable or wrong use, 3 revoked, 4 suspended, 5 expired or not yet
    valid, 6 unknown or revoked key, 7 genuine and in time but no status list says how it stands.

    Example: `fairhaul verify FH-2026-000123-4.pdf --did did.json --status suspension.json --status
    revocation.json`
    """
    from app.commands.transparency import is_log_proof, verify_document
    from credentials import CredentialFault
    from credentials import verify as check
    from credentials.form import read_object

    given = _bytes(file)
    if is_log_proof(given):
        raise typer.Exit(verify_document(given, log_key, [], as_json=as_json))
    try:
        documents = [read_object(_bytes(each)) for each in did or []]
    except CredentialFault as fault:
        typer.echo(f"The DID document cannot be read: {fault}", err=True)
        raise typer.Exit(WRONG_USE) from fault
    found = check(
        given,
        at=at.replace(tzinfo=UTC) if at else datetime.now(UTC),
        did_documents=documents,
        status_lists=[_bytes(each) for each in status or []],
    )
    if as_json:
        typer.echo(json.dumps(_as_dict(found), ensure_ascii=False))
    else:
        _say(found, with_keys=bool(did))
    raise typer.Exit(CODES[found.outcome])


def _bytes(file: Path) -> bytes:
    from credentials import LARGEST_FILE

    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(LARGEST_FILE + 1)
        with file.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as fault:
        typer.echo(f"{file}: cannot be read: {fault.strerror}", err=True)
        raise typer.Exit(WRONG_USE) from fault


def _as_dict(found: "Verification") -> dict[str, Any]:
    return {
        "outcome": found.outcome,
        "sentence": found.sentence,
        "detail": found.detail,
        "genuine": found.genuine,
        "key": found.method,
        "credential": found.document,
    }


def _say(found: "Verification", *, with_keys: bool) -> None:
    typer.echo(f"{found.outcome}: {found.sentence}")
    if found.detail:
        typer.echo(found.detail)
    if found.outcome == "unknown key" and not with_keys:
        typer.echo("Give the issuer's DID document with --did; it lies at /.well-known/did.json of its site.")
    if not found.genuine:
        return
    from credentials import subjects_of

    typer.echo(f"  {found.document.get('name', '')}  {found.document.get('id', '')}")
    for subject in subjects_of(found.document):
        if said := _subject(subject):
            typer.echo(f"  {said}")
    until = found.document.get("validUntil", "withdrawn or replaced")
    typer.echo(f"  from {found.document.get('validFrom', '?')} until {until}")
    typer.echo(f"  signed by {found.method}")
    if found.outcome == "status unknown":
        for each in found.document.get("credentialStatus", []):
            typer.echo(f"  list: {each.get('statusListCredential')}")


def _subject(subject: "Mapping[str, Any]") -> str:
    """A line on what a credential speaks of: a certificate, a lot's passport, or an event."""
    if "issuedToParty" in subject:
        return f"{subject['issuedToParty'].get('name', '')}: {subject.get('name', '')}"
    if "product" in subject:
        product = subject["product"]
        return f"{product.get('producedByParty', {}).get('name', '')}: {product.get('name', '')}"
    if "eventTime" in subject:
        return f"{subject['eventTime']}  {str(subject.get('bizStep', '')).rpartition('-')[2]}"
    return str(subject.get("name", ""))


@keys.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False) -> None:
    """Show every key that ever signed."""
    from app.credentials.keys import all_keys

    with _session() as (session, _settings):
        rows = [
            {
                "key": each.name,
                "state": "revoked" if each.revoked_at else "retired" if each.retired_at else "signs",
                "since": each.created_at.isoformat(),
                "reason": each.reason,
            }
            for each in all_keys(session)
        ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        typer.echo("  ".join(each for each in row.values() if each))


@keys.command()
def rotate() -> None:
    """Sign with a new key from now on. What the old one signed stays good; its private half is destroyed."""
    from app.credentials.keys import rotate as replace
    from app.db import utc_now

    with _session() as (session, settings):
        name = replace(session, settings, now=utc_now()).name
    typer.echo(f"{name} signs from now on. Certificates signed before stay good.")


@keys.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The key, as `fairhaul keys list` names it")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the history")],
) -> None:
    """Say that a key was stolen: nothing it signed counts any more. Its certificates are signed anew.

    Example: `fairhaul keys revoke key-1 --reason "a backup of the server was lost"`
    """
    from app.credentials import keys as kept
    from app.credentials import service
    from app.db import utc_now
    from app.errors import Refusal

    now = utc_now()
    with _session() as (session, settings):
        try:
            kept.revoke(session, settings, name, reason, now=now)
            again = service.issue_missing(session, settings, now=now)
        except Refusal as refusal:
            typer.echo(refusal.detail, err=True)
            raise typer.Exit(1) from refusal
    typer.echo(f"{name} is revoked; {again} certificates were signed anew. Their holders fetch them again.")


@contextmanager
def _session() -> "Iterator[tuple[Session, Settings]]":
    from app.db import database_url, make_engine, make_sessions
    from app.settings import settings

    config = settings()
    with make_sessions(make_engine(database_url(config))).begin() as session:
        yield session, config
