"""A demo of size: thousands of certified organisations, and a desk full of open cases, put in by bulk.

For looking at the registry and the console as they are after years. The rows are consistent (a decision by
somebody who took no part, a certificate that rests on it, its history), but nobody played them through the
use cases as `story` does: at ten thousand that would take an hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

import certification as engine
from app.audits import models as rows
from app.db import Base, uuid7
from app.organisations.models import Kind, Organisation, Person
from app.organisations.regions import region_of
from certification import CertificateStatus, State, Verdict

PLACES: Final = (
    ("VN", "Huế"), ("VN", "Đà Nẵng"), ("IN", "Jaipur"), ("IN", "Chennai"), ("NP", "Kathmandu"),
    ("BD", "Dhaka"), ("LK", "Kandy"), ("ID", "Yogyakarta"), ("PH", "Cebu"), ("TH", "Chiang Mai"),
    ("KE", "Kisumu"), ("UG", "Mbale"), ("TZ", "Arusha"), ("RW", "Huye"), ("ET", "Jimma"),
    ("GH", "Kumasi"), ("BF", "Bobo-Dioulasso"), ("CI", "Bouaké"), ("ZA", "Durban"), ("MA", "Fès"),
    ("PE", "Cuzco"), ("BO", "Potosí"), ("EC", "Otavalo"), ("GT", "Sololá"), ("MX", "San Cristóbal"),
    ("HN", "Copán"), ("CO", "Popayán"), ("BR", "Belém"), ("CL", "Temuco"), ("HT", "Jacmel"),
)  # fmt: skip
GOODS: Final = ("Weavers", "Potters", "Coffee growers", "Honey keepers", "Basket makers", "Soap boilers")
KINDS: Final = (["crafts"], ["crafts"], ["food"], ["food"], ["crafts"], ["crafts", "food"])
DECIDER: Final = "scale.decider@demo.example"
NOBODY: Final = "!"  # is no hash: nobody signs in as the one who decided these
FACTS: Final = "Demo: seen on site and in two records of the last year."


@dataclass
class Batch:
    """Rows by their table, in the order in which they may be put in."""

    now: datetime
    decider: UUID
    standard: engine.Standard
    tables: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    sequences: dict[int, int] = field(default_factory=dict)  # year -> last number given

    def add(self, table: type[Base], **values: Any) -> UUID:
        made = uuid7(self.now)
        self.tables.setdefault(table, []).append({"id": made, **values})
        return made

    def next_number(self, year: int) -> int:
        self.sequences[year] = self.sequences.get(year, 0) + 1
        return self.sequences[year]


def fill(
    session: Session,
    *,
    certified: int,
    open_cases: int = 0,
    auditors: tuple[UUID, ...] = (),
    now: datetime,
) -> None:
    """Add `certified` organisations with a certificate (one in twenty suspended, withdrawn or run out),
    and `open_cases` in the midst of an audit, dealt out to `auditors`, each half judged.
    """
    batch = Batch(now, _decider(session, now), engine.standard_for(now.date()))
    found = select(rows.Certificate.year, func.max(rows.Certificate.sequence)).group_by(rows.Certificate.year)
    batch.sequences = {row[0]: row[1] for row in session.execute(found)}
    first = session.scalar(select(func.count()).select_from(Organisation)) or 0
    for number in range(first, first + certified):
        _certified(batch, number)
    for number in range(first + certified, first + certified + open_cases):
        _open(batch, number, auditors[number % len(auditors)] if auditors else None)
    for table, some in batch.tables.items():
        session.execute(insert(table), some)
    session.execute(text("ANALYZE"))


def _decider(session: Session, now: datetime) -> UUID:
    found = session.scalars(select(Person.id).filter_by(email=DECIDER)).one_or_none()
    if found is None:
        person = Person(
            email=DECIDER, name="Demo decision maker of size", password_hash=NOBODY, created_at=now
        )
        session.add(person)
        session.flush()
        found = person.id
    return found


def _organisation(batch: Batch, number: int) -> UUID:
    country, place = PLACES[number % len(PLACES)]
    goods = GOODS[number // len(PLACES) % len(GOODS)]
    return batch.add(
        Organisation,
        slug=f"demo-{goods.lower().replace(' ', '-')}-{number:05d}",
        name=f"Demo {goods.lower()} {number:05d} of {place}",
        kind=Kind.PRODUCER,
        country=country,
        region=region_of(country),
        place=place,
        about=f"Made up for the demo: {goods.lower()} in and around {place}.",
        works_as="producer",
        members=12 + number % 200,
        workers=number % 30,
        product_kinds=KINDS[number // len(PLACES) % len(KINDS)],
        traits=["members"],
        contact_email="",
        website="",
        listed=True,
        demo=True,
        created_at=batch.now - timedelta(days=900),
    )


def _case(batch: Batch, organisation: UUID, state: State, opened: datetime, due: date) -> UUID:
    return batch.add(
        rows.Case,
        organisation_id=organisation,
        standard=batch.standard.key,
        kind="initial",
        cycle=1,
        state=state,
        opened_at=opened,
        accepted_on=opened.date() + timedelta(days=2),
        due_on=due,
        application={},
        criteria=[each.id for each in batch.standard.criteria],
        evaluators=[],
    )


def _certified(batch: Batch, number: int) -> None:
    organisation = _organisation(batch, number)
    decided = batch.now - timedelta(days=5 + number * 7 % 600, hours=number % 9)
    took = timedelta(days=40 + number * 13 % 160)
    status, state = _standing(number)
    valid_until = decided.date() + timedelta(days=730)
    if status is CertificateStatus.EXPIRED:
        valid_until = batch.now.date() - timedelta(days=1 + number % 4)
    case = _case(batch, organisation, state, decided - took, valid_until)
    decision = batch.add(
        rows.Decision,
        case_id=case,
        outcome="certify",
        reasons="Demo: the findings carry the recommendation.",
        conditions=[],
        before=State.RECOMMENDED,
        person_id=batch.decider,
        at=decided,
    )
    sequence = batch.next_number(decided.year)
    certificate = batch.add(
        rows.Certificate,
        number=engine.certificate_number(decided.year, sequence),
        year=decided.year,
        sequence=sequence,
        case_id=case,
        organisation_id=organisation,
        decision_id=decision,
        standard=batch.standard.key,
        sites=["Demo workshop"],
        product_categories=KINDS[number // len(PLACES) % len(KINDS)],
        conditions=[],
        summary=list(_summary(batch.standard, number)),
        valid_from=decided.date(),
        valid_until=valid_until,
        status=status,
        issued_at=decided,
    )
    batch.add(
        rows.CertificateStatusChange, certificate_id=certificate, status="active", reasons="", at=decided
    )
    if status is not CertificateStatus.ACTIVE:
        batch.add(
            rows.CertificateStatusChange,
            certificate_id=certificate,
            status=status,
            reasons="Demo: made up.",
            at=decided + timedelta(days=3),
        )


def _standing(number: int) -> tuple[CertificateStatus, State]:
    match number % 60:
        case 19:
            return CertificateStatus.SUSPENDED, State.SUSPENDED
        case 39:
            return CertificateStatus.WITHDRAWN, State.WITHDRAWN
        case 59:
            return CertificateStatus.EXPIRED, State.LAPSED
        case _:
            return CertificateStatus.ACTIVE, State.CERTIFIED


def _summary(standard: engine.Standard, number: int) -> Iterator[dict[str, Any]]:
    """Findings by principle; every third organisation had a nonconformity somewhere."""
    for principle in standard.principles:
        asked = len(standard.of_principle(principle.number))
        counts = dict.fromkeys((each.value for each in Verdict), 0)
        if (number + principle.number) % 30 == 0:
            counts[Verdict.MAJOR] = 1
        elif (number + 2 * principle.number) % 11 == 0:
            counts[Verdict.MINOR] = 1
        elif (number + principle.number) % 4 == 0:
            counts[Verdict.IMPROVEMENT] = 1
        counts[Verdict.CONFORMITY] = asked - sum(counts.values())
        yield {"principle": principle.number, "counts": counts}


def _open(batch: Batch, number: int, auditor: UUID | None) -> None:
    """A case whose audit is under way: half its criteria judged, some of those not in conformity."""
    opened = batch.now - timedelta(days=60 + number % 20)
    starts = batch.now.date() + timedelta(days=number % 25 - 9)
    organisation = _organisation(batch, number)
    state = State.AUDIT_PLANNED if auditor else State.SELF_ASSESSED
    case = _case(batch, organisation, state, opened, starts + timedelta(days=2))
    batch.tables[rows.Case][-1] |= {"plan": None, "evaluators": [auditor] if auditor else []}
    for criterion in batch.standard.criteria:
        weak = criterion.id.endswith(".3")
        batch.add(
            rows.Answer,
            case_id=case,
            criterion=criterion.id,
            value="partly" if weak else "met",
            note="Demo: we do this.",
            plan="Demo: from next month the secretary keeps a list." if weak else "",
            reason="",
            answered_by=batch.decider,
            answered_at=opened + timedelta(days=9),
        )
    if auditor is None:
        return
    batch.tables[rows.Case][-1]["plan"] = {
        "kind": "monitoring_audit",
        "starts": starts.isoformat(),
        "ends": (starts + timedelta(days=2)).isoformat(),
        "sample": None,
    }
    batch.add(rows.Declaration, person_id=auditor, organisation_id=organisation, interests=[], at=opened)
    batch.add(
        rows.Assignment, case_id=case, person_id=auditor, part=rows.Part.AUDITOR, lead=True, since=opened
    )
    for place, criterion in enumerate(batch.standard.criteria[: len(batch.standard.criteria) // 2]):
        batch.add(
            rows.Finding,
            case_id=case,
            criterion=criterion.id,
            verdict=_verdict(number + place),
            facts=FACTS,
            person_id=auditor,
            at=batch.now - timedelta(days=1),
        )


def _verdict(turn: int) -> Verdict:
    if turn % 29 == 3:
        return Verdict.MAJOR
    return Verdict.IMPROVEMENT if turn % 7 == 3 else Verdict.CONFORMITY
