"""The cases that somebody in the console works through, by due date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.audits import models as rows
from app.audits.sight import assigned, visible
from app.errors import Faulty
from app.organisations.models import Organisation, Person
from app.permissions import Actor
from certification import State

PAGE: Final = 40


class Stage(StrEnum):
    """States of a case as people who work through a queue group them."""

    APPLIED = "applied"
    ASSESSING = "assessing"
    TO_ASSIGN = "to assign"
    AUDIT = "audit"
    CORRECTING = "correcting"
    TO_DECIDE = "to decide"
    CERTIFIED = "certified"
    CLOSED = "closed"


STATES: Final[Mapping[Stage, tuple[State, ...]]] = {
    Stage.APPLIED: (State.APPLIED,),
    Stage.ASSESSING: (State.PROVISIONAL,),
    Stage.TO_ASSIGN: (State.SELF_ASSESSED,),
    Stage.AUDIT: (State.SELF_ASSESSED, State.DESK_REVIEWED, State.AUDIT_PLANNED, State.SURVEILLANCE),
    Stage.CORRECTING: (State.AUDITED, State.CORRECTING),
    Stage.TO_DECIDE: (State.RECOMMENDED, State.DECIDED),
    Stage.CERTIFIED: (State.CERTIFIED, State.SUSPENDED),
    Stage.CLOSED: (State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED),
}
_AT_REST: Final = (*STATES[Stage.CERTIFIED], *STATES[Stage.CLOSED])


@dataclass(frozen=True, slots=True)
class Filter:
    """`stage` None: everything that waits for somebody. `mine`: where the actor is assigned."""

    stage: Stage | None = None
    mine: bool = False
    after: tuple[date, UUID] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One case in the queue. `judged` of `criteria` have a finding; `lead`, `decider`: names."""

    id: UUID
    organisation: str
    country: str
    state: State
    due_on: date
    judged: int
    criteria: int | None
    lead: str | None
    decider: str | None


def _wanted(actor: Actor, wish: Filter) -> ColumnElement[bool]:
    condition = visible(actor)
    if wish.mine:
        condition = and_(condition, assigned(actor))
    if wish.stage is None:
        return and_(condition, rows.Case.state.not_in(_AT_REST))
    condition = and_(condition, rows.Case.state.in_(STATES[wish.stage]))
    if wish.stage is Stage.TO_ASSIGN:
        led = select(rows.Assignment.case_id).where(rows.Assignment.lead, rows.Assignment.ended_at.is_(None))
        condition = and_(condition, rows.Case.id.not_in(led))
    return condition


def lines(session: Session, actor: Actor, wish: Filter) -> tuple[list[Line], tuple[date, UUID] | None]:
    """A page of the queue, the most urgent first, and where the next one begins."""
    lead, decider = aliased(Person), aliased(Person)
    leading, deciding = aliased(rows.Assignment), aliased(rows.Assignment)
    judged = (
        select(func.count())
        .where(rows.Finding.case_id == rows.Case.id)
        .correlate(rows.Case)
        .scalar_subquery()
    )
    query = (
        select(rows.Case, Organisation.name, Organisation.country, judged, lead.name, decider.name)
        .join(Organisation, Organisation.id == rows.Case.organisation_id)
        .outerjoin(leading, and_(leading.case_id == rows.Case.id, leading.lead, leading.ended_at.is_(None)))
        .outerjoin(lead, lead.id == leading.person_id)
        .outerjoin(
            deciding,
            and_(
                deciding.case_id == rows.Case.id,
                deciding.part == rows.Part.DECISION_MAKER,
                deciding.ended_at.is_(None),
            ),
        )
        .outerjoin(decider, decider.id == deciding.person_id)
        .where(_wanted(actor, wish))
        .order_by(rows.Case.due_on, rows.Case.id)
        .limit(PAGE + 1)
    )
    if wish.after:
        query = query.where(tuple_(rows.Case.due_on, rows.Case.id) > wish.after)
    found = [
        Line(
            id=case.id,
            organisation=organisation,
            country=country,
            state=State(case.state),
            due_on=case.due_on,
            judged=count,
            criteria=len(case.criteria) if case.criteria is not None else None,
            lead=lead_name,
            decider=decider_name,
        )
        for case, organisation, country, count, lead_name, decider_name in session.execute(query)
    ]
    if len(found) <= PAGE:
        return found, None
    last = found[PAGE - 1]
    return found[:PAGE], (last.due_on, last.id)


def counts(session: Session, actor: Actor) -> dict[Stage, int]:
    """How many cases each filter shows."""
    stages = [func.count().filter(_wanted(actor, Filter(stage))) for stage in Stage]
    found = session.execute(select(*stages).select_from(rows.Case)).one()
    return dict(zip(Stage, found, strict=True))


def declarable(session: Session, person_id: UUID) -> list[tuple[Organisation, rows.Declaration | None]]:
    """Organisations whose case is not closed, with what the person declared last about each."""
    newest = (
        select(rows.Declaration.id)
        .where(rows.Declaration.person_id == person_id, rows.Declaration.organisation_id == Organisation.id)
        .order_by(rows.Declaration.at.desc(), rows.Declaration.id.desc())
        .limit(1)
        .correlate(Organisation)
        .scalar_subquery()
    )
    running = select(rows.Case.organisation_id).where(rows.Case.state.not_in(STATES[Stage.CLOSED]))
    found = session.execute(
        select(Organisation, rows.Declaration)
        .outerjoin(rows.Declaration, rows.Declaration.id == newest)
        .where(or_(Organisation.id.in_(running), rows.Declaration.id.is_not(None)))
        .order_by(rows.Declaration.id.is_not(None), func.lower(Organisation.name))
    )
    return [(organisation, declaration) for organisation, declaration in found]


def cursor_of(due_on: date, case_id: UUID) -> str:
    return f"{due_on.isoformat()}_{case_id}"


def read_cursor(text: str) -> tuple[date, UUID]:
    """What `cursor_of` wrote. Faulty: something else."""
    due_on, _, case_id = text.partition("_")
    try:
        return date.fromisoformat(due_on), UUID(case_id)
    except ValueError as fault:
        raise Faulty(fields={"after": "Use the address of the next page as it was given."}) from fault
