"""The form in which a buyer chooses quantities: read, checked, and shown again as typed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.datastructures import QueryParams

from app.catalogue.models import Offer, Terms
from app.errors import Faulty
from app.forms import Form
from app.organisations.models import Organisation
from app.trade.models import Order, OrderLine
from app.trade.quoting import MOST_PIECES, Quote, Wanted, field_of

FIELD: Final = re.compile(r"quantity-([0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One maker's offers in a pool."""

    maker: Organisation
    terms: Terms
    offers: tuple[Offer, ...]


def shelves(offers: Sequence[tuple[Offer, Terms, Organisation]]) -> list[Shelf]:
    """Offers by maker, as the catalogue orders them."""
    by_maker: dict[UUID, list[tuple[Offer, Terms, Organisation]]] = {}
    for row in offers:
        by_maker.setdefault(row[2].id, []).append(row)
    return [Shelf(rows[0][2], rows[0][1], tuple(offer for offer, _, _ in rows)) for rows in by_maker.values()]


def typed(query: QueryParams, text: Callable[[str], str]) -> Form:
    """What an address carries, as a form."""
    return Form(dict(query), None, text)


def filled(order: Order, lines: Sequence[OrderLine]) -> Form:
    """The form as it stands for an order that is to be changed."""
    quantities = {field_of(line.offer_id): line.quantity for line in lines}
    return Form.empty(needed_by=order.needed_by.isoformat(), **quantities)


def wanted(form: Form) -> Wanted:
    """What the form asks for; empty quantities and zeros are left out. Faults are kept in the form."""
    quantities: dict[UUID, int] = {}
    for name, value in form.values.items():
        match = FIELD.fullmatch(name)
        if match is None or not str(value).strip() or str(value).strip() == "0":
            continue
        try:
            offer_id = UUID(match[1])
        except ValueError:
            continue
        number = form.integer(name, least=1, most=MOST_PIECES)
        if name not in form.errors:
            quantities[offer_id] = number
    needed_by = form.day("needed_by")
    return Wanted(quantities, needed_by)


def take(form: Form, refusal: Faulty, offers: Mapping[UUID, Any]) -> None:
    """Faults of the use case, at the field where there is one, else at the top."""
    for name, words in refusal.fields.items():
        match = FIELD.fullmatch(name)
        known = name == "needed_by" or (match is not None and UUID(match[1]) in offers)
        form.fault(name if known else "", words)


def name_faults(form: Form, shelves: Sequence[Shelf]) -> None:
    """Say of which goods a fault speaks, so that the list of faults can be read alone."""
    for shelf in shelves:
        for offer in shelf.offers:
            name = field_of(offer.id)
            if name in form.errors:
                form.errors[name] = f"{offer.title}: {form.errors[name]}"


def fields(made: Quote) -> dict[str, str]:
    """What travels from the check page to the use case, unseen."""
    return {field_of(goods.offer_id): str(goods.quantity) for goods in made.wish.goods} | {
        "needed_by": made.wish.needed_by.isoformat(),
        "at_most": str(made.most),
    }
