"""What the orders of pools that travel together get back, by item and payee."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause, Entry, Posting
from app.organisations.models import Organisation
from app.planning.joint import Member, Place, slug_of
from app.planning.models import Consolidation, OrderRebate
from app.trade.charging import PayeeAccounts, fixed_of
from app.trade.itemising import Item, Part, Payee, PayeeKind, by_item, costs_of, parts_of, spread_up
from app.trade.models import Charge, Order, Pool
from app.trade.pooling import wishes_in
from app.trade.quoting import customs_of
from logistics import Price, Problem

if TYPE_CHECKING:
    from app.planning.planning import Booked

PAID_INTO: Final = {
    AccountKind.PRODUCER: PayeeKind.PRODUCER,
    AccountKind.CARRIER: PayeeKind.CARRIER,
    AccountKind.CUSTOMS: PayeeKind.CUSTOMS,
    AccountKind.DUTY: PayeeKind.DUTY,
    AccountKind.HUB: PayeeKind.HUB,
    AccountKind.WAITING: PayeeKind.WAREHOUSE,
}
FIRST_OF: Final = {
    PayeeKind.PRODUCER: Item.FEE,
    PayeeKind.CARRIER: Item.FREIGHT,
    PayeeKind.CUSTOMS: Item.CUSTOMS,
    PayeeKind.DUTY: Item.DUTY,
    PayeeKind.HUB: Item.HANDLING,
    PayeeKind.WAREHOUSE: Item.WAITING,
}
"""What a payee is paid for that was not charged before: goods that sail later wait."""


def new_parts(
    session: Session, members: Sequence[Member], ready: "Booked", priced: Price
) -> dict[str, list[Part]]:
    """Each order's new amount by item and payee."""
    assert ready.sharing is not None
    wishes = [
        wish for member in members for wish in wishes_in(session, session.get_one(Pool, UUID(member.id)))
    ]
    customs = customs_of(wishes)
    customs |= {
        producer.id: customs[slug_of(producer.id)]
        for producer in ready.problem.producers
        if slug_of(producer.id) in customs
    }
    costs = [
        replace(cost, payee=replace(cost.payee, key=slug_of(cost.payee.key)))
        if cost.payee.kind == PayeeKind.PRODUCER
        else cost
        for cost in costs_of(ready.problem, priced, customs, fixed_of(session, ready.problem))
    ]
    return parts_of(costs, {each["buyer"]: each["amount"] for each in ready.sharing["shares"]})


def give_back(
    session: Session,
    pool: Pool,
    member: Member,
    made: Consolidation,
    *,
    places: Mapping[str, Place],
    parts: Mapping[str, Sequence[Part]],
    now: datetime,
) -> int:
    """Write down what each order of a pool gets back, and move it in the ledger; the sum of it."""
    accounts = PayeeAccounts(session, pool)
    arrivals = arrivals_of(Problem.from_dict(made.problem))
    own_arrivals = arrivals_of(Problem.from_dict(dict(member.problem)))
    total = 0
    for order, charge in session.execute(
        select(Order, Charge)
        .join(Charge, Charge.order_id == Order.id)
        .where(Order.pool_id == pool.id, Order.number.in_(member.caps))
        .order_by(Order.id)
    ):
        before: dict[Payee, int] = {}
        for part in (Part.from_dict(each) for each in charge.items["pooled"]):
            before[part.payee] = before.get(part.payee, 0) + part.amount
        after: dict[Payee, int] = {}
        for part in parts[order.number]:
            after[part.payee] = after.get(part.payee, 0) + part.amount
        back = charge.shipping - sum(after.values())
        lines = [line["id"] for line in member.problem["lines"] if line["buyer"] == order.number]
        session.add(
            OrderRebate(
                order_id=order.id,
                consolidation_id=made.id,
                charged=charge.shipping,
                amount=back,
                departs_before=_departs(member.places, lines),
                departs_on=_departs(places, lines),
                arrives_before=_arrives(member.places, lines, own_arrivals),
                arrives_on=_arrives(places, lines, arrivals),
            )
        )
        buyer = session.get_one(Organisation, order.organisation_id)
        postings = [
            (accounts.of(payee), before.get(payee, 0) - after.get(payee, 0))
            for payee in sorted({*before, *after})
        ]
        postings.append(
            (
                ledger.account(
                    session, AccountKind.BUYER, pool.currency, holder=buyer.name, organisation_id=buyer.id
                ),
                -back,
            )
        )
        if any(amount for _, amount in postings):
            # Of the pool, not of the order: what the order was charged and paid stays as it was told.
            ledger.post(
                session,
                key=f"rebate:{order.id}",
                cause=Cause.REBATE,
                words=f"Order {order.number} travels with other pools",
                postings=postings,
                now=now,
                pool_id=pool.id,
            )
        history.record(session, order, "gets back", now=now, amount=back, consolidation=made.number)
        total += back
    return total


def rebated(session: Session, charge: Charge) -> dict[Item, int]:
    """What an order got back of each item: what each payee gets less, by the ledger, cut over what it was to
    get for. Below 0: of that item it costs more now.
    """
    back: dict[PayeeKind, int] = {}
    for kind, amount in session.execute(
        select(Account.kind, Posting.amount)
        .join(Posting, Posting.account_id == Account.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.key == f"rebate:{charge.order_id}", Account.kind != AccountKind.BUYER)
    ):
        payee = PAID_INTO[AccountKind(kind)]
        back[payee] = back.get(payee, 0) + amount
    found: dict[Item, int] = {}
    for payee, amount in back.items():
        charged = by_item(
            part for each in charge.items["pooled"] if (part := Part.from_dict(each)).payee.kind == payee
        )
        cut = spread_up(abs(amount), charged or {FIRST_OF[payee]: 1})
        for item, part_of_it in cut.items():
            found[item] = found.get(item, 0) + (part_of_it if amount > 0 else -part_of_it)
    return found


def _departs(places: Mapping[str, Place], lines: Sequence[str]) -> date | None:
    return min((place[1] for line in lines if (place := places[line]) is not None), default=None)


def _arrives(
    places: Mapping[str, Place], lines: Sequence[str], arrivals: Mapping[tuple[str, date], date]
) -> date | None:
    return max((arrivals[place] for line in lines if (place := places[line]) is not None), default=None)


def arrivals_of(problem: Problem) -> dict[tuple[str, date], date]:
    """By service and day of departure."""
    return {
        (service.id, problem.start + timedelta(days=leaves.day)): problem.start
        + timedelta(days=leaves.arrives)
        for service in problem.services
        for leaves in service.departures
    }
