"""Pages of payees: where they are paid, the advance, and whether money came."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Faulty, Refusal
from app.forms import Form
from app.language import Language
from app.ledger import books, owing
from app.ledger.models import Account
from app.organisations.models import Organisation
from app.organisations.pages import countries
from app.pages import go, language_of, page
from app.payouts import advances, connecting, details, operator_pages, results, words
from app.payouts.details import DetailsSaid
from app.payouts.models import PayoutDetails, Rail
from app.permissions import Actor, Needs
from app.routes import page_router
from app.transaction import Db, Now

router = page_router()
router.include_router(operator_pages.router)

FormData = Annotated[Form, Depends(Form.read)]
Payee = Annotated[Actor, Depends(Needs("money.receive"))]
Maker = Annotated[Actor, Depends(Needs("money.advance"))]
FIELDS = "holder iban account_number bic country phone provider place stripe_account"


@router.get("/payout-details")
def details_page(request: Request, db: Db, actor: Payee) -> Response:
    return own_details(request, db, actor, Form.empty(rail=Rail.BANK))


def own_details(request: Request, db: Session, actor: Actor, form: Form, status: int = 200) -> Response:
    found = details.current(db, actor.organisation_id, None)
    return page(
        request,
        "payouts/details.html",
        status=status,
        form=form,
        action="/payout-details",
        whose="",
        stripe=_stripe(request, db, actor),
        **details_context(request, found, actor),
    )


def _stripe(request: Request, db: Session, actor: Actor) -> dict[str, Any] | None:
    """An own account at Stripe; None: nobody is paid through Stripe here."""
    if request.app.state.settings.stripe_key is None:
        return None
    found = connecting.of(db, actor.organisation_id)
    lang, now = language_of(request), request.state.now
    own = db.get_one(Organisation, actor.organisation_id)
    there = found is not None and found.page_until is not None and found.page_until > now
    return {
        "found": found,
        "told": words.account(found.state, lang) if found else None,
        "page": found.page if found and there else "",
        "waits": found is not None and found.wants_page,
        "back": request.query_params.get("stripe", ""),
        "form": Form.empty(stripe_country=found.country if found else own.country),
    }


@router.post("/payout-details/stripe")
def connect(request: Request, form: FormData, db: Db, now: Now, actor: Payee) -> Response:
    try:
        connecting.ask(db, actor, request.app.state.settings, form.raw("stripe_country"), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return own_details(request, db, actor, form, 422)
    return go("/payout-details?stripe=asked")


def details_context(
    request: Request, found: PayoutDetails | None, actor: Actor, *, outsider: bool = False
) -> dict[str, Any]:
    """What the page of details shows, of whosever they are."""
    lang = language_of(request)
    now = request.state.now
    return {
        "found": found,
        "waits": found is not None and found.usable_from > now,
        "own_change": found is not None and found.made_by == actor.person_id,
        "rows": words.where(found, lang, whole=True) if found else [],
        "rails": rail_choices(request, lang, outsider=outsider),
        "countries": countries(lang),
        "days": details.WAITING.days,
    }


def rail_choices(request: Request, lang: Language, *, outsider: bool) -> list[tuple[str, str, str]]:
    _ = lang.text
    names = words.rails(lang)
    own = {
        Rail.BANK: _("To your account, anywhere."),
        Rail.STRIPE: _("To an account there that you open from this page."),
        Rail.MOBILE: _("To your phone; you say when it came."),
        Rail.CASH: _("At a place that you name; you say when you have it."),
    }
    theirs = {
        Rail.BANK: _("To an account, anywhere."),
        Rail.STRIPE: _("To an account that it has there."),
        Rail.MOBILE: _("To a phone."),
        Rail.CASH: _("At a place, against a receipt."),
    }
    hints = theirs if outsider else own
    return [(each, names[each], hints[each]) for each in details.rails(request.app.state.settings)]


def said_in(form: Form) -> DetailsSaid:
    """The details that were typed; what another way needs is left out."""
    own = {
        Rail.BANK: "iban account_number bic country",
        Rail.MOBILE: "phone provider",
        Rail.CASH: "place",
        Rail.STRIPE: "stripe_account",
    }
    rail = form.raw("rail")
    typed = {name: form.text(name, most=200) for name in FIELDS.split()}
    wanted = ["holder", *own.get(Rail(rail), "").split()] if rail in set(Rail) else ["holder"]
    return DetailsSaid(rail, **{name: typed[name] for name in wanted})


@router.post("/payout-details")
def keep_details(request: Request, form: FormData, db: Db, now: Now, actor: Payee) -> Response:
    try:
        said = said_in(form)
        form.check()
        details.keep(db, actor, request.app.state.settings, said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return own_details(request, db, actor, form, 422)
    return go("/payout-details", "payout-details-kept")


@router.post("/payout-details/{details_id}/confirm")
def confirm_details(details_id: UUID, db: Db, now: Now, actor: Payee) -> Response:
    details.confirm(db, actor, details_id, now=now)
    return go("/payout-details", "payout-details-confirmed")


@router.post("/payout-details/{details_id}/take-back")
def take_details_back(details_id: UUID, db: Db, now: Now, actor: Payee) -> Response:
    details.take_back(db, actor, details_id, now=now)
    return go("/payout-details", "payout-details-taken-back")


@router.post("/payouts/{payout_id}/advance")
def ask(payout_id: UUID, db: Db, now: Now, actor: Maker) -> Response:
    advances.ask(db, actor, payout_id, now=now)
    return go("/money", "advance-asked")


@router.get("/payouts/{payout_id}")
def own_payout(request: Request, payout_id: UUID, db: Db, actor: Payee) -> Response:
    return _payout(request, db, actor, payout_id, Form.empty())


def _payout(
    request: Request, db: Session, actor: Actor, payout_id: UUID, form: Form, status: int = 200
) -> Response:
    found = advances.own(db, actor, payout_id)
    kind = db.get_one(Account, found.account_id).kind
    owed = [each for each in books.payouts(db, pool_id=found.pool_id) if each.payout.id == found.id]
    (row,) = owing.rows(db, owed, now=request.state.now)
    lang = language_of(request)
    return page(
        request,
        "payouts/payout.html",
        status=status,
        form=form,
        row=row,
        kind=kind,
        told=words.told(row, lang),
        rails=words.rails(lang),
        parts=words.parts(lang),
        states=words.states(lang),
    )


@router.post("/payouts/{payout_id}/receipt")
def answer(request: Request, payout_id: UUID, form: FormData, db: Db, now: Now, actor: Payee) -> Response:
    received = form.raw("received") == "yes"
    said = form.text("words", most=results.LONGEST_REASON)
    try:
        form.check()
        results.answer(db, actor, payout_id, received=received, words=said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _payout(request, db, actor, payout_id, form, 422)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        form.fault("", refusal.detail)
        return _payout(request, db, actor, payout_id, form, int(refusal.status))
    return go("/money", "receipt-given" if received else "receipt-refused")
