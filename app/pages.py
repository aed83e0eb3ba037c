"""Pages for people: the templates, and what every page knows."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.db import uuid7
from app.errors import NotSignedIn, Refusal
from app.language import LOCALES, Language, chosen, language
from app.permissions import Actor, may

FOLDER: Final = Path(__file__).parent / "templates"
LOCALE_COOKIE: Final = "fairhaul_locale"
NOTICE_COOKIE: Final = "fairhaul_notice"
STATIC: Final = Path(__file__).parent / "static"
STATIC_VERSION: Final = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(STATIC.glob("fairhaul.*"))),
).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class NavItem:
    href: str
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    name: str


def _environment(lang: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lang.text,
        lang.texts_by_number,
        newstyle=True,
    )
    environment.filters.update(
        amount=lang.amount,
        money=lang.money,
        number=lang.number,
        percent=lang.percent,
        weight=lang.weight,
        volume=lang.volume,
        day=lang.day,
        short_day=lang.short_day,
        weekday=lang.weekday,
        moment=lang.moment,
        country=lang.country,
    )
    environment.globals["form_key"] = lambda: str(uuid7())
    return environment


_environments = {code: _environment(language(code)) for code in LOCALES}


def language_of(request: Request) -> Language:
    actor: Actor | None = getattr(request.state, "actor", None)
    if (wish := request.query_params.get("lang")) in LOCALES:
        return language(str(wish))
    code = chosen(
        request.cookies.get(LOCALE_COOKIE),
        actor.locale if actor else None,
        request.headers.get("accept-language", ""),
    )
    return language(code)


def navigation(actor: Actor | None, path: str, lang: Language) -> list[NavItem]:
    """The entries that this person can use, the everyday ones first."""
    _ = lang.text
    entries: list[tuple[str, str]] = []
    if actor is not None:
        wanted = [
            ("case.read-own", "/certification", _("Certification")),
            ("offer.read-own", "/offers", _("Our offers")),
            ("consignment.read-own", "/orders-for-us", _("Orders for us")),
            ("offer.read-own", "/our-lots", _("Our lots")),
            ("case.read", "/queue", _("Queue")),
            ("complaint.handle", "/ombudsperson", _("Complaints")),
            ("case.assign", "/workload", _("Workload")),
            ("programme.read", "/programme", _("Programme")),
            ("order.read-own", "/orders", _("Our orders")),
            ("pool.open", "/hub", _("Our hub")),
            ("shipment.read-own", "/shipments", _("Shipments")),
            ("money.read-own", "/money", _("Money")),
            ("money.read", "/ledger", _("Ledger")),
        ]
        entries += [(href, label) for action, href, label in wanted if may(actor, action)]
    entries += [
        ("/makers", _("Makers")),
        ("/pools", _("Pools")),
        ("/registry", _("Registry")),
    ]
    return [
        NavItem(href, label, current=path == href or path.startswith(href + "/")) for href, label in entries
    ]


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Render `template` with `context` and with what the layout needs."""
    lang = language_of(request)
    actor: Actor | None = getattr(request.state, "actor", None)
    path = request.url.path
    text = (
        _environments[lang.code]
        .get_template(template)
        .render(
            actor=actor,
            nav=navigation(actor, path, lang),
            locale=lang.code,
            locales=[Choice(code, name) for code, name in LOCALES.items()],
            static_version=STATIC_VERSION,
            dir=lang.direction,
            notice=request.cookies.get(NOTICE_COOKIE) and notices(lang).get(request.cookies[NOTICE_COOKIE]),
            demo=request.app.state.settings.demo,
            path=path,
            status=status,
            now=getattr(request.state, "now", None),
            may=lambda action: may(actor, action),
            **context,
        )
    )
    reply = HTMLResponse(text, status, headers={"Vary": "Cookie, Accept-Language"})
    if "lang" in request.query_params:
        reply.set_cookie(LOCALE_COOKIE, lang.code, max_age=31_536_000, httponly=True, samesite="lax")
    if NOTICE_COOKIE in request.cookies:
        reply.delete_cookie(NOTICE_COOKIE)
    return reply


def go(address: str, notice: str | None = None) -> RedirectResponse:
    """After a form was taken: see another page, with a word of what was done (a key of `notices`)."""
    reply = RedirectResponse(address, 303)
    if notice:
        reply.set_cookie(NOTICE_COOKIE, notice, max_age=60, httponly=True, samesite="lax")
    return reply


def notices(lang: Language) -> Mapping[str, str]:
    """What a page says after something was done. Keys, so that nobody can write a notice by a cookie."""
    _ = lang.text
    return {
        "saved": _("Saved."),
        "claim-filed": _("The claim is filed. Add pictures, so that it can be judged."),
        "welcome": _("Welcome. Your account is ready."),
        "signed-out": _("You are signed out."),
        "password-changed": _("Your password is changed. Sign in with the new one."),
        "reset-sent": _("If an account has this address, a message with a link is on its way."),
        "evidence-added": _("The file is stored and its contents are checked."),
        "evidence-removed": _("The file is no longer part of the answer."),
        "submitted": _("Handed in. An auditor will be assigned; you will be told."),
        "assigned": _("Assigned. The person has been told."),
        "interest-declared": _("Declared. It counts from now on."),
        "recommended": _("Recommended. Somebody who took no part now decides."),
        "decided": _("Decided. The organisation has been told, and the registry shows it."),
        "appealed": _(
            "Your appeal is lodged. A panel of people who took no part looks at the decision again."
        ),
        "panel-convened": _("The panel is named, and its members have been told."),
        "appeal-settled": _("Settled. Everybody who had a part in the case has been told."),
        "conflict-reported": _("Marked for review. Somebody who took no part says what becomes of it."),
        "renewal-begun": _("Your renewal has begun. Your certificate goes on meanwhile."),
        "peer-volunteered": _("Thank you. You can be asked to visit others as a peer."),
        "offer-saved": _("The offer is saved."),
        "offer-withdrawn": _("The offer is withdrawn. Orders that have it keep it."),
        "pool-opened": _("The pool is open."),
        "pool-closing": _("The pool is closing. Planning takes a few seconds; this page shows each step."),
        "pool-cancelled": _("The pool is cancelled. Nobody pays, and everybody has been told."),
        "joined": _("You are in. Nothing is taken before the pool closes."),
        "order-changed": _("Your order is changed."),
        "order-left": _("You left the pool."),
        "invited": _("You are invited to this pool. Look at it; to join, sign in or sign up as a buyer."),
        "payment-received": _("The payment is booked."),
        "statement-booked": _("The payments of the statement are booked."),
        "card-forgotten": _("The card is not used any more."),
        "by-transfer": _("You pay this order by bank transfer."),
        "payout-details-kept": _("Kept. Everybody of your organisation is told by mail."),
        "payout-details-confirmed": _("Confirmed. The new details count from now on."),
        "payout-details-taken-back": _("Taken back. What stood before counts on."),
        "advance-asked": _("Your advance is on the list: it is paid within ten days."),
        "receipt-given": _("Thank you. It is counted as paid."),
        "receipt-refused": _("The operators have been told, and look for the money."),
        "batch-proposed": _("Proposed. Another person releases it."),
        "batch-released": _("Released."),
        "batch-refused": _("Refused. Its payouts can be proposed again."),
        "batch-sent": _("Marked as sent. The payees have been told."),
        "payout-arrived": _("The payout is booked as arrived."),
        "payout-failed": _("It is owed again, and can be proposed anew."),
        "milestone-set": _("The milestone is set. Buyers and makers have been told."),
        "message-sent": _("Sent. The ombudsperson will read it."),
        "complaint-appealed": _("Your appeal is lodged. Another ombudsperson looks at the result."),
        "complaint-withdrawn": _("You have taken the complaint back."),
        "code-forgotten": _("This browser has forgotten your code."),
        "published": _("Published. Everybody can read it."),
        "confirm-by-mail": _(
            "A message with a link is on its way. The comment is published once you open it."
        ),
        "comment-confirmed": _("Thank you. Your comment is published."),
        "imported": _("Everything was imported."),
        "planning-asked": _("The plan is being made. This page shows it in a moment."),
        "booking-asked": _("The paid pools are being booked. This page shows it in a moment."),
        "carriers-asked": _("The carriers are being asked."),
        "labels-made": _("The labels are made. Print them and put one on each parcel."),
        "loading-asked": _("The plan is being made. This page shows it when it is there."),
        "webhook-sent": _("On its way. Load this page again in a moment to see whether it arrived."),
        "webhook-secret": _("A new secret signs from now on; the old one signs beside it for a day."),
    }


# A browser sends a form again when its answer is loaded anew, so nothing typed has to be kept here.
SIGNED_OUT: Final = (
    "Nothing was stored, and what you typed is not lost. Sign in in a new tab, then come back to this one, "
    "load it again and let your browser send the form again."
)


def error_page(request: Request, refusal: Refusal) -> Response:
    """A page that says what happened and what to do. Not signed in: to the sign-in page, and back."""
    if isinstance(refusal, NotSignedIn) and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    _ = language_of(request).text
    signed_out = isinstance(refusal, NotSignedIn)
    reply = page(
        request,
        "error.html",
        status=int(refusal.status),
        title=_("You are signed out") if signed_out else _(refusal.title),
        detail=_(SIGNED_OUT) if signed_out else _(refusal.detail),
        new_tab=signed_out,
        what_next=[_(words) for words in refusal.fields.values()],
        request_id=getattr(request.state, "request_id", ""),
    )
    if refusal.status == 429:
        reply.headers["Retry-After"] = str(getattr(refusal, "retry_after", 900))
    return reply
