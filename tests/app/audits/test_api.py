"""The whole road by the API alone, and what it refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.organisations.models import Kind
from tests.app.audits.conftest import Cast
from tests.app.making import Making
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]

APPLICATION = {
    "legal_identity": "Test weavers, register of Hanoi, 1001",
    "mission": "Steady work for weavers in three villages.",
    "accounts": "Approved by the members in March.",
    "references": "A regional association of makers.",
}


def good(reply: Response, status: int = 200) -> Any:
    assert reply.status_code == status, reply.text
    return reply.json() if reply.content else None


class Players:
    """Browsers of everybody in a case; the API takes sessions as well as tokens."""

    def __init__(self, cast: Cast, as_person: SignIn) -> None:
        people = cast.people
        self.cast = cast
        self.producer = as_person(people.producer.person_id)
        self.programme = as_person(people.programme.person_id)
        self.auditor = as_person(people.auditor.person_id)
        self.decider = as_person(people.decision_maker.person_id)
        self.case_id = ""

    def apply(self) -> None:
        good(self.producer.post("/api/organisation/code-of-practice"))
        case = good(self.producer.put("/api/certification/application", json=APPLICATION))
        self.case_id = case["id"]

    def accept(self) -> None:
        good(self.programme.post(f"/api/cases/{self.case_id}/acceptance"))

    def answer_all(self) -> None:
        asked = good(self.producer.get("/api/certification/assessment"))["criteria"]
        answers = [{"criterion": each["id"], "value": "met", "note": "We do."} for each in asked]
        left = good(self.producer.put("/api/certification/answers", json={"answers": answers}))
        assert left["missing"] == []

    def hand_in(self) -> None:
        self.apply()
        self.accept()
        self.answer_all()
        good(self.producer.post("/api/certification/submission"))

    def declare(self) -> None:
        about = {"organisation_id": str(self.cast.organisation.id), "interests": []}
        for person in (self.auditor, self.decider):
            good(person.post("/api/interests", json=about), 201)

    def assign(self) -> None:
        self.declare()
        people = self.cast.people
        for person, part, lead in (
            (people.auditor, "auditor", True),
            (people.decision_maker, "decision maker", False),
        ):
            said = {"person_id": str(person.person_id), "part": part, "lead": lead}
            good(self.programme.post(f"/api/cases/{self.case_id}/assignments", json=said))

    def plan(self, clock: FixedClock) -> None:
        case = f"/api/cases/{self.case_id}"
        summary = "The papers are complete; pay lists on site."
        good(self.auditor.post(f"{case}/desk-review", json={"summary": summary}))
        day = clock.now.date().isoformat()
        said = {"kind": "monitoring_audit", "starts": day, "ends": day, "seed": "lottery"}
        planned = good(self.auditor.put(f"{case}/audit-plan", json=said))
        assert planned["plan"]["sites"] == ["Workshop"]

    def judge_all(self, **verdicts: str) -> None:
        case = f"/api/cases/{self.case_id}"
        for each in good(self.producer.get("/api/certification/assessment"))["criteria"]:
            verdict = verdicts.get("c" + each["id"].replace(".", "_"), "conformity")
            said = {"verdict": verdict, "facts": "Seen on site and in two records of the year."}
            good(self.auditor.put(f"{case}/findings/{each['id']}", json=said))

    def recommend(self) -> Response:
        said = {"outcome": "certify", "reasons": "Practice is sound in all that was seen."}
        return self.auditor.post(f"/api/cases/{self.case_id}/recommendation", json=said)

    def to_recommended(self, clock: FixedClock) -> None:
        self.hand_in()
        self.assign()
        self.plan(clock)
        self.judge_all()
        good(self.auditor.post(f"/api/cases/{self.case_id}/conclusion"))
        good(self.recommend())


@pytest.fixture
def players(cast: Cast, as_person: SignIn) -> Players:
    return Players(cast, as_person)


DECISION = {"outcome": "certify", "reasons": "The findings carry the recommendation."}


def test_the_road_by_api_alone(players: Players, client: TestClient, clock: FixedClock) -> None:
    players.apply()
    assert good(players.producer.get("/api/certification"))["case"]["missing_parts"] == []
    players.accept()
    players.answer_all()
    uploaded = good(
        players.producer.post(
            "/api/certification/evidence",
            files={"file": ("minutes.txt", b"Minutes of March", "image/png")},
            data={"criteria": ["1.1", "2.1"]},
        ),
        201,
    )
    assert uploaded["media_type"] == "text/plain"
    assert uploaded["criteria"] == ["1.1", "2.1"]
    good(players.producer.post("/api/certification/submission"))
    players.assign()
    players.plan(clock)
    case = f"/api/cases/{players.case_id}"
    assert good(players.auditor.get(case))["files"][0]["sha256"] == uploaded["sha256"]
    players.judge_all(c2_4="minor")
    assert good(players.producer.get("/api/certification"))["case"]["findings"] == []
    good(players.auditor.post(f"{case}/conclusion"))
    assert len(good(players.producer.get("/api/certification"))["case"]["findings"]) > 20
    refused = players.recommend()
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/nonconformity-unanswered")
    due = (clock.now.date() + timedelta(days=60)).isoformat()
    made = good(
        players.producer.post(
            "/api/certification/corrective-actions",
            json={
                "criterion": "2.4",
                "cause": "Nobody was responsible for it.",
                "correction": "The secretary writes and posts them.",
                "due": due,
            },
        ),
        201,
    )
    good(players.auditor.post(f"{case}/corrections-request"))
    proof = {"proof": "The minutes of July hang in the workshop."}
    good(players.producer.put(f"/api/certification/corrective-actions/{made['id']}/proof", json=proof))
    said = {"accepted": True, "note": "Both minutes were seen on the photo."}
    good(players.auditor.put(f"{case}/corrective-actions/{made['id']}/verification", json=said))
    good(players.recommend())
    decided = good(players.decider.post(f"{case}/decision", json=DECISION))
    assert decided["state"] == "certified"
    number = decided["certificate"]
    found = good(client.get("/api/registry", params={"q": "weavers crafts", "country": "VN"}))["entries"]
    assert [(each["certificate"], each["state"]) for each in found] == [(number, "guaranteed")]
    certificate = good(client.get(f"/api/registry/{number.lower()}"))
    assert certificate["sites"] == ["Workshop"]
    assert sum(each["counts"]["minor"] for each in certificate["findings"]) == 1
    reasons = {"reasons": "A complaint about late payment is open."}
    good(players.decider.post(f"{case}/suspension", json=reasons))
    suspended = good(client.get(f"/api/registry/{number}"))
    assert suspended["state"] == "suspended"
    assert [each["status"] for each in suspended["history"]] == ["active", "suspended"]
    good(
        players.decider.post(
            f"{case}/reinstatement", json={"reasons": "The payments were shown to be on time."}
        )
    )
    assert good(client.get(f"/api/registry/{number}"))["state"] == "guaranteed"


def test_the_auditor_of_a_case_cannot_decide_it(players: Players, clock: FixedClock) -> None:
    players.to_recommended(clock)
    refused = players.auditor.post(f"/api/cases/{players.case_id}/decision", json=DECISION)
    assert refused.status_code == 403
    assert good(players.decider.get(f"/api/cases/{players.case_id}"))["state"] == "recommended"


def test_an_auditor_who_also_decides_is_told_that_it_took_part(
    players: Players, session: Session, make: Making, clock: FixedClock
) -> None:
    from app.organisations.models import Membership
    from app.permissions import Role

    people = players.cast.people
    session.add(
        Membership(
            person_id=people.auditor.person_id,
            organisation_id=people.auditor.organisation_id,
            role=Role.DECISION_MAKER,
            since=clock.now,
        )
    )
    session.commit()
    players.to_recommended(clock)
    refused = players.auditor.post(f"/api/cases/{players.case_id}/decision", json=DECISION)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/independence-took-part"
    said = {"person_id": str(people.auditor.person_id), "part": "decision maker"}
    refused = players.programme.post(f"/api/cases/{players.case_id}/assignments", json=said)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/independence-took-part")


def test_a_declared_interest_refuses_the_assignment(players: Players) -> None:
    players.hand_in()
    organisation = str(players.cast.organisation.id)
    said = {"person_id": str(players.cast.people.auditor.person_id), "part": "auditor", "lead": True}
    address = f"/api/cases/{players.case_id}/assignments"
    assert players.programme.post(address, json=said).json()["type"] == "/problems/independence-not-declared"
    interest = {"kind": "consultancy", "note": "Wrote their handbook."}
    good(
        players.auditor.post(
            "/api/interests", json={"organisation_id": organisation, "interests": [interest]}
        ),
        201,
    )
    refused = players.programme.post(address, json=said)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/independence-conflict")
    assert "consultancy" in refused.json()["detail"]


def test_foreign_and_missing_cases_are_the_same(
    players: Players, make: Making, as_person: SignIn, clock: FixedClock
) -> None:
    players.hand_in()
    stranger = as_person(make.member(Kind.CERTIFIER))  # an auditor who is not assigned
    foreign = stranger.get(f"/api/cases/{players.case_id}")
    missing = stranger.get(f"/api/cases/{uuid4()}")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["detail"] == missing.json()["detail"]
    finding = {"verdict": "conformity", "facts": ""}
    assert stranger.put(f"/api/cases/{players.case_id}/findings/1.1", json=finding).status_code == 404
    other = as_person(make.member(Kind.PRODUCER))
    assert other.get(f"/api/cases/{players.case_id}").status_code == 403
    assert other.get("/api/certification").json() == {"code_accepted_at": None, "case": None}


def test_a_foreign_file_is_missing(players: Players, make: Making, as_person: SignIn) -> None:
    players.hand_in()
    made = good(players.producer.post("/api/certification/evidence", files={"file": ("a.txt", b"a")}), 201)
    address = f"/api/evidence/{made['id']}/file"
    assert as_person(make.member(Kind.PRODUCER)).get(address).status_code == 404
    assert as_person(make.member(Kind.CERTIFIER)).get(address).status_code == 404
    assert as_person(make.member(Kind.BUYER)).get(address).status_code == 403
    served = players.producer.get(address)
    assert served.content == b"a"


def test_submitting_twice_is_refused_and_changes_nothing(players: Players) -> None:
    players.hand_in()
    again = players.producer.post("/api/certification/submission")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-from-this-state")
    late = {"answers": [{"criterion": "1.1", "value": "not_met"}]}
    refused = players.producer.put("/api/certification/answers", json=late)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/assessment-closed")


def test_an_incomplete_assessment_names_what_is_missing(players: Players) -> None:
    players.apply()
    players.accept()
    partly = {"answers": [{"criterion": "1.1", "value": "partly"}, {"criterion": "1.2", "value": "met"}]}
    left = good(players.producer.put("/api/certification/answers", json=partly))["missing"]
    assert {"criterion": "1.1", "want": "plan"}.items() <= left[0].items()
    refused = players.producer.post("/api/certification/submission")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/assessment-incomplete")


@pytest.mark.parametrize(
    ("answer", "pointer"),
    [
        ({"criterion": "1.1", "value": "not_applicable", "reason": "No."}, "/1.1/value"),
        ({"criterion": "1.1", "value": "perhaps"}, "/answers/0/value"),
        ({"criterion": "1.1", "value": "met", "note": "x" * 5001}, "/answers/0/note"),
        ({"criterion": "1.1", "value": "met", "colour": "green"}, "/answers/0/colour"),
    ],
)
def test_a_faulty_answer_is_named(players: Players, answer: dict[str, str], pointer: str) -> None:
    players.apply()
    refused = players.producer.put("/api/certification/answers", json={"answers": [answer]})
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


def test_a_criterion_that_is_not_asked_is_missing(players: Players) -> None:
    players.apply()
    answer = {"criterion": "99.1", "value": "met"}
    assert players.producer.put("/api/certification/answers", json={"answers": [answer]}).status_code == 404


def test_applying_wants_the_code_of_practice(players: Players) -> None:
    refused = players.producer.put("/api/certification/application", json=APPLICATION)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/application-incomplete")


def test_an_entry_criterion_is_never_minor(players: Players, clock: FixedClock) -> None:
    players.hand_in()
    players.assign()
    players.plan(clock)
    said = {"verdict": "minor", "facts": "Two of five records had no date."}
    refused = players.auditor.put(f"/api/cases/{players.case_id}/findings/1.1", json=said)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/verdict"
    said = {"verdict": "major", "facts": "None."}
    refused = players.auditor.put(f"/api/cases/{players.case_id}/findings/1.1", json=said)
    assert refused.json()["errors"][0]["pointer"] == "/facts"


def test_a_file_that_changed_stops_the_decision(players: Players, clock: FixedClock, config: Any) -> None:
    players.apply()
    players.accept()
    players.answer_all()
    made = good(
        players.producer.post("/api/certification/evidence", files={"file": ("pay list.txt", b"100")}), 201
    )
    good(players.producer.post("/api/certification/submission"))
    players.assign()
    players.plan(clock)
    players.judge_all()
    good(players.auditor.post(f"/api/cases/{players.case_id}/conclusion"))
    good(players.recommend())
    stored = config.data / "evidence" / made["sha256"][:2] / made["sha256"]
    stored.write_bytes(b"900")
    refused = players.decider.post(f"/api/cases/{players.case_id}/decision", json=DECISION)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/evidence-altered")
    assert "pay list.txt" in refused.json()["detail"]


def test_the_registry_refuses_what_is_not_a_number_or_a_cursor(client: TestClient) -> None:
    assert client.get("/api/registry/FH-2026-000001-9").status_code == 404
    assert client.get("/api/registry", params={"after": "nonsense"}).status_code == 422
    assert client.get("/api/registry", params={"country": "vietnam"}).status_code == 422
    assert good(client.get("/api/registry", params={"q": "100% _\\"}))["entries"] == []


def test_the_standard_is_public(client: TestClient) -> None:
    listed = good(client.get("/api/standards"))["standards"]
    one = good(client.get(f"/api/standards/{listed[0]['key']}"))
    assert len(one["principles"]) == 10
    assert client.get("/api/standards/other-1").status_code == 404
