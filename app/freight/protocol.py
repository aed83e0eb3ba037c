"""How carriers are asked: what is sent, what may come back, and what is wrong with it. Pure.

docs/carrier-quotes.md describes it for carriers; docs/carrier-quotes.schema.json is made by `answer_schema`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import Faulty, in_plain_words
from app.freight.models import Signing
from app.shipping.tariffs import (
    LARGEST_AMOUNT,
    MOST_MIXES,
    BreakTariff,
    ContainerTariff,
    Tariff,
    engine_tariff,
    mixes,
    read_tariff,
    tariff_json,
)
from app.webhooks import signing
from logistics.tariffs import freight_cost

REQUEST: Final = "fairhaul-quote-request/1"
ANSWER: Final = "fairhaul-quote/1"
MOST_BYTES: Final = 64 * 1024
MOST_OFFERS: Final = 10
LONGEST_TRANSIT: Final = 180
LONGEST_VALIDITY: Final = timedelta(days=3 * 366)
MOST_FAULTS: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    unlocode: str
    name: str
    country: str


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be carried, from where to where, and when. Weight in grams, volume in cm3."""

    origin: Place
    destination: Place
    weight_g: int
    volume_cm3: int
    consignees: int
    cargo_class: str
    currency: str
    ready: date
    due: date


class Offer(BaseModel):
    """One way of carrying the load. Amounts in minor units of `currency`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reference: str = Field("", max_length=60, description="the carrier's own", examples=["Q-2026-118"])
    mode: Literal["sea", "air", "road", "rail"]
    currency: str = Field(pattern="^[A-Z]{3}$", description="the one that was asked for", examples=["USD"])
    tariff: dict[str, Any] = Field(description="in the form of a Fairhaul pooling problem, in minor units")
    transit_days: Annotated[int, Field(strict=True, ge=0, le=LONGEST_TRANSIT)]
    valid_from: date
    valid_until: date = Field(description="the last day of departure for which the tariff holds")
    departures: Annotated[list[date], Field(max_length=60)] = []
    total: Annotated[int, Field(strict=True, ge=0, le=LARGEST_AMOUNT)] | None = Field(
        None, description="what the carrier reckons for this load; where it is given, the tariff must agree"
    )
    notes: str = Field("", max_length=500)


class Answer(BaseModel):
    """What a carrier answers. No offers: it does not carry this load."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["fairhaul-quote/1"]
    id: str = Field(description="that of the request", max_length=60)
    offers: Annotated[list[Offer], Field(max_length=MOST_OFFERS)]


def answer_schema() -> dict[str, Any]:
    """The form of an answer as JSON Schema, with both kinds of tariff."""
    schema = Answer.model_json_schema()
    for kind in (ContainerTariff, BreakTariff):
        form = kind.model_json_schema()
        schema["$defs"] |= form.pop("$defs", {}) | {kind.__name__: form}
    tariff = schema["$defs"]["Offer"]["properties"]["tariff"]
    schema["$defs"]["Offer"]["properties"]["tariff"] = {
        "description": tariff["description"],
        "anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in (ContainerTariff, BreakTariff)],
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


@dataclass(frozen=True, slots=True)
class Checked:
    """An offer that can be used: its tariff in the stored form, and the cost of the load by it."""

    offer: Offer
    tariff: dict[str, Any]
    cost: int


class Unusable(Exception):  # noqa: N818 - what came back, in words for the hub
    """An answer that cannot be used."""


def request_body(load: Load, ask_id: UUID, at: datetime) -> bytes:
    """The request's JSON. Its id is that of the question to this carrier: the same question, the same id."""
    return json.dumps(
        {
            "format": REQUEST,
            "id": str(ask_id),
            "asked_at": at.isoformat(timespec="seconds"),
            "origin": _place(load.origin),
            "destination": _place(load.destination),
            "load": {
                "weight_g": load.weight_g,
                "volume_cm3": load.volume_cm3,
                "consignees": load.consignees,
                "class": load.cargo_class,
            },
            "currency": load.currency,
            "ready": load.ready.isoformat(),
            "due": load.due.isoformat(),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def _place(place: Place) -> dict[str, str]:
    return {"unlocode": place.unlocode, "name": place.name, "country": place.country}


def request_headers(how: Signing, secret: bytes, ask_id: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """How the carrier knows us: by a token, or by a signature as of Standard Webhooks."""
    common = {
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "Fairhaul",
    }
    if how == Signing.BEARER:
        return common | {"authorization": f"Bearer {secret.decode('ascii')}"}
    return common | signing.headers([secret], str(ask_id), at, body)


def read_answer(body: bytes, load: Load, ask_id: UUID, today: date) -> list[Checked]:
    """The offers of an answer. Unusable: it is no answer of this protocol, to another question, or one of its
    offers contradicts itself or what was asked; then none of them is taken.
    """
    try:
        answer = Answer.model_validate(json.loads(body.decode("utf-8"), parse_constant=_refuse_constant))
    except ValidationError as faults:
        raise Unusable(_words(faults)) from None
    except (ValueError, RecursionError) as fault:
        raise Unusable("The answer is not JSON.") from fault
    if answer.id != str(ask_id):
        raise Unusable("The answer has the id of another request.")
    return [_checked(offer, number, load, today) for number, offer in enumerate(answer.offers)]


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _words(faults: ValidationError) -> str:
    said = []
    for fault in faults.errors()[:MOST_FAULTS]:
        place = "/".join(str(part) for part in fault["loc"])
        said.append(f"/{place}: {in_plain_words(dict(fault))}")
    return "The answer has not the agreed form. " + " ".join(said)


def _checked(offer: Offer, number: int, load: Load, today: date) -> Checked:
    here = f"/offers/{number}"
    try:
        tariff = read_tariff(offer.tariff)
    except Faulty as refusal:
        place, words = next(iter(refusal.fields.items()))
        raise Unusable(f"The answer has not the agreed form. {here}{place}: {words}") from None
    faults = _contradictions(offer, load, today)
    if faults:
        raise Unusable(f"{here}: {faults[0]}")
    if isinstance(tariff, ContainerTariff) and (
        mixes(tariff.containers, load.weight_g, load.volume_cm3) > MOST_MIXES
    ):
        raise Unusable(f"{here}: its containers are too small for this load.")
    cost = cost_of(tariff, load)
    if offer.total is not None and offer.total != cost:
        raise Unusable(f"{here}: says a total of {offer.total}, but its tariff makes {cost} of this load.")
    return Checked(offer, tariff_json(tariff), cost)


def _contradictions(offer: Offer, load: Load, today: date) -> Sequence[str]:
    rules = (
        (offer.currency != load.currency, f"is in {offer.currency}; {load.currency} was asked for."),
        (offer.valid_until < offer.valid_from, "ends before it begins."),
        (offer.valid_until - offer.valid_from > LONGEST_VALIDITY, "holds for more than three years."),
        (offer.valid_until < max(load.ready, today), "is over before the load is ready."),
        (offer.valid_from > load.due, "begins after the load is due."),
        (
            any(not offer.valid_from <= day <= offer.valid_until for day in offer.departures),
            "names a departure outside of its own validity.",
        ),
        (len(set(offer.departures)) < len(offer.departures), "names a departure twice."),
    )
    return [words for wrong, words in rules if wrong]


def cost_of(tariff: Tariff, load: Load) -> int:
    """What the load costs as one shipment, in minor units."""
    carried = freight_cost(engine_tariff(tariff), load.weight_g, load.volume_cm3)
    return carried + tariff.per_shipment + tariff.per_consignee * load.consignees
