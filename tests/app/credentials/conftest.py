"""An organisation with a certificate."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audits import decision, demo
from app.audits.demo import Stage
from app.audits.models import Case, Certificate, CertificateStatusChange, Decision
from app.files import Store
from certification import certificate_number
from tests.app.audits.conftest import Cast, body, cast, store
from tests.conftest import NOON, FixedClock

__all__ = ["body", "cast", "store"]  # fixtures of the audits


@dataclass
class Certified:
    """A certificate, and who may rule on it."""

    session: Session
    store: Store
    cast: Cast
    clock: FixedClock
    case_id: UUID

    @property
    def row(self) -> Certificate:
        self.session.expire_all()
        return self.session.scalars(select(Certificate)).one()

    @property
    def number(self) -> str:
        return self.row.number

    def rule(self, ruling: str) -> None:
        """`suspend`, `reinstate` or `withdraw` it, now."""
        maker, now = self.cast.people.decision_maker, self.clock.now
        if ruling == "reinstate":
            decision.reinstate(
                self.session, self.store, maker, self.case_id, "What was wanting was mended.", now=now
            )
        else:
            getattr(decision, ruling)(self.session, maker, self.case_id, "It was found wanting.", now=now)
        self.session.commit()


@pytest.fixture
def ruled(session: Session, store: Store, cast: Cast, clock: FixedClock) -> Certified:
    """By the road that everybody goes, so that it can be ruled on."""
    made = demo.bring_to(session, store, cast.organisation, Stage.CERTIFIED, people=cast.people, start=NOON)
    assert made is not None
    session.commit()
    clock.now = NOON.replace(month=4)
    return Certified(session, store, cast, clock, made.id)


@pytest.fixture
def certified(session: Session, store: Store, cast: Cast, clock: FixedClock) -> Certified:
    """By rows alone, which is quicker."""
    case = Case(
        organisation_id=cast.organisation.id,
        standard="fairhaul-2026.1",
        kind="initial",
        cycle=1,
        state="certified",
        opened_at=NOON,
        due_on=NOON.date(),
    )
    session.add(case)
    session.flush()
    decision_row = Decision(
        case_id=case.id,
        outcome="certify",
        reasons="All criteria are in conformity.",
        conditions=[],
        before="recommended",
        person_id=cast.people.decision_maker.person_id,
        at=NOON,
    )
    session.add(decision_row)
    session.flush()
    row = Certificate(
        number=certificate_number(2026, 1),
        year=2026,
        sequence=1,
        case_id=case.id,
        organisation_id=cast.organisation.id,
        decision_id=decision_row.id,
        standard=case.standard,
        sites=["Workshop"],
        product_categories=["crafts"],
        conditions=["Fire drills twice a year"],
        summary=[
            {
                "principle": number,
                "counts": {
                    "conformity": 6,
                    "improvement": 1,
                    "minor": 0,
                    "major": 0,
                    "not_applicable": 0,
                },
            }
            for number in range(1, 11)
        ],
        valid_from=NOON.date(),
        valid_until=NOON.date().replace(year=2028),
        status="active",
        issued_at=NOON,
    )
    session.add(row)
    session.flush()
    session.add(CertificateStatusChange(certificate_id=row.id, status="active", reasons="", at=NOON))
    session.commit()
    clock.now = NOON.replace(month=4)
    return Certified(session, store, cast, clock, case.id)
