"""What an attacker tries beside input: bodies without end, slow bodies, cookies, addresses, enumeration."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.requests import Request

from app import middleware, transaction
from app.db import make_engine
from app.identity import COOKIE, new_secret
from app.mail import Mail
from app.middleware import BODY
from app.organisations import service
from app.organisations.models import Kind
from app.settings import Settings
from tests.app.making import PASSWORD, Making
from tests.conftest import FixedClock

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


class TestSecrets:
    def test_the_link_for_a_new_password_is_not_in_the_log(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secret = new_secret()[0]
        lines: list[dict[str, Any]] = []
        monkeypatch.setattr(
            middleware, "log", SimpleNamespace(info=lambda _event, **said: lines.append(said))
        )
        client.get(f"/new-password/{secret}")
        client.get("/sign-in")
        assert [line["path"] for line in lines] == ["/new-password/…", "/sign-in"]
        assert secret not in str(lines)

    def test_an_error_of_the_database_is_logged_without_its_values(self, database: str) -> None:
        engine = make_engine(database)
        with engine.connect() as connection, pytest.raises(DBAPIError) as fault:
            connection.execute(
                text("SELECT nothing FROM person WHERE email = :email"), {"email": "a@b.example"}
            )
        engine.dispose()
        assert "SELECT nothing" in str(fault.value)
        assert "a@b.example" not in str(fault.value)

    def test_a_new_password_ends_what_the_old_one_opened(self, client: TestClient, session: Session) -> None:
        token = {"authorization": f"Bearer {client.post('/api/accounts', json=SIGN_UP).json()['token']}"}
        for _ in range(2):
            client.post("/forgot-password", data={"email": SIGN_UP["email"]})
        mails = session.scalars(select(Mail.body).where(Mail.subject.startswith("Set a new"))).all()
        one, two = (body.split("/new-password/")[1].split()[0] for body in mails)
        assert client.get("/api/me", headers=token).status_code == 200
        assert client.post(f"/new-password/{one}", data={"password": "another good one"}).status_code == 303
        assert client.get("/api/me", headers=token).status_code == 401
        assert client.post(f"/new-password/{two}", data={"password": "an attacker's"}).status_code == 410

    def test_links_in_mail_do_not_follow_the_host_header(self, client: TestClient, session: Session) -> None:
        client.post("/api/accounts", json=SIGN_UP)
        evil = {"host": "evil.example", "x-forwarded-host": "evil.example"}
        client.post("/forgot-password", data={"email": SIGN_UP["email"]}, headers=evil)
        bodies = session.scalars(select(Mail.body).where(Mail.subject.startswith("Set a new"))).all()
        assert len(bodies) == 1
        assert "evil" not in bodies[0]

    def test_a_kept_reply_is_given_only_to_who_had_it(
        self, client: TestClient, session: Session, make: Making, clock: FixedClock
    ) -> None:
        """Not to a colleague, and not to a token of fewer scopes, even under the same key."""
        organisation = make.organisation(Kind.BUYER)
        people = [make.person(organisation).id for _ in range(2)]

        def token(person: UUID, *scopes: str) -> dict[str, str]:
            secret = service.make_token(
                session,
                person_id=person,
                organisation_id=organisation.id,
                scopes=scopes,
                lifetime=timedelta(days=1),
                now=clock.now,
            )[1]
            session.commit()
            return {"authorization": f"Bearer {secret}", "idempotency-key": "same"}

        def accept(headers: dict[str, str]) -> int:
            return client.post("/api/organisation/code-of-practice", headers=headers).status_code

        assert accept(token(people[0], "organisation")) == 200
        assert accept(token(people[0], "trade")) == 403
        assert accept(token(people[1], "trade")) == 403


class TestCookies:
    def test_the_cookie_is_for_the_server_alone_and_new_at_each_sign_in(
        self, config: Settings, client: TestClient
    ) -> None:
        config.base_url = "https://fairhaul.example"
        headers = {"cookie": f"{COOKIE}=chosen-by-somebody-else"}
        reply = client.post("/sign-up", data=SIGN_UP, headers=headers)
        cookie = reply.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=lax", "Secure", "Path=/"} <= set(cookie.split("; "))
        assert "chosen-by-somebody-else" not in cookie
        assert reply.headers["strict-transport-security"] == "max-age=31536000"

    def test_over_http_nothing_promises_https(self, client: TestClient) -> None:
        assert "strict-transport-security" not in client.get("/sign-in").headers

    @pytest.mark.parametrize(
        "to",
        [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\r\n/evil.example",
            "javascript:alert(1)",
        ],
    )
    def test_signing_in_leads_to_no_other_site(self, client: TestClient, to: str) -> None:
        client.post("/sign-up", data=SIGN_UP)
        reply = client.get("/sign-in", params={"next": to})
        assert reply.status_code == 303
        assert urljoin("http://127.0.0.1:8000/", reply.headers["location"]).startswith(
            "http://127.0.0.1:8000/"
        )


@pytest.mark.parametrize("header", ["x-http-method-override", "x-method-override"])
def test_no_header_or_field_changes_the_method(client: TestClient, header: str) -> None:
    reply = client.post("/api/organisation", json={"_method": "PUT"}, headers={header: "PUT"})
    assert reply.status_code == 405


def test_a_reset_tells_nobody_who_has_an_account(client: TestClient) -> None:
    client.post("/api/accounts", json=SIGN_UP)
    replies = [
        client.post("/forgot-password", data={"email": each}) for each in (SIGN_UP["email"], "no@example.org")
    ]
    assert len({(each.status_code, each.headers["location"], each.text) for each in replies}) == 1
