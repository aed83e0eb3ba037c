"""Names of parcels: an SSCC where the shipment's first hub has a GS1 prefix, else a name of our own."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.epcis.models import Gs1Identity, Unit
from app.errors import Missing
from app.parcels.measured import Measured, parcels_of
from app.parcels.models import ParcelRow, ParcelScan
from app.permissions import Actor
from app.shipping import listing, packing
from app.shipping.journeys import Journey
from app.shipping.models import Shipment
from logistics.epcis import gs1
from logistics.epcis.elements import Unreadable, read

SSCC: Final = f"{gs1.DOMAIN}/00/"
OURS: Final = re.compile(r"(S-[0-9-]{4,40})-P([0-9]{1,5})")
"""A parcel's name where there is no SSCC: its shipment, and its number in it."""
ABOVE_ALL: Final = 1_000_000
"""Parcels are numbered from here on while their numbers change."""


def own_parcels(session: Session, actor: Actor, shipment_id: UUID) -> tuple[Journey, list[Measured]]:
    """The parcels whose labels somebody prints: a hub all, a maker those of its goods.

    Missing: there is no such shipment, or nothing of it is theirs to pack.
    """
    found = listing.own_journey(session, actor, shipment_id)
    lines = {line.id for line in packing.packable(session, actor, shipment_id)}
    return found, [each for each in parcels_of(session, shipment_id) if each.line_id in lines]


def names_of(session: Session, shipment_id: UUID) -> dict[tuple[UUID, int], ParcelRow]:
    """(order line, position in it) -> the parcel's row, where it was named."""
    rows = session.scalars(select(ParcelRow).filter_by(shipment_id=shipment_id))
    return {(row.order_line_id, row.position): row for row in rows}


def name_parcels(session: Session, actor: Actor, shipment_id: UUID, *, now: datetime) -> int:
    """Name all parcels of a shipment that have no name yet; gives how many are new.

    Names stay with their order line: one whose packages became fewer loses the last ones.
    """
    found, _theirs = own_parcels(session, actor, shipment_id)
    session.scalars(select(Shipment.id).where(Shipment.id == shipment_id).with_for_update()).one()
    wanted = parcels_of(session, shipment_id)
    there = names_of(session, shipment_id)
    gone = set(there) - {(each.line_id, each.position) for each in wanted}
    ids = [there[key].id for key in gone]
    session.execute(delete(ParcelScan).where(ParcelScan.parcel_id.in_(ids)))
    session.execute(delete(ParcelRow).where(ParcelRow.id.in_(ids)))
    for row in there.values():
        if row.id not in ids:
            row.number += ABOVE_ALL
    session.flush()
    identity = session.get(Gs1Identity, found.origin.organisation_id, with_for_update=True)
    fresh = 0
    for each in wanted:
        kept = there.get((each.line_id, each.position))
        if kept is None:
            fresh += 1
            made = uuid7(now)
            kept = ParcelRow(
                id=made,
                shipment_id=shipment_id,
                order_line_id=each.line_id,
                position=each.position,
                epc=_new_name(identity, made),
                made_at=now,
            )
            session.add(kept)
        kept.number = each.number
    session.flush()
    if fresh or gone:
        history.record(
            session, found.shipment, "parcels named", now=now, **actor.who, new=fresh, gone=len(gone)
        )
    return fresh


def sscc_of(row: ParcelRow) -> str | None:
    """The 18 digits, where it has them."""
    return row.epc.removeprefix(SSCC) if row.epc.startswith(SSCC) else None


def code_of(row: ParcelRow, shipment: Shipment) -> str:
    """What is printed, and may be typed, where there is no SSCC."""
    return f"{shipment.number}-P{row.number:03d}"


def link_of(row: ParcelRow, shipment: Shipment, address: str) -> str:
    """What the QR code holds: a GS1 Digital Link at our address, or the page that scans it."""
    digits = sscc_of(row)
    return f"{address}/00/{digits}" if digits else f"{address}/scan?code={code_of(row, shipment)}"


def find(session: Session, scanned: str) -> ParcelRow | UUID:
    """The parcel of a label, or the id of the shipment whose label as a whole it is.

    Unreadable, in words for who scans: it is no label of a parcel. Missing: nothing here has this name.
    """
    text = _told(scanned)
    if named := OURS.fullmatch(text.upper()):
        row = session.scalars(
            select(ParcelRow)
            .join(Shipment, Shipment.id == ParcelRow.shipment_id)
            .where(Shipment.number == named[1], ParcelRow.number == int(named[2]))
        ).one_or_none()
        if row is None:
            raise Missing
        return row
    values: Mapping[str, str] = {each.ai: each.value for each in read(text)}
    if "00" not in values:
        ai, value = next(iter(values.items()))
        raise Unreadable(f"({ai}) {value} is no parcel. Scan the code with (00) before its number.")
    epc = f"{SSCC}{values['00']}"
    row = session.scalars(select(ParcelRow).filter_by(epc=epc)).one_or_none()
    if row is not None:
        return row
    whole = session.scalars(select(Unit.shipment_id).filter_by(epc=epc)).one_or_none()
    if whole is None:
        raise Missing
    return whole


def seen_at(session: Session, parcels: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Parcel -> the steps of the road at which it was seen."""
    found: dict[UUID, set[str]] = {each: set() for each in parcels}
    for row in session.scalars(select(ParcelScan).where(ParcelScan.parcel_id.in_(parcels))):
        found[row.parcel_id].add(row.kind)
    return found


def _told(scanned: str) -> str:
    """The code within the link of a label of ours; anything else as it is."""
    text = scanned.strip()
    if text.lower().startswith(("http://", "https://")):
        try:
            parts = urlsplit(text)
        except ValueError:
            return text
        if parts.path == "/scan":
            return (parse_qs(parts.query).get("code") or [""])[0]
    return text


def _new_name(identity: Gs1Identity | None, parcel_id: UUID) -> str:
    if identity is None:
        return f"urn:uuid:{parcel_id}"
    identity.next_serial += 1
    return gs1.sscc(identity.company_prefix, identity.next_serial - 1)
