"""The frame: transactions, repeated requests, refusals, permissions, headers."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import history
from app.organisations.models import ApiToken, Kind, Organisation
from app.permissions import PERMISSIONS, Anybody, Needs, Role
from app.transaction import KEPT_FOR, forget_old, without_password
from tests.app.making import PASSWORD, Making
from tests.conftest import FixedClock

SIGN_UP = {
    "kind": "buyer",
    "organisation": "Test shop",
    "country": "NL",
    "person": "Test Person",
    "email": "shop@example.org",
    "password": PASSWORD,
}


def permissions_of(dependant: Dependant) -> list[str]:
    own = dependant.call.action if isinstance(dependant.call, Needs | Anybody) else None
    return ([own] if own else []) + [
        each for inner in dependant.dependencies for each in permissions_of(inner)
    ]


def test_every_route_states_one_permission(app: FastAPI) -> None:
    """A route that somebody forgot to guard fails here, whatever it does."""
    routes = [
        route
        for route in all_routes(app)
        if isinstance(route, APIRoute) and not route.path.startswith("/docs")
    ]
    assert len(routes) > 20
    for route in routes:
        stated = permissions_of(route.dependant)
        assert len(stated) == 1, f"{route.methods} {route.path} states {stated}"
        assert stated[0] in PERMISSIONS


def all_routes(app: FastAPI) -> list[object]:
    """Those of the included routers too."""
    found: list[object] = []
    waiting: list[object] = list(app.router.routes)
    while waiting:
        route = waiting.pop()
        found.append(route)
        waiting += getattr(getattr(route, "original_router", None), "routes", [])
    return found


def test_a_role_without_the_row_is_refused(make: Making, as_person: Callable[[UUID], TestClient]) -> None:
    for action, rule in PERMISSIONS.items():
        for role in Role:
            if rule.roles is not None and role not in rule.roles:
                assert not rule.public, action
    buyer = as_person(make.member(Kind.BUYER))
    assert buyer.get("/ledger").status_code == 403


def test_health_says_what_answers(client: TestClient) -> None:
    reply = client.get("/health")
    assert reply.status_code == 200
    assert reply.json()["database"] == reply.json()["storage"] == "ok"


def test_missing_page_is_a_page_and_missing_route_of_the_api_a_problem(client: TestClient) -> None:
    problem = client.get("/api/nothing")
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["type"] == "/problems/not-found"
    reply = client.get("/nothing", headers={"accept": "text/html"})
    assert reply.status_code == 404
    assert "text/html" in reply.headers["content-type"]


def test_every_reply_has_a_request_id_and_a_strict_policy(client: TestClient) -> None:
    headers = client.get("/sign-in").headers
    assert UUID(headers["x-request-id"]).version == 7
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_unknown_fields_are_refused_by_name(client: TestClient) -> None:
    reply = client.post("/api/accounts", json=SIGN_UP | {"admin": True, "password": "short"})
    assert reply.status_code == 422
    assert {fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]} == {
        "/admin": "This field is not known here. Remove it.",
        "/password": "Use at least 8 characters.",
    }


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', '{"kind": 1}'])
def test_what_is_not_the_form_is_a_4xx(client: TestClient, body: str) -> None:
    reply = client.post("/api/accounts", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 422


class TestRepeatedRequests:
    """Idempotency-Key: same key and body, same reply; another body, 422."""

    @pytest.fixture
    def token(self, client: TestClient) -> str:
        return str(client.post("/api/accounts", json=SIGN_UP).json()["token"])

    def put(self, client: TestClient, token: str, key: str, accepted: bool = True) -> tuple[int, str]:
        reply = client.post(
            "/api/organisation/code-of-practice",
            headers={"authorization": f"Bearer {token}", "idempotency-key": key},
            json=None if accepted else {"other": 1},
        )
        return reply.status_code, reply.text

    def test_the_same_request_gets_the_same_reply_and_is_done_once(
        self, client: TestClient, token: str, session: Session, clock: FixedClock
    ) -> None:
        first = self.put(client, token, "k1")
        clock.now = clock.now.replace(hour=20)
        assert self.put(client, token, "k1") == first
        done = session.scalars(
            select(history.Happening).filter_by(action="accepted the code of practice")
        ).all()
        assert len(done) == 1

    def test_another_body_under_the_same_key_is_refused(self, client: TestClient, token: str) -> None:
        self.put(client, token, "k1")
        status, words = self.put(client, token, "k1", accepted=False)
        assert (status, "Idempotency-Key was used" in words) == (422, True)

    def test_a_token_is_never_kept_for_a_repeat(self, client: TestClient, session: Session) -> None:
        headers = {"idempotency-key": "once"}
        secret = client.post("/api/accounts", json=SIGN_UP, headers=headers).json()["token"]
        again = client.post("/api/accounts", json=SIGN_UP, headers=headers)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/shown-once")
        assert session.scalar(select(func.count()).select_from(Organisation)) == 1
        kept = session.scalars(text("SELECT coalesce(convert_from(body, 'UTF8'), '') FROM idempotent_reply"))
        assert all(secret not in body for body in kept)

    def test_no_password_is_part_of_what_is_kept(self) -> None:
        one, two = (f"email=a%40example.org&password={word}&form_key=k".encode() for word in ("one", "two"))
        assert without_password(one, form=True) == without_password(two, form=True)
        assert b"example.org" in without_password(one, form=True)
        assert without_password(b'{"password": "x", "a": 1}', form=False) == b'{"a": 1}'

    def test_replies_are_forgotten_after_two_days(
        self, client: TestClient, token: str, session: Session, clock: FixedClock
    ) -> None:
        self.put(client, token, "k1")
        forget_old(session, clock.now + KEPT_FOR)
        assert session.scalar(text("SELECT count(*) FROM idempotent_reply")) == 1
        forget_old(session, clock.now + KEPT_FOR + timedelta(seconds=1))
        assert session.scalar(text("SELECT count(*) FROM idempotent_reply")) == 0


class TestTokens:
    def test_a_token_does_what_its_scopes_say_until_it_is_revoked(
        self, client: TestClient, session: Session, clock: FixedClock
    ) -> None:
        client.post("/api/accounts", json=SIGN_UP)
        asked = {"email": SIGN_UP["email"], "password": PASSWORD, "scopes": ["organisation"], "days": 2}
        made = client.post("/api/tokens", json=asked)
        headers = {"authorization": f"Bearer {made.json()['token']}"}
        assert client.get("/api/organisation", headers=headers).status_code == 200
        under = client.get("/api/me", headers=headers)
        assert (under.status_code, under.json()["type"]) == (403, "/problems/not-allowed")
        clock.now = clock.now.replace(day=8)
        assert client.get("/api/organisation", headers=headers).status_code == 401
        clock.now = clock.now.replace(day=5)
        session.scalars(select(ApiToken).filter_by(scopes=["organisation"])).one().revoked_at = clock.now
        session.commit()
        assert client.get("/api/organisation", headers=headers).status_code == 401

    def test_unknown_tokens_and_schemes_are_refused(self, client: TestClient) -> None:
        for value in ("Bearer fh_nothing", "Basic abc", "Bearer", "nonsense"):
            reply = client.get("/api/me", headers={"authorization": value})
            assert reply.status_code == 401
            assert reply.headers["www-authenticate"] == "Bearer"

    def test_a_wrong_password_makes_no_token(self, client: TestClient, session: Session) -> None:
        client.post("/api/accounts", json=SIGN_UP)
        asked = {"email": SIGN_UP["email"], "password": "something else", "scopes": ["trade"]}
        assert client.post("/api/tokens", json=asked).status_code == 401
        assert session.scalar(select(func.count()).select_from(ApiToken)) == 1


def test_history_is_only_added_to(make: Making, session: Session, clock: FixedClock) -> None:
    organisation = make.organisation()
    history.record(session, organisation, "registered", now=clock.now)
    session.commit()
    for statement in ("UPDATE history SET action = 'nothing'", "DELETE FROM history", "TRUNCATE history"):
        with pytest.raises(DBAPIError, match="only ever added to"), session.begin_nested():
            session.execute(text(statement))


def test_when_the_history_cannot_be_written_nothing_happened(client: TestClient, session: Session) -> None:
    """The control of `same transaction`: a failing insert of the history undoes the action."""
    token = client.post("/api/accounts", json=SIGN_UP).json()["token"]
    session.execute(
        text("ALTER TABLE history ADD CONSTRAINT broken CHECK (action <> 'accepted the code of practice')")
    )
    session.commit()
    reply = client.post("/api/organisation/code-of-practice", headers={"authorization": f"Bearer {token}"})
    assert reply.status_code == 500
    assert session.scalars(select(Organisation.code_accepted_at)).one() is None


def test_the_api_describes_itself_without_help_from_elsewhere(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "Problem" in described["components"]["schemas"]
    docs = client.get("/docs").text
    assert "cdn" not in docs
