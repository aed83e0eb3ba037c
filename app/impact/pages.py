"""Pages of what buying did: a year of one buyer, with its PDF and CSV."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from app.impact import drawn
from app.impact.reckoning import Maker, Money, buying
from app.language import Language
from app.pages import language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.serving import attached
from app.transaction import Db, Now

router = page_router()
Buyer = Annotated[Actor, Depends(Needs("order.read-own"))]
Year = Annotated[int | None, Query(ge=2000, le=9999)]


@router.get("/buying")
def report(request: Request, db: Db, now: Now, actor: Buyer, year: Year = None) -> Response:
    made = buying(db, actor.organisation_id, year, today=now.date())
    lang = language_of(request)
    return page(
        request,
        "impact/buying.html",
        made=made,
        makers=len({maker.slug for maker in made.makers}),
        money=[_money(each, lang) for each in made.money],
        by_maker={
            each.currency: [
                _maker(maker, each, lang) for maker in made.makers if maker.currency == each.currency
            ]
            for each in made.money
        },
        sources=sorted({leg.factor.source for leg in made.legs}),
    )


def _money(each: Money, lang: Language) -> dict[str, Any]:
    """For a breakdown of what was paid, and a comparison with alone."""
    _ = lang.text
    parts = [
        (_("Makers' price, ex works"), each.goods),
        (_("Shipping"), each.shipping),
        (_("Import duty"), each.duty),
    ]
    return {
        "of": each,
        "parts": [
            {
                "label": label,
                "value": amount,
                "text": lang.amount(amount, each.currency),
                "share": lang.percent(amount / each.paid, 1) if each.paid else "",
            }
            for label, amount in parts
            if amount
        ],
        "saving": {
            "label": _("Shipping and duty"),
            "alone": each.alone,
            "pooled": each.shipping + each.duty,
            "alone_text": lang.money(each.alone, each.currency),
            "pooled_text": lang.money(each.shipping + each.duty, each.currency),
            "saved_text": lang.money(each.saved, each.currency),
        },
        "share": lang.percent(float(each.share), 1),
    }


def _maker(maker: Maker, money: Money, lang: Language) -> dict[str, Any]:
    return {
        "label": maker.name,
        "value": maker.value,
        "text": lang.amount(maker.value, maker.currency),
        "href": f"/makers/{maker.slug}",
        "country": lang.country(maker.country),
        "orders": maker.orders,
        "weight_g": maker.weight_g,
        "share": lang.percent(maker.value / money.goods) if money.goods else "",
    }


@router.get("/buying/report.pdf")
def pdf(db: Db, now: Now, actor: Buyer, year: Year = None) -> Response:
    made = buying(db, actor.organisation_id, year, today=now.date())
    return attached(drawn.pdf_of(made, now=now), f"what-buying-did-{made.year}.pdf", "application/pdf")


@router.get("/buying/report.csv")
def csv(db: Db, now: Now, actor: Buyer, year: Year = None) -> Response:
    made = buying(db, actor.organisation_id, year, today=now.date())
    return attached(drawn.csv_of(made), f"what-buying-did-{made.year}.csv", "text/csv; charset=utf-8")
