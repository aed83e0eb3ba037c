"""What people are told of bookings by mail."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.language import language
from app.organisations.service import tell
from app.planning.gathering import Group
from app.planning.joint import Member
from app.planning.models import Consolidation, OrderRebate, PoolBooking
from app.shipping.models import Hub
from app.trade.models import Order, Pool

# Mail goes to everybody of an organisation, whose languages differ: it is written in the first one.
WORDS: Final = language("en")


def cannot(session: Session, group: Group, rows: Iterable[PoolBooking], words: str, now: datetime) -> None:
    """Keep why paid pools could not be booked, and tell their hub, once for each reason."""
    fresh = [row for row in rows if row.words != words]
    for row in fresh:
        row.words = words
    if fresh:
        hub = session.get_one(Hub, group.origin_id)
        body = (
            f"Paid pools from {hub.name} cannot be booked:\n\n{words}\n\n"
            "Mend it, or choose other sailings on the planning page.\n"
        )
        tell(session, hub.organisation_id, "Pools cannot be booked", body, now=now)


def booked(
    session: Session,
    pool: Pool,
    made: Consolidation,
    members: Sequence[Member],
    reasons: Mapping[str, int | None],
    now: datetime,
) -> None:
    """Tell each buyer whose day or price changed, and why."""
    others = ", ".join(member.number for member in members if member.id != str(pool.id))
    together = f"together with {others}" if others else "by today's rates"
    for order, rebate in session.execute(
        select(Order, OrderRebate)
        .join(OrderRebate, OrderRebate.order_id == Order.id)
        .where(Order.pool_id == pool.id)
        .order_by(Order.id)
    ):
        changed = rebate.departs_on != rebate.departs_before or rebate.arrives_on != rebate.arrives_before
        if not rebate.amount and not changed:
            continue
        said = [f"The goods of pool {pool.number}, {pool.title}, are booked {together}."]
        if rebate.amount:
            back, charged, costs = (
                WORDS.money(each, pool.currency)
                for each in (rebate.amount, rebate.charged, rebate.charged - rebate.amount)
            )
            said.append(
                f"Your order {order.number} gets {back} back: shipping was charged {charged} and costs "
                f"{costs} now, because what several pools share is paid once. You need do nothing."
            )
        if changed and rebate.departs_on and rebate.departs_before and rebate.arrives_on:
            saved = sum(reasons.get(line) or 0 for line in _lines_of(members, order.number))
            why = (
                f" Going on the earlier day would cost all together {WORDS.money(saved, pool.currency)} more."
                if saved > 0
                else ""
            )
            said.append(
                f"They leave on {WORDS.day(rebate.departs_on)} instead of "
                f"{WORDS.day(rebate.departs_before)} and arrive on {WORDS.day(rebate.arrives_on)}, "
                f"within the day by which you need them.{why}"
            )
        said.append(f"How it was split, to the cent: /consolidations/{made.id}")
        tell(
            session,
            order.organisation_id,
            f"Order {order.number} is booked",
            "\n\n".join(said) + "\n",
            now=now,
        )


def _lines_of(members: Sequence[Member], order: str) -> list[str]:
    return [line["id"] for member in members for line in member.problem["lines"] if line["buyer"] == order]
