"""What everybody may see: the register, the stages of one complaint, figures by year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.complaints import models as rows
from app.complaints.kept import redress_of
from app.errors import Missing
from app.organisations.models import Organisation
from governance import complaints as engine

PAGE = 50
UPHELD = (engine.Outcome.UPHELD, engine.Outcome.PARTLY)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the register. `received`: a Monday, from which `days` are counted."""

    number: str
    about: str
    organisation: str | None  # named once admitted
    slug: str | None
    received: date
    state: str
    outcome: str | None
    days: int
    overdue: bool
    appealed: bool


@dataclass(frozen=True, slots=True)
class Stage:
    action: str
    state: str
    on: date
    words: str
    late: int  # days


@dataclass(frozen=True, slots=True)
class Told:
    """One complaint as the public may read it."""

    entry: Entry
    summary: str
    stages: tuple[Stage, ...]
    redress: tuple[rows.ComplaintRedress, ...]
    due_on: date | None


def overdue(row: rows.Complaint, today: date) -> bool:
    return row.due_on is not None and row.due_on < today


def _entry(row: rows.Complaint, organisation: Organisation | None, today: date) -> Entry:
    named = organisation if row.admitted_on else None
    received = engine.public_day(row.filed_on)
    return Entry(
        number=row.number,
        about=row.about,
        organisation=named.name if named else None,
        slug=named.slug if named else None,
        received=received,
        state=row.state,
        outcome=row.outcome,
        days=((row.closed_on or today) - received).days,
        overdue=overdue(row, today),
        appealed=row.appealed_on is not None,
    )


def entries(
    session: Session, *, year: int | None = None, open_only: bool = False, before: int = 0, today: date
) -> tuple[list[Entry], int | None]:
    """Complaints, the newest first, and from where the next page goes on (a position), if there is one."""
    wanted = (
        select(rows.Complaint, Organisation)
        .outerjoin(Organisation, Organisation.id == rows.Complaint.organisation_id)
        .order_by(rows.Complaint.year.desc(), rows.Complaint.sequence.desc())
        .offset(before)
        .limit(PAGE + 1)
    )
    if year:
        wanted = wanted.where(rows.Complaint.year == year)
    if open_only:
        wanted = wanted.where(rows.Complaint.state.in_(engine.OPEN))
    found = [_entry(row, organisation, today) for row, organisation in session.execute(wanted)]
    return found[:PAGE], before + PAGE if len(found) > PAGE else None


def one(session: Session, number: str, *, today: date) -> Told:
    found = session.execute(
        select(rows.Complaint, Organisation)
        .outerjoin(Organisation, Organisation.id == rows.Complaint.organisation_id)
        .where(rows.Complaint.number == number.replace("\0", ""))
    ).one_or_none()
    if found is None:
        raise Missing
    row, organisation = found
    steps = session.scalars(
        select(rows.ComplaintStep).filter_by(complaint_id=row.id).order_by(rows.ComplaintStep.position)
    )
    return Told(
        entry=_entry(row, organisation, today),
        summary=row.summary,
        stages=tuple(
            Stage(
                each.action,
                each.state,
                each.on,
                each.words,
                max((each.on - each.due_on).days, 0) if each.due_on else 0,
            )
            for each in steps
        ),
        redress=tuple(redress_of(session, row)),
        due_on=row.due_on,
    )


@dataclass(frozen=True, slots=True)
class Year:
    """Of the complaints received in a year. `days`: median to the answer, None before there is one."""

    year: int
    received: int
    admitted: int
    refused: int
    upheld: int
    not_upheld: int
    withdrawn: int
    open: int
    overdue: int
    days: int | None


def figures(session: Session, *, today: date) -> list[Year]:
    """By year of receipt, the newest first."""
    answered = {
        row[0]: row[1]
        for row in session.execute(
            select(rows.ComplaintStep.complaint_id, func.min(rows.ComplaintStep.on))
            .where(rows.ComplaintStep.action == engine.Action.ANSWER)
            .group_by(rows.ComplaintStep.complaint_id)
        )
    }
    years: dict[int, list[rows.Complaint]] = {}
    for row in session.scalars(select(rows.Complaint)):
        years.setdefault(row.year, []).append(row)
    return [_year(year, years[year], answered, today) for year in sorted(years, reverse=True)]


def _year(year: int, found: Sequence[rows.Complaint], answered: dict[UUID, date], today: date) -> Year:
    days = [
        (answered[each.id] - engine.public_day(each.filed_on)).days for each in found if each.id in answered
    ]
    return Year(
        year=year,
        received=len(found),
        admitted=sum(each.admitted_on is not None for each in found),
        refused=sum(each.state == engine.State.REFUSED or _refused(each) for each in found),
        upheld=sum(each.outcome in UPHELD for each in found),
        not_upheld=sum(each.outcome == engine.Outcome.NOT_UPHELD for each in found),
        withdrawn=sum(each.state == engine.State.WITHDRAWN for each in found),
        open=sum(each.state in engine.OPEN for each in found),
        overdue=sum(overdue(each, today) for each in found),
        days=round(median(days)) if days else None,
    )


def _refused(row: rows.Complaint) -> bool:
    return row.state == engine.State.CLOSED and row.admitted_on is None


@dataclass(frozen=True, slots=True)
class Counted:
    """Complaints about a member that were admitted: those still open, and those upheld since a day."""

    open: int
    upheld: int


def counted(session: Session, organisation_id: UUID, *, since: date) -> Counted:
    """For certification's risk: admitted complaints about an organisation's own conduct."""
    found = session.scalars(
        select(rows.Complaint).where(
            rows.Complaint.organisation_id == organisation_id,
            rows.Complaint.about == engine.About.MEMBER,
            rows.Complaint.admitted_on.is_not(None),
        )
    ).all()
    return Counted(
        open=sum(each.state in engine.OPEN and each.outcome is None for each in found),
        upheld=sum(each.outcome in UPHELD and each.filed_on >= since for each in found),
    )


def of_organisation(session: Session, organisation_id: UUID, *, today: date) -> list[Entry]:
    """For the registry: admitted complaints about an organisation, the newest first."""
    found = session.execute(
        select(rows.Complaint, Organisation)
        .join(Organisation, Organisation.id == rows.Complaint.organisation_id)
        .where(
            rows.Complaint.organisation_id == organisation_id,
            rows.Complaint.about == engine.About.MEMBER,
            rows.Complaint.admitted_on.is_not(None),
        )
        .order_by(rows.Complaint.year.desc(), rows.Complaint.sequence.desc())
        .limit(20)
    )
    return [_entry(row, organisation, today) for row, organisation in found]
