"""The queue: filters, order, views that a person keeps, workload, figures; and few queries for all of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.audits import figures, queue, saved, workload
from app.audits import models as rows
from app.audits.models_console import SavedFilter
from app.audits.queue import Filter, Sort, Stage
from app.demo import scale
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Organisation
from app.permissions import Role
from certification import CaseKind, State, Verdict
from tests.app.audits.conftest import Cast
from tests.app.audits.test_console_pages import counted
from tests.app.making import Making
from tests.conftest import NOON

SignIn = Callable[[UUID], TestClient]
TODAY = NOON.date()
CASES = 40


@pytest.fixture
def desk(session: Session, cast: Cast) -> Cast:
    """An auditor with forty open cases, each half judged; twenty certificates; three cases without a lead."""
    person = cast.people.auditor.person_id
    scale.fill(session, certified=20, open_cases=CASES, auditors=(person,), now=NOON)
    scale.fill(session, certified=0, open_cases=3, now=NOON)
    session.commit()
    return cast


def found(session: Session, cast: Cast, **wish: object) -> list[queue.Line]:
    """All pages of the queue as the programme manager sees it."""
    lines: list[queue.Line] = []
    asked = Filter(**wish)  # type: ignore[arg-type]
    while True:
        some, following = queue.lines(session, cast.people.programme, asked, on=TODAY)
        lines += some
        if following is None:
            return lines
        assert len(some) == queue.PAGE
        asked = Filter(**wish, after=queue.read_cursor(following, asked.sort))  # type: ignore[arg-type]


def test_filters_show_what_they_say_and_their_counts_agree(session: Session, desk: Cast) -> None:
    everything = found(session, desk)
    assert len(everything) == CASES + 3
    regions = {row[0]: row[1] for row in session.execute(select(Organisation.name, Organisation.region))}
    auditor = desk.people.auditor.person_id
    expected = {
        Filter(region="Asia"): [each for each in everything if regions[each.organisation] == "Asia"],
        Filter(country="VN"): [each for each in everything if each.country == "VN"],
        Filter(overdue=True): [each for each in everything if each.due_on < TODAY],
        Filter(auditor=auditor): [each for each in everything if each.lead],
        Filter(kind=CaseKind.RENEWAL): [],
        Filter(stage=Stage.TO_ASSIGN): [each for each in everything if each.state is State.SELF_ASSESSED],
        Filter(words="HUE"): [each for each in everything if "Huế" in each.organisation],
        Filter(words="da nang demo"): [each for each in everything if "Đà Nẵng" in each.organisation],
        Filter(words="100% _"): [],
        Filter(mine=True): [],
    }
    for wish, lines in expected.items():
        some, _ = queue.lines(session, desk.people.programme, wish, on=TODAY)
        assert {each.id for each in some} == {each.id for each in lines}, wish
    counts = queue.counts(session, desk.people.programme, list(expected), on=TODAY)
    assert counts == [len(lines) for lines in expected.values()]
    assert 0 < counts[2] < CASES


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_follow_each_other_in_every_order(session: Session, desk: Cast, sort: Sort) -> None:
    lines = found(session, desk, sort=sort)
    assert len({each.id for each in lines}) == len(lines) == CASES + 3
    keys: dict[Sort, list[Any]] = {
        Sort.DUE: [each.due_on for each in lines],
        Sort.NAME: [each.organisation.lower() for each in lines],
        Sort.OPENED: [each.opened_at for each in lines],
    }
    assert keys[sort] == sorted(keys[sort])


@pytest.mark.parametrize("written", ["", "AAAA", "W10", "WyJkdWUiLDEsMl0", "ÿ", "x" * 2000])
def test_a_cursor_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(Faulty):
        queue.read_cursor(written, Sort.DUE)
    other = queue.cursor_of(Sort.NAME, "a", UUID(int=1))
    with pytest.raises(Faulty):
        queue.read_cursor(other, Sort.DUE)


def test_a_view_is_kept_under_a_name_for_one_person(
    session: Session, desk: Cast, as_person: SignIn, make: Making
) -> None:
    browser = as_person(desk.people.auditor.person_id)
    asked = "region=Asia&overdue=yes"
    kept = browser.post(
        "/queue/views", data={"name": " Late  in Asia ", "question": f"{asked}&after=x&stage=?"}
    )
    assert kept.headers["location"] == f"/queue?{asked}"
    shown = browser.get("/queue").text
    late = queue.counts(session, desk.people.auditor, [queue.read_question(asked)], on=TODAY)[0]
    assert (
        f'href="/queue?{asked.replace("&", "&amp;")}">Late in Asia <span class="num">{late}</span>' in shown
    )
    assert 'aria-current="true">Late in Asia' in browser.get(f"/queue?{asked}").text
    again = browser.post("/queue/views", data={"name": "Late in Asia", "question": "country=VN"})
    assert again.headers["location"] == "/queue?country=VN"
    row = session.query(SavedFilter).one()
    assert (row.name, row.question) == ("Late in Asia", "country=VN")
    nameless = browser.post("/queue/views", data={"name": " ", "question": asked})
    assert nameless.status_code == 422
    assert "Enter a name for this view" in nameless.text
    long = browser.post("/queue/views", data={"name": "Words", "question": "q=" + "ế" * 100})
    assert long.status_code == 422
    assert "too long to keep" in long.text
    stranger = as_person(desk.people.decision_maker.person_id)
    assert "Late in Asia" not in stranger.get("/queue").text
    assert stranger.post(f"/queue/views/{row.id}/removal").status_code == 404
    assert stranger.delete(f"/api/queue/views/{row.id}").status_code == 404
    assert browser.post(f"/queue/views/{row.id}/removal").status_code == 303
    assert session.query(SavedFilter).count() == 0


def test_views_over_the_api_and_no_more_than_thirty(session: Session, desk: Cast, as_person: SignIn) -> None:
    browser = as_person(desk.people.programme.person_id)
    made = browser.post("/api/queue/views", json={"name": "Kenya", "question": "country=KE&nonsense=1"})
    assert made.status_code == 201
    assert made.json()["question"] == "country=KE"
    assert browser.get("/api/queue/views").json()["views"] == [made.json()]
    for number in range(saved.MOST - 1):
        saved.save(session, desk.people.programme, f"View {number}", "", now=NOON)
    with pytest.raises(Refusal, match="Remove one first"):
        saved.save(session, desk.people.programme, "One more", "", now=NOON)
    saved.save(session, desk.people.programme, "Kenya", "country=UG", now=NOON)
    assert browser.delete(f"/api/queue/views/{made.json()['id']}").status_code == 204
    with pytest.raises(Missing):
        saved.remove(session, desk.people.programme, UUID(made.json()["id"]))


@pytest.mark.parametrize(
    "address",
    [
        "/queue",
        "/queue?q=hue&region=Asia&sort=name",
        "{case}",
        "{case}?criterion=3.2&show=open",
        "{case}/decision",
    ],
)
def test_forty_cases_take_few_queries_and_few_bytes(
    session: Session, desk: Cast, as_person: SignIn, engine: Engine, address: str
) -> None:
    case = session.scalars(select(rows.Finding.case_id).limit(1)).one()
    for number in range(5):
        saved.save(session, desk.people.auditor, f"View {number}", f"q={number}", now=NOON)
    session.commit()
    browser = as_person(desk.people.auditor.person_id)
    with counted(engine) as said:
        shown = browser.get(address.format(case=f"/cases/{case}"), headers={"accept-encoding": "identity"})
    assert shown.status_code == 200
    assert len(said) <= 12, "\n\n".join(said)
    assert len(shown.content) <= 100_000


@pytest.mark.parametrize(
    "address", ["/workload", "/programme", "/programme?region=Asia", "/queue?overdue=yes"]
)
def test_pages_of_the_manager_take_few_queries(
    desk: Cast, as_person: SignIn, engine: Engine, address: str
) -> None:
    browser = as_person(desk.people.programme.person_id)
    with counted(engine) as said:
        assert browser.get(address).status_code == 200
    assert len(said) <= 12, "\n\n".join(said)


def test_workload_counts_what_an_auditor_has(session: Session, desk: Cast, make: Making) -> None:
    idle = make.person(desk.organisation, Role.AUDITOR)
    loads = {each.person: each for each in workload.loads(session, on=TODAY)}
    busy = loads[desk.people.auditor.person_id]
    mine = found(session, desk, auditor=busy.person)
    assert (busy.open, busy.leads) == (CASES, CASES)
    assert busy.overdue == sum(each.due_on < TODAY for each in mine)
    assert busy.soon == sum(TODAY <= each.due_on <= TODAY + workload.SOON for each in mine)
    assert busy.to_judge == sum((each.criteria or 0) - each.judged for each in mine)
    days = 0
    for plan in session.scalars(select(rows.Case.plan).where(rows.Case.state == State.AUDIT_PLANNED)):
        assert plan is not None
        starts, ends = (TODAY.fromisoformat(plan[name]) for name in ("starts", "ends"))
        days += sum(starts + timedelta(days=each) >= TODAY for each in range((ends - starts).days + 1))
    assert busy.audit_days == days > 0
    assert (loads[idle.id].open, loads[idle.id].to_judge) == (0, 0)


def test_a_lead_is_assigned_from_the_workload_where_nothing_is_in_the_way(
    session: Session, desk: Cast, as_person: SignIn
) -> None:
    browser = as_person(desk.people.programme.person_id)
    case = session.scalars(select(rows.Case).where(rows.Case.state == State.SELF_ASSESSED).limit(1)).one()
    auditor = desk.people.auditor.person_id
    assert f'name="person-{case.id}"' not in browser.get("/workload").text
    refused = browser.post(f"/workload/{case.id}", data={f"person-{case.id}": str(auditor)})
    assert refused.status_code == 409
    assert "has not yet declared" in refused.text
    declared = as_person(auditor).post(f"/interests/{case.organisation_id}", data={"kind": "none"})
    assert declared.status_code == 303
    assert f'name="person-{case.id}"' in browser.get("/workload").text
    assert browser.post(f"/workload/{case.id}", data={}).status_code == 422
    assert browser.post(f"/workload/{case.id}", data={f"person-{case.id}": str(auditor)}).status_code == 303
    assert f'name="person-{case.id}"' not in browser.get("/workload").text
    assert as_person(auditor).get(f"/cases/{case.id}").status_code == 200


def test_figures_are_those_of_the_rows(session: Session, desk: Cast, as_person: SignIn) -> None:
    took = figures.durations(session)
    days = sorted(
        (at - opened).days
        for at, opened in session.execute(
            select(rows.Decision.at, rows.Case.opened_at).join(
                rows.Case, rows.Case.id == rows.Decision.case_id
            )
        )
    )
    assert took.decided == len(days) == sum(took.columns) == 20
    assert took.median == (days[9] + days[10]) / 2
    assert took.columns[0] == sum(each < figures.WIDTH for each in days)
    verdicts = session.scalars(select(rows.Finding.verdict)).all()
    by_principle = figures.by_principle(session)
    for verdict in Verdict:
        assert sum(each.get(verdict, 0) for each in by_principle.values()) == verdicts.count(verdict)
    asia = figures.by_principle(session, "Asia")
    assert {key: counts for key, counts in by_principle.items() if key[1] == "Asia"} == asia
    standings = figures.certificates(session, on=TODAY)
    assert sum(each.active + each.suspended + each.withdrawn + each.expired for each in standings) == 20
    case = session.scalars(select(rows.Finding.case_id).limit(1)).one()
    for day in (-3, -1, 0):
        session.add(
            rows.CorrectiveAction(
                case_id=case,
                criterion="2.4",
                cause="Nobody was made responsible.",
                correction="The secretary keeps it.",
                due=TODAY + timedelta(days=day),
                opened_by=desk.people.producer.person_id,
                opened_at=NOON,
            )
        )
    session.commit()
    late, in_all = figures.overdue(session, on=TODAY)
    assert (in_all, [(TODAY - each.due).days for each in late]) == (2, [3, 1])
    browser = as_person(desk.people.programme.person_id)
    assert "3 days late" in browser.get("/programme").text
    said = browser.get("/api/programme").json()
    assert said["overdue_in_all"] == 2
    assert said["durations"]["median_days"] == took.median
    assert as_person(desk.people.auditor.person_id).get("/programme").status_code == 403
