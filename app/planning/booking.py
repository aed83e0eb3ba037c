"""From a planning to bookings: shipments, what each order gets back, and who is told why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.language import language
from app.planning import rebates, telling
from app.planning.gathering import Group
from app.planning.joint import Member, Timetable, part_of, places_of, slug_of
from app.planning.models import Consolidation, PoolBooking
from app.shipping.models import Sailing, Service
from app.trade.itemising import Part, PayeeKind, spread
from app.trade.models import Pool
from app.trade.numbers import number_of
from logistics import Price, Problem, price

if TYPE_CHECKING:
    from app.planning.planning import Booked

# Mail goes to everybody of an organisation, whose languages differ: it is written in the first one.
WORDS: Final = language("en")


def hold(session: Session, pools: Sequence[UUID], timetables: Sequence[Timetable]) -> None:
    """Lock pools and the sailings that they may take, always in one order, until this transaction ends."""
    session.scalars(
        select(Pool)
        .where(Pool.id.in_(pools))
        .order_by(Pool.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    codes = [each.code for each in timetables]
    session.scalars(
        select(Sailing)
        .join(Service, Service.id == Sailing.service_id)
        .where(Service.code.in_(codes))
        .order_by(Sailing.id)
        .with_for_update(of=Sailing)
        .execution_options(populate_existing=True)
    ).all()


def book(
    session: Session,
    group: Group,
    members: Sequence[Member],
    ready: "Booked",
    *,
    person: UUID | None,
    now: datetime,
) -> None:
    """Book paid pools, whose rows are held, as they were planned together. Where that saves nothing and moves
    nothing, each by its own plan. What cannot be booked goes on waiting, and its hub is told why.
    """
    from app.trade import settling

    rows = {
        each.pool_id: each
        for each in session.scalars(
            select(PoolBooking).where(PoolBooking.pool_id.in_([UUID(member.id) for member in members]))
        )
    }
    if ready.sharing is None:
        telling.cannot(session, group, rows.values(), ready.words, now)
        return
    places = places_of(ready.problem, ready.plan.assignments)
    before = sum(member.cost for member in members)
    moved = any(places[line] != member.places[line] for member in members for line in member.lines)
    made = (
        _consolidation(session, group, members, ready, before, now)
        if moved or ready.plan.total < before
        else None
    )
    priced = price(ready.problem, ready.plan.assignments)
    parts = rebates.new_parts(session, members, ready, priced) if made else {}
    for member in members:
        pool = session.get_one(Pool, UUID(member.id))
        row = rows[pool.id]
        row.booked_at, row.booked_by, row.words = now, person, ""
        if made is None:
            settling.confirm(session, pool, now=now)
            continue
        row.consolidation_id = made.id
        row.rebate = rebates.give_back(session, pool, member, made, places=places, parts=parts, now=now)
        session.flush()
        way = _way(session, pool, member, ready.problem, priced, parts, made)
        settling.confirm(session, pool, now=now, way=way)
        history.record(
            session, pool, "booked with others", now=now, consolidation=made.number, rebate=row.rebate
        )
        telling.booked(session, pool, made, members, ready.reasons, now)


def _consolidation(
    session: Session, group: Group, members: Sequence[Member], ready: "Booked", before: int, now: datetime
) -> Consolidation:
    made_id = uuid7(now)
    made = Consolidation(
        id=made_id,
        number=number_of("K", made_id),
        origin_id=group.origin_id,
        currency=group.currency,
        problem=ready.problem.to_dict(),
        quotes={order: cap for member in members for order, cap in member.caps.items()},
        plan=ready.plan.to_dict() | {"alone": dict(ready.plan.alone)},
        sharing=ready.sharing,
        total=ready.plan.total,
        before=before,
        made_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _way(
    session: Session,
    pool: Pool,
    member: Member,
    problem: Problem,
    priced: Price,
    parts: Mapping[str, Sequence[Part]],
    made: Consolidation,
) -> Any:
    """The pool's part of each shipment, and when its payees are due."""
    from app.trade import settling

    own = set(member.lines)
    lines = {line.id: line for line in problem.lines}
    mine = part_of(priced, own)
    freight: dict[str, int] = {}
    for order in member.caps:
        for part in parts[order]:
            if part.payee.kind == PayeeKind.CARRIER:
                freight[part.payee.key] = freight.get(part.payee.key, 0) + part.amount
    loads = []
    for service, amount in freight.items() | {
        (each.service, 0) for each in mine.shipments if each.service not in freight
    }:
        shipments = {str(n): each for n, each in enumerate(mine.shipments) if each.service == service}
        weights = {
            n: sum(max(lines[name].weight_g, lines[name].volume_cm3) for name in each.lines if name in own)
            for n, each in shipments.items()
        }
        scale = max(amount, sum(weights.values()), 1)
        shares = spread(amount, {n: weight * scale for n, weight in weights.items()})
        for n, shipment in shipments.items():
            names = [name for name in shipment.lines if name in own]
            loads.append(
                settling.Load(
                    settling.sailing_of(session, problem, shipment),
                    sum(lines[name].weight_g for name in names),
                    sum(lines[name].volume_cm3 for name in names),
                    {
                        "currency": pool.currency,
                        "total": shares[n],
                        "items": [{"name": f"part of {made.number}", "quantity": 1, "amount": shares[n]}],
                        "consolidation": made.number,
                        "shipment_total": shipment.cost,
                    },
                    names,
                )
            )
    due = {
        replace(payee, key=slug_of(payee.key)) if payee.kind == PayeeKind.PRODUCER else payee: day
        for payee, day in settling.due_of(problem, mine).items()
    }
    return settling.Way(sorted(loads, key=lambda load: (load.sailing.departs_on, str(load.sailing.id))), due)
