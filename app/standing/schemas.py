"""What the API of standing orders takes and gives. Amounts in minor units."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.standing.models import StandingKind
from app.standing.service import MOST_AMOUNT
from app.trade.quantities import MOST_PIECES

OFFER = "019b8e07-4602-7a55-9f3e-52b1c1c4e7d2"
HUB = "019b8e07-4603-7e2f-b0a1-6f7f3f0f6a01"
STANDING = "019b8e07-4607-7e2f-b0a1-6f7f3f0f6a01"
Minor = Annotated[int, Field(description="minor units of the currency")]


def _told(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class StandingIn(BaseModel):
    model_config = _told(
        {
            "kind": "commitment",
            "offer_id": OFFER,
            "hub_id": HUB,
            "least": 20,
            "most": 60,
            "unit_most": 4200,
            "currency": "USD",
            "from_on": "2026-02-01",
            "until_on": "2027-01-31",
            "amount": 1000000,
            "stays_if_extended": True,
        }
    )

    kind: StandingKind
    offer_id: UUID
    hub_id: UUID = Field(description="every pool toward this hub in which the goods are offered")
    least: int | None = Field(None, ge=1, le=MOST_PIECES, description="of a range; null: exactly `most`")
    most: int = Field(ge=1, le=MOST_PIECES, description="pieces of one pool at most")
    unit_most: int = Field(
        ge=1, le=MOST_AMOUNT, description="most that one piece may cost in the worst case, all in"
    )
    currency: str = Field(pattern="^[A-Z]{3}$", description="of the pools, and of the amounts here")
    from_on: date
    until_on: date | None = Field(None, description="last day on which it may enter; commitments need it")
    amount: int | None = Field(
        None, ge=1, le=MOST_AMOUNT, description="goods in all pools, ex works; commitments need it"
    )
    stays_if_extended: bool = True


class StateIn(BaseModel):
    model_config = _told({"state": "paused"})

    state: Literal["active", "paused", "ended"]


class StandingOut(BaseModel):
    model_config = _told(
        {
            "id": STANDING,
            "kind": "commitment",
            "state": "active",
            "buyer": "Demo supermarket",
            "offer_id": OFFER,
            "title": "Lacquer bowl, 14 cm",
            "hub": "NLRTM",
            "least": 20,
            "most": 60,
            "unit_most": 4200,
            "currency": "USD",
            "from_on": "2026-02-01",
            "until_on": "2027-01-31",
            "amount": 1000000,
            "fulfilled": 210000,
            "in_pools": 105000,
            "remaining": 685000,
            "pieces": 90,
        }
    )

    id: UUID
    kind: str
    state: str
    buyer: str
    offer_id: UUID
    title: str
    hub: str
    least: int
    most: int
    unit_most: Minor | None = Field(description="null for the maker: it is the buyer's own limit")
    currency: str
    from_on: date
    until_on: date | None
    amount: Minor | None
    fulfilled: Minor = Field(description="goods that are charged")
    in_pools: Minor = Field(description="goods in pools that are not charged yet, at most")
    remaining: Minor | None = Field(description="of `amount`; null: there is no limit")
    pieces: int


class EntryOut(BaseModel):
    pool_id: UUID
    pool: str
    order_id: UUID | None
    words: str = Field(description="why it has not joined; empty: it has")
    at: datetime


class StandingDetailOut(StandingOut):
    entries: list[EntryOut]
