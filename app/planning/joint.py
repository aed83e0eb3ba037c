"""Several pools of one origin as one pooling problem, planned and split together. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

from logistics import Assignment, InvalidInput, Plan, Price, Problem, check, plan, price

Place: TypeAlias = tuple[str, date] | None
"""Service and day of departure of a line; None: it goes directly."""
OPTION_SECONDS: Final = 0.3
MOST_OPTIONS: Final = 6
MARK: Final = "@"
"""Between a maker and a pool, where its terms differ between pools: then its minimums are counted apart."""


@dataclass(frozen=True, slots=True)
class Member:
    """A pool as it stands by itself. `caps`: the most that each order's shipping may cost; `cost`: their sum
    or less. `ready`: paid, so that it can be booked; else it is only looked at.
    """

    id: str
    number: str
    problem: Mapping[str, Any]  # in the form of contracts/
    places: Mapping[str, Place]  # by line, as its own plan has it
    caps: Mapping[str, int]
    cost: int
    ready: bool

    @property
    def start(self) -> date:
        return date.fromisoformat(self.problem["start"])

    @property
    def lines(self) -> list[str]:
        return [line["id"] for line in self.problem["lines"]]


@dataclass(frozen=True, slots=True)
class Departure:
    """A sailing with what room other goods leave on it."""

    departs_on: date
    arrives_on: date
    capacity_g: int | None
    capacity_cm3: int | None


@dataclass(frozen=True, slots=True)
class Timetable:
    """A service with its rate card as it is now."""

    code: str
    mode: str
    origin: str
    destination: str
    classes: Sequence[str]
    tariff: Mapping[str, Any]
    departures: Sequence[Departure]


def joint_problem(members: Sequence[Member], timetables: Iterable[Timetable], today: date) -> Problem:
    """All lines of `members` on the sailings from `today` on. Days count from the first pool's start.

    InvalidInput: a line has no option left.
    """
    start = min(member.start for member in members)
    first = members[0].problem
    names, producers = _producers(members)
    hubs = {hub["id"]: hub for member in members for hub in member.problem["hubs"]}
    soonest = max(today, start)
    services = [
        {
            "id": each.code,
            "mode": each.mode,
            "origin": each.origin,
            "destination": each.destination,
            "classes": list(each.classes),
            "departures": [
                _departure(leaves, start) for leaves in each.departures if leaves.departs_on >= soonest
            ],
            "tariff": each.tariff,
        }
        for each in sorted(timetables, key=lambda each: each.code)
    ]
    return Problem.from_dict(
        {
            "format": "fairhaul-pooling/1",
            "name": " + ".join(member.number for member in members),
            "currency": first["currency"],
            "start": start.isoformat(),
            "wait_cost_ppm_per_day": first["wait_cost_ppm_per_day"],
            "hubs": [hubs[code] for code in sorted(hubs)],
            "producers": producers,
            "services": [each for each in services if each["departures"]],
            "lines": [
                line
                | {
                    "producer": names[member.id, line["producer"]],
                    "ready": line["ready"] + (member.start - start).days,
                    "due": line["due"] + (member.start - start).days,
                }
                for member in members
                for line in member.problem["lines"]
            ],
        }
    )


def _departure(leaves: Departure, start: date) -> dict[str, int]:
    limits = {"capacity_g": leaves.capacity_g, "capacity_cm3": leaves.capacity_cm3}
    days = {"day": (leaves.departs_on - start).days, "arrives": (leaves.arrives_on - start).days}
    return days | {name: max(limit, 0) for name, limit in limits.items() if limit is not None}


def _producers(members: Sequence[Member]) -> tuple[dict[tuple[str, str], str], list[dict[str, Any]]]:
    """Which producer of the whole each pool's is: the same where its terms are the same."""
    names: dict[tuple[str, str], str] = {}
    found: dict[str, dict[str, Any]] = {}
    for member in members:
        for producer in member.problem["producers"]:
            known = found.setdefault(producer["id"], producer)
            terms = ("hub", "minimum_order", "small_order_fee")
            if any(known[term] != producer[term] for term in terms):
                apart = f"{producer['id']}{MARK}{member.number}"
                found[apart] = producer | {"id": apart}
                names[member.id, producer["id"]] = apart
            else:
                names[member.id, producer["id"]] = producer["id"]
    return names, [found[name] for name in sorted(found)]


def slug_of(producer: str) -> str:
    """The maker that a producer of a joint problem is."""
    return producer.split(MARK, maxsplit=1)[0]


def assignments_of(problem: Problem, places: Mapping[str, Place]) -> list[Assignment]:
    """Places as the engine has them; those that a line cannot take any more are left out."""
    index = {
        (service.id, problem.start + timedelta(days=leaves.day)): number
        for service in problem.services
        for number, leaves in enumerate(service.departures)
    }
    found = []
    for line, place in places.items():
        if place is None:
            found.append(Assignment(line))
        elif place in index:
            found.append(Assignment(line, place[0], index[place]))
    return possible(problem, found)


def possible(problem: Problem, assignments: Iterable[Assignment]) -> list[Assignment]:
    """Those that are options of their lines: on their lane, of their class, in time, with room."""
    services = {service.id: service for service in problem.services}
    hubs = {producer.id: producer.hub for producer in problem.producers}
    lines = {line.id: line for line in problem.lines}
    found = []
    for each in assignments:
        if each.service is None or each.departure is None:
            found.append(each)
            continue
        service, line = services[each.service], lines[each.line]
        leaves = service.departures[each.departure]
        if (
            (service.origin, service.destination) == (hubs[line.producer], line.destination)
            and line.cargo_class in service.classes
            and leaves.day >= line.ready
            and leaves.arrives <= line.due
            and (leaves.capacity_g is None or line.weight_g <= leaves.capacity_g)
            and (leaves.capacity_cm3 is None or line.volume_cm3 <= leaves.capacity_cm3)
        ):
            found.append(each)
    return found


def places_of(problem: Problem, assignments: Iterable[Assignment]) -> dict[str, Place]:
    """The reverse of `assignments_of`."""
    services = {service.id: service for service in problem.services}
    found: dict[str, Place] = {}
    for each in assignments:
        if each.service is None or each.departure is None:
            found[each.line] = None
        else:
            day = services[each.service].departures[each.departure].day
            found[each.line] = (each.service, problem.start + timedelta(days=day))
    return found


def plan_together(
    problem: Problem,
    members: Sequence[Member],
    *,
    chosen: Mapping[str, Place],
    stability: int,
    seconds: float,
) -> Plan:
    """The cheapest plan found: never dearer than each pool by its own plan, where that is still possible.

    Lines in `chosen` stay there. A line leaves the day that its pool was told only where that saves more than
    `stability`.
    """
    own = {line: place for member in members for line, place in member.places.items()}
    fixed = assignments_of(problem, chosen)
    previous = assignments_of(problem, {line: place for line, place in own.items() if line not in chosen})
    made = plan(
        problem,
        seconds=seconds,
        bound_seconds=seconds / 2,
        fixed=fixed,
        previous=previous,
        stability=stability,
    )
    kept = assignments_of(problem, own | dict(chosen))
    if len(kept) < len(problem.lines):
        return made
    held = with_assignments(problem, made, kept)
    return held if held.total < made.total and check(problem, held).ok else made


def with_assignments(problem: Problem, made: Plan, assignments: Sequence[Assignment]) -> Plan:
    """The same plan with other places, priced anew."""
    priced = price(problem, assignments)
    return replace(
        made,
        total=priced.total,
        lower_bound=min(made.lower_bound, priced.total),
        assignments=tuple(assignments),
        shipments=priced.shipments,
        collections=priced.collections,
    )


@dataclass(frozen=True, slots=True)
class Option:
    """Another departure for all sailing goods of a pool. `difference`: of the total of all; `days`: later."""

    service: str
    departs_on: date
    arrives_on: date
    difference: int
    days: int
    within: bool  # of what the buyers of all pools were charged


def options_of(
    problem: Problem, made: Plan, members: Sequence[Member], member: Member, *, charged: int, stability: int
) -> list[Option]:
    """What a pool could do instead, by day of departure, the others planned around it. None for goods that go
    directly.
    """
    own = set(member.lines)
    moving = [each for each in made.assignments if each.line in own and each.service is not None]
    if not moving:
        return []
    services = {service.id: service for service in problem.services}
    here = {(each.service, each.departure) for each in moving}
    leaves = min(
        services[service].departures[departure].day
        for service, departure in here
        if service is not None and departure is not None
    )
    others = [
        (service, number, departure)
        for service in problem.services
        for number, departure in enumerate(service.departures)
        if here != {(service.id, number)}
    ]
    others.sort(key=lambda each: (abs(each[2].day - leaves), each[0].id))
    found = []
    for service, number, departure in others:
        if len(possible(problem, [Assignment(each.line, service.id, number) for each in moving])) < len(
            moving
        ):
            continue
        place = (service.id, problem.start + timedelta(days=departure.day))
        try:
            other = plan_together(
                problem,
                members,
                chosen={each.line: place for each in moving},
                stability=stability,
                seconds=OPTION_SECONDS,
            )
        except InvalidInput:  # together they are too much for it
            continue
        found.append(
            Option(
                service.id,
                problem.start + timedelta(days=departure.day),
                problem.start + timedelta(days=departure.arrives),
                other.total - made.total,
                departure.day - leaves,
                other.total <= charged,
            )
        )
        if len(found) == MOST_OPTIONS:
            break
    return sorted(found, key=lambda each: (each.departs_on, each.service))


def part_of(priced: Price, lines: Iterable[str]) -> Price:
    """What of a priced plan has to do with some lines; the costs are those of all."""
    own = set(lines)
    return Price(
        tuple(each for each in priced.shipments if own & set(each.lines)),
        tuple(each for each in priced.collections if own & set(each.lines)),
        {line: amount for line, amount in priced.waiting.items() if line in own},
        {line: amount for line, amount in priced.direct.items() if line in own},
    )
