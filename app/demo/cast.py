"""Who plays in the demo: organisations that do not exist, and an account for each role."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Membership, Organisation, Person

PASSWORD: Final = "demo-fairhaul"  # noqa: S105 - shown on the sign-in page, in demo mode only
DOMAIN: Final = "demo.example"
# The ones that a visitor would want to be, in the order of the path
SHOWN: Final = (
    "producer",
    "knitters",
    "applicant",
    "auditor",
    "decision-maker",
    "programme",
    "appeals",
    "shop-leiden",
    "shop-gent",
    "hub-rotterdam",
    "hub-saigon",
    "hub-callao",
    "operator",
    "treasurer",
    "ombudsperson",
)


@dataclass(frozen=True, slots=True)
class Account:
    role: str
    email: str
    organisation: str


def address(name: str) -> str:
    return f"{name}@{DOMAIN}"


def accounts(session: Session, *, every: bool = False) -> list[Account]:
    """The demo accounts that exist: those shown on the sign-in page, or every one."""
    rows = session.execute(
        select(Person.email, Organisation.name, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Person.email.endswith(f"@{DOMAIN}"), Organisation.demo, Membership.ended_at.is_(None))
        .order_by(Person.created_at, Person.id),
    ).all()
    found = {email: Account(role, email, organisation) for email, organisation, role in rows}
    if every:
        return list(found.values())
    return [found[address(name)] for name in SHOWN if address(name) in found]
