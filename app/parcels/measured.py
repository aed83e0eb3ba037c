"""How large each parcel of a shipment is: as its packer stated, else estimated from the goods."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from app.organisations.models import Organisation
from app.shipping.models import ShipmentLine
from app.shipping.models_customs import Packing
from app.trade.models import Order, OrderLine
from logistics.loading import Parcel

CARTON_G: Final = 20_000
CARTON_CM3: Final = 60_000
"""A carton that one person lifts; goods whose packing nobody stated are taken to come in such."""
LIES_ON: Final = ("height",)
ANY_SIDE: Final = ("length", "width", "height")


@dataclass(frozen=True, slots=True)
class Measured:
    """One parcel. `number` counts within the shipment, `position` within its order line."""

    number: int
    position: int
    line_id: UUID
    order: str
    consignee: str
    title: str
    sides: tuple[int, int, int]
    weight_g: int
    turnable: bool
    stackable: bool
    estimated: bool

    @property
    def name(self) -> str:
        """As labels and loading lists call it."""
        return f"P{self.number:03d}"

    def as_parcel(self) -> Parcel:
        length, width, height = self.sides
        return Parcel(
            self.name,
            length,
            width,
            height,
            self.weight_g,
            consignee=self.consignee,
            upright=ANY_SIDE if self.turnable else LIES_ON,
            bears_g=None if self.stackable else 0,
        )


def parcels_of(session: Session, shipment_id: UUID) -> list[Measured]:
    """All parcels of a shipment, in the order of their numbers: by consignee, order and goods."""
    rows = session.execute(
        select(OrderLine, Order.number, Organisation.name, Offer.case_size, Packing)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Organisation, Organisation.id == Order.organisation_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .outerjoin(Packing, Packing.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == shipment_id)
        .order_by(Organisation.name, Order.number, OrderLine.title, OrderLine.id)
    ).all()
    found: list[Measured] = []
    for line, order, consignee, case_size, stated in rows:
        packing: Packing | None = stated
        count = _cartons(line, case_size) if packing is None else packing.packages
        sides = _sides(packing)
        weights = even(line.weight_g if packing is None else packing.gross_g, count)
        for position, weight in enumerate(weights, 1):
            found.append(
                Measured(
                    number=len(found) + 1,
                    position=position,
                    line_id=line.id,
                    order=order,
                    consignee=consignee,
                    title=line.title,
                    sides=sides or box_of(max(line.volume_cm3 * 1000 // count, 1)),
                    weight_g=max(weight, 1),
                    turnable=packing is not None and packing.turnable,
                    stackable=packing is None or packing.stackable,
                    estimated=sides is None,
                )
            )
    return found


def even(whole: int, count: int) -> list[int]:
    """`whole` in `count` parts that differ by 1 at most and sum to it."""
    return [whole // count + (place < whole % count) for place in range(count)]


def box_of(volume_mm3: int) -> tuple[int, int, int]:
    """A box of at most this volume with sides like those of a carton, 6 to 5 to 4; at least 1 mm each."""
    unit = round((volume_mm3 / 120) ** (1 / 3), 6)
    length, width = max(int(6 * unit), 1), max(int(5 * unit), 1)
    return length, width, max(volume_mm3 // (length * width), 1)


def told(parcels: Iterable[Parcel]) -> list[dict[str, Any]]:
    """As JSON, for a plan that is kept."""
    return [
        {
            "id": each.id,
            "sides": [each.length, each.width, each.height],
            "weight_g": each.weight_g,
            "consignee": each.consignee,
            "upright": list(each.upright),
            "bears_g": each.bears_g,
        }
        for each in parcels
    ]


def read(kept: Iterable[dict[str, Any]]) -> list[Parcel]:
    """What `told` gave."""
    return [
        Parcel(
            each["id"],
            each["sides"][0],
            each["sides"][1],
            each["sides"][2],
            each["weight_g"],
            consignee=each["consignee"],
            upright=tuple(each["upright"]),
            bears_g=each["bears_g"],
        )
        for each in kept
    ]


def _sides(packing: Packing | None) -> tuple[int, int, int] | None:
    if packing is None or not (packing.length_mm and packing.width_mm and packing.height_mm):
        return None
    return packing.length_mm, packing.width_mm, packing.height_mm


def _cartons(line: OrderLine, case_size: int) -> int:
    """A case each where the maker packs cases; else as few cartons as one person lifts."""
    if case_size > 1:
        return ceil(line.quantity / case_size)
    return max(ceil(line.weight_g / CARTON_G), ceil(line.volume_cm3 / CARTON_CM3), 1)
