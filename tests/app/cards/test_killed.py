"""Servers and workers of our own are killed while pools are joined, closed and paid by card: nothing is lost
or doubled.

`FAIRHAUL_CARD_KILLS` sets how many kills there are, half of each; `--log-cli-level=INFO` tells of whom, at
what. A long run has some pools at once, and new ones until it has its kills.
"""

import json
import logging
import os
import re
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from uuid import UUID

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
from app.trade.models import Charge, Order, Pool, PoolState
from tests.app.cards import killed
from tests.app.cards.conftest import FAILS, GOOD, SECRET, Till
from tests.app.trade import test_at_once
from tests.app.trade.market import CLOSES
from tests.stripe_fake import signature

template, real = test_at_once.template, test_at_once.real
KILLS = int(os.environ.get("FAIRHAUL_CARD_KILLS", "2"))
POOLS = 3 if KILLS > 20 else 1
"""At once."""
POINTS = {"web": 70, "worker": 120} if KILLS > 20 else {"web": 30, "worker": 120}
"""A process dies at one of so many, if it comes so far: a long run spreads its kills over a pool's life."""
A_SHIFT = 4
"""Workers that die before the work of one moment is done."""
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.app.cards.killed"])


@pytest.fixture
def sessions(real: Sessions) -> Sessions:
    return real


@dataclass
class Mortals:
    """A server and workers that die, and how many did, doing what."""

    till: Till
    url: str
    folder: Path
    listening: socket.socket
    dice: Random = field(default_factory=lambda: Random(7))
    kills: dict[str, int] = field(default_factory=lambda: {"web": 0, "worker": 0})
    doing: Counter[str] = field(default_factory=Counter)
    web: BaseProcess | None = None

    @property
    def around(self) -> tuple[str, str, str]:
        return self.url, str(self.folder), self.till.stripe.address

    def dies_at(self, who: str) -> int:
        return self.dice.randint(1, POINTS[who]) if self.kills[who] < (KILLS + 1) // 2 else 0

    def died(self, who: str, doing: str) -> None:
        self.kills[who] += 1
        self.doing[doing] += 1

    def at(self, now: datetime) -> None:
        """A server keeps the time at which it began."""
        self.till.clock.now = now
        if self.web is not None:
            self.web.kill()
            self.web.join()

    def worker(self, dies_at: int) -> BaseProcess:
        made = CONTEXT.Process(target=killed.work, args=(*self.around, self.till.clock.now, dies_at))
        made.start()
        return made

    def ended(self, process: BaseProcess, doing: str) -> bool:
        """Whether a worker has done all that waited; else it was killed, and its jobs are given to others."""
        process.join()
        if process.exitcode == 0:
            return True
        assert process.exitcode == -signal.SIGKILL
        self.died("worker", doing)
        killed.give_back(self.url)
        return False

    def work(self) -> None:
        """All that waits, by as many workers as it takes."""
        left = A_SHIFT
        while not self.ended(self.worker(self.dies_at("worker") if left else 0), "worker"):
            left -= 1

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        """What waits is done by a worker while the server is asked for more; in a short run after it."""
        process = self.worker(self.dies_at("worker")) if POOLS > 1 else None
        try:
            yield
        finally:
            if process:
                self.ended(process, "worker beside the server")
        self.work()

    def minute(self) -> None:
        self.till.clock.now += timedelta(minutes=1)
        self.job("collect_by_card")

    def job(self, name: str) -> None:
        jobs.enqueue(self.till.session, name, timestamp=0)
        self.till.session.commit()
        self.work()

    def submit(self, path: str, actor: Actor, **typed: str) -> None:
        """A form, again until its answer comes: it is the same form each time."""
        secret = organisations.start_session(self.till.session, actor.person_id, now=self.till.clock.now)
        self.till.session.commit()
        data = {**typed, "form_key": f"{self.dice.getrandbits(64)}"}
        assert self.post(path, cookies={COOKIE: secret}, data=data) == 303

    def post(self, path: str, *, cookies: dict[str, str] | None = None, **more: object) -> int:
        """Ask until it is answered, by as many servers as it takes."""
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
                self.died("web", re.sub(r"/[0-9a-f-]{36}", "", path))

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
        some_pools(mortals)
        pools += POOLS
        logging.getLogger(__name__).info(
            "kills: %s, pools: %s, at: %s", mortals.kills, pools, dict(mortals.doing)
        )
    session = till.session
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
    for table, each in ((Order, 1), (Payment, 1), (Charge, 1), (Entry, 2)):
        assert session.scalar(select(func.count()).select_from(table)) == 3 * pools * each
    (books,) = ledger.sums(session)
    assert books.bank == sum(each["net"] for each in till.stripe.all("balance_transaction"))


def test_jobs_of_dead_workers_are_given_back(real: Sessions) -> None:
    """Also where an equal one waits, of which only one may: then that one is enough."""
    with real.begin() as session:
        for task, status in (("twice", "doing"), ("twice", "doing"), ("twice", "todo"), ("once", "doing")):
            session.execute(
                text(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status) "
                    "VALUES ('default', :task, :lock, CAST(:status AS procrastinate_job_status))"
                ),
                {"task": task, "lock": task, "status": status},
            )
    killed.give_back(real.kw["bind"].url.render_as_string(hide_password=False))
    with real() as session:
        left = session.execute(text("SELECT task_name, status FROM procrastinate_jobs ORDER BY task_name"))
        assert [tuple(row) for row in left] == [("once", "todo"), ("twice", "todo")]


def some_pools(mortals: Mortals) -> None:
    """Joined and closed while a worker plans the one before, held, cards mended on their pages, taken,
    confirmed. The last of several closes by its time, the others by their hub.
    """
    till = mortals.till
    mortals.at(CLOSES - timedelta(days=1))
    pools = [till.case.market.pool() for _ in range(POOLS)]
    for number, pool in enumerate(pools):
        with mortals.meanwhile():
            join_and_close(mortals, pool, by_hand=POOLS == 1 or number < POOLS - 1)
    if POOLS > 1:
        mortals.at(CLOSES)
        mortals.job("close_due_pools")
    with mortals.meanwhile():
        mortals.tell()
    till.session.expire_all()
    declined = []
    for pool in pools:
        orders = orders_of(till, pool)
        assert [till.session.get_one(CardPayment, each.id).state for each in orders] == [
            "held",
            "declined",
            "held",
        ]
        declined.append(orders[1])
    with mortals.meanwhile():
        for order in declined:
            mortals.submit(f"/orders/{order.id}/card", till.case.buyers[1])
    till.session.expire_all()
    for order in declined:
        page = till.session.scalars(
            select(CardCall).filter_by(order_id=order.id, purpose=Purpose.PAGE_TO_HOLD)
        ).one()
        assert till.play(page, GOOD).status_code == 303
    with mortals.meanwhile():
        mortals.tell()
    for _ in range(4):
        mortals.minute()
    with mortals.meanwhile():
        mortals.tell()
    till.session.expire_all()
    assert {till.session.get_one(Pool, each.id).state for each in pools} == {PoolState.CONFIRMED}
    assert ledger.verify(till.session).faults == []


def join_and_close(mortals: Mortals, pool: Pool, *, by_hand: bool) -> None:
    case = mortals.till.case
    for buyer, offer, due in list(zip(case.buyers, case.offers, case.due, strict=True))[:3]:
        mortals.submit(
            f"/pools/{pool.id}/join",
            buyer,
            **{f"quantity-{offer.id}": "1", "needed_by": due.isoformat()},
        )
    if by_hand:
        mortals.submit(f"/pools/{pool.id}/close", case.market.hub)


def orders_of(till: Till, pool: Pool) -> list[Order]:
    """In the order of their buyers."""
    found: dict[UUID, Order] = {
        order.organisation_id: order
        for order in till.session.scalars(select(Order).filter_by(pool_id=pool.id))
    }
    return [found[buyer.organisation_id] for buyer in till.case.buyers if buyer.organisation_id in found]
