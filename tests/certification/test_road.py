"""The road of a case, step by step."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from certification import (
    TRANSITIONS,
    Action,
    Actor,
    Answer,
    AnswerValue,
    ApplicationPart,
    AuditPlan,
    Case,
    CaseKind,
    CertificateStatus,
    Dossier,
    Outcome,
    Refusal,
    State,
    Verdict,
    accept,
    apply,
    conclude_audit,
    confirm,
    decide,
    decision_options,
    decline,
    desk_review,
    follow,
    lapse,
    may,
    permissions,
    plan_audit,
    plan_surveillance,
    recommend,
    reinstate,
    reopen,
    retract,
    send_back,
    submit,
    surrender,
    suspend,
    transition_table_markdown,
    transition_table_svg,
    withdraw,
)
from certification import conditions as must
from certification.case import CaseFault, PlanFault
from certification.decisions import ConditionsWanted, NoConditions, NotItsCase
from certification.evaluation import OutcomeNotOpen
from certification.independence import BelongsToOrganisation
from certification.road import NotFromHere
from certification.rules import ReasonsTooShort
from certification.who import NotForThisOrganisation, NotLead, NotOnTeam, WrongRole
from tests.certification.cast import (
    AUDITOR,
    CASE,
    DECIDER,
    INSIDER,
    JACK,
    LOOM,
    MAKER,
    MANAGER,
    NOW,
    ORGANISATION,
    PEER,
    SECOND_AUDITOR,
    SECOND_DECIDER,
    STRANGER,
    SYSTEM,
    WHY,
    Play,
    full_dossier,
    plan_for,
)


def test_from_application_to_certificate() -> None:
    play = Play().to_certified()
    assert play.case.state is State.CERTIFIED
    certificate = play.certificate
    assert certificate is not None
    assert certificate.number.startswith("FH-2026-000007-")
    assert certificate.valid_from == play.now.date()
    assert certificate.valid_until.year == 2030
    assert play.actions == [
        Action.APPLY,
        Action.ACCEPT,
        Action.SUBMIT,
        Action.ASSIGN,
        Action.DESK_REVIEW,
        Action.PLAN_AUDIT,
        *[Action.JUDGE] * len(LOOM.criteria),
        Action.CONCLUDE_AUDIT,
        Action.RECOMMEND,
        Action.DECIDE,
        Action.ISSUE,
    ]
    assert play.case.evaluators == {AUDITOR.person}
    assert play.case.deciders == {DECIDER.person}


def test_the_history_says_who_did_what_in_words() -> None:
    play = Play().to_certified()
    said = {event.action: event.sentence for event in play.history}
    assert said[Action.APPLY] == "Applied on standard loom-2026.1, cycle 1."
    assert said[Action.SUBMIT] == "Self-assessment handed in: 4 criteria answered."
    assert said[Action.DECIDE] == f"Decided to certify: {WHY}"
    assert said[Action.ISSUE].startswith("Certificate FH-2026-000007-")
    for before, event in zip(play.history, play.history[1:], strict=False):
        assert event.before is before.after
        assert event.case == CASE


def test_an_application_needs_the_signed_code_and_an_own_organisation() -> None:
    def begin(actor: Actor, dossier: Dossier) -> None:
        apply(actor, dossier, id=CASE, organisation=ORGANISATION, standard=LOOM.key, now=NOW)

    with pytest.raises(must.ApplicationIncomplete, match="code_of_practice"):
        begin(MAKER, Dossier())
    with pytest.raises(NotForThisOrganisation):
        begin(STRANGER, full_dossier())
    with pytest.raises(WrongRole, match="This is for the organisation"):
        begin(AUDITOR, full_dossier())


def test_acceptance_names_what_the_application_lacks() -> None:
    play = Play(replace(full_dossier(), parts=frozenset({ApplicationPart.CODE_OF_PRACTICE})))
    with pytest.raises(must.ApplicationIncomplete) as caught:
        accept(play.case, MANAGER, play.dossier, now=play.now)
    assert caught.value.facts["parts"] == (
        "legal_identity",
        "mission",
        "sites",
        "members_and_workers",
        "accounts",
        "references",
    )


def test_an_auditor_who_accepts_cannot_decide() -> None:
    play = Play()
    after, _ = accept(play.case, AUDITOR, play.dossier, now=play.now)
    assert after.evaluators == {AUDITOR.person}
    after, _ = accept(play.case, MANAGER, play.dossier, now=play.now)
    assert not after.evaluators


def test_submission_lists_what_is_missing() -> None:
    play = Play(replace(full_dossier(), answers={"1.1": Answer(value=AnswerValue.MET)}))
    play.keep(accept(play.case, MANAGER, play.dossier, now=play.now))
    with pytest.raises(must.AssessmentIncomplete, match=r"3 criteria need something, 1\.2, 2\.1, 2\.2"):
        submit(play.case, MAKER, play.dossier, now=play.now)
    with pytest.raises(must.NothingApplies):
        submit(play.case, MAKER, Dossier(), now=play.now)


def test_a_self_assessment_can_be_given_back() -> None:
    play = Play()
    play.keep(accept(play.case, MANAGER, play.dossier, now=play.now))
    play.keep(submit(play.case, MAKER, play.dossier, now=play.now))
    with pytest.raises(ReasonsTooShort, match=r"at least 20 characters\. 3 were given"):
        reopen(play.case, MANAGER, play.dossier, reasons=" nay ", now=play.now)
    play.keep(reopen(play.case, MANAGER, play.dossier, reasons=WHY, now=play.now))
    assert play.case.state is State.PROVISIONAL


def test_desk_review_needs_a_lead_and_an_auditor_of_the_team() -> None:
    play = Play()
    play.keep(accept(play.case, MANAGER, play.dossier, now=play.now))
    play.keep(submit(play.case, MAKER, play.dossier, now=play.now))
    with pytest.raises(NotOnTeam):
        desk_review(play.case, AUDITOR, play.dossier, summary=WHY, now=play.now)
    assert may(play.case, Action.DESK_REVIEW, MAKER, play.dossier, now=play.now).code == "not-your-role"


def test_an_audit_cannot_be_concluded_before_it_starts_or_with_criteria_left() -> None:
    play = Play().to_audit()
    tomorrow = play.now.date() + timedelta(days=1)
    play.keep(plan_audit(play.case, MANAGER, play.dossier, plan=plan_for(tomorrow), now=play.now))
    with pytest.raises(must.AuditNotStarted, match=tomorrow.isoformat()):
        conclude_audit(play.case, AUDITOR, play.dossier, now=play.now)
    play.later(days=1)
    play.judge("1.1", Verdict.CONFORMITY)
    with pytest.raises(must.NotAllJudged, match=r"3 criteria have no finding yet: 1\.2, 2\.1, 2\.2"):
        conclude_audit(play.case, AUDITOR, play.dossier, now=play.now)
    with pytest.raises(PlanFault):
        AuditPlan(kind=plan_for(tomorrow).kind, starts=tomorrow, ends=play.now.date() - timedelta(days=1))


def test_only_the_lead_concludes_and_recommends() -> None:
    play = Play().to_recommended()
    assert may(play.case, Action.RECOMMEND, AUDITOR, play.dossier, now=play.now).code == NotFromHere.code
    play = Play().to_audit()
    with pytest.raises(NotLead):
        conclude_audit(play.case, SECOND_AUDITOR, play.dossier, now=play.now)


def test_the_auditor_of_the_case_cannot_decide_and_is_told_why() -> None:
    play = Play().to_recommended(lead=JACK)
    permission = may(play.case, Action.DECIDE, JACK, play.dossier, now=play.now)
    assert not permission
    assert permission.reason == "You took part in the evaluation of this case, so somebody else must decide."
    with pytest.raises(must.TookPart):
        decide(play.case, JACK, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)
    options = decision_options(play.case, JACK, play.dossier, now=play.now)
    assert {option.code for option in options.values()} == {"independence-took-part"}


def test_somebody_who_judged_one_criterion_only_took_part_too() -> None:
    """Even if the case's own list were incomplete, the signature under a finding tells."""
    play = Play().to_recommended()
    finding = play.dossier.findings["1.1"]
    play.learn(findings={**play.dossier.findings, "1.1": replace(finding, by=SECOND_DECIDER.person)})
    with pytest.raises(must.TookPart):
        decide(play.case, SECOND_DECIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)


def test_a_member_of_the_organisation_cannot_decide() -> None:
    play = Play().to_recommended()
    with pytest.raises(BelongsToOrganisation):
        decide(play.case, INSIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)


def test_a_decision_needs_reasons_and_conditions_where_they_belong() -> None:
    play = Play().to_recommended()

    def decide_on(outcome: Outcome, reasons: str, *conditions: str) -> None:
        decide(
            play.case,
            DECIDER,
            play.dossier,
            outcome=outcome,
            reasons=reasons,
            conditions=conditions,
            now=play.now,
        )

    with pytest.raises(ReasonsTooShort):
        decide_on(Outcome.CERTIFY, "Fine.")
    with pytest.raises(ReasonsTooShort):
        decide_on(Outcome.CERTIFY, " x" * 5 + " " * 50)
    with pytest.raises(NoConditions):
        decide_on(Outcome.CERTIFY, WHY, WHY)
    with pytest.raises(ConditionsWanted):
        decide_on(Outcome.CERTIFY_WITH_CONDITIONS, WHY)
    with pytest.raises(ReasonsTooShort):
        decide_on(Outcome.CERTIFY_WITH_CONDITIONS, WHY, "Soon.")
    with pytest.raises(OutcomeNotOpen):
        decide_on(Outcome.SUSPEND, WHY)


def test_altered_evidence_stops_the_decision() -> None:
    play = Play().to_recommended()
    play.learn(altered_evidence=("accounts.pdf",))
    with pytest.raises(must.EvidenceAltered, match=r"accounts\.pdf"):
        decide(play.case, DECIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)


def test_a_refusal_ends_the_road_without_a_certificate() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    assert play.case.state is State.REFUSED
    assert may(play.case, Action.ISSUE, MANAGER, play.dossier, now=play.now).code == NotFromHere.code


def test_an_open_major_cannot_be_recommended_or_decided_for() -> None:
    play = Play().to_recommended()
    bad = replace(play.dossier.findings["1.1"], verdict=Verdict.MAJOR)
    play.learn(findings={**play.dossier.findings, "1.1": bad})
    options = decision_options(play.case, DECIDER, play.dossier, now=play.now)
    assert {outcome: bool(option) for outcome, option in options.items()} == {
        Outcome.CERTIFY: False,
        Outcome.CERTIFY_WITH_CONDITIONS: False,
        Outcome.REFUSE: True,
    }
    for outcome in (Outcome.CERTIFY, Outcome.CERTIFY_WITH_CONDITIONS):
        with pytest.raises(must.OpenMajor, match=r"1\.1"):
            decide(
                play.case,
                DECIDER,
                play.dossier,
                outcome=outcome,
                reasons=WHY,
                conditions=(WHY,),
                now=play.now,
            )
    after, _ = decide(play.case, DECIDER, play.dossier, outcome=Outcome.REFUSE, reasons=WHY, now=play.now)
    assert after.state is State.REFUSED


def test_sent_back_it_is_audited_anew() -> None:
    play = Play().to_recommended()
    play.keep(send_back(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now))
    assert (play.case.state, play.case.plan, play.case.recommendation) == (State.DESK_REVIEWED, None, None)
    today = plan_for(play.now.date())
    play.keep(plan_audit(play.case, AUDITOR, play.dossier, plan=today, now=play.now))
    play.keep(conclude_audit(play.case, AUDITOR, play.dossier, now=play.now))
    play.keep(recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now))
    # Questions are no decision: the same person may decide now.
    assert may(play.case, Action.DECIDE, DECIDER, play.dossier, now=play.now)


def test_an_application_can_be_declined_by_a_decision_maker() -> None:
    play = Play()
    play.keep(decline(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now))
    assert play.case.state is State.REFUSED
    assert play.case.decision is not None
    assert play.case.decision.before is State.APPLIED


def test_suspension_and_the_ways_out_of_it() -> None:
    play = Play().to_certified()
    assert play.certificate is not None
    play.keep(suspend(play.case, SECOND_DECIDER, play.dossier, reasons=WHY, now=play.now))
    assert follow(play.certificate, play.case).status is CertificateStatus.SUSPENDED
    back, _ = reinstate(play.case, SECOND_DECIDER, play.dossier, reasons=WHY, now=play.now)
    assert follow(play.certificate, back).status is CertificateStatus.ACTIVE
    gone, _ = withdraw(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now)
    assert follow(play.certificate, gone).status is CertificateStatus.WITHDRAWN
    given_up, event = surrender(play.case, MAKER, play.dossier, reasons=WHY, now=play.now)
    assert given_up.state is State.WITHDRAWN
    assert event.sentence.startswith("Given up by the organisation")
    for action in (Action.REINSTATE, Action.WITHDRAW, Action.SURRENDER):
        assert not may(gone, action, JACK, play.dossier, now=play.now)


def test_the_auditor_cannot_suspend() -> None:
    play = Play().to_certified()
    both = Actor(person=AUDITOR.person, roles=JACK.roles)
    with pytest.raises(must.TookPart):
        suspend(play.case, both, play.dossier, reasons=WHY, now=play.now)


def test_surveillance_needs_a_report_before_the_certificate_is_confirmed() -> None:
    play = Play().to_certified()
    play.later(days=700)
    today = plan_for(play.now.date())
    play.keep(plan_surveillance(play.case, MANAGER, play.dossier, plan=today, now=play.now))
    assert play.certificate is not None
    assert follow(play.certificate, play.case).status is CertificateStatus.ACTIVE
    with pytest.raises(must.NoRecommendation):
        confirm(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now)
    with pytest.raises(OutcomeNotOpen, match="confirm, suspend, withdraw"):
        recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)
    play.keep(recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.CONFIRM, reasons=WHY, now=play.now))
    with pytest.raises(WrongRole):
        confirm(play.case, AUDITOR, play.dossier, reasons=WHY, now=play.now)
    play.keep(confirm(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now))
    assert play.case.state is State.CERTIFIED


def test_a_certificate_lapses_when_it_is_over_or_renewed() -> None:
    play = Play().to_certified()
    assert play.certificate is not None
    with pytest.raises(must.NotOver):
        lapse(play.case, SYSTEM, play.dossier, now=play.now)
    renewed = replace(play.dossier, renewed_by="FH-2030-000001-0")
    assert lapse(play.case, SYSTEM, renewed, now=play.now)[0].state is State.LAPSED
    last = play.certificate.valid_until
    play.now = play.now.replace(year=last.year, month=last.month, day=last.day)
    with pytest.raises(must.NotOver):
        lapse(play.case, SYSTEM, play.dossier, now=play.now)
    play.later(days=1)
    play.keep(lapse(play.case, SYSTEM, play.dossier, now=play.now))
    assert follow(play.certificate, play.case).status is CertificateStatus.EXPIRED


def test_an_application_can_be_taken_back_until_it_is_decided() -> None:
    for play in (Play(), Play().to_audit(), Play().to_recommended()):
        assert retract(play.case, MAKER, play.dossier, reasons=WHY, now=play.now)[0].state is State.RETRACTED
    decided = Play().to_decided()
    assert not may(decided.case, Action.RETRACT, MAKER, decided.dossier, now=decided.now)


def test_a_renewal_is_a_case_of_the_next_cycle() -> None:
    case, event = apply(
        MAKER,
        full_dossier(),
        id=UUID(int=77),
        organisation=ORGANISATION,
        standard=LOOM.key,
        now=NOW,
        kind=CaseKind.RENEWAL,
        cycle=2,
    )
    assert (case.kind, case.cycle, case.state) == (CaseKind.RENEWAL, 2, State.APPLIED)
    assert event.sentence.endswith("cycle 2.")


def test_a_certificate_follows_its_own_case_only() -> None:
    play = Play().to_certified()
    assert play.certificate is not None
    with pytest.raises(NotItsCase):
        follow(play.certificate, replace(play.case, id=UUID(int=99)))
    with pytest.raises(NotItsCase):
        follow(play.certificate, replace(play.case, state=State.APPLIED))


def test_a_case_that_cannot_be_is_refused() -> None:
    sound = {"id": CASE, "organisation": ORGANISATION, "standard": LOOM.key, "opened_at": NOW}
    with pytest.raises(CaseFault, match="time zone"):
        Case(**{**sound, "opened_at": NOW.replace(tzinfo=None)})  # type: ignore[arg-type]
    with pytest.raises(CaseFault, match="cycles"):
        Case(**sound, cycle=0)  # type: ignore[arg-type]
    with pytest.raises(CaseFault, match="lead"):
        Case(**sound, lead=AUDITOR.person)  # type: ignore[arg-type]
    with pytest.raises(CaseFault, match="now has no time zone"):
        may(Play().case, Action.ACCEPT, MANAGER, full_dossier(), now=NOW.replace(tzinfo=None))


# -- the table itself


def test_each_action_is_in_the_table_and_once_a_state() -> None:
    assert {row.action for row in TRANSITIONS} == set(Action)
    for action in Action:
        sources = [state for row in TRANSITIONS if row.action is action for state in row.sources]
        assert len(set(sources)) == len(sources), action


def test_each_state_can_be_reached_and_only_ends_have_no_way_on() -> None:
    ways: dict[State, set[State]] = {state: set() for state in State}
    for row in TRANSITIONS:
        for source in row.sources:
            ways[source] |= set(row.targets) - {source}
    reached, new = {State.APPLIED}, {State.APPLIED}
    while new:
        new = {target for state in new for target in ways[state]} - reached
        reached |= new
    assert reached == set(State)
    assert {state for state in State if not ways[state]} == {State.RETRACTED, State.LAPSED}


def test_every_way_to_a_certificate_passes_a_decision_by_somebody_independent() -> None:
    for row in TRANSITIONS:
        if State.DECIDED in row.targets and State.DECIDED not in row.sources:
            assert row.action is Action.DECIDE
            assert must.TOOK_NO_PART in row.conditions
        new_holder = State.CERTIFIED in row.targets and not {
            State.CERTIFIED,
            State.SURVEILLANCE,
            State.SUSPENDED,
            State.WITHDRAWN,
        } & set(row.sources)
        if new_holder:
            assert row.sources == (State.DECIDED,)


def test_permissions_cover_what_leads_on_from_a_state() -> None:
    play = Play().to_recommended()
    offered = permissions(play.case, DECIDER, play.dossier, now=play.now)
    assert set(offered) == {row.action for row in TRANSITIONS if State.RECOMMENDED in row.sources}
    assert {action for action, permission in offered.items() if permission} == {
        Action.DECIDE,
        Action.SEND_BACK,
    }
    assert all(permission.reason for permission in offered.values() if not permission)


def test_the_table_prints_each_row_and_each_state() -> None:
    table = transition_table_markdown()
    assert len(table.splitlines()) == 2 + len(TRANSITIONS)
    assert "took no part in the evaluation" in table
    picture = transition_table_svg()
    assert picture.count('class="card"') == len(State)
    assert picture.count("decide → decided or refused") == 1
    assert picture.count("settle review → surveillance or stays") == 1
    assert picture.count("the end of the road") == 1
    assert picture == transition_table_svg()


def test_the_picture_is_wellformed() -> None:
    from xml.etree import ElementTree as ET

    root = ET.fromstring(transition_table_svg())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def _all_refusals() -> list[type[Refusal]]:
    found: list[type[Refusal]] = []
    queue: list[type[Refusal]] = [Refusal]
    while queue:
        for sub in queue.pop().__subclasses__():
            if sub.__module__.startswith("certification."):
                found.append(sub)
                queue.append(sub)
    return found


def test_codes_are_stable_kebab_and_used_once() -> None:
    codes = [one.code for one in _all_refusals()]
    assert len(codes) > 50
    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() and " " not in code and "_" not in code for code in codes)
    assert all(one.template.endswith((".", "{fault}")) for one in _all_refusals())


def test_a_peer_may_judge_but_not_review_at_the_desk() -> None:
    from certification import assign

    play = Play().to_audit()
    play.keep(assign(play.case, MANAGER, play.dossier, person=PEER, lead=False, now=play.now))
    play.judge("1.1", Verdict.CONFORMITY, PEER)
    assert play.dossier.findings["1.1"].by == PEER.person
    assert may(play.case, Action.VERIFY_CORRECTION, PEER, play.dossier, now=play.now).code == "not-your-role"
