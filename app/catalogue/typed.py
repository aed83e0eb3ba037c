"""Offers and terms between rows and the fields of their pages: kg, litres or centimetres, and money."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from app.catalogue.models import CargoClass, Offer, Terms
from app.catalogue.service import (
    CURRENCIES,
    HS_CODE,
    HS_WORDS,
    LARGEST_AMOUNT,
    LARGEST_COUNT,
    LARGEST_VOLUME,
    LARGEST_WEIGHT,
    LONGEST_LEAD,
    LONGEST_REFERENCE,
    LONGEST_STORY,
    LONGEST_TITLE,
    LONGEST_UNIT,
    LONGEST_VARIANT,
    OfferSaid,
    TermsSaid,
)
from app.forms import Form
from app.language import digits, major

Words: TypeAlias = Callable[[str], str]
"""The reader's language."""

SIDES: Final = ("length", "width", "height")
LONGEST_SIDE: Final = 20_000  # millimetres
FIELD_OF: Final = {"weight_g": "weight", "volume_cm3": "litres"}
"""Where the page's field is called otherwise than the offer's."""


def offer_said(form: Form, currency: str, _: Words) -> OfferSaid:
    """What was typed; its faults are left in the form."""
    return OfferSaid(
        title=form.text("title", _("Enter what it is, as a buyer would say it."), most=LONGEST_TITLE),
        story=form.text("story", most=LONGEST_STORY),
        unit=form.text("unit", _("Enter what one of it is called, like bowl or bag."), most=LONGEST_UNIT),
        price=form.money("price", currency, _("Enter the price of one."), least=1, most=LARGEST_AMOUNT),
        weight_g=form.measure(
            "weight",
            _("Enter what one weighs, packed."),
            to_base=1000,
            unit="kg",
            most=LARGEST_WEIGHT,
        ),
        volume_cm3=_volume(form, _),
        hs_code=_hs_code(form, _),
        cargo_class=form.choice("cargo_class", set(CargoClass), _("Choose how it must travel.")),
        lead_days=form.integer(
            "lead_days", _("Enter how many days you need; 0 if it is ready."), most=LONGEST_LEAD
        ),
        stock=form.integer("stock", most=LARGEST_COUNT) if form.raw("stock") else None,
        least_quantity=form.integer("least_quantity", least=1, most=LARGEST_COUNT)
        if form.raw("least_quantity")
        else 1,
        case_size=form.integer("case_size", least=1, most=LARGEST_COUNT) if form.raw("case_size") else 1,
        picture=form.raw("picture") or None,
        variant=form.text("variant", most=LONGEST_VARIANT),
        reference=form.text("reference", most=LONGEST_REFERENCE) or None,
    )


def _volume(form: Form, _: Words) -> int:
    """Cubic centimetres from litres, or from three sides in centimetres, rounded up to a whole one."""
    typed = [side for side in SIDES if form.raw(side)]
    by_litres = form.measure("litres", "", to_base=1000, unit=_("litres"), most=LARGEST_VOLUME)
    if not typed:
        if not form.raw("litres"):
            form.fault("litres", _("Enter the volume of one, packed: litres, or its three sides."))
        return by_litres
    product = 1
    for side in SIDES:
        missing = _("Enter all three sides, or leave them empty and enter litres.")
        product *= form.measure(side, missing, to_base=10, unit="cm", most=LONGEST_SIDE)
    volume = -(-product // 1000)
    if volume > LARGEST_VOLUME and not form.errors.keys() & set(SIDES):
        form.fault("length", _("This is more than 10 cubic metres. Enter the sides of one, in centimetres."))
    if form.raw("litres") and volume and "litres" not in form.errors and volume != by_litres:
        form.fault(
            "litres",
            _("The three sides make {litres} litres. Enter the sides or the litres, not both.").format(
                litres=Decimal(volume) / 1000
            ),
        )
    return volume


def _hs_code(form: Form, _: Words) -> str:
    """People write codes with dots and spaces: 4421.91, 4421 91."""
    value = re.sub(r"[\s.\u00a0]", "", form.raw("hs_code"))
    if not HS_CODE.fullmatch(value):
        form.fault("hs_code", _(HS_WORDS))
    return value


def offer_fields(offer: Offer) -> dict[str, object]:
    """An offer as its form shows it."""
    return {
        "title": offer.title,
        "story": offer.story,
        "unit": offer.unit,
        "price": plain_amount(offer.price, offer.currency),
        "weight": Decimal(offer.weight_g) / 1000,
        "litres": Decimal(offer.volume_cm3) / 1000,
        "hs_code": offer.hs_code,
        "cargo_class": offer.cargo_class,
        "lead_days": offer.lead_days,
        "stock": offer.stock,
        "least_quantity": offer.least_quantity,
        "case_size": offer.case_size,
        "picture": offer.picture,
        "variant": offer.variant,
        "reference": offer.reference,
        "version": offer.version,
    }


def terms_said(form: Form, _: Words) -> TermsSaid | None:
    """What was typed; None where not even the currency or the hub can be read: the faults say so."""
    words = _("Choose the hub where your goods are collected.")
    try:
        hub_id = UUID(form.raw("hub_id"))
    except ValueError:
        hub_id = None
        form.fault("hub_id", words)
    currency = form.choice("currency", CURRENCIES, _("Choose the currency of your prices."))
    amounts = {
        name: form.money(name, currency or "USD", missing, most=LARGEST_AMOUNT)
        for name, missing in (
            ("minimum_order", _("Enter the least that you ask for; 0 if you take any order.")),
            ("small_order_fee", _("Enter what a smaller collection costs more; 0 if nothing.")),
            ("direct_customs", _("Enter what customs papers of one direct shipment cost; 0 if nothing.")),
            ("direct_shipping", _("Enter what one direct shipment costs; 0 if you never ship directly.")),
        )
    }
    return TermsSaid(hub_id=hub_id, currency=currency, **amounts) if hub_id and currency else None


def terms_fields(terms: Terms) -> dict[str, object]:
    """Terms as their form shows them."""
    amounts = ("minimum_order", "small_order_fee", "direct_customs", "direct_shipping")
    return {
        "hub_id": terms.hub_id,
        "currency": terms.currency,
        "version": terms.version,
        **{name: plain_amount(getattr(terms, name), terms.currency) for name in amounts},
    }


def plain_amount(minor: int, currency: str) -> str:
    """An amount as a field shows it: all decimals, no thousands' marks."""
    return f"{major(minor, currency):.{digits(currency)}f}"
