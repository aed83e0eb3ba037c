"""`fairhaul token`: a token for a program that acts for a person."""

import json
from datetime import timedelta
from typing import Annotated

import typer


def token(
    email: Annotated[str, typer.Argument(help="Whose token")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may do; repeat it. Default: all scopes")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it is good")] = 30,
    organisation: Annotated[
        str | None, typer.Option(help="Slug of the organisation, where there are several")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Print an API token. It is shown once; only its hash is kept.

    Example: `fairhaul token shop-leiden@demo.fairhaul.example --scope trade --scope money`
    """
    from sqlalchemy import func, select

    from app.db import database_url, make_engine, make_sessions, utc_now
    from app.errors import Refusal
    from app.organisations import service
    from app.organisations.models import Membership, Organisation, Person
    from app.permissions import SCOPES
    from app.settings import settings

    sessions = make_sessions(make_engine(database_url(settings())))
    with sessions.begin() as session:
        rows = session.execute(
            select(Person.id, Organisation.id, Organisation.slug)
            .join(Membership, Membership.person_id == Person.id)
            .join(Organisation, Organisation.id == Membership.organisation_id)
            .where(func.lower(Person.email) == email.lower(), Membership.ended_at.is_(None))
            .order_by(Membership.since, Membership.id),
        ).all()
        chosen = [row for row in rows if organisation in (None, row[2])]
        if not chosen:
            typer.echo(
                f"No member has the address {email}" + (f" in {organisation}" if organisation else ""),
                err=True,
            )
            raise typer.Exit(1)
        try:
            made, secret = service.make_token(
                session,
                person_id=chosen[0][0],
                organisation_id=chosen[0][1],
                scopes=scope or SCOPES,
                lifetime=timedelta(days=days),
                now=utc_now(),
            )
        except Refusal as refusal:
            typer.echo(" ".join(refusal.fields.values()) or refusal.detail, err=True)
            raise typer.Exit(2) from refusal
        expires, scopes = made.expires_at, made.scopes
    if as_json:
        typer.echo(json.dumps({"token": secret, "scopes": scopes, "expires_at": expires.isoformat()}))
    else:
        typer.echo(secret)
