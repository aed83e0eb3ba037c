"""`fairhaul ledger verify`: proof that the books balance."""

import json
from typing import Annotated

import typer

ledger = typer.Typer(help="The double-entry ledger.", no_args_is_help=True)


@ledger.callback()
def _group() -> None:
    """The double-entry ledger."""


@ledger.command()
def verify(as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False) -> None:
    """Check every entry, every balance, and that charges, payments and payouts agree with them.

    Exits 1 and names each fault when something is off.
    """
    from app.db import database_url, make_engine, make_sessions
    from app.ledger import service
    from app.settings import settings

    with make_sessions(make_engine(database_url(settings())))() as session:
        report = service.verify(session)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=1))
    else:
        for line in report.lines():
            typer.echo(line)
    if report.faults:
        raise typer.Exit(1)
