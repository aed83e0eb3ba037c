"""What tests start from, made through the same rows as the application's."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.organisations.models import Kind, Membership, Organisation, Person
from app.organisations.regions import region_of
from app.permissions import Role

PASSWORD = "correct horse battery"
# argon2 of PASSWORD would cost every test 50 ms: sign-in itself is tested with real hashes
NO_PASSWORD = "!"

ROLE_OF = {
    Kind.PRODUCER: Role.PRODUCER,
    Kind.BUYER: Role.BUYER,
    Kind.HUB: Role.HUB,
    Kind.CERTIFIER: Role.AUDITOR,
    Kind.PLATFORM: Role.OPERATOR,
    Kind.CIVIL_SOCIETY: Role.OMBUDSPERSON,
}


class Clock(Protocol):
    now: datetime


class Making:
    def __init__(self, session: Session, clock: Clock) -> None:
        self.session, self.clock, self.count = session, clock, 0

    def organisation(self, kind: Kind = Kind.PRODUCER, name: str = "", country: str = "VN") -> Organisation:
        self.count += 1
        name = name or f"Test {kind} {self.count}"
        made = Organisation(
            slug=f"{name.lower().replace(' ', '-')}-{self.count}",
            name=name,
            kind=kind,
            country=country,
            region=region_of(country),
            created_at=self.clock.now,
        )
        self.session.add(made)
        self.session.commit()
        return made

    def person(self, organisation: Organisation, *roles: Role, email: str = "") -> Person:
        """A member with `roles`; without: the role that goes with the kind of organisation."""
        self.count += 1
        made = Person(
            email=email or f"person-{self.count}@example.org",
            name=f"Test person {self.count}",
            password_hash=NO_PASSWORD,
            created_at=self.clock.now,
        )
        self.session.add(made)
        self.session.flush()
        for role in roles or (ROLE_OF[Kind(organisation.kind)],):
            self.session.add(
                Membership(
                    person_id=made.id, organisation_id=organisation.id, role=role, since=self.clock.now
                )
            )
        self.session.commit()
        return made

    def member(self, kind: Kind = Kind.PRODUCER, *roles: Role) -> UUID:
        """Id of a person of a new organisation of that kind."""
        return self.person(self.organisation(kind), *roles).id
