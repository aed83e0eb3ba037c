"""The public registry: search, pages, filters that agree with the engine; certificates and standards."""

import itertools
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.audits import demo, registry_search, renewal
from app.audits import models as rows
from app.audits.demo import Stage
from app.audits.registry_search import Search
from app.db import uuid7
from app.files import Store
from app.organisations.models import Kind, Organisation
from app.organisations.regions import region_of
from certification import CertificateStatus, PublicState, State
from tests.app.audits.conftest import Cast
from tests.app.audits.test_console_pages import counted
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

AFTER = NOON + timedelta(days=50)


@pytest.fixture
def certified(session: Session, store: Store, cast: Cast, clock: FixedClock) -> str:
    """The number of a certificate that holds."""
    demo.bring_to(session, store, cast.organisation, Stage.CERTIFIED, people=cast.people, start=NOON)
    session.commit()
    clock.now = AFTER
    return session.query(rows.Certificate).one().number


@pytest.mark.parametrize(
    "query",
    [
        "q=weavers",
        "q=WEAV+hanoi",
        "q=crafts",
        "country=VN",
        "region=Asia",
        "state=guaranteed",
        "q=FH-2026-000001",
    ],
)
def test_a_search_finds_the_certificate(
    client: TestClient, certified: str, query: str, engine: Engine
) -> None:
    with counted(engine) as said:
        shown = client.get(f"/registry?{query}")
    assert f'href="/registry/{certified}"' in shown.text
    assert len(said) <= 12


@pytest.mark.parametrize(
    "query", ["q=nobody+knows", "country=KE", "region=Africa", "state=suspended", "q=%25"]
)
def test_a_search_leaves_out_what_does_not_fit(client: TestClient, certified: str, query: str) -> None:
    shown = client.get(f"/registry?{query}").text
    assert certified not in shown
    assert "Nobody was found" in shown


def test_the_certificate_says_who_where_until_when_and_that_it_is_not_wfto(
    client: TestClient, certified: str
) -> None:
    shown = client.get(f"/registry/{certified}").text
    for words in ("Test weavers", "Hanoi", "Certified", "Workshop", "16 February 2026", "took no part"):
        assert words in shown
    assert "World Fair Trade Organization" in shown
    organisation = client.get("/registry/organisations/test-weavers-2").text
    assert f'href="/registry/{certified}"' in organisation
    assert "What became of its certificates" in organisation
    assert client.get("/registry/FH-2026-000001-0").status_code == 404
    assert client.get("/registry/nonsense").status_code == 404


def test_a_suspended_certificate_says_so(
    client: TestClient, session: Session, store: Store, cast: Cast, clock: FixedClock
) -> None:
    demo.bring_to(session, store, cast.organisation, Stage.SUSPENDED, people=cast.people, start=NOON)
    session.commit()
    clock.now = AFTER
    number = session.query(rows.Certificate).one().number
    shown = client.get(f"/registry/{number}").text
    assert "not in force" in shown
    assert "a complaint about late payment" in shown
    assert "Suspended" in client.get("/registry").text


def test_a_renewed_certificate_leads_to_the_one_that_took_its_place(
    client: TestClient, certified: str, session: Session, store: Store, cast: Cast, clock: FixedClock
) -> None:
    renewal.begin(session, cast.people.producer, now=AFTER)
    demo.renew(session, store, cast.organisation, people=cast.people, start=AFTER)
    session.commit()
    clock.now = AFTER + timedelta(days=60)
    newer = session.query(rows.Certificate).filter(rows.Certificate.number != certified).one()
    shown = client.get(f"/registry/{certified}").text
    assert "A newer certificate took the place of this one" in shown
    assert f'href="/registry/{newer.number}"' in shown
    assert "No longer certified" not in shown
    told = client.get(f"/api/registry/{certified}").json()
    assert (told["newer"], told["state"], told["status"]) == (newer.number, "guaranteed", "expired")
    assert "took the place" not in client.get(f"/registry/{newer.number}").text
    newer.status = CertificateStatus.SUSPENDED
    session.commit()
    shown = client.get(f"/registry/{certified}").text
    assert "not in force either" in shown
    assert f'href="/registry/{newer.number}"' in shown


def test_only_who_consents_is_shown_as_an_applicant(
    client: TestClient, session: Session, make: Making
) -> None:
    for listed in (True, False):
        organisation = make.organisation(Kind.PRODUCER, f"Applicant {listed}")
        organisation.listed = listed
        session.add(case_of(organisation, State.APPLIED))
    session.commit()
    shown = client.get("/registry").text
    assert "Applicant True" in shown
    assert "Applicant False" not in shown
    assert client.get("/registry/organisations/applicant-true-1").status_code == 200
    assert client.get("/registry/organisations/applicant-false-2").status_code == 404


def case_of(organisation: Organisation, state: State, *, day: int = 0, kind: str = "initial") -> rows.Case:
    at = NOON + timedelta(days=day)
    return rows.Case(
        id=uuid7(at),
        organisation_id=organisation.id,
        standard="fairhaul-2026.1",
        kind=kind,
        cycle=1,
        state=state,
        opened_at=at,
        due_on=at.date(),
        application={},
        evaluators=[],
    )


def certificate_of(
    case: rows.Case, decided: rows.Decision, status: str, *, over: bool, sequence: int
) -> rows.Certificate:
    return rows.Certificate(
        number=f"test {sequence}",
        year=2026,
        sequence=sequence,
        case_id=case.id,
        organisation_id=case.organisation_id,
        decision_id=decided.id,
        standard=case.standard,
        sites=["Here"],
        product_categories=["crafts"],
        conditions=[],
        summary=[],
        valid_from=NOON.date(),
        valid_until=NOON.date() + timedelta(days=1 if over else 400),
        status=status,
        issued_at=NOON,
    )


def test_a_filter_by_state_finds_exactly_those_that_the_engine_words_so(
    session: Session, make: Making
) -> None:
    """Every combination of case, certificate, consent and time: the search in SQL agrees with the rule."""
    person = make.member(Kind.CERTIFIER)
    sequence = 0
    for status, over, newer, state, listed in itertools.product(
        (None, *CertificateStatus), (False, True), (None, "initial", "renewal"), list(State), (False, True)
    ):
        if status is None and (over or newer):
            continue
        sequence += 1
        name = f"combination {sequence:04d}"
        organisation = Organisation(
            slug=name.replace(" ", "-"),
            name=name,
            kind=Kind.PRODUCER,
            country="VN",
            region=region_of("VN"),
            created_at=NOON,
            listed=listed,
        )
        session.add(organisation)
        session.flush()
        first = case_of(organisation, state if not newer else State.LAPSED)
        session.add(first)
        session.flush()
        if newer:
            session.add(case_of(organisation, state, day=1, kind=newer))
        if status:
            decided = rows.Decision(
                case_id=first.id,
                outcome="certify",
                reasons="",
                conditions=[],
                before="recommended",
                person_id=person,
                at=NOON,
            )
            session.add(decided)
            session.flush()
            session.add(certificate_of(first, decided, status, over=over, sequence=sequence))
    session.flush()
    later = NOON + timedelta(days=30)
    worded = everything(session, Search(), later)
    assert len({state for _, state in worded}) == len(PublicState)
    for wish in PublicState:
        found = everything(session, Search(state=wish), later)
        assert found == [each for each in worded if each[1] is wish], wish


def everything(session: Session, wish: Search, now: object) -> list[tuple[str, PublicState]]:
    """All pages of a search; each page but the last must be full."""
    found: list[tuple[str, PublicState]] = []
    after = None
    while True:
        again = Search(state=wish.state, after=registry_search.read_cursor(after) if after else None)
        entries, after = registry_search.search(session, again, now=now)  # type: ignore[arg-type]
        found += [(each.organisation.name, each.state) for each in entries]
        if after is None:
            return found
        assert len(entries) == registry_search.PAGE


def test_pages_of_the_registry_follow_each_other(client: TestClient, session: Session, make: Making) -> None:
    for number in range(registry_search.PAGE + 5):
        organisation = make.organisation(Kind.PRODUCER, f"Maker {number:03d}")
        session.add(case_of(organisation, State.PROVISIONAL))
    session.commit()
    first = client.get("/registry?q=maker").text
    assert "Maker 029" in first
    assert "Maker 030" not in first
    address = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(address).text
    assert "Maker 030" in second
    assert "Maker 029" not in second


def test_the_standard_can_be_read(client: TestClient) -> None:
    assert "fairhaul-2026.1" in client.get("/standards").text
    shown = client.get("/standards/fairhaul-2026.1").text
    assert "Fair trading practices" in shown
    assert "How" in shown
    assert client.get("/standards/other-2020.1").status_code == 404


def test_a_version_shows_what_it_changes(client: TestClient) -> None:
    newer = client.get("/standards/fairhaul-2027.1").text
    assert "What changed since Fairhaul standard 2026.1" in newer
    changes = newer.split("What changed since", 1)[1].split('id="p1"', 1)[0]
    for identity in ("2.6", "3.2", "5.8", "9.5", "10.10"):
        assert f"{identity}</a>" in changes or f"{identity} <" in changes
    assert "<del>" in changes
    assert "<del>within " in changes  # the time that there is to meet it
    older = client.get("/standards/fairhaul-2026.1").text
    assert "What changed since" not in older
    assert 'href="/standards/fairhaul-2027.1#changes"' in older
