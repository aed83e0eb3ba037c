"""Pages of accounts and organisations."""

import re
from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select

from app.errors import Faulty, NotSignedIn, Refusal, TooMany
from app.forms import Form
from app.identity import COOKIE, actor_of
from app.language import LOCALES, Language
from app.organisations import service
from app.organisations.models import ApiToken, Kind, Organisation, Person
from app.organisations.regions import REGION_OF
from app.pages import LOCALE_COOKIE, go, language_of, page
from app.permissions import Actor, Anybody, Needs, Role
from app.routes import page_router
from app.settings import Settings
from app.transaction import Db, Now
from certification.profile import Kind as WorksAs
from certification.profile import ProductKind, Trait

router = page_router()

MOST_PEOPLE: Final = 10_000_000
SITE_ROWS: Final = 3
MOST_SITES: Final = 40
SITE_FIELD: Final = re.compile(r"site(\d{1,2})_")

FormData = Annotated[Form, Depends(Form.read)]
Visitor = Annotated[Actor | None, Depends(Anybody())]
SignUp = Annotated[Actor | None, Depends(Anybody("account.sign-up"))]
SignIn = Annotated[Actor | None, Depends(Anybody("account.sign-in"))]
Reset = Annotated[Actor | None, Depends(Anybody("account.reset-password"))]
Member = Annotated[Actor, Depends(Needs("account.own"))]
Describer = Annotated[Actor, Depends(Needs("organisation.describe"))]


def countries(lang: Language) -> list[tuple[str, str]]:
    """(code, name) of every country, in the reader's order."""
    return sorted(((code, lang.country(code)) for code in REGION_OF), key=lambda each: each[1])


def start_page(actor: Actor) -> str:
    """Where somebody goes who has just signed in: the place of their daily work."""
    for role, address in (
        (Role.PRODUCER, "/certification"),
        (Role.BUYER, "/pools"),
        (Role.AUDITOR, "/queue"),
        (Role.DECISION_MAKER, "/queue"),
        (Role.PROGRAMME, "/queue"),
        (Role.HUB, "/hub"),
        (Role.OPERATOR, "/ledger"),
        (Role.OMBUDSPERSON, "/ombudsperson"),
    ):
        if role in actor.roles:
            return address
    return "/"


def local(address: str) -> str | None:
    """`address` if it is a page of ours: never another site's."""
    good = address.startswith("/") and not address.startswith(("//", "/\\")) and "\n" not in address
    return address if good else None


def signed_in(request: Request, secret: str, address: str, notice: str | None = None) -> Response:
    reply = go(address, notice)
    config: Settings = request.app.state.settings
    reply.set_cookie(
        COOKIE,
        secret,
        max_age=int(service.SESSION_LENGTH.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=config.secure_cookies,
    )
    return reply


@router.get("/sign-up")
def sign_up_page(request: Request, actor: SignUp, kind: str = "") -> Response:
    if actor:
        return go(start_page(actor))
    return _sign_up(request, Form.empty(kind=kind if kind in service.SELF_SIGN_UP else ""))


def _sign_up(request: Request, form: Form, status: int = 200) -> Response:
    lang = language_of(request)
    return page(request, "organisations/sign_up.html", status=status, form=form, countries=countries(lang))


@router.post("/sign-up")
def sign_up(request: Request, form: FormData, _actor: SignUp, db: Db, now: Now) -> Response:
    lang = language_of(request)
    _ = lang.text
    kind = form.choice(
        "kind", {str(each) for each in service.SELF_SIGN_UP}, _("Choose what your organisation does.")
    )
    name = form.text("organisation", _("Enter the name of your organisation."), most=120, least=2)
    country = form.choice("country", REGION_OF, _("Choose a country from the list."))
    person = form.text("person", _("Enter your name."), most=120)
    email = form.email("email", _("Enter your email address."))
    password = form.values.get("password", "")
    try:
        service.check_password(password)
    except Faulty as refusal:
        form.take(refusal)
    try:
        form.check()
        _organisation, made = service.sign_up(
            db,
            kind=Kind(kind),
            organisation_name=name,
            country=country,
            person_name=person,
            email=email,
            password=password,
            locale=lang.code,
            now=now,
        )
    except Faulty as refusal:
        form.take(refusal)
        return _sign_up(request, form, 422)
    secret = service.start_session(db, made.id, now=now)
    return signed_in(request, secret, "/certification" if kind == Kind.PRODUCER else "/pools", "welcome")


@router.get("/sign-in")
def sign_in_page(request: Request, db: Db, actor: SignIn, next: str = "") -> Response:  # noqa: A002 - the address bar's word
    if actor:
        return go(local(next) or start_page(actor))
    return _sign_in(request, db, Form.empty(next=next))


def _sign_in(request: Request, db: Db, form: Form, status: int = 200) -> Response:
    from app.demo.cast import PASSWORD, accounts

    config: Settings = request.app.state.settings
    known = accounts(db) if config.demo else []
    return page(
        request,
        "organisations/sign_in.html",
        status=status,
        form=form,
        accounts=known,
        demo_password=PASSWORD,
    )


@router.post("/sign-in")
def sign_in(request: Request, form: FormData, _actor: SignIn, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    email = form.text("email", _("Enter your email address."), most=254)
    password = form.values.get("password", "")
    if not password:
        form.fault("password", _("Enter your password."))
    try:
        form.check()
        secret = service.sign_in(
            db,
            request.app.state.sessions,
            email=email,
            password=password[: service.LONGEST_PASSWORD],
            address=request.client.host if request.client else "?",
            now=now,
        )
    except (Faulty, NotSignedIn, TooMany) as refusal:
        if not isinstance(refusal, Faulty):
            form.fault("password", _(refusal.detail))
        reply = _sign_in(request, db, form, int(refusal.status))
        if isinstance(refusal, TooMany):
            reply.headers["Retry-After"] = str(refusal.retry_after)
        return reply
    address = local(form.raw("next"))
    if address is None:
        who = actor_of(db, secret, now)
        address = start_page(who) if who else "/"
    return signed_in(request, secret, address)


@router.post("/sign-out")
def sign_out(
    actor: Annotated[Actor | None, Depends(Anybody("account.sign-out"))], db: Db, now: Now
) -> Response:
    if actor:
        service.sign_out(db, actor, now=now)
    reply = go("/", "signed-out")
    reply.delete_cookie(COOKIE)
    return reply


@router.get("/forgot-password")
def forgot_page(request: Request, _actor: Reset) -> Response:
    return page(request, "organisations/forgot_password.html", form=Form.empty())


@router.post("/forgot-password")
def forgot(request: Request, form: FormData, _actor: Reset, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    email = form.email("email", _("Enter your email address."))
    if form.errors:
        return page(request, "organisations/forgot_password.html", status=422, form=form)
    config: Settings = request.app.state.settings
    service.ask_reset(db, email, address=config.address, now=now)
    return go("/sign-in", "reset-sent")


@router.get("/new-password/{secret}")
def new_password_page(request: Request, secret: str, _actor: Reset) -> Response:
    return page(request, "organisations/new_password.html", form=Form.empty(), secret=secret)


@router.post("/new-password/{secret}")
def new_password(request: Request, secret: str, form: FormData, _actor: Reset, db: Db, now: Now) -> Response:
    try:
        service.reset_password(db, secret, form.values.get("password", ""), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return page(request, "organisations/new_password.html", status=422, form=form, secret=secret)
    return go("/sign-in", "password-changed")


@router.get("/account")
def account_page(request: Request, actor: Member, db: Db) -> Response:
    return _account(request, actor, db, Form.empty(name=actor.name, locale=actor.locale))


def _account(request: Request, actor: Actor, db: Db, form: Form, status: int = 200) -> Response:
    tokens = db.scalars(
        select(ApiToken)
        .filter_by(person_id=actor.person_id, revoked_at=None)
        .order_by(ApiToken.created_at.desc()),
    ).all()
    return page(
        request,
        "organisations/account.html",
        status=status,
        form=form,
        tokens=tokens,
        locale_choices=list(LOCALES.items()),
    )


@router.post("/account")
def account(request: Request, form: FormData, actor: Member, db: Db) -> Response:
    _ = language_of(request).text
    name = form.text("name", _("Enter your name."), most=120)
    locale = form.choice("locale", LOCALES, _("Choose a language."))
    if form.errors:
        return _account(request, actor, db, form, 422)
    person = db.get_one(Person, actor.person_id)
    person.name, person.locale = name, locale
    reply = go("/account", "saved")
    reply.delete_cookie(LOCALE_COOKIE)
    return reply


@router.post("/account/acting-for")
def acting_for(form: FormData, actor: Member, db: Db) -> Response:
    try:
        organisation_id = UUID(form.raw("organisation"))
    except ValueError as fault:
        raise Faulty(fields={"organisation": "Choose an organisation from the list."}) from fault
    service.act_for(db, actor, organisation_id)
    return go("/")


@router.post("/account/tokens/{token_id}/revoke")
def revoke(token_id: UUID, actor: Member, db: Db, now: Now) -> Response:
    service.revoke_token(db, actor, token_id, now=now)
    return go("/account", "saved")


@router.get("/organisation")
def organisation_page(request: Request, actor: Describer, db: Db) -> Response:
    organisation = service.own(db, actor)
    form = Form.empty(
        name=organisation.name,
        country=organisation.country,
        place=organisation.place,
        about=organisation.about,
        website=organisation.website,
        works_as=organisation.works_as,
        members=organisation.members,
        workers=organisation.workers,
        listed="yes" if organisation.listed else "",
    )
    form.put_list("product_kinds", organisation.product_kinds)
    form.put_list("traits", organisation.traits)
    for row, site in enumerate(service.sites_of(db, organisation.id)):
        form.values |= {
            f"site{row}_name": site.name,
            f"site{row}_place": site.place,
            f"site{row}_people": str(site.people),
        }
    return _organisation(request, organisation, form)


def _organisation(request: Request, organisation: Organisation, form: Form, status: int = 200) -> Response:
    typed = [
        int(found[1]) for key, value in form.values.items() if value and (found := SITE_FIELD.match(key))
    ]
    return page(
        request,
        "organisations/organisation.html",
        status=status,
        form=form,
        organisation=organisation,
        producer=organisation.kind == Kind.PRODUCER,
        countries=countries(language_of(request)),
        site_rows=min(max([SITE_ROWS, *(row + 2 for row in typed)]), MOST_SITES),
    )


@router.post("/organisation")
def organisation(request: Request, form: FormData, actor: Describer, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    producer = actor.organisation_kind == Kind.PRODUCER
    name = form.text("name", _("Enter the name of your organisation."), most=120, least=2)
    country = form.choice("country", REGION_OF, _("Choose a country from the list."))
    # Fields are read in the order of the page, so that the faults at its top stand in that order.
    said = service.Description(
        name=name,
        country=country,
        place=form.text("place", _("Enter your town or village."), most=120),
        about=form.text(
            "about", _("Say in a few sentences who you are and what you make."), most=3000, least=20
        ),
        works_as=form.choice("works_as", set(WorksAs), _("Choose how you work.")) if producer else "trader",
        product_kinds=_product_kinds(form, _("Choose at least one kind of goods.") if producer else ""),
        members=form.integer(
            "members", _("Enter how many members you have; 0 if none.") if producer else "", most=MOST_PEOPLE
        ),
        workers=form.integer(
            "workers", _("Enter how many people you employ; 0 if none.") if producer else "", most=MOST_PEOPLE
        ),
        traits=form.choices("traits", set(Trait)),
        sites=_sites(form, country, _),
        website=form.text("website", most=300),
        listed=form.ticked("listed"),
    )
    if producer and not (said.members or said.workers) and "members" not in form.errors:
        form.fault("members", _("Enter at least one member or employee."))
    try:
        form.check()
        service.describe(db, actor, said, now=now)
    except Refusal as refusal:
        if isinstance(refusal, Faulty):
            form.take(refusal)
        else:
            form.fault("", refusal.detail)
        return _organisation(request, service.own(db, actor), form, int(refusal.status))
    return go("/certification" if producer else "/organisation", "saved")


def _product_kinds(form: Form, missing: str) -> list[str]:
    chosen = form.choices("product_kinds", set(ProductKind))
    if missing and not chosen:
        form.fault("product_kinds", missing)
    return chosen


def _sites(form: Form, country: str, _: Callable[[str], str]) -> list[tuple[str, str, str, int]]:
    """(name, place, country, people) of each row that is not empty."""
    sites = []
    for row in range(MOST_SITES):
        prefix = f"site{row}_"
        if not any(form.raw(prefix + part) for part in ("name", "place", "people")):
            continue
        sites.append(
            (
                form.text(prefix + "name", _("Enter what this site is called."), most=120),
                form.text(prefix + "place", _("Enter the town or village of this site."), most=120),
                country,
                form.integer(
                    prefix + "people", _("Enter how many people work at this site."), most=MOST_PEOPLE
                ),
            ),
        )
    return sites
