"""Pages of webhooks: which addresses are told what, what arrived, and how to check a signature."""

import json
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.transaction import Db, Now
from app.webhooks import service
from app.webhooks.models import DeliveryState, Webhook, WebhookDelivery, WebhookMessage, WebhookState
from app.webhooks.types import EVENT_TYPES, QUERY, TEST

router = page_router()

Owner = Annotated[Actor, Depends(Needs("webhook.own"))]
FormData = Annotated[Form, Depends(Form.read)]
PAGE_SIZE: Final = 20


@router.get("/webhooks")
def webhooks(request: Request, actor: Owner, db: Db) -> Response:
    found = service.webhooks_of(db, actor.organisation_id)
    return page(
        request,
        "webhooks/webhooks.html",
        rows=[(each, *standing(each, language_of(request))) for each in found],
        names=type_names(language_of(request)),
    )


@router.get("/webhooks/events", dependencies=[Depends(Anybody())])
def events(request: Request) -> Response:
    """What can be told, for who writes the other system."""
    return page(
        request,
        "webhooks/events.html",
        types=[
            (each.name, each.words, json.dumps(each.example, indent=2, ensure_ascii=False))
            for each in EVENT_TYPES.values()
        ],
        pauses=[int(each.total_seconds()) for each in service.PAUSES],
        days=service.GIVES_UP_AFTER.days,
    )


@router.get("/webhooks/new")
def new(request: Request, actor: Owner) -> Response:  # noqa: ARG001 - it is let in by it
    return _form(request, Form.empty())


@router.post("/webhooks/new")
def add(request: Request, *, form: FormData, actor: Owner, db: Db, now: Now) -> Response:
    said = _said(request, form)
    try:
        form.check()
        made = service.add(db, actor, request.app.state.settings, said, now=now)
    except Refusal as refusal:
        return _form(request, form, refusal)
    return go(f"/webhooks/{made.id}", "saved")


@router.get("/webhooks/{webhook_id}")
def one(
    request: Request,
    webhook_id: UUID,
    actor: Owner,
    db: Db,
    page_number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    return _one(request, db, actor, service.own(db, actor, webhook_id), Form.empty(), page_number)


@router.get("/webhooks/{webhook_id}/edit")
def edit(request: Request, webhook_id: UUID, actor: Owner, db: Db) -> Response:
    found = _changeable(db, actor, webhook_id)
    form = Form.empty(url=found.url, words=found.words)
    form.put_list("types", found.types)
    return _form(request, form, webhook=found)


@router.post("/webhooks/{webhook_id}/edit")
def change(request: Request, webhook_id: UUID, *, form: FormData, actor: Owner, db: Db, now: Now) -> Response:
    found = _changeable(db, actor, webhook_id)
    said = _said(request, form)
    try:
        form.check()
        service.change(db, actor, request.app.state.settings, webhook_id, said, now=now)
    except Refusal as refusal:
        return _form(request, form, refusal, webhook=found)
    return go(f"/webhooks/{webhook_id}", "saved")


@router.post("/webhooks/{webhook_id}/test")
def try_out(request: Request, webhook_id: UUID, *, actor: Owner, db: Db, now: Now) -> Response:
    try:
        service.try_out(db, actor, webhook_id, now=now)
    except Refusal as refusal:
        return _again(request, db, actor, webhook_id, refusal)
    return go(f"/webhooks/{webhook_id}", "webhook-sent")


@router.post("/webhooks/{webhook_id}/secret")
def rotate(request: Request, webhook_id: UUID, *, actor: Owner, db: Db, now: Now) -> Response:
    service.rotate(db, actor, request.app.state.settings, webhook_id, now=now)
    return go(f"/webhooks/{webhook_id}", "webhook-secret")


@router.post("/webhooks/{webhook_id}/{state}")
def switch(request: Request, webhook_id: UUID, state: str, *, actor: Owner, db: Db, now: Now) -> Response:
    """Off, on, all missed again, or away."""
    try:
        match state:
            case "on" | "off":
                service.switch(db, actor, webhook_id, on=state == "on", now=now)
            case "replay":
                service.replay_missed(db, actor, webhook_id, now=now)
                return go(f"/webhooks/{webhook_id}", "webhook-sent")
            case "remove":
                service.remove(db, actor, webhook_id, now=now)
                return go("/webhooks", "saved")
            case _:
                raise Missing
    except Refusal as refusal:
        return _again(request, db, actor, webhook_id, refusal)
    return go(f"/webhooks/{webhook_id}", "saved")


@router.post("/webhook-deliveries/{webhook_delivery_id}/replay")
def replay(request: Request, webhook_delivery_id: UUID, *, actor: Owner, db: Db, now: Now) -> Response:
    found = db.get(WebhookDelivery, webhook_delivery_id)
    if found is None:
        raise Missing
    try:
        service.replay(db, actor, webhook_delivery_id, now=now)
    except Refusal as refusal:
        return _again(request, db, actor, found.webhook_id, refusal)
    return go(f"/webhooks/{found.webhook_id}", "webhook-sent")


def type_names(lang: Language) -> dict[str, str]:
    """A short name of each type of event."""
    _ = lang.text
    return {
        "shipment.milestone": _("A shipment has come a step further"),
        "shipment.milestone_undone": _("A step of a shipment is taken back"),
        "shipment.late": _("A shipment will be late"),
        "pool.closed": _("A pool is closed"),
        "pool.cancelled": _("A pool is cancelled"),
        "pool.extended": _("A pool stays open for longer"),
        "certificate.changed": _("Our certificate has changed"),
        "payout.sent": _("Money is on its way to us"),
        TEST: _("Test message"),
        QUERY: _("Events of a query"),
    }


def standing(webhook: Webhook, lang: Language) -> tuple[str, str]:
    """How an address stands, in words and as a tone."""
    _ = lang.text
    if webhook.state == WebhookState.DISABLED:
        return _("off"), "bad" if webhook.failing_since else "neutral"
    if webhook.failing_since:
        return _("failing since %(day)s") % {"day": lang.day(webhook.failing_since)}, "warn"
    return _("on"), "good"


def _changeable(db: Session, actor: Actor, webhook_id: UUID) -> Webhook:
    """The address of a subscribed query belongs to it, and is changed with it."""
    found = service.own(db, actor, webhook_id)
    if not found.types:
        raise Missing
    return found


def _said(request: Request, form: Form) -> service.Said:
    _ = language_of(request).text
    url = form.text("url", _("Enter an address like https://example.org/hooks."), most=service.LONGEST_URL)
    types = form.choices("types", EVENT_TYPES)
    if not types:
        form.fault("types", _("Choose one or more from the list."))
    return service.Said(url, form.text("words", most=service.LONGEST_WORDS), types)


def _form(
    request: Request, form: Form, refusal: Refusal | None = None, *, webhook: Webhook | None = None
) -> Response:
    if isinstance(refusal, Missing):
        raise refusal
    if isinstance(refusal, Faulty):
        form.take(refusal)
    elif refusal:
        form.fault("", refusal.detail)
    names = type_names(language_of(request))
    return page(
        request,
        "webhooks/form.html",
        status=int(refusal.status) if refusal else 200,
        form=form,
        webhook=webhook,
        choices=[(each, names[each], each) for each in EVENT_TYPES],
    )


def _again(request: Request, db: Session, actor: Actor, webhook_id: UUID, refusal: Refusal) -> Response:
    if isinstance(refusal, Missing):
        raise refusal
    form = Form.empty()
    form.fault("", refusal.detail)
    found = service.own(db, actor, webhook_id)
    return _one(request, db, actor, found, form, 1, status=int(refusal.status))


def _one(
    request: Request,
    db: Session,
    actor: Actor,
    webhook: Webhook,
    form: Form,
    number: int,
    *,
    status: int = 200,
) -> Response:
    lang = language_of(request)
    found = service.deliveries_of(db, webhook, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    shown = found[:PAGE_SIZE]
    tries = service.tries_of(db, [delivery.id for delivery, _ in shown])
    here = f"/webhooks/{webhook.id}"
    return page(
        request,
        "webhooks/webhook.html",
        status=status,
        form=form,
        webhook=webhook,
        standing=standing(webhook, lang),
        names=type_names(lang),
        secret=service.secret_of(db, actor, request.app.state.settings, webhook.id),
        missed=service.missed_by(db, webhook),
        deliveries=[
            (delivery, message, tries[delivery.id], *_state(delivery, lang), _laid_out(message))
            for delivery, message in shown
        ],
        previous_href=f"{here}?page={number - 1}" if number > 1 else None,
        next_href=f"{here}?page={number + 1}" if len(found) > PAGE_SIZE else None,
    )


def _state(delivery: WebhookDelivery, lang: Language) -> tuple[str, str]:
    _ = lang.text
    match delivery.state:
        case DeliveryState.DELIVERED:
            return _("arrived"), "good"
        case DeliveryState.GIVEN_UP:
            return _("did not arrive"), "bad"
        case _ if delivery.tries:
            return _("is tried again"), "warn"
        case _:
            return _("on its way"), "info"


def _laid_out(message: WebhookMessage) -> str:
    return json.dumps(json.loads(message.body), indent=2, ensure_ascii=False)
