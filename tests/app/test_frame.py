"""The frame: transactions, repeated requests, refusals, permissions, headers."""

from collections.abc import Callable
from uuid import UUID

from fastapi.testclient import TestClient

from app.organisations.models import Kind
from tests.app.making import Making


def test_health_says_what_answers(client: TestClient) -> None:
    reply = client.get("/health")
    assert reply.json()["database"] == "ok"
    assert reply.json()["storage"] == "ok"


def test_missing_page_is_a_page_and_missing_route_of_the_api_a_problem(client: TestClient) -> None:
    assert client.get("/api/nothing").headers["content-type"] == "application/problem+json"
    assert "text/html" in client.get("/nothing", headers={"accept": "text/html"}).headers["content-type"]
