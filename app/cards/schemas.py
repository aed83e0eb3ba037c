"""What the API of cards takes and gives. Amounts in minor units."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.cards.showing import Stage

ID = "019b8e07-4601-7c1e-8a53-1d6a0f2f9b11"
PAGE = {
    "state": "open",
    "url": "https://checkout.stripe.com/c/pay/cs_test_1",
    "made_at": "2026-01-05T12:00:00Z",
}
SAVED = {"brand": "visa", "last4": "4242", "expires": "12/2034", "saved_at": "2026-01-05T12:01:00Z"}
PAYING = {
    "order_id": ID,
    "stage": "declined",
    "amount": 45024,
    "currency": "USD",
    "exact": False,
    "card": "Visa ···· 0341",
    "mend_by": "2026-01-25T18:01:00Z",
    "reference": None,
    "page": None,
}
DISPUTE = {
    "id": "du_1",
    "order_id": ID,
    "order": "O-7K3M9QX",
    "amount": 45024,
    "currency": "USD",
    "reason": "fraudulent",
    "status": "needs_response",
    "answer_by": "2026-02-12T12:00:00Z",
}


def _told(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class HostedPageOut(BaseModel):
    """A page at Stripe, where a person enters a card. It is made within seconds: ask again for its `url`."""

    model_config = _told(PAGE)

    state: str = Field(description="stored or sent: being made; open; done; refused: closed or expired")
    url: str = Field(description="empty until the page is there")
    made_at: datetime


class SavedCardOut(BaseModel):
    model_config = _told(SAVED)

    brand: str
    last4: str
    expires: str
    saved_at: datetime | None


class CardOut(BaseModel):
    """The card of an organisation, and the page where one is being saved."""

    model_config = _told({"taken": True, "card": SAVED, "page": None})

    taken: bool = Field(description="false: no cards are taken here, all goes by bank transfer")
    card: SavedCardOut | None
    page: HostedPageOut | None


class PayingOut(BaseModel):
    """How an order is paid. `amount`: what its card is asked for, at most or (`exact`) to the last figure."""

    model_config = _told(PAYING)

    order_id: UUID
    stage: Stage
    amount: int
    currency: str
    exact: bool = Field(description="false: the most that the order may cost, which is held and not taken")
    card: str
    mend_by: datetime | None = Field(description="until when a refused card can be mended")
    reference: str | None = Field(description="of a bank transfer, once the order is charged")
    page: HostedPageOut | None


class DisputeOut(BaseModel):
    """A card payment that a bank takes back."""

    model_config = _told(DISPUTE)

    id: str
    order_id: UUID
    order: str
    amount: int
    currency: str
    reason: str
    status: str
    answer_by: datetime | None
