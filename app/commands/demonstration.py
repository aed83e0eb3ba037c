"""`fairhaul demo`: plainly-marked demo data."""

import json
from collections.abc import Callable
from typing import Annotated

import typer

from app.settings import Settings

demo = typer.Typer(help="Demo organisations, offers, pools and accounts.", no_args_is_help=True)


@demo.command()
def load() -> None:
    """Load the demo data; nothing happens where it is loaded already."""
    from app.settings import settings

    fill(settings(), say=typer.echo)


def fill(config: Settings, say: Callable[[str], None]) -> None:
    from app.db import database_url, make_engine, make_sessions, utc_now
    from app.demo import mark

    engine = make_engine(database_url(config))
    sessions = make_sessions(engine)
    with sessions() as session:
        stands = mark.stands(session)
    if stands:
        say("it was loaded before")
    else:
        from app.demo import story

        say("loaded" if story.load(sessions, config, now=utc_now(), say=say) else "it was loaded before")
    engine.dispose()


@demo.command()
def scale(
    certified: Annotated[
        int, typer.Option(help="Organisations with a certificate", min=0, max=100_000)
    ] = 10_000,
    open_cases: Annotated[int, typer.Option(help="Cases in the midst of an audit", min=0, max=5_000)] = 40,
) -> None:
    """Add many made-up organisations, to see the registry and the console at size (10,000 take some 10 s).

    Open cases are dealt out to the auditors there are.

    Example: `fairhaul demo scale --certified 1000 --open-cases 80`
    """
    from sqlalchemy import select

    from app.db import database_url, make_engine, make_sessions, utc_now
    from app.demo.scale import fill as fill_up
    from app.organisations.models import Membership
    from app.permissions import Role
    from app.settings import settings

    engine = make_engine(database_url(settings()))
    with make_sessions(engine).begin() as session:
        auditors = select(Membership.person_id).filter_by(role=Role.AUDITOR, ended_at=None).distinct()
        people = tuple(session.scalars(auditors))
        fill_up(session, certified=certified, open_cases=open_cases, auditors=people, now=utc_now())
    engine.dispose()
    typer.echo(f"added {certified} certified organisations and {open_cases} open cases")


@demo.command()
def accounts(as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False) -> None:
    """Print the demo accounts: role, email, password, organisation."""
    from app.db import database_url, make_engine, make_sessions
    from app.demo import cast
    from app.settings import settings

    with make_sessions(make_engine(database_url(settings())))() as session:
        known = cast.accounts(session, every=True)
    rows = [
        {"role": a.role, "email": a.email, "password": cast.PASSWORD, "organisation": a.organisation}
        for a in known
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Role", "Email", "Password", "Organisation")
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)
