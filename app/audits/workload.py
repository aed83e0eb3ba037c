"""How much each auditor has before them, and who may take a case that has no lead yet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Date, and_, case, cast, func, select
from sqlalchemy.orm import Session

import certification as engine
from app.audits import models as rows
from app.audits.kept import ROLE_OF
from app.audits.queue import AT_REST
from app.audits.values import declaration_value
from app.organisations.models import Membership, Person
from app.permissions import Role
from certification import State
from certification.independence import may_not_be_assigned

SOON: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Load:
    """One auditor: cases that are not at rest, how many of them are led, late, due within `SOON`.

    `to_judge`: criteria that have no finding; `audit_days`: days of planned audits from today on.
    """

    person: UUID
    name: str
    open: int
    leads: int
    overdue: int
    soon: int
    to_judge: int
    audit_days: int


def loads(session: Session, *, on: date) -> list[Load]:
    """Every current auditor, those with most open cases first. One query."""
    one, lead = rows.Case, rows.Assignment.lead
    judged = select(func.count()).where(rows.Finding.case_id == one.id).correlate(rows.Case).scalar_subquery()
    waiting = func.greatest(func.coalesce(func.cardinality(one.criteria), 0) - judged, 0)
    starts, ends = cast(one.plan["starts"].astext, Date), cast(one.plan["ends"].astext, Date)
    days = case((ends >= on, ends - func.greatest(starts, on) + 1), else_=0)
    mine = and_(
        rows.Assignment.person_id == Person.id,
        rows.Assignment.ended_at.is_(None),
        rows.Assignment.part != rows.Part.DECISION_MAKER,
    )
    count = func.count(one.id)
    in_audit = one.state.in_((State.AUDIT_PLANNED, State.SURVEILLANCE))
    auditors = select(Membership.person_id).where(
        Membership.role == Role.AUDITOR, Membership.ended_at.is_(None)
    )
    query = (
        select(
            Person.id,
            Person.name,
            count,
            count.filter(lead),
            count.filter(one.due_on < on),
            count.filter(one.due_on.between(on, on + SOON)),
            func.coalesce(func.sum(waiting), 0),
            func.coalesce(func.sum(days).filter(in_audit), 0),
        )
        .outerjoin(rows.Assignment, mine)
        .outerjoin(one, and_(one.id == rows.Assignment.case_id, one.state.not_in(AT_REST)))
        .where(Person.id.in_(auditors))
        .group_by(Person.id, Person.name)
        .order_by(count.desc(), Person.name)
    )
    return [
        Load(person, name, opened, leads, late, soon, int(to_judge), int(audit_days))
        for person, name, opened, leads, late, soon, to_judge, audit_days in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who could lead a case: those who may, the least busy first, and how many others may not, by reason."""

    free: Sequence[Load]
    barred: Mapping[str, int]


def candidates(
    session: Session, cases: Sequence[UUID], all_loads: Sequence[Load], *, on: date
) -> dict[UUID, Candidates]:
    """For each of these cases. Declared interests decide here; rotation is asked at the assignment."""
    organisations = {
        row.id: row.organisation_id
        for row in session.execute(
            select(rows.Case.id, rows.Case.organisation_id).where(rows.Case.id.in_(cases))
        )
    }
    declared = defaultdict(list)
    for row in session.scalars(
        select(rows.Declaration)
        .where(rows.Declaration.organisation_id.in_(set(organisations.values())))
        .order_by(rows.Declaration.at)
    ):
        declared[row.organisation_id].append(declaration_value(row))
    actors = _actors(session, [each.person for each in all_loads])
    by_load = sorted(all_loads, key=lambda each: (each.open, each.to_judge, each.name))
    found = {}
    for case_id, organisation in organisations.items():
        free: list[Load] = []
        barred: dict[str, int] = defaultdict(int)
        for load in by_load:
            tie = may_not_be_assigned(
                actors[load.person],
                organisation,
                tuple(declared[organisation]),
                past_leads=(),
                on=on,
                rules=engine.RULES,
                lead=True,
            )
            if tie is None:
                free.append(load)
            else:
                barred[tie.code] += 1
        found[case_id] = Candidates(free, dict(barred))
    return found


def _actors(session: Session, people: Sequence[UUID]) -> dict[UUID, engine.Actor]:
    found: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    query = select(Membership.person_id, Membership.organisation_id, Membership.role).where(
        Membership.person_id.in_(people), Membership.ended_at.is_(None)
    )
    for person, organisation, role in session.execute(query):
        found[person].append((organisation, role))
    return {
        person: engine.Actor(
            person=person,
            roles=frozenset(ROLE_OF[Role(role)] for _, role in found[person] if Role(role) in ROLE_OF),
            organisations=frozenset(organisation for organisation, _ in found[person]),
        )
        for person in people
    }
