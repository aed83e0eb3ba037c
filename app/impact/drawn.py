"""A buyer's year as CSV and as PDF: the same figures as on the page."""

from datetime import datetime
from typing import Any, Final

from app.impact.reckoning import Buying, Money
from app.language import Language, language, major
from app.papers import compile_paper
from app.sheets import Column, Table, comma_separated

METHOD: Final = (
    "Well to wheel, of the leg between the two hubs: tonnes x kilometres x the factor of the vehicle. "
    "Distances are the route's own: sea lanes by searoute, else the great circle. A shipment's sum is cut by "
    "weight or measure, whichever is more. Roads to and from the hubs, and storage, are not in it."
)
COLUMNS: Final = (
    Column("order", "Order"),
    Column("pool", "Pool"),
    Column("closed_on", "Pool closed on"),
    Column("maker", "Maker"),
    Column("country", "Country"),
    Column("title", "Goods"),
    Column("hs_code", "HS code"),
    Column("quantity", "Quantity"),
    Column("unit", "Unit"),
    Column("weight", "Weight in kg"),
    Column("volume", "Volume in m3"),
    Column("value", "Value ex works"),
    Column("currency", "Currency"),
    Column("co2e", "CO2e in kg"),
)


def csv_of(made: Buying) -> bytes:
    """One row a line of a paid order. CO2e is empty where it is not known."""
    rows = [
        {
            "order": line.order,
            "pool": line.pool,
            "closed_on": line.closed_on.isoformat(),
            "maker": line.maker,
            "country": line.country,
            "title": line.title,
            "hs_code": line.hs_code,
            "quantity": str(line.quantity),
            "unit": line.unit,
            "weight": _decimal(line.weight_g, 3),
            "volume": _decimal(line.volume_cm3, 6),
            "value": str(major(line.value, line.currency)),
            "currency": line.currency,
            "co2e": "" if line.co2e_g is None else _decimal(line.co2e_g, 3),
        }
        for line in made.lines
    ]
    return comma_separated(Table("What buying did", COLUMNS, rows))


def _decimal(whole: int, places: int) -> str:
    return f"{whole // 10**places}.{whole % 10**places:0{places}d}"


def pdf_of(made: Buying, *, now: datetime) -> bytes:
    """The report on paper."""
    lang = language("en")
    return compile_paper(
        "buying",
        {
            "title": f"What buying did in {made.year}: {made.organisation}",
            "organisation": made.organisation,
            "year": str(made.year),
            "facts": [
                ["Orders paid", str(made.orders)],
                ["Pools", str(made.pools)],
                ["Makers", str(len({maker.slug for maker in made.makers}))],
                ["Goods", f"{lang.weight(made.weight_g)}, {lang.volume(made.volume_cm3)}"],
                ["Emissions", f"{lang.weight(made.co2e_g)} CO2e"],
            ],
            "money": [_money(each, lang) for each in made.money],
            "makers": [
                [
                    maker.name,
                    lang.country(maker.country),
                    str(maker.orders),
                    lang.weight(maker.weight_g),
                    lang.money(maker.value, maker.currency),
                ]
                for maker in made.makers
            ],
            "legs": [leg.formula for leg in made.legs],
            "sources": sorted({leg.factor.source for leg in made.legs}),
            "unknown": lang.weight(made.unknown_g) if made.unknown_g else "",
            "method": METHOD,
            "counted": "Counted are paid orders, in the year in which their pool closed.",
        },
        at=made.latest or now,
    )


def _money(each: Money, lang: Language) -> dict[str, Any]:
    return {
        "currency": each.currency,
        "rows": [
            ["Makers' price, ex works", lang.amount(each.goods, each.currency)],
            ["Shipping", lang.amount(each.shipping, each.currency)],
            ["Import duty", lang.amount(each.duty, each.currency)],
        ],
        "paid": lang.amount(each.paid, each.currency),
        "share": lang.percent(float(each.share), 1),
        "saved": lang.money(each.saved, each.currency),
        "alone": lang.money(each.alone, each.currency),
        "pooled": lang.money(each.shipping + each.duty, each.currency),
        "parts": [each.goods, each.shipping, each.duty],
    }
