"""The price calculator: what goods cost to make, the floor that follows, and the price."""

from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.catalogue import costing, service
from app.catalogue.costing import LARGEST_COST, LOCAL_CURRENCIES, CostingSaid, WorkedOut
from app.catalogue.models import Offer
from app.catalogue.service import LARGEST_AMOUNT, LARGEST_COUNT
from app.catalogue.typed import Words, plain_amount
from app.errors import Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.transaction import Db, Now
from certification.fair_price import PPM, PriceParts

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]
AMOUNTS: Final = ("materials", "hourly_wage", "living_wage", "overheads", "premium")
PERCENT: Final = PPM // 100


@router.get("/offers/{offer_id}/price")
def price_page(request: Request, offer_id: UUID, db: Db, actor: Writer) -> Response:
    offer = service.own_offer(db, actor, offer_id)
    worked = costing.kept(db, offer)
    return _page(request, offer, Form.empty(**_fields(offer, worked)), worked)


@router.post("/offers/{offer_id}/price")
def work_out(
    request: Request, offer_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    """Shows the floor; with the button to save, keeps it."""
    offer = service.own_offer(db, actor, offer_id)
    said = _said(form, offer, language_of(request).text)
    worked: WorkedOut | None = None
    try:
        form.check()
        worked = costing.work_out(db, said, offer.currency, now.date())
        if form.raw("do") != "save":
            return _page(request, offer, form, worked)
        price = form.money("price", offer.currency, "Enter the price of one.", least=1, most=LARGEST_AMOUNT)
        form.check()
        typed = form.raw("version")
        version = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
        costing.save(db, actor, offer_id, said, price=price, version=version, now=now)
    except service.Stale as refusal:
        form.values["version"] = str(offer.version)
        form.fault("", refusal.detail)
        return _page(request, offer, form, worked, status=409)
    except Refusal as refusal:
        if refusal.fields:
            form.take(refusal)  # type: ignore[arg-type]
        else:
            form.fault("", refusal.detail)
        return _page(request, offer, form, worked, status=int(refusal.status))
    return go("/offers", "offer-saved")


def _said(form: Form, offer: Offer, _: Words) -> CostingSaid:
    missing = _("Choose the currency in which you pay your costs.")
    currency = form.choice("currency", LOCAL_CURRENCIES, missing)
    paid = currency or offer.currency
    amounts = {
        name: form.money(name, paid, missing, least=least, most=LARGEST_COST)
        for name, missing, least in (
            ("materials", _("Enter what the materials cost; 0 if nothing."), 0),
            ("hourly_wage", _("Enter what an hour of work is paid."), 0),
            ("living_wage", _("Enter the living wage of an hour where the work is done."), 1),
            ("overheads", _("Enter rent, power, tools and the like; 0 if nothing."), 0),
            ("premium", "", 0),
        )
    }
    # people write a third of an hour as 1.33: whole minutes, rounded up
    hours = form.measure("hours", _("Enter the hours of work."), to_base=6000, unit=_("hours"), least=0)
    reserve = form.raw("reserve")
    return CostingSaid(
        currency=paid,
        units=form.integer("units", _("Enter how many of it this makes."), least=1, most=LARGEST_COUNT),
        minutes=-(-hours // 100),
        living_wage_source=form.text(
            "living_wage_source",
            _("Say where the living wage is from, and of which year."),
            most=costing.LONGEST_SOURCE,
        ),
        reserve_ppm=form.measure("reserve", "", to_base=PERCENT, unit="%", least=0, most=PPM)
        if reserve
        else 0,
        **amounts,
    )


def _fields(offer: Offer, worked: WorkedOut | None) -> dict[str, object]:
    shown: dict[str, object] = {
        "version": offer.version,
        "price": plain_amount(offer.price, offer.currency),
        "currency": worked.said.currency if worked else offer.currency,
        "reserve": "10",
    }
    if worked:
        said = worked.said
        shown |= {name: plain_amount(getattr(said, name), said.currency) for name in AMOUNTS}
        shown |= {
            "units": said.units,
            "hours": _plain(Decimal(said.minutes) / 60),
            "living_wage_source": said.living_wage_source,
            "reserve": _plain(Decimal(said.reserve_ppm) / PERCENT),
        }
    return shown


def _plain(value: Decimal) -> str:
    return format(round(value, 4).normalize(), "f")


def _page(
    request: Request, offer: Offer, form: Form, worked: WorkedOut | None, *, status: int = 200
) -> Response:
    lang = language_of(request)
    shown: dict[str, Any] = {"worked": worked}
    if worked:
        price = max(_typed_price(form, offer), worked.floor)
        shown |= {
            "steps": _steps(worked, lang),
            "chart": chart_parts(costing.cut(worked, price), offer.currency, lang),
            "price": price,
            "same": worked.said.currency == offer.currency,
        }
    return page(
        request,
        "catalogue/price.html",
        status=status,
        form=form,
        offer=offer,
        currencies=[(code, f"{code}, {lang.locale.currencies.get(code, code)}") for code in LOCAL_CURRENCIES],
        **shown,
    )


def _typed_price(form: Form, offer: Offer) -> int:
    reread = Form({"price": form.raw("price")})
    return reread.money("price", offer.currency) or offer.price


def _steps(worked: WorkedOut, lang: Language) -> list[tuple[str, str]]:
    """The calculation line by line, as it would be done on paper."""
    _, said, made = lang.text, worked.said, worked.made
    wage = said.costs().wage_counted
    hours = lang.number(Decimal(said.minutes) / 60, 0 if said.minutes % 60 == 0 else 1)
    money = lang.money
    rows = [
        (_("Materials"), money(made.materials, said.currency)),
        (
            _("Work: {hours} hours at {wage}").format(hours=hours, wage=money(wage, said.currency)),
            money(made.labour, said.currency),
        ),
        (_("Rent, power, tools"), money(made.overheads, said.currency)),
        (
            _("Put aside: {share}").format(share=lang.percent(said.reserve_ppm / PPM, 1)),
            money(made.reserve, said.currency),
        ),
        (_("The whole batch"), money(made.batch, said.currency)),
        (
            _("Divided by {units}").format(units=lang.number(made.units)),
            money(made.each - made.premium, said.currency),
        ),
    ]
    if made.premium:
        rows.append((_("Premium"), money(made.premium, said.currency)))
    return rows


def chart_parts(cut: PriceParts, currency: str, lang: Language) -> list[dict[str, Any]]:
    """The price of one as the chart of its parts takes it."""
    _ = lang.text
    named = (
        (_("Materials"), cut.materials),
        (_("Work"), cut.labour),
        (_("Rent, power, tools"), cut.overheads),
        (_("Put aside"), cut.reserve),
        (_("Premium for the makers' fund"), cut.premium),
        (_("Above the floor"), cut.above),
    )
    return [
        {"label": label, "value": amount, "text": lang.money(amount, currency)}
        for label, amount in named
        if amount
    ]
