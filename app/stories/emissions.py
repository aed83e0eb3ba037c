"""What a shipment emits, and whose it is: by order and by lot, with the distances by which it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from shapely import LineString
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.shipping import distances
from app.shipping.journeys import Journey
from app.shipping.models import Hub, ShipmentLine
from app.trade.models import Order, OrderLine
from logistics import emissions as engine
from logistics.emissions import Consignment, Emissions, Leg, Position, great_circle

COARSE_DEGREES = 0.4
"""How far a drawn route may lie off the way that was measured."""


@dataclass(frozen=True, slots=True)
class ShipmentEmissions:
    """All goods of a shipment on its leg between the hubs. `great_circle_m`: the shortest way, to compare."""

    made: Emissions
    great_circle_m: int
    lines: Sequence[tuple[OrderLine, Order]]

    def of(self, lines: Sequence[OrderLine]) -> int:
        """Grams of CO2e of some lines."""
        shares = self.made.shares
        return sum(shares[str(line.id)] for line in lines)

    @property
    def units(self) -> int:
        """All goods, by weight or measure: what the shares are cut by."""
        return sum(units_of(line) for line, _order in self.lines)

    @property
    def by_order(self) -> dict[UUID, int]:
        """Order -> grams of CO2e."""
        shares, found = self.made.shares, dict[UUID, int]()
        for line, order in self.lines:
            found[order.id] = found.get(order.id, 0) + shares[str(line.id)]
        return found


def units_of(line: OrderLine) -> int:
    """Weight or measure, the larger (1 g = 1 cm3)."""
    return Consignment(str(line.id), line.weight_g, line.volume_cm3).freight_units


def of_shipment(session: Session, found: Journey) -> ShipmentEmissions | None:
    """None: nothing is entered as travelling in it."""
    lines = [
        (line, order)
        for line, order in session.execute(
            select(OrderLine, Order)
            .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(ShipmentLine.shipment_id == found.shipment.id)
            .order_by(OrderLine.id)
        )
    ]
    if not lines:
        return None
    origin, destination = position(found.origin), position(found.destination)
    made = engine.emissions(
        [_leg(found.service.mode, origin, destination)],
        [Consignment(str(line.id), line.weight_g, line.volume_cm3) for line, _order in lines],
    )
    return ShipmentEmissions(made, round(great_circle(origin, destination)), lines)


def position(hub: Hub) -> Position:
    return float(hub.longitude), float(hub.latitude)


def route(found: Journey) -> tuple[tuple[Position, ...], ...]:
    """The way between the hubs to be drawn: one line, or two where it crosses the 180th meridian."""
    return _route(found.service.mode, position(found.origin), position(found.destination))


@lru_cache(maxsize=512)
def _leg(mode: str, origin: Position, destination: Position) -> Leg:
    return distances.leg(mode, origin, destination)


@lru_cache(maxsize=512)
def _route(mode: str, origin: Position, destination: Position) -> tuple[tuple[Position, ...], ...]:
    points = distances.sea_route(origin, destination) if mode == "sea" else (origin, destination)
    pieces: list[list[Position]] = [[points[0]]]
    for before, after in pairwise(points):
        if abs(after[0] - before[0]) > 180:
            pieces.append([])
        pieces[-1].append(after)
    return tuple(
        tuple((x, y) for x, y in LineString(piece).simplify(COARSE_DEGREES).coords)
        for piece in pieces
        if len(piece) > 1
    )
