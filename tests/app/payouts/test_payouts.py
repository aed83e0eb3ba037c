"""From half in advance to the last cent: two persons, each way, and everything that goes wrong between."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app import jobs
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause, Payout
from app.mail import Mail
from app.payouts.advances import half
from app.payouts.models import PayoutBatch, PayoutDetails, PayoutInstruction
from app.settings import PayoutAccount, Settings
from app.trade import service as trade
from app.trade.models import PoolState
from tests.app.ledger.test_statements import camt, entry
from tests.app.making import Making
from tests.app.payouts.conftest import Desk
from tests.app.payouts.paying import hand_over, pay_all
from tests.conftest import FixedClock
from tests.stripe_fake import StripeFake, signature

pytestmark = pytest.mark.xdist_group("payouts")  # they share a world
SECRET, OTHER_SECRET = "whsec_test", "whsec_of_connected_accounts"

BANK = {"rail": "bank", "holder": "Test craft maker", "iban": "NL91 ABNA 0417 1643 00"}
CASH = {"rail": "cash", "holder": "Test craft maker", "place": "Office in Hanoi"}


@given(st.integers(2, 10**15))
def test_advance_and_balance_are_what_is_owed(owed: int) -> None:
    advance = half(owed)
    assert 0 < owed - advance <= advance < owed
    assert 2 * advance >= owed, "at least half, as the standard asks"
    assert 2 * advance - owed <= 1, "to the minor unit"


def test_half_in_advance_the_rest_at_hand_over(desk: Desk) -> None:
    """A bank's transfers, with the file and the statement; told everywhere the same."""
    owed = desk.owed()["whole"]
    page = desk.maker.get("/money").text
    assert "You may have half of it now" in page
    assert "Ask for USD 1,655.00 now" in page
    assert "At hand-over" in page
    assert desk.buyer.post(f"/payouts/{owed.id}/advance").status_code == 403
    assert desk.maker.post(f"/payouts/{owed.id}/advance").status_code == 303
    assert desk.maker.post(f"/api/payouts/{owed.id}/advance").json()["part"] == "advance", "again: the same"
    parts = desk.owed()
    assert {name: part.amount for name, part in parts.items()} == {"advance": 165500, "balance": 165500}
    assert parts["advance"].due_on == (desk.clock.now + timedelta(days=10)).date()
    assert desk.books() == []
    not_yet = desk.first.post(
        "/api/payout-batches",
        json={"payouts": [str(parts["advance"].id)], "pay_on": desk.clock.now.date().isoformat()},
    )
    assert (not_yet.status_code, not_yet.json()["type"]) == (409, "/problems/not-payable")
    assert "where it is to be paid" in not_yet.json()["detail"]
    assert "Say where we pay you" in desk.maker.get("/money").text
    own_page = f"/payouts/{parts['advance'].id}"
    assert 'class="button primary" href="/payout-details"' in desk.maker.get(own_page).text

    assert desk.maker.post("/payout-details", data=BANK).status_code == 303
    assert 'href="/payout-details"' not in desk.maker.get(own_page).text
    assert desk.maker.get("/api/payout-details").json()["counts"]
    desk.first.app.state.settings.payout_account = PayoutAccount(  # type: ignore[attr-defined]
        holder="Test platform", iban="DE89370400440532013000"
    )
    batch = desk.propose("advance")
    waits = desk.first.post(
        "/api/payout-batches",
        json={"payouts": [str(desk.owed()["balance"].id)], "pay_on": desk.clock.now.date().isoformat()},
    )
    assert "not handed over yet" in waits.json()["detail"]
    path = f"/ledger/batches/{batch['id']}"
    assert "You proposed it" in desk.first.get(path).text
    own = desk.first.post(f"{path}/release")
    assert own.status_code == 409
    assert "Another person releases it" in own.text
    assert (
        desk.first.post(f"/api/payout-batches/{batch['id']}/release").json()["type"].endswith("same-person")
    )
    assert desk.first.get(f"{path}/file").status_code == 404
    assert "Release USD 1,655.00" in desk.second.get(path).text
    assert desk.second.post(f"{path}/release").status_code == 303
    assert desk.second.post(f"{path}/release").status_code == 409, "two tabs"
    reference = batch["instructions"][0]["reference"]
    file = desk.first.get(f"/api/payout-batches/{batch['id']}/file")
    assert file.headers["content-type"] == "application/xml"
    assert f"<EndToEndId>{reference}</EndToEndId>" in file.text
    assert '<InstdAmt Ccy="USD">1655.00</InstdAmt>' in file.text
    today = desk.clock.now.date().isoformat()
    for _twice in range(2):
        assert desk.first.post(f"{path}/send", data={"sent_on": today}).status_code == 303
    assert "On its way since" in desk.maker.get("/money").text
    assert desk.books() == []

    statement = camt(
        entry("1655.00", f"Fairhaul {reference}", "B1", way="DBIT"), entry("3.00", "Fee", "B2", way="DBIT")
    )
    look = desk.first.post("/ledger/statement", files={"file": ("a.xml", statement)})
    assert "Payout arrived: will be booked" in look.text
    assert "Book 1 line" in look.text
    word = look.text.split('name="word" value="')[1].split('"')[0]
    for _twice in range(2):
        assert desk.first.post("/ledger/statement/book", data={"word": word}).status_code == 303
    advance = desk.maker.get("/api/money").json()["owed"]
    assert {each["part"]: each["standing"] for each in advance} == {
        "advance": "paid",
        "balance": "awaits hand-over",
    }
    assert desk.books() == []

    hand_over(desk.session, desk.clock.now)
    desk.session.commit()
    desk.clock.now += timedelta(days=3)
    row = next(each for each in desk.maker.get("/api/money").json()["owed"] if each["part"] == "balance")
    assert (row["standing"], row["days_late"]) == ("overdue", 3)
    assert "3 days late" in desk.maker.get("/money").text

    came_back = camt(entry("1655.00", f"Fairhaul {reference} account closed", "B9"))
    look = desk.first.post("/ledger/statement", files={"file": ("a.xml", came_back)})
    assert "Payout came back: will be owed again" in look.text
    word = look.text.split('name="word" value="')[1].split('"')[0]
    assert desk.first.post("/ledger/statement/book", data={"word": word}).status_code == 303
    assert "did not reach you" in desk.maker.get("/money").text
    assert desk.owed()["advance"].paid_on is None
    assert desk.books() == []
    late = desk.first.post("/ledger/statement", files={"file": ("a.xml", statement)})
    assert "Booked before" in late.text

    pay_all(desk.session, desk.case.market, desk.clock.now)
    desk.session.commit()
    assert desk.books() == []
    assert [(each.bank, each.receivable, each.payable) for each in ledger.verify(desk.session).sums] == [
        (0, 0, 0)
    ]
    assert sum(part.amount for part in desk.owed().values()) == 331000
    trade.shipments_moved(desk.session, desk.case.pool.id, now=desk.clock.now)
    _same_at_both_ends(desk)


def _same_at_both_ends(desk: Desk) -> None:
    path = f"/pools/{desk.case.pool.id}/money"
    seen = {who: getattr(desk, who).get(f"/api{path}").json() for who in ("maker", "buyer", "first")}
    own = ("own_charge", "own_owed", "own_advance")
    plain = {
        who: {name: value for name, value in money.items() if name not in (*own, "streams")}
        for who, money in seen.items()
    }
    assert plain["maker"] == plain["buyer"] == plain["first"]
    assert plain["maker"]["reconciles"]
    assert seen["maker"]["own_owed"] == {"USD": 331000}
    assert sum(each["own"] for each in seen["buyer"]["streams"]) == seen["buyer"]["own_charge"]
    for money in seen.values():
        assert sum(each["owed"] for each in money["streams"]) == money["charged"] == money["received"]
        goods = next(each for each in money["streams"] if each["name"] == "goods")
        assert goods["owed"] == money["goods"] == 331000, "the maker's price does not pay for pooling"
        assert money["held"] == 0
    for who in ("maker", "buyer", "first"):
        browser = getattr(desk, who)
        page = browser.get(path).text
        assert "every cent" in page
        assert desk.case.buyers[1].organisation_name not in page, "nobody else's name"
        assert browser.get(f"/api{path}.csv").text == browser.get(f"{path}.csv").text
    assert "3310.00" in desk.maker.get(f"{path}.csv").text


def test_cash_is_paid_when_the_maker_says_so(desk: Desk, make: Making) -> None:
    assert desk.maker.post("/payout-details", data=CASH).status_code == 303
    hand_over(desk.session, desk.clock.now)
    desk.session.commit()
    assert desk.maker.post(f"/api/payouts/{desk.owed()['whole'].id}/advance").status_code == 409
    refused = desk.propose("whole")
    path = f"/ledger/batches/{refused['id']}"
    assert desk.second.post(f"{path}/refuse", data={"because": ""}).status_code == 422
    assert desk.second.post(f"{path}/refuse", data={"because": "Not today."}).status_code == 303
    assert "Not today." in desk.first.get(path).text

    def send() -> str:
        desk.clock.now += timedelta(minutes=1)
        batch = desk.propose("whole")
        assert desk.second.post(f"/api/payout-batches/{batch['id']}/release").status_code == 200
        today = desk.clock.now.date().isoformat()
        bare = desk.first.post(f"/api/payout-batches/{batch['id']}/sending", json={"sent_on": today})
        assert bare.json()["errors"][0]["pointer"] == "/receipt"
        sent = {"sent_on": today, "receipt": "C-7"}
        assert desk.first.post(f"/api/payout-batches/{batch['id']}/sending", json=sent).status_code == 200
        return str(batch["instructions"][0]["id"])

    instruction = send()
    payout = desk.owed()["whole"]
    assert "Did you receive USD 3,310.00?" in desk.maker.get("/money").text
    arrival = {"on": desk.clock.now.date().isoformat(), "reference": "X"}
    by_us = desk.first.post(f"/api/payout-instructions/{instruction}/arrival", json=arrival)
    assert by_us.json()["type"] == "/problems/payee-confirms"
    assert desk.buyer.post(f"/payouts/{payout.id}/receipt", data={"received": "yes"}).status_code == 404
    silent = desk.maker.post(f"/payouts/{payout.id}/receipt", data={"received": "no"})
    assert silent.status_code == 422
    said = {"received": "no", "words": "Nobody came."}
    assert desk.maker.post(f"/payouts/{payout.id}/receipt", data=said).status_code == 303
    assert "Not received, says the payee" in desk.first.get(f"/ledger/payouts/{payout.id}").text
    assert desk.books() == []
    path = f"/ledger/instructions/{instruction}/failed"
    for _twice in range(2):
        assert desk.first.post(path, data={"because": "The driver brought it back."}).status_code == 303
    assert desk.books() == []
    send()
    desk.maker.post(f"/api/payouts/{payout.id}/receipt", json={"received": True})
    answer = desk.maker.post(f"/api/payouts/{payout.id}/receipt", json={"received": True})
    assert answer.json()["standing"] == "paid", "twice is once"
    tries = [(each["rail"], each["state"]) for each in answer.json()["tries"]]
    assert tries == [("cash", "confirmed"), ("cash", "failed"), ("cash", "refused")]
    assert desk.books() == []
    own = desk.session.get_one(Payout, payout.id)
    assert (own.rail, own.reference) == ("cash", "C-7")


def test_changed_details_wait_and_anybody_can_take_them_back(desk: Desk, make: Making) -> None:
    assert desk.maker.post("/payout-details", data=BANK).status_code == 303
    assert desk.maker.post("/payout-details", data=BANK).status_code == 303
    assert len(desk.session.scalars(select(PayoutDetails)).all()) == 1, "told again, nothing changes"
    hand_over(desk.session, desk.clock.now)
    desk.session.commit()
    batch = desk.propose("whole")
    other = BANK | {"iban": "DE89 3704 0044 0532 0130 00"}
    wrong = desk.maker.post("/payout-details", data=BANK | {"iban": "NL00 ABNA 0417 1643 00"})
    assert wrong.status_code == 422
    assert "NL00 ABNA 0417 1643 00" in wrong.text
    desk.clock.now += timedelta(minutes=1)
    assert desk.maker.post("/api/payout-details", json=other).json()["counts"] is False
    assert desk.session.scalars(select(Mail).where(Mail.subject == "Payout details changed")).all()
    stale = desk.second.post(f"/api/payout-batches/{batch['id']}/release")
    assert stale.json()["type"] == "/problems/changed-since", "the proposal does not go to the new account"
    took = desk.first.post(f"/api/payout-batches/{batch['id']}/refusal", json={"because": "Changed."})
    assert took.json()["state"] == "refused"
    page = desk.maker.get("/payout-details").text
    assert "This change waits" in page
    waiting = desk.maker.get("/api/payout-details").json()["id"]
    assert desk.maker.post(f"/payout-details/{waiting}/confirm").status_code == 409, "not the same person"
    assert desk.buyer.post(f"/payout-details/{waiting}/confirm").status_code == 404
    blocked = {"payouts": [str(desk.owed()["whole"].id)], "pay_on": desk.clock.now.date().isoformat()}
    assert "second person" in desk.first.post("/api/payout-batches", json=blocked).json()["detail"]
    assert desk.maker.post(f"/payout-details/{waiting}/take-back").status_code == 303
    assert desk.maker.get("/api/payout-details").json()["iban"] == "NL91ABNA0417164300"
    desk.clock.now += timedelta(minutes=1)
    again = desk.maker.post("/api/payout-details", json=other).json()
    desk.clock.now += timedelta(days=8)
    assert desk.maker.get("/api/payout-details").json()["counts"]
    assert desk.maker.post(f"/api/payout-details/{again['id']}/confirmation").status_code == 409
    carrier = desk.session.scalars(select(Account).filter_by(kind=AccountKind.CARRIER)).one()
    assert desk.maker.get(f"/ledger/payees/{carrier.id}").status_code == 403
    assert desk.first.post(f"/ledger/payees/{carrier.id}", data=BANK).status_code == 303
    desk.clock.now += timedelta(minutes=1)
    assert desk.first.post(f"/ledger/payees/{carrier.id}", data=other).status_code == 303
    own = desk.second.get(f"/ledger/payees/{carrier.id}").text
    assert "At a place, against a receipt." in own
    confirm = own.split('action="')[1:]
    address = next(each.split('"')[0] for each in confirm if "/confirm" in each)
    assert desk.first.post(address).status_code == 409
    assert desk.second.post(address).status_code == 303


def test_the_database_itself_wants_two_persons(desk: Desk) -> None:
    desk.maker.post("/payout-details", data=BANK)
    hand_over(desk.session, desk.clock.now)
    desk.session.commit()
    batch = desk.propose("whole")
    found = desk.session.get_one(PayoutBatch, batch["id"])
    payout, now = desk.owed()["whole"], desk.clock.now
    given = {"batch": found.id, "one": found.proposed_by, "payout": payout.id, "now": now}

    def run(change: str) -> None:
        with desk.session.begin_nested():
            desk.session.execute(text(change), given)
            desk.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    def refused(words: str, change: str) -> None:
        with pytest.raises(DBAPIError, match=words):
            run(change)
        desk.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))

    release = "UPDATE payout_batch SET state = 'released', released_at = :now, released_by = :one"
    refused("two_persons", f"{release} WHERE id = :batch")
    refused("ck_payout_batch_released", "UPDATE payout_batch SET state = 'released' WHERE id = :batch")
    for state in ("released", "sent", "confirmed"):
        refused(
            "released by two persons|does not go",
            f"UPDATE payout_instruction SET state = '{state}' WHERE batch_id = :batch",
        )
    refused(
        "paid by an instruction that two persons released",
        "UPDATE payout SET paid_on = current_date WHERE id = :payout",
    )
    refused("keeps its amount", "UPDATE payout SET amount = amount + 1 WHERE id = :payout")
    refused("is not changed", "UPDATE payout_instruction SET amount = amount + 1 WHERE batch_id = :batch")
    refused(
        "is not changed",
        "UPDATE payout_batch SET proposed_by = (SELECT id FROM person WHERE id <> :one LIMIT 1)",
    )
    refused("are not changed", "UPDATE payout_details SET iban = 'DE89370400440532013000'")
    refused(
        "uq_payout_instruction_live",
        "INSERT INTO payout_instruction SELECT gen_random_uuid(), batch_id, payout_id, details_id, 'RF1', "
        "amount, currency, state, NULL, '', '', '', 0, NULL, NULL FROM payout_instruction",
    )
    for table in ("payout_instruction", "payout_batch", "payout_details"):
        refused("not deleted|are not changed|violates foreign key", f"DELETE FROM {table}")
    desk.session.expire_all()
    assert desk.session.scalars(select(PayoutInstruction.state)).all() == ["proposed"]


def test_owed_less_falls_on_what_is_open(desk: Desk) -> None:
    """What claims take from a maker: the balance first, and nothing that is on its way."""
    now, pool = desk.clock.now, desk.pool()
    desk.maker.post(f"/payouts/{desk.owed()['whole'].id}/advance")
    to = desk.session.get_one(Account, desk.owed()["balance"].account_id)
    bank = ledger.account(desk.session, AccountKind.BANK, "USD", holder="Bank")
    ledger.post(
        desk.session,
        key="claim:1",
        cause=Cause.CANCELLATION,
        words="A claim",
        postings=[(to, 500), (bank, -500)],
        now=now,
        pool_id=pool.id,
    )
    ledger.owe_less(desk.session, pool.id, to, 500, now=now, words="A claim")
    assert {name: part.amount for name, part in desk.owed().items()} == {
        "advance": 165500,
        "balance": 165000,
    }
    assert desk.books() == []
    from app.errors import Refusal

    with pytest.raises(Refusal, match="not open any more"):
        ledger.owe_less(desk.session, pool.id, to, 400_000, now=now, words="A claim")
    assert desk.pool().state == PoolState.CONFIRMED


@pytest.fixture
def stripe(config: Settings, clock: FixedClock) -> Iterator[StripeFake]:
    """A platform with an account at Stripe."""
    with StripeFake(clock=lambda: clock.now).running() as running:
        config.stripe_key = SecretStr(running.key)
        config.stripe_webhook_secret = SecretStr(f"{SECRET} {OTHER_SECRET}")
        config.stripe_address = running.address
        yield running


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


def test_a_maker_opens_its_account_at_stripe_and_is_paid_there(
    desk: Desk, stripe: StripeFake, run_jobs: Callable[[], list[str]], client: TestClient
) -> None:
    """Restricted until its details are there; Stripe asks, looks, pays, asks for more, and may refuse."""
    path, told = "/payout-details/stripe", 0

    def page() -> str:
        return desk.maker.get("/payout-details").text

    def go_on(**typed: str) -> str:
        assert desk.maker.post(path, data=typed).status_code == 303
        run_jobs()
        return str(desk.maker.get(f"/api{path}").json()["page"])

    def tell() -> None:
        nonlocal told
        fresh = stripe.account.events[told:]
        told += len(fresh)
        for event in fresh * 2:
            payload = json.dumps(event).encode()
            signed = {"stripe-signature": signature(payload, OTHER_SECRET, desk.clock.now)}
            assert client.post("/stripe/events", content=payload, headers=signed).status_code == 200
        run_jobs()

    assert "Open an account at Stripe" in page()
    nowhere = desk.maker.post(path, data={"stripe_country": ""})
    assert nowhere.status_code == 422
    assert "Choose the country in which you are registered." in nowhere.text
    assert go_on(stripe_country="VN") == "", "Stripe pays nobody there"
    assert "Stripe says: VN is not currently supported" in page()
    stripe.fail_next("/accounts", "lost")
    assert go_on(stripe_country="DE") == ""
    assert "The page at Stripe is being made" in page()
    for _ in range(2):
        desk.clock.now += timedelta(minutes=3)
        jobs.queue.tasks["connect_waiting_accounts"].func(timestamp=0)
        run_jobs()
    (account,) = stripe.all("account")
    assert account["metadata"] == {"fairhaul_call": f"account-{desk.case.maker.organisation_id}-DE"}
    first = desk.maker.get(f"/api{path}").json()
    assert (first["account"], first["state"]) == (account["id"], "details")
    assert "Until Stripe has all the details" in page()
    said = {"rail": "stripe", "holder": "Test craft maker"}
    early = desk.maker.post("/payout-details", data=said)
    assert early.status_code == 422
    assert "Open your account at Stripe first" in early.text

    assert httpx.get(first["page"]).status_code == 200
    again = httpx.get(first["page"])
    assert again.headers["location"].endswith("/payout-details?stripe=again"), "for one visit"
    assert "Here is a new one" in desk.maker.get("/payout-details?stripe=again").text
    desk.clock.now += timedelta(minutes=6)
    entered = httpx.post(go_on(), data={"missing": ["individual.verification.document"]})
    assert entered.headers["location"].endswith("/payout-details?stripe=done")
    tell()
    assert desk.maker.get(f"/api{path}").json()["state"] == "details"
    desk.clock.now += timedelta(minutes=6)
    httpx.post(go_on())
    tell()
    assert "This can take some days" in page()
    stripe.account.judge(account)
    tell()
    assert "Stripe can pay you now" in desk.session.scalars(select(Mail.subject)).all()
    assert desk.maker.post("/payout-details", data=said).status_code == 303
    assert desk.maker.get("/api/payout-details").json()["stripe_account"] == account["id"]

    hand_over(desk.session, desk.clock.now)
    desk.session.commit()
    stripe.account.judge(account, asks=["individual.verification.document"])
    tell()
    assert "Stripe asks for more details" in desk.session.scalars(select(Mail.subject)).all()
    body = {"payouts": [str(desk.owed()["whole"].id)], "pay_on": desk.clock.now.date().isoformat()}
    restricted = desk.first.post("/api/payout-batches", json=body)
    assert "it asks the payee for details" in restricted.json()["detail"]
    stripe.account.judge(account)
    tell()
    with stripe.lock:
        stripe.account.add("balance_transaction", "txn", amount=900000, fee=0, net=900000, currency="usd")
    batch = desk.propose("whole")
    assert desk.second.post(f"/ledger/batches/{batch['id']}/release").status_code == 303
    run_jobs()
    (transfer,) = stripe.all("transfer")
    assert (transfer["amount"], transfer["destination"]) == (331000, account["id"])
    assert desk.owed()["whole"].rail == "stripe"
    assert desk.books() == []
    stripe.account.judge(account, rejects=True)
    tell()
    assert "Stripe does not take this account" in page()
    assert len(stripe.all("account")) == 1
