"""How far a shipment travels: by the sea lanes, by the great circle, and what is said of it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import searoute

from logistics.emissions import Leg, Position, great_circle, route_length
from logistics.form import InvalidInput


def sea_route(origin: Position, destination: Position) -> tuple[Position, ...]:
    """The way by the sea lanes, ends included: longitudes and latitudes in degrees.

    From the shortest path in the network of searoute (Eurostat's sea lanes). Longitudes are turned back into
    -180 to 180 where a route crosses the Pacific.
    """
    found: Any = searoute.searoute(list(origin), list(destination))
    between = [((x + 180) % 360 - 180, y) for x, y in found["geometry"]["coordinates"]]
    return (origin, *between, destination)


def leg(mode: str, origin: Position, destination: Position) -> Leg:
    """The leg of a service between two hubs, with the method that its distance was found by.

    Raises `InvalidInput` for a mode that has no emission factor.
    """
    if mode == "sea":
        metres = route_length(sea_route(origin, destination))
        return Leg(mode, round(metres), f"sea route, searoute {version('searoute')}")
    if mode not in ("air", "road", "rail"):
        raise InvalidInput("/mode", f"{mode!r} is no mode of transport")
    return Leg(mode, round(great_circle(origin, destination)), "great circle")
