"""Certificates, hubs, terms and offers that tests start from."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.audits.models import Case, Certificate, Decision
from app.catalogue import service
from app.catalogue.models import Offer, Terms
from app.catalogue.service import OfferSaid
from app.db import uuid7
from app.identity import acting
from app.organisations.models import Organisation, Person
from app.permissions import Actor
from app.shipping.models import Hub
from certification.certificate import certificate_number

BOWL = OfferSaid(
    title="Lacquer bowl, 14 cm",
    story="Turned from mango wood and lacquered by hand.",
    unit="bowl",
    price=1200,
    weight_g=700,
    volume_cm3=4600,
    hs_code="441990",
    cargo_class="ambient",
    lead_days=12,
    picture="lacquer-bowls.svg",
)


def actor_of(session: Session, person: Person, organisation: Organisation) -> Actor:
    found = acting(session, person.id, organisation.id)
    assert found is not None
    return found


def hub(
    session: Session, organisation: Organisation, code: str = "VNSGN", name: str = "Ho Chi Minh City"
) -> Hub:
    made = Hub(
        organisation_id=organisation.id,
        code=code,
        name=name,
        country=code[:2],
        latitude=Decimal("10.77"),
        longitude=Decimal("106.71"),
    )
    session.add(made)
    session.commit()
    return made


def terms(session: Session, organisation: Organisation, at: Hub, now: datetime, **more: Any) -> Terms:
    made = Terms(
        organisation_id=organisation.id,
        hub_id=at.id,
        currency=more.pop("currency", "USD"),
        minimum_order=300000,
        small_order_fee=10000,
        direct_customs=3000,
        direct_shipping=7000,
        updated_at=now,
    )
    session.add(made)
    session.commit()
    return made


def offer(session: Session, actor: Actor, now: datetime, **more: Any) -> Offer:
    fields = {name: getattr(BOWL, name) for name in BOWL.__slots__} | more
    made = service.add_offer(session, actor, OfferSaid(**fields), now=now)
    session.commit()
    return made


def certify(
    session: Session, organisation: Organisation, decider: UUID, now: datetime, *, days: int = 700
) -> Certificate:
    """A certificate as a decision to certify leaves it."""
    case = Case(
        id=uuid7(now),
        organisation_id=organisation.id,
        standard="fairhaul/2026.1",
        kind="first",
        cycle=1,
        state="certified",
        opened_at=now,
        due_on=now.date(),
    )
    session.add(case)
    session.flush()
    decision = Decision(
        id=uuid7(now),
        case_id=case.id,
        outcome="certify",
        reasons="All criteria are met.",
        conditions=[],
        before="recommended",
        person_id=decider,
        at=now,
    )
    session.add(decision)
    session.flush()
    sequence = session.query(Certificate).count() + 1
    made = Certificate(
        number=certificate_number(now.year, sequence),
        year=now.year,
        sequence=sequence,
        case_id=case.id,
        organisation_id=organisation.id,
        decision_id=decision.id,
        standard="fairhaul/2026.1",
        sites=["Workshop"],
        product_categories=["crafts"],
        conditions=[],
        summary=[],
        valid_from=now.date() - timedelta(days=1),
        valid_until=now.date() + timedelta(days=days),
        status="active",
        issued_at=now,
    )
    session.add(made)
    session.commit()
    return made
