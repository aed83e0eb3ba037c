"""Pages of orders: a buyer's own, and the consignments that a producer prepares."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cards.showing import standing
from app.claims.service import FILED_WITHIN
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.planning.models import OrderRebate
from app.routes import page_router
from app.shipping.models import Hub, Service, Shipment, ShipmentLine
from app.trade import closing, figures, ordering, receiving, words
from app.trade.duties import accepted, shown_for, vat_of
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool, PoolState
from app.trade.numbers import printed
from app.trade.pooling import MakerTerms, lane_of, wishes_in
from app.trade.preparing import to_prepare
from app.trade.quoting import Trip, standing_quote
from app.trade.sources import exchanged_in
from app.transaction import Db, Now

router = page_router()

Buyer = Annotated[Actor, Depends(Needs("order.read-own"))]
Receiver = Annotated[Actor, Depends(Needs("order.receive"))]
Producer = Annotated[Actor, Depends(Needs("consignment.read-own"))]
MOST_ROWS: Final = 200


@router.get("/orders")
def orders(request: Request, db: Db, actor: Buyer) -> Response:
    rows = db.execute(
        select(Order, Pool, Charge)
        .join(Pool, Pool.id == Order.pool_id)
        .join(Charge, Charge.order_id == Order.id, isouter=True)
        .where(Order.organisation_id == actor.organisation_id)
        .order_by(Order.joined_at.desc(), Order.id)
        .limit(MOST_ROWS),
    ).all()
    lang = language_of(request)
    return page(
        request,
        "trade/orders.html",
        rows=rows,
        states=words.order_states(lang.text),
    )


@router.get("/orders/{order_id}")
def order_page(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    order, pool = ordering.own_order(db, actor, order_id)
    lang = language_of(request)
    hub, charge, rebate = _around(db, order, pool)
    trips: tuple[Trip, ...] = ()
    carriers: dict[str, str] = {}
    rows: list[figures.Comparison] = []
    estimate = False
    if charge:
        rows = figures.charge_comparison(charge)
        trips = figures.trips_in_plan(db, order)
    elif order.state == OrderState.JOINED and pool.state in {PoolState.OPEN, PoolState.CLOSING}:
        wishes = wishes_in(db, pool)
        until = max(wish.needed_by for wish in wishes)
        lane = lane_of(db, pool, until=until, today=min(now.date(), pool.closes_at.date()))
        made = standing_quote(lane, wishes, order)
        rows = figures.quote_comparison(made)
        trips, estimate = made.trips, True
        carriers = {card.code: card.carrier for card, _sailing in lane.sailings}
    lines = db.scalars(select(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.id)).all()
    kept = [line for line in lines if not line.frozen_because]
    makers = [MakerTerms.from_dict(stored) for stored in order.terms["producers"]]
    if charge:
        codes = {trip.service for trip in trips if trip.service}
        cards = db.scalars(select(Service).where(Service.code.in_(codes)))
        carriers = {card.code: card.carrier for card in cards}
    return page(
        request,
        "trade/order.html",
        rebate=rebate,
        order=order,
        pool=pool,
        destination=hub,
        lines=kept,
        duties=shown_for(accepted(order.terms), kept, charge.shipping, charge.duty)
        if charge
        else shown_for(accepted(order.terms), kept, order.quote, order.duty),
        vat=vat_of(hub.country, order, charge),
        exchanged=exchanged_in(order.terms),
        charge=charge,
        paying=standing(db, order, pool, request.app.state.settings),
        frozen=[line for line in lines if line.frozen_because],
        reference=printed(charge.reference) if charge else "",
        pay_to=request.app.state.settings.pay_to,
        rows=rows,
        estimate=estimate,
        trips=trips,
        carriers=carriers,
        makers={maker.slug: maker.name for maker in makers},
        modes=words.modes(lang.text),
        item_names=words.items(lang.text),
        whys=words.whys(lang.text),
        steps=closing.every_step_of(db, pool.id) if pool.closed_at or pool.extended_at else [],
        step_names=words.steps(lang.text),
        step_states=words.step_states(lang.text),
        state=words.order_states(lang.text)[order.state],
        all_came=receiving.said_of(db, [order.id]).get(order.id) if order.delivered_at else None,
        claims_until=order.delivered_at + FILED_WITHIN if order.delivered_at else None,
        open=pool.state == PoolState.OPEN and now < pool.closes_at and order.state == OrderState.JOINED,
        shipments=db.scalars(
            select(Shipment)
            .where(
                Shipment.id.in_(
                    select(ShipmentLine.shipment_id)
                    .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
                    .where(OrderLine.order_id == order.id)
                )
            )
            .order_by(Shipment.number),
        ).all()
        if charge
        else [],
    )


@router.post("/orders/{order_id}/received")
def received(order_id: UUID, db: Db, now: Now, actor: Receiver) -> Response:
    receiving.confirm(db, actor, order_id, now=now)
    return go(f"/orders/{order_id}", "saved")


def _around(session: Session, order: Order, pool: Pool) -> tuple[Hub, Charge | None, OrderRebate | None]:
    """Where an order goes; its charge once its pool is closed, and what came back of it."""
    hub, charge, rebate = session.execute(
        select(Hub, Charge, OrderRebate)
        .select_from(Hub)
        .outerjoin(Charge, Charge.order_id == order.id)
        .outerjoin(OrderRebate, OrderRebate.order_id == order.id)
        .where(Hub.id == pool.hub_id)
    ).one()
    return (hub, charge, rebate) if pool.closed_at else (hub, None, None)


@router.get("/orders-for-us")
def orders_for_us(request: Request, db: Db, actor: Producer) -> Response:
    return page(
        request,
        "trade/orders_for_us.html",
        pools=to_prepare(db, actor.organisation_id),
        states=words.pool_states(language_of(request).text),
    )
