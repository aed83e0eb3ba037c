"""A hub, a certified maker with terms, and one who is on the way."""

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from app.organisations.models import Kind, Organisation, Person
from app.permissions import Actor, Role
from app.shipping.models import Hub
from tests.app.catalogue import scene
from tests.app.making import Making
from tests.conftest import FixedClock


@dataclass
class Maker:
    organisation: Organisation
    person: Person
    actor: Actor


@dataclass
class Market:
    hub: Hub
    maker: Maker
    applicant: Maker
    decider: Person

    def certify(self, session: Session, maker: Maker, clock: FixedClock, *, days: int = 700) -> None:
        scene.certify(session, maker.organisation, self.decider.id, clock.now, days=days)


def new_maker(session: Session, make: Making, name: str, country: str = "VN") -> Maker:
    organisation = make.organisation(Kind.PRODUCER, name, country)
    person = make.person(organisation)
    return Maker(organisation, person, scene.actor_of(session, person, organisation))


@pytest.fixture
def market(session: Session, make: Making, clock: FixedClock) -> Market:
    hub = scene.hub(session, make.organisation(Kind.HUB, "Test hub Saigon"))
    decider = make.person(make.organisation(Kind.CERTIFIER, "Test body", "DE"), Role.DECISION_MAKER)
    maker = new_maker(session, make, "Test lacquer workshop")
    applicant = new_maker(session, make, "Test weavers", "GT")
    made = Market(hub, maker, applicant, decider)
    made.certify(session, maker, clock)
    for each in (maker, applicant):
        scene.terms(session, each.organisation, hub, clock.now)
    return made
