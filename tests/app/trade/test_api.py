"""Pools and orders over the API alone; whoever reads the published documents gets the same split."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.trade.models import Pool
from logistics import Plan, Problem, check, share
from tests.app.trade.market import PaperCase

SignIn = Callable[[UUID], TestClient]
RunJobs = Callable[[], list[str]]


def test_from_opening_to_the_published_split(
    paper: PaperCase, session: Session, as_person: SignIn, client: TestClient, run_jobs: RunJobs
) -> None:
    hub = as_person(paper.market.hub.person_id)
    opened = hub.post(
        "/api/pools",
        json={
            "title": "Lacquerware, to Rotterdam",
            "origin_id": str(paper.market.origin.id),
            "hub_id": str(paper.market.destination.id),
            "currency": "USD",
            "closes_at": "2026-01-22T18:00:00Z",
            "latest_arrival_on": "2026-04-22",
        },
    )
    assert opened.status_code == 201
    path = opened.headers["location"]
    assert client.get(f"{path}/offers").json()[0]["currency"] == "USD"
    orders = []
    for buyer, offer, due in zip(paper.buyers, paper.offers, paper.due, strict=True):
        program = as_person(buyer.person_id)
        wish = {"lines": [{"offer_id": str(offer.id), "quantity": 1}], "needed_by": due.isoformat()}
        quoted = program.post(f"{path}/quote", json=wish).json()
        assert quoted["alone"] == 10000
        assert sum(part["amount"] for part in quoted["alone_parts"]) == quoted["alone"]
        assert sum(part["amount"] for part in quoted["pooled_parts"]) == quoted["pooled"] <= quoted["alone"]
        joined = program.post(f"{path}/orders", json=wish | {"at_most": quoted["most"]})
        assert joined.status_code == 201
        assert program.get(joined.headers["location"]).json() == joined.json()
        orders.append((program, joined.headers["location"], quoted["most"]))
    shown = client.get(path).json()
    assert (shown["buyers"], shown["ordered"], shown["shipping"], shown["shipping_alone"]) == (
        6,
        331000,
        18142,
        60000,
    )
    assert [point["buyers"] for point in shown["curve"]] == [1, 2, 3, 4, 5, 6]
    assert shown["minimums"][0]["missing"] == 0
    assert client.get(f"{path}/plan").status_code == 404, "not planned yet"
    assert hub.post(f"{path}/close").status_code == 202
    assert hub.post(f"{path}/close").status_code == 409
    run_jobs()
    session.expire_all()
    steps = hub.get(f"{path}/steps").json()
    assert steps["state"] == "planned"
    assert {step["state"] for step in steps["steps"]} == {"done"}
    charged = 0
    for program, order, most in orders:
        found = program.get(order).json()
        assert found["charge"]["total"] <= most
        assert sum(part["amount"] for part in found["charge"]["pooled_parts"]) == found["charge"]["shipping"]
        assert found["trips"][0]["departs_on"] == "2026-02-12"
        charged += found["charge"]["shipping"]
    assert charged == 18142
    problem, plan, quotes, sharing = (
        client.get(f"{path}/{name}").json() for name in ("problem", "plan", "quotes", "sharing")
    )
    read = Problem.from_dict(problem)
    planned = Plan.from_json(json.dumps(plan))
    assert check(read, planned).ok
    again = share(read, planned, quotes=quotes).to_dict()
    assert again["shares"] == sharing["shares"]
    assert "shop-leiden" not in json.dumps([problem, plan, quotes, sharing])
    assert len(as_person(paper.maker.person_id).get("/api/consignments").json()) == 6


def test_change_and_leave(paper: PaperCase, as_person: SignIn) -> None:
    order = paper.join_all()[0]
    program = as_person(paper.buyers[0].person_id)
    path, offer = f"/api/orders/{order.id}", str(paper.offers[0].id)
    changed = program.put(path, json={"lines": [{"offer_id": offer, "quantity": 2}]})
    assert (changed.status_code, changed.json()["goods"]) == (200, 84000)
    too_dear = program.put(path, json={"lines": [{"offer_id": offer, "quantity": 3}], "at_most": 5})
    assert (too_dear.status_code, too_dear.json()["type"]) == (409, "/problems/price-changed")
    assert program.get(path).json()["goods"] == 84000
    assert program.post(f"{path}/leave").json()["state"] == "left"
    assert program.post(f"{path}/leave").status_code == 409
    assert len(program.get("/api/orders").json()) == 1
    other = as_person(paper.buyers[1].person_id)
    for reply in (other.get(path), other.post(f"{path}/leave"), other.get(f"/api/orders/{uuid4()}")):
        assert reply.status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/lines"),
        ({"lines": []}, "/lines"),
        ({"lines": [{"offer_id": "OFFER", "quantity": 0}]}, "/lines/0/quantity"),
        ({"lines": [{"offer_id": "OFFER", "quantity": -1}]}, "/lines/0/quantity"),
        ({"lines": [{"offer_id": "OFFER", "quantity": 10**30}]}, "/lines/0/quantity"),
        ({"lines": [{"offer_id": "OFFER", "quantity": 1.5}]}, "/lines/0/quantity"),
        ({"lines": [{"offer_id": "OFFER", "quantity": None}]}, "/lines/0/quantity"),
        ({"lines": [{"offer_id": "nothing", "quantity": 1}]}, "/lines/0/offer_id"),
        (
            {"lines": [{"offer_id": "01234567-89ab-7def-8123-456789abcdef", "quantity": 1}]},
            "/lines/0/quantity",
        ),
        ({"lines": [{"offer_id": "OFFER", "quantity": 1}] * 2}, "/lines/1/offer_id"),
        ({"lines": [{"offer_id": "OFFER", "quantity": 1}], "needed_by": "2026-01-23"}, "/needed_by"),
        ({"lines": [{"offer_id": "OFFER", "quantity": 1}], "needed_by": "9999-12-31"}, "/needed_by"),
        ({"lines": [{"offer_id": "OFFER", "quantity": 1}], "price": 1}, "/price"),
    ],
)
def test_bad_orders_are_told_by_pointer(
    paper: PaperCase, as_person: SignIn, body: dict[str, Any], pointer: str
) -> None:
    program = as_person(paper.buyers[0].person_id)
    sent = json.loads(json.dumps(body).replace("OFFER", str(paper.offers[0].id)))
    for path in ("quote", "orders"):
        reply = program.post(f"/api/pools/{paper.pool.id}/{path}", json=sent)
        assert reply.status_code == 422
        assert [fault["pointer"] for fault in reply.json()["errors"]] == [pointer]
    assert program.get("/api/orders").json() == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 121}, "/title"),
        ({"origin_id": "01234567-89ab-7def-8123-456789abcdef"}, "/origin_id"),
        ({"hub_id": "ORIGIN"}, "/hub_id"),
        ({"currency": "XXX"}, "/currency"),
        ({"closes_at": "2026-01-01T00:00:00Z"}, "/closes_at"),
        ({"closes_at": "2026-01-22T18:00:00"}, "/closes_at"),
        ({"latest_arrival_on": "2026-01-22"}, "/latest_arrival_on"),
        ({"latest_arrival_on": "2026-01-24"}, "/latest_arrival_on"),
        ({"capacity_g": 0}, "/capacity_g"),
        ({"wait_cost_ppm_per_day": -1}, "/wait_cost_ppm_per_day"),
    ],
)
def test_bad_pools_are_told_by_pointer(
    paper: PaperCase, as_person: SignIn, change: dict[str, Any], pointer: str
) -> None:
    market = paper.market
    body = {
        "title": "A pool",
        "origin_id": str(market.origin.id),
        "hub_id": str(market.destination.id),
        "currency": "USD",
        "closes_at": "2026-01-22T18:00:00Z",
        "latest_arrival_on": "2026-04-22",
    } | change
    sent = json.loads(json.dumps(body).replace("ORIGIN", str(market.origin.id)))
    reply = as_person(market.hub.person_id).post("/api/pools", json=sent)
    assert reply.status_code == 422
    assert pointer in [fault["pointer"] for fault in reply.json()["errors"]]


def test_pools_come_by_lane_state_and_page(paper: PaperCase, session: Session, client: TestClient) -> None:
    made = [paper.pool, *(paper.market.pool(title=f"Pool {number}") for number in range(4))]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        reply = client.get(f"/api/pools?to=NLRTM&of=VNSGN&limit=2{more}").json()
        seen += [pool["id"] for pool in reply["pools"]]
        cursor = reply["next"]
    assert sorted(seen) == sorted(str(pool.id) for pool in made)
    assert client.get("/api/pools?to=VNSGN").json()["pools"] == []
    assert client.get("/api/pools?state=settled").json()["pools"] == []
    for query in ("cursor=nonsense", "state=lost", "limit=0", "to=TOOLONGCODE"):
        assert client.get(f"/api/pools?{query}").status_code == 422
    assert client.get(f"/api/pools/{uuid4()}").status_code == 404
    assert session.get_one(Pool, paper.pool.id).state == "open"


def test_examples_are_of_their_form() -> None:
    """What the documentation shows can be sent, and looks like what comes."""
    from pydantic import BaseModel

    from app.ledger import schemas as money
    from app.trade import schemas as trade

    shown = 0
    for module in (trade, money):
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, BaseModel):
                extra = form.model_config.get("json_schema_extra")
                for example in extra.get("examples", []) if isinstance(extra, dict) else []:  # type: ignore[union-attr]
                    form.model_validate(example)
                    shown += 1
    assert shown > 15
