"""What the API of counts and claims takes and gives. Amounts in minor units."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.claims.counting import LONGEST_WORDS as LONGEST_COUNT
from app.claims.models import Bearer
from app.claims.service import LONGEST_WORDS
from app.trade.quantities import MOST_PIECES

POOL = "019b8e07-4600-7d14-bf68-a7731a3fad18"
OFFER = "019b8e07-4602-7a55-9f3e-52b1c1c4e7d2"
LINE = "019b8e07-4605-7a55-9f3e-52b1c1c4e7d2"
CLAIM = "019b8e07-4606-7a55-9f3e-52b1c1c4e7d2"
ORDER = "019b8e07-4601-7c1e-8a53-1d6a0f2f9b11"
Minor = Annotated[int, Field(description="minor units of the currency")]


def _told(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class CountIn(BaseModel):
    model_config = _told(
        {"offer_id": OFFER, "received": 37, "borne_by": "maker", "words": "One carton held 9 instead of 12."}
    )

    offer_id: UUID
    received: int = Field(ge=0, le=MOST_PIECES, description="pieces that came, of all orders together")
    borne_by: Bearer | None = Field(None, description="who lost the missing pieces and bears the refund")
    words: str = Field("", max_length=LONGEST_COUNT)


class ShareOut(BaseModel):
    order: str
    ordered: int
    gets: int


class CountOut(BaseModel):
    model_config = _told(
        {
            "offer_id": OFFER,
            "title": "Lacquer bowl, 14 cm",
            "unit": "bowl",
            "ordered": 40,
            "received": 37,
            "borne_by": "maker",
            "words": "One carton held 9 instead of 12.",
            "counted_at": "2026-03-25T10:00:00Z",
            "shares": [
                {"order": "O-7K3M9QX", "ordered": 30, "gets": 28},
                {"order": "O-9QX7K3M", "ordered": 10, "gets": 9},
            ],
        }
    )

    offer_id: UUID
    title: str
    unit: str
    ordered: int
    received: int | None = Field(description="null: not counted yet")
    borne_by: str | None
    words: str
    counted_at: datetime | None
    shares: list[ShareOut] = Field(description="pieces by order: in proportion, by largest remainders")


class ClaimIn(BaseModel):
    model_config = _told({"line_id": LINE, "pieces": 2, "words": "Two bowls are cracked at the rim."})

    line_id: UUID = Field(description="line of the order")
    pieces: int = Field(ge=1, le=MOST_PIECES)
    words: str = Field(min_length=1, max_length=LONGEST_WORDS)


class AcceptIn(BaseModel):
    model_config = _told({"borne_by": "carrier", "words": "The carton was crushed on board."})

    borne_by: Bearer | None = Field(
        None, description="a hub: hub or carrier; a maker that accepts bears it, whatever is said here"
    )
    words: str = Field("", max_length=LONGEST_WORDS)


class RefuseIn(BaseModel):
    model_config = _told({"words": "The picture shows another bowl."})

    words: str = Field(min_length=1, max_length=LONGEST_WORDS)


class RefundOut(BaseModel):
    pieces: int
    goods: Minor
    shipping: Minor
    duty: Minor
    amount: Minor
    currency: str
    borne_by: str


CLAIM_OUT: dict[str, Any] = {
    "id": CLAIM,
    "number": "D-7K3M9QX",
    "order_id": ORDER,
    "line_id": LINE,
    "title": "Lacquer bowl, 14 cm",
    "pieces": 2,
    "words": "Two bowls are cracked at the rim.",
    "state": "accepted",
    "filed_at": "2026-03-26T10:00:00Z",
    "answer_by": "2026-04-05",
    "answered_at": "2026-03-28T10:00:00Z",
    "answer": "The carton was crushed on board.",
    "complaint": None,
    "photos": [],
    "refund": {
        "pieces": 2,
        "goods": 7000,
        "shipping": 504,
        "duty": 0,
        "amount": 7504,
        "currency": "USD",
        "borne_by": "carrier",
    },
}


class ClaimOut(BaseModel):
    model_config = _told(CLAIM_OUT)

    id: UUID
    number: str
    order_id: UUID | None = Field(description="of one's own; makers and hubs are not told")
    line_id: UUID
    title: str
    pieces: int
    words: str
    state: str
    filed_at: datetime
    answer_by: date
    answered_at: datetime | None
    answer: str
    complaint: str | None = Field(description="number of the complaint that it became")
    photos: list[UUID]
    refund: RefundOut | None


class EscalatedOut(BaseModel):
    model_config = _told({"claim": CLAIM_OUT, "complaint": "C-2026-0007", "code": "4F7K-..."})

    claim: ClaimOut
    complaint: str
    code: str = Field(description="receipt code of the complaint: shown once")


class PhotoOut(BaseModel):
    model_config = _told({"id": LINE})

    id: UUID
