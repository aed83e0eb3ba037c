"""The story of a lot for everybody: who made it, by which certificate, how it came, what it cost.

Nothing in it names a buyer, an order or a plot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audits.models import Certificate, CertificateStatusChange
from app.catalogue import photos
from app.catalogue.costing import price_parts
from app.catalogue.models import Offer, Photo
from app.epcis.models import Event
from app.errors import Missing, Refusal
from app.organisations.models import Organisation
from app.settings import Settings
from app.shipping.journeys import Journey, journey
from app.shipping.models import Hub, MilestoneKind, ShipmentLine
from app.stories import emissions
from app.stories.emissions import ShipmentEmissions
from app.stories.models import Lot, TradeItem
from app.stories.prices import DoorPrice, door_price
from app.tlog.models import LogEntry
from app.tlog.service import entries_about
from app.trade.models import OrderLine
from certification import CertificateStatus
from certification.fair_price import PriceParts
from logistics.form import InvalidInput
from logistics.trade_items import gtin, lot_path

SEEN_AS: Final = {
    "commissioning": MilestoneKind.COLLECTED,
    "departing": MilestoneKind.DEPARTED,
    "arriving": MilestoneKind.ARRIVED,
    "receiving": MilestoneKind.HANDED_OVER,
}
"""Business step -> what people call it; "inspecting" is the customs of whichever end the goods are at."""
AT_THE_END: Final = (MilestoneKind.ARRIVED, MilestoneKind.IMPORT_CLEARED, MilestoneKind.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that an event of the shipment tells. `hash`: of the event, by the EPCIS event hash."""

    kind: MilestoneKind
    at: datetime
    hub: Hub
    hash: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The certificate under which the goods were made, how it stands today, and where the log has it."""

    certificate: Certificate
    holds: bool
    held_then: bool  # on the day when the lot was made
    last: CertificateStatusChange | None
    entries: Sequence[LogEntry]


@dataclass(frozen=True, slots=True)
class Story:
    lot: Lot
    offer: Offer
    maker: Organisation
    gtin: str | None
    address: str  # where its code leads to: a Digital Link, or a link of ours
    proof: Proof | None
    photo: Photo | None
    journey: Journey | None
    events: Sequence[Event]
    happenings: Sequence[Happening]
    lines: Sequence[OrderLine]
    emitted: ShipmentEmissions | None
    price: DoorPrice | None
    parts: PriceParts | None  # of the maker's own price today

    @property
    def emitted_g(self) -> int | None:
        """Grams of CO2e of the whole lot."""
        return self.emitted.of(self.lines) if self.emitted else None

    @property
    def units(self) -> int:
        """Of the lot, by weight or measure."""
        return sum(emissions.units_of(line) for line in self.lines)

    @property
    def delivered_on(self) -> date | None:
        ends = [each.at.date() for each in self.happenings if each.kind == MilestoneKind.HANDED_OVER]
        return ends[-1] if ends else None


def link_of(settings: Settings, lot: Lot, item: TradeItem | None) -> str:
    """What the lot's code says: a GS1 Digital Link where the maker has a GTIN, else our own address."""
    return settings.address + (lot_path(item.gtin, lot.number) if item else f"/lots/{lot.code}")


def by_code(session: Session, code: str) -> Lot:
    """Missing: there is no such lot."""
    lot = session.scalars(select(Lot).filter_by(code=code.replace("\x00", ""))).one_or_none()
    if lot is None:
        raise Missing
    return lot


def by_digital_link(session: Session, typed: str, number: str) -> Lot:
    """Refusal 400: it is no GTIN. Missing: no goods here have it, or no lot this number."""
    item = item_of(session, typed)
    lot = session.scalars(
        select(Lot).filter_by(offer_id=item.offer_id, number=number.replace("\x00", ""))
    ).one_or_none()
    if lot is None:
        raise Missing
    return lot


def item_of(session: Session, typed: str) -> TradeItem:
    """The goods of a GTIN in a path. Refusal 400: it is none, so its code was misread. Missing: not ours."""
    found, reason = None, ""
    for demonstration in (False, True):
        try:
            found = gtin(typed, demonstration=demonstration)
        except InvalidInput as fault:
            reason = fault.reason
        else:
            break
    if found is None:
        raise Refusal(reason, code="not-a-gtin", title="This is not the number of goods", status=400)
    item = session.scalars(select(TradeItem).filter_by(gtin=found)).one_or_none()
    if item is None:
        raise Missing
    return item


def story(session: Session, settings: Settings, lot: Lot, *, now: datetime) -> Story:
    """Everything that is public of a lot, as it stands now."""
    offer = session.get_one(Offer, lot.offer_id)
    item = session.get(TradeItem, lot.offer_id)
    found = journey(session, lot.shipment_id) if lot.shipment_id else None
    events = _events(session, found.shipment.id) if found else []
    lines = _lines(session, lot)
    return Story(
        lot=lot,
        offer=offer,
        maker=session.get_one(Organisation, lot.organisation_id),
        gtin=item.gtin if item else None,
        address=link_of(settings, lot, item),
        proof=_proof(session, lot, now=now),
        photo=photos.first_of(session, [offer.id]).get(offer.id),
        journey=found,
        events=events,
        happenings=_happenings(found, events) if found else [],
        lines=lines,
        emitted=emissions.of_shipment(session, found) if found and lines else None,
        price=door_price(session, lines),
        parts=price_parts(session, offer),
    )


def _lines(session: Session, lot: Lot) -> list[OrderLine]:
    if lot.shipment_id is None:
        return []
    return list(
        session.scalars(
            select(OrderLine)
            .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
            .where(ShipmentLine.shipment_id == lot.shipment_id, OrderLine.offer_id == lot.offer_id)
            .order_by(OrderLine.id)
        )
    )


def _events(session: Session, shipment_id: UUID) -> list[Event]:
    """Those that nobody declared to be wrong, in the order in which it happened."""
    declared = select(Event.uri).where(Event.shipment_id == shipment_id, Event.declares_error)
    return list(
        session.scalars(
            select(Event)
            .where(
                Event.shipment_id == shipment_id,
                Event.declares_error.is_(False),
                Event.uri.not_in(declared),
            )
            .order_by(Event.event_time, Event.id)
        )
    )


def _happenings(found: Journey, events: Sequence[Event]) -> list[Happening]:
    happenings: list[Happening] = []
    left = False
    for event in events:
        kind = SEEN_AS.get(event.biz_step or "")
        if event.biz_step == "inspecting":
            kind = MilestoneKind.IMPORT_CLEARED if left else MilestoneKind.EXPORT_CLEARED
        if kind is None:
            continue
        left = left or kind == MilestoneKind.DEPARTED
        hub = found.destination if kind in AT_THE_END else found.origin
        happenings.append(Happening(kind, event.event_time, hub, event.hash))
    return happenings


def _proof(session: Session, lot: Lot, *, now: datetime) -> Proof | None:
    """The certificate that was valid when the lot was made, else the newest; None: there never was one."""
    rows = session.scalars(
        select(Certificate)
        .filter_by(organisation_id=lot.organisation_id)
        .order_by(Certificate.valid_from.desc(), Certificate.id.desc())
    ).all()
    if not rows:
        return None
    day = lot.made_at.date()
    certificate = next((row for row in rows if row.valid_from <= day <= row.valid_until), rows[0])
    changes = session.scalars(
        select(CertificateStatusChange)
        .filter_by(certificate_id=certificate.id)
        .order_by(CertificateStatusChange.at, CertificateStatusChange.id)
    ).all()
    before = [each for each in changes if each.at <= lot.made_at]
    status = before[-1].status if before else CertificateStatus.ACTIVE
    return Proof(
        certificate=certificate,
        holds=certificate.value.holds(now.date()),
        held_then=certificate.valid_from <= day <= certificate.valid_until
        and certificate.issued_at <= lot.made_at
        and status == CertificateStatus.ACTIVE,
        last=changes[-1] if changes else None,
        entries=entries_about(session, certificate),
    )
