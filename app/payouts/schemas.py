"""What the API of payouts takes and gives. Amounts in minor units."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.payouts.batches import LONGEST_REASON, MOST
from app.payouts.results import LONGEST

Minor = Annotated[int, Field(description="minor units of the currency")]
ID = "019b8e07-4601-7c1e-8a53-1d6a0f2f9b11"
DETAILS = {
    "rail": "bank",
    "holder": "Demo craft co-operative",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
}


def _told(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class DetailsIn(BaseModel):
    """Where a payee is paid. `bank`: IBAN, or account number with BIC and country; `mobile money`: phone and
    provider; `cash`: place; `stripe`: the connected account.
    """

    model_config = _told(DETAILS)

    rail: Literal["bank", "stripe", "mobile money", "cash"]
    holder: str = Field(min_length=1, max_length=200)
    iban: str = Field("", max_length=50)
    account_number: str = Field("", max_length=50)
    bic: str = Field("", max_length=20)
    country: str = Field("", max_length=2)
    phone: str = Field("", max_length=30)
    provider: str = Field("", max_length=200)
    place: str = Field("", max_length=200)
    stripe_account: str = Field("", max_length=80)


class DetailsOut(BaseModel):
    model_config = _told(
        {"id": ID, "usable_from": "2026-01-05T12:00:00Z", "confirmed_at": None, "counts": True} | DETAILS
    )

    id: UUID
    rail: str
    holder: str
    iban: str = ""
    account_number: str = ""
    bic: str = ""
    country: str = ""
    phone: str = ""
    provider: str = ""
    place: str = ""
    stripe_account: str = ""
    usable_from: datetime
    confirmed_at: datetime | None
    counts: bool = Field(description="false: changed, and waits until `usable_from` or for a second person")


class StripeAccountIn(BaseModel):
    """Where the organisation is registered. It counts until the account is made."""

    model_config = _told({"country": "VN"})

    country: str = Field(pattern="^[A-Z]{2}$")


class StripeAccountOut(BaseModel):
    """`page`: where Stripe asks for details, empty when none was asked for lately."""

    model_config = _told(
        {
            "account": "acct_1AbC2dEf",
            "country": "NL",
            "state": "details",
            "words": "",
            "page": "https://connect.stripe.com/setup/e/acct_1AbC2dEf/x",
            "page_until": "2026-02-12T09:35:00Z",
        }
    )

    account: str
    country: str
    state: Literal["asked", "details", "checking", "ready", "refused"]
    words: str
    page: str
    page_until: datetime | None


class ReceiptIn(BaseModel):
    """Whether the payee has the money."""

    model_config = _told({"received": False, "words": "Nobody came to the shop on Monday."})

    received: bool
    words: str = Field("", max_length=LONGEST_REASON)


class ProposalIn(BaseModel):
    """Payouts to pay together, on a day."""

    model_config = _told({"payouts": [ID], "pay_on": "2026-02-13"})

    payouts: list[UUID] = Field(min_length=1, max_length=MOST)
    pay_on: date


class RefusalIn(BaseModel):
    model_config = _told({"because": "The amount of the second line is not what the pool says."})

    because: str = Field(min_length=1, max_length=LONGEST_REASON)


class SendingIn(BaseModel):
    """The batch was given to the bank, or handed over."""

    model_config = _told({"sent_on": "2026-02-13", "receipt": "MP-118"})

    sent_on: date
    receipt: str = Field("", max_length=LONGEST)


class ArrivalIn(BaseModel):
    """The line of the bank's statement."""

    model_config = _told({"on": "2026-02-16", "reference": "2026-031/4"})

    on: date
    reference: str = Field(min_length=1, max_length=LONGEST)


INSTRUCTION = {
    "id": ID,
    "payout_id": ID,
    "payee": "Demo craft co-operative",
    "part": "balance",
    "amount": 165500,
    "currency": "USD",
    "reference": "RF61P7K3M9QX",
    "state": "released",
    "to": "…4300",
    "sent_on": None,
    "receipt": "",
    "words": "",
}


class InstructionOut(BaseModel):
    model_config = _told(INSTRUCTION)

    id: UUID
    payout_id: UUID
    payee: str
    part: str
    amount: Minor
    currency: str
    reference: str = Field(description="on the transfer, ISO 11649")
    state: str
    to: str = Field(description="last signs of the account")
    sent_on: date | None
    receipt: str
    words: str = Field(description="why it failed, came back or is disputed")


class BatchOut(BaseModel):
    model_config = _told(
        {
            "id": ID,
            "number": "B-7K3M9QX",
            "rail": "bank",
            "currency": "USD",
            "total": 165500,
            "pay_on": "2026-02-13",
            "state": "released",
            "refused_because": "",
            "has_file": True,
            "instructions": [INSTRUCTION],
        }
    )

    id: UUID
    number: str
    rail: str
    currency: str
    total: Minor
    pay_on: date
    state: str
    refused_because: str
    has_file: bool = Field(description="there is a pain.001 for the bank")
    instructions: list[InstructionOut]
