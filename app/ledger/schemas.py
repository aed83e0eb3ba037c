"""What the API of money takes and gives. Amounts in minor units."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.ledger.payments import LONGEST_REFERENCE

Minor = Annotated[int, Field(description="minor units of the currency")]
ID = "019b8e07-4601-7c1e-8a53-1d6a0f2f9b11"
PAYMENT = {"reference": "RF19O7K3M9QX", "amount": 45024, "currency": "USD", "received_on": "2026-01-26"}
PAYOUT = {
    "id": ID,
    "pool_id": ID,
    "account_id": ID,
    "payee": "Demo craft maker",
    "kind": "producer",
    "part": "balance",
    "amount": 165500,
    "currency": "USD",
    "due_on": "2026-02-12",
    "standing": "on its way",
    "days_late": 0,
    "paid_on": None,
    "rail": "bank",
    "reference": "",
    "can_ask_advance": False,
    "tries": [
        {
            "reference": "RF61P7K3M9QX",
            "batch": "B-7K3M9QX",
            "rail": "bank",
            "state": "sent",
            "sent_on": "2026-02-12",
            "words": "",
        }
    ],
}
CHARGE = {
    "order_id": ID,
    "order": "O-7K3M9QX",
    "pool_id": ID,
    "buyer": "Demo shop Leiden",
    "reference": "RF19O7K3M9QX",
    "total": 45024,
    "currency": "USD",
    "due_on": "2026-01-29",
    "paid_at": None,
    "cancelled": False,
}
VERIFICATION = {
    "ok": True,
    "entries": 13,
    "postings": 54,
    "currencies": [
        {"currency": "USD", "bank": 349142, "receivable": 0, "payable": 349142, "costs": 0, "sum": 0}
    ],
    "faults": [],
}


def _told(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class PaymentIn(BaseModel):
    """A bank transfer that came in, as on the statement."""

    model_config = _told(PAYMENT | {"bank_reference": "2026-017/3"})

    reference: str = Field(min_length=1, max_length=60)
    amount: int = Field(gt=0, le=2**53)
    currency: str = Field(pattern="^[A-Z]{3}$")
    received_on: date
    bank_reference: str = Field("", max_length=LONGEST_REFERENCE)


class PaymentOut(BaseModel):
    model_config = _told(
        {"id": ID, "order_id": ID, "order": "O-7K3M9QX", "bank_reference": "2026-017/3"} | PAYMENT
    )

    id: UUID
    order_id: UUID
    order: str
    reference: str
    amount: Minor
    currency: str
    received_on: date
    bank_reference: str


class ChargeOut(BaseModel):
    model_config = _told(CHARGE)

    order_id: UUID
    order: str
    pool_id: UUID
    buyer: str
    reference: str
    total: Minor
    currency: str
    due_on: date
    paid_at: datetime | None
    cancelled: bool


class TryOut(BaseModel):
    """One try to pay a payout."""

    reference: str = Field(description="on the transfer, ISO 11649")
    batch: str
    rail: str = Field(description="bank, stripe, mobile money, cash")
    state: str
    sent_on: date | None
    words: str = Field(description="why it failed, came back or is disputed")


class PayoutOut(BaseModel):
    model_config = _told(PAYOUT)

    id: UUID
    pool_id: UUID
    account_id: UUID = Field(description="of the payee in the ledger")
    payee: str
    kind: str
    part: str = Field(description="whole, or, once a maker has asked for it, advance and balance")
    amount: Minor
    currency: str
    due_on: date = Field(description="while it awaits the hand-over: the day on which that is expected")
    standing: str = Field(
        description="awaits hand-over, due, overdue, no payout details, being prepared, on its way, "
        "disputed, paid"
    )
    days_late: int
    paid_on: date | None
    rail: str = Field(description="by which way: bank, stripe, mobile money, cash; card for a refund")
    reference: str
    can_ask_advance: bool
    tries: list[TryOut] = Field(description="the newest first")


class MoneyOut(BaseModel):
    """One organisation's money: what it is owed and was paid, what it is charged."""

    model_config = _told({"owed": [PAYOUT], "charges": [CHARGE]})

    owed: list[PayoutOut]
    charges: list[ChargeOut]


class SumsOut(BaseModel):
    currency: str
    bank: Minor
    receivable: Minor
    payable: Minor
    costs: Minor = Field(description="fees of card payments, exchange differences, disputes")
    sum: Minor = Field(description="bank + receivable + costs - payable: 0 when the books balance")


class LedgerOut(BaseModel):
    """What `fairhaul ledger verify --json` prints."""

    model_config = _told(VERIFICATION)

    ok: bool
    entries: int
    postings: int
    currencies: list[SumsOut]
    faults: list[str]


class FlowOut(BaseModel):
    payee: str
    kind: str
    amount: Minor
    due_on: date | None
    paid_on: date | None


class JournalOut(BaseModel):
    at: datetime
    cause: str
    words: str
    account: str
    kind: str
    amount: int = Field(description="minor units; debit positive, credit negative")


class PoolMoneyOut(BaseModel):
    """One pool's money from buyer to producer."""

    currency: str
    charges: list[ChargeOut]
    flows: list[FlowOut]
    journal: list[JournalOut]


class StreamOut(BaseModel):
    """What goes one way: goods, maker fees, carrier, customs, duty, hub, waiting,
    refund, exchanged.
    """

    name: str
    currency: str
    owed: Minor
    paid: Minor
    on_its_way: Minor
    open: Minor
    own: int | None = Field(description="of this what your organisation pays, or is owed")


class PoolFlowOut(BaseModel):
    """One pool's money, the same for buyers and makers; nobody else's name is in it."""

    pool: str
    currency: str
    buyers: int
    goods: Minor
    shipping: Minor
    duty: Minor
    charged: Minor = Field(description="goods + shipping + duty; with `made_good` the sum of what is owed")
    received: Minor
    refunded: Minor
    made_good: Minor = Field(description="refunds borne by who caused them, beside what is charged")
    advance: dict[str, int] = Field(description="what makers asked for in advance, by currency")
    held: Minor = Field(description="came in, and waits for its payees")
    own_charge: int | None
    own_owed: dict[str, int] | None = Field(description="by currency")
    own_advance: dict[str, int] = Field(description="by currency")
    reconciles: bool = Field(description="every cent that is charged is owed to somebody")
    streams: list[StreamOut] = Field(description="in the pool's currency")
    abroad: list[StreamOut] = Field(description="makers that are owed in a currency of their own")
