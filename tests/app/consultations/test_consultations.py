"""Consultations on the real database: asked, heard, moderated, answered, and the gate before a standard."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.consultations.jobs import remind
from app.consultations.models import Consultation, ConsultationComment, ConsultationTheme
from app.db import uuid7
from app.mail import Mail
from app.organisations.models import Kind
from app.permissions import Role
from governance.consultations import RULES
from tests.app.complaints.playing import code_on, hidden
from tests.app.making import Making
from tests.conftest import FixedClock

KEY = "fairhaul-2099.1"
SAID = {"words": "Two years for small workshops.", "kind": "producer", "country": "KE", "name": ""}


class Round:
    """One consultation, held by a programme manager."""

    def __init__(
        self, session: Session, clock: FixedClock, make: Making, as_person: Callable[[UUID], TestClient]
    ) -> None:
        self.session, self.clock, self.as_person = session, clock, as_person
        self.runner_id = make.member(Kind.CERTIFIER, Role.PROGRAMME)
        self.runner = as_person(self.runner_id)
        self.slug = ""

    def question(self, days: int) -> dict[str, str]:
        opens = self.clock.now.date()
        return {
            "title": "Living wage",
            "question": "How soon?",
            "background": "The draft asks for a year.",
            "opens_on": opens.isoformat(),
            "closes_on": (opens + timedelta(days=days)).isoformat(),
            "standard_key": KEY,
        }

    def open(self, days: int = 40) -> str:
        made = self.runner.post("/consultations/new", data=self.question(days))
        assert made.status_code == 303, made.text
        self.slug = made.headers["location"].split("/")[2]
        assert self.post("opening").status_code == 303
        return f"/consultations/{self.slug}"

    def post(self, what: str, **data: str) -> Response:
        return self.runner.post(f"/consultations/{self.slug}/{what}", data=data)

    def later(self, days: int) -> None:
        self.clock.now += timedelta(days=days)
        self.runner = self.as_person(self.runner_id)

    def comment_by_code(self, browser: TestClient, **said: str) -> Response:
        page = browser.get(f"/consultations/{self.slug}").text
        form = SAID | {"proof": "code", "ticket": hidden(page, "ticket")} | said
        return browser.post(f"/consultations/{self.slug}/comments", data=form)

    def answer(self) -> None:
        """One theme for all comments, answered after the end."""
        self.post("themes", theme="More time")
        theme = self.session.scalars(select(ConsultationTheme.id)).one()
        for each in self.session.scalars(select(ConsultationComment.id).filter_by(state="confirmed")).all():
            assert self.post(f"sorting/{each}", **{f"theme-{each}": str(theme)}).status_code == 303
        answers = {f"answer-{theme}": "You asked for time.", f"changed-{theme}": "Two years, not one."}
        assert self.post(f"themes/{theme}", **answers).status_code == 303


@pytest.fixture
def held(session: Session, clock: FixedClock, make: Making, as_person: Callable[[UUID], TestClient]) -> Round:
    return Round(session, clock, make, as_person)


def test_the_gate_before_a_standard_version(held: Round, client: TestClient, session: Session) -> None:
    """No consultation, an open one, an unanswered one: refused by the rule and by the database."""
    before = held.runner.post("/api/standard-adoptions", json={"standard_key": KEY})
    assert (before.status_code, "There has been none" in before.json()["detail"]) == (409, True)
    address = held.open()
    page = held.comment_by_code(client)
    code = code_on(page.text)
    client.post(f"{address}/comments/confirmation", data={"code": code, "last_four": code[-4:]})
    assert "It is open until" in held.post("adoption").text
    held.later(41)
    assert "its answers are not published yet" in held.post("adoption").text
    with pytest.raises(DBAPIError, match="no answered consultation"), session.begin_nested():
        _adopt_in_the_database(held)
    refused = held.post("answers")
    assert refused.status_code == 409
    assert "1 comments belong to no theme" in refused.text
    held.answer()
    assert "You asked for time." not in client.get(address).text
    assert held.post("answers").status_code == 303
    page_now = client.get(address).text
    assert "You asked for time." in page_now
    assert "Two years, not one." in page_now
    assert held.post("adoption").status_code == 303
    assert f"{KEY} was adopted" in client.get(address).text
    assert held.post("adoption").status_code == 409
    with pytest.raises(DBAPIError, match="only ever added"), session.begin_nested():
        session.execute(text("UPDATE standard_adoption SET adopted_on = adopted_on + 1"))


def _adopt_in_the_database(held: Round) -> None:
    consultation = held.session.scalars(select(Consultation.id)).one()
    held.session.execute(
        text(
            "INSERT INTO standard_adoption (id, standard_key, consultation_id, adopted_on, person_id) "
            "VALUES (:id, :key, :consultation, :on, :person)"
        ),
        {
            "id": uuid7(),
            "key": KEY,
            "consultation": consultation,
            "on": held.clock.now.date(),
            "person": held.runner_id,
        },
    )


def test_too_short_a_time_is_refused_and_the_draft_stays(held: Round, client: TestClient) -> None:
    made = held.runner.post("/consultations/new", data=held.question(5))
    held.slug = made.headers["location"].split("/")[2]
    refused = held.post("opening")
    assert refused.status_code == 409
    assert "at least 30 days" in refused.text
    assert "The draft asks for a year." in refused.text
    assert client.get(f"/consultations/{held.slug}").status_code == 404


def test_a_comment_by_code_counts_once_confirmed(held: Round, client: TestClient, session: Session) -> None:
    address = held.open()
    reply = held.comment_by_code(client)
    code = code_on(reply.text)
    assert SAID["words"] not in client.get(address).text
    wrong = client.post(f"{address}/comments/confirmation", data={"code": code, "last_four": "2222"})
    assert wrong.status_code == 422
    assert code in wrong.text
    for _ in range(2):
        right = client.post(f"{address}/comments/confirmation", data={"code": code, "last_four": code[-4:]})
        assert right.status_code == 303
    page = client.get(address).text
    assert page.count(SAID["words"]) == 1
    assert session.scalars(select(ConsultationComment.number)).all() == [1]
    assert "testclient" not in str(session.execute(text("SELECT * FROM idempotent_reply")).all())


def test_a_comment_by_mail_counts_when_the_button_behind_the_link_is_pressed(
    held: Round, client: TestClient, session: Session
) -> None:
    address = held.open()
    form = SAID | {"proof": "mail", "email": "ada@example.org"}
    assert client.post(f"{address}/comments", data=form).status_code == 303
    letter = session.scalars(select(Mail).filter_by(to="ada@example.org")).one()
    link = re.search(r"/consultations/comments/\S+", letter.body)
    assert link
    assert SAID["words"] in client.get(link.group()).text
    assert SAID["words"] not in client.get(address).text  # a program that opens links publishes nothing
    assert client.post(link.group(), data={}).status_code == 303
    assert SAID["words"] in client.get(address).text
    assert "ada@example.org" not in client.get(address).text
    assert "ada@example.org" not in str(session.execute(text("SELECT * FROM consultation_comment")).all())
    assert client.get("/consultations/comments/" + "x" * 43).status_code == 404


def test_an_organisation_is_heard_with_its_name_and_who_is_missing_is_said(
    held: Round, client: TestClient, make: Making, as_person: Callable[[UUID], TestClient]
) -> None:
    address = held.open()
    shop = make.person(make.organisation(Kind.BUYER, "Test shop", "NL"))
    as_person(shop.id).post(f"{address}/own-comments", data={"words": "Our customers ask for it."})
    heard = client.get(f"/api{address}").json()["heard"]
    assert heard["by_region"]["Europe"] == heard["by_kind"]["buyer"] == 1
    assert heard["missing"][:2] == ["the South", "producers"]
    assert "people of Africa, Asia and Latin America" in client.get(address).text
    maker = make.person(make.organisation(Kind.PRODUCER, "Test maker", "KE"))
    as_person(maker.id).post(f"{address}/own-comments", data={"words": "We can do it in two years."})
    heard = client.get(f"/api{address}").json()["heard"]
    assert heard["missing"] == ["Asia", "Latin America", "North America and the Pacific Rim"]
    assert "Test maker" in client.get(address).text


def test_what_is_removed_leaves_its_place_and_the_reason(
    held: Round, client: TestClient, session: Session
) -> None:
    address = held.open()
    code = code_on(held.comment_by_code(client, words="Buy cheap watches", name="Test spam").text)
    client.post(f"{address}/comments/confirmation", data={"code": code, "last_four": code[-4:]})
    comment = session.scalars(select(ConsultationComment.id)).one()
    silent = held.post(f"removal/{comment}", **{f"reason-{comment}": "spam"})
    assert silent.status_code == 422
    assert (
        held.post(f"removal/{comment}", **{f"reason-{comment}": "Advertising for watches."}).status_code
        == 303
    )
    page = client.get(address).text
    assert "1 comment was removed" in page
    assert "Advertising for watches." in page
    assert "Buy cheap" not in page
    assert "Test spam" not in page
    assert client.get(f"/api{address}").json()["comments"][0]["words"] is None


def test_before_and_after_nobody_comments_and_nothing_typed_is_lost(held: Round, client: TestClient) -> None:
    address = held.open()
    held.later(41)
    reply = client.post(f"{address}/comments", data=SAID | {"proof": "code", "ticket": "0" * 64})
    assert reply.status_code == 409
    assert SAID["words"] in reply.text
    faulty = client.post(f"{address}/comments", data=SAID | {"country": "ZZ", "proof": "code"})
    assert faulty.status_code == 422


def test_people_are_reminded_once_a_day_that_counts(
    held: Round, make: Making, session: Session, clock: FixedClock, as_person: Callable[[UUID], TestClient]
) -> None:
    address = held.open()
    silent = make.person(make.organisation(Kind.PRODUCER))
    spoke = make.person(make.organisation(Kind.PRODUCER))
    as_person(spoke.id).post(f"{address}/own-comments", data={"words": "Here we are."})

    def letters() -> list[str]:
        return [each for each in session.scalars(select(Mail.to)) if each in {silent.email, spoke.email}]

    assert remind(session, RULES, address="", now=clock.now) == 0
    for days, expected in ((26, 1), (0, 1), (11, 2)):
        clock.now += timedelta(days=days)
        remind(session, RULES, address="", now=clock.now)
        assert letters() == [silent.email] * expected
    clock.now += timedelta(days=3 + RULES.answer_days)
    remind(session, RULES, address="", now=clock.now)
    assert "Answer is due: Living wage" in session.scalars(select(Mail.subject)).all()


def test_the_api_does_the_same(held: Round, client: TestClient, clock: FixedClock) -> None:
    made = held.runner.post("/api/consultations", json=held.question(40)).json()
    address = f"/api/consultations/{made['slug']}"
    assert client.get(address).status_code == 404
    assert held.runner.post(f"{address}/opening").json()["open_now"]
    sent = client.post(f"{address}/comments", json={**SAID, "email": None}).json()
    told = client.post(f"{address}/comments/confirmation", json={"code": sent["code"]}).json()
    assert told == {"outcome": "confirmed", "number": 1}
    held.later(41)
    shown = held.runner.post(f"{address}/themes", json={"title": "More time"}).json()
    theme, comment = shown["themes"][0]["id"], shown["comments"][0]["id"]
    held.runner.put(f"{address}/comments/{comment}/theme", json={"theme_id": theme})
    held.runner.put(f"{address}/themes/{theme}/answer", json={"answer": "We agree.", "changed": "Two years."})
    assert held.runner.post(f"{address}/answers").json()["themes"][0]["changed"] == "Two years."
    adopted = held.runner.post("/api/standard-adoptions", json={"standard_key": KEY}).json()
    assert adopted == {"standard_key": KEY, "adopted_on": clock.now.date().isoformat()}
