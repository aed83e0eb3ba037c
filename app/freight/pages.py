"""Pages of carriers and their quotes."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import CargoClass
from app.catalogue.service import CURRENCIES
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.freight import service
from app.freight.models import AnswerState, Carrier, QuoteRequest, Signing
from app.freight.service import CarrierSaid, QuestionSaid
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping.models import Hub, Service
from app.shipping.tariffs import LARGEST_QUANTITY
from app.shipping.words import WM, class_name, mode_name, tariff_words
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Writer = Annotated[Actor, Depends(Needs("rate-card.write"))]


@router.get("/carriers")
def carriers(request: Request, db: Db, actor: Writer) -> Response:
    return page(request, "freight/carriers.html", carriers=service.carriers_of(db, actor.organisation_id))


@router.get("/carriers/new")
def new_carrier(request: Request, _actor: Writer) -> Response:
    return _carrier(request, Form.empty(signing=Signing.BEARER, active="yes"))


@router.post("/carriers/new")
def add_carrier(request: Request, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    try:
        service.add_carrier(db, actor, request.app.state.settings, _carrier_said(form), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _carrier(request, form, status=422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _carrier(request, form, status=int(refusal.status))
    return go("/carriers", "saved")


@router.get("/carriers/{carrier_id}/edit")
def edit_carrier(request: Request, carrier_id: UUID, db: Db, actor: Writer) -> Response:
    carrier = service.own_carrier(db, actor, carrier_id)
    form = Form.empty(
        name=carrier.name, url=carrier.url, signing=carrier.signing, active="yes" if carrier.active else ""
    )
    return _carrier(request, form, carrier=carrier)


@router.post("/carriers/{carrier_id}/edit")
def change_carrier(
    request: Request, carrier_id: UUID, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    carrier = service.own_carrier(db, actor, carrier_id)
    try:
        service.change_carrier(
            db, actor, request.app.state.settings, carrier_id, _carrier_said(form), now=now
        )
    except Faulty as refusal:
        form.take(refusal)
        return _carrier(request, form, carrier=carrier, status=422)
    return go("/carriers", "saved")


def _carrier_said(form: Form) -> CarrierSaid:
    return CarrierSaid(
        form.raw("name"), form.raw("url"), form.raw("signing"), form.raw("secret"), form.ticked("active")
    )


def _carrier(request: Request, form: Form, *, carrier: Carrier | None = None, status: int = 200) -> Response:
    form.values.pop("secret", None)  # never sent back
    _ = language_of(request).text
    ways = [
        (Signing.BEARER, _("A token"), _("Sent as it is with each request.")),
        (Signing.HMAC, _("A signature"), _("The secret stays here; each request is signed with it.")),
    ]
    return page(request, "freight/carrier.html", status=status, form=form, carrier=carrier, ways=ways)


@router.get("/freight-quotes")
def questions(request: Request, db: Db, actor: Writer) -> Response:
    names = {hub.id: hub.name for hub in db.scalars(select(Hub))}
    rows = [
        (each, f"{names[each.origin_id]} – {names[each.destination_id]}")
        for each in service.requests_of(db, actor.organisation_id)
    ]
    known = bool(service.carriers_of(db, actor.organisation_id))
    return page(request, "freight/questions.html", rows=rows, known=known)


@router.get("/freight-quotes/new")
def new_question(request: Request, db: Db, now: Now, actor: Writer) -> Response:
    today = now.date()
    form = Form.empty(
        currency="USD",
        cargo_class=CargoClass.AMBIENT,
        consignees=1,
        ready_on=today + timedelta(days=14),
        due_on=today + timedelta(days=90),
    )
    form.put_list(
        "carriers", [str(each.id) for each in service.carriers_of(db, actor.organisation_id) if each.active]
    )
    return _question(request, db, actor, form)


@router.post("/freight-quotes/new")
def ask(request: Request, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    said = _question_said(form, language_of(request))
    if said is None:
        return _question(request, db, actor, form, status=422)
    try:
        made = service.ask(db, actor, said, now=now)
    except Faulty as refusal:
        names = {"weight_g": "weight", "volume_cm3": "volume"}
        form.take(Faulty(fields={names.get(name, name): words for name, words in refusal.fields.items()}))
        return _question(request, db, actor, form, status=422)
    return go(f"/freight-quotes/{made.id}", "carriers-asked")


def _question_said(form: Form, lang: Language) -> QuestionSaid | None:
    _ = lang.text
    ends: dict[str, UUID] = {}
    for name, words in (
        ("origin_id", _("Choose the hub it leaves from.")),
        ("destination_id", _("Choose the hub it goes to.")),
    ):
        try:
            ends[name] = UUID(form.raw(name))
        except ValueError:
            form.fault(name, words)
    weight = form.measure(
        "weight", _("Enter what the load weighs."), to_base=1000, unit="kg", most=LARGEST_QUANTITY
    )
    volume = form.measure(
        "volume", _("Enter how much room it takes."), to_base=WM, unit="m³", most=LARGEST_QUANTITY
    )
    consignees = form.integer("consignees", _("Enter how many buyers it is for."), least=1, most=1000)
    cargo_class = form.choice("cargo_class", set(CargoClass), _("Choose how it must travel."))
    currency = form.choice("currency", CURRENCIES, _("Choose the currency of the quotes."))
    ready_on = form.day("ready_on", _("Enter the day on which it is ready."))
    due_on = form.day("due_on", _("Enter the day by which it has to arrive."))
    carriers: set[UUID] = set()
    for each in form.lists.get("carriers", []):
        try:
            carriers.add(UUID(each))
        except ValueError:
            form.fault("carriers", _("Choose from the list."))
    if form.errors or len(ends) < 2 or ready_on is None or due_on is None:
        return None
    return QuestionSaid(
        **ends,
        weight_g=weight,
        volume_cm3=volume,
        consignees=consignees,
        cargo_class=cargo_class,
        currency=currency,
        ready_on=ready_on,
        due_on=due_on,
        carriers=carriers,
    )


def _question(request: Request, db: Session, actor: Actor, form: Form, *, status: int = 200) -> Response:
    lang = language_of(request)
    hubs = [
        (str(hub.id), f"{hub.name}, {lang.country(hub.country)}")
        for hub in db.scalars(select(Hub).order_by(Hub.name))
    ]
    return page(
        request,
        "freight/ask.html",
        status=status,
        form=form,
        hubs=hubs,
        carriers=[
            (str(each.id), each.name)
            for each in service.carriers_of(db, actor.organisation_id)
            if each.active
        ],
        classes=[(str(each), class_name(each, lang)) for each in CargoClass],
        currencies=[(code, code) for code in CURRENCIES],
    )


@router.get("/freight-quotes/{quote_request_id}")
def question(request: Request, quote_request_id: UUID, db: Db, now: Now, actor: Writer) -> Response:
    asked = service.own_request(db, actor, quote_request_id)
    lang = language_of(request)
    answers = service.answers_of(db, asked.id)
    names = {each.id: each.name for each in service.carriers_of(db, actor.organisation_id)}
    quotes = service.quotes_of(db, asked.id)
    codes = {
        each.id: each.code
        for each in db.scalars(
            select(Service).where(Service.id.in_([q.service_id for q, _ in quotes if q.service_id]))
        )
    }
    lost = asked.asked_at < now - service.STUCK_AFTER
    return page(
        request,
        "freight/question.html",
        asked=asked,
        load=service.load_of(db, asked),
        class_name=class_name(asked.cargo_class, lang),
        answers=[(each, names[each.carrier_id]) for each in answers],
        waiting=sum(each.state == AnswerState.WAITING for each in answers),
        again=any(
            each.state == AnswerState.FAILED or (each.state == AnswerState.WAITING and lost)
            for each in answers
        ),
        quotes=[_shown(quote, carrier, asked, quotes, lang) for quote, carrier in quotes],
        codes=codes,
        today=now.date(),
    )


def _shown(
    quote: Any, carrier: Carrier, asked: QuoteRequest, all_quotes: list[Any], lang: Language
) -> dict[str, Any]:
    """One column of the comparison."""
    cheapest = min(each.cost for each, _ in all_quotes)
    fastest = min(each.transit_days for each, _ in all_quotes)
    leaves = next(
        (each for each in quote.departures if each >= asked.ready_on.isoformat()), asked.ready_on.isoformat()
    )
    arrives = type(asked.ready_on).fromisoformat(leaves) + timedelta(days=quote.transit_days)
    return {
        "quote": quote,
        "carrier": carrier.name,
        "mode": mode_name(quote.mode, lang),
        "words": tariff_words(quote, lang),
        "cheapest": quote.cost == cheapest,
        "fastest": quote.transit_days == fastest,
        "more": quote.cost - cheapest,
        "arrives": arrives,
        "late": arrives > asked.due_on,
    }


@router.post("/freight-quotes/{quote_request_id}/again")
def again(quote_request_id: UUID, db: Db, now: Now, actor: Writer) -> Response:
    try:
        service.ask_again(db, actor, quote_request_id, now=now)
    except Missing:
        raise
    except Refusal:
        return go(f"/freight-quotes/{quote_request_id}")
    return go(f"/freight-quotes/{quote_request_id}", "carriers-asked")


@router.get("/freight-quotes/quotes/{freight_quote_id}/accept")
def accept_page(request: Request, freight_quote_id: UUID, db: Db, now: Now, actor: Writer) -> Response:
    quote, _carrier, asked = service.own_quote(db, actor, freight_quote_id)
    form = Form.empty(code=service.free_code(db, service.load_of(db, asked), quote.mode))
    return _accept(request, db, actor, freight_quote_id, form, now)


@router.post("/freight-quotes/quotes/{freight_quote_id}/accept")
def accept(
    request: Request, freight_quote_id: UUID, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    try:
        made = service.accept(db, actor, freight_quote_id, form.raw("code").upper(), now=now)
    except Missing:
        raise
    except Faulty as refusal:
        form.take(refusal)
        return _accept(request, db, actor, freight_quote_id, form, now, status=422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _accept(request, db, actor, freight_quote_id, form, now, status=int(refusal.status))
    return go(f"/rate-cards/{made.id}", "saved")


def _accept(
    request: Request, db: Session, actor: Actor, quote_id: UUID, form: Form, now: Any, *, status: int = 200
) -> Response:
    lang = language_of(request)
    quote, carrier, asked = service.own_quote(db, actor, quote_id)
    return page(
        request,
        "freight/accept.html",
        status=status,
        form=form,
        quote=quote,
        carrier=carrier.name,
        asked=asked,
        load=service.load_of(db, asked),
        mode=mode_name(quote.mode, lang),
        words=tariff_words(quote, lang),
        departures=sum(each >= now.date().isoformat() for each in quote.departures),
        over=quote.valid_until < now.date(),
    )
