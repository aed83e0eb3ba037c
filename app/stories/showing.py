"""A story as a page shows it: amounts, places and lines in the reader's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.catalogue.price_pages import chart_parts
from app.language import Language
from app.organisations.places import points
from app.shipping.words import milestone_name, mode_name
from app.stories import emissions
from app.stories.telling import Story
from app.trade.itemising import Item
from app.trade.words import items

NARROWEST: float = 40.0
"""Degrees of longitude of a map: less shows a coast and no country."""


def map_of(told: Story, lang: Language) -> dict[str, Any] | None:
    """Places, routes and the box of the map; None: no shipment yet."""
    if told.journey is None:
        return None
    _, found = lang.text, told.journey
    done = {each.kind: each.at for each in told.happenings}
    places = []
    for hub, words in (
        (found.origin, _("where it was collected")),
        (found.destination, _("where it was handed over") if told.delivered_on else _("where it goes")),
    ):
        longitude, latitude = emissions.position(hub)
        places.append({"lon": longitude, "lat": latitude, "label": hub.name, "text": words})
    state = "done" if any(kind == "arrived" for kind in done) else "ahead"
    routes = [{"points": line, "state": state} for line in emissions.route(found)]
    everywhere = [point for line in emissions.route(found) for point in line]
    home = points().get(told.maker.country)
    return {
        "places": places,
        "routes": routes,
        "box": _box([*everywhere, *([home] if home else [])]),
    }


def _box(points_shown: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """West, north, east, south around all of it, at the shape of a wide picture, within the drawn world."""
    west, east = min(x for x, _y in points_shown), max(x for x, _y in points_shown)
    south, north = min(y for _x, y in points_shown), max(y for _x, y in points_shown)
    wide = max((east - west) * 1.2, (north - south) * 1.2 * 1.6, NARROWEST)
    if wide >= 300:
        return (-180, 84, 180, -58)
    high = wide / 1.6
    x, y = (west + east) / 2, (south + north) / 2
    left = min(max(x - wide / 2, -180), 180 - wide)
    top = min(max(y + high / 2, -58 + min(high, 142)), 84)
    return (round(left, 1), round(top, 1), round(left + wide, 1), round(max(top - high, -58), 1))


def lines_of(told: Story, lang: Language) -> list[dict[str, Any]]:
    """What happened, the first thing first; a step that two events tell stands once."""
    _, lot = lang.text, told.lot
    found: list[dict[str, Any]] = []
    if lot.produced_from and lot.produced_to:
        when = (
            lang.day(lot.produced_to)
            if lot.produced_from == lot.produced_to
            else _("{first} to {last}").format(
                first=lang.day(lot.produced_from), last=lang.day(lot.produced_to)
            )
        )
        found.append({"what": _("Made or harvested"), "when": when, "iso": lot.produced_from.isoformat()})
    seen: set[tuple[str, date]] = set()
    for each in told.happenings:
        key = each.kind, each.at.date()
        if key not in seen:
            seen.add(key)
            words = _("{step}: {hub}").format(step=milestone_name(each.kind, lang), hub=each.hub.name)
            found.append({"what": words, "when": lang.day(each.at), "iso": each.at.date().isoformat()})
    return found


def price_of(told: Story, lang: Language) -> dict[str, Any] | None:
    """The price of one unit to the shop's door, or the maker's alone where no order is charged; None: neither
    is known.
    """
    if told.price is None and told.parts is None:
        return None
    made = told.parts
    chart: list[dict[str, Any]] = []
    if told.price is None:
        chart = chart_parts(made, told.offer.currency, lang) if made else []
        total, currency = told.offer.price, told.offer.currency
    else:
        total, currency = told.price.total, told.price.currency
        names: Mapping[str, str] = items(lang.text)
        chart = [
            {"label": lang.text("The maker") if item == Item.GOODS else names[item], "value": amount}
            for item, amount in told.price.parts.items()
        ]
    for part in chart:
        part["text"] = lang.money(part["value"], currency)
        part["share"] = lang.percent(part["value"] / total, 1)
    return {
        "parts": chart,
        "total": lang.money(total, currency),
        "door": told.price is not None,
        "maker": chart_parts(made, told.offer.currency, lang) if made and told.price is not None else [],
        "maker_total": lang.money(told.offer.price, told.offer.currency),
    }


def emitted_of(told: Story, lang: Language) -> dict[str, Any] | None:
    """The lot's greenhouse gases with every figure by which they were reckoned; None: not shipped."""
    emitted, grams = told.emitted, told.emitted_g
    if emitted is None or grams is None or told.journey is None:
        return None
    leg = emitted.made.legs[0]
    quantity = sum(line.quantity for line in told.lines)
    return {
        "lot": lang.weight(grams),
        "each": weight_of_gas(grams / quantity, lang),
        "shipment": lang.weight(leg.grams),
        "mode": mode_name(leg.leg.mode, lang),
        "distance": lang.number(leg.leg.metres / 1000),
        "circle": lang.number(emitted.great_circle_m / 1000),
        "by": leg.leg.method,
        "load": lang.weight(leg.weight_g),
        "factor": lang.number(leg.factor.well_to_wheel / 1000, 2),
        "tank": lang.number(leg.factor.tank_to_wheel / 1000, 2),
        "well": lang.number(leg.factor.well_to_tank / 1000, 2),
        "vehicle": leg.factor.vehicle,
        "source": leg.factor.source,
        "rows": ", ".join(leg.factor.rows),
        "share": lang.percent(told.units / emitted.units, 1),
        "units": lang.number(told.units / 1000, 1),
        "all_units": lang.number(emitted.units / 1000, 1),
    }


def weight_of_gas(grams: float, lang: Language) -> str:
    """As in "83 g", from a kilogram on "1.24 kg"."""
    return f"{lang.number(grams)} g" if grams < 1000 else f"{lang.number(grams / 1000, 2)} kg"
