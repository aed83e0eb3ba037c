"""The pages of pools and orders, as people see and use them."""

import re
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from app.language import language
from app.trade.models import Order, OrderState, Pool, PoolState
from tests.app.trade.market import Market, PaperCase
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]
RunJobs = Callable[[], list[str]]


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))


def test_visitor_sees_a_pool_without_names(paper: PaperCase, client: TestClient) -> None:
    paper.join_all()
    html = client.get(f"/pools/{paper.pool.id}").text
    assert "The minimum is met" in html
    assert "3,310.00" in html
    assert "6 buyers so far" in html
    assert "30.24" in html, "the average of 181.42 over six"
    assert "alone: 100.00" in html
    for line in ("shop-leiden", "museum-basel"):
        assert line not in html
    assert paper.pool.title in client.get("/pools").text


def test_empty_pool_says_what_is_missing(paper: PaperCase, client: TestClient) -> None:
    html = client.get(f"/pools/{paper.pool.id}").text
    assert "USD 3,000.00 to the minimum" in html
    assert "Be the first" in html


def test_join_in_three_screens(paper: PaperCase, session: Session, as_person: SignIn, market: Market) -> None:
    buyer = as_person(paper.buyers[0].person_id)
    chosen = buyer.get(f"/pools/{paper.pool.id}/join")
    assert chosen.status_code == 200
    name = f"quantity-{paper.offers[0].id}"
    assert name in chosen.text
    checked = buyer.get(f"/pools/{paper.pool.id}/join/check?{urlencode({name: '1'})}")
    assert checked.status_code == 200
    for words in (
        "520.00",
        "30.00",
        "70.00",
        "Nothing is taken before the pool closes. If it fails, you pay 0.",
    ):
        assert words in checked.text
    fields = hidden(checked.text)
    assert fields["at_most"] == "52000"
    done = buyer.post(f"/pools/{paper.pool.id}/join", data=fields)
    assert done.status_code == 303
    again = buyer.post(f"/pools/{paper.pool.id}/join", data=fields)
    assert again.headers["location"] == done.headers["location"], "a repeated submit gives the first reply"
    order = session.scalars(select(Order)).one()
    assert done.headers["location"] == f"/orders/{order.id}"
    seen = buyer.get(f"/orders/{order.id}").text
    assert "520.00" in seen
    assert "Change the order" in seen
    assert buyer.get("/orders").status_code == 200
    assert "See or change your order" in buyer.get(f"/pools/{paper.pool.id}").text


def test_faults_keep_what_was_typed(paper: PaperCase, as_person: SignIn) -> None:
    buyer = as_person(paper.buyers[0].person_id)
    name = f"quantity-{paper.offers[0].id}"
    other = f"quantity-{paper.offers[1].id}"
    for typed, words in (
        ("-3", "Enter 1 or more."),
        ("two", "Enter a whole number in figures"),
        ("9" * 14, "Enter 1000000 or less."),
    ):
        reply = buyer.get(f"/pools/{paper.pool.id}/join/check?{urlencode({name: typed, other: '4'})}")
        assert reply.status_code == 422
        assert words in reply.text
        assert f'value="{typed}"' in reply.text
        assert 'value="4"' in reply.text
    nothing = buyer.get(f"/pools/{paper.pool.id}/join/check")
    assert nothing.status_code == 422
    assert "Enter a quantity for at least one of the goods." in nothing.text
    late = buyer.get(f"/pools/{paper.pool.id}/join/check?{urlencode({name: '1', 'needed_by': '2026-01-23'})}")
    assert late.status_code == 422
    assert "The goods are ready on 25 January 2026" in late.text


def test_change_and_leave(paper: PaperCase, session: Session, as_person: SignIn) -> None:
    order = paper.join_all()[0]
    buyer = as_person(paper.buyers[0].person_id)
    form = buyer.get(f"/orders/{order.id}/change")
    assert 'value="1"' in form.text
    name = f"quantity-{paper.offers[0].id}"
    checked = buyer.get(f"/orders/{order.id}/change/check?{urlencode({name: '2'})}")
    reply = buyer.post(f"/orders/{order.id}/change", data=hidden(checked.text))
    assert reply.status_code == 303
    session.expire_all()
    assert session.get_one(Order, order.id).goods == 2 * 42000
    assert buyer.get(f"/orders/{order.id}/leave").status_code == 200
    assert buyer.post(f"/orders/{order.id}/leave", data={"form_key": "1"}).status_code == 303
    session.expire_all()
    assert session.get_one(Order, order.id).state == OrderState.LEFT
    left = session.get_one(Order, order.id)
    assert 0 < left.leaving_charge <= left.quote
    text = buyer.get(f"/orders/{order.id}").text
    assert "You left this pool. You pay" in text
    assert f"{left.leaving_charge / 100:.2f}" in text


def test_foreign_orders_are_missing(paper: PaperCase, as_person: SignIn) -> None:
    order = paper.join_all()[0]
    other = as_person(paper.buyers[1].person_id)
    for path in ("", "/change", "/change/check", "/leave"):
        assert other.get(f"/orders/{order.id}{path}").status_code == 404
    for path in ("/change", "/leave"):
        assert other.post(f"/orders/{order.id}{path}", data={"form_key": path}).status_code == 404


def test_hub_opens_closes_and_sees_the_steps(
    paper: PaperCase, session: Session, as_person: SignIn, run_jobs: RunJobs, market: Market
) -> None:
    paper.join_all()
    hub = as_person(market.hub.person_id)
    assert paper.pool.title in hub.get("/hub").text
    assert hub.get("/hub/pools/new").status_code == 200
    faulty = hub.post("/hub/pools/new", data={"title": "", "closes_at": "soon", "capacity_g": "-4"})
    assert faulty.status_code == 422
    typed = {
        "title": "Second pool",
        "origin_id": str(market.origin.id),
        "hub_id": str(market.destination.id),
        "currency": "USD",
        "closes_at": "2026-01-22T18:00",
        "latest_arrival_on": "2026-04-22",
        "wait_cost_ppm_per_day": "300",
        "capacity_g": "500",
        "capacity_cm3": "2.5",
    }
    assert hub.post("/hub/pools/new", data=typed).status_code == 303
    second = session.scalars(select(Pool).filter_by(title="Second pool")).one()
    assert (second.capacity_g, second.capacity_cm3) == (500_000, 2_500_000)
    room = language("en").volume(2_500_000)
    assert f"of {room}" in hub.get(f"/pools/{second.id}").text
    assert hub.get(f"/pools/{paper.pool.id}/close").status_code == 200
    assert hub.post(f"/pools/{paper.pool.id}/close", data={"form_key": "1"}).status_code == 303
    assert "Waiting" in hub.get(f"/pools/{paper.pool.id}/steps").text
    run_jobs()
    session.expire_all()
    steps = hub.get(f"/pools/{paper.pool.id}/steps").text
    assert "Proven cheapest." in steps
    assert session.get_one(Pool, paper.pool.id).state == PoolState.PLANNED
    documents = hub.get(f"/pools/{paper.pool.id}/documents").text
    assert "181.42" in documents
    assert "shop-leiden" not in documents
    again = hub.post(f"/pools/{paper.pool.id}/close", data={"form_key": "2"})
    assert again.status_code == 409


def test_buyer_and_producer_see_the_planned_pool(
    paper: PaperCase, session: Session, as_person: SignIn, run_jobs: RunJobs, market: Market
) -> None:
    order = paper.join_all()[0]
    as_person(market.hub.person_id).post(f"/pools/{paper.pool.id}/close", data={"form_key": "1"})
    run_jobs()
    session.expire_all()
    buyer = as_person(paper.buyers[0].person_id)
    html = buyer.get(f"/orders/{order.id}").text
    assert "RF" in html
    assert "wait 18 days for the departure of 12 February 2026 by ship with Test sea carrier" in html
    assert "You save" in html
    producer = as_person(paper.maker.person_id)
    html = producer.get("/orders-for-us").text
    assert "Test goods line-1" in html
    assert "shop-leiden" not in html
    assert "12 Feb" in html
    assert "70 % less" in buyer.get(f"/pools/{paper.pool.id}").text


def test_cancelling_needs_a_reason_and_tells(
    paper: PaperCase, session: Session, as_person: SignIn, market: Market
) -> None:
    order = paper.join_all()[0]
    hub = as_person(market.hub.person_id)
    assert hub.get(f"/pools/{paper.pool.id}/cancel").status_code == 200
    assert hub.post(f"/pools/{paper.pool.id}/cancel", data={"because": " "}).status_code == 422
    reply = hub.post(f"/pools/{paper.pool.id}/cancel", data={"because": "The ship is laid up."})
    assert reply.status_code == 303
    html = as_person(paper.buyers[0].person_id).get(f"/orders/{order.id}").text
    assert "You pay 0" in html
    assert "The ship is laid up." in html


def test_other_hubs_and_roles_may_not(paper: PaperCase, as_person: SignIn, market: Market) -> None:
    other = market.actor(market.make.organisation(name="Other hub", kind=market.hub.organisation_kind))  # type: ignore[arg-type]
    hub = as_person(other.person_id)
    for path in ("close", "cancel", "steps"):
        assert hub.get(f"/pools/{paper.pool.id}/{path}").status_code == 404
    assert hub.post(f"/pools/{paper.pool.id}/close", data={"form_key": "1"}).status_code == 404
    buyer = as_person(paper.buyers[0].person_id)
    assert buyer.get("/hub").status_code == 403
    assert buyer.post(f"/pools/{paper.pool.id}/close", data={"form_key": "1"}).status_code == 403


def test_closed_pool_cannot_be_joined(paper: PaperCase, as_person: SignIn, clock: FixedClock) -> None:
    clock.now = paper.pool.closes_at
    buyer = as_person(paper.buyers[0].person_id)
    assert buyer.get(f"/pools/{paper.pool.id}/join").status_code == 409
    name = f"quantity-{paper.offers[0].id}"
    reply = buyer.post(f"/pools/{paper.pool.id}/join", data={name: "1"})
    assert reply.status_code == 409
    assert "closed" in reply.text


def test_pages_ask_the_database_at_most_twelve_times(
    paper: PaperCase, client: TestClient, as_person: SignIn, engine: Engine, run_jobs: RunJobs, market: Market
) -> None:
    order = paper.join_all()[0]
    buyer, hub = as_person(paper.buyers[0].person_id), as_person(market.hub.person_id)
    operator, maker = as_person(market.operator.person_id), as_person(paper.maker.person_id)
    asked: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        for closed in (False, True):
            if closed:
                hub.post(f"/pools/{paper.pool.id}/close", data={"form_key": "1"})
                run_jobs()
            for browser, path in (
                (client, "/pools"),
                (client, f"/pools/{paper.pool.id}"),
                (buyer, f"/pools/{paper.pool.id}"),
                (buyer, f"/orders/{order.id}"),
                (buyer, "/orders"),
                (buyer, "/money"),
                (maker, "/orders-for-us"),
                (hub, "/hub"),
                (operator, "/ledger"),
                (operator, f"/ledger/pools/{paper.pool.id}"),
            ):
                asked.clear()
                assert browser.get(path).status_code == 200
                assert len(asked) <= 12, (path, asked)
    finally:
        event.remove(engine, "before_cursor_execute", count)
