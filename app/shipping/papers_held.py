"""What the papers of a shipment say: one set of facts, of which every paper is drawn, so that they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exchange import service as exchange
from app.organisations.models import Organisation
from app.permissions import Actor
from app.shipping import customs, listing
from app.shipping.journeys import Journey
from app.shipping.models import ShipmentLine
from app.shipping.models_customs import CustomsIdentity, Packing
from app.trade.models import Order, OrderLine
from logistics.customs import (
    CURRENCY,
    REX_LIMIT_CENTS,
    Assessment,
    CustomsFault,
    Destination,
    Proof,
    UnknownDestination,
    destination_of,
    tidy,
    within_union,
)

NOBODY: Final = CustomsIdentity(address="", eori="", rex="")


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer, as customs know them."""

    id: UUID
    name: str
    country: str
    place: str
    address: str
    eori: str
    rex: str


@dataclass(frozen=True, slots=True)
class Item:
    """One order line. `packages` and `net_g` None: nobody has stated how it is packed; then `gross_g` is the
    packed weight of the offer. `duty` None: it is not known, and `duty_fault` says why.
    """

    line_id: UUID
    title: str
    unit: str
    quantity: int
    unit_price: int
    value: int
    hs_code: str
    gross_g: int
    volume_cm3: int
    packages: int | None = None
    net_g: int | None = None
    marks: str = ""
    criterion: str = ""
    duty: int | None = None
    duty_fault: str = ""
    saved: int | None = None
    programme: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class House:
    """The goods of one seller for one buyer's order. `number`: of the house bill."""

    number: str
    order: str
    seller: Party
    buyer: Party
    items: tuple[Item, ...]
    value_eur_cents: int | None

    @property
    def value(self) -> int:
        return sum(each.value for each in self.items)

    @property
    def gross_g(self) -> int:
        return sum(each.gross_g for each in self.items)

    @property
    def volume_cm3(self) -> int:
        return sum(each.volume_cm3 for each in self.items)

    @property
    def net_g(self) -> int | None:
        """None: of some goods it is not stated."""
        known = [each.net_g for each in self.items if each.net_g is not None]
        return sum(known) if len(known) == len(self.items) else None

    @property
    def packages(self) -> int | None:
        known = [each.packages for each in self.items if each.packages is not None]
        return sum(known) if len(known) == len(self.items) else None

    @property
    def duty(self) -> int | None:
        known = [each.duty for each in self.items if each.duty is not None]
        return sum(known) if len(known) == len(self.items) else None

    @property
    def claims(self) -> bool:
        """Whether a preference is known to save something."""
        return any(each.saved for each in self.items)


@dataclass(frozen=True, slots=True)
class Papers:
    """What somebody may see of a shipment's papers. `whole`: all of it."""

    journey: Journey
    currency: str
    duty_currency: str
    houses: tuple[House, ...]
    whole: bool
    on: date


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing on the papers. `who` is to enter it at `href`."""

    house: str
    what: str
    who: str
    href: str


def papers_of(session: Session, actor: Actor, shipment_id: UUID, *, today: date) -> Papers:
    """Missing: there is no such shipment, or nothing in it concerns the actor."""
    found = listing.own_journey(session, actor, shipment_id)
    numbers = _house_numbers(session, found)
    consignments = listing.consignments_of(session, actor, found)
    identities = _identities(
        session, {each.buyer.id for each in consignments} | {each.maker.id for each in consignments}
    )
    packings = _packings(session, [line.id for each in consignments for line in each.lines])
    on = found.sailing.arrives_on
    houses = []
    for each in consignments:
        value = sum(line.value for line in each.lines)
        euros = _euros(session, value, found.pool.currency, min(on, today))
        houses.append(
            House(
                numbers[each.order.id, each.maker.id],
                each.order.number,
                _party(each.maker, identities),
                _party(each.buyer, identities),
                tuple(
                    _item(session, found, each.maker, line, packings.get(line.id), on, today)
                    for line in each.lines
                ),
                euros,
            )
        )
    houses.sort(key=lambda house: house.number)
    return Papers(
        found,
        found.pool.currency,
        _duty_currency(found),
        tuple(houses),
        listing.sees_all(actor, found),
        on,
    )


def gaps(papers: Papers) -> list[Gap]:
    """What is missing on the papers, for everybody to see before the goods leave."""
    packing = f"/shipments/{papers.journey.shipment.id}/packing"
    wants_eori = _destination(papers.journey) in {Destination.EU, Destination.GB}
    found: list[Gap] = []
    for house in papers.houses:
        seller, buyer = house.seller, house.buyer
        own = "/customs-identity"
        if not seller.address:
            found.append(Gap(house.number, "The seller's full address", seller.name, own))
        if not buyer.address:
            found.append(Gap(house.number, "The buyer's full address", buyer.name, own))
        if wants_eori and not buyer.eori:
            found.append(Gap(house.number, "The buyer's EORI number", buyer.name, own))
        rex = any(each.saved and each.proof == Proof.REX for each in house.items)
        if (
            rex
            and not seller.rex
            and (house.value_eur_cents is None or house.value_eur_cents > REX_LIMIT_CENTS)
        ):
            found.append(
                Gap(house.number, "The seller's number as a registered exporter (REX)", seller.name, own)
            )
        for item in house.items:
            if not _readable(item.hs_code):
                found.append(Gap(house.number, f"HS code of {item.title}", seller.name, "/offers"))
            if item.packages is None:
                words = f"Packages, net and gross weight of {item.title}"
                found.append(Gap(house.number, words, seller.name, packing))
            if item.saved and not item.criterion:
                words = f"Origin criterion of {item.title}: it saves the duty"
                found.append(Gap(house.number, words, seller.name, packing))
    return found


def _house_numbers(session: Session, found: Journey) -> dict[tuple[UUID, UUID], str]:
    """(order, maker) -> number; the same whoever asks."""
    rows = session.execute(
        select(OrderLine.order_id, OrderLine.producer_id, Order.number)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(ShipmentLine.shipment_id == found.shipment.id)
        .distinct()
        .order_by(Order.number, OrderLine.producer_id)
    )
    return {
        (order, maker): f"{found.shipment.number}-H{position:02d}"
        for position, (order, maker, _number) in enumerate(rows, start=1)
    }


def _identities(session: Session, ids: set[UUID]) -> dict[UUID, CustomsIdentity]:
    rows = session.scalars(select(CustomsIdentity).where(CustomsIdentity.organisation_id.in_(ids)))
    return {row.organisation_id: row for row in rows}


def _packings(session: Session, ids: Sequence[UUID]) -> dict[UUID, Packing]:
    rows = session.scalars(select(Packing).where(Packing.order_line_id.in_(ids)))
    return {row.order_line_id: row for row in rows}


def _party(organisation: Organisation, known: dict[UUID, CustomsIdentity]) -> Party:
    named = known.get(organisation.id, NOBODY)
    return Party(
        organisation.id,
        organisation.name,
        organisation.country,
        organisation.place,
        named.address,
        named.eori,
        named.rex,
    )


def _item(
    session: Session,
    found: Journey,
    maker: Organisation,
    line: OrderLine,
    packing: Packing | None,
    on: date,
    today: date,
) -> Item:
    assessed, fault = _assessed(session, found, maker, line, packing, on, today)
    best = assessed.best if assessed else None
    return Item(
        line.id,
        line.title,
        line.unit,
        line.quantity,
        line.unit_price,
        line.value,
        line.hs_code,
        packing.gross_g if packing else line.weight_g,
        line.volume_cm3,
        packing.packages if packing else None,
        packing.net_g if packing else None,
        packing.marks if packing else "",
        packing.criterion if packing else "",
        assessed.duty if assessed else None,
        fault,
        best.saved if best else None,
        best.programme.name if best else "",
        best.proof if best else "",
    )


def _assessed(
    session: Session,
    found: Journey,
    maker: Organisation,
    line: OrderLine,
    packing: Packing | None,
    on: date,
    today: date,
) -> tuple[Assessment | None, str]:
    if within_union(maker.country, found.destination.country):
        return None, "It stays within one customs territory."
    try:
        assessed, _rate = customs.answer(
            session,
            hs_code=line.hs_code,
            origin=maker.country,
            to=found.destination.country,
            value=line.value,
            currency=found.pool.currency,
            weight_g=packing.net_g if packing else None,
            pieces=line.quantity,
            on=on,
            today=today,
        )
    except CustomsFault as fault:
        return None, str(fault)
    except exchange.NoRate as fault:
        return None, fault.detail
    return assessed, str(assessed.fault) if assessed.fault else ""


def _euros(session: Session, value: int, currency: str, on: date) -> int | None:
    try:
        return exchange.rate(session, currency, "EUR", on).convert(value)
    except exchange.NoRate:
        return None


def _destination(found: Journey) -> Destination | None:
    try:
        return destination_of(found.destination.country)
    except UnknownDestination:
        return None


def _duty_currency(found: Journey) -> str:
    destination = _destination(found)
    return CURRENCY[destination] if destination else ""


def _readable(hs_code: str) -> bool:
    try:
        tidy(hs_code)
    except CustomsFault:
        return False
    return True
