"""What the API of pools and orders takes and gives. Amounts in minor units, weights grams, volumes cm3."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.trade.extending import MOST_DAYS
from app.trade.quantities import MOST_PIECES
from app.trade.quoting import MOST_LINES
from app.trade.service import LARGEST_CAPACITY, LONGEST_REASON, LONGEST_TITLE, MOST_WAITING

POOL = "019b8e07-4600-7d14-bf68-a7731a3fad18"
ORDER = "019b8e07-4601-7c1e-8a53-1d6a0f2f9b11"
OFFER = "019b8e07-4602-7a55-9f3e-52b1c1c4e7d2"
HUB = "019b8e07-4603-7e2f-b0a1-6f7f3f0f6a01"
ORIGIN = "019b8e07-4604-7f6b-a2c4-0d5a7d1e3b02"
STEP = {
    "name": "plan",
    "state": "done",
    "attempt": 1,
    "started_at": "2026-01-22T18:00:05Z",
    "ended_at": "2026-01-22T18:00:06Z",
    "words": "Shipments: 1. Consignments sent directly: 0. Proven cheapest.",
}

POOL_OUT: dict[str, Any] = {
    "id": POOL,
    "number": "P-7K3M9QX",
    "title": "Lacquerware and baskets, to Rotterdam",
    "state": "open",
    "origin": {"id": ORIGIN, "code": "VNSGN", "name": "Ho Chi Minh City"},
    "destination": {"id": HUB, "code": "NLRTM", "name": "Rotterdam"},
    "currency": "USD",
    "opened_at": "2026-01-05T12:00:00Z",
    "closes_at": "2026-01-22T18:00:00Z",
    "closed_at": None,
    "latest_arrival_on": "2026-04-22",
    "capacity_g": None,
    "capacity_cm3": None,
    "cancelled_because": None,
    "shares_cases": True,
    "needs_minimum": False,
    "extension_days": 7,
    "extended_at": None,
    "buyers": 6,
    "ordered": 331000,
}
TRIP = {
    "line": "O-7K3M9QX.1",
    "producer": "demo-craft-co-operative",
    "service": "VNSGN-NLRTM-SEA",
    "mode": "sea",
    "ready_on": "2026-01-25",
    "departs_on": "2026-02-12",
    "arrives_on": "2026-03-22",
    "waits": 18,
}
LINE = {
    "least": None,
    "most": None,
    "why": None,
    "offer_id": OFFER,
    "producer_id": HUB,
    "title": "Lacquer bowl, 14 cm",
    "unit": "bowl",
    "quantity": 12,
    "unit_price": 3500,
    "value": 42000,
    "weight_g": 18000,
    "volume_cm3": 120000,
    "hs_code": "441990",
    "cargo_class": "ambient",
    "ready_on": "2026-01-25",
}


def _told(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


Minor = Annotated[int, Field(description="minor units of the currency")]


class PoolIn(BaseModel):
    model_config = _told(
        {
            "title": "Lacquerware and baskets, to Rotterdam",
            "origin_id": ORIGIN,
            "hub_id": HUB,
            "currency": "USD",
            "closes_at": "2026-01-22T18:00:00Z",
            "latest_arrival_on": "2026-04-22",
        }
    )

    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    origin_id: UUID = Field(description="hub where the goods are collected")
    hub_id: UUID = Field(description="hub of yours that they come to")
    currency: str = Field(pattern="^[A-Z]{3}$")
    closes_at: AwareDatetime
    latest_arrival_on: date
    wait_cost_ppm_per_day: int = Field(300, ge=0, le=MOST_WAITING)
    capacity_g: int | None = Field(None, gt=0, le=LARGEST_CAPACITY)
    capacity_cm3: int | None = Field(None, gt=0, le=LARGEST_CAPACITY)
    shares_cases: bool = Field(
        False, description="the hub opens cases: buyers fill cases and reach least quantities together"
    )
    needs_minimum: bool = Field(
        False, description="goods below their maker's minimum order are left out; false: its fee is shared"
    )
    extension_days: int = Field(
        0, ge=0, le=MOST_DAYS, description="for how long it is extended, once, if a minimum is missed"
    )


class HubOut(BaseModel):
    id: UUID
    code: str
    name: str


class PoolOut(BaseModel):
    model_config = _told(POOL_OUT)

    id: UUID
    number: str
    title: str
    state: str
    origin: HubOut
    destination: HubOut
    currency: str
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    latest_arrival_on: date
    capacity_g: int | None
    capacity_cm3: int | None
    cancelled_because: str | None
    shares_cases: bool
    needs_minimum: bool
    extension_days: int
    extended_at: datetime | None
    buyers: int
    ordered: Minor


class PoolsOut(BaseModel):
    pools: list[PoolOut]
    next: str | None = Field(description="`cursor` of the next page; null: there is none")


class MinimumOut(BaseModel):
    producer_id: UUID
    slug: str
    name: str
    minimum_order: Minor
    small_order_fee: Minor
    ordered: Minor
    missing: Minor
    certificate: str | None
    certified_until: date | None


class PointOut(BaseModel):
    buyers: int
    amount: Minor


class PoolDetailOut(PoolOut):
    """A pool with its live figures; never who the others are."""

    model_config = _told(
        POOL_OUT
        | {
            "weight_g": 126000,
            "volume_cm3": 900000,
            "shipping": 18142,
            "shipping_alone": 60000,
            "minimums": [
                {
                    "producer_id": HUB,
                    "slug": "demo-craft-co-operative",
                    "name": "Demo craft co-operative",
                    "minimum_order": 300000,
                    "small_order_fee": 10000,
                    "ordered": 331000,
                    "missing": 0,
                    "certificate": "FH-2026-00001",
                    "certified_until": "2028-10-14",
                }
            ],
            "curve": [{"buyers": 1, "amount": 10000}, {"buyers": 6, "amount": 3024}],
            "departs_on": "2026-02-12",
            "arrives_on": "2026-03-22",
        }
    )

    weight_g: int
    volume_cm3: int
    shipping: Minor | None = Field(description="of all orders, as the pool stands or as it was planned")
    shipping_alone: Minor = Field(description="of all orders, each alone")
    minimums: list[MinimumOut]
    curve: list[PointOut] = Field(description="shipping of one order by number of buyers")
    departs_on: date | None
    arrives_on: date | None


class OfferInPoolOut(BaseModel):
    id: UUID
    producer_id: UUID
    producer: str
    title: str
    unit: str
    price: Minor
    currency: str
    weight_g: int
    volume_cm3: int
    cargo_class: str
    lead_days: int
    least_quantity: int
    case_size: int
    stock: int | None


class LineIn(BaseModel):
    model_config = _told({"offer_id": OFFER, "quantity": 12})

    offer_id: UUID
    quantity: int = Field(ge=1, le=MOST_PIECES, description="pieces; of a range the most")
    least: int | None = Field(
        None, ge=1, le=MOST_PIECES, description="of a range: it would take fewer, down to so many"
    )


class WantedIn(BaseModel):
    model_config = _told({"lines": [{"offer_id": OFFER, "quantity": 12}], "needed_by": "2026-04-07"})

    lines: list[LineIn] = Field(min_length=1, max_length=MOST_LINES)
    needed_by: date | None = Field(None, description="day of arrival; null: the pool's latest")


class OrderIn(WantedIn):
    model_config = _told(
        {"lines": [{"offer_id": OFFER, "quantity": 12}], "needed_by": "2026-04-07", "at_most": 52000}
    )

    at_most: int | None = Field(
        None, ge=0, description="the worst case that you saw; if it has risen since, nothing is done"
    )
    stays_if_extended: bool | None = Field(
        None, description="whether it waits if the pool misses a minimum and is extended; null: asked then"
    )


class PartOut(BaseModel):
    item: str
    payee: str
    key: str
    amount: Minor
    source: str | None = None


class TripOut(BaseModel):
    line: str
    producer: str
    service: str | None = Field(description="null: directly from the maker")
    mode: str
    ready_on: date
    departs_on: date | None
    arrives_on: date | None
    waits: int = Field(description="days between being ready and leaving")


DUTY = {
    "title": "Lacquer bowl",
    "hs_code": "4420.90",
    "rate": "4%",
    "amount": 1844,
    "source": "HS 4420.90, 4% without a proof of origin: Demo tariff, stated for 2026-01-01",
    "preference": "EU-Viet Nam Free Trade Agreement",
    "proof": "proof of the agreement",
    "proof_saves": 1844,
}
VAT = {
    "country": "NL",
    "percent": "21",
    "amount": 10068,
    "source": "VAT rates of 2025 in the member states of the European Union",
    "missing": False,
}


class DutyOut(BaseModel):
    model_config = _told(DUTY)

    title: str
    hs_code: str
    rate: str = Field(description="general, as the tariff writes it; empty within one customs territory")
    amount: Minor = Field(description="at most, in the pool's currency")
    source: str
    preference: str = Field(description="the programme that saves most; empty: none is known to")
    proof: str
    proof_saves: Minor


class VatOut(BaseModel):
    """Asked by customs of the importer, who is the buyer: never a part of a charge."""

    model_config = _told(VAT)

    country: str
    percent: str | None
    amount: int | None
    source: str
    missing: bool = Field(description="whether the rate is not known here")


class SourceOut(BaseModel):
    model_config = _told(
        {"item": "import duty", "title": "Lacquer bowl", "source": "HS 4420.90", "amount": 1844}
    )

    item: str
    title: str = ""
    source: str
    amount: Minor


class QuoteOut(BaseModel):
    model_config = _told(
        {
            "currency": "USD",
            "goods": 42000,
            "alone": 10000,
            "pooled": 3024,
            "saved": 6976,
            "price": 4100,
            "most": 47944,
            "duty": 1844,
            "duty_alone": 2080,
            "duty_pooled": 1801,
            "duties": [DUTY],
            "vat": VAT,
            "exchange_rates": ["1 USD = 0.909091 EUR on 22 January 2026 (European Central Bank)"],
            "sources": [
                {"item": "import duty", "title": "Lacquer bowl", "source": "HS 4420.90, 4%", "amount": 1801}
            ],
            "buyers": 6,
            "needed_by": "2026-04-07",
            "alone_parts": [
                {"item": "customs entry", "payee": "producer", "key": "crafts", "amount": 3000},
                {"item": "direct shipping", "payee": "producer", "key": "crafts", "amount": 7000},
            ],
            "pooled_parts": [
                {"item": "freight and handling", "payee": "carrier", "key": "sea", "amount": 3024}
            ],
            "trips": [TRIP | {"line": "you.1"}],
        }
    )

    currency: str
    goods: Minor
    alone: Minor = Field(description="shipping the same order alone")
    pooled: Minor = Field(description="shipping in the pool as it stands, with this order in it")
    saved: Minor
    price: Minor = Field(description="shipping as promised: who joins later only lowers it")
    most: Minor = Field(description="the most that can ever be charged: goods, shipping as promised, duty")
    duty: Minor = Field(description="import duty at most: without a proof of origin")
    duty_alone: Minor = Field(description="the same with the shipping alone")
    duty_pooled: Minor = Field(description="the same in the pool as it stands")
    duties: list[DutyOut]
    vat: VatOut
    exchange_rates: list[str] = Field(description="on which the quote rests, kept with the order")
    sources: list[SourceOut] = Field(description="of each amount in the pool as it stands: they sum to it")
    buyers: int
    needed_by: date
    alone_parts: list[PartOut]
    pooled_parts: list[PartOut]
    trips: list[TripOut]


class OrderLineOut(BaseModel):
    least: int | None = Field(description="of a range that was asked for; null: an exact order")
    most: int | None = Field(description="of the same range")
    why: str | None = Field(description="why it gets `quantity`, once the pool is closed")
    offer_id: UUID
    producer_id: UUID
    title: str
    unit: str
    quantity: int
    unit_price: Minor
    value: Minor
    weight_g: int
    volume_cm3: int
    hs_code: str
    cargo_class: str
    ready_on: date


class ChargeOut(BaseModel):
    reference: str = Field(description="to be written on the bank transfer (ISO 11649)")
    goods: Minor
    shipping: Minor
    direct: Minor = Field(description="of shipping: what this order alone causes")
    joint: Minor = Field(description="of shipping: its part of the rest")
    duty: Minor = Field(description="import duty of its own goods, without a proof of origin")
    duty_alone: Minor = Field(description="the same with the shipping alone")
    duty_assessed: Minor | None = Field(
        None, description="what customs asked, if less: the rest is paid back"
    )
    total: Minor
    alone: Minor = Field(description="what shipping would have been alone, as accepted")
    pooled_parts: list[PartOut]
    due_on: date
    paid_at: datetime | None


class ReceivedOut(BaseModel):
    order_id: UUID
    said_at: datetime = Field(description="when the buyer said so first")


class OrderOut(BaseModel):
    model_config = _told(
        {
            "id": ORDER,
            "number": "O-7K3M9QX",
            "pool_id": POOL,
            "state": "planned",
            "currency": "USD",
            "needed_by": "2026-04-07",
            "goods": 42000,
            "alone": 10000,
            "quote": 4100,
            "duty": 1844,
            "most": 47944,
            "alone_parts": [
                {
                    "item": "customs entry",
                    "payee": "producer",
                    "key": "demo-craft-co-operative",
                    "amount": 10000,
                    "source": "terms of Demo craft co-operative, stated 2026-01-05",
                }
            ],
            "lines": [LINE],
            "trips": [TRIP],
            "charge": {
                "reference": "RF19O7K3M9QX",
                "goods": 42000,
                "shipping": 3024,
                "direct": 727,
                "joint": 2297,
                "duty": 1801,
                "duty_alone": 2080,
                "duty_assessed": None,
                "total": 45024,
                "alone": 10000,
                "pooled_parts": [
                    {"item": "customs entry", "payee": "customs", "key": "NLRTM", "amount": 500},
                    {"item": "freight and handling", "payee": "carrier", "key": "sea", "amount": 2297},
                    {"item": "waiting and storage", "payee": "warehouse", "key": "VNSGN", "amount": 227},
                ],
                "due_on": "2026-01-29",
                "paid_at": None,
            },
            "joined_at": "2026-01-05T12:00:00Z",
            "left_at": None,
            "leaving_charge": 0,
            "stays_if_extended": True,
            "version": 1,
        }
    )

    id: UUID
    number: str
    pool_id: UUID
    state: str
    currency: str
    needed_by: date
    goods: Minor
    alone: Minor
    quote: Minor = Field(description="shipping as promised: made at joining, it only falls")
    duty: Minor = Field(description="import duty at most, without a proof of origin")
    most: Minor = Field(description="the most that can ever be charged: goods, `quote` and `duty`")
    alone_parts: list[PartOut]
    lines: list[OrderLineOut]
    trips: list[TripOut]
    charge: ChargeOut | None
    joined_at: datetime
    left_at: datetime | None
    leaving_charge: Minor = Field(description="what it owes for having left; nothing if the pool fails")
    stays_if_extended: bool | None
    version: int


class ExtensionIn(BaseModel):
    model_config = _told({"stays": True})

    stays: bool = Field(description="whether the order stays in an extension of its pool")


class CasesOut(BaseModel):
    model_config = _told(
        {
            "offer_id": OFFER,
            "title": "Green tea, 100 g",
            "case_size": 12,
            "least_quantity": 24,
            "least": 30,
            "most": 37,
            "missing": 0,
            "to_next_case": 11,
        }
    )

    offer_id: UUID
    title: str
    case_size: int
    least_quantity: int = Field(description="that the maker makes, for all buyers together")
    least: int = Field(description="asked for by everybody, at least")
    most: int = Field(description="asked for by everybody, at most")
    missing: int = Field(description="pieces without which nobody gets any; 0: there are enough")
    to_next_case: int = Field(description="pieces that would fill one more case than is full now")


class LeavingOut(BaseModel):
    model_config = _told({"currency": "USD", "charge": 1200})

    currency: str
    charge: Minor = Field(description="what leaving costs now; nothing if the pool fails")


class CancelIn(BaseModel):
    model_config = _told({"because": "The ship is laid up until May."})

    because: str = Field(min_length=1, max_length=LONGEST_REASON)


class OverrideIn(BaseModel):
    model_config = _told({"because": "The buyers of the other goods asked to go on."})

    because: str = Field(min_length=1, max_length=LONGEST_REASON)


class AskIn(BaseModel):
    model_config = _told(
        {
            "origin_id": HUB,
            "hub_id": HUB,
            "currency": "USD",
            "wanted_by": "2026-06-30",
            "words": "Lacquer bowls and baskets, about 200 kg",
        }
    )

    origin_id: UUID
    hub_id: UUID
    currency: str = Field(min_length=3, max_length=3)
    wanted_by: date = Field(description="day by which the goods should arrive")
    words: str = Field(min_length=1, max_length=LONGEST_REASON)


class AskOut(BaseModel):
    model_config = _told(
        {
            "id": POOL,
            "origin": "VNSGN",
            "destination": "NLRTM",
            "currency": "USD",
            "wanted_by": "2026-06-30",
            "words": "Lacquer bowls and baskets, about 200 kg",
            "state": "asked",
            "buyers": 3,
            "declined_because": None,
            "pool_id": None,
        }
    )

    id: UUID
    origin: str
    destination: str
    currency: str
    wanted_by: date
    words: str
    state: str
    buyers: int = Field(description="how many want it")
    declined_because: str | None
    pool_id: UUID | None


class AcceptIn(BaseModel):
    model_config = _told({"title": "Lacquerware, to Rotterdam", "closes_at": "2026-03-20T18:00:00Z"})

    title: str = Field(min_length=1, max_length=120)
    closes_at: AwareDatetime


class InvitationOut(BaseModel):
    model_config = _told({"link": "https://fairhaul.example/invited/4dJx0Qm1nZ8"})

    link: str


class StepOut(BaseModel):
    model_config = _told(STEP)

    name: str
    state: str
    attempt: int
    started_at: datetime | None
    ended_at: datetime | None
    words: str
    overridden_because: str | None = None
    round: int = Field(1, description="2: after the pool was extended")


class StepsOut(BaseModel):
    model_config = _told({"state": "planned", "steps": [STEP]})

    state: str
    steps: list[StepOut]


class ConsignmentOut(BaseModel):
    """A producer's goods of one order; the buyer is known by the order's number."""

    model_config = _told(
        {
            "pool_id": POOL,
            "pool": "P-7K3M9QX",
            "pool_state": "planned",
            "order": "O-7K3M9QX",
            "lines": [LINE],
            "value": 42000,
            "trip": TRIP,
        }
    )

    pool_id: UUID
    pool: str
    pool_state: str
    order: str
    lines: list[OrderLineOut]
    value: Minor
    trip: TripOut | None
