"""The audit report: what it says, who reads it, and that it is not there before the audit is concluded."""

from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.audits import demo
from app.audits.demo import Stage
from app.files import Store
from app.permissions import Role
from tests.app.audits.conftest import Cast
from tests.app.making import Making
from tests.conftest import NOON, FixedClock, SignIn


@pytest.fixture
def concluded(session: Session, store: Store, cast: Cast, clock: FixedClock) -> UUID:
    row = demo.bring_to(session, store, cast.organisation, Stage.RECOMMENDED, people=cast.people, start=NOON)
    assert row is not None
    session.commit()
    clock.now = NOON.replace(month=4)
    return row.id


def test_its_readers_get_it_and_nobody_else(
    concluded: UUID, cast: Cast, make: Making, as_person: SignIn
) -> None:
    address = f"/cases/{concluded}/report.pdf"
    papers = set()
    for actor in (
        cast.people.producer,
        cast.people.auditor,
        cast.people.decision_maker,
        cast.people.programme,
    ):
        browser = as_person(actor.person_id)
        reply = browser.get(address)
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "application/pdf"
        assert reply.headers["cache-control"] == "no-store"
        assert browser.get(f"/api/cases/{concluded}/report").content == reply.content
        papers.add(reply.content)
    assert len(papers) == 1  # the same bytes for everybody, each time
    outsider = make.organisation()
    for stranger in (
        make.person(outsider, Role.PRODUCER).id,
        make.person(outsider, Role.AUDITOR).id,
    ):
        assert as_person(stranger).get(address).status_code == 404
    assert as_person(make.person(outsider, Role.BUYER).id).get(address).status_code == 403


def test_what_it_says(concluded: UUID, cast: Cast, as_person: SignIn) -> None:
    paper = as_person(cast.people.auditor.person_id).get(f"/cases/{concluded}/report.pdf").content
    pages = [" ".join(each.extract_text().split()) for each in PdfReader(BytesIO(paper)).pages]
    words = " ".join(pages)
    for each in (
        "Audit report",
        "Test weavers",
        "Hanoi, Vietnam",
        "SITES SAMPLED",
        "seed",
        "Findings by criterion",
        "Corrective actions",
        "Cause:",
        "Verified by",
        "SHA-256",
        "Recommendation",
        cast.people.auditor.name,
    ):
        assert each in words, each
    assert all("CONFIDENTIAL" in each for each in pages)
    assert words.count("1.1") >= 1


@pytest.mark.parametrize("stage", [Stage.ASSESSING, Stage.AUDIT_PLANNED])
def test_there_is_none_before(
    session: Session, store: Store, cast: Cast, as_person: SignIn, stage: Stage
) -> None:
    row = demo.bring_to(session, store, cast.organisation, stage, people=cast.people, start=NOON)
    assert row is not None
    session.commit()
    reply = as_person(cast.people.producer.person_id).get(f"/cases/{row.id}/report.pdf")
    assert reply.status_code == 409
    assert "not concluded" in reply.text
