"""The demo's votes: a motion and an election that are counted, one open, one that too few took part in."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.permissions import Actor
from app.settings import Settings
from app.votes import casting, membership, service
from governance import ballots as engine

DAY: Final = timedelta(days=1)
CANDIDATES: Final = (
    ("Demo candidate A", "Demo candidate of the makers"),
    ("Demo candidate B", "Demo candidate of the shops"),
    ("Demo candidate C", "Demo candidate of the hubs"),
)


def play(
    session: Session,
    runner: Actor,
    makers: Sequence[Actor],
    others: Sequence[Actor],
    settings: Settings,
    *,
    now: datetime,
) -> None:
    """`makers`: of certified makers; `others`: of buyers and hubs, who are admitted here."""
    for each in others:
        membership.admit(session, runner, each.organisation_id, now=now - 90 * DAY)
    voters = [*makers, *others]
    accounts = _open(session, runner, settings, now - 60 * DAY, _motion("Demo: accounts of the year"))
    _cast(session, accounts, voters, [("yes",), ("yes",), ("abstain",), ("yes",), ("no",)], now - 55 * DAY)
    service.count(session, accounts, settings, now=now - 45 * DAY)
    board = _open(session, runner, settings, now - 60 * DAY, _election())
    _cast(session, board, voters, [("1", "3"), ("1",), ("2", "3"), ("3",), ("1", "2")], now - 55 * DAY)
    service.count(session, board, settings, now=now - 45 * DAY)
    few = _open(session, runner, settings, now - 40 * DAY, _motion("Demo: a second yearly meeting"))
    _cast(session, few, voters[:2], [("yes",)], now - 38 * DAY)
    service.count(session, few, settings, now=now - 25 * DAY)
    current = _open(
        session, runner, settings, now - 3 * DAY, _motion("Demo: a yearly stock count at each hub", days=21)
    )
    _cast(session, current, others[:2], [("yes",), ("no",)], now - DAY)
    service.save(session, runner, _motion("Demo: a draft that nobody sees yet"), now=now)


def _motion(title: str, days: int = 14) -> service.Draft:
    return service.Draft(
        title,
        "A demonstration's motion: nothing depends on it.",
        service.GENERAL,
        engine.Kind.MOTION,
        days=days,
    )


def _election() -> service.Draft:
    return service.Draft(
        "Demo: two seats of the board",
        "A demonstration's election: the candidates do not exist.",
        service.GENERAL,
        engine.Kind.ELECTION,
        candidates=CANDIDATES,
        seats=2,
        term_months=24,
    )


def _open(session: Session, runner: Actor, settings: Settings, at: datetime, draft: service.Draft) -> str:
    made = service.save(session, runner, draft, now=at)
    service.open_vote(session, runner, made.slug, settings, now=at)
    return made.slug


def _cast(
    session: Session, slug: str, voters: Sequence[Actor], choices: Sequence[tuple[str, ...]], at: datetime
) -> None:
    row = service.load(session, slug)
    able = [each for each in voters if casting.why_not(session, each, row, now=at) is None]
    for place, actor in enumerate(able):
        name = session.get_one(Organisation, actor.organisation_id).slug
        ticket = hashlib.sha256(f"demo {slug} {name}".encode()).hexdigest()
        casting.cast(session, actor, slug, choices[place % len(choices)], ticket, now=at)
