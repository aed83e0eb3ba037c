"""Transfers at Stripe: asked once however often, answers lost and found, taken back, never paid twice."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from app import jobs
from app.payouts.models import PayoutInstruction
from app.settings import Settings
from tests.app.payouts.conftest import Desk
from tests.app.payouts.paying import hand_over
from tests.conftest import FixedClock
from tests.stripe_fake import StripeFake, signature

SECRET = "whsec_test"


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


def test_a_transfer_is_made_once_and_owed_again_when_taken_back(
    desk: Desk, stripe: StripeFake, run_jobs: Callable[[], list[str]], client: TestClient
) -> None:
    said = {"rail": "stripe", "holder": "Test craft maker", "stripe_account": "acct_1Maker"}
    assert desk.maker.post("/payout-details", data=said).status_code == 303
    hand_over(desk.session, desk.clock.now)
    desk.session.commit()

    def release() -> UUID:
        batch = desk.propose("whole")
        assert desk.second.post(f"/ledger/batches/{batch['id']}/release").status_code == 303
        return UUID(batch["instructions"][0]["id"])

    def state(instruction: UUID) -> str:
        desk.session.expire_all()
        return desk.session.get_one(PayoutInstruction, instruction).state

    poor = release()
    run_jobs()
    assert state(poor) == "failed", "we hold nothing at Stripe"
    assert "Insufficient funds" in desk.maker.get("/money").text
    assert desk.books() == []

    with stripe.lock:
        stripe.account.add("balance_transaction", "txn", amount=900000, fee=0, net=900000, currency="usd")
    made = release()
    by_hand = desk.first.post(f"/api/payout-instructions/{made}/failure", json={"because": "Gone."})
    assert by_hand.json()["type"] == "/problems/by-itself", "it may have been made: only Stripe knows"
    stripe.fail_next("transfers", "lost")
    run_jobs()
    assert (state(made), len(stripe.all("transfer"))) == ("released", 1), "done, but nobody was told"
    for _ in range(3):
        desk.clock.now += timedelta(minutes=2)
        jobs.queue.tasks["send_waiting_transfers"].func(timestamp=0)
        run_jobs()
    assert (state(made), len(stripe.all("transfer"))) == ("confirmed", 1), "found, not made again"
    (transfer,) = stripe.all("transfer")
    assert (transfer["amount"], transfer["destination"]) == (331000, "acct_1Maker")
    assert desk.owed()["whole"].rail == "stripe"
    assert desk.books() == []

    with stripe.lock:
        stripe.account.take_back(transfer, 331000)
    payload = json.dumps(stripe.account.events[-1]).encode()
    for _ in range(3):
        told = client.post(
            "/stripe/events",
            content=payload,
            headers={"stripe-signature": signature(payload, SECRET, desk.clock.now)},
        )
        assert told.status_code == 200
        run_jobs()
    assert state(made) == "returned"
    assert desk.owed()["whole"].paid_on is None
    assert desk.books() == []
    states = desk.session.scalars(select(PayoutInstruction.state).order_by(PayoutInstruction.state)).all()
    assert states == ["failed", "returned"]
