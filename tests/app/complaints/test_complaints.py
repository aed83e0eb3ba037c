"""A complaint through its pages, on the real database; and that it says nowhere who complained."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audits.models import Declaration
from app.complaints import filing, service
from app.complaints.models import Complaint, ComplaintAssignment, ComplaintStep
from app.complaints.register import figures
from app.db import Sessions, uuid7
from app.history import Happening
from app.mail import Mail
from app.organisations.models import Kind, Membership
from app.permissions import Role
from governance.complaints import DEADLINES
from tests.app.complaints.playing import CANARIES, CONTACT, HAPPENED, SUMMARY, Play, code_on, hidden
from tests.app.making import Making
from tests.conftest import FixedClock, SignIn


@pytest.fixture
def play(session: Session, clock: FixedClock, make: Making, as_person: SignIn, client: TestClient) -> Play:
    return Play(session, clock, make, as_person, client)


def test_the_whole_way_and_the_register(play: Play, client: TestClient) -> None:
    play.file()
    number = play.row.number
    assert "not decided yet" in client.get(f"/complaints/{number}").text
    assert "Test weavers" not in client.get("/complaints").text
    play.later(1)
    play.take()
    play.admit()
    page = client.get(f"/complaints/{number}").text
    assert "Test weavers" in page
    assert SUMMARY in page
    play.to_answer()
    due = (play.clock.now + timedelta(days=20)).date().isoformat()
    play.handle(play.desk, "redress", what="Pay the three deliveries with interest", who="The board", due=due)
    assert "Pay the three deliveries" in client.get(f"/complaints/{number}").text
    refused = play.desk.post(
        f"/ombudsperson/{play.row.id}/step", data={"action": "remedy", "words": "All of it is done and seen."}
    )
    assert refused.status_code == 409
    assert "1 of 1 is not verified" in refused.text
    assert "All of it is done and seen." in refused.text  # nothing typed is lost
    owed = play.session.execute(text("SELECT id FROM complaint_redress")).scalar_one()
    assert (
        play.subject.post(
            f"/complaints-about-us/{play.row.id}/redress/{owed}",
            data={f"proof-{owed}": "Paid on Monday, receipts of all weavers"},
        ).status_code
        == 303
    )
    assert "receipts of all weavers" not in client.get(f"/complaints/{number}").text
    play.handle(play.desk, f"redress/{owed}")
    assert "receipts of all weavers" in client.get(f"/complaints/{number}").text
    play.handle(play.desk, "step", action="remedy", words="All weavers confirmed that they were paid.")
    play.later(DEADLINES.appeal + 1)
    play.handle(play.desk, "step", action="close", words="")
    assert play.row.state == "closed"
    assert play.row.contact == ""
    page = client.get("/complaints").text
    assert "Upheld" in page
    assert "Closed" in page
    counted = service.counted(play.session, play.member.id, since=play.clock.now.date() - timedelta(days=700))
    assert (counted.open, counted.upheld) == (0, 1)
    year = figures(play.session, today=play.clock.now.date())[0]
    assert (year.received, year.admitted, year.upheld, year.open) == (1, 1, 1, 0)


def test_the_code_is_shown_once_and_opens_the_conversation_however_it_is_typed(
    play: Play, client: TestClient, app: FastAPI
) -> None:
    page = client.get("/complaints/new").text
    said = {"about": "platform", "what_happened": HAPPENED, "ticket": hidden(page, "ticket")}
    first, again = (client.post("/complaints/new", data=said) for _ in range(2))
    code = code_on(first.text)
    assert code_on(again.text) == code  # a repeated submit files once
    assert play.session.scalars(select(Complaint.number)).all() == ["C-2026-0001"]
    wrong = client.post("/complaints/code", data={"code": code, "last_four": "2222"})
    assert wrong.status_code == 422
    assert code in wrong.text  # so that it can be written down now
    visitor = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    assert visitor.get("/complaints/mine").headers["location"] == "/complaints/receipt"
    assert visitor.post("/complaints/receipt", data={"code": "2222-2222-2222-2222-2222"}).status_code == 422
    typed = code.replace("-", " ").lower()
    assert visitor.post("/complaints/receipt", data={"code": typed}).status_code == 303
    cookie = visitor.cookies.jar
    assert all(each.path == "/complaints" for each in cookie)
    assert "back room" in visitor.get("/complaints/mine").text
    visitor.post("/complaints/mine/leave")
    assert visitor.get("/complaints/mine").status_code == 303
    everything = "\n".join(
        str(play.session.execute(text(f'SELECT * FROM "{table}"')).all())
        for table in play.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    )
    plain = code.replace("-", "")
    assert code not in everything
    assert plain not in everything


def test_nothing_says_who_complained(
    play: Play,
    client: TestClient,
    make: Making,
    as_person: SignIn,
    session: Session,
    run_jobs: Callable[[], list[str]],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A signed-in person files, writes, sends a file; then every page, log, letter and row is searched."""
    caplog.set_level(logging.DEBUG)
    person = make.person(make.organisation(Kind.PRODUCER, "Test workshop"), email="zephyrine@example.org")
    play.stranger = as_person(person.id)
    play.file()
    sent = play.stranger.post(
        "/complaints/mine/messages",
        data={"words": "My sister Quillfeather saw the blue rickshaw leave."},
        files={"file": ("Zephyrine.txt", b"nightingale-lantern and other words")},
    )
    assert sent.status_code == 303
    play.later(1)
    play.take()
    slip = play.desk.post(
        f"/ombudsperson/{play.row.id}/admission",
        data={"whom": "Test weavers", "summary": "They wait since the blue rickshaw, says Quillfeather."},
    )
    assert slip.status_code == 422
    assert "quillfeather" in slip.text
    play.admit()
    play.to_answer()
    play.stranger.post(
        "/complaints/mine/appeal", data={"grounds": f"It is too little, says {CONTACT} and more"}
    )
    run_jobs()
    row = play.row
    looked = [
        client.get(path).text
        for path in (
            "/",
            "/accountability",
            "/complaints",
            "/complaints?year=2026",
            f"/complaints/{row.number}",
            "/api/complaints",
            "/api/complaints/figures",
            f"/api/complaints/{row.number}",
            "/registry",
        )
    ]
    looked += [
        play.subject.get(path).text
        for path in (
            "/complaints-about-us",
            f"/complaints-about-us/{row.id}",
            "/api/complaints-about-us",
            f"/api/complaints-about-us/{row.id}",
        )
    ]
    looked += [play.other_desk.get(f"/ombudsperson/{row.id}").text, play.other_desk.get("/ombudsperson").text]
    said = capsys.readouterr()
    looked += [said.out, said.err, caplog.text]
    looked += [f"{each.to} {each.subject} {each.body}" for each in session.scalars(select(Mail))]
    looked += [
        json.dumps(each.facts) + each.action
        for each in session.scalars(select(Happening).filter_by(subject_kind="complaint"))
    ]
    looked += [
        str(each)
        for each in session.execute(text("SELECT * FROM idempotent_reply")).all()
        if "complaint" in str(each)
    ]
    for canary in (*CANARIES, "zephyrine@example.org", str(person.id), play.code, play.code.replace("-", "")):
        for place, found in enumerate(looked):
            assert canary.casefold() not in found.casefold(), f"{canary} in {place}: {found[:200]}"
    assert "request" in said.out  # the log was there to be searched
    # Rows: neither the person, nor an address, nor the moment.
    for table in ("complaint", "complaint_step", "complaint_message", "complaint_file"):
        stored = str(session.execute(text(f"SELECT * FROM {table}")).all())
        assert str(person.id) not in stored
        assert "testclient" not in stored
    stranger_acts = session.scalars(
        select(Happening).where(Happening.subject_kind == "complaint", Happening.person_id.is_(None))
    ).all()
    assert stranger_acts
    assert all((each.at.weekday(), each.at.hour, each.at.minute) == (0, 0, 0) for each in stranger_acts)
    assert all(each.id.int >> 80 == int(each.at.timestamp() * 1000) for each in stranger_acts)
    assert row.id.int >> 80 == int(
        (play.clock.now - timedelta(days=3)).replace(hour=0, minute=0).timestamp() * 1000
    )
    indexes = session.scalars(text("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'complaint%'")).all()
    assert not [
        each
        for each in indexes
        for column in ("contact", "relation", "what_happened", "whom")
        if column in each
    ]


def test_the_search_for_canaries_finds_one(play: Play, client: TestClient) -> None:
    """The control of the test above: a summary that gives somebody away shows on the page."""
    play.file()
    play.take()
    play.admit()
    row = play.row
    row.summary = HAPPENED
    play.session.commit()
    assert CANARIES[0] in client.get(f"/complaints/{row.number}").text


def test_files_go_both_ways_and_are_never_active(play: Play, client: TestClient) -> None:
    play.file()
    play.take()
    play.admit()
    script = b"<html><script>alert(1)</script></html>"
    play.stranger.post("/complaints/mine/messages", data={"words": ""}, files={"file": ("a.html", script)})
    page = play.desk.get(f"/ombudsperson/{play.row.id}").text
    link = page.split("/files/", 1)[1].split('"', 1)[0]
    reply = play.desk.get(f"/ombudsperson/{play.row.id}/files/{link}")
    assert reply.content == script
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in reply.headers["content-security-policy"]
    assert play.stranger.get(f"/complaints/mine/files/{link}").status_code == 200
    # the other side, a visitor and an ombudsperson who does not handle it: not there
    assert play.subject.get(f"/complaints-about-us/{play.row.id}/files/{link}").status_code == 404
    assert play.other_desk.get(f"/ombudsperson/{play.row.id}/files/{link}").status_code == 404
    play.desk.post(
        f"/ombudsperson/{play.row.id}/messages/complainant",
        data={"to-complainant": "Here is the list."},
        files={"file": ("list.txt", b"one, two")},
    )
    mine = play.stranger.get("/complaints/mine").text
    assert "Here is the list." in mine
    assert "list.txt" in mine
    assert "Here is the list." not in play.subject.get(f"/complaints-about-us/{play.row.id}").text


def test_the_subject_is_heard_before_anything_is_found(play: Play) -> None:
    play.file()
    play.take()
    play.admit()
    words = {"action": "examine", "words": "The lists of both sides agree on it."}
    early = play.desk.post(f"/ombudsperson/{play.row.id}/step", data=words)
    assert early.status_code == 409
    assert "has not answered yet" in early.text
    play.later(DEADLINES.statement + 1)
    assert play.desk.post(f"/ombudsperson/{play.row.id}/step", data=words).status_code == 303


def test_overdue_shows_in_public_and_is_told(
    play: Play, client: TestClient, run_jobs: Callable[[], list[str]], session: Session
) -> None:
    from app.complaints.jobs import remind_of_complaints

    play.file()
    play.later(1)
    remind_of_complaints.func(0)
    assert (
        session.scalars(select(Mail.body)).all()
        == ["A new complaint waits to be acknowledged.\n/ombudsperson"] * 2
    )
    assert "Overdue" not in client.get(f"/complaints/{play.row.number}").text
    play.later(DEADLINES.acknowledge + 6)
    remind_of_complaints.func(0)
    assert "7 days late" in " ".join(session.scalars(select(Mail.body)))
    assert "Overdue" in client.get(f"/complaints/{play.row.number}").text


class TestNoTies:
    """Who has a part in the matter does not handle it: the page says why, and the database refuses."""

    def ties(self, play: Play) -> dict[str, Callable[[], None]]:
        session, person = play.session, play.first

        def member() -> None:
            session.add(
                Membership(
                    person_id=person.id,
                    organisation_id=play.member.id,
                    role=Role.BUYER,
                    since=play.clock.now - timedelta(days=900),
                    ended_at=play.clock.now - timedelta(days=300),
                )
            )

        def declared() -> None:
            session.add(
                Declaration(
                    person_id=person.id,
                    organisation_id=play.member.id,
                    interests=[{"kind": "kinship", "until": None, "note": ""}],
                    at=play.clock.now,
                )
            )

        def evaluated() -> None:
            from app.audits.models import Assignment, Case

            case = Case(
                organisation_id=play.member.id,
                standard="fairhaul-2026.1",
                kind="initial",
                cycle=1,
                state="refused",
                opened_at=play.clock.now,
                due_on=play.clock.now.date(),
            )
            session.add(case)
            session.flush()
            session.add(
                Assignment(
                    case_id=case.id, person_id=person.id, part="auditor", lead=False, since=play.clock.now
                )
            )

        return {"member": member, "declared": declared, "evaluated": evaluated}

    @pytest.mark.parametrize(
        ("tie", "words"),
        [
            ("member", "belonged, to an organisation"),
            ("declared", "declared an interest"),
            ("evaluated", "took part in the certification"),
        ],
    )
    def test_a_tie_refuses(self, play: Play, tie: str, words: str) -> None:
        play.file()
        row = play.row
        row.organisation_id = play.member.id
        self.ties(play)[tie]()
        play.session.commit()
        if tie != "declared":
            play.desk.post(f"/ombudsperson/{row.id}/declaration", data={"interest": "none"})
        page = play.desk.get(f"/ombudsperson/{row.id}").text
        assert words in page
        assert HAPPENED not in page
        assert play.desk.post(f"/ombudsperson/{row.id}/take", data={}).status_code == 409
        with pytest.raises(DBAPIError, match="may not be somebody who"), play.session.begin_nested():
            self.assign(play)

    def assign(self, play: Play, part: str = "ombudsperson", person: UUID | None = None) -> None:
        play.session.add(
            ComplaintAssignment(
                id=uuid7(),
                complaint_id=play.row.id,
                person_id=person or play.first.id,
                part=part,
                since=play.clock.now,
            )
        )
        play.session.flush()

    def test_without_a_tie_the_database_takes_it(self, play: Play) -> None:
        """The control."""
        play.file()
        self.assign(play)

    def test_the_platform_is_not_judged_by_its_own(self, play: Play, make: Making, as_person: SignIn) -> None:
        own = make.person(make.organisation(Kind.PLATFORM), Role.OMBUDSPERSON)
        play.file(about="platform", whom="")
        desk = as_person(own.id)
        desk.post(f"/ombudsperson/{play.row.id}/declaration", data={"interest": "none"})
        assert desk.post(f"/ombudsperson/{play.row.id}/take", data={}).status_code == 409
        with pytest.raises(DBAPIError, match="belongs to"), play.session.begin_nested():
            self.assign(play, person=own.id)

    def test_naming_the_handlers_own_organisation_is_refused(self, play: Play, make: Making) -> None:
        """Whom it is about is known only later: the rule and the database look again."""
        make.session.add(
            Membership(
                person_id=play.first.id, organisation_id=play.member.id, role=Role.BUYER, since=play.clock.now
            )
        )
        make.session.commit()
        play.file()
        play.take()
        said = {"whom": "Test weavers", "summary": SUMMARY, "no_interest": "yes"}
        refused = play.desk.post(f"/ombudsperson/{play.row.id}/admission", data=said)
        assert refused.status_code == 409
        assert SUMMARY in refused.text
        row = play.row
        row.organisation_id = play.member.id
        with pytest.raises(DBAPIError, match="may not be somebody who"), play.session.begin_nested():
            play.session.flush()

    def test_a_step_of_somebody_else_is_refused(self, play: Play) -> None:
        play.file()
        play.take()
        assert (
            play.other_desk.post(
                f"/ombudsperson/{play.row.id}/step",
                data={"action": "refuse", "words": "This is no matter for us."},
            ).status_code
            == 409
        )
        step = ComplaintStep(
            id=uuid7(),
            complaint_id=play.row.id,
            position=9,
            action="refuse",
            state="refused",
            words="This is no matter for us.",
            on=play.clock.now.date(),
            person_id=play.second.id,
        )
        play.session.add(step)
        with pytest.raises(DBAPIError, match="is not handled by"):
            play.session.flush()

    def test_steps_are_kept(self, play: Play) -> None:
        play.file()
        with pytest.raises(DBAPIError, match="only ever added"), play.session.begin_nested():
            play.session.execute(text("UPDATE complaint_step SET words = 'x'"))


def test_an_appeal_goes_to_somebody_else_and_begins_again(play: Play, client: TestClient) -> None:
    play.file()
    play.take()
    play.admit()
    play.to_answer("not upheld")
    reply = play.stranger.post(
        "/complaints/mine/appeal", data={"grounds": "You did not read the second list."}
    )
    assert reply.status_code == 303
    page = client.get(f"/complaints/{play.row.number}").text
    assert "Appealed" in page
    assert "second list" not in page
    assert play.desk.post(f"/ombudsperson/{play.row.id}/take", data={}).status_code == 409
    with pytest.raises(DBAPIError, match="handled the complaint before"), play.session.begin_nested():
        TestNoTies().assign(play, part="appeal")
    play.handle(play.other_desk, "declaration", interest="none")
    play.handle(play.other_desk, "take")
    assert "second list" in play.other_desk.get(f"/ombudsperson/{play.row.id}").text
    play.handle(play.other_desk, "step", action="overturn", words="The second list was not looked at.")
    assert play.row.state == "acknowledged"
    assert play.row.outcome is None
    assert play.desk.get(f"/ombudsperson/{play.row.id}").text.count("Somebody else handles it") == 1
    play.handle(play.other_desk, "admission", whom="Test weavers", summary=SUMMARY)
    assert play.row.state == "admitted"


def test_withdrawn_by_who_complained(play: Play, client: TestClient) -> None:
    play.file()
    assert play.stranger.post("/complaints/mine/withdraw", data={}).status_code == 422
    assert play.stranger.post("/complaints/mine/withdraw", data={"sure": "yes"}).status_code == 303
    assert play.row.state == "withdrawn"
    assert play.row.contact == ""
    assert "Withdrawn" in client.get(f"/complaints/{play.row.number}").text


def test_about_a_decision_the_deciders_answer(
    play: Play, make: Making, as_person: SignIn, session: Session
) -> None:
    from app.audits.models import Case, Decision

    body = make.organisation(Kind.CERTIFIER, "Test certifier")
    decider = make.person(body, Role.DECISION_MAKER)
    case = Case(
        organisation_id=play.member.id,
        standard="fairhaul-2026.1",
        kind="initial",
        cycle=1,
        state="refused",
        opened_at=play.clock.now,
        due_on=play.clock.now.date(),
    )
    session.add(case)
    session.flush()
    session.add(
        Decision(
            case_id=case.id,
            outcome="refuse",
            reasons="Wages",
            conditions=[],
            before="recommended",
            person_id=decider.id,
            at=play.clock.now,
        )
    )
    session.commit()
    play.file(about="decision")
    play.take()
    for organisation in (play.member, body):
        session.add(
            Declaration(
                person_id=play.first.id, organisation_id=organisation.id, interests=[], at=play.clock.now
            )
        )
    session.commit()
    play.handle(play.desk, "admission", whom="Test weavers", summary="A refusal is said to rest on one list.")
    assert play.row.respondent_id == body.id
    assert play.row.decision_id
    assert as_person(decider.id).get(f"/complaints-about-us/{play.row.id}").status_code == 200
    assert play.subject.get(f"/complaints-about-us/{play.row.id}").status_code == 404


def test_the_api_does_the_same(play: Play, client: TestClient) -> None:
    wish = {"about": "member", "what_happened": HAPPENED, "whom": "Test weavers", "contact": CONTACT}
    key = {"idempotency-key": "k-1"}
    made = client.post("/api/complaints", json=wish, headers=key)
    assert made.status_code == 201
    code = made.json()["code"]
    again = client.post("/api/complaints", json=wish, headers=key)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/shown-once")
    sent = client.post("/api/complaints/receipt/messages", json={"code": code, "words": "One thing more."})
    assert sent.json()["messages"][0]["words"] == "One thing more."
    base = f"/api/ombudsperson/complaints/{play.row.id}"
    assert play.desk.get(base).json()["what_happened"] == ""
    assert play.desk.post(f"{base}/handler").json()["what_happened"] == HAPPENED
    said = {"whom": "Test weavers", "summary": SUMMARY}
    unsaid = play.desk.post(f"{base}/admission", json=said)
    assert (unsaid.status_code, unsaid.json()["type"]) == (409, "/problems/complaint-not-declared")
    said_so = play.desk.post(f"{base}/admission", json=said | {"no_interest": True})
    assert said_so.json()["complaint"]["state"] == "admitted"
    told = client.post("/api/complaints/receipt", json={"code": code}).json()
    assert told["complaint"]["organisation"] == "Test weavers"
    assert client.post("/api/complaints/receipt", json={"code": "2222-2222"}).status_code == 404
    assert client.post("/api/complaints/receipt/withdrawal", json={"code": code}).status_code == 200


def test_many_complaints_from_one_network_wait_and_lose_nothing(client: TestClient, session: Session) -> None:
    reply = client.get("/complaints")
    for number in range(22):
        page = client.get("/complaints/new").text
        said = {"about": "platform", "what_happened": f"Matter {number}", "ticket": hidden(page, "ticket")}
        reply = client.post("/complaints/new", data=said)
    assert reply.status_code == 429
    assert "Matter 21" in reply.text
    assert "testclient" not in str(session.execute(text("SELECT * FROM complaint")).all())


def test_two_at_once_get_numbers_of_their_own(sessions: Sessions, clock: FixedClock) -> None:
    about: Any = "platform"
    with sessions.begin() as session:
        numbers = [
            filing.file(
                session,
                filing.Filing(about, "Something happened."),
                ticket=filing.new_ticket(),
                now=clock.now,
                deadlines=DEADLINES,
            )[0].number
            for _ in range(3)
        ]
    assert numbers == ["C-2026-0001", "C-2026-0002", "C-2026-0003"]


def test_the_demonstrations_code_is_the_apis_example(client: TestClient) -> None:
    from app.complaints.demo import TICKET

    code = filing.code_of(TICKET)
    described = client.get("/openapi.json").json()["components"]["schemas"]
    assert described["CodeIn"]["properties"]["code"]["examples"] == [code]
    assert code not in client.get("/complaints/receipt").text  # only in the demonstration
