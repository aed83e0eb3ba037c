"""Recomputes a plan from the words of `contracts/pooling-problem.md`, with none of the planner's code.

It is plain on purpose: one pass over the lines, freight by trying container counts one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from logistics.plans import Plan
from logistics.problem import BreakTariff, ContainerTariff, Line, Problem, Tariff


@dataclass(frozen=True, slots=True)
class Check:
    """The total recomputed, and every fault found; no fault means that the plan is one and costs what it
    says.
    """

    total: int
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def check(problem: Problem, plan: Plan) -> Check:
    """Judges a plan: each line once on an option of its own, capacities, and the sums it states."""
    faults: list[str] = []
    lines = {line.id: line for line in problem.lines}
    hub_of = {producer.id: producer.hub for producer in problem.producers}
    services = {service.id: service for service in problem.services}
    total = 0
    seen: set[str] = set()
    on_board: dict[tuple[str, int], list[Line]] = {}
    leaving: dict[tuple[str, int], int] = {}
    for assignment in plan.assignments:
        line = lines.get(assignment.line)
        if line is None or line.id in seen:
            faults.append(
                f"line {assignment.line!r} is {'not in the problem' if line is None else 'placed twice'}"
            )
            continue
        seen.add(line.id)
        if assignment.service is None:
            if line.direct_cost is None:
                faults.append(f"line {line.id!r} is served directly and has no direct_cost")
            total += line.direct_cost or 0
            continue
        service = services.get(assignment.service)
        index = assignment.departure
        if service is None or index is None or index >= len(service.departures):
            faults.append(f"line {line.id!r} is on a departure that does not exist")
            continue
        departure = service.departures[index]
        if hub_of[line.producer] != service.origin or line.destination != service.destination:
            faults.append(f"line {line.id!r} is on service {service.id!r}, which goes another way")
        if line.cargo_class not in service.classes:
            faults.append(
                f"line {line.id!r} may not travel on service {service.id!r}: class {line.cargo_class!r}"
            )
        if departure.day < line.ready:
            faults.append(
                f"line {line.id!r} leaves on day {departure.day}, before it is ready on {line.ready}"
            )
        if departure.arrives > line.due:
            faults.append(
                f"line {line.id!r} arrives on day {departure.arrives}, after it is due on {line.due}"
            )
        waited = line.value * problem.wait_cost_ppm_per_day * max(departure.day - line.ready, 0)
        total += (waited + 999_999) // 1_000_000
        on_board.setdefault((service.id, index), []).append(line)
        key = (line.producer, departure.day)
        leaving[key] = leaving.get(key, 0) + line.value
    faults.extend(f"line {name!r} is not placed" for name in lines if name not in seen)
    for (name, index), load in on_board.items():
        service = services[name]
        departure = service.departures[index]
        weight = sum(line.weight_g for line in load)
        volume = sum(line.volume_cm3 for line in load)
        if departure.capacity_g is not None and weight > departure.capacity_g:
            faults.append(
                f"departure {index} of {name!r} carries {weight} g, more than {departure.capacity_g}"
            )
        if departure.capacity_cm3 is not None and volume > departure.capacity_cm3:
            faults.append(
                f"departure {index} of {name!r} carries {volume} cm3, more than {departure.capacity_cm3}"
            )
        consignees = len({line.buyer for line in load})
        total += _freight(service.tariff, weight, volume)
        total += service.tariff.per_shipment + consignees * service.tariff.per_consignee
    for (name, _), value in leaving.items():
        producer = next(producer for producer in problem.producers if producer.id == name)
        if value < producer.minimum_order:
            total += producer.small_order_fee
    faults.extend(_wrong_figures(problem, plan, total))
    return Check(total, tuple(faults))


def _wrong_figures(problem: Problem, plan: Plan, total: int) -> list[str]:
    faults = []
    if plan.currency != problem.currency:
        faults.append(f"the plan is in {plan.currency}, the problem in {problem.currency}")
    if plan.total != total:
        faults.append(f"the plan states a total of {plan.total}; it costs {total}")
    if plan.lower_bound > total:
        faults.append(f"the lower bound {plan.lower_bound} is above the cost {total}")
    return faults


def _freight(tariff: Tariff, weight: int, volume: int) -> int:
    if isinstance(tariff, BreakTariff):
        chargeable = max(weight, (1000 * volume + tariff.volumetric_divisor - 1) // tariff.volumetric_divisor)
        least = min((step.per_kg * max(chargeable, step.from_g) + 999) // 1000 for step in tariff.breaks)
        return max(least, tariff.minimum_charge)
    return _mixed(tariff, weight, volume)


@lru_cache(maxsize=4096)
def _mixed(tariff: ContainerTariff, weight: int, volume: int) -> int:
    """Least cost of what is left: as less-than-container, or one container more (of each type in turn).

    A table of (weight left, volume left) in the order of containers added; every mix is some such path, and
    types are only added in the order they are listed, so that no mix is met twice.
    """
    loose = tariff.less_than_container
    best: int | None = None
    paths = [(weight, volume, 0, 0)]
    while paths:
        w, v, cost, first = paths.pop()
        if best is not None and cost >= best:
            continue
        if w <= 0 and v <= 0:
            best = cost
            continue
        if loose is not None:
            charged = cost + (loose.per_wm * max(w, v, loose.minimum, 0) + 999_999) // 1_000_000
            best = charged if best is None else min(best, charged)
        for i in range(first, len(tariff.containers)):
            box = tariff.containers[i]
            paths.append((w - box.weight_g, v - box.volume_cm3, cost + box.cost, i))
    assert best is not None
    return best
