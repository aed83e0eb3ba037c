"""Lots: made with the collection of a shipment, or by the producer; linked to goods, shipment and plots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import history
from app.catalogue.service import own_offer
from app.db import uuid7
from app.epcis.models import Gs1Identity
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Organisation
from app.permissions import Actor
from app.plots.models import PlotFile
from app.shipping import listing
from app.shipping.journeys import Journey
from app.shipping.models import Milestone, MilestoneKind, Shipment, ShipmentLine
from app.stories.models import Lot, TradeItem
from app.trade.models import Order, OrderLine
from app.trade.numbers import number_of
from logistics.due_diligence import commodity_of
from logistics.form import InvalidInput
from logistics.trade_items import LOT, gtin

LONGEST_NAME: Final = 120
MOST_UNITS: Final = 10_000_000
MOST_GRAMS: Final = 10**10


@dataclass(frozen=True, slots=True)
class LotSaid:
    """What a producer says of a lot. `number` empty: our code is its number."""

    number: str = ""
    quantity: int | None = None
    net_g: int | None = None
    produced_from: date | None = None
    produced_to: date | None = None
    scientific_name: str = ""
    plot_file_id: UUID | None = None
    shipment_id: UUID | None = None


def collected(session: Session, shipment_id: UUID, *, now: datetime) -> None:
    """Make a lot of each kind of goods in a shipment that has none yet: what was collected is a lot."""
    goods: dict[UUID, list[OrderLine]] = {}
    for line in session.scalars(
        select(OrderLine)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == shipment_id)
        .order_by(OrderLine.id)
    ):
        goods.setdefault(line.offer_id, []).append(line)
    for lines in goods.values():
        made, first = uuid7(now), lines[0]
        code = number_of("L", made)
        session.execute(
            insert(Lot)
            .values(
                id=made,
                code=code,
                number=code,
                organisation_id=first.producer_id,
                offer_id=first.offer_id,
                shipment_id=shipment_id,
                title=first.title,
                unit=first.unit,
                hs_code=first.hs_code,
                quantity=sum(line.quantity for line in lines),
                scientific_name="",
                made_at=now,
                version=1,
            )
            .on_conflict_do_nothing()
        )


def add(session: Session, actor: Actor, offer_id: UUID, said: LotSaid, *, now: datetime) -> Lot:
    """Missing: the goods are not the actor's. Faulty: what was said cannot be."""
    offer = own_offer(session, actor, offer_id)
    made = uuid7(now)
    code = number_of("L", made)
    lot = Lot(
        id=made,
        code=code,
        organisation_id=actor.organisation_id,
        offer_id=offer.id,
        title=offer.title,
        unit=offer.unit,
        hs_code=offer.hs_code,
        made_at=now,
        made_by=actor.person_id,
    )
    _say(session, lot, said)
    session.add(lot)
    session.flush()
    history.record(session, lot, "made", now=now, **actor.who, number=lot.number)
    return lot


def change(
    session: Session, actor: Actor, lot_id: UUID, said: LotSaid, *, now: datetime, version: int | None = None
) -> Lot:
    """Missing: it is not the actor's. Refusal: `version` is not the newest. Faulty: it cannot be so."""
    lot = own(session, actor, lot_id, lock=True)
    if version is not None and version != lot.version:
        raise Refusal(
            "Somebody changed this lot meanwhile. Look at it again, then change it.",
            code="stale",
            title="Changed meanwhile",
            status=412,
        )
    _say(session, lot, said)
    lot.version += 1
    session.flush()
    history.record(
        session, lot, "changed", now=now, **actor.who, number=lot.number, plots=said.plot_file_id or ""
    )
    return lot


def own(session: Session, actor: Actor, lot_id: UUID, *, lock: bool = False) -> Lot:
    """Missing: there is none, or it is another producer's."""
    wanted = select(Lot).filter_by(id=lot_id, organisation_id=actor.organisation_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    lot = session.scalars(wanted).one_or_none()
    if lot is None:
        raise Missing
    return lot


def owned(session: Session, actor: Actor, *, limit: int = 200) -> Sequence[Lot]:
    """The actor's lots, newest first."""
    return session.scalars(
        select(Lot)
        .filter_by(organisation_id=actor.organisation_id)
        .order_by(Lot.made_at.desc(), Lot.id.desc())
        .limit(limit)
    ).all()


def shipments_for(
    session: Session, actor: Actor, offer_id: UUID, *, but: UUID | None = None
) -> list[Shipment]:
    """Shipments that carry these goods and have no lot of them; `but`: that of this lot counts as free."""
    taken = select(Lot.id).where(Lot.shipment_id == Shipment.id, Lot.offer_id == offer_id, Lot.id != but)
    carries = (
        select(ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(OrderLine.offer_id == offer_id, OrderLine.producer_id == actor.organisation_id)
    )
    return list(
        session.scalars(
            select(Shipment)
            .where(Shipment.id.in_(carries), ~exists(taken))
            .order_by(Shipment.booked_at.desc(), Shipment.id)
            .limit(50)
        )
    )


@dataclass(frozen=True, slots=True)
class Carried:
    """A lot as a party of its shipment sees it. `theirs`: its maker, or who bought of it."""

    lot: Lot
    maker: Organisation
    theirs: bool

    @property
    def asked_of(self) -> bool:
        """Whether the EU may ask where it grew."""
        return commodity_of(self.lot.hs_code) is not None or self.lot.plot_file_id is not None


def in_shipment(session: Session, actor: Actor, found: Journey) -> list[Carried]:
    """The lots of a shipment: a hub and the operator all, a buyer and a maker those that are theirs."""
    parties: dict[UUID, set[UUID]] = {}
    for offer_id, buyer, maker in session.execute(
        select(OrderLine.offer_id, Order.organisation_id, OrderLine.producer_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == found.shipment.id)
    ):
        parties.setdefault(offer_id, set()).update((buyer, maker))
    rows = session.execute(
        select(Lot, Organisation)
        .join(Organisation, Organisation.id == Lot.organisation_id)
        .where(Lot.shipment_id == found.shipment.id)
        .order_by(Organisation.name, Lot.title, Lot.id)
    )
    carried = [
        Carried(lot, maker, actor.organisation_id in parties.get(lot.offer_id, ())) for lot, maker in rows
    ]
    return [each for each in carried if each.theirs or listing.sees_all(actor, found)]


def name_item(
    session: Session, actor: Actor, offer_id: UUID, typed: str, *, now: datetime
) -> TradeItem | None:
    """Say which GTIN goods have; empty: none. Faulty: it is no GTIN, or not theirs to use."""
    offer = own_offer(session, actor, offer_id, lock=True)
    row = session.get(TradeItem, offer.id)
    if not typed.strip():
        if row is not None:
            session.delete(row)
            session.flush()
            history.record(session, offer, "GTIN removed", now=now, **actor.who)
        return None
    maker = session.get_one(Organisation, offer.organisation_id)
    try:
        number = gtin(typed, demonstration=maker.demo)
    except InvalidInput as fault:
        raise Faulty(fields={"gtin": fault.reason}) from fault
    other = session.scalar(
        select(TradeItem.offer_id).where(TradeItem.gtin == number, TradeItem.offer_id != offer.id)
    )
    if other is not None or _belongs_to_another(session, actor, number):
        raise Faulty(fields={"gtin": "This number belongs to other goods here. Check its figures."})
    if row is None:
        row = TradeItem(offer_id=offer.id)
        session.add(row)
    row.gtin, row.set_at, row.set_by = number, now, actor.person_id
    session.flush()
    history.record(session, offer, "GTIN", now=now, **actor.who, gtin=number)
    return row


def has_left(session: Session, shipment_id: UUID) -> bool:
    """Whether a shipment was collected: from then on what is in it stays."""
    return (
        session.scalar(
            select(Milestone.actual_on).filter_by(shipment_id=shipment_id, kind=MilestoneKind.COLLECTED)
        )
        is not None
    )


def _belongs_to_another(session: Session, actor: Actor, number: str) -> bool:
    """Whether another organisation here has the company prefix that this GTIN begins with."""
    whole = number[1:]  # without the indicator of the packing
    return any(
        whole.startswith(prefix)
        for prefix in session.scalars(
            select(Gs1Identity.company_prefix).where(Gs1Identity.organisation_id != actor.organisation_id)
        )
    )


def _say(session: Session, lot: Lot, said: LotSaid) -> None:
    faults: dict[str, str] = {}
    number = said.number.strip() or lot.code
    if not LOT.fullmatch(number):
        faults["number"] = "Use 1 to 20 letters without accents, figures, dots, hyphens and underscores."
    elif session.scalar(
        select(Lot.id).where(Lot.offer_id == lot.offer_id, Lot.number == number, Lot.id != lot.id)
    ):
        faults["number"] = "Another lot of these goods has this number."
    if said.quantity is not None and not 1 <= said.quantity <= MOST_UNITS:
        faults["quantity"] = f"Enter a number from 1 to {MOST_UNITS}."
    if said.net_g is not None and not 1 <= said.net_g <= MOST_GRAMS:
        faults["net"] = "Enter the weight without packing, in kg."
    if (said.produced_from is None) != (said.produced_to is None):
        faults["produced_to" if said.produced_to is None else "produced_from"] = (
            "Enter both days: when making or harvesting began, and when it ended."
        )
    elif said.produced_from and said.produced_to and said.produced_to < said.produced_from:
        faults["produced_to"] = "The last day is before the first one."
    if len(said.scientific_name) > LONGEST_NAME:
        faults["scientific_name"] = f"Use at most {LONGEST_NAME} characters."
    if said.plot_file_id is not None:
        plots = session.get(PlotFile, said.plot_file_id)
        if plots is None or plots.organisation_id != lot.organisation_id or plots.removed_at is not None:
            faults["plot_file_id"] = "Choose one of your files of plots."
    if said.shipment_id != lot.shipment_id:
        _check_shipment(session, lot, said.shipment_id, faults)
    if faults:
        raise Faulty(fields=faults)
    lot.number, lot.quantity, lot.net_g = number, said.quantity, said.net_g
    lot.produced_from, lot.produced_to = said.produced_from, said.produced_to
    lot.scientific_name = said.scientific_name.strip()
    lot.plot_file_id, lot.shipment_id = said.plot_file_id, said.shipment_id


def _check_shipment(session: Session, lot: Lot, wanted: UUID | None, faults: dict[str, str]) -> None:
    if lot.shipment_id is not None and has_left(session, lot.shipment_id):
        faults["shipment_id"] = "It was collected already: the lot stays in its shipment."
        return
    if wanted is None:
        return
    carries = session.scalar(
        select(ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(
            ShipmentLine.shipment_id == wanted,
            OrderLine.offer_id == lot.offer_id,
            OrderLine.producer_id == lot.organisation_id,
        )
        .limit(1)
    )
    taken = session.scalar(
        select(Lot.id).where(Lot.shipment_id == wanted, Lot.offer_id == lot.offer_id, Lot.id != lot.id)
    )
    if carries is None:
        faults["shipment_id"] = "Choose a shipment that carries these goods."
    elif taken is not None:
        faults["shipment_id"] = "Another lot of these goods is in this shipment."
