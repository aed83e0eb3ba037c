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
from app.trade.quantities import MOST_PIECES
from app.trade.quoting import Quote, Wanted, field_of

MOST: Final = "quantity-"
LEAST: Final = "least-"
FIELD: Final = re.compile(rf"{MOST}([0-9a-f-]{{36}})")


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
    least = {least_field_of(line.offer_id): line.least for line in lines if line.least}
    return Form.empty(
        needed_by=order.needed_by.isoformat(), stays=said(order.stays_if_extended), **quantities, **least
    )


def least_field_of(offer_id: UUID) -> str:
    """The field of the least of a range; that of the most is `field_of`."""
    return f"{LEAST}{offer_id}"


def said(stays: bool | None) -> str:
    """What a buyer said to an extension, as a form has it."""
    return "" if stays is None else "yes" if stays else "no"


def wanted(form: Form) -> Wanted:
    """What the form asks for; empty quantities and zeros are left out. Faults are kept in the form."""
    quantities: dict[UUID, int] = {}
    least: dict[UUID, int] = {}
    for name, value in form.values.items():
        if name.startswith(LEAST) and form.raw(name) not in {"", "0"}:
            most = f"{MOST}{name.removeprefix(LEAST)}"
            if form.raw(most) in {"", "0"}:
                form.fault(most, "Enter how many at most, too.")
        match = FIELD.fullmatch(name)
        if match is None or not str(value).strip() or str(value).strip() == "0":
            continue
        try:
            offer_id = UUID(match[1])
        except ValueError:
            continue
        number = form.integer(name, least=1, most=MOST_PIECES)
        if name in form.errors:
            continue
        quantities[offer_id] = number
        other = least_field_of(offer_id)
        if form.raw(other) and form.raw(other) != "0":
            fewest = form.integer(other, least=1, most=MOST_PIECES)
            if fewest != number:  # the same twice is an exact order
                least[offer_id] = fewest
    needed_by = form.day("needed_by")
    stays = {"yes": True, "no": False}.get(form.raw("stays"))
    return Wanted(quantities, needed_by, least, stays)


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
            for each in (name, least_field_of(offer.id)):
                if each in form.errors:
                    form.errors[each] = f"{offer.title}: {form.errors[each]}"


def fields(made: Quote, stays: bool | None) -> dict[str, str]:
    """What travels from the check page to the use case, unseen."""
    least = {least_field_of(goods.offer_id): str(goods.least) for goods in made.wish.goods if goods.least}
    return (
        {field_of(goods.offer_id): str(goods.quantity) for goods in made.wish.goods}
        | least
        | {
            "needed_by": made.wish.needed_by.isoformat(),
            "stays": said(stays),
            "at_most": str(made.most),
        }
    )
