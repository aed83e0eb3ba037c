"""Signing up, in and out; new passwords; describing an organisation."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity import COOKIE
from app.mail import Mail
from app.organisations import service
from app.organisations.models import FailedSignIn, Kind, Organisation, Person, Site
from tests.app.making import PASSWORD, Making
from tests.conftest import FixedClock

GOOD = {
    "kind": "producer",
    "organisation": "Test weavers",
    "country": "VN",
    "person": "Test Person",
    "email": "weaver@example.org",
    "password": PASSWORD,
}


def test_signing_up_signs_in_and_starts_certification(client: TestClient, session: Session) -> None:
    reply = client.post("/sign-up", data=GOOD)
    assert (reply.status_code, reply.headers["location"]) == (303, "/certification")
    assert client.get("/account").status_code == 200
    made = session.scalars(select(Organisation)).one()
    assert (made.name, made.kind, made.region, made.slug) == (
        "Test weavers",
        "producer",
        "Asia",
        "test-weavers",
    )
    assert session.scalars(select(Mail)).one().to == "weaver@example.org"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("kind", "platform", "Choose what your organisation does."),
        ("kind", "", "Choose what your organisation does."),
        ("organisation", " ", "Enter the name of your organisation."),
        ("organisation", "x" * 121, "Use at most 120 characters; this has 121."),
        ("country", "XX", "Choose a country from the list."),
        ("email", "not an address", "Enter an email address like name@example.org."),
        ("password", "short", "Use at least 8 characters."),
        ("password", "password", "This password is one of the first that anybody would guess."),
    ],
)
def test_each_fault_is_named_and_nothing_typed_is_lost(
    client: TestClient, session: Session, field: str, typed: str, words: str
) -> None:
    reply = client.post("/sign-up", data=GOOD | {field: typed})
    assert reply.status_code == 422
    assert words in reply.text
    for name in {"organisation", "person", "email"} - {field}:
        assert f'value="{GOOD[name]}"' in reply.text
    assert not session.scalar(select(func.count()).select_from(Person))


def test_an_address_has_one_account(client: TestClient, session: Session) -> None:
    client.post("/sign-up", data=GOOD)
    client.cookies.clear()
    reply = client.post("/sign-up", data=GOOD | {"email": "WEAVER@example.org"})
    assert reply.status_code == 422
    assert "This address has an account." in reply.text
    assert session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_a_repeated_submit_gives_the_first_reply_and_makes_nothing_twice(
    client: TestClient, session: Session
) -> None:
    first = client.post("/sign-up", data=GOOD | {"form_key": "one"})
    client.cookies.clear()
    second = client.post("/sign-up", data=GOOD | {"form_key": "one"})
    assert (second.status_code, second.headers["location"]) == (303, first.headers["location"])
    assert COOKIE not in second.cookies, "a secret is never given out twice"
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_wrong_passwords_are_told_alike_counted_and_stopped(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    client.post("/sign-up", data=GOOD)
    client.cookies.clear()
    wrong = client.post("/sign-in", data={"email": GOOD["email"], "password": "something else"})
    nobody = client.post("/sign-in", data={"email": "nobody@example.org", "password": "something else"})
    assert wrong.status_code == nobody.status_code == 401
    told = "This address and password do not belong together."
    assert told in wrong.text
    assert told in nobody.text
    assert session.scalar(select(func.count()).select_from(FailedSignIn)) == 2
    for _ in range(service.TRIES_BY_ACCOUNT - 1):
        client.post("/sign-in", data={"email": GOOD["email"], "password": "something else"})
    stopped = client.post("/sign-in", data={"email": GOOD["email"], "password": PASSWORD})
    assert stopped.status_code == 429
    assert stopped.headers["retry-after"] == "900"
    clock.now += service.WINDOW
    assert client.post("/sign-in", data={"email": GOOD["email"], "password": PASSWORD}).status_code == 303


def test_signing_out_ends_the_session_not_only_the_cookie(client: TestClient) -> None:
    client.post("/sign-up", data=GOOD)
    secret = client.cookies[COOKIE]
    client.post("/sign-out")
    client.cookies.set(COOKIE, secret)
    assert client.get("/account").headers["location"] == "/sign-in?next=/account"


def test_a_new_password_by_mail_works_once_and_signs_out_everywhere(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    client.post("/sign-up", data=GOOD)
    assert client.post("/forgot-password", data={"email": GOOD["email"]}).status_code == 303
    assert client.post("/forgot-password", data={"email": "nobody@example.org"}).status_code == 303
    mails = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert [mail.to for mail in mails] == [GOOD["email"]] * 2
    link = re.search(r"/new-password/\S+", mails[1].body)
    assert link is not None
    assert client.post(link[0], data={"password": "short"}).status_code == 422
    assert client.post(link[0], data={"password": "another good one"}).status_code == 303
    assert client.get("/account").status_code == 303
    assert client.post(link[0], data={"password": "and another one"}).status_code == 410
    assert client.post("/sign-in", data={"email": GOOD["email"], "password": PASSWORD}).status_code == 401
    assert (
        client.post("/sign-in", data={"email": GOOD["email"], "password": "another good one"}).status_code
        == 303
    )


def test_describing_keeps_what_was_typed_and_stores_sites(
    make: Making, as_person: Callable[..., TestClient], session: Session
) -> None:
    browser = as_person(make.member(Kind.PRODUCER))
    said = {
        "name": "Test weavers",
        "country": "VN",
        "place": "Hoi An",
        "about": "We weave baskets of water hyacinth.",
        "works_as": "producer",
        "product_kinds": ["crafts"],
        "traits": ["members", "hired_workers"],
        "members": "1,240",
        "workers": "3",
        "site0_name": "Workshop",
        "site0_place": "Hoi An",
        "site0_people": "12",
    }
    wrong = browser.post("/organisation", data=said | {"members": "-4", "site0_people": "many"})
    assert wrong.status_code == 422
    assert "Enter 0 or more." in wrong.text
    assert "Enter a whole number in figures, like 12." in wrong.text
    assert 'value="-4"' in wrong.text
    assert "We weave baskets" in wrong.text
    assert browser.post("/organisation", data=said).status_code == 303
    organisation = session.scalars(select(Organisation).execution_options(populate_existing=True)).one()
    assert (organisation.members, organisation.workers, organisation.traits) == (
        1240,
        3,
        ["members", "hired_workers"],
    )
    assert session.scalars(select(Site.people)).all() == [12]
    assert 'value="1240"' in browser.get("/organisation").text


def test_the_address_to_go_on_to_is_never_another_site(client: TestClient) -> None:
    client.post("/sign-up", data=GOOD)
    client.post("/sign-out")
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
        reply = client.post("/sign-in", data={"email": GOOD["email"], "password": PASSWORD, "next": evil})
        assert reply.headers["location"] == "/certification"


def test_a_form_from_another_site_does_nothing(client: TestClient, session: Session) -> None:
    reply = client.post("/sign-up", data=GOOD, headers={"sec-fetch-site": "cross-site"})
    assert reply.status_code == 403
    assert not session.scalar(select(func.count()).select_from(Person))


def test_a_form_that_was_sent_signed_out_can_be_sent_again(
    client: TestClient, make: Making, session: Session, clock: FixedClock
) -> None:
    """What was typed is in the browser: the page says how to send it again, and that works."""
    person = make.person(make.organisation(Kind.BUYER))
    typed = {"organisation": "00000000-0000-0000-0000-000000000000"}
    told = client.post("/account/acting-for", data=typed)
    assert told.status_code == 401
    assert "what you typed is not lost" in told.text
    assert 'target="_blank"' in told.text
    client.cookies.set(COOKIE, service.start_session(session, person.id, now=clock.now))
    session.commit()
    assert client.post("/account/acting-for", data=typed).status_code != 401
