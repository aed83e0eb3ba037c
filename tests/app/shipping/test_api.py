"""Hubs, services, sailings and shipments over the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.organisations.models import Kind
from tests.app.making import Making
from tests.app.shipping.conftest import SEA, Booked, Lane

SignIn = Callable[[UUID], TestClient]


def service_in(lane: Lane) -> dict[str, Any]:
    return {
        "code": "SEA-SGN-RTM",
        "carrier": "Test Ocean Line",
        "mode": "sea",
        "origin_id": str(lane.origin.id),
        "destination_id": str(lane.destination.id),
        "classes": ["ambient"],
        "currency": "USD",
        "tariff": SEA,
        "valid_from": "2026-01-01",
        "valid_until": "2026-06-30",
    }


def test_a_card_and_its_sailings_live_over_the_api(lane: Lane, as_person: SignIn, client: TestClient) -> None:
    assert {hub["code"] for hub in client.get("/api/hubs").json()["hubs"]} == {"VNSGN", "NLRTM"}
    program = as_person(lane.saigon.person.id)
    wish = service_in(lane)
    made = program.post("/api/services", json=wish)
    assert made.status_code == 201
    address = made.headers["location"]
    assert program.get(address).json()["tariff"] == SEA
    dearer = wish | {"tariff": SEA | {"per_shipment": 5000}}
    assert program.put(address, json=dearer).status_code == 428
    changed = program.put(address, json=dearer, headers={"if-match": '"1"'})
    assert (changed.json()["tariff"]["per_shipment"], changed.headers["etag"]) == (5000, '"2"')
    assert program.put(address, json=wish, headers={"if-match": '"1"'}).status_code == 412
    sailing = {"departs_on": "2026-01-19", "arrives_on": "2026-02-26", "capacity_g": 5_000_000}
    added = program.post(f"{address}/sailings", json=sailing)
    assert added.status_code == 201
    listed = program.get(f"{address}/sailings").json()["sailings"]
    assert [each["departs_on"] for each in listed] == ["2026-01-19"]
    one = f"{address}/sailings/{listed[0]['id']}"
    assert program.get(one).headers["etag"] == '"1"'
    later = sailing | {"arrives_on": "2026-02-27"}
    assert program.put(one, json=later).status_code == 428
    moved = program.put(one, json=later, headers={"if-match": '"1"'})
    assert (moved.json()["arrives_on"], moved.headers["etag"]) == ("2026-02-27", '"2"')
    stale = program.put(one, json=sailing, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/changed-meanwhile")
    assert "send the new ETag as If-Match" in stale.json()["detail"]
    other = as_person(lane.rotterdam.person.id)
    assert [each["code"] for each in other.get("/api/services").json()["services"]] == ["SEA-SGN-RTM"]
    assert other.delete(f"{address}/sailings/{listed[0]['id']}").status_code == 404
    assert program.delete(f"{address}/sailings/{listed[0]['id']}").status_code == 204
    assert program.get(f"{address}/sailings").json()["sailings"] == []


def test_a_hub_is_changed_on_its_etag(lane: Lane, as_person: SignIn, client: TestClient) -> None:
    address = f"/api/hubs/{lane.origin.id}"
    seen = client.get(address)
    assert (seen.json()["code"], seen.json()["version"], seen.headers["etag"]) == ("VNSGN", 1, '"1"')
    program = as_person(lane.saigon.person.id)
    wish = {name: seen.json()[name] for name in ("code", "name", "latitude", "longitude")}
    assert program.put(address, json=wish).status_code == 428
    changed = program.put(address, json=wish | {"name": "Cat Lai"}, headers={"if-match": '"1"'})
    assert (changed.json()["name"], changed.headers["etag"]) == ("Cat Lai", '"2"')
    assert program.put(address, json=wish, headers={"if-match": '"1"'}).status_code == 412
    assert client.get(address).json()["name"] == "Cat Lai"
    assert client.get(f"/api/hubs/{lane.saigon.person.id}").status_code == 404


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"tariff": SEA | {"per_shipment": -1}}, ["/tariff/per_shipment"]),
        ({"tariff": {"breaks": []}, "code": "x"}, None),
        ({"mode": "camel"}, ["/mode"]),
        ({"valid_from": "soon"}, ["/valid_from"]),
        ({"classes": []}, ["/classes"]),
        ({"origin_id": "x"}, ["/origin_id"]),
        ({"surprise": 1}, ["/surprise"]),
    ],
)
def test_each_fault_has_a_pointer(
    lane: Lane, as_person: SignIn, change: dict[str, Any], pointers: list[str] | None
) -> None:
    reply = as_person(lane.saigon.person.id).post("/api/services", json=service_in(lane) | change)
    assert reply.status_code == 422
    found = [each["pointer"] for each in reply.json()["errors"]]
    if pointers is None:
        assert {"/code", "/tariff/breaks", "/tariff/per_shipment"} <= set(found)
    else:
        assert found == pointers


def test_a_shipment_is_reported_and_followed_over_the_api(booked: Booked, as_person: SignIn) -> None:
    hub, buyer = as_person(booked.lane.saigon.person.id), as_person(booked.shop.person.id)
    address = f"/api/shipments/{booked.shipment.id}"
    assert [each["number"] for each in buyer.get("/api/shipments").json()["shipments"]] == ["S-2026-0001-1"]
    report = hub.put(f"{address}/milestones/collected", json={"actual_on": "2026-01-05"})
    assert report.json()["milestones"][0]["actual_on"] == "2026-01-05"
    again = hub.put(f"{address}/milestones/collected", json={"actual_on": "2026-01-05"})
    assert again.json() == report.json()
    late = {"expected_on": "2026-01-25", "note": "The ship is late."}
    told = hub.put(f"{address}/milestones/departed/expected", json=late).json()
    assert [each["days_late"] for each in told["milestones"]] == [-10, 0, 6, 6, 6, 6]
    seen = buyer.get(address).json()
    assert [each["buyer"] for each in seen["consignments"]] == ["Test shop Leiden"]
    assert len(told["consignments"]) == 2
    undone = hub.post(f"{address}/milestones/collected/undo", json={"reason": "Wrong shipment"}).json()
    assert undone["milestones"][0]["actual_on"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("collected", {"actual_on": "2026-02-01"}, 422),
        ("collected", {"actual_on": "soon"}, 422),
        ("collected", {}, 422),
        ("collected", {"actual_on": "2026-01-05", "surprise": 1}, 422),
        ("departed", {"actual_on": "2026-01-05"}, 409),
        ("teleported", {"actual_on": "2026-01-05"}, 404),
        ("departed/expected", {"expected_on": "2026-01-25"}, 422),
    ],
)
def test_what_cannot_be_reported(
    booked: Booked, as_person: SignIn, path: str, body: dict[str, Any], status: int
) -> None:
    hub = as_person(booked.lane.saigon.person.id)
    assert hub.put(f"/api/shipments/{booked.shipment.id}/milestones/{path}", json=body).status_code == status


def test_strangers_and_other_roles(
    booked: Booked, make: Making, as_person: SignIn, client: TestClient
) -> None:
    address = f"/api/shipments/{booked.shipment.id}"
    report = {"actual_on": "2026-01-05"}
    assert client.get(address).status_code == 401
    assert as_person(make.member(Kind.BUYER)).get(address).status_code == 404
    assert (
        as_person(make.member(Kind.HUB)).put(f"{address}/milestones/collected", json=report).status_code
        == 404
    )
    assert (
        as_person(booked.shop.person.id).put(f"{address}/milestones/collected", json=report).status_code
        == 403
    )
    assert (
        as_person(make.member(Kind.PLATFORM)).get(address).json()["consignments"][1]["buyer"]
        == "Test shop Leiden"
    )
    assert as_person(make.member(Kind.BUYER)).get("/api/services").status_code == 403


def test_the_examples_of_the_document_are_taken(app: FastAPI, lane: Lane, as_person: SignIn) -> None:
    schemas = app.openapi()["components"]["schemas"]

    def example(name: str) -> dict[str, Any]:
        fields = schemas[name]["properties"]
        return {field: about["examples"][0] for field, about in fields.items() if about.get("examples")}

    program = as_person(lane.saigon.person.id)
    ends = {"origin_id": str(lane.origin.id), "destination_id": str(lane.destination.id)}
    made = program.post("/api/services", json=example("ServiceIn") | ends)
    assert made.status_code == 201
    sailing = program.post(f"{made.headers['location']}/sailings", json=example("SailingIn"))
    assert sailing.status_code == 201
