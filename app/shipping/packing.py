"""What organisations state for the papers: their names at customs, and how their goods are packed."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.errors import Faulty, Missing
from app.permissions import Actor
from app.shipping import listing
from app.shipping.models import ShipmentLine
from app.shipping.models_customs import CustomsIdentity, Packing
from app.trade.models import OrderLine

EORI: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}")  # Delegated Regulation (EU) 2015/2446, annex 12-01
REX: Final = re.compile(r"[A-Z]{2}REX[A-Z0-9]{1,30}")
CRITERION: Final = re.compile(r"P|W \d{4}")
LONGEST_ADDRESS: Final = 300
LONGEST_MARKS: Final = 60
MOST_PACKAGES: Final = 100_000
MOST_GRAMS: Final = 10**9
MOST_MM: Final = 20_000


@dataclass(frozen=True, slots=True)
class PackingSaid:
    packages: int
    net_g: int
    gross_g: int
    marks: str
    criterion: str
    measures: tuple[int, int, int] | None = None  # of one package, outside: length, width, height in mm
    turnable: bool = False
    stackable: bool = True


def identity_of(session: Session, organisation_id: UUID) -> CustomsIdentity | None:
    return session.get(CustomsIdentity, organisation_id)


def name_at_customs(
    session: Session, actor: Actor, *, address: str, eori: str, rex: str, now: datetime
) -> CustomsIdentity:
    """Say what customs know the actor's organisation by. Faulty: a number has not its form."""
    faults: dict[str, str] = {}
    if len(address) > LONGEST_ADDRESS:
        faults["address"] = f"Use at most {LONGEST_ADDRESS} characters."
    if eori and not EORI.fullmatch(eori):
        faults["eori"] = "An EORI number is two letters of a country and up to 15 letters or figures."
    if rex and not REX.fullmatch(rex):
        faults["rex"] = "A REX number begins with two letters of a country and REX, like ETREX123."
    if faults:
        raise Faulty(fields=faults)
    row = session.get(CustomsIdentity, actor.organisation_id)
    if row is None:
        row = CustomsIdentity(organisation_id=actor.organisation_id)
        session.add(row)
    row.address, row.eori, row.rex, row.updated_at = address, eori, rex, now
    session.flush()
    return row


def packable(session: Session, actor: Actor, shipment_id: UUID) -> list[OrderLine]:
    """The lines whose packing the actor may state: a maker its own, the hubs all.

    Missing: there is no such shipment, or nothing of it is theirs to pack.
    """
    found = listing.own_journey(session, actor, shipment_id)
    wanted = (
        select(OrderLine)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == shipment_id)
        .order_by(OrderLine.order_id, OrderLine.title, OrderLine.id)
    )
    if not listing.reports_on(actor, found):
        wanted = wanted.where(OrderLine.producer_id == actor.organisation_id)
    lines = list(session.scalars(wanted))
    if not lines:
        raise Missing
    return lines


def pack(
    session: Session, actor: Actor, shipment_id: UUID, line_id: UUID, said: PackingSaid, *, now: datetime
) -> Packing:
    """State how one line is packed. Saying the same again changes nothing but who said it last.

    Missing: the line is not theirs to pack. Faulty: the weights cannot be.
    """
    line = next((each for each in packable(session, actor, shipment_id) if each.id == line_id), None)
    if line is None:
        raise Missing
    faults: dict[str, str] = {}
    if not 1 <= said.packages <= MOST_PACKAGES:
        faults["packages"] = f"Enter 1 to {MOST_PACKAGES} packages."
    if not 1 <= said.net_g <= MOST_GRAMS:
        faults["net"] = "Enter the weight without packing."
    if not said.net_g <= said.gross_g <= MOST_GRAMS:
        faults["gross"] = "The weight with packing is not below the one without."
    if len(said.marks) > LONGEST_MARKS:
        faults["marks"] = f"Use at most {LONGEST_MARKS} characters."
    if said.criterion and not CRITERION.fullmatch(said.criterion):
        faults["criterion"] = "Write P if it is wholly obtained, or W and four figures, like W 4602."
    if said.measures and not all(1 <= each <= MOST_MM for each in said.measures):
        faults["length"] = "Enter length, width and height of one package, or none of them."
    if faults:
        raise Faulty(fields=faults)
    row = session.get(Packing, line_id)
    if row is None:
        row = Packing(order_line_id=line_id)
        session.add(row)
    row.packages, row.net_g, row.gross_g = said.packages, said.net_g, said.gross_g
    row.marks, row.criterion = said.marks, said.criterion
    row.length_mm, row.width_mm, row.height_mm = said.measures or (None, None, None)
    row.turnable, row.stackable = said.turnable, said.stackable
    row.stated_at, row.stated_by = now, actor.person_id
    session.flush()
    found = listing.own_journey(session, actor, shipment_id)
    history.record(
        session,
        found.shipment,
        "packing stated",
        now=now,
        **actor.who,
        line=line_id,
        packages=said.packages,
        net_g=said.net_g,
        gross_g=said.gross_g,
    )
    return row
