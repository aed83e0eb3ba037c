"""Prices a set of assignments, item by item (`contracts/pooling-problem.md`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from logistics.form import InvalidInput, shown
from logistics.problem import Line, Problem, Service
from logistics.tariffs import TariffItem, freight

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a line goes: a service and the index of one of its departures, or neither: served directly."""

    line: str
    service: str | None = None
    departure: int | None = None

    @property
    def direct(self) -> bool:
        """Whether the line is served alone, at its `direct_cost`."""
        return self.service is None

    def to_dict(self) -> dict[str, object]:
        """As a member of a plan's `assignments`."""
        if self.service is None:
            return {"line": self.line, "direct": True}
        return {"line": self.line, "service": self.service, "departure": self.departure}


@dataclass(frozen=True, slots=True)
class Shipment:
    """All lines on one departure of a service, and the tariff items they cost; `departure` is its index."""

    service: str
    departure: int
    day: int
    arrives: int
    lines: tuple[str, ...]
    buyers: tuple[str, ...]
    weight_g: int
    volume_cm3: int
    items: tuple[TariffItem, ...]

    @property
    def cost(self) -> int:
        """The sum of the items: freight, shipment sum, consignee sums."""
        return sum(item.amount for item in self.items)

    def to_dict(self) -> dict[str, object]:
        """As a member of a plan's `shipments`."""
        return {
            "service": self.service,
            "departure": self.departure,
            "day": self.day,
            "arrives": self.arrives,
            "lines": list(self.lines),
            "buyers": list(self.buyers),
            "weight_g": self.weight_g,
            "volume_cm3": self.volume_cm3,
            "cost": self.cost,
            "items": [item.to_dict() for item in self.items],
        }


@dataclass(frozen=True, slots=True)
class Collection:
    """All lines of one producer that leave on one day; `fee` is due when `value` is below the minimum."""

    producer: str
    day: int
    value: int
    minimum_order: int
    fee: int
    lines: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """As a member of a plan's `collections`; `departure` is the day on which the goods leave."""
        return {
            "producer": self.producer,
            "departure": self.day,
            "value": self.value,
            "minimum_order": self.minimum_order,
            "fee": self.fee,
            "lines": list(self.lines),
        }


@dataclass(frozen=True, slots=True)
class Price:
    """What assignments cost: `waiting` and `direct` by line (only lines that have such a cost are in
    them).
    """

    shipments: tuple[Shipment, ...]
    collections: tuple[Collection, ...]
    waiting: dict[str, int]
    direct: dict[str, int]

    @property
    def total(self) -> int:
        """Shipments + collections + waiting + direct costs."""
        return (
            sum(shipment.cost for shipment in self.shipments)
            + sum(collection.fee for collection in self.collections)
            + sum(self.waiting.values())
            + sum(self.direct.values())
        )


def waiting_cost(problem: Problem, line: Line, day: int) -> int:
    """What it costs that a line which is ready leaves on `day`."""
    return -(-line.value * problem.wait_cost_ppm_per_day * (day - line.ready) // PPM)


def price(problem: Problem, assignments: Iterable[Assignment]) -> Price:
    """Itemised cost of assignments that place every line of `problem` once.

    Raises `InvalidInput` (pointers from /assignments on) for what is not an option of a line. Capacities
    are `check`'s business.
    """
    lines = {line.id: line for line in problem.lines}
    services = {service.id: service for service in problem.services}
    producers = {producer.id: producer for producer in problem.producers}
    waiting: dict[str, int] = {}
    direct: dict[str, int] = {}
    loads: defaultdict[tuple[str, int], list[Line]] = defaultdict(list)
    collected: defaultdict[tuple[str, int], list[Line]] = defaultdict(list)
    placed: set[str] = set()
    for i, assignment in enumerate(assignments):
        line = lines.get(assignment.line)
        if line is None:
            raise InvalidInput(f"/assignments/{i}/line", f"{shown(assignment.line)} is not the id of a line")
        if line.id in placed:
            raise InvalidInput(f"/assignments/{i}/line", f"{shown(line.id)} is placed twice")
        placed.add(line.id)
        if assignment.service is None:
            if line.direct_cost is None:
                raise InvalidInput(f"/assignments/{i}/direct", f"line {shown(line.id)} has no direct_cost")
            direct[line.id] = line.direct_cost
            continue
        service = services.get(assignment.service)
        if service is None:
            raise InvalidInput(
                f"/assignments/{i}/service", f"{shown(assignment.service)} is not the id of a service"
            )
        if assignment.departure is None or not 0 <= assignment.departure < len(service.departures):
            raise InvalidInput(
                f"/assignments/{i}/departure", f"must be an index of the departures of {shown(service.id)}"
            )
        departure = service.departures[assignment.departure]
        producer = producers[line.producer]
        if (service.origin, service.destination) != (producer.hub, line.destination):
            raise InvalidInput(f"/assignments/{i}/service", f"does not go the way of line {shown(line.id)}")
        if line.cargo_class not in service.classes:
            raise InvalidInput(
                f"/assignments/{i}/service", f"does not take the class of line {shown(line.id)}"
            )
        if departure.day < line.ready or departure.arrives > line.due:
            raise InvalidInput(
                f"/assignments/{i}/departure", f"does not keep the dates of line {shown(line.id)}"
            )
        cost = waiting_cost(problem, line, departure.day)
        if cost:
            waiting[line.id] = cost
        loads[service.id, assignment.departure].append(line)
        collected[producer.id, departure.day].append(line)
    if len(placed) < len(lines):
        missing = next(name for name in lines if name not in placed)
        raise InvalidInput("/assignments", f"line {shown(missing)} is not placed")
    shipments = [_shipment(services[name], index, load) for (name, index), load in sorted(loads.items())]
    collections = []
    for (name, day), goods in sorted(collected.items()):
        producer = producers[name]
        value = sum(line.value for line in goods)
        fee = producer.small_order_fee if value < producer.minimum_order else 0
        names = tuple(sorted(line.id for line in goods))
        collections.append(Collection(name, day, value, producer.minimum_order, fee, names))
    return Price(tuple(shipments), tuple(collections), waiting, direct)


def _shipment(service: Service, index: int, load: list[Line]) -> Shipment:
    weight = sum(line.weight_g for line in load)
    volume = sum(line.volume_cm3 for line in load)
    buyers = tuple(sorted({line.buyer for line in load}))
    fixed = (
        TariffItem("per shipment", 1, service.tariff.per_shipment),
        TariffItem("per consignee", len(buyers), len(buyers) * service.tariff.per_consignee),
    )
    departure = service.departures[index]
    return Shipment(
        service=service.id,
        departure=index,
        day=departure.day,
        arrives=departure.arrives,
        lines=tuple(sorted(line.id for line in load)),
        buyers=buyers,
        weight_g=weight,
        volume_cm3=volume,
        items=(*freight(service.tariff, weight, volume), *(item for item in fixed if item.amount)),
    )
