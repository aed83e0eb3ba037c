"""The pooling problem as values. Constructors refuse nonsense, so nothing behind them checks again."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Literal, Self

from logistics.form import LARGEST, InvalidInput, require_integer, require_text, shown

Mode = Literal["sea", "air", "road", "rail"]
MODES: tuple[Mode, ...] = ("sea", "air", "road", "rail")
EXACT = 2**62
"""Products of a rate and a quantity stay below this, so that 64-bit integers hold every sum."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Where goods are consolidated or split; `unlocode` after UN/LOCODE."""

    id: str
    name: str | None = None
    unlocode: str | None = None

    def __post_init__(self) -> None:
        require_text(self.id, "/id")
        if self.name is not None:
            require_text(self.name, "/name")
        if self.unlocode is not None:
            require_text(self.unlocode, "/unlocode")
            if not re.fullmatch("[A-Z]{2}[A-Z2-9]{3}", self.unlocode):
                raise InvalidInput("/unlocode", f"must be like VNSGN, not {shown(self.unlocode)}")


@dataclass(frozen=True, slots=True)
class Producer:
    """A maker at a hub. Collections below `minimum_order` (minor units) cost `small_order_fee`, once each."""

    id: str
    hub: str
    minimum_order: int
    small_order_fee: int
    name: str | None = None

    def __post_init__(self) -> None:
        require_text(self.id, "/id")
        require_text(self.hub, "/hub")
        require_integer(self.minimum_order, "/minimum_order")
        require_integer(self.small_order_fee, "/small_order_fee")
        if self.name is not None:
            require_text(self.name, "/name")


@dataclass(frozen=True, slots=True)
class Container:
    """A full container: its cost in minor units and what it holds."""

    type: str
    cost: int
    weight_g: int
    volume_cm3: int

    def __post_init__(self) -> None:
        require_text(self.type, "/type")
        require_integer(self.cost, "/cost")
        require_integer(self.weight_g, "/weight_g", 1)
        require_integer(self.volume_cm3, "/volume_cm3", 1)


@dataclass(frozen=True, slots=True)
class LessThanContainer:
    """Rate per W/M (tonne or cubic metre, the greater) and the least W/M charged, in millionths of one."""

    per_wm: int
    minimum: int

    def __post_init__(self) -> None:
        require_integer(self.per_wm, "/per_wm")
        require_integer(self.minimum, "/minimum")


@dataclass(frozen=True, slots=True)
class Break:
    """Air freight: `per_kg` minor units a kilogram from `from_g` chargeable grams on."""

    from_g: int
    per_kg: int

    def __post_init__(self) -> None:
        require_integer(self.from_g, "/from_g")
        require_integer(self.per_kg, "/per_kg")


@dataclass(frozen=True, slots=True)
class ContainerTariff:
    """Freight by full containers, less-than-container, or whichever mix is cheapest."""

    per_shipment: int
    per_consignee: int
    less_than_container: LessThanContainer | None = None
    containers: tuple[Container, ...] = ()

    def __post_init__(self) -> None:
        require_integer(self.per_shipment, "/per_shipment")
        require_integer(self.per_consignee, "/per_consignee")
        if self.less_than_container is None and not self.containers:
            raise InvalidInput("", "must have less_than_container, containers or breaks")


@dataclass(frozen=True, slots=True)
class BreakTariff:
    """Freight by chargeable weight with breaks: a lighter load may pay the next break's weight."""

    per_shipment: int
    per_consignee: int
    volumetric_divisor: int
    minimum_charge: int
    breaks: tuple[Break, ...]

    def __post_init__(self) -> None:
        require_integer(self.per_shipment, "/per_shipment")
        require_integer(self.per_consignee, "/per_consignee")
        require_integer(self.volumetric_divisor, "/volumetric_divisor", 1)
        require_integer(self.minimum_charge, "/minimum_charge")
        if not self.breaks:
            raise InvalidInput("/breaks", "must have at least 1 member")


Tariff = ContainerTariff | BreakTariff


@dataclass(frozen=True, slots=True)
class Departure:
    """A sailing or flight: days from the problem's start, and what it can take at most."""

    day: int
    arrives: int
    capacity_g: int | None = None
    capacity_cm3: int | None = None

    def __post_init__(self) -> None:
        require_integer(self.day, "/day")
        require_integer(self.arrives, "/arrives")
        if self.capacity_g is not None:
            require_integer(self.capacity_g, "/capacity_g")
        if self.capacity_cm3 is not None:
            require_integer(self.capacity_cm3, "/capacity_cm3")
        if self.arrives < self.day:
            raise InvalidInput("/arrives", f"day {self.arrives} is before the departure on day {self.day}")


@dataclass(frozen=True, slots=True)
class Service:
    """A carrier's lane: the cargo classes that may travel together on it, departures and tariff."""

    id: str
    mode: Mode
    origin: str
    destination: str
    classes: tuple[str, ...]
    departures: tuple[Departure, ...]
    tariff: Tariff

    def __post_init__(self) -> None:
        require_text(self.id, "/id")
        if self.mode not in MODES:
            raise InvalidInput("/mode", f"must be one of {', '.join(MODES)}, not {shown(self.mode)}")
        require_text(self.origin, "/origin")
        require_text(self.destination, "/destination")
        if not self.classes:
            raise InvalidInput("/classes", "must have at least 1 member")
        for i, name in enumerate(self.classes):
            require_text(name, f"/classes/{i}")
        if not self.departures:
            raise InvalidInput("/departures", "must have at least 1 member")


@dataclass(frozen=True, slots=True)
class Line:
    """What one buyer wants of one producer. Value in minor units ex works; `direct_cost`: served alone."""

    id: str
    buyer: str
    producer: str
    destination: str
    cargo_class: str = field(metadata={"json": "class"})
    value: int
    weight_g: int
    volume_cm3: int
    ready: int
    due: int
    direct_cost: int | None = None

    def __post_init__(self) -> None:
        require_text(self.id, "/id")
        require_text(self.buyer, "/buyer")
        require_text(self.producer, "/producer")
        require_text(self.destination, "/destination")
        require_text(self.cargo_class, "/class")
        require_integer(self.value, "/value")
        require_integer(self.weight_g, "/weight_g", 1)
        require_integer(self.volume_cm3, "/volume_cm3", 1)
        require_integer(self.ready, "/ready")
        require_integer(self.due, "/due")
        if self.direct_cost is not None:
            require_integer(self.direct_cost, "/direct_cost")
        if self.due < self.ready:
            raise InvalidInput("/due", f"day {self.due} is before ready, day {self.ready}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Order lines to be put on departures at the least total (`contracts/pooling-problem.md`).

    Raises `InvalidInput` with the JSON pointer of the first fault: unknown or repeated ids, and amounts
    too large to be added exactly.
    """

    currency: str
    start: date
    wait_cost_ppm_per_day: int
    hubs: tuple[Hub, ...]
    producers: tuple[Producer, ...]
    services: tuple[Service, ...]
    lines: tuple[Line, ...]
    name: str | None = None

    def __post_init__(self) -> None:
        require_text(self.currency, "/currency")
        if not re.fullmatch("[A-Z]{3}", self.currency):
            raise InvalidInput("/currency", f"must be three capital letters, not {shown(self.currency)}")
        require_integer(self.wait_cost_ppm_per_day, "/wait_cost_ppm_per_day")
        if self.name is not None:
            require_text(self.name, "/name")
        if not self.lines:
            raise InvalidInput("/lines", "must have at least 1 member")
        self._check_ids()
        self._check_sizes()

    def _check_ids(self) -> None:
        hubs = _unique("/hubs", self.hubs)
        producers = _unique("/producers", self.producers)
        for i, producer in enumerate(self.producers):
            if producer.hub not in hubs:
                raise InvalidInput(f"/producers/{i}/hub", f"{shown(producer.hub)} is not the id of a hub")
        _unique("/services", self.services)
        for i, service in enumerate(self.services):
            for end in ("origin", "destination"):
                if getattr(service, end) not in hubs:
                    raise InvalidInput(
                        f"/services/{i}/{end}", f"{shown(getattr(service, end))} is not the id of a hub"
                    )
        _unique("/lines", self.lines)
        for i, line in enumerate(self.lines):
            if line.producer not in producers:
                raise InvalidInput(
                    f"/lines/{i}/producer", f"{shown(line.producer)} is not the id of a producer"
                )
            if line.destination not in hubs:
                raise InvalidInput(
                    f"/lines/{i}/destination", f"{shown(line.destination)} is not the id of a hub"
                )

    def _check_sizes(self) -> None:
        sums = {}
        for name in ("weight_g", "volume_cm3", "value", "direct_cost"):
            amounts = [getattr(line, name) or 0 for line in self.lines]
            sums[name] = sum(amounts)
            if sums[name] > LARGEST:
                largest = amounts.index(max(amounts))
                raise InvalidInput(f"/lines/{largest}/{name}", f"the lines' sum must be at most {LARGEST}")
        last = max((d.day for service in self.services for d in service.departures), default=0)
        most = max(line.value for line in self.lines) * self.wait_cost_ppm_per_day * last
        if most >= EXACT or sums["value"] * self.wait_cost_ppm_per_day * last // 1_000_000 > LARGEST:
            raise InvalidInput("/wait_cost_ppm_per_day", "waiting would cost more than can be added exactly")
        for i, service in enumerate(self.services):
            fault = _oversized(service.tariff, sums["weight_g"], sums["volume_cm3"], len(self.lines))
            if fault:
                raise InvalidInput(
                    f"/services/{i}/tariff{fault}", "would cost more than can be added exactly"
                )
        fees = sum(producer.small_order_fee for producer in self.producers)
        if fees * len(self.lines) >= EXACT:
            dearest = max(range(len(self.producers)), key=lambda i: self.producers[i].small_order_fee)
            raise InvalidInput(
                f"/producers/{dearest}/small_order_fee", "would cost more than can be added exactly"
            )

    def only(self, buyers: Collection[str]) -> Self:
        """The same problem with the lines of these buyers alone."""
        return replace(self, lines=tuple(line for line in self.lines if line.buyer in buyers))

    def buyers(self) -> tuple[str, ...]:
        """Every buyer once, in the order of their names."""
        return tuple(sorted({line.buyer for line in self.lines}))

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Reads `fairhaul-pooling/1`. Raises `InvalidInput` with the pointer of the first fault."""
        from logistics.form import parse

        return cls.from_dict(parse(document))

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Reads the decoded form. Raises `InvalidInput` with the pointer of the first fault."""
        from logistics.problem_form import read

        return cls(**read(value))

    def to_dict(self) -> dict[str, Any]:
        """The form `fairhaul-pooling/1`; reading it gives an equal problem."""
        members: dict[str, Any] = plain(self)
        return {"format": "fairhaul-pooling/1"} | members


def plain(value: Any) -> Any:
    """A value object as JSON members; what is not given (None) or empty is left out."""
    if isinstance(value, tuple):
        return [plain(member) for member in value]
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        members = ((f.metadata.get("json", f.name), getattr(value, f.name)) for f in fields(value))
        empty = (None, ()) if isinstance(value, ContainerTariff) else (None,)
        return {name: plain(member) for name, member in members if member not in empty}
    return value


def _unique(pointer: str, members: Sequence[Hub | Producer | Service | Line]) -> set[str]:
    seen: set[str] = set()
    for i, member in enumerate(members):
        if member.id in seen:
            raise InvalidInput(f"{pointer}/{i}/id", f"{shown(member.id)} is used twice")
        seen.add(member.id)
    return seen


def _oversized(tariff: Tariff, weight: int, volume: int, lines: int) -> str | None:
    if tariff.per_shipment * lines >= EXACT:
        return "/per_shipment"
    if tariff.per_consignee * lines >= EXACT:
        return "/per_consignee"
    if isinstance(tariff, BreakTariff):
        if tariff.minimum_charge * lines >= EXACT:
            return "/minimum_charge"
        chargeable = max(weight, 1000 * volume // tariff.volumetric_divisor + 1)
        for i, step in enumerate(tariff.breaks):
            if 1000 * volume >= EXACT or step.per_kg * max(chargeable, step.from_g) >= EXACT:
                return f"/breaks/{i}/per_kg"
        return None
    loose = tariff.less_than_container
    if loose and loose.per_wm * max(weight, volume, loose.minimum) >= EXACT:
        return "/less_than_container/per_wm"
    for i, box in enumerate(tariff.containers):
        if box.cost * (max(weight // box.weight_g, volume // box.volume_cm3) + 1) >= EXACT:
            return f"/containers/{i}/cost"
    return None
