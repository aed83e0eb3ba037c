"""JSON routes of pools and orders."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from fastapi.responses import JSONResponse, Response
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.errors import Faulty, Missing
from app.permissions import Actor, Anybody, Needs, Role
from app.routes import api_router
from app.shipping.models import Hub
from app.tlog.settlements import published
from app.trade import closing, extending, figures, freezing, ordering, receiving, schemas, service
from app.trade.asking_api import router as asking_router
from app.trade.cases import cases_in
from app.trade.clearing_api import router as clearing_router
from app.trade.duties import DutyShown, shown_for
from app.trade.itemising import Part
from app.trade.models import Charge, Order, OrderLine, Pool, PoolPlan, PoolState
from app.trade.pooling import IN_POOL
from app.trade.preparing import to_prepare
from app.trade.quoting import (
    Quote,
    Trip,
    Wanted,
    current_order,
    field_of,
    get_pool,
    lines_of,
    offers_in,
    quote,
)
from app.trade.sources import Sources, duty_source
from app.transaction import Db, Now

router = api_router("trade")
router.include_router(asking_router)
router.include_router(clearing_router)
alone = api_router("trade", serializable=True)

Made = TypeVar("Made")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Opener = Annotated[Actor, Depends(Needs("pool.open"))]
Closer = Annotated[Actor, Depends(Needs("pool.close"))]
Watcher = Annotated[Actor, Depends(Needs("pool.steps"))]
Buyer = Annotated[Actor, Depends(Needs("order.join"))]
Reader = Annotated[Actor, Depends(Needs("order.read-own"))]
Receiver = Annotated[Actor, Depends(Needs("order.receive"))]
Producer = Annotated[Actor, Depends(Needs("consignment.read-own"))]
Cursor = Annotated[str | None, Query(max_length=36, description="`next` of the page before")]
Code = Annotated[str | None, Query(max_length=8, description="UN/LOCODE of a hub", examples=["NLRTM"])]


@router.get("/pools", summary="Pools, the first to close first")
def pools(
    db: Db,
    _actor: Visitor,
    to: Code = None,
    of: Code = None,
    state: PoolState = PoolState.OPEN,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> schemas.PoolsOut:
    origin, destination = aliased(Hub), aliased(Hub)
    wanted = (
        _pools(origin, destination)
        .where(Pool.state == state)
        .order_by(Pool.closes_at, Pool.id)
        .limit(limit + 1)
    )
    if to:
        wanted = wanted.where(destination.code == to)
    if of:
        wanted = wanted.where(origin.code == of)
    if cursor:
        try:
            last = db.get(Pool, UUID(cursor))
        except ValueError:
            last = None
        if last is None:
            raise Faulty(fields={"cursor": "Use the `next` of the page before."})
        wanted = wanted.where(tuple_(Pool.closes_at, Pool.id) > (last.closes_at, last.id))
    rows = [_pool_out(*row) for row in db.execute(wanted)]
    return schemas.PoolsOut(pools=rows[:limit], next=str(rows[limit - 1].id) if len(rows) > limit else None)


def _pools(origin: Any, destination: Any) -> Any:
    return (
        select(Pool, origin, destination, func.count(Order.id), func.coalesce(func.sum(Order.goods), 0))
        .join(origin, origin.id == Pool.origin_id)
        .join(destination, destination.id == Pool.hub_id)
        .join(Order, (Order.pool_id == Pool.id) & Order.state.in_(IN_POOL), isouter=True)
        .group_by(Pool.id, origin.id, destination.id)
    )


def _pool_out(pool: Pool, origin: Hub, destination: Hub, buyers: int, ordered: int) -> schemas.PoolOut:
    return schemas.PoolOut(**_pool_fields(pool, origin, destination, buyers, ordered))


def _pool_fields(pool: Pool, origin: Hub, destination: Hub, buyers: int, ordered: int) -> dict[str, Any]:
    own = (
        "id number title state currency opened_at closes_at closed_at latest_arrival_on capacity_g "
        "capacity_cm3 cancelled_because shares_cases needs_minimum extension_days extended_at"
    )
    return {name: getattr(pool, name) for name in own.split()} | {
        "origin": schemas.HubOut(id=origin.id, code=origin.code, name=origin.name),
        "destination": schemas.HubOut(id=destination.id, code=destination.code, name=destination.name),
        "buyers": buyers,
        "ordered": int(ordered),
    }


def _one_pool(db: Session, pool_id: UUID) -> schemas.PoolOut:
    origin, destination = aliased(Hub), aliased(Hub)
    row = db.execute(_pools(origin, destination).where(Pool.id == pool_id)).one()
    return _pool_out(*row)


@router.post("/pools", status_code=201, summary="Open a pool toward a hub of yours")
def open_pool(wish: schemas.PoolIn, response: Response, db: Db, now: Now, actor: Opener) -> schemas.PoolOut:
    made = service.open_pool(db, actor, service.PoolSaid(**wish.model_dump()), now=now)
    response.headers["Location"] = f"/api/pools/{made.id}"
    return _one_pool(db, made.id)


@router.get("/pools/{pool_id}", summary="A pool and its live figures")
def pool(pool_id: UUID, db: Db, now: Now, _actor: Visitor) -> schemas.PoolDetailOut:
    found = get_pool(db, pool_id)
    shown = figures.figures_of(db, found, None, now)
    lane = shown.lane
    return schemas.PoolDetailOut(
        **_pool_fields(found, lane.origin, lane.destination, shown.buyers, shown.value),
        weight_g=shown.weight_g,
        volume_cm3=shown.volume_cm3,
        shipping=shown.total,
        shipping_alone=shown.alone,
        minimums=[
            schemas.MinimumOut(
                producer_id=each.maker.id,
                slug=each.maker.slug,
                name=each.maker.name,
                minimum_order=each.maker.minimum_order,
                small_order_fee=each.maker.small_order_fee,
                ordered=each.ordered,
                missing=each.missing,
                certificate=each.certificate.number if each.certificate else None,
                certified_until=each.certificate.valid_until if each.certificate else None,
            )
            for each in shown.makers
        ],
        curve=[schemas.PointOut(buyers=point.buyers, amount=point.amount) for point in shown.curve],
        departs_on=shown.departs_on,
        arrives_on=shown.arrives_on,
    )


@router.get("/pools/{pool_id}/offers", summary="What can be ordered in a pool")
def offers(pool_id: UUID, db: Db, now: Now, _actor: Visitor) -> list[schemas.OfferInPoolOut]:
    found = get_pool(db, pool_id)
    own = set(schemas.OfferInPoolOut.model_fields) - {"producer", "producer_id"}
    return [
        schemas.OfferInPoolOut(
            **{name: getattr(offer, name) for name in own}, producer_id=maker.id, producer=maker.name
        )
        for offer, _terms, maker in offers_in(db, found, now.date())
    ]


@router.get("/pools/{pool_id}/cases", summary="Cases and least quantities that buyers fill together")
def cases(pool_id: UUID, db: Db, _actor: Visitor) -> list[schemas.CasesOut]:
    found = get_pool(db, pool_id)
    names = schemas.CasesOut.model_fields
    return [schemas.CasesOut(**{name: getattr(each, name) for name in names}) for each in cases_in(db, found)]


def _wanted(wish: schemas.WantedIn) -> Wanted:
    quantities: dict[UUID, int] = {}
    for at, line in enumerate(wish.lines):
        if line.offer_id in quantities:
            raise Faulty(fields={f"/lines/{at}/offer_id": "Order each offer in one line."})
        quantities[line.offer_id] = line.quantity
    least = {line.offer_id: line.least for line in wish.lines if line.least and line.least != line.quantity}
    stays = wish.stays_if_extended if isinstance(wish, schemas.OrderIn) else None
    return Wanted(quantities, wish.needed_by, least, stays)


def _told_by_line(wish: schemas.WantedIn, use: Callable[[Wanted], Made]) -> Made:
    """Run a use case; faults of a quantity are told at its line."""
    place = {field_of(line.offer_id): f"/lines/{at}/quantity" for at, line in enumerate(wish.lines)}
    try:
        return use(_wanted(wish))
    except Faulty as refusal:
        fields = {place.get(name, name): words for name, words in refusal.fields.items()}
        raise Faulty(refusal.detail, fields=fields) from refusal


@router.post("/pools/{pool_id}/quote", summary="What an order would cost; nothing is ordered")
def ask_quote(pool_id: UUID, wish: schemas.WantedIn, db: Db, now: Now, actor: Buyer) -> schemas.QuoteOut:
    found = get_pool(db, pool_id)
    replaces = current_order(db, found.id, actor.organisation_id)
    made = _told_by_line(wish, lambda wanted: quote(db, found, wanted, now, replaces=replaces))
    return _quote_out(made, Sources(db, made))


def _quote_out(made: Quote, sources: Sources) -> schemas.QuoteOut:
    vat = sources.vat()
    return schemas.QuoteOut(
        currency=made.currency,
        goods=made.goods,
        alone=made.alone,
        pooled=made.pooled,
        saved=made.saved,
        price=made.price,
        most=made.most,
        duty=made.duty,
        duty_alone=made.duty_alone,
        duty_pooled=made.duty_pooled,
        duties=_duties_out(shown_for(made.duties, made.wish.goods, made.price, made.duty)),
        vat=schemas.VatOut(**{name: getattr(vat, name) for name in schemas.VatOut.model_fields}),
        exchange_rates=sources.exchanged(),
        sources=[schemas.SourceOut(**row) for row in sources.rows()],
        buyers=made.buyers,
        needed_by=made.wish.needed_by,
        alone_parts=[_part_out(part) for part in made.alone_parts],
        pooled_parts=[_part_out(part) for part in made.pooled_parts],
        trips=[_trip_out(trip) for trip in made.trips],
    )


def _duties_out(shown: list[DutyShown]) -> list[schemas.DutyOut]:
    return [
        schemas.DutyOut(
            title=each.line.title,
            hs_code=each.line.hs_code,
            rate=each.line.rate,
            amount=each.amount,
            source=duty_source(each.line),
            preference=each.line.preference,
            proof=each.line.proof,
            proof_saves=each.saved,
        )
        for each in shown
    ]


def _part_out(part: Part) -> schemas.PartOut:
    return schemas.PartOut(**part.to_dict())


def _trip_out(trip: Trip) -> schemas.TripOut:
    return schemas.TripOut(
        line=trip.line,
        producer=trip.producer,
        service=trip.service,
        mode=trip.mode,
        ready_on=trip.ready_on,
        departs_on=trip.departs_on,
        arrives_on=trip.arrives_on,
        waits=trip.waits,
    )


@router.post(
    "/pools/{pool_id}/orders", status_code=201, summary="Join a pool; nothing is charged before it closes"
)
def join(
    pool_id: UUID, wish: schemas.OrderIn, response: Response, db: Db, now: Now, actor: Buyer
) -> schemas.OrderOut:
    made = _told_by_line(
        wish, lambda wanted: ordering.join(db, actor, pool_id, wanted, now=now, at_most=wish.at_most)
    )
    response.headers["Location"] = f"/api/orders/{made.id}"
    return _order_out(db, made, get_pool(db, pool_id))


@router.get("/orders", summary="Your orders, the newest first")
def orders(db: Db, actor: Reader) -> list[schemas.OrderOut]:
    rows = db.execute(
        select(Order, Pool)
        .join(Pool, Pool.id == Order.pool_id)
        .where(Order.organisation_id == actor.organisation_id)
        .order_by(Order.joined_at.desc(), Order.id)
        .limit(100),
    ).all()
    return [_order_out(db, order, pool) for order, pool in rows]


@router.get("/orders/{order_id}", summary="One of your orders, alone against pooled")
def order(order_id: UUID, db: Db, actor: Reader) -> schemas.OrderOut:
    return _order_out(db, *ordering.own_order(db, actor, order_id))


@router.put("/orders/{order_id}", summary="Change an order before its pool closes")
def change(order_id: UUID, wish: schemas.OrderIn, db: Db, now: Now, actor: Buyer) -> schemas.OrderOut:
    made = _told_by_line(
        wish, lambda wanted: ordering.change(db, actor, order_id, wanted, now=now, at_most=wish.at_most)
    )
    return _order_out(db, made, get_pool(db, made.pool_id))


@router.get("/orders/{order_id}/leaving", summary="What leaving its pool would cost now")
def leaving(order_id: UUID, db: Db, now: Now, actor: Reader) -> schemas.LeavingOut:
    order, pool = ordering.own_open_order(db, actor, order_id, now)
    return schemas.LeavingOut(currency=pool.currency, charge=ordering.leaving_costs(db, order, pool, now))


@router.post(
    "/orders/{order_id}/leave",
    summary="Leave a pool before it closes, for what the others' quotes cannot pay without you",
)
def leave(
    order_id: UUID,
    db: Db,
    now: Now,
    actor: Buyer,
    at_most: Annotated[int | None, Query(ge=0, description="the charge that you saw")] = None,
) -> schemas.OrderOut:
    made = ordering.leave(db, actor, order_id, now=now, at_most=at_most)
    return _order_out(db, made, get_pool(db, made.pool_id))


@router.post("/orders/{order_id}/extension", summary="Say whether an order stays if its pool is extended")
def say_extension(
    order_id: UUID, wish: schemas.ExtensionIn, db: Db, now: Now, actor: Buyer
) -> schemas.OrderOut:
    made = extending.say(db, actor, order_id, stays=wish.stays, now=now)
    return _order_out(db, made, get_pool(db, made.pool_id))


@router.post("/orders/{order_id}/received", summary="Say that everything of a delivered order came")
def received(order_id: UUID, db: Db, now: Now, actor: Receiver) -> schemas.ReceivedOut:
    return schemas.ReceivedOut(order_id=order_id, said_at=receiving.confirm(db, actor, order_id, now=now))


def _order_out(db: Session, order: Order, pool: Pool) -> schemas.OrderOut:
    charge = db.get(Charge, order.id)
    return schemas.OrderOut(
        id=order.id,
        number=order.number,
        pool_id=order.pool_id,
        state=order.state,
        currency=pool.currency,
        needed_by=order.needed_by,
        goods=order.goods,
        alone=order.alone,
        quote=order.quote,
        duty=order.duty,
        most=order.most,
        alone_parts=[schemas.PartOut(**part) for part in order.terms["alone"]],
        lines=[_line_out(line) for line in lines_of(db, order.id)],
        trips=[_trip_out(trip) for trip in figures.trips_in_plan(db, order)] if charge else [],
        charge=_charge_out(charge) if charge else None,
        joined_at=order.joined_at,
        left_at=order.left_at,
        leaving_charge=order.leaving_charge,
        stays_if_extended=order.stays_if_extended,
        version=order.version,
    )


def _line_out(line: OrderLine) -> schemas.OrderLineOut:
    return schemas.OrderLineOut(**{name: getattr(line, name) for name in schemas.OrderLineOut.model_fields})


def _charge_out(charge: Charge) -> schemas.ChargeOut:
    own = "reference goods shipping direct joint duty duty_assessed total alone due_on paid_at"
    return schemas.ChargeOut(
        **{name: getattr(charge, name) for name in own.split()},
        duty_alone=charge.items.get("duty_alone", 0),
        pooled_parts=[schemas.PartOut(**part) for part in charge.items["pooled"]],
    )


@router.get("/consignments", summary="What a producer prepares, by order")
def consignments(db: Db, actor: Producer) -> list[schemas.ConsignmentOut]:
    return [
        schemas.ConsignmentOut(
            pool_id=each.pool.id,
            pool=each.pool.number,
            pool_state=each.pool.state,
            order=number,
            lines=[_line_out(line) for line, of in each.lines if of == number],
            value=sum(line.value for line, of in each.lines if of == number),
            trip=_trip_out(each.trips[number]) if number in each.trips else None,
        )
        for each in to_prepare(db, actor.organisation_id)
        for number in sorted({number for _, number in each.lines})
    ]


@alone.post("/pools/{pool_id}/close", status_code=202, summary="Close a pool now; its steps follow")
def close(pool_id: UUID, db: Db, now: Now, actor: Closer) -> schemas.StepsOut:
    return _steps_out(db, service.close(db, actor, pool_id, now=now))


@router.post("/pools/{pool_id}/cancel", summary="Cancel a pool: everybody's cost is 0")
def cancel(pool_id: UUID, wish: schemas.CancelIn, db: Db, now: Now, actor: Closer) -> schemas.PoolOut:
    service.cancel(db, actor, pool_id, wish.because, now=now)
    return _one_pool(db, pool_id)


@router.post("/pools/{pool_id}/delivered", summary="Say that everything of a pool without shipments came")
def delivered(pool_id: UUID, db: Db, now: Now, actor: Closer) -> schemas.PoolOut:
    service.delivered_directly(db, actor, pool_id, now=now)
    return _one_pool(db, pool_id)


@router.get("/pools/{pool_id}/steps", summary="Steps of closing")
def steps(pool_id: UUID, db: Db, actor: Watcher) -> schemas.StepsOut:
    found = get_pool(db, pool_id)
    own = db.get_one(Hub, found.hub_id).organisation_id == actor.organisation_id
    if not own and Role.OPERATOR not in actor.roles:
        raise Missing
    return _steps_out(db, found)


@router.post("/pools/{pool_id}/steps/retry", status_code=202, summary="Try a failed step again")
def retry(pool_id: UUID, db: Db, now: Now, actor: Closer) -> schemas.StepsOut:
    return _steps_out(db, service.retry_step(db, actor, pool_id, now=now))


@router.post(
    "/pools/{pool_id}/steps/override",
    status_code=202,
    summary="Go on without the goods of makers that are not certified any more",
)
def override(pool_id: UUID, wish: schemas.OverrideIn, db: Db, now: Now, actor: Closer) -> schemas.StepsOut:
    return _steps_out(db, freezing.override(db, actor, pool_id, wish.because, now=now))


def _steps_out(db: Session, pool: Pool) -> schemas.StepsOut:
    names = schemas.StepOut.model_fields
    return schemas.StepsOut(
        state=pool.state,
        steps=[
            schemas.StepOut(**{name: getattr(step, name) for name in names})
            for step in closing.every_step_of(db, pool.id)
        ],
    )


def _document(db: Session, pool_id: UUID, name: str) -> Response:
    """A document of a planned pool, to compute it again. Missing: not planned yet."""
    stored = db.get(PoolPlan, pool_id)
    form = getattr(stored, name) if stored is not None and stored.sharing is not None else None
    if form is None:
        raise Missing
    return Response(
        published(form),  # byte for byte what the log has the hash of
        media_type="application/json",
        headers={"Content-Disposition": f'inline; filename="{name}.json"', "Cache-Control": "no-cache"},
    )


DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}}}


@router.get(
    "/pools/{pool_id}/problem",
    summary="The pooling problem of a planned pool (fairhaul-pooling/1)",
    response_class=JSONResponse,
    responses=DOCUMENT,
)
def problem(pool_id: UUID, db: Db, _actor: Visitor) -> Response:
    return _document(db, pool_id, "problem")


@router.get(
    "/pools/{pool_id}/plan",
    summary="Its plan (fairhaul-plan/1)",
    response_class=JSONResponse,
    responses=DOCUMENT,
)
def planned(pool_id: UUID, db: Db, _actor: Visitor) -> Response:
    return _document(db, pool_id, "plan")


@router.get(
    "/pools/{pool_id}/quotes",
    summary="The most that each order accepted, by its number",
    response_class=JSONResponse,
    responses=DOCUMENT,
)
def quotes(pool_id: UUID, db: Db, _actor: Visitor) -> Response:
    return _document(db, pool_id, "quotes")


@router.get(
    "/pools/{pool_id}/sharing",
    summary="How its cost was shared (fairhaul-sharing/1)",
    response_class=JSONResponse,
    responses=DOCUMENT,
)
def sharing(pool_id: UUID, db: Db, _actor: Visitor) -> Response:
    return _document(db, pool_id, "sharing")


router.include_router(alone)
