"""What an attacker tries beside input: bodies without end, slow bodies, cookies, addresses, enumeration."""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session
from starlette.requests import Request

from app import transaction
from app.middleware import BODY
from app.settings import Settings
from tests.app.making import PASSWORD

SIGN_UP = {
    "kind": "buyer",
    "organisation": "Demo shop",
    "country": "NL",
    "person": "Demo Person",
    "email": "shop@example.org",
    "password": PASSWORD,
}
JSON = {"content-type": "application/json"}


@pytest.fixture
def small(config: Settings) -> int:
    """The limit of an upload, made small."""
    config.evidence_limit_bytes = 1000
    return 1000


class TestBodies:
    def test_a_body_larger_than_anything_asked_for_is_stopped(self, client: TestClient) -> None:
        reply = client.post("/api/accounts", content=b" " * (BODY + 1), headers=JSON)
        assert reply.status_code == 413
        assert reply.headers["content-type"] == "application/problem+json"
        assert client.post("/api/accounts", content=b" " * BODY, headers=JSON).status_code == 422

    def test_a_body_without_a_stated_length_is_stopped_on_the_way(self, client: TestClient) -> None:
        chunks = iter([b" " * (1 << 20)] * (BODY // (1 << 20) + 1))
        reply = client.post("/sign-in", content=chunks, headers={"content-type": "text/plain"})
        assert "content-length" not in reply.request.headers
        assert reply.status_code == 413

    def test_an_upload_beyond_the_limit_is_stopped_before_it_is_stored(
        self, client: TestClient, small: int
    ) -> None:
        reply = client.post("/sign-in", files={"file": ("a", b"x" * (BODY + small))})
        assert reply.status_code == 413

    def test_the_database_is_not_held_while_a_body_arrives(
        self, app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else a few slow senders would hold every connection."""
        order = []
        arrive, make = transaction.arrive, app.state.sessions

        async def arriving(request: Request) -> None:
            await arrive(request)
            order.append("body")

        def making() -> Session:
            order.append("session")
            return make()  # type: ignore[no-any-return]

        monkeypatch.setattr(transaction, "arrive", arriving)
        monkeypatch.setattr(app.state, "sessions", making)
        client.post("/sign-up", data={})
        assert order[:2] == ["body", "session"]

    def test_nul_is_refused_by_name(self, client: TestClient) -> None:
        body = {**SIGN_UP, "person": "a\0b", "more": {"list": [1, "\0"]}}
        reply = client.post("/api/accounts", content=json.dumps(body), headers=JSON)
        assert reply.status_code == 422
        assert {each["pointer"] for each in reply.json()["errors"]} == {"/person", "/more/list/1"}
