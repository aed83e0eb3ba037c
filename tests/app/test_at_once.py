"""Two people do the same at the same moment, over HTTP and on connections of their own: it happens once.

These tests have a copy of the demo for each, whose rows are committed.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import jobs
from app.audits.models import Case, Certificate, Evidence
from app.catalogue.models import Offer
from app.db import Sessions, make_engine, make_sessions
from app.demo import cast
from app.embedded import Server, create_database, drop_database
from app.history import Happening
from app.identity import acting
from app.ledger.models import Payment
from app.main import create_app
from app.organisations import service
from app.organisations.models import Membership, Organisation, Person
from app.permissions import SCOPES, Actor, Role
from app.settings import Settings
from app.shipping import service as shipping
from app.shipping.models import Milestone, Shipment
from app.trade.models import Charge, Pool, PoolState
from certification import State
from tests.app.conftest import ADDRESS, TODAY
from tests.conftest import FixedClock

AT_ONCE = 6


@pytest.fixture
def real(server: Server, demo_template: str, demo_data: Path, worker_id: str) -> Iterator[FastAPI]:
    name = f"demo_at_once_{worker_id}"
    drop_database(server, name)
    engine = make_engine(create_database(server, name, demo_template))
    config, sessions, clock = Settings(data=demo_data, demo=False), make_sessions(engine), FixedClock(TODAY)
    jobs.around.sessions, jobs.around.settings, jobs.around.clock = sessions, config, clock
    yield create_app(config, sessions, clock)
    jobs.around.sessions = jobs.around.settings = None
    engine.dispose()
    drop_database(server, name)


@pytest.fixture
def session(real: FastAPI) -> Iterator[Session]:
    sessions: Sessions = real.state.sessions
    with sessions() as made:
        yield made


def actor(session: Session, person: UUID) -> Actor:
    organisation = session.scalars(select(Membership.organisation_id).filter_by(person_id=person)).first()
    assert organisation is not None
    found = acting(session, person, organisation)
    assert found is not None
    return found


def person(session: Session, account: str) -> UUID:
    return session.scalars(select(Person.id).filter_by(email=cast.address(account))).one()


def token(session: Session, who: UUID) -> dict[str, str]:
    _, secret = service.make_token(
        session,
        person_id=who,
        organisation_id=actor(session, who).organisation_id,
        scopes=SCOPES,
        lifetime=timedelta(days=1),
        now=TODAY,
    )
    session.commit()
    return {"authorization": f"Bearer {secret}"}


def at_once(real: FastAPI, method: str, path: str, everybody: list[dict[str, str]], **body: Any) -> list[int]:
    """The statuses of one request from each of `everybody`, all sent together."""
    ready = Barrier(len(everybody))

    def ask(headers: dict[str, str]) -> int:
        with TestClient(real, base_url=ADDRESS, raise_server_exceptions=False) as browser:
            ready.wait(timeout=60)
            return browser.request(method, path, headers=headers, **body).status_code

    with ThreadPoolExecutor(len(everybody)) as threads:
        return sorted(threads.map(ask, everybody))


def happened(session: Session, subject: UUID) -> int:
    return session.scalar(select(func.count()).where(Happening.subject_id == subject)) or 0


def test_two_decision_makers_decide_once(real: FastAPI, session: Session) -> None:
    one = person(session, "decision-maker")
    body = session.get_one(Organisation, actor(session, one).organisation_id)
    two = service.add_person(
        session,
        name="Demo second",
        email="second@demo.example",
        password="a good long one",
        locale="en",
        now=TODAY,
    )
    service.add_membership(session, two, body, Role.DECISION_MAKER, now=TODAY)
    case = session.scalars(select(Case).filter_by(state=State.RECOMMENDED)).first()
    assert case is not None
    both = [token(session, one), token(session, two.id)]
    for headers in both:
        with TestClient(real, base_url=ADDRESS) as browser:
            declared = browser.post(
                "/api/interests",
                json={"organisation_id": str(case.organisation_id), "interests": []},
                headers=headers,
            )
            assert declared.status_code < 300, declared.text
    said = {"outcome": "certify", "reasons": "The findings carry the recommendation in every point."}
    assert at_once(real, "POST", f"/api/cases/{case.id}/decision", both, json=said) == [200, 409]
    assert session.scalar(select(func.count()).where(Certificate.case_id == case.id)) == 1


def test_a_payment_is_booked_once(real: FastAPI, session: Session) -> None:
    charge = session.scalars(select(Charge).where(Charge.order_id.not_in(select(Payment.order_id)))).first()
    assert charge is not None
    said = {
        "reference": charge.reference,
        "amount": charge.total,
        "currency": charge.currency,
        "received_on": TODAY.date().isoformat(),
        "bank_reference": "2027-001/1",
    }
    operators = [token(session, person(session, "operator"))] * AT_ONCE
    statuses = at_once(real, "POST", "/api/payments", operators, json=said)
    assert statuses == [201] + [409] * (AT_ONCE - 1)
    assert session.scalar(select(func.count()).where(Payment.order_id == charge.order_id)) == 1


def handing_over(session: Session) -> tuple[UUID, str, dict[str, str]]:
    """A shipment that is not handed over yet, where to say that it is, and who may."""
    shipment = session.scalars(select(Shipment)).first()
    assert shipment is not None
    last = session.scalars(
        select(Milestone).filter_by(shipment_id=shipment.id).order_by(Milestone.position.desc())
    ).first()
    assert last is not None
    last.actual_on = None  # as if it had not been handed over yet
    session.get_one(Pool, shipment.pool_id).state = PoolState.ARRIVED
    keeper = token(session, person(session, "hub-rotterdam"))
    return shipment.id, f"/api/shipments/{shipment.id}/milestones/handed-over", keeper


def test_a_milestone_is_set_once(real: FastAPI, session: Session) -> None:
    shipment, path, keeper = handing_over(session)
    before = happened(session, shipment)
    day = TODAY.date().isoformat()
    statuses = at_once(real, "PUT", path, [keeper] * AT_ONCE, json={"actual_on": day})
    assert statuses == [200] * AT_ONCE  # the same report again is no fault
    session.expire_all()
    assert happened(session, shipment) == before + 1


def test_control_without_the_lock_a_milestone_is_set_twice(
    real: FastAPI, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment, path, keeper = handing_over(session)
    held, both_have_read = shipping._held, Barrier(2)

    def read_then_wait(*given: Any) -> Any:
        found = held(*given)
        both_have_read.wait(timeout=30)
        return found

    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)
    monkeypatch.setattr(shipping, "_held", read_then_wait)
    before = happened(session, shipment)
    at_once(real, "PUT", path, [keeper] * 2, json={"actual_on": TODAY.date().isoformat()})
    session.expire_all()
    assert happened(session, shipment) == before + 2, "the lock is what the other test proves"


def test_the_second_change_of_an_offer_is_told_of_the_first(real: FastAPI, session: Session) -> None:
    offer = session.scalars(select(Offer).order_by(Offer.id)).first()
    assert offer is not None
    member = session.scalars(
        select(Membership.person_id).filter_by(organisation_id=offer.organisation_id)
    ).first()
    assert member is not None
    owner = token(session, member)
    with TestClient(real, base_url=ADDRESS) as browser:
        shown = browser.get(f"/api/offers/{offer.id}", headers=owner)
    said = {
        name: getattr(offer, name)
        for name in ("title", "unit", "price", "weight_g", "volume_cm3", "hs_code", "lead_days")
    }
    statuses = at_once(
        real,
        "PUT",
        f"/api/offers/{offer.id}",
        [owner | {"if-match": shown.headers["etag"]}] * AT_ONCE,
        json=said | {"title": "Changed by one"},
    )
    assert statuses == [200] + [412] * (AT_ONCE - 1)


def test_the_same_file_twice_at_once_is_one_file(real: FastAPI, session: Session) -> None:
    case = session.scalars(select(Case).filter_by(state=State.PROVISIONAL)).first()
    assert case is not None
    member = session.scalars(
        select(Membership.person_id).filter_by(organisation_id=case.organisation_id)
    ).first()
    assert member is not None
    statuses = at_once(
        real,
        "POST",
        "/api/certification/evidence",
        [token(session, member)] * AT_ONCE,
        files={"file": ("minutes.txt", b"Minutes of the meeting of the demo members")},
    )
    assert statuses == [201] * AT_ONCE
    kept = select(func.count()).where(Evidence.case_id == case.id, Evidence.name == "minutes.txt")
    assert session.scalar(kept) == 1
