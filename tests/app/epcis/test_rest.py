"""The REST bindings on the real database: capture, queries, pages, names, versions, and who may read what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.epcis.models import Event
from app.organisations.models import Kind
from logistics.epcis.hashing import event_hash
from logistics.epcis.validation import faults_of
from tests.app.epcis.documents import BASE, EVENTS, UNIT, alone, document
from tests.app.making import Making
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]


@pytest.fixture
def maker(make: Making, as_person: SignIn) -> TestClient:
    return as_person(make.member(Kind.PRODUCER))


def seen(number: int, **more: Any) -> dict[str, Any]:
    """An event at minute `number`, of an object of that number."""
    return (
        BASE
        | {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "bizStep": "storing",
            "eventTime": f"2026-01-01T00:{number:02}:00Z",
            "epcList": [f"urn:demo:thing:{number}"],
        }
        | more
    )


def found(reply: Any) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert faults_of(answer) == {}
    events: list[dict[str, Any]] = answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return events


def types(reply: Any) -> list[str]:
    return sorted(event["type"] for event in found(reply))


def test_all_five_types_are_captured_and_given_back(maker: TestClient) -> None:
    taken = maker.post("/epcis/capture", json=document())
    assert taken.status_code == 202
    assert taken.headers["gs1-epcis-version"] == "2.0.0"
    job = maker.get(taken.headers["location"]).json()
    assert (job["success"], job["running"], job["errors"]) == (True, False, [])
    assert [each["captureID"] for each in maker.get("/epcis/capture").json()] == [job["captureID"]]
    assert types(maker.get("/epcis/events")) == sorted(EVENTS)
    first = found(maker.get("/epcis/events", params={"eventType": "ObjectEvent"}))[0]
    assert first["ilmd"] == {"weave:loom": "Demo loom 4"}
    assert {"weave": "https://weave.example/voc/"} in first["@context"]
    assert first["eventID"] == event_hash(EVENTS["ObjectEvent"], document()["@context"])
    one = maker.get(f"/epcis/events/{quote(first['eventID'], safe='')}")
    assert one.json()["epcList"] == EVENTS["ObjectEvent"]["epcList"]
    assert faults_of(one.json()) == {}


def test_an_invalid_document_is_refused_whole_and_the_path_named(maker: TestClient, session: Session) -> None:
    wrong = document()
    wrong["epcisBody"]["eventList"][4]["bizStep"] = "shopping"
    del wrong["epcisBody"]["eventList"][1]["action"]
    reply = maker.post("/epcis/capture", json=wrong)
    assert (reply.status_code, reply.headers["content-type"]) == (400, "application/problem+json")
    told = reply.json()
    assert told["type"] == "epcisException:ValidationException"
    assert {each["pointer"] for each in told["errors"]} == {
        "/epcisBody/eventList/1/action",
        "/epcisBody/eventList/4/bizStep",
    }
    assert session.scalar(select(func.count()).select_from(Event)) == 0
    assert maker.get("/epcis/capture").json() == []


def test_what_is_no_json_or_no_document_is_told_in_the_standards_words(maker: TestClient) -> None:
    for body in (b"{", b"[]", b"", b'"x"'):
        reply = maker.post("/epcis/capture", content=body, headers={"content-type": "application/ld+json"})
        assert (reply.status_code, reply.json()["type"]) == (400, "epcisException:ValidationException")
    assert maker.post("/epcis/events", json=document()).status_code == 400
    missing = maker.get("/epcis/events/urn%3Auuid%3Anone")
    assert (missing.status_code, missing.json()["type"]) == (404, "epcisException:NoSuchResourceException")
    nobody = TestClient(maker.app, base_url="http://127.0.0.1:8000").get("/epcis/events")
    assert (nobody.status_code, nobody.json()["type"]) == (401, "epcisException:SecurityException")


def test_the_same_again_is_stored_once_and_an_id_is_of_one_event(maker: TestClient, session: Session) -> None:
    for _ in range(2):
        assert maker.post("/epcis/capture", json=document()).status_code == 202
    assert session.scalar(select(func.count()).select_from(Event)) == 5
    mine = alone("TransactionEvent", eventID="urn:demo:event:1")
    assert (
        maker.post("/epcis/events", json=mine).headers["location"] == "/epcis/events/urn%3Ademo%3Aevent%3A1"
    )
    again = maker.post("/epcis/events", json=mine | {"bizStep": "holding"})
    assert (again.status_code, again.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    declared = mine | {"errorDeclaration": {"declarationTime": "2026-01-05T10:00:00Z"}}
    assert maker.post("/epcis/events", json=declared).status_code == 201
    wrong = found(maker.get("/epcis/events", params={"EXISTS_errorDeclaration": ""}))
    assert [each["eventID"] for each in wrong] == ["urn:demo:event:1"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"eventType": "ObjectEvent,TransactionEvent"}, ["ObjectEvent", "TransactionEvent"]),
        ({"EQ_action": "ADD", "EQ_bizStep": "packing"}, ["AggregationEvent"]),
        ({"EQ_bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"}, ["TransactionEvent"]),
        ({"EQ_disposition": "active"}, ["ObjectEvent"]),
        ({"MATCH_epc": "https://id.gs1.org/01/09520123111113/21/17"}, ["AggregationEvent", "ObjectEvent"]),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:9520123.011111.*"}, ["AggregationEvent", "ObjectEvent"]),
        ({"MATCH_parentID": "urn:epc:id:sscc:9520123.0456789123"}, ["AggregationEvent"]),
        (
            {"MATCH_anyEPC": "urn:demo:basket:1,urn:demo:sensor:3"},
            ["AssociationEvent", "TransformationEvent"],
        ),
        ({"MATCH_outputEPC": "urn:demo:basket:1"}, ["TransformationEvent"]),
        ({"MATCH_inputEPC": "urn:demo:basket:1"}, []),
        ({"MATCH_epcClass": "urn:epc:idpat:sgtin:9520123.022222.*"}, ["AggregationEvent"]),
        ({"MATCH_inputEPCClass": "urn:demo:rushes"}, ["TransformationEvent"]),
        ({"EQ_bizTransaction_po": "urn:demo:order:7"}, ["TransactionEvent"]),
        ({"EQ_bizTransaction_inv": "urn:demo:order:7"}, []),
        ({"EQ_readPoint": "https://id.gs1.org/414/9520123456788"}, sorted(EVENTS)),
        ({"EQ_bizLocation": "urn:demo:nowhere"}, []),
        (
            {"GE_eventTime": "2026-01-04T02:30:00Z", "LT_eventTime": "2026-01-04T02:30:00.001Z"},
            sorted(EVENTS),
        ),
        ({"LT_recordTime": "2026-01-01T00:00:00Z"}, []),
    ],
)
def test_queries(maker: TestClient, parameters: dict[str, str], expected: list[str]) -> None:
    maker.post("/epcis/capture", json=document())
    assert types(maker.get("/epcis/events", params=parameters)) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"EQ_bizStepp": "packing"},
        {"GE_eventTime": "yesterday"},
        {"orderBy": "size"},
        {"perPage": "0"},
        {"eventCountLimit": "1", "maxEventCount": "1"},
        {"nextPageToken": "x"},
        {"nextPageToken": "W10"},
        {"MATCH_epc": "a\0b"},
    ],
)
def test_a_query_that_cannot_be_answered_names_its_parameter(
    maker: TestClient, parameters: dict[str, str]
) -> None:
    reply = maker.get("/epcis/events", params=parameters)
    assert (reply.status_code, reply.json()["type"]) == (400, "epcisException:QueryParameterException")
    assert reply.json()["errors"][0]["pointer"].removeprefix("/") in parameters


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_together_are_all_events_once_in_order(maker: TestClient, direction: str) -> None:
    events = [seen(number) for number in range(6)] + [seen(3, epcList=["urn:demo:twin"])]
    maker.post("/epcis/capture", json=document(*events))
    reply = maker.get(
        "/epcis/events", params={"perPage": 2, "orderDirection": direction, "EQ_bizStep": "storing"}
    )
    times = [each["eventTime"] for each in found(reply)]
    address = ""
    while link := reply.headers.get("link"):
        address, _, relation = link.partition(">; ")
        assert relation == 'rel="next"'
        reply = maker.get(address.removeprefix("<"))
        times += [each["eventTime"] for each in found(reply)]
    assert times == sorted((each["eventTime"] for each in events), reverse=direction == "DESC")
    other = maker.get("/epcis/events", params={"nextPageToken": address.rsplit("nextPageToken=")[1]})
    assert other.status_code == 400  # of another query


def test_a_limit_ends_the_pages_and_too_many_are_refused(maker: TestClient) -> None:
    maker.post("/epcis/capture", json=document(*(seen(number) for number in range(5))))
    first = maker.get("/epcis/events", params={"perPage": 2, "eventCountLimit": 3})
    second = maker.get(first.headers["link"].split(">")[0].removeprefix("<"))
    assert (len(found(first)), len(found(second)), "link" in second.headers) == (2, 1, False)
    assert len(found(maker.get("/epcis/events", params={"maxEventCount": 5}))) == 5
    refused = maker.get("/epcis/events", params={"maxEventCount": 4})
    assert (refused.status_code, refused.json()["type"]) == (413, "epcisException:QueryTooLargeException")


def test_names_of_events_are_listed_and_lead_to_them(maker: TestClient) -> None:
    maker.post("/epcis/capture", json=document(alone("TransactionEvent"), seen(1), seen(2)))
    assert maker.get("/epcis/bizSteps").json()["member"] == ["shipping", "storing"]
    assert maker.get("/epcis/eventTypes").json()["member"] == ["ObjectEvent", "TransactionEvent"]
    assert maker.get("/epcis/readPoints").json()["member"] == ["https://id.gs1.org/414/9520123456788"]
    assert maker.get("/epcis/dispositions").json()["member"] == []
    epcs = maker.get("/epcis/epcs", params={"perPage": 2})
    assert epcs.json()["member"] == [UNIT, "urn:demo:thing:1"]
    rest = maker.get(epcs.headers["link"].split(">")[0].removeprefix("<"))
    assert rest.json()["member"] == ["urn:demo:thing:2"]
    assert types(maker.get(f"/epcis/epcs/{quote(UNIT, safe='')}/events")) == ["TransactionEvent"]
    assert len(found(maker.get("/epcis/bizSteps/storing/events", params={"perPage": 1}))) == 1
    assert maker.get("/epcis/colours").status_code in {404, 405}


def test_named_queries(maker: TestClient, make: Making, as_person: SignIn) -> None:
    maker.post("/epcis/capture", json=document())
    wish = {"name": "packed", "query": {"EQ_bizStep": ["packing"]}}
    made = maker.post("/epcis/queries", json=wish)
    assert (made.status_code, made.headers["location"]) == (201, "/epcis/queries/packed")
    assert types(maker.get("/epcis/queries/packed/events")) == ["AggregationEvent"]
    assert maker.get("/epcis/queries").json() == [wish] == [maker.get("/epcis/queries/packed").json()]
    taken = maker.post("/epcis/queries", json=wish)
    assert (taken.status_code, taken.json()["type"]) == (409, "epcisException:DuplicateNameException")
    odd = maker.post("/epcis/queries", json={"name": "odd", "query": {"EQ_colour": "red"}})
    assert odd.json()["type"] == "epcisException:QueryParameterException"
    stranger = as_person(make.member(Kind.BUYER))
    assert stranger.get("/epcis/queries/packed/events").json()["type"] == "epcisException:NoSuchNameException"
    assert maker.delete("/epcis/queries/packed").status_code == 204
    assert maker.get("/epcis/queries").json() == []


def test_strangers_read_nothing_of_it(maker: TestClient, make: Making, as_person: SignIn) -> None:
    taken = maker.post("/epcis/capture", json=document(alone("TransactionEvent", eventID="urn:demo:event:9")))
    stranger = as_person(make.member(Kind.PRODUCER))
    assert found(stranger.get("/epcis/events")) == []
    assert stranger.get(taken.headers["location"]).status_code == 404
    assert stranger.get("/epcis/events/urn%3Ademo%3Aevent%3A9").status_code == 404
    for resource in ("epcs", "bizSteps", "readPoints"):
        assert stranger.get(f"/epcis/{resource}").json()["member"] == []
    # ids are each organisation's own: a stranger cannot block one
    assert (
        stranger.post("/epcis/events", json=alone("ObjectEvent", eventID="urn:demo:event:9")).status_code
        == 201
    )


def test_versions_are_told_and_agreed_on(maker: TestClient) -> None:
    told = maker.options("/epcis/capture")
    assert told.status_code == 204
    assert told.headers["gs1-epcis-max"] == "2.0.0"
    assert int(told.headers["gs1-epcis-capture-limit"]) > 0
    for headers in ({"GS1-EPCIS-Min": "2.1"}, {"GS1-CBV-Max": "1.2"}, {"GS1-EPC-Format": "Always_EPC_URN"}):
        assert maker.get("/epcis/events", headers=headers).status_code == 406
    proceed = maker.post(
        "/epcis/capture", json=document(), headers={"GS1-Capture-Error-Behaviour": "proceed"}
    )
    assert proceed.status_code == 501


def test_a_document_of_too_many_events_is_refused(maker: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.epcis.capturing.CAPTURE_LIMIT", 4)
    reply = maker.post("/epcis/capture", json=document())
    assert (reply.status_code, reply.json()["type"]) == (413, "epcisException:CaptureLimitExceededException")


def test_what_no_index_can_hold_is_refused(maker: TestClient) -> None:
    for more in ({"epcList": ["urn:demo:" + "x" * 3000]}, {"eventTime": "0001-01-01T00:00:00+14:00"}):
        assert maker.post("/epcis/events", json=alone("TransactionEvent", **more)).status_code == 400


def test_a_gs1_identity_is_checked(maker: TestClient, make: Making, as_person: SignIn) -> None:
    assert maker.get("/api/organisation/gs1").status_code == 404
    wrong = maker.put("/api/organisation/gs1", json={"company_prefix": "12", "gln": "9520123456789"})
    assert {each["pointer"] for each in wrong.json()["errors"]} == {"/company_prefix", "/gln"}
    good = {"company_prefix": "9520123", "gln": "9520123456788"}
    assert (
        maker.put("/api/organisation/gs1", json=good).json()
        == good
        == maker.get("/api/organisation/gs1").json()
    )
    other = as_person(make.member(Kind.BUYER))
    assert other.put("/api/organisation/gs1", json=good).status_code == 409


def test_events_are_recorded_when_they_were_captured(maker: TestClient, clock: FixedClock) -> None:
    maker.post("/epcis/events", json=alone("TransactionEvent", recordTime="2020-01-01T00:00:00Z"))
    clock.now += timedelta(hours=1)
    maker.post("/epcis/events", json=alone("AssociationEvent"))
    late = found(maker.get("/epcis/events", params={"orderBy": "recordTime", "orderDirection": "ASC"}))
    assert [each["recordTime"] for each in late] == ["2026-01-05T12:00:00.000Z", "2026-01-05T13:00:00.000Z"]
