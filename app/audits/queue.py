"""The cases that somebody in the console works through: filtered, sorted, a page at a time."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, text, tuple_
from sqlalchemy.orm import Session, aliased

from app.audits import models as rows
from app.audits import models_life as life
from app.audits.sight import assigned, visible
from app.errors import Faulty
from app.folding import FOLD
from app.organisations.models import Organisation, Person
from app.organisations.regions import REGION_OF, Region
from app.permissions import Actor
from certification import CaseKind, State

PAGE: Final = 40
MOST_WORDS: Final = 6


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


class Sort(StrEnum):
    """In which order: the most urgent first, by name, or the longest running first."""

    DUE = "due"
    NAME = "name"
    OPENED = "opened"


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
AT_REST: Final = (*STATES[Stage.CERTIFIED], *STATES[Stage.CLOSED])
_KEYS: Final[Mapping[Sort, Any]] = {
    Sort.DUE: rows.Case.due_on,
    Sort.NAME: func.lower(Organisation.name),
    Sort.OPENED: rows.Case.opened_at,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """`stage` None: everything that waits for somebody. `mine`: where the actor is assigned."""

    stage: Stage | None = None
    mine: bool = False
    words: str = ""
    region: str = ""
    country: str = ""
    kind: CaseKind | None = None
    auditor: UUID | None = None
    overdue: bool = False
    sort: Sort = Sort.DUE
    after: tuple[Any, UUID] | None = None

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> "Filter":
        """From an address. What is not known is left out, so that an old link still shows something."""
        sort = Sort(typed["sort"]) if typed.get("sort") in set(Sort) else Sort.DUE
        stage, kind = typed.get("stage"), typed.get("kind")
        return cls(
            stage=Stage(stage) if stage in set(Stage) else None,
            mine=typed.get("mine") == "yes",
            words=typed.get("q", "").replace("\x00", " ").strip()[:100],
            region=typed["region"] if typed.get("region") in set(Region) else "",
            country=typed["country"] if typed.get("country") in REGION_OF else "",
            kind=CaseKind(kind) if kind in set(CaseKind) else None,
            auditor=_uuid(typed.get("auditor", "")),
            overdue=typed.get("overdue") == "yes",
            sort=sort,
            after=read_cursor(typed["after"], sort) if typed.get("after") else None,
        )

    @property
    def typed(self) -> dict[str, str]:
        """Back into what `read` reads, without the place in the list."""
        return {
            "stage": self.stage or "",
            "mine": "yes" if self.mine else "",
            "q": self.words,
            "region": self.region,
            "country": self.country,
            "kind": self.kind or "",
            "auditor": str(self.auditor or ""),
            "overdue": "yes" if self.overdue else "",
            "sort": "" if self.sort is Sort.DUE else self.sort,
        }

    @property
    def question(self) -> str:
        """The query of its address, in one form only."""
        return urlencode({name: value for name, value in self.typed.items() if value})

    def but(self, **other: Any) -> str:
        """The address of the queue with some of it changed."""
        question = replace(self, **other).question
        return f"/queue?{question}" if question else "/queue"


def read_question(question: str) -> Filter:
    """The filter of an address's query, from its first page on."""
    return Filter.read(dict(parse_qsl(question)) | {"after": ""})


@dataclass(frozen=True, slots=True)
class Line:
    """One case in the queue. `judged` of `criteria` have a finding; `lead`, `decider`: names."""

    id: UUID
    organisation: str
    country: str
    kind: CaseKind
    state: State
    opened_at: datetime
    due_on: date
    judged: int
    criteria: int | None
    lead: str | None
    decider: str | None


def waits() -> ColumnElement[bool]:
    """A case in which somebody has something to do: on its way, under appeal, or a conflict under review."""
    appealed = select(life.Appeal.case_id).where(life.Appeal.settled_at.is_(None))
    return or_(rows.Case.state.not_in(AT_REST), rows.Case.id.in_(appealed), rows.Case.under_review.is_(True))


def _wanted(actor: Actor, wish: Filter, on: date) -> ColumnElement[bool]:
    """The condition on a case and its organisation."""
    conditions = [visible(actor)]
    if wish.mine:
        conditions.append(assigned(actor))
    if wish.stage is None:
        conditions.append(waits())
    else:
        conditions.append(rows.Case.state.in_(STATES[wish.stage]))
    if wish.stage is Stage.TO_ASSIGN:
        led = select(rows.Assignment.case_id).where(rows.Assignment.lead, rows.Assignment.ended_at.is_(None))
        conditions.append(rows.Case.id.not_in(led))
    for word in wish.words.split()[:MOST_WORDS]:
        folded = text(FOLD.format(":word")).bindparams(bindparam("word", word, unique=True))
        conditions.append(func.strpos(Organisation.words, folded) > 0)
    if wish.region:
        conditions.append(Organisation.region == wish.region)
    if wish.country:
        conditions.append(Organisation.country == wish.country)
    if wish.kind:
        conditions.append(rows.Case.kind == wish.kind)
    if wish.auditor:
        conditions.append(
            rows.Case.id.in_(
                select(rows.Assignment.case_id).where(
                    rows.Assignment.person_id == wish.auditor,
                    rows.Assignment.part != rows.Part.DECISION_MAKER,
                    rows.Assignment.ended_at.is_(None),
                )
            )
        )
    if wish.overdue:
        conditions.append(rows.Case.due_on < on)
    return and_(*conditions)


def lines(session: Session, actor: Actor, wish: Filter, *, on: date) -> tuple[list[Line], str | None]:
    """A page of the queue, and the cursor of the next one. `on`: today, by which "overdue" is told."""
    lead, decider = aliased(Person), aliased(Person)
    leading, deciding = aliased(rows.Assignment), aliased(rows.Assignment)
    judged = (
        select(func.count())
        .where(rows.Finding.case_id == rows.Case.id)
        .correlate(rows.Case)
        .scalar_subquery()
    )
    key = _KEYS[wish.sort]
    query = (
        select(rows.Case, Organisation.name, Organisation.country, judged, lead.name, decider.name, key)
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
        .where(_wanted(actor, wish, on))
        .order_by(key, rows.Case.id)
        .limit(PAGE + 1)
    )
    if wish.after:
        query = query.where(tuple_(key, rows.Case.id) > wish.after)
    found = session.execute(query).all()
    shown = [
        Line(
            id=case.id,
            organisation=organisation,
            country=country,
            kind=CaseKind(case.kind),
            state=State(case.state),
            opened_at=case.opened_at,
            due_on=case.due_on,
            judged=count,
            criteria=len(case.criteria) if case.criteria is not None else None,
            lead=lead_name,
            decider=decider_name,
        )
        for case, organisation, country, count, lead_name, decider_name, _ in found[:PAGE]
    ]
    if len(found) <= PAGE:
        return shown, None
    return shown, cursor_of(wish.sort, found[PAGE - 1][-1], shown[-1].id)


def counts(session: Session, actor: Actor, wishes: Sequence[Filter], *, on: date) -> list[int]:
    """How many cases each of these would show, in their order; one pass over the cases for all of them."""
    wanted = [func.count().filter(_wanted(actor, wish, on)) for wish in wishes]
    query = select(*wanted).select_from(rows.Case)
    found = session.execute(query.join(Organisation, Organisation.id == rows.Case.organisation_id)).one()
    return list(found)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of the queue offer this person: only what finds something."""

    countries: Sequence[str]
    auditors: Sequence[tuple[UUID, str]]


def choices(session: Session, actor: Actor) -> Choices:
    waiting = and_(visible(actor), waits())
    countries = (
        select(Organisation.country)
        .join(rows.Case, rows.Case.organisation_id == Organisation.id)
        .where(waiting)
        .distinct()
    )
    auditors = (
        select(Person.id, Person.name)
        .join(rows.Assignment, rows.Assignment.person_id == Person.id)
        .join(rows.Case, rows.Case.id == rows.Assignment.case_id)
        .where(waiting, rows.Assignment.ended_at.is_(None))
        .where(rows.Assignment.part != rows.Part.DECISION_MAKER)
        .distinct()
        .order_by(Person.name, Person.id)
    )
    return Choices(
        countries=sorted(session.scalars(countries)),
        auditors=[(row.id, row.name) for row in session.execute(auditors)],
    )


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


def cursor_of(sort: Sort, key: date | datetime | str, case_id: UUID) -> str:
    said = [sort, key if isinstance(key, str) else key.isoformat(), str(case_id)]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def read_cursor(written: str, sort: Sort) -> tuple[Any, UUID]:
    """What `cursor_of` wrote for the same order. Faulty: something else."""
    try:
        of, key, case_id = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        if of != sort:
            raise ValueError(of)  # noqa: TRY301 - told like what cannot be read
        return _key(sort, str(key)), UUID(str(case_id))
    except (ValueError, TypeError, AttributeError, binascii.Error) as fault:
        raise Faulty(fields={"after": "Use the address of the next page as it was given."}) from fault


def _key(sort: Sort, said: str) -> date | datetime | str:
    match sort:
        case Sort.DUE:
            return date.fromisoformat(said)
        case Sort.OPENED:
            return datetime.fromisoformat(said)
        case Sort.NAME:
            return said.replace("\x00", "")


def _uuid(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
