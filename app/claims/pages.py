"""Pages of what came, and of claims."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.claims import counting, service
from app.claims.models import Bearer
from app.claims.showing import picture
from app.claims.words import bearers, states
from app.errors import Faulty, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs, Role
from app.routes import page_router
from app.trade.models import OrderState
from app.trade.ordering import own_order
from app.trade.quoting import lines_of
from app.trade.service import own_pool
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Counter = Annotated[Actor, Depends(Needs("delivery.count"))]
Buyer = Annotated[Actor, Depends(Needs("claim.file"))]
Reader = Annotated[Actor, Depends(Needs("claim.read"))]
Answerer = Annotated[Actor, Depends(Needs("claim.answer"))]


@router.get("/pools/{pool_id}/received")
def received(request: Request, pool_id: UUID, db: Db, actor: Counter) -> Response:
    return _received(request, db, actor, pool_id, Form.empty())


def _received(
    request: Request, db: Session, actor: Actor, pool_id: UUID, form: Form, status: int = 200
) -> Response:
    pool = own_pool(db, actor, pool_id)
    return page(
        request,
        "claims/received.html",
        status=status,
        form=form,
        pool=pool,
        rows=counting.came(db, pool) if pool.state in counting.COUNTED_IN else [],
        bearers=bearers(language_of(request).text),
    )


@router.post("/pools/{pool_id}/received")
def count(request: Request, pool_id: UUID, form: FormData, db: Db, now: Now, actor: Counter) -> Response:
    own_pool(db, actor, pool_id)
    _ = language_of(request).text
    pieces = form.integer("received", _("Enter how many pieces came."))
    where = form.raw("borne_by")
    offer_id: UUID | None = None
    try:
        offer_id = UUID(form.raw("offer_id"))
    except ValueError:
        form.fault("", _("Choose the goods that you counted."))
    try:
        form.check()
        assert offer_id is not None
        counting.count(
            db,
            actor,
            pool_id,
            offer_id,
            received=pieces,
            borne_by=Bearer(where) if where in set(Bearer) else None,
            words=form.raw("words"),
            now=now,
        )
    except Faulty as refusal:
        form.take(refusal)
        return _received(request, db, actor, pool_id, form, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _received(request, db, actor, pool_id, form, int(refusal.status))
    return go(f"/pools/{pool_id}/received", "saved")


@router.get("/claims")
def claims(request: Request, db: Db, now: Now, actor: Reader) -> Response:
    _ = language_of(request).text
    return page(
        request,
        "claims/claims.html",
        rows=[(each, service.answers(db, actor, each)) for each in service.listed(db, actor)],
        states=states(_),
        today=now.date(),
        buys=Role.BUYER in actor.roles,
    )


@router.get("/orders/{order_id}/claims/new")
def new(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    return _new(request, db, actor, order_id, Form.empty(), now)


def _new(
    request: Request, db: Session, actor: Actor, order_id: UUID, form: Form, now: Now, status: int = 200
) -> Response:
    order, pool = own_order(db, actor, order_id)
    until = order.delivered_at + service.FILED_WITHIN if order.delivered_at else None
    return page(
        request,
        "claims/new.html",
        status=status,
        form=form,
        order=order,
        pool=pool,
        lines=[(line, left) for line in lines_of(db, order.id) if (left := service.claimable(db, line))],
        until=until,
        can=order.state == OrderState.DELIVERED and until is not None and now <= until,
        days=service.ANSWERED_WITHIN.days,
    )


@router.post("/orders/{order_id}/claims/new")
def file(request: Request, order_id: UUID, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    own_order(db, actor, order_id)
    _ = language_of(request).text
    lines = {str(line.id): line.id for line in lines_of(db, order_id)}
    chosen = form.choice("line_id", lines, _("Choose the goods that came damaged."))
    pieces = form.integer("pieces", _("Enter how many pieces are damaged."))
    words = form.text("words", _("Say what is damaged, and how."), most=service.LONGEST_WORDS)
    try:
        form.check()
        made = service.file(db, actor, order_id, lines[chosen], pieces=pieces, words=words, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _new(request, db, actor, order_id, form, now, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _new(request, db, actor, order_id, form, now, int(refusal.status))
    return go(f"/claims/{made.id}", "claim-filed")


@router.get("/claims/{claim_id}")
def claim(request: Request, claim_id: UUID, db: Db, now: Now, actor: Reader) -> Response:
    return _claim(request, db, actor, claim_id, Form.empty(), now)


def _claim(
    request: Request,
    db: Session,
    actor: Actor,
    claim_id: UUID,
    form: Form,
    now: Now,
    status: int = 200,
    code: str = "",
) -> Response:
    found = service.seen(db, actor, claim_id)
    _ = language_of(request).text
    mine = found.order.organisation_id == actor.organisation_id and Role.BUYER in actor.roles
    return page(
        request,
        "claims/claim.html",
        status=status,
        form=form,
        told=found,
        claim=found.claim,
        photos=service.photos(db, claim_id),
        states=states(_),
        bearers=bearers(_),
        mine=mine,
        maker=found.line.producer_id == actor.organisation_id,
        answers=service.answers(db, actor, found),
        can_escalate=mine and service.can_escalate(found, now),
        can_add=mine and found.claim.state == "filed",
        most_photos=service.MOST_PHOTOS,
        code=code,
    )


@router.get("/claims/{claim_id}/photos/{damage_id}")
def photo(request: Request, claim_id: UUID, damage_id: UUID, db: Db, actor: Reader) -> Response:
    return picture(request.app.state.store, service.photo(db, actor, claim_id, damage_id))


@router.post("/claims/{claim_id}/photos")
def add_photo(request: Request, claim_id: UUID, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    service.seen(db, actor, claim_id)
    file = form.files.get("file")
    if file is None:
        form.fault("file", language_of(request).text("Choose a picture."))
    try:
        form.check()
        assert file is not None
        service.add_photo(db, request.app.state.store, actor, claim_id, file.file, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _claim(request, db, actor, claim_id, form, now, 422)
    return go(f"/claims/{claim_id}", "saved")


@router.post("/claims/{claim_id}/accept")
def accept(request: Request, claim_id: UUID, form: FormData, db: Db, now: Now, actor: Answerer) -> Response:
    where = form.raw("borne_by")
    try:
        service.accept(
            db,
            actor,
            claim_id,
            borne_by=Bearer(where) if where in set(Bearer) else None,
            words=form.raw("words"),
            now=now,
        )
    except Faulty as refusal:
        form.take(refusal)
        return _claim(request, db, actor, claim_id, form, now, 422)
    return go(f"/claims/{claim_id}", "saved")


@router.post("/claims/{claim_id}/refuse")
def refuse(request: Request, claim_id: UUID, form: FormData, db: Db, now: Now, actor: Answerer) -> Response:
    try:
        service.refuse(db, actor, claim_id, words=form.raw("words"), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _claim(request, db, actor, claim_id, form, now, 422)
    return go(f"/claims/{claim_id}", "saved")


@router.post("/claims/{claim_id}/escalate")
def escalate(request: Request, claim_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    deadlines = request.app.state.settings.complaint_deadlines
    _claim_row, code = service.escalate(db, actor, claim_id, deadlines=deadlines, now=now)
    return _claim(request, db, actor, claim_id, Form.empty(), now, code=code)
