"""Who pays what to whom, item by item, so that every column and every row adds up to the minor unit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from logistics import Price, Problem


class Item(StrEnum):
    """What a buyer pays for, in the order in which it is shown."""

    GOODS = "goods"
    INLAND = "inland transport"
    FREIGHT = "freight and handling"
    INSURANCE = "insurance"
    CUSTOMS = "customs entry"
    DUTY = "import duty"
    HANDLING = "hub handling"
    LAST_MILE = "last mile"
    DIRECT = "direct shipping"
    WAITING = "waiting and storage"
    FEE = "small-order fee"


class PayeeKind(StrEnum):
    """Who receives it; `key` of a payee is a producer's, a service's or a hub's id in the problem."""

    PRODUCER = "producer"
    CARRIER = "carrier"
    CUSTOMS = "customs"
    DUTY = "duty"  # the customs office at a hub
    HUB = "hub"
    WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True, order=True)
class Payee:
    kind: PayeeKind
    key: str
    currency: str = ""  # in which it is owed, where that is not the pool's


@dataclass(frozen=True, slots=True)
class Part:
    """An amount of one buyer for one item to one payee, in minor units."""

    item: Item
    payee: Payee
    amount: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "item": self.item,
            "payee": self.payee.kind,
            "key": self.payee.key,
            "amount": self.amount,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Part":
        payee = Payee(PayeeKind(stored["payee"]), stored["key"])
        return cls(Item(stored["item"]), payee, stored["amount"])


@dataclass(frozen=True, slots=True)
class Cost:
    """One cost of a plan and the buyers who cause it."""

    item: Item
    payee: Payee
    amount: int
    buyers: frozenset[str]


Fixed: TypeAlias = Mapping[str, Mapping[str, int]]
"""What the fixed sums of a rate card are for: "per_shipment" and "per_consignee" -> a name -> minor units."""
OF_SHIPMENT: Final = {"inland": Item.INLAND, "insurance": Item.INSURANCE}
OF_CONSIGNEE: Final = {"handling": Item.HANDLING, "last_mile": Item.LAST_MILE}


def costs_of(
    problem: Problem,
    priced: Price,
    direct_customs: Mapping[str, int],
    fixed: Mapping[str, Fixed] | None = None,
) -> list[Cost]:
    """Every cost of a priced plan, with who receives it.

    `direct_customs`: how much of a direct line's cost is customs, by producer. `fixed`: by service, what its
    fixed sums are for; a part of them is never more than the sum.
    """
    lines = {line.id: line for line in problem.lines}
    hubs = {producer.id: producer.hub for producer in problem.producers}
    services = {service.id: service for service in problem.services}
    costs: list[Cost] = []
    for shipment in priced.shipments:
        service = services[shipment.service]
        said = (fixed or {}).get(service.id, {})
        consignee = named_parts(service.tariff.per_consignee, said.get("per_consignee", {}), OF_CONSIGNEE)
        for item, amount in consignee.items():
            kind = PayeeKind.CUSTOMS if item == Item.CUSTOMS else PayeeKind.HUB
            to = Payee(kind, service.destination)
            costs += [Cost(item, to, amount, frozenset({buyer})) for buyer in shipment.buyers]
        carried = shipment.cost - service.tariff.per_consignee * len(shipment.buyers)
        carrier = Payee(PayeeKind.CARRIER, service.id)
        once = named_parts(service.tariff.per_shipment, said.get("per_shipment", {}), OF_SHIPMENT)
        named = {item: amount for item, amount in once.items() if item in OF_SHIPMENT.values()}
        costs += [Cost(item, carrier, amount, frozenset(shipment.buyers)) for item, amount in named.items()]
        rest = carried - sum(named.values())
        costs.append(Cost(Item.FREIGHT, carrier, rest, frozenset(shipment.buyers)))
    for collection in priced.collections:
        buyers = frozenset(lines[name].buyer for name in collection.lines)
        maker = Payee(PayeeKind.PRODUCER, collection.producer)
        costs.append(Cost(Item.FEE, maker, collection.fee, buyers))
    for name, amount in priced.waiting.items():
        warehouse = Payee(PayeeKind.WAREHOUSE, hubs[lines[name].producer])
        costs.append(Cost(Item.WAITING, warehouse, amount, frozenset({lines[name].buyer})))
    for name, amount in priced.direct.items():
        line = lines[name]
        maker = Payee(PayeeKind.PRODUCER, line.producer)
        entry = min(direct_customs[line.producer], amount)
        costs.append(Cost(Item.CUSTOMS, maker, entry, frozenset({line.buyer})))
        costs.append(Cost(Item.DIRECT, maker, amount - entry, frozenset({line.buyer})))
    return [cost for cost in costs if cost.amount]


def named_parts(total: int, said: Mapping[str, int], names: Mapping[str, Item]) -> dict[Item, int]:
    """What a fixed sum is for, in the order of `names`; the rest of it is the customs entry."""
    left, found = total, {}
    for name, item in names.items():
        found[item] = min(said.get(name, 0), left)
        left -= found[item]
    return found | {Item.CUSTOMS: left}


def parts_of(costs: Iterable[Cost], amounts: Mapping[str, int]) -> dict[str, list[Part]]:
    """Each buyer's amount by item and payee: every buyer's parts sum to its amount, every cost's to the cost.

    What a buyer alone causes is its own; the rest of its amount goes to the joint costs. Where the split asks
    less of a buyer than it alone causes, the others carry the difference as part of freight and handling.
    ValueError: the amounts do not sum to the costs.
    """
    costs = list(costs)
    if sum(amounts.values()) != sum(cost.amount for cost in costs):
        raise ValueError(f"amounts {dict(amounts)} do not sum to the costs")
    parts: dict[str, dict[tuple[Item, Payee], int]] = {buyer: {} for buyer in amounts}
    left = dict(amounts)
    joint: list[Cost] = []

    def add(buyer: str, item: Item, payee: Payee, amount: int) -> None:
        parts[buyer][item, payee] = parts[buyer].get((item, payee), 0) + amount
        left[buyer] -= amount

    for cost in costs:
        if len(cost.buyers) > 1:
            joint.append(cost)
            continue
        (buyer,) = cost.buyers
        borne = min(cost.amount, left[buyer])
        add(buyer, cost.item, cost.payee, borne)
        if borne < cost.amount:
            joint.append(Cost(Item.FREIGHT, cost.payee, cost.amount - borne, frozenset(amounts) - {buyer}))
    # The cost of the fewest first: those of many can take up what is left of anybody.
    for cost in sorted(joint, key=lambda cost: (len(cost.buyers), cost.amount, cost.item, cost.payee)):
        within = spread(cost.amount, {buyer: rest for buyer, rest in left.items() if buyer in cost.buyers})
        outside = spread(
            cost.amount - sum(within.values()),
            {buyer: rest for buyer, rest in left.items() if buyer not in cost.buyers},
        )
        for buyer, amount in (within | outside).items():
            add(buyer, cost.item, cost.payee, amount)
    order = list(Item)
    return {
        buyer: [
            Part(item, payee, amount)
            for (item, payee), amount in sorted(
                own.items(), key=lambda each: (order.index(each[0][0]), each[0][1])
            )
            if amount
        ]
        for buyer, own in parts.items()
    }


def spread(amount: int, room: Mapping[str, int]) -> dict[str, int]:
    """`amount` in proportion to each one's room and never above it, by largest remainders; if there is less
    room than that, all the room.
    """
    total = sum(room.values())
    if amount >= total:
        return dict(room)
    shares = {name: amount * rest // total for name, rest in room.items()}
    missing = amount - sum(shares.values())
    by_remainder = sorted(room, key=lambda name: (-(amount * room[name] % total), name))
    for name in by_remainder[:missing]:
        shares[name] += 1
    return shares


def spread_up(amount: int, weights: Mapping[Any, int]) -> dict[Any, int]:
    """`amount` in proportion to `weights`, exactly, by largest remainders; it may be above their sum."""
    whole = sum(weights.values())
    often, rest = divmod(amount, whole)
    over = spread(rest, {str(name): weight for name, weight in weights.items()})
    return {name: weight * often + over[str(name)] for name, weight in weights.items()}


def by_item(parts: Iterable[Part]) -> dict[Item, int]:
    """Sums by item, in the order of `Item`."""
    sums: dict[Item, int] = {}
    for part in parts:
        sums[part.item] = sums.get(part.item, 0) + part.amount
    return {item: sums[item] for item in Item if sums.get(item)}
