"""The whole road through the use cases, on PostgreSQL."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audits import demo, service
from app.audits.demo import Stage
from app.db import uuid7
from app.files import Store
from certification import State
from tests.app.audits.conftest import Cast
from tests.conftest import NOON

STATE_AT = {
    Stage.ASSESSING: State.PROVISIONAL,
    Stage.SUBMITTED: State.SELF_ASSESSED,
    Stage.AUDIT_PLANNED: State.AUDIT_PLANNED,
    Stage.AUDITED: State.AUDITED,
    Stage.CORRECTING: State.CORRECTING,
    Stage.RECOMMENDED: State.RECOMMENDED,
    Stage.CERTIFIED: State.CERTIFIED,
    Stage.SUSPENDED: State.SUSPENDED,
    Stage.REFUSED: State.REFUSED,
}


@pytest.mark.parametrize(("stage", "state"), list(STATE_AT.items()))
def test_a_demo_case_comes_to_each_stage(
    session: Session, store: Store, cast: Cast, stage: Stage, state: State
) -> None:
    row = demo.bring_to(session, store, cast.organisation, stage, people=cast.people, start=NOON)
    assert row is not None
    assert row.state == state
    after = NOON + timedelta(days=60)
    holds = service.certified(session, [cast.organisation.id], after) == {cast.organisation.id}
    assert holds == (stage is Stage.CERTIFIED)
    assert (service.certificate_of(session, cast.organisation.id, after) is not None) == holds
    assert bool(service.latest_certificates(session, [cast.organisation.id])) == (
        stage in (Stage.CERTIFIED, Stage.SUSPENDED)
    )


def test_a_certificate_does_not_hold_before_or_after_its_days(
    session: Session, store: Store, cast: Cast
) -> None:
    demo.bring_to(session, store, cast.organisation, Stage.CERTIFIED, people=cast.people, start=NOON)
    certificate = service.latest_certificates(session, [cast.organisation.id])[cast.organisation.id]
    for day, holds in (
        (certificate.valid_from - timedelta(days=1), False),
        (certificate.valid_from, True),
        (certificate.valid_until, True),
        (certificate.valid_until + timedelta(days=1), False),
    ):
        assert (service.certified(session, [cast.organisation.id], day) != set()) == holds


def test_a_decision_by_the_auditor_is_refused_by_the_database_too(
    session: Session, store: Store, cast: Cast
) -> None:
    row = demo.bring_to(session, store, cast.organisation, Stage.RECOMMENDED, people=cast.people, start=NOON)
    assert row is not None
    decision = {"case": row.id, "at": NOON, "id": uuid7(NOON)}
    insert = text(
        "INSERT INTO decision (id, case_id, outcome, reasons, conditions, before, person_id, at) "
        "VALUES (:id, :case, 'certify', 'because I say so', '{}', 'recommended', :person, :at)"
    )
    with pytest.raises(IntegrityError, match="took part"), session.begin_nested():
        session.execute(insert, decision | {"person": cast.people.auditor.person_id})
    session.execute(insert, decision | {"person": cast.people.decision_maker.person_id})
    with pytest.raises(IntegrityError, match="only ever added"), session.begin_nested():
        session.execute(text("UPDATE decision SET person_id = :p"), {"p": cast.people.auditor.person_id})


def test_one_open_case_an_organisation(session: Session, store: Store, cast: Cast) -> None:
    row = demo.bring_to(session, store, cast.organisation, Stage.SUBMITTED, people=cast.people, start=NOON)
    assert row is not None
    copy = (
        "INSERT INTO certification_case "
        "SELECT * FROM jsonb_populate_record(null::certification_case, CAST(:row AS jsonb))"
    )
    same = text("SELECT to_jsonb(c) || jsonb_build_object('id', CAST(:id AS text)) FROM certification_case c")
    second = session.execute(same, {"id": str(uuid7(NOON))}).scalar_one()
    with pytest.raises(IntegrityError, match="uq_certification_case_open"), session.begin_nested():
        session.execute(text(copy), {"row": json.dumps(second)})
