"""One hand a person in a case, in the database itself: every statement that would give somebody a second."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audits import appeals, demo
from app.audits import models_life as life
from app.audits.demo import Stage
from app.db import uuid7
from app.files import Store
from app.organisations.models import Kind, Membership
from app.permissions import Role
from tests.app.audits.conftest import Cast
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

WHY = "A reason that says enough to be read."
LATER = NOON + timedelta(days=50)


class Scene:
    """A suspended case whose appeal a panel hears: somebody of each of the three hands."""

    def __init__(self, session: Session, store: Store, cast: Cast, make: Making) -> None:
        row = demo.bring_to(
            session, store, cast.organisation, Stage.SUSPENDED, people=cast.people, start=NOON
        )
        assert row is not None
        self.session, self.case, self.cast = session, row.id, cast
        member = make.person(make.organisation(Kind.CIVIL_SOCIETY), Role.APPEAL)
        self.panellist = member.id
        self.nobody = make.person(make.organisation(Kind.CIVIL_SOCIETY), Role.APPEAL).id
        appeals.lodge(session, cast.people.producer, row.id, WHY, now=LATER)
        appeals.convene(session, cast.people.programme, row.id, [member.id], now=LATER)
        self.auditor = cast.people.auditor.person_id
        self.decider = cast.people.decision_maker.person_id
        self.appeal = session.scalars(select(life.Appeal.id)).one()

    def refused(self, statement: str, match: str = "has no hand in its", **values: object) -> None:
        known = {"case": self.case, "appeal": self.appeal, "at": LATER, "id": uuid7(LATER)}
        with pytest.raises(IntegrityError, match=match), self.session.begin_nested():
            self.session.execute(text(statement), known | values)

    def done(self, statement: str, **values: object) -> None:
        known = {"case": self.case, "appeal": self.appeal, "at": LATER, "id": uuid7(LATER)}
        with self.session.begin_nested() as point:
            self.session.execute(text(statement), known | values)
            point.rollback()


@pytest.fixture
def scene(session: Session, store: Store, cast: Cast, make: Making) -> Scene:
    return Scene(session, store, cast, make)


DECIDE = (
    "INSERT INTO decision (id, case_id, outcome, reasons, conditions, before, person_id, at) "
    "VALUES (:id, :case, 'withdraw', 'because', '{}', 'suspended', :who, :at)"
)
EVALUATE = {
    "assignment": (
        "INSERT INTO assignment (id, case_id, person_id, part, lead, since) "
        "VALUES (:id, :case, :who, 'auditor', false, :at)"
    ),
    "finding": "UPDATE finding SET person_id = :who WHERE case_id = :case AND criterion = '1.1'",
    "new finding": (
        "INSERT INTO finding (id, case_id, criterion, verdict, facts, person_id, at) "
        "VALUES (:id, :case, '98.1', 'conformity', '', :who, :at)"
    ),
    "verification": "UPDATE corrective_action SET verified_by = :who WHERE case_id = :case",
    "team": "UPDATE certification_case SET evaluators = array_append(evaluators, :who) WHERE id = :case",
    "recommendation": "UPDATE certification_case SET recommended_by = :who WHERE id = :case",
    "another's assignment": "UPDATE assignment SET person_id = :who WHERE case_id = :case AND lead",
    "a decider's part": "UPDATE assignment SET part = 'auditor' WHERE case_id = :case AND person_id = :who",
}
HEAR = "INSERT INTO panellist (id, appeal_id, person_id, since) VALUES (:id, :appeal, :who, :at)"


def test_no_statement_gives_a_second_hand(scene: Scene) -> None:
    """Each way to evaluate, decide and hear, by who has another hand; and the control: by who has none."""
    for statement in EVALUATE.values():
        scene.refused(statement, who=scene.decider)
    for name, statement in EVALUATE.items():
        if name != "a decider's part":
            scene.refused(statement, who=scene.panellist)
            scene.done(statement, who=scene.nobody)
    for who in (scene.auditor, scene.panellist):
        scene.refused(DECIDE, match="took part", who=who)
    scene.done(DECIDE, who=scene.nobody)
    for who in (scene.auditor, scene.decider):
        scene.refused(HEAR, who=who)
    scene.done(HEAR, who=scene.nobody)


def test_traces_cannot_be_wiped(scene: Scene) -> None:
    """To clear who worked on a case does not make its auditor a decision maker."""
    session = scene.session
    scene.refused("UPDATE participation SET hand = 'decision'", match="only ever added")
    scene.refused("DELETE FROM participation", match="only ever added")
    session.execute(
        text(
            "UPDATE certification_case SET evaluators = '{}', recommended_by = NULL, "
            "recommended_outcome = NULL, recommended_at = NULL"
        )
    )
    session.execute(text("DELETE FROM finding"))
    session.execute(text("UPDATE corrective_action SET verified_by = NULL"))
    session.execute(text("DELETE FROM assignment"))
    scene.refused(DECIDE, match="took part", who=scene.auditor)


def test_an_appeal_is_settled_by_its_panel_once(scene: Scene) -> None:
    settle = (
        "UPDATE appeal SET settled_by = :who, settled_at = :at, upheld = false, reasons = 'so' "
        "WHERE id = :appeal"
    )
    for who in (scene.auditor, scene.decider, scene.nobody):
        scene.refused(settle, match="settled by a member of its panel", who=who)
    scene.session.execute(text(settle), {"who": scene.panellist, "at": LATER, "appeal": scene.appeal})
    scene.refused("UPDATE appeal SET upheld = true WHERE id = :appeal", match="kept as it was settled")
    scene.refused("DELETE FROM appeal", match="kept as it was settled")


def test_a_review_is_not_settled_by_who_decided(scene: Scene) -> None:
    declaration = scene.session.execute(text("SELECT id FROM declaration LIMIT 1")).scalar_one()
    review = (
        "INSERT INTO conflict_review (id, case_id, declaration_id, reported_by, found_at, settled_by, "
        "settled_at, repeat, reasons) VALUES (:id, :case, :declaration, :who, :at, :who, :at, false, 'so')"
    )
    scene.refused(review, match="does not review", who=scene.decider, declaration=declaration)
    scene.refused(review, who=scene.auditor, declaration=declaration)
    scene.refused(review, who=scene.panellist, declaration=declaration)
    scene.done(review, who=scene.nobody, declaration=declaration)


SignIn = Callable[[UUID], TestClient]


def test_pages_and_programs_refuse_it_too(
    scene: Scene, session: Session, as_person: SignIn, clock: FixedClock
) -> None:
    """Give the auditor every role: what they had a hand in stays closed to them, with the reason."""
    clock.now = LATER
    people, base = scene.cast.people, f"/cases/{scene.case}"
    for person in (people.auditor, people.decision_maker):
        for role in (Role.DECISION_MAKER, Role.APPEAL, Role.AUDITOR, Role.PROGRAMME):
            if role not in person.roles:
                session.add(
                    Membership(
                        person_id=person.person_id,
                        organisation_id=person.organisation_id,
                        role=role,
                        since=NOON,
                    )
                )
    session.commit()
    auditor, decider = as_person(people.auditor.person_id), as_person(people.decision_maker.person_id)
    word = "You took part in the evaluation of this case, so somebody else must decide."
    page = auditor.get(f"{base}/decision").text
    assert word in page
    assert f'action="{base}/decision/reinstate"' not in page
    for address, body in (
        (f"/api{base}/reinstatement", {"reasons": WHY}),
        (f"/api{base}/withdrawal", {"reasons": WHY}),
        (f"/api{base}/appeal-outcome", {"upheld": False, "reasons": WHY}),
        (f"/api{base}/review-outcome", {"repeat": False, "reasons": WHY}),
    ):
        reply = auditor.post(address, json=body)
        assert reply.status_code in {403, 409}, reply.text
    refused = auditor.post(f"{base}/decision/withdraw", data={"withdraw_reasons": WHY})
    assert refused.status_code == 403
    assert word in refused.text
    hearing = decider.get(f"{base}/life").text
    assert "You are not on the panel that was convened for this appeal." in hearing
    assert f'action="{base}/life/verdict"' not in hearing
    for mine in (auditor, decider):
        own = [str(people.auditor.person_id), str(people.decision_maker.person_id)]
        reply = mine.put(f"/api{base}/appeal-panel", json={"people": own})
        assert reply.status_code in {403, 409}
        assert mine.post(
            f"{base}/life/verdict", data={"word": "upheld", "verdict_reasons": WHY}
        ).status_code in {
            403,
            409,
        }
    session.expire_all()
    assert session.scalars(select(life.Appeal)).one().settled_at is None
