"""The paper's case, with a Stripe on loopback and buyers who save cards."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import jobs
from app.cards.models import CardCall, CardPayment, Purpose
from app.ledger import service as ledger
from app.permissions import Actor
from app.settings import Settings
from app.trade import service as trade
from app.trade.models import Charge, Order, Pool
from tests.app.making import Making
from tests.app.trade.market import CLOSES, Market, PaperCase, paper_case
from tests.conftest import FixedClock
from tests.stripe_fake import StripeFake, signature

SECRET = "whsec_test"
NO_REFUNDS = "4000000000005126"
GOOD, SET_UP, ALWAYS, FAILS = "4242424242424242", "4000002500003155", "4000002760003184", "4000000000000341"


@pytest.fixture
def stripe(clock: FixedClock) -> Iterator[StripeFake]:
    with StripeFake(clock=lambda: clock.now).running() as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, stripe: StripeFake) -> Settings:
    return Settings(
        data=tmp_path,
        demo=False,
        stripe_key=SecretStr(stripe.key),
        stripe_webhook_secret=SecretStr(SECRET),
        stripe_address=stripe.address,
    )


@dataclass
class Till:
    """A pool whose buyers pay by card, and everything a test does to it."""

    stripe: StripeFake
    session: Session
    clock: FixedClock
    case: PaperCase
    run_jobs: Callable[[], list[str]]
    as_person: Callable[[UUID], TestClient]
    visitor: TestClient
    told: int = 0
    orders: list[Order] = field(default_factory=list)

    def work(self, minutes: int = 2) -> None:
        """The worker does what waits, then what every minute brings."""
        for _ in range(minutes):
            self.run_jobs()
            jobs.queue.tasks["collect_by_card"].func(timestamp=0)
            self.run_jobs()
            self.clock.now += timedelta(minutes=1)
        self.session.expire_all()

    def save(self, buyer: Actor, number: str) -> None:
        assert self.as_person(buyer.person_id).post("/card").status_code == 303
        self.run_jobs()
        page = self.page(Purpose.SAVE_CARD, buyer)
        assert self.play(page, number).status_code == 303
        self.clock.now += timedelta(minutes=6)
        self.work(1)

    def page(self, purpose: Purpose, buyer: Actor) -> CardCall:
        self.session.expire_all()
        return self.session.scalars(
            select(CardCall)
            .filter_by(purpose=purpose, organisation_id=buyer.organisation_id)
            .order_by(CardCall.made_at.desc())
        ).all()[0]

    def play(self, page: CardCall, number: str) -> httpx.Response:
        return httpx.post(page.url, data={"number": number, "bank": "yes"})

    def mend(self, number: int, card: str, purpose: Purpose = Purpose.PAGE_TO_HOLD) -> None:
        """The buyer of an order goes to the hosted page and plays this card."""
        buyer = self.case.buyers[number]
        path = f"/orders/{self.orders[number].id}/card"
        assert self.as_person(buyer.person_id).post(path).status_code == 303
        self.run_jobs()
        page = self.page(purpose, buyer)
        assert page.url in self.as_person(buyer.person_id).get(path).text
        assert self.play(page, card).status_code == 303

    def close(self) -> None:
        self.clock.now = CLOSES
        trade.close_due(self.session, now=self.clock.now)
        self.session.commit()
        self.run_jobs()
        self.session.expire_all()
        self.clock.now += timedelta(hours=1)

    def join(self, buyers: int) -> None:
        case = self.case
        self.orders = [
            case.market.join(buyer, case.pool, (offer, 1), needed_by=due)
            for buyer, offer, due in list(zip(case.buyers, case.offers, case.due, strict=True))[:buyers]
        ]

    def charge(self, number: int = 0) -> Charge:
        return self.session.get_one(Charge, self.orders[number].id)

    def states(self) -> list[str]:
        return [self.payment(number).state for number in range(len(self.orders))]

    def held(self) -> dict[str, list[int]]:
        """By order, what banks keep aside."""
        found: dict[str, list[int]] = {}
        for intent in self.stripe.all("payment_intent"):
            if intent["status"] == "requires_capture":
                found.setdefault(intent["metadata"]["fairhaul_order"], []).append(intent["amount"])
        return found

    def payment(self, number: int = 0) -> CardPayment:
        return self.session.get_one(CardPayment, self.orders[number].id)

    def pool(self) -> Pool:
        return self.session.get_one(Pool, self.case.pool.id)

    def events(self) -> list[dict[str, Any]]:
        """What Stripe has to tell since the last time."""
        fresh = self.stripe.account.events[self.told :]
        self.told += len(fresh)
        return fresh

    def tell(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            payload = json.dumps(event).encode()
            reply = self.visitor.post(
                "/stripe/events",
                content=payload,
                headers={"stripe-signature": signature(payload, SECRET, self.clock.now)},
            )
            assert reply.status_code == 200

    def tell_shuffled(self, dice: random.Random) -> None:
        """Everything, twice, in any order."""
        events = [*self.events()] * 2
        dice.shuffle(events)
        self.tell(events)

    def books(self) -> list[str]:
        self.session.expire_all()
        return ledger.verify(self.session).faults

    def taken(self) -> dict[str, int]:
        """By order, what Stripe holds of it: captured less refunded."""
        found: dict[str, int] = {}
        for intent in self.stripe.all("payment_intent"):
            charges = [c for c in self.stripe.all("charge") if c["payment_intent"] == intent["id"]]
            number = intent["metadata"].get("fairhaul_order", "")
            found[number] = found.get(number, 0) + sum(
                c["amount_captured"] - c["amount_refunded"] for c in charges
            )
        return found

    def balances(self) -> dict[tuple[str, str], int]:
        rows = self.session.execute(
            text(
                "SELECT kind, account.currency, sum(amount) FROM posting "
                "JOIN account ON account.id = account_id GROUP BY kind, account.currency"
            )
        )
        return {(kind, currency): int(amount) for kind, currency, amount in rows}


@pytest.fixture
def till(
    stripe: StripeFake,
    session: Session,
    make: Making,
    clock: FixedClock,
    run_jobs: Callable[[], list[str]],
    as_person: Callable[[UUID], TestClient],
    client: TestClient,
) -> Till:
    return Till(stripe, session, clock, paper_case(Market(session, make)), run_jobs, as_person, client)
