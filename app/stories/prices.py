"""What one unit of a lot costs from the maker to the shop's door, by the charges of its orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.planning.rebates import rebated
from app.stories.emissions import units_of
from app.trade.figures import charge_comparison
from app.trade.itemising import Item, spread_up
from app.trade.models import Charge, OrderLine


@dataclass(frozen=True, slots=True)
class DoorPrice:
    """Of one unit, in minor units of `currency`; `parts` sum to `total`. The average of the lot's orders."""

    currency: str
    total: int
    parts: dict[Item, int]
    quantity: int


def door_price(session: Session, lines: Sequence[OrderLine]) -> DoorPrice | None:
    """None: an order is not charged yet, or they are charged in several currencies.

    What an order pays for all its goods together, less what came back because its pool travels with others,
    is cut by weight or measure; duty is that of each.
    """
    if not lines:
        return None
    charges = {
        charge.order_id: charge
        for charge in session.scalars(
            select(Charge).where(Charge.order_id.in_({line.order_id for line in lines}))
        )
    }
    currencies = {charge.currency for charge in charges.values()}
    if len(charges) < len({line.order_id for line in lines}) or len(currencies) != 1:
        return None
    whole = _lines_of(session, set(charges))
    sums: dict[Item, int] = {Item.GOODS: sum(line.value for line in lines)}
    for order_id, charge in charges.items():
        own = [line for line in whole if line.order_id == order_id]
        room = {str(line.id): units_of(line) for line in own}
        mine = {str(line.id) for line in lines if line.order_id == order_id}
        if not mine <= room.keys():
            return None
        for item, pooled in _paid(session, charge).items():
            amount, by = pooled, room
            if item == Item.DUTY:  # each of the goods has its own, and what customs asked counts
                amount = charge.duty if charge.duty_assessed is None else charge.duty_assessed
                by = _duties(charge, own) or room
            cut = spread_up(amount, by)
            sums[item] = sums.get(item, 0) + sum(cut[name] for name in mine)
    quantity = sum(line.quantity for line in lines)
    total = (2 * sum(sums.values()) + quantity) // (2 * quantity)
    parts = spread_up(total, {item: amount for item, amount in sums.items() if amount})
    return DoorPrice(
        currencies.pop(), total, {Item(item): amount for item, amount in parts.items()}, quantity
    )


def _paid(session: Session, charge: Charge) -> dict[Item, int]:
    """What an order paid in the end beside its goods."""
    paid: dict[Item, int] = {
        row.item: row.pooled for row in charge_comparison(charge) if row.item != Item.GOODS
    }
    for item, back in rebated(session, charge).items():
        shown = Item.FREIGHT if item == Item.DIRECT else item  # they stand in one row
        paid[shown] = paid.get(shown, 0) - back
    return {item: amount for item, amount in paid.items() if amount}


def _duties(charge: Charge, own: Sequence[OrderLine]) -> dict[str, int]:
    """Line -> its duty as charged; empty: nothing is told of it."""
    told = {row["offer_id"]: row["amount"] for row in charge.items.get("duties", ())}
    found = {str(line.id): told.get(str(line.offer_id), 0) for line in own}
    return found if any(found.values()) else {}


def _lines_of(session: Session, orders: set[Any]) -> list[OrderLine]:
    """What travels of these orders: frozen lines were neither shipped nor charged."""
    return list(
        session.scalars(
            select(OrderLine)
            .where(OrderLine.order_id.in_(orders), OrderLine.frozen_because.is_(None))
            .order_by(OrderLine.id)
        )
    )
