"""What a programme looks like in figures: how long, how good, how late, and where.

Every figure can be narrowed to one region. Read by plain queries over rows; nothing is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.audits import models as rows
from app.organisations.models import Organisation
from certification import CertificateStatus, Outcome, Verdict

WIDTH: Final = 30
"""Days of one column of the distribution; the last one holds all that took longer."""
COLUMNS: Final = 9
FIRST_DECISIONS: Final = (Outcome.CERTIFY, Outcome.CERTIFY_WITH_CONDITIONS, Outcome.REFUSE)
LATE_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Durations:
    """Days from an application to its first decision. `columns`: how many in 0-29, 30-59, ... days."""

    decided: int
    median: float | None
    nine_of_ten: float | None
    columns: tuple[int, ...]


def durations(session: Session, region: str = "") -> Durations:
    days = func.date_part("day", func.min(rows.Decision.at) - rows.Case.opened_at)
    first = (
        select(days.label("days"))
        .select_from(rows.Decision)
        .join(rows.Case, rows.Case.id == rows.Decision.case_id)
        .join(Organisation, Organisation.id == rows.Case.organisation_id)
        .where(rows.Decision.outcome.in_(FIRST_DECISIONS), _within(region))
        .group_by(rows.Case.id)
        .subquery()
    )
    place = func.least(cast(func.floor(first.c.days / WIDTH), Integer), COLUMNS - 1)
    quantile = func.percentile_cont
    whole = session.execute(
        select(
            func.count(),
            quantile(0.5).within_group(first.c.days),
            quantile(0.9).within_group(first.c.days),
        )
    ).one()
    by_place = {row[0]: row[1] for row in session.execute(select(place, func.count()).group_by(place))}
    return Durations(whole[0], whole[1], whole[2], tuple(by_place.get(each, 0) for each in range(COLUMNS)))


def by_principle(session: Session, region: str = "") -> dict[tuple[int, str], dict[Verdict, int]]:
    """(principle, region) -> how often each verdict was given."""
    principle = cast(func.split_part(rows.Finding.criterion, ".", 1), Integer)
    found: dict[tuple[int, str], dict[Verdict, int]] = {}
    query = (
        select(principle, Organisation.region, rows.Finding.verdict, func.count())
        .select_from(rows.Finding)
        .join(rows.Case, rows.Case.id == rows.Finding.case_id)
        .join(Organisation, Organisation.id == rows.Case.organisation_id)
        .where(_within(region))
        .group_by(principle, Organisation.region, rows.Finding.verdict)
        .order_by(principle, Organisation.region)
    )
    for number, where, verdict, count in session.execute(query):
        found.setdefault((number, where), {})[Verdict(verdict)] = count
    return found


@dataclass(frozen=True, slots=True)
class Late:
    """A corrective action that nobody has verified and whose day has passed."""

    case: UUID
    organisation: str
    country: str
    criterion: str
    due: date
    offered: bool  # the organisation has said what shows it: the auditor's turn


def overdue(session: Session, region: str = "", *, on: date) -> tuple[list[Late], int]:
    """The longest overdue ones, at most `LATE_SHOWN`, and how many there are."""
    one = rows.CorrectiveAction
    query = (
        select(
            one.case_id,
            Organisation.name,
            Organisation.country,
            one.criterion,
            one.due,
            one.proof != "",
            func.count().over(),
        )
        .join(rows.Case, rows.Case.id == one.case_id)
        .join(Organisation, Organisation.id == rows.Case.organisation_id)
        .where(one.verified_at.is_(None), one.due < on, _within(region))
        .order_by(one.due, one.id)
        .limit(LATE_SHOWN)
    )
    found = session.execute(query).all()
    return [Late(*row[:6]) for row in found], found[0][6] if found else 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Certificates of one region: in force today, suspended, withdrawn, run out."""

    region: str
    active: int
    suspended: int
    withdrawn: int
    expired: int


def certificates(session: Session, region: str = "", *, on: date) -> Sequence[Standing]:
    """The newest certificate of each organisation, by region; one that ran out yesterday counts as such."""
    one = rows.Certificate
    newest = (
        select(one)
        .ext(distinct_on(one.organisation_id))
        .order_by(one.organisation_id, one.valid_from.desc(), one.id.desc())
        .subquery()
    )
    status, over = newest.c.status, newest.c.valid_until < on
    count = func.count()
    stays = status.in_((CertificateStatus.SUSPENDED, CertificateStatus.WITHDRAWN))
    query = (
        select(
            Organisation.region,
            count.filter(and_(status == CertificateStatus.ACTIVE, ~over)),
            count.filter(status == CertificateStatus.SUSPENDED),
            count.filter(status == CertificateStatus.WITHDRAWN),
            count.filter(~stays, (status == CertificateStatus.EXPIRED) | over),
        )
        .join(newest, newest.c.organisation_id == Organisation.id)
        .where(_within(region))
        .group_by(Organisation.region)
        .order_by(Organisation.region)
    )
    return [Standing(*row) for row in session.execute(query)]


def _within(region: str) -> ColumnElement[bool]:
    return Organisation.region == region if region else true()
