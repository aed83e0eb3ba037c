"""An organisation that may apply, and the people of its case."""

from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.audits.demo import People
from app.files import Store
from app.identity import acting
from app.organisations.models import Kind, Organisation, Site
from app.permissions import Actor, Role
from tests.app.making import Making


@dataclass
class Cast:
    """Everybody of one case, as actors."""

    organisation: Organisation
    people: People


def actor_of(session: Session, person_id: object, organisation: Organisation) -> Actor:
    found = acting(session, person_id, organisation.id)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.fixture
def body(make: Making) -> Organisation:
    """The certification body that auditors, managers and decision makers belong to."""
    return make.organisation(Kind.CERTIFIER, "Test certification body")


@pytest.fixture
def cast(session: Session, make: Making, body: Organisation) -> Cast:
    organisation = make.organisation(Kind.PRODUCER, "Test weavers")
    describe(session, organisation)
    producer = make.person(organisation)
    return Cast(
        organisation,
        People(
            producer=actor_of(session, producer.id, organisation),
            programme=actor_of(session, make.person(body, Role.PROGRAMME).id, body),
            auditor=actor_of(session, make.person(body, Role.AUDITOR).id, body),
            decision_maker=actor_of(session, make.person(body, Role.DECISION_MAKER).id, body),
        ),
    )


def describe(session: Session, organisation: Organisation) -> None:
    organisation.place, organisation.about = "Hanoi", "We weave baskets and bags of bamboo and rattan."
    organisation.members, organisation.workers = 24, 3
    organisation.product_kinds, organisation.traits = ["crafts"], ["members", "hired_workers"]
    session.add(
        Site(organisation_id=organisation.id, name="Workshop", place="Hanoi", country="VN", people=27)
    )
    session.commit()


@pytest.fixture
def store(app: FastAPI) -> Store:
    """Where the application keeps its files."""
    kept: Store = app.state.store
    return kept
