"""Servers and workers of our own are killed while pools are paid by card: nothing is lost or doubled.

`FAIRHAUL_CARD_KILLS` sets how many kills there are; `--log-cli-level=INFO` tells of whom.
"""

import json
import logging
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import func, select, text

from app import jobs
from app.cards.models import CardCall, CardPayment, CardPaymentState, Purpose
from app.db import Sessions
from app.identity import COOKIE
from app.ledger import service as ledger
from app.ledger.models import Entry, Payment
from app.mail import Mail
from app.organisations import service as organisations
from app.permissions import Actor
from app.trade.models import Charge, Order, PoolState
from tests.app.cards import killed
from tests.app.cards.conftest import FAILS, GOOD, SECRET, Till
from tests.app.trade import test_at_once
from tests.app.trade.market import CLOSES
from tests.stripe_fake import signature

template, real = test_at_once.template, test_at_once.real
KILLS = int(os.environ.get("FAIRHAUL_CARD_KILLS", "2"))
MOST_STATEMENTS = {"web": 30, "worker": 120}
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.app.cards.killed"])


@pytest.fixture
def sessions(real: Sessions) -> Sessions:
    return real


@dataclass
class Mortals:
    """A server and workers that die, and how many did."""

    till: Till
    url: str
    folder: Path
    listening: socket.socket
    dice: Random = field(default_factory=lambda: Random(7))
    kills: dict[str, int] = field(default_factory=lambda: {"web": 0, "worker": 0})
    web: BaseProcess | None = None

    @property
    def around(self) -> tuple[str, str, str]:
        return self.url, str(self.folder), self.till.stripe.address

    def dies_at(self, who: str) -> int:
        return self.dice.randint(1, MOST_STATEMENTS[who]) if sum(self.kills.values()) < KILLS else 0

    def work(self) -> None:
        """All that waits, by as many workers as it takes."""
        while True:
            process = CONTEXT.Process(
                target=killed.work, args=(*self.around, self.till.clock.now, self.dies_at("worker"))
            )
            process.start()
            process.join()
            if process.exitcode == 0:
                return
            assert process.exitcode == -signal.SIGKILL
            self.kills["worker"] += 1
            with self.till.session.begin_nested():  # as `retry_stalled` does
                self.till.session.execute(
                    text("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")
                )
            self.till.session.commit()

    def minute(self) -> None:
        self.till.clock.now += timedelta(minutes=1)
        jobs.enqueue(self.till.session, "collect_by_card", timestamp=0)
        self.till.session.commit()
        self.work()

    def post(self, path: str, actor: Actor | None = None, **more: object) -> int:
        """Ask until it is answered, by as many servers as it takes."""
        cookies = {}
        if actor:
            secret = organisations.start_session(self.till.session, actor.person_id, now=self.till.clock.now)
            self.till.session.commit()
            cookies = {COOKIE: secret}
        address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        while True:
            if self.web is None or not self.web.is_alive():
                self.web = CONTEXT.Process(
                    target=killed.serve,
                    args=(*self.around, self.till.clock.now, self.dies_at("web"), self.listening),
                )
                self.web.start()
            try:
                with httpx.Client(cookies=cookies, timeout=120) as client:
                    return client.post(f"{address}{path}", **more).status_code  # type: ignore[arg-type]
            except httpx.TimeoutException:
                raise  # it lives and does not answer
            except httpx.TransportError:
                self.web.join()
                assert self.web.exitcode == -signal.SIGKILL
                self.kills["web"] += 1

    def tell(self) -> None:
        """All that Stripe has to tell, twice, in any order."""
        events = self.till.events() * 2
        self.dice.shuffle(events)
        for event in events:
            payload = json.dumps(event).encode()
            signed = {"stripe-signature": signature(payload, SECRET, self.till.clock.now)}
            assert self.post("/stripe/events", content=payload, headers=signed) == 200


@pytest.fixture
def mortals(till: Till, real: Sessions, tmp_path: Path) -> Iterator[Mortals]:
    url = real.kw["bind"].url.render_as_string(hide_password=False)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        made = Mortals(till, url, tmp_path, listening)
        yield made
        if made.web is not None:
            made.web.kill()
            made.web.join()


def test_killed_servers_and_workers_lose_and_double_nothing(mortals: Mortals) -> None:
    till, pools = mortals.till, 0
    for number, card in enumerate((GOOD, FAILS, GOOD)):
        till.save(till.case.buyers[number], card)
    till.events()
    while sum(mortals.kills.values()) < KILLS or not pools:
        one_pool(mortals)
        pools += 1
    session = till.session
    logging.getLogger(__name__).info("kills: %s, pools: %s", mortals.kills, pools)
    report = ledger.verify(session)
    assert report.faults == []
    assert all(each.sum == 0 for each in report.sums)
    assert till.held() == {}
    for order in session.scalars(select(Order)):
        charge = session.get_one(Charge, order.id)
        assert till.taken()[order.number] == charge.total
        assert session.get_one(CardPayment, order.id).state == CardPaymentState.PAID
        of_order = Mail.subject == f"Your order {order.number} is planned"
        assert session.scalar(select(func.count()).select_from(Mail).where(of_order)) == 1
    for table, each in ((Payment, 1), (Charge, 1), (Entry, 2)):
        assert session.scalar(select(func.count()).select_from(table)) == 3 * pools * each
    (books,) = ledger.sums(session)
    assert books.bank == sum(each["net"] for each in till.stripe.all("balance_transaction"))


def one_pool(mortals: Mortals) -> None:
    """Closed by its hub, held, one card mended on its page, taken, confirmed."""
    till = mortals.till
    if mortals.web is not None:  # it has the time of the last pool
        mortals.web.kill()
        mortals.web.join()
    till.clock.now = CLOSES - timedelta(days=3)
    till.case.pool = till.case.market.pool()
    till.join(3)
    assert mortals.post(f"/pools/{till.case.pool.id}/close", till.case.market.hub) in {303, 409}
    mortals.work()
    mortals.tell()
    mortals.work()
    assert mortals.post(f"/orders/{till.orders[1].id}/card", till.case.buyers[1]) == 303
    mortals.work()
    till.session.expire_all()
    assert till.states() == ["held", "declined", "held"]
    page = till.session.scalars(
        select(CardCall).filter_by(order_id=till.orders[1].id, purpose=Purpose.PAGE_TO_HOLD)
    ).one()
    assert till.play(page, GOOD).status_code == 303
    mortals.tell()
    mortals.work()
    for _ in range(4):
        mortals.minute()
    mortals.tell()
    mortals.work()
    till.session.expire_all()
    assert till.pool().state == PoolState.CONFIRMED
    assert ledger.verify(till.session).faults == []
