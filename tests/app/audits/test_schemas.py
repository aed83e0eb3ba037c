"""The examples in the documentation are good requests; what cannot be stored is refused."""

import inspect

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app.audits import schemas
from tests.app.audits.test_api import Players, players
from tests.conftest import FixedClock

__all__ = ["players"]

MODELS = [
    each
    for _, each in inspect.getmembers(schemas, inspect.isclass)
    if issubclass(each, BaseModel) and each is not BaseModel
]


@pytest.mark.parametrize("model", MODELS)
def test_each_example_is_a_good_request(model: type[BaseModel]) -> None:
    examples = model.model_json_schema()["examples"]
    assert examples
    for example in examples:
        model.model_validate(example)


def test_a_character_that_cannot_be_stored_is_named(players: Players) -> None:
    players.apply()
    answer = {"criterion": "1.1", "value": "met", "note": "a\x00b"}
    refused = players.producer.put("/api/certification/answers", json={"answers": [answer]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/answers/0/note"


@pytest.mark.parametrize(
    "address",
    ["/api/registry?q=a%00b", "/api/registry/organisations/a%00b", "/api/registry/a%00", "/registry?q=%00"],
)
def test_odd_characters_in_an_address_find_nothing(client: TestClient, address: str) -> None:
    assert client.get(address).status_code in (200, 404)


def test_odd_criteria_are_missing_or_named(players: Players, clock: FixedClock) -> None:
    players.hand_in()
    players.assign()
    players.plan(clock)
    said = {"verdict": "conformity", "facts": ""}
    reply = players.auditor.put(f"/api/cases/{players.case_id}/findings/1.1%00", json=said)
    assert reply.status_code == 422
    made = players.producer.post(
        "/api/certification/evidence", files={"file": ("a\x00.txt", b"a")}, data={"criteria": ["1.1"]}
    ).json()
    address = f"/api/certification/evidence/{made['id']}/criteria/1.1%00"
    assert players.producer.put(address).status_code == 422
    assert players.producer.delete(address).status_code == 404


def test_a_repeated_submit_gives_the_first_reply_again(players: Players) -> None:
    players.apply()
    players.accept()
    players.answer_all()
    form = {"form_key": "019502d0-0000-7000-8000-000000000009"}
    first = players.producer.post("/certification/submit", data=form)
    again = players.producer.post("/certification/submit", data=form)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
