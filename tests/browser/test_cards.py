"""The paper's case by card, as people play it: one card fails, one bank wants to hear its holder, nobody is
charged before all are ready. Stripe's hosted page is that of the fake, over HTTP like everything else.
"""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pydantic import SecretStr

from app.db import Sessions
from app.identity import COOKIE
from app.ledger import service as ledger
from app.organisations import service as organisations
from app.settings import Settings
from app.trade.models import PoolState
from tests.app.cards import conftest as cards
from tests.app.cards.conftest import ALWAYS, FAILS, GOOD, SECRET, SET_UP, Till
from tests.app.trade import test_at_once
from tests.browser.conftest import DESK, PHONE
from tests.stripe_fake import StripeFake

stripe, till, template, real = cards.stripe, cards.till, test_at_once.template, test_at_once.real


@pytest.fixture
def sessions(real: Sessions) -> Sessions:
    """Committed rows: the server has connections of its own."""
    return real


@pytest.fixture
def config(tmp_path: Path, stripe: StripeFake) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(
        data=tmp_path,
        demo=False,
        port=port,
        stripe_key=SecretStr(stripe.key),
        stripe_webhook_secret=SecretStr(SECRET),
        stripe_address=stripe.address,
    )


@pytest.fixture
def served(app: FastAPI, config: Settings) -> Iterator[str]:
    """The application behind a port of its own."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=config.port, lifespan="off", log_config=None, access_log=False)
    )
    with socket.create_server(("127.0.0.1", config.port), backlog=64, reuse_port=False) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield config.address
        server.should_exit = True
        thread.join()


def test_six_buyers_pay_by_card(till: Till, served: str, browser: Browser) -> None:
    till.join(6)

    def sign_in(person: int, size: ViewportSize) -> Page:
        buyer = till.case.buyers[person] if person >= 0 else till.case.market.hub
        secret = organisations.start_session(till.session, buyer.person_id, now=till.clock.now)
        till.session.commit()
        context = browser.new_context(base_url=served, viewport=size, locale="en-GB")
        context.add_cookies([{"name": COOKIE, "value": secret, "url": served}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    # two save a card by themselves, of which one bank asks at once; the others did so before
    for number, card in ((0, GOOD), (1, SET_UP)):
        page = sign_in(number, PHONE if number else DESK)
        page.goto(f"/orders/{till.orders[number].id}")
        page.get_by_role("link", name="Save a card").click()
        page.get_by_role("button", name="Save a card").click()
        till.run_jobs()
        page.reload()
        page.get_by_role("link", name="Go to Stripe and enter the card").click()
        pay(page, card, asks=card == SET_UP)
        expect(page.locator("main")).to_contain_text("your card stands here in a moment")
        till.tell(till.events())
        till.run_jobs()
        page.reload()
        expect(page.locator("main")).to_contain_text(f"···· {card[-4:]}")
        page.context.close()
    for number, card in ((2, ALWAYS), (3, FAILS), (4, GOOD), (5, GOOD)):
        till.save(till.case.buyers[number], card)

    till.close()
    till.work(1)
    hub = sign_in(-1, DESK)
    hub.goto(f"/pools/{till.case.pool.id}/steps")
    expect(hub.locator("main")).to_contain_text("Cards that are not held yet: 2.")
    for number, card, words in ((2, ALWAYS, "wants to hear from you"), (3, GOOD, "declined")):
        page = sign_in(number, PHONE)
        page.goto(f"/orders/{till.orders[number].id}")
        expect(page.locator("main")).to_contain_text(words)
        page.get_by_role("link", name="Mend it").click()
        page.get_by_role("button", name="Confirm with your bank" if number == 2 else "Use a card").click()
        till.run_jobs()
        page.reload()
        page.get_by_role("link", name="Go to Stripe and confirm").click()
        pay(page, card, asks=card == ALWAYS)
        till.tell(till.events())
        till.work(1)
        page.reload()
        if number == 2:
            expect(page.locator("main")).to_contain_text("Your card is ready")
            assert set(till.taken().values()) == {0}
        page.context.close()

    till.work(1)
    assert till.pool().state == PoolState.CONFIRMED
    charges = [till.charge(number) for number in range(6)]
    assert (sum(each.alone for each in charges), sum(each.shipping for each in charges)) == (60000, 18142)
    assert till.taken() == {
        order.number: each.total for order, each in zip(till.orders, charges, strict=True)
    }
    assert till.held() == {}
    hub.goto(f"/pools/{till.case.pool.id}/steps")
    expect(hub.locator("main")).to_contain_text("Cards held: 6. Nothing is taken yet.")
    page = sign_in(3, PHONE)
    page.goto(f"/orders/{till.orders[3].id}")
    expect(page.locator("main")).to_contain_text(f"{charges[3].total / 100:,.2f}")
    expect(page.locator("main")).to_contain_text("Paid")
    page.goto(f"/pools/{till.case.pool.id}/money")
    expect(page.locator("main")).to_contain_text("agree to the cent")
    page.context.close()
    hub.context.close()
    report = ledger.verify(till.session)
    assert report.faults == []
    assert all(each.sum == 0 for each in report.sums)


def pay(page: Page, card: str, *, asks: bool) -> None:
    """What a person does on Stripe's page."""
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button").click()
    if asks:
        page.get_by_label("My bank: it is me").check()
        page.get_by_role("button").click()
    page.wait_for_url("**/card?done=yes")
