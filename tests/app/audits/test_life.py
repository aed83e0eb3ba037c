"""What comes after a decision: looks, suspension, appeal, renewal, running out; on PostgreSQL."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import certification as engine
from app.audits import (
    appeals,
    application,
    deadlines,
    decision,
    declaring,
    demo,
    evaluation,
    peers,
    planning,
    registry,
    renewal,
    reviews,
    risk,
    service,
    standing,
)
from app.audits import models as rows
from app.audits.demo import Stage
from app.audits.kept import load
from app.audits.models import Part
from app.audits.planning import Plan
from app.errors import Faulty, Missing, Refusal
from app.files import Store
from app.mail import Mail
from app.organisations import service as organisations
from app.organisations.models import Kind, Organisation, Site
from app.permissions import Actor, Role
from certification import AuditKind, CertificateStatus, Interest, InterestKind, Outcome, State
from tests.app.audits.conftest import Cast, actor_of, describe
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

WHY = "A reason that says enough to be read."
LATER = NOON + timedelta(days=60)


@pytest.fixture
def panel(session: Session, make: Making) -> Actor:
    """Somebody of the third group, of another organisation."""
    board = make.organisation(Kind.CIVIL_SOCIETY, "Test appeals board")
    return actor_of(session, make.person(board, Role.APPEAL).id, board)


@pytest.fixture
def second(session: Session, make: Making, body: Organisation) -> Actor:
    """A second decision maker."""
    return actor_of(session, make.person(body, Role.DECISION_MAKER).id, body)


def bring(session: Session, store: Store, cast: Cast, stage: Stage) -> UUID:
    row = demo.bring_to(session, store, cast.organisation, stage, people=cast.people, start=NOON)
    assert row is not None
    return row.id


def subjects(session: Session) -> list[str]:
    return list(session.scalars(select(Mail.subject).order_by(Mail.id)))


def settled(
    session: Session, cast: Cast, panel: Actor, case_id: UUID, *, upheld: bool, at: datetime = LATER
) -> None:
    appeals.lodge(session, cast.people.producer, case_id, WHY, now=at)
    appeals.convene(session, cast.people.programme, case_id, [panel.person_id], now=at)
    appeals.settle(session, panel, case_id, upheld=upheld, reasons=WHY, now=at)


def test_a_suspension_that_falls_on_appeal_gives_the_certificate_back(
    session: Session, store: Store, cast: Cast, panel: Actor
) -> None:
    case_id = bring(session, store, cast, Stage.SUSPENDED)
    told: list[tuple[UUID, bool]] = []

    def listener(
        _session: Session, organisation_id: UUID, *, certified: bool, reasons: str, now: datetime
    ) -> None:
        assert reasons
        assert now == LATER
        told.append((organisation_id, certified))

    standing.LISTENERS.append(listener)
    try:
        settled(session, cast, panel, case_id, upheld=False)
    finally:
        standing.LISTENERS.remove(listener)
    kept = load(session, case_id)
    assert kept.case.state is State.CERTIFIED
    assert kept.case.decision is not None
    assert kept.case.decision.overturned
    assert service.certified(session, [cast.organisation.id], LATER)
    assert told == [(cast.organisation.id, True)]
    statuses = session.scalars(
        select(rows.CertificateStatusChange.status).order_by(rows.CertificateStatusChange.at)
    ).all()
    assert statuses == ["active", "suspended", "active"]
    assert len(session.scalars(select(rows.Decision)).all()) == 2, "an appeal is no third decision"
    assert f"The decision is overturned on appeal: {cast.organisation.name}" in subjects(session)
    with pytest.raises(Refusal) as refused:
        appeals.lodge(session, cast.people.producer, case_id, WHY, now=LATER)
    assert refused.value.code == "nothing-to-appeal"


def test_a_suspension_that_is_upheld_stays(session: Session, store: Store, cast: Cast, panel: Actor) -> None:
    case_id = bring(session, store, cast, Stage.SUSPENDED)
    settled(session, cast, panel, case_id, upheld=True)
    kept = load(session, case_id)
    assert kept.case.state is State.SUSPENDED
    assert kept.case.appeal is not None
    assert kept.case.appeal.upheld is True
    assert not service.certified(session, [cast.organisation.id], LATER)


def test_a_refusal_that_falls_is_decided_anew_by_somebody_else(
    session: Session, store: Store, cast: Cast, panel: Actor, second: Actor
) -> None:
    case_id = bring(session, store, cast, Stage.REFUSED)
    settled(session, cast, panel, case_id, upheld=False)
    assert load(session, case_id).case.state is State.RECOMMENDED
    word = decision.Word(Outcome.CERTIFY, WHY)
    for person, code in ((cast.people.decision_maker, "independence-decided"), (panel, "not-your-role")):
        with pytest.raises(Refusal) as refused:
            decision.decide(session, store, person, case_id, word, now=LATER)
        assert refused.value.code in {code, "missing"}
    decision.decide(session, store, second, case_id, word, now=LATER)
    assert service.certified(session, [cast.organisation.id], LATER)


def test_a_refusal_cannot_fall_while_another_case_is_open(
    session: Session, store: Store, cast: Cast, panel: Actor
) -> None:
    case_id = bring(session, store, cast, Stage.REFUSED)
    appeals.lodge(session, cast.people.producer, case_id, WHY, now=LATER)
    appeals.convene(session, cast.people.programme, case_id, [panel.person_id], now=LATER)
    application.save_application(session, cast.people.producer, application.Application(parts={}), now=LATER)
    with pytest.raises(Refusal) as refused:
        appeals.settle(session, panel, case_id, upheld=False, reasons=WHY, now=LATER)
    assert refused.value.code == "another-case-open"


def test_conditions_that_fall_are_struck_from_the_certificate(
    session: Session, store: Store, cast: Cast, panel: Actor
) -> None:
    case_id = bring(session, store, cast, Stage.RECOMMENDED)
    conditions = ("Send the minutes of the next three meetings.",)
    word = decision.Word(Outcome.CERTIFY_WITH_CONDITIONS, WHY, conditions)
    decision.decide(session, store, cast.people.decision_maker, case_id, word, now=LATER)
    assert service.certificate_of(session, cast.organisation.id, LATER).conditions == list(conditions)  # type: ignore[union-attr]
    settled(session, cast, panel, case_id, upheld=False)
    assert service.certificate_of(session, cast.organisation.id, LATER).conditions == []  # type: ignore[union-attr]
    assert load(session, case_id).case.decision.conditions == ()  # type: ignore[union-attr]


def test_no_appeal_after_its_time(session: Session, store: Store, cast: Cast) -> None:
    case_id = bring(session, store, cast, Stage.SUSPENDED)
    late = NOON + timedelta(days=44 + engine.RULES.appeal_days + 1)
    with pytest.raises(Refusal) as refused:
        appeals.lodge(session, cast.people.producer, case_id, WHY, now=late)
    assert refused.value.code == "appeal-too-late"


def test_another_organisations_case_is_missing(
    session: Session, store: Store, cast: Cast, make: Making
) -> None:
    case_id = bring(session, store, cast, Stage.SUSPENDED)
    other = make.organisation()
    stranger = actor_of(session, make.person(other).id, other)
    with pytest.raises(Missing):
        appeals.lodge(session, stranger, case_id, WHY, now=LATER)
    with pytest.raises(Missing):
        renewal.surrender(session, stranger, case_id, WHY, now=LATER)


def test_a_look_is_planned_reported_and_confirmed(
    session: Session, store: Store, cast: Cast, second: Actor
) -> None:
    people, case_id = cast.people, bring(session, store, cast, Stage.CERTIFIED)
    first = risk.latest(session, case_id)
    assert first is not None
    assert (first.level, first.factors["past_minors"], first.factors["people"]) == ("low", 2, 27)
    assert first.look_due == date(2028, 2, 16)
    assert load(session, case_id).row.due_on == first.look_due
    day = LATER.date()
    plan = Plan(AuditKind.SURVEILLANCE, day, day, seed="lottery 7")
    planning.plan_surveillance(session, people.programme, case_id, plan, now=LATER)
    assert "Planned: surveillance visit" in subjects(session)
    with pytest.raises(Refusal) as refused:
        decision.confirm(session, store, second, case_id, WHY, now=LATER)
    assert refused.value.code == "no-recommendation"
    evaluation.recommend(
        session, store, people.auditor, case_id, outcome=Outcome.CONFIRM, reasons=WHY, now=LATER
    )
    decision.confirm(session, store, second, case_id, WHY, now=LATER)
    assert load(session, case_id).case.state is State.CERTIFIED
    again = risk.latest(session, case_id)
    assert again is not None
    assert again.look_due is not None
    assert again.id != first.id
    assert again.look_due > first.look_due


def test_an_unannounced_look_is_not_announced(session: Session, store: Store, cast: Cast) -> None:
    from app.audits.views import case_out

    people, case_id = cast.people, bring(session, store, cast, Stage.CERTIFIED)
    before = subjects(session)
    certificate = session.scalars(select(rows.Certificate).filter_by(case_id=case_id)).one()
    number = engine.certificate_number(certificate.year, certificate.sequence)
    assert registry.holder(session, number, now=LATER).audit_ended == date(2026, 1, 26)
    day = (LATER + timedelta(days=3)).date()
    kept = planning.plan_surveillance(
        session, people.programme, case_id, Plan(AuditKind.UNANNOUNCED, day, day, "x"), now=LATER
    )
    assert subjects(session) == before
    assert registry.holder(session, number, now=LATER).audit_ended is None  # nothing of what is planned
    told = case_out(kept, people.producer, now=LATER, inside=False)
    assert (told.state, told.plan) == (State.CERTIFIED, None)
    assert told.due_on != day
    begun = case_out(kept, people.producer, now=LATER + timedelta(days=3), inside=False)
    assert begun.plan is not None


def test_sites_and_members_are_drawn_by_risk_and_can_be_drawn_again(
    session: Session, store: Store, cast: Cast
) -> None:
    for number in range(8):
        session.add(
            Site(
                organisation_id=cast.organisation.id,
                name=f"Village {number}",
                place="Hanoi",
                country="VN",
                people=number * number,
            )
        )
    case_id = bring(session, store, cast, Stage.AUDIT_PLANNED)
    kept = load(session, case_id)
    plan = kept.case.plan
    assert plan is not None
    assert plan.sample is not None
    assert plan.members is not None
    units = planning.site_units(session, kept)
    assert {each.id: each.weight for each in units}["Village 6"] == 7
    assert len(plan.sample.chosen) >= 3
    assert len(plan.members.chosen) >= 5
    assert engine.redraw_agrees(plan.sample, units)
    assert engine.redraw_agrees(plan.members, planning.member_units(kept))
    written = session.scalars(select(Mail.body).where(Mail.subject == "Planned: monitoring audit")).first()
    assert written is not None
    assert plan.sample.seed in written
    assert all(name in written for name in plan.sample.chosen)


def test_a_site_that_was_never_certified_is_always_visited(
    session: Session, store: Store, cast: Cast
) -> None:
    case_id = bring(session, store, cast, Stage.CERTIFIED)
    session.add(
        Site(organisation_id=cast.organisation.id, name="New loom hall", place="Hue", country="VN", people=4)
    )
    session.flush()
    units = {each.id: each.always for each in planning.site_units(session, load(session, case_id))}
    assert units == {"Workshop": False, "New loom hall": True}


def test_a_renewal_runs_beside_the_certificate_and_takes_its_place(
    session: Session, store: Store, cast: Cast
) -> None:
    first = bring(session, store, cast, Stage.CERTIFIED)
    before = service.certificate_of(session, cast.organisation.id, LATER)
    assert before is not None
    again = renewal.begin(session, cast.people.producer, now=LATER)
    assert (again.case.kind, again.case.cycle, again.case.state) == ("renewal", 2, State.APPLIED)
    assert len(again.dossier.answers) == len(again.dossier.criteria)
    assert again.dossier.past_leads == (cast.people.auditor.person_id,)
    assert service.certified(session, [cast.organisation.id], LATER)
    with pytest.raises(Refusal) as refused:
        renewal.begin(session, cast.people.producer, now=LATER)
    assert refused.value.code == "renewal-under-way"
    demo.renew(session, store, cast.organisation, people=cast.people, start=LATER)
    after = service.certificate_of(session, cast.organisation.id, LATER + timedelta(days=60))
    assert after is not None
    assert after.number != before.number
    session.refresh(before)
    assert before.status == CertificateStatus.EXPIRED
    assert load(session, first).case.state is State.LAPSED


def test_a_renewal_that_is_taken_back_leaves_the_certificate(
    session: Session, store: Store, cast: Cast
) -> None:
    bring(session, store, cast, Stage.CERTIFIED)
    renewal.begin(session, cast.people.producer, now=LATER)
    application.retract(session, cast.people.producer, WHY, now=LATER)
    assert service.certified(session, [cast.organisation.id], LATER)
    kept = application.save_application(
        session, cast.people.producer, application.Application(parts={}), now=LATER
    )
    assert (kept.case.kind, kept.case.cycle) == ("renewal", 2), "saving again begins the renewal again"


def test_a_certificate_is_over_the_day_after_its_last(
    session: Session, store: Store, cast: Cast, clock: FixedClock, run_jobs: Callable[[], list[str]]
) -> None:
    from app.audits import jobs as tasks

    case_id = bring(session, store, cast, Stage.CERTIFIED)
    certificate = service.certificate_of(session, cast.organisation.id, LATER)
    assert certificate is not None
    session.commit()
    for days, state in ((0, State.CERTIFIED), (1, State.LAPSED), (2, State.LAPSED)):
        clock.now = datetime.combine(certificate.valid_until, NOON.timetz()) + timedelta(days=days)
        tasks.lapse_certificates(0)
        session.expire_all()
        assert load(session, case_id).case.state is state
    assert certificate.status == CertificateStatus.EXPIRED
    assert subjects(session).count(f"Your certificate {certificate.number} has run out") == 1
    run_jobs()


def test_giving_up_ends_the_certificate(session: Session, store: Store, cast: Cast) -> None:
    case_id = bring(session, store, cast, Stage.CERTIFIED)
    renewal.surrender(session, cast.people.producer, case_id, WHY, now=LATER)
    assert load(session, case_id).case.state is State.WITHDRAWN
    assert not service.certified(session, [cast.organisation.id], LATER)


def test_a_conflict_that_comes_out_later_marks_the_decision(
    session: Session, store: Store, cast: Cast, second: Actor
) -> None:
    case_id = bring(session, store, cast, Stage.CERTIFIED)
    auditor = cast.people.auditor
    declaring.declare(
        session, auditor, cast.organisation.id, [Interest(kind=InterestKind.KINSHIP)], now=LATER
    )
    kept = load(session, case_id)
    assert kept.case.under_review
    assert f"To be reviewed: {cast.organisation.name}" in subjects(session)
    assert service.certified(session, [cast.organisation.id], LATER), "it goes on until that is settled"
    due = [each for each in deadlines.of_case(session, kept) if each.about is deadlines.About.REVIEW]
    assert [each.due for each in due] == [(LATER + timedelta(days=30)).date()]
    with pytest.raises(Refusal) as refused:
        reviews.settle(session, cast.people.decision_maker, case_id, repeat=True, reasons=WHY, now=LATER)
    assert refused.value.code == "independence-decided"
    reviews.settle(session, second, case_id, repeat=True, reasons=WHY, now=LATER)
    after = load(session, case_id).case
    assert (after.state, after.under_review) == (State.SURVEILLANCE, False)
    assert second.person_id in after.deciders


def test_a_conflict_of_somebody_without_a_part_is_none(
    session: Session, store: Store, cast: Cast, second: Actor
) -> None:
    case_id = bring(session, store, cast, Stage.CERTIFIED)
    interests = [Interest(kind=InterestKind.TRADE)]
    declaring.declare(session, second, cast.organisation.id, interests, now=LATER)
    assert not load(session, case_id).case.under_review
    with pytest.raises(Refusal) as refused:
        reviews.report(session, cast.people.programme, case_id, second.person_id, interests, now=LATER)
    assert refused.value.code == "conflict-no-part"
    decider = cast.people.decision_maker.person_id
    reviews.report(session, cast.people.programme, case_id, decider, interests, now=LATER)
    assert load(session, case_id).case.under_review


def test_a_conflict_that_comes_out_before_the_decision_stops_it(
    session: Session, store: Store, cast: Cast
) -> None:
    case_id = bring(session, store, cast, Stage.RECOMMENDED)
    declaring.declare(
        session,
        cast.people.auditor,
        cast.organisation.id,
        [Interest(kind=InterestKind.OWNERSHIP)],
        now=LATER,
    )
    word = decision.Word(Outcome.CERTIFY, WHY)
    with pytest.raises(Refusal) as refused:
        decision.decide(session, store, cast.people.decision_maker, case_id, word, now=LATER)
    assert refused.value.code == "evaluation-conflict"


def test_a_peer_comes_from_a_certified_member_and_declares(
    session: Session, store: Store, cast: Cast, make: Making
) -> None:
    neighbours = make.organisation(Kind.PRODUCER, "Test neighbours")
    describe(session, neighbours)
    member = make.person(neighbours)
    visitor = actor_of(session, member.id, neighbours)
    with pytest.raises(Refusal) as refused:
        peers.volunteer(session, visitor, now=NOON)
    assert refused.value.code == "peer-not-certified"
    demo.bring_to(
        session,
        store,
        neighbours,
        Stage.CERTIFIED,
        people=demo.People(visitor, cast.people.programme, cast.people.auditor, cast.people.decision_maker),
        start=NOON,
    )
    peers.volunteer(session, visitor, now=LATER)
    case = demo.bring_to(session, store, cast.organisation, Stage.ASSESSING, people=cast.people, start=LATER)
    assert case is not None
    peers.propose(session, cast.people.producer, {neighbours.id: "They weave too."}, now=LATER)
    with pytest.raises(Faulty):
        peers.propose(session, cast.people.producer, {cast.organisation.id: ""}, now=LATER)
    assert [o.id for _p, o in peers.proposed(session, case.id)] == [neighbours.id]
    manager = cast.people.programme

    def assigned() -> None:
        evaluation.assign(session, manager, case.id, member.id, Part.PEER, lead=False, now=LATER)

    day = LATER.date()
    with pytest.raises(Refusal) as refused:
        assigned()
    assert refused.value.code == "independence-not-declared"
    visitor = actor_of(session, member.id, neighbours)
    assert Role.PEER in visitor.roles
    declaring.declare(session, visitor, cast.organisation.id, [], now=LATER)
    assigned()
    part = session.scalars(select(rows.Assignment.part).filter_by(case_id=case.id)).one()
    assert part == Part.PEER
    assert evaluation.seen(session, visitor, case.id).case.team == {member.id}
    plan = Plan(AuditKind.PEER_VISIT, day, day)
    with pytest.raises(Refusal) as refused:
        planning.plan_audit(session, manager, case.id, plan, now=LATER)
    assert refused.value.code == "not-from-this-state", "there is a peer; the step has not come yet"


def test_two_cycles_running_are_the_most_that_one_auditor_leads(
    session: Session, store: Store, cast: Cast
) -> None:
    bring(session, store, cast, Stage.CERTIFIED)
    for years in (1, 2):
        at = NOON + timedelta(days=365 * years)
        renewal.begin(session, cast.people.producer, now=at)
        if years == 1:
            demo.renew(session, store, cast.organisation, people=cast.people, start=at)
    with pytest.raises(Refusal) as refused:
        demo.renew(session, store, cast.organisation, people=cast.people, start=NOON + timedelta(days=730))
    assert refused.value.code == "independence-rotation"


def test_a_renewal_begins_on_the_newer_version_and_may_choose_the_older(
    session: Session, store: Store, cast: Cast
) -> None:
    """The running case stays on its version; answers that still fit are taken over, the others are asked."""
    first = bring(session, store, cast, Stage.CERTIFIED)
    in_transition = NOON + timedelta(days=400)
    keys = [each.key for each in application.standards_open(in_transition.date())]
    assert keys == ["fairhaul-2027.1", "fairhaul-2026.1"]
    with pytest.raises(Faulty):
        renewal.begin(session, cast.people.producer, "fairhaul-2025.1", now=in_transition)
    kept = renewal.begin(session, cast.people.producer, now=in_transition)
    assert load(session, first).row.standard == "fairhaul-2026.1"
    assert kept.row.standard == "fairhaul-2027.1"
    lacking = {each.criterion for each in engine.missing(kept.dossier.criteria, kept.dossier.answers)}
    assert lacking == {"3.2", "5.8", "10.10"}
    application.retract(session, cast.people.producer, WHY, now=in_transition)
    older = renewal.begin(session, cast.people.producer, "fairhaul-2026.1", now=in_transition)
    assert older.row.standard == "fairhaul-2026.1"


def test_several_schemes_stand_side_by_side(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another scheme's standard loads the same way; a case begins on it when it is asked for."""
    text = (Path(__file__).parents[2] / "certification" / "loom-2026.1.yaml").read_text(encoding="utf-8")
    both = (*engine.standards(), engine.load_standard(text, "loom-2026.1.yaml"))
    monkeypatch.setattr("certification.criteria.standards", lambda: both)
    monkeypatch.setattr("certification.standards", lambda: both)
    organisations.accept_code(session, cast.people.producer, now=LATER)
    assert [each.scheme for each in application.standards_open(LATER.date())] == ["fairhaul", "loom"]
    kept = application.save_application(
        session,
        cast.people.producer,
        application.Application(parts={}, standard="loom-2026.1"),
        now=LATER,
    )
    assert kept.standard.scheme == "loom"
    assert {each.id for each in kept.dossier.criteria} <= {each.id for each in both[-1].criteria}


def test_reminders_go_out_once_to_whoever_must_know(
    session: Session, store: Store, cast: Cast, clock: FixedClock, run_jobs: Callable[[], list[str]]
) -> None:
    from app.audits import jobs as tasks

    case_id = bring(session, store, cast, Stage.CORRECTING)
    session.commit()
    due = NOON.date() + timedelta(days=60)
    subject = f"due: the corrective action for criterion 2.4, {cast.organisation.name}"
    expected = {
        -8: None,
        -7: f"Due on {due:%d %B %Y}",
        -3: None,
        0: "Due today",
        1: f"Overdue since {due:%d %B %Y}",
        2: None,
        15: f"Overdue since {due:%d %B %Y}",
    }
    for days, words in expected.items():
        clock.now = datetime.combine(due + timedelta(days=days), NOON.timetz())
        before = len(subjects(session))
        for _ in range(2):
            tasks.remind_of_deadlines(0)
            run_jobs()
        new = [each for each in subjects(session)[before:] if "criterion 2.4" in each]
        if words is None:
            assert new == []
        else:
            people = 1 if days <= 0 else 2  # overdue: the programme manager too
            assert [each.split(":")[0] for each in new] == [words] * people, (days, subject)
    overdue = [each for each in deadlines.of_case(session, load(session, case_id)) if each.overdue(due)]
    assert overdue == []


def test_a_case_keeps_its_standard_and_a_finding_of_another_version_is_refused(
    session: Session, store: Store, cast: Cast
) -> None:
    case_id = bring(session, store, cast, Stage.AUDIT_PLANNED)
    with pytest.raises(Faulty) as refused:
        evaluation.judge(
            session,
            cast.people.auditor,
            case_id,
            evaluation.Judgement("99.1", engine.Verdict.CONFORMITY, ""),
            now=NOON + timedelta(days=20),
        )
    assert "not in the standard fairhaul-2026.1" in refused.value.fields["criterion"]
