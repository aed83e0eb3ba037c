"""The console: who sees which case; judging, assigning, recommending, deciding; the reasons why not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.audits import declaring, demo
from app.audits import models as rows
from app.audits.demo import Stage
from app.files import Store
from app.organisations.models import Kind, Membership, Organisation
from app.permissions import Role
from certification import Interest, InterestKind
from tests.app.audits.conftest import Cast
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

SignIn = Callable[[UUID], TestClient]


class Console:
    """A case at a stage, and a browser for each role."""

    def __init__(
        self, session: Session, store: Store, cast: Cast, as_person: SignIn, clock: FixedClock
    ) -> None:
        self.session, self.store, self.cast, self.as_person, self.clock = (
            session,
            store,
            cast,
            as_person,
            clock,
        )
        self.row: rows.Case | None = None

    def at(self, stage: Stage, day: int) -> str:
        """Bring the case there and let `day` be today; gives the address of the case."""
        people = self.cast.people
        self.row = demo.bring_to(
            self.session, self.store, self.cast.organisation, stage, people=people, start=NOON
        )
        assert self.row is not None
        self.session.commit()
        self.clock.now = NOON + timedelta(days=day)
        self.programme = self.as_person(people.programme.person_id)
        self.auditor = self.as_person(people.auditor.person_id)
        self.decider = self.as_person(people.decision_maker.person_id)
        return f"/cases/{self.row.id}"

    def state(self) -> str:
        assert self.row is not None
        self.session.expire_all()
        return self.row.state


@pytest.fixture
def console(session: Session, store: Store, cast: Cast, as_person: SignIn, clock: FixedClock) -> Console:
    return Console(session, store, cast, as_person, clock)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "WITH")):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)


@pytest.mark.parametrize("address", ["/queue", "{case}", "{case}?criterion=3.2", "/interests"])
def test_pages_of_the_console_take_few_queries(console: Console, engine: Engine, address: str) -> None:
    case = console.at(Stage.AUDITED, 22)
    with counted(engine) as said:
        assert console.auditor.get(address.format(case=case)).status_code == 200
    assert len(said) <= 12, "\n".join(said)


def test_an_auditor_judges_from_criterion_to_criterion(console: Console) -> None:
    case = console.at(Stage.AUDIT_PLANNED, 20)
    shown = console.auditor.get(f"{case}?criterion=1.1").text
    assert "How to verify" in shown
    assert 'data-key="1"' in shown
    typed = {"criterion": "1.1", "verdict": "improvement", "facts": "Too short"}
    refused = console.auditor.post(case, data=typed)
    assert refused.status_code == 422
    assert "Too short" in refused.text
    typed["facts"] = "Two of three payments were on time."
    assert console.auditor.post(case, data=typed).headers["location"] == f"{case}?criterion=1.2"
    assert console.auditor.post(case, data=typed).status_code == 303
    assert "Two of three payments" in console.auditor.get(f"{case}?criterion=1.1").text
    assert console.auditor.post(case, data={"criterion": "1.2"}).status_code == 422
    assert console.auditor.get(f"{case}?criterion=99.1").status_code == 404
    unknown = console.auditor.post(case, data=typed | {"criterion": "99.1"})
    assert unknown.status_code == 404
    never = console.auditor.post(case, data=typed | {"criterion": "1.1", "verdict": "minor"})
    assert never.status_code == 422
    assert ">1/" in console.auditor.get("/queue").text


def test_who_is_not_assigned_sees_nothing(console: Console, make: Making, as_person: SignIn) -> None:
    case = console.at(Stage.AUDIT_PLANNED, 20)
    stranger = as_person(make.member(Kind.CERTIFIER))
    for address in (case, f"{case}/steps", f"{case}/decision", f"/cases/{uuid4()}"):
        assert stranger.get(address).status_code == 404
    assert console.cast.organisation.name not in stranger.get("/queue").text
    assert console.cast.organisation.name in console.auditor.get("/queue").text
    said = {"criterion": "1.1", "verdict": "conformity"}
    assert stranger.post(case, data=said).status_code == 404
    producer = as_person(console.cast.people.producer.person_id)
    assert producer.get(case).status_code == 403


def test_a_reason_stands_in_the_place_of_a_button(console: Console) -> None:
    case = console.at(Stage.AUDIT_PLANNED, 20)
    steps = console.auditor.get(f"{case}/steps").text
    assert "criteria have no finding yet" in steps
    assert 'action="/cases/' in steps
    assert "/steps/conclude" not in steps
    refused = console.auditor.post(f"{case}/steps/conclude")
    assert refused.status_code == 409
    assert "criteria have no finding yet" in refused.text


def test_the_auditor_of_a_case_cannot_decide_it(console: Console) -> None:
    case = console.at(Stage.RECOMMENDED, 40)
    page = console.auditor.get(f"{case}/decision").text
    assert "You took part in the evaluation of this case, so somebody else must decide." in page
    assert f'action="{case}/decision"' not in page
    typed = {"outcome": "certify", "reasons": "I find my own work convincing."}
    refused = console.auditor.post(f"{case}/decision", data=typed)
    assert refused.status_code == 403
    assert "I find my own work convincing." not in console.decider.get(f"{case}/decision").text
    assert console.state() == "recommended"


def test_an_auditor_who_became_a_decision_maker_cannot_decide_it(console: Console, session: Session) -> None:
    auditor = console.cast.people.auditor
    session.add(
        Membership(
            person_id=auditor.person_id,
            organisation_id=auditor.organisation_id,
            role=Role.DECISION_MAKER,
            since=NOON,
        )
    )
    session.commit()
    case = console.at(Stage.RECOMMENDED, 40)
    page = console.auditor.get(f"{case}/decision").text
    assert "somebody else must decide" in page
    assert f'action="{case}/decision"' not in page
    typed = {"outcome": "certify", "reasons": "I find my own work convincing."}
    assert console.auditor.post(f"{case}/decision", data=typed).status_code == 403
    assert console.state() == "recommended"


def test_a_decision_wants_reasons_and_keeps_them(console: Console) -> None:
    case = console.at(Stage.RECOMMENDED, 40)
    address = f"{case}/decision"
    nothing = console.decider.post(address, data={})
    assert nothing.status_code == 422
    assert "Say why you decide so" in nothing.text
    short = console.decider.post(address, data={"outcome": "certify", "reasons": "Fine by me"})
    assert short.status_code == 422
    assert "Fine by me" in short.text
    typed = {"outcome": "certify_with_conditions", "reasons": "Sound, but one record is young."}
    assert "state at least one" in console.decider.post(address, data=typed).text
    typed["conditions"] = "Send the minutes of the next three meetings.\n\nTell us when the new site opens."
    assert console.decider.post(address, data=typed).status_code == 303
    assert console.state() == "certified"
    shown = console.decider.get(address).text
    assert "Send the minutes" in shown
    again = console.decider.post(address, data=typed)
    assert again.status_code in (403, 409)
    producer = console.as_person(console.cast.people.producer.person_id)
    assert "FH-2026-000001" in producer.get("/certification").text


def test_everybody_is_told_of_the_decision(console: Console, session: Session) -> None:
    from app.mail import Mail

    console.at(Stage.CERTIFIED, 43)
    told = {mail.to for mail in session.query(Mail) if "is certified" in mail.subject}
    people = console.cast.people
    assert told == {people.producer.email, people.auditor.email, people.decision_maker.email}


def test_suspend_reinstate_withdraw(console: Console) -> None:
    case = console.at(Stage.CERTIFIED, 43)
    address = f"{case}/decision/suspend"
    refused = console.decider.post(address, data={"suspend_reasons": "Late"})
    assert refused.status_code == 422
    assert 'href="#f-suspend_reasons"' in refused.text
    said = {"suspend_reasons": "A complaint about late payment is open."}
    assert console.auditor.post(address, data=said).status_code == 403
    assert console.decider.post(address, data=said).status_code == 303
    assert console.state() == "suspended"
    back = {"reinstate_reasons": "The payments were shown to be on time."}
    assert console.decider.post(f"{case}/decision/reinstate", data=back).status_code == 303
    assert console.state() == "certified"
    out = {"withdraw_reasons": "The co-operative was closed by its members."}
    assert console.decider.post(f"{case}/decision/withdraw", data=out).status_code == 303
    assert console.decider.post(f"{case}/decision/withdraw", data=out).status_code == 409
    assert console.decider.post(f"{case}/decision/nonsense", data=out).status_code == 404


def test_assigning_on_a_page_refuses_a_conflict_and_keeps_the_choice(
    console: Console, session: Session, make: Making, body: Organisation
) -> None:
    case = console.at(Stage.SUBMITTED, 13)
    person = make.person(body, Role.AUDITOR)
    address, said = f"{case}/steps/assign", {"person_id": str(person.id), "part": "lead"}
    refused = console.programme.post(address, data=said)
    assert refused.status_code == 409
    assert "has not yet declared" in refused.text
    assert f'<option value="{person.id}" selected' in refused.text
    from app.identity import acting

    actor = acting(session, person.id, body.id)
    assert actor is not None
    kinship = Interest(kind=InterestKind.KINSHIP, note="My sister chairs it.")
    declaring.declare(session, actor, console.cast.organisation.id, [kinship], now=console.clock.now)
    session.commit()
    refused = console.programme.post(address, data=said)
    assert refused.status_code == 409
    assert "kinship" in refused.text
    assert console.programme.post(address, data={"part": "lead"}).status_code == 422
    assert console.decider.post(address, data=said).status_code == 403


def test_interests_are_declared_on_a_page(console: Console) -> None:
    console.at(Stage.SUBMITTED, 13)
    organisation = console.cast.organisation
    assert "Not declared" in console.auditor.get("/interests").text
    address = f"/interests/{organisation.id}"
    typed = {"kind": "", "note": "I bought baskets once", "until": "2025-31-12"}
    refused = console.auditor.post(address, data=typed)
    assert refused.status_code == 422
    assert "I bought baskets once" in refused.text
    good = typed | {"kind": "trade", "until": "2025-12-31"}
    assert console.auditor.post(address, data=good).status_code == 303
    assert "I trade or traded with it" in console.auditor.get("/interests").text
    assert console.auditor.get(f"/interests/{uuid4()}").status_code == 404


def test_the_steps_from_review_to_recommendation_on_pages(console: Console, cast: Cast) -> None:
    case = console.at(Stage.SUBMITTED, 13)
    for browser in (console.auditor, console.decider):
        assert browser.post(f"/interests/{cast.organisation.id}", data={"kind": "none"}).status_code == 303
    for person, part in ((cast.people.auditor, "lead"), (cast.people.decision_maker, "decision maker")):
        said = {"person_id": str(person.person_id), "part": part}
        assert console.programme.post(f"{case}/steps/assign", data=said).status_code == 303
    short = console.auditor.post(f"{case}/steps/desk-review", data={"summary": "Fine"})
    assert short.status_code == 422
    summary = {"summary": "The papers are complete; pay lists on site."}
    assert console.auditor.post(f"{case}/steps/desk-review", data=summary).status_code == 303
    day = console.clock.now.date().isoformat()
    plan = {"kind": "monitoring_audit", "starts": day, "ends": "2020-01-01", "seed": "lottery"}
    refused = console.auditor.post(f"{case}/steps/plan", data=plan)
    assert refused.status_code == 422
    assert 'value="lottery"' in refused.text
    assert console.auditor.post(f"{case}/steps/plan", data=plan | {"ends": day}).status_code == 303
    assert console.row is not None
    while console.state() == "audit_planned":
        shown = console.auditor.get(case).text
        criterion = shown.split('name="criterion" value="')[1].split('"')[0]
        facts = "Two of five records drawn had no date."
        verdict = "minor" if criterion == "2.4" else "conformity"
        said = {"criterion": criterion, "verdict": verdict, "facts": facts}
        assert console.auditor.post(case, data=said).status_code == 303
        console.auditor.post(f"{case}/steps/conclude")
    producer = console.as_person(cast.people.producer.person_id)
    answered = {
        "cause": "Nobody was made responsible.",
        "correction": "The secretary writes and posts them.",
        "due": (console.clock.now + timedelta(days=30)).date().isoformat(),
    }
    assert producer.post("/certification/corrections/2.4", data=answered).status_code == 303
    assert console.auditor.post(f"{case}/steps/agree").status_code == 303
    proof = {"proof": "The minutes hang in the workshop."}
    assert producer.post("/certification/corrections/2.4/proof", data=proof).status_code == 303
    correction = console.session.query(rows.CorrectiveAction).filter_by(case_id=console.row.id).one()
    verify = f"{case}/corrections/{correction.id}"
    assert "The minutes hang" in console.auditor.get(verify).text
    assert console.auditor.post(f"{verify}/verify", data={"accepted": "yes"}).status_code == 422
    later = {"due": "2020-01-01", "reasons": "The harvest took all hands."}
    assert console.auditor.post(f"{verify}/extend", data=later).status_code == 422
    seen = {"accepted": "yes", "note": "The minutes were seen on the photo."}
    assert console.auditor.post(f"{verify}/verify", data=seen).status_code == 303
    assert console.auditor.get(f"{case}/corrections/{uuid4()}").status_code == 404
    word = {"outcome": "certify", "reasons": "Practice is sound and corrected."}
    assert console.auditor.post(f"{case}/steps/recommend", data={"reasons": "None"}).status_code == 422
    assert console.auditor.post(f"{case}/steps/recommend", data=word).status_code == 303
    back = {"back_reasons": "Look at the pay lists of both villages again."}
    assert console.decider.post(f"{case}/steps/send-back", data=back).status_code == 303
    assert console.state() == "desk_reviewed"
    assert "Look at the pay lists" in console.auditor.get(f"{case}/steps").text


def test_accepting_on_a_page(console: Console, session: Session, cast: Cast, as_person: SignIn) -> None:
    producer = as_person(cast.people.producer.person_id)
    programme = as_person(cast.people.programme.person_id)
    producer.post("/certification/code", data={"accepted": "yes"})
    producer.post("/certification/application", data={"mission": "Steady work for weavers."})
    row = session.query(rows.Case).one()
    steps = programme.get(f"/cases/{row.id}/steps").text
    assert "The application is not complete" in steps
    assert programme.post(f"/cases/{row.id}/steps/accept").status_code == 409
    written = dict.fromkeys(("legal_identity", "mission", "accounts", "references"), "As it should be.")
    producer.post("/certification/application", data=written)
    assert programme.post(f"/cases/{row.id}/steps/accept").status_code == 303
    assert producer.post("/certification/application", data=written).status_code == 409
    assert "can no longer be changed" in producer.get("/certification/application").text


@pytest.mark.parametrize("stage", [each for each in Stage if each is not Stage.REGISTERED])
def test_every_page_of_a_case_shows_at_each_stage(console: Console, stage: Stage) -> None:
    case = console.at(stage, 50)
    for browser in (console.programme, console.decider):
        for address in (case, f"{case}/steps", f"{case}/decision", "/queue", "/queue?stage=closed&mine=yes"):
            shown = browser.get(address)
            assert shown.status_code == 200, address
            assert "{" not in shown.text.split("<main")[1].split("</main>")[0], address


def test_a_decision_maker_declines_an_application(
    console: Console, session: Session, cast: Cast, as_person: SignIn
) -> None:
    producer = as_person(cast.people.producer.person_id)
    decider = as_person(cast.people.decision_maker.person_id)
    producer.post("/certification/code", data={"accepted": "yes"})
    producer.post("/certification/application", data={"mission": "Steady work for weavers."})
    case = f"/cases/{session.query(rows.Case).one().id}/decision"
    assert "Decline the application" in decider.get(case).text
    short = decider.post(f"{case}/decline", data={"decline_reasons": "No."})
    assert short.status_code == 422
    said = {"decline_reasons": "The organisation is a shop; apply as a buyer."}
    assert decider.post(f"{case}/decline", data=said).status_code == 303
    shown = producer.get("/certification").text
    assert "apply as a buyer" in shown
    assert "apply again" in shown
    again = producer.post("/certification/application", data={"mission": "We are makers now."})
    assert again.status_code == 303
    assert session.query(rows.Case).count() == 2


def test_an_application_is_taken_back_with_reasons(session: Session, cast: Cast, as_person: SignIn) -> None:
    producer = as_person(cast.people.producer.person_id)
    producer.post("/certification/code", data={"accepted": "yes"})
    producer.post("/certification/application", data={"mission": "Steady work for weavers."})
    refused = producer.post("/certification/retract", data={"reasons": "Too much"})
    assert refused.status_code == 422
    assert "Too much" in refused.text
    said = {"reasons": "We are not ready for an audit this year."}
    assert producer.post("/certification/retract", data=said).status_code == 303
    assert "Taken back" in producer.get("/certification").text
    assert session.query(rows.Case).one().state == "retracted"
