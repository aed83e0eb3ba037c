"""A plan as it is printed and read: `contracts/pooling-plan.schema.json`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

from logistics.form import (
    InvalidInput,
    as_list,
    as_object,
    parse,
    require_integer,
    require_text,
    shown,
    whole,
)
from logistics.pricing import Assignment, Collection, Shipment

FORMAT = "fairhaul-plan/1"
_REQUIRED = frozenset(
    {
        "format",
        "currency",
        "total",
        "lower_bound",
        "gap",
        "stand_alone_total",
        "assignments",
        "seconds",
        "seed",
    }
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each line goes and what that costs, with a proven lower bound of the least possible total.

    `stand_alone_total` is the sum over buyers of the least total of their lines planned with nobody
    else's; the best found, not proven least, where `stand_alone_exact` is false.
    """

    currency: str
    total: int
    lower_bound: int
    stand_alone_total: int
    stand_alone_exact: bool
    assignments: tuple[Assignment, ...]
    shipments: tuple[Shipment, ...] = ()
    collections: tuple[Collection, ...] = ()
    alone: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    seed: int = 1

    @property
    def gap(self) -> float:
        """The ratio total / lower_bound - 1; relative to one minor unit where the bound is 0."""
        return (self.total - self.lower_bound) / max(self.lower_bound, 1)

    @property
    def proven(self) -> bool:
        """Whether nothing cheaper exists."""
        return self.total == self.lower_bound

    def to_dict(self) -> dict[str, object]:
        """The form `fairhaul-plan/1`."""
        return {
            "format": FORMAT,
            "currency": self.currency,
            "total": self.total,
            "lower_bound": self.lower_bound,
            "gap": self.gap,
            "stand_alone_total": self.stand_alone_total,
            "stand_alone_exact": self.stand_alone_exact,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "assignments": [assignment.to_dict() for assignment in self.assignments],
            "shipments": [shipment.to_dict() for shipment in self.shipments],
            "collections": [collection.to_dict() for collection in self.collections],
        }

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Reads `fairhaul-plan/1`; shipments and collections are recomputed by whoever needs them.

        Raises `InvalidInput` with the pointer of the first fault.
        """
        form = parse(document)
        if isinstance(form, dict) and form.get("format", FORMAT) != FORMAT:
            raise InvalidInput("/format", f'must be "{FORMAT}", not {shown(form["format"])}')
        known = as_object(form, "", _REQUIRED, frozenset(form) if isinstance(form, dict) else frozenset())
        numbers: dict[str, int] = {}
        for name in ("total", "lower_bound", "stand_alone_total", "seed"):
            number = whole(known[name], f"/{name}")
            require_integer(number, f"/{name}", 0 if name != "seed" else -(2**53))
            assert isinstance(number, int)
            numbers[name] = number
        for name in ("gap", "seconds"):
            number = known[name]
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise InvalidInput(f"/{name}", f"must be a number, not {shown(number)}")
            if name == "gap" and number < 0:
                raise InvalidInput("/gap", f"must be at least 0, not {shown(number)}")
        require_text(known["currency"], "/currency")
        seconds = known["seconds"]
        assert isinstance(seconds, int | float)
        return cls(
            currency=str(known["currency"]),
            assignments=tuple(
                _assignment(member, f"/assignments/{i}")
                for i, member in enumerate(as_list(known["assignments"], "/assignments"))
            ),
            stand_alone_exact=known.get("stand_alone_exact") is True,
            seconds=float(seconds),
            total=numbers["total"],
            lower_bound=numbers["lower_bound"],
            stand_alone_total=numbers["stand_alone_total"],
            seed=numbers["seed"],
        )


def _assignment(value: object, pointer: str) -> Assignment:
    if isinstance(value, dict) and "direct" in value:
        form = as_object(value, pointer, frozenset({"line", "direct"}))
        if form["direct"] is not True:
            raise InvalidInput(f"{pointer}/direct", "must be true")
        require_text(form["line"], f"{pointer}/line")
        return Assignment(str(form["line"]))
    form = as_object(value, pointer, frozenset({"line", "service", "departure"}))
    require_text(form["line"], f"{pointer}/line")
    require_text(form["service"], f"{pointer}/service")
    departure = whole(form["departure"], f"{pointer}/departure")
    require_integer(departure, f"{pointer}/departure")
    assert isinstance(departure, int)
    return Assignment(str(form["line"]), str(form["service"]), departure)
