"""The figures of one year, counted from the rows they speak of."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from app.accountability import figures
from app.audits.models import Decision
from app.complaints import register
from app.documents import service as documents
from app.opendata.datasets import LEAST
from app.votes import service as votes


@dataclass(frozen=True, slots=True)
class Report:
    """`saved`: by currency (alone, pooled), of pools with enough buyers to be told."""

    year: int
    decisions: dict[str, int]
    saved: dict[str, tuple[int, int]]
    pools: int
    complaints: register.Year | None
    published: int
    published_late: int
    days_to_publish: int | None
    turnout: dict[str, tuple[int, int]]  # title of a vote -> members, ballots


def years(session: Session, *, now: datetime) -> list[int]:
    """From the first decision to today, the newest first."""
    first = session.scalar(select(func.min(Decision.at)))
    return list(range(now.year, (first.year if first else now.year) - 1, -1))


def report(session: Session, year: int, *, now: datetime) -> Report:
    saved: dict[str, tuple[int, int]] = {}
    pools = [each for each in figures.savings(session) if each.planned_on.year == year]
    for each in pools:
        if each.buyers >= LEAST:
            alone, pooled = saved.get(each.currency, (0, 0))
            saved[each.currency] = (alone + each.alone, pooled + each.pooled)
    outcomes = session.execute(
        select(Decision.outcome, func.count())
        .where(extract("year", Decision.at) == year)
        .group_by(Decision.outcome)
        .order_by(Decision.outcome)
    )
    editions = [
        each
        for each in documents.editions(session, today=now.date())
        if each.version.published_at and each.version.published_at.year == year
    ]
    held = [
        each for each in votes.everything(session) if each.state == "counted" and each.closes_on.year == year
    ]
    boards = [(each.title, made) for each in held if (made := votes.board(session, each)) is not None]
    return Report(
        year=year,
        decisions={outcome: count for outcome, count in outcomes if count},
        saved=saved,
        pools=len(pools),
        complaints=next(
            (each for each in register.figures(session, today=now.date()) if each.year == year), None
        ),
        published=len(editions),
        published_late=sum(each.late for each in editions),
        days_to_publish=round(median(each.days for each in editions)) if editions else None,
        turnout={title: (len(made.roll), made.cast) for title, made in boards},
    )
