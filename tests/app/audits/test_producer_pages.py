"""A producer's pages: the task list, the self-assessment, evidence, handing in, corrective actions."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audits import application, demo, evaluation
from app.audits import models as rows
from app.audits.demo import Stage
from app.files import Store
from app.organisations.models import Kind
from app.settings import Settings
from tests.app.audits.conftest import Cast
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

SignIn = Callable[[UUID], TestClient]

WRITTEN = {
    "legal_identity": "Test weavers, register of Hanoi, 1001",
    "mission": "Steady work for weavers in three villages.",
    "accounts": "Approved by the members in March.",
    "references": "A regional association of makers.",
    "supply_tiers": "1",
    "outside_percent": "10",
}


@pytest.fixture
def producer(cast: Cast, as_person: SignIn) -> TestClient:
    return as_person(cast.people.producer.person_id)


def apply(producer: TestClient) -> None:
    assert producer.post("/certification/code", data={"accepted": "yes"}).status_code == 303
    assert producer.post("/certification/application", data=WRITTEN).status_code == 303


def test_the_task_list_goes_from_signing_up_to_handing_in(
    producer: TestClient, cast: Cast, session: Session, clock: FixedClock
) -> None:
    first = producer.get("/certification").text
    assert first.count('class="task ') <= 7
    assert "Cannot start yet" in first
    apply(producer)
    session.expire_all()
    kept = application.own_case(session, cast.people.producer)
    assert kept is not None
    evaluation.accept(session, cast.people.programme, kept.row.id, now=clock.now)
    session.commit()
    for number in range(1, 11):
        asked = [each.id for each in kept.dossier.criteria if each.principle == number]
        said = {f"value-{each}": "met" for each in asked} | {f"note-{asked[0]}": "We do so & more"}
        saved = producer.post(f"/certification/assessment/{number}", data=said | {"then": str(number + 1)})
        assert saved.headers["location"] == (
            f"/certification/assessment/{number + 1}" if number < 10 else "/certification"
        )
    assert "We do so &amp; more" in producer.get("/certification/assessment/3").text
    check = producer.get("/certification/submit").text
    assert "We do so &amp; more" in check
    handed = producer.post("/certification/submit")
    assert (handed.status_code, handed.headers["location"]) == (303, "/certification")
    assert "Handed in" in producer.get("/certification").text
    again = producer.post("/certification/submit")
    assert again.status_code == 409
    assert "at this step of the case: handed in" in again.text


def test_code_and_application_keep_what_was_typed(producer: TestClient) -> None:
    refused = producer.post("/certification/code", data={})
    assert refused.status_code == 422
    assert "There is a problem" in refused.text
    typed = WRITTEN | {"outside_percent": "120", "mission": "Our own words"}
    early = producer.post("/certification/application", data=WRITTEN)
    assert early.status_code == 409
    assert "Steady work" in early.text
    producer.post("/certification/code", data={"accepted": "yes"})
    refused = producer.post("/certification/application", data=typed)
    assert refused.status_code == 422
    assert "Our own words" in refused.text
    assert "Enter 100 or less" in refused.text
    assert "Our own words" not in producer.get("/certification/application").text


def test_half_an_application_is_kept_and_named(producer: TestClient) -> None:
    producer.post("/certification/code", data={"accepted": "yes"})
    producer.post("/certification/application", data={"mission": "Ours"})
    overview = producer.get("/certification").text
    assert "Still missing: Legal identity, Accounts, References" in overview
    assert "Ours" in producer.get("/certification/application").text


def test_an_answer_without_a_choice_keeps_the_words(producer: TestClient) -> None:
    apply(producer)
    refused = producer.post("/certification/assessment/1", data={"note-1.1": "Half said", "value-1.2": "met"})
    assert refused.status_code == 422
    assert "Half said" in refused.text
    assert 'href="#f-value-1.1"' in refused.text
    assert producer.post("/certification/assessment/1", data={"value-1.2": "met"}).status_code == 303
    assert "Half said" not in producer.get("/certification/assessment/1").text
    long = producer.post("/certification/assessment/1", data={"value-1.1": "met", "note-1.1": "x" * 5001})
    assert long.status_code == 422
    assert "x" * 5001 in long.text


def test_not_applicable_where_the_standard_gives_no_leave(producer: TestClient) -> None:
    apply(producer)
    refused = producer.post("/certification/assessment/1", data={"value-1.1": "not_applicable"})
    assert refused.status_code == 422
    assert 'href="#f-value-1.1"' in refused.text


def upload(producer: TestClient, name: str, held: bytes, *criteria: str, kind: str = "text/plain") -> int:
    reply = producer.post(
        "/certification/evidence", files={"file": (name, held, kind)}, data={"criteria": list(criteria)}
    )
    return reply.status_code


def test_evidence_is_linked_served_inert_and_unlinked(producer: TestClient) -> None:
    apply(producer)
    active = b"<!doctype html><script>alert(1)</script>"
    assert upload(producer, "../../etc/\x07passwd.html", active, "1.1", "2.1", kind="image/png") == 303
    listed = producer.get("/certification/evidence").text
    assert "passwd.html" in listed
    assert "../" not in listed
    address = re.search(r'href="(/evidence/[0-9a-f-]+)"', listed)
    assert address
    served = producer.get(address[1])
    assert served.content == active
    assert served.headers["content-type"] == "application/octet-stream"
    assert served.headers["content-disposition"].startswith("attachment")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    evidence_id = address[1].split("/")[-1]
    unlink = f"/certification/evidence/{evidence_id}/unlink"
    assert producer.post(unlink, data={"criterion": "2.1"}).status_code == 303
    assert producer.post(unlink, data={"criterion": "2.1"}).status_code == 404
    link = f"/certification/evidence/{evidence_id}/link"
    assert producer.post(link, data={f"criterion-{evidence_id}": "99.9"}).status_code == 422
    assert producer.post(link, data={f"criterion-{evidence_id}": "2.2"}).status_code == 303
    assert upload(producer, "again.html", active, "3.1") == 303
    assert producer.get("/certification/evidence").text.count('href="/evidence/') == 1


@pytest.mark.parametrize(
    ("name", "held", "words"),
    [("empty.txt", b"", "empty"), ("large.bin", b"x" * 2001, "larger than")],
)
def test_an_empty_or_large_file_is_refused_and_the_choice_kept(
    producer: TestClient, config: Settings, name: str, held: bytes, words: str
) -> None:
    config.evidence_limit_bytes = 2000
    apply(producer)
    reply = producer.post(
        "/certification/evidence", files={"file": (name, held)}, data={"criteria": ["1.2", "2.1"]}
    )
    assert reply.status_code == 422
    assert words in reply.text
    assert len(re.findall(r'value="(?:1\.2|2\.1)" checked', reply.text)) == 2


def test_no_file_or_a_criterion_that_is_not_asked(producer: TestClient) -> None:
    apply(producer)
    nothing = producer.post("/certification/evidence", data={"criteria": "1.1"})
    assert nothing.status_code == 422
    assert "Choose a file" in nothing.text
    assert upload(producer, "a.txt", b"a", "77.1") == 422


def test_pages_before_applying_say_what_to_do(producer: TestClient) -> None:
    for address in ("/certification/assessment", "/certification/evidence", "/certification/submit"):
        assert producer.get(address).status_code == 409
    assert producer.get("/certification/assessment/0").status_code == 409


def test_a_foreign_file_and_a_missing_one_are_the_same(
    producer: TestClient, make: Making, as_person: SignIn
) -> None:
    apply(producer)
    upload(producer, "a.txt", b"a", "1.1")
    found = re.search(r'href="(/evidence/[0-9a-f-]+)"', producer.get("/certification/evidence").text)
    assert found
    other = as_person(make.member(Kind.PRODUCER))
    assert other.get(found[1]).status_code == other.get(f"/evidence/{uuid4()}").status_code == 404


def test_a_nonconformity_is_answered_and_proved(
    as_person: SignIn, cast: Cast, session: Session, store: Store, clock: FixedClock
) -> None:
    demo.bring_to(session, store, cast.organisation, Stage.AUDITED, people=cast.people, start=NOON)
    session.commit()
    clock.now = NOON + timedelta(days=22)
    producer = as_person(cast.people.producer.person_id)
    assert "Answer it" in producer.get("/certification").text
    address = "/certification/corrections/2.4"
    refused = producer.post(address, data={"cause": "Too short", "correction": "", "due": "soon"})
    assert refused.status_code == 422
    assert "Too short" in refused.text
    said = {
        "cause": "Nobody was made responsible.",
        "correction": "The secretary writes and posts them.",
        "due": (clock.now + timedelta(days=30)).date().isoformat(),
    }
    late = producer.post(address, data=said | {"due": "2020-01-01"})
    assert late.status_code == 422
    assert "The secretary writes" in late.text
    assert producer.post(address, data=said).status_code == 303
    proof = {"proof": "The minutes hang in the workshop."}
    assert producer.post(f"{address}/proof", data={"proof": "Yes"}).status_code == 422
    done = producer.post(f"{address}/proof", data=proof, files={"file": ("m.txt", b"minutes")})
    assert done.status_code == 303
    assert "Being looked at" in producer.get("/certification").text
    written = producer.get(address).text
    assert "m.txt" in written  # what the auditor sees beside the words
    assert 'href="/certification/evidence?criterion=2.4"' in written
    assert producer.get("/certification/corrections/1.1").status_code == 200
    assert producer.get("/certification/corrections/99.1").status_code == 404


@pytest.mark.parametrize("stage", list(Stage))
def test_the_page_shows_each_stage(
    as_person: SignIn, cast: Cast, session: Session, store: Store, clock: FixedClock, stage: Stage
) -> None:
    demo.bring_to(session, store, cast.organisation, stage, people=cast.people, start=NOON)
    session.commit()
    clock.now = NOON + timedelta(days=50)
    producer = as_person(cast.people.producer.person_id)
    shown = producer.get("/certification")
    assert shown.status_code == 200
    assert "undefined" not in shown.text.lower()
    if stage in (Stage.CERTIFIED, Stage.SUSPENDED):
        assert "FH-2026-000001" in shown.text


def test_where_two_standards_are_open_the_application_asks_which(
    as_person: SignIn, cast: Cast, session: Session, clock: FixedClock
) -> None:
    person = cast.people.producer.person_id
    assert "Which standard do you apply for?" not in as_person(person).get("/certification/application").text
    clock.now = NOON + timedelta(days=400)  # the newer version is in force, the older one not yet closed
    producer = as_person(person)
    producer.post("/certification/code", data={"accepted": "yes"})
    shown = producer.get("/certification/application").text
    assert "Which standard do you apply for?" in shown
    unknown = producer.post(
        "/certification/application", data={"mission": "Steady work", "standard": "fairhaul-2025.1"}
    )
    assert unknown.status_code == 422
    assert "Choose a standard from the list." in unknown.text
    assert "Steady work" in unknown.text
    producer.post(
        "/certification/application", data={"mission": "Steady work", "standard": "fairhaul-2026.1"}
    )
    assert session.scalars(select(rows.Case.standard)).one() == "fairhaul-2026.1"
    assert "Which standard" not in producer.get("/certification/application").text
