"""Interests, rotation, appeals by a third group, and a conflict found later."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification import (
    RULES,
    Action,
    Actor,
    Declaration,
    Interest,
    InterestKind,
    Outcome,
    Role,
    Rules,
    State,
    Verdict,
    assign,
    conclude_audit,
    confirm,
    convene,
    counting_interests,
    decide,
    issue,
    lapse,
    lodge_appeal,
    may,
    overturn,
    plan_audit,
    plan_surveillance,
    recommend,
    release,
    report_conflict,
    send_back,
    settle_review,
    suspend,
    uphold,
    withdraw,
)
from certification import conditions as must
from certification.appeals import PanelNotIndependent, PanelTooSmall
from certification.decisions import NoConflict, NoPart, NothingToRepeat
from certification.evaluation import (
    AssigneeDecided,
    AssigneeOnPanel,
    NotAnAuditor,
    NotAssigned,
)
from certification.independence import (
    BelongsToOrganisation,
    Conflict,
    NotDeclared,
    TooManyCycles,
)
from certification.rules import ReasonsTooShort, RulesFault
from certification.who import NotOnPanel, NotOnTeam
from tests.certification.cast import (
    AUDITOR,
    CRITERIA,
    DECIDER,
    INSIDER,
    JACK,
    JILL,
    LOW_RISK,
    MAKER,
    MANAGER,
    NOW,
    ORGANISATION,
    OTHER_ORGANISATION,
    PANELLIST,
    PEER,
    SCOPE,
    SECOND_AUDITOR,
    SECOND_DECIDER,
    SYSTEM,
    WHY,
    Play,
    declares_nothing,
    plan_for,
)

TODAY = NOW.date()


def declares(
    actor: Actor, kind: InterestKind, until: date | None = None, organisation: UUID = ORGANISATION
) -> Declaration:
    interests = (Interest(kind=kind, until=until),)
    return Declaration(person=actor.person, organisation=organisation, at=NOW, interests=interests)


def _assign(play: Play, actor: Actor, *, lead: bool = True) -> None:
    play.keep(assign(play.case, MANAGER, play.dossier, person=actor, lead=lead, now=play.now))


@pytest.mark.parametrize("kind", InterestKind)
@pytest.mark.parametrize("lead", [True, False])
def test_a_declared_interest_refuses_the_assignment(kind: InterestKind, lead: bool) -> None:
    play = Play().to_audit()
    play.learn(declarations=(*play.dossier.declarations, declares(SECOND_AUDITOR, kind)))
    with pytest.raises(Conflict, match=kind):
        _assign(play, SECOND_AUDITOR, lead=lead)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.sampled_from(InterestKind))
def test_trade_counts_for_two_years_and_the_rest_for_ever(until: date, kind: InterestKind) -> None:
    counted = counting_interests(
        AUDITOR.person, ORGANISATION, (declares(AUDITOR, kind, until),), TODAY, RULES
    )
    if kind is InterestKind.TRADE:
        assert bool(counted) == (until > date(2024, 5, 4))
    else:
        assert counted == (kind,)


def test_another_persons_or_organisations_interest_does_not_count() -> None:
    elsewhere = declares(AUDITOR, InterestKind.OWNERSHIP, organisation=OTHER_ORGANISATION)
    others = declares(JACK, InterestKind.OWNERSHIP)
    assert counting_interests(AUDITOR.person, ORGANISATION, (elsewhere, others), TODAY, RULES) == ()


def test_without_a_declaration_nobody_is_assigned() -> None:
    play = Play().to_audit()
    play.learn(declarations=(replace(declares_nothing(SECOND_AUDITOR), organisation=OTHER_ORGANISATION),))
    with pytest.raises(NotDeclared):
        _assign(play, SECOND_AUDITOR)


def test_who_belongs_to_the_organisation_or_is_no_auditor_is_not_assigned() -> None:
    play = Play().to_audit()
    with pytest.raises(BelongsToOrganisation):
        _assign(play, INSIDER)
    with pytest.raises(NotAnAuditor):
        _assign(play, PEER, lead=True)
    with pytest.raises(NotAnAuditor):
        _assign(play, DECIDER, lead=False)


def test_two_cycles_running_and_then_somebody_else() -> None:
    play = Play().to_audit()
    own, other = SECOND_AUDITOR.person, AUDITOR.person
    for past in ((), (own,), (own, other), (other, own, own)):
        play.learn(past_leads=past)
        _assign(play, SECOND_AUDITOR)
    play.learn(past_leads=(own, own))
    with pytest.raises(TooManyCycles, match="last 2 cycles"):
        _assign(play, SECOND_AUDITOR)
    # On the team, but not as lead.
    _assign(play, SECOND_AUDITOR, lead=False)
    assert play.case.lead is None


def test_a_new_lead_takes_the_place_and_both_took_part() -> None:
    play = Play().to_audit()
    _assign(play, JACK)
    assert play.case.lead == JACK.person
    assert {JACK.person, AUDITOR.person} <= play.case.evaluators
    play.keep(release(play.case, MANAGER, play.dossier, person=JACK.person, reasons=WHY, now=play.now))
    after = play.case
    assert after.lead is None
    assert after.team == {AUDITOR.person}
    assert JACK.person in play.case.evaluators
    with pytest.raises(NotAssigned):
        release(play.case, MANAGER, play.dossier, person=JACK.person, reasons=WHY, now=play.now)
    with pytest.raises(must.NoLead):
        plan_audit(play.case, MANAGER, play.dossier, plan=plan_for(TODAY), now=play.now)


def test_released_before_any_work_still_may_not_decide() -> None:
    play = Play().to_audit()
    _assign(play, JACK, lead=False)
    play.keep(release(play.case, MANAGER, play.dossier, person=JACK.person, reasons=WHY, now=play.now))
    for criterion in CRITERIA:
        play.judge(criterion.id, Verdict.CONFORMITY)
    play.keep(conclude_audit(play.case, AUDITOR, play.dossier, now=play.now))
    play.keep(recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now))
    assert may(play.case, Action.DECIDE, JACK, play.dossier, now=play.now).code == must.TookPart.code


def test_a_decision_maker_with_an_interest_may_not_decide() -> None:
    play = Play().to_recommended()
    play.learn(declarations=(*play.dossier.declarations, declares(DECIDER, InterestKind.KINSHIP)))
    permission = may(play.case, Action.DECIDE, DECIDER, play.dossier, now=play.now)
    assert permission.code == Conflict.code
    assert "kinship" in permission.reason


def test_a_conflict_found_before_the_decision_sends_the_work_to_others() -> None:
    play = Play().to_recommended()
    play.learn(declarations=(*play.dossier.declarations, declares(AUDITOR, InterestKind.TRADE)))
    with pytest.raises(must.EvaluationConflict):
        decide(play.case, DECIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)
    play.keep(send_back(play.case, MANAGER, play.dossier, reasons=WHY, now=play.now))
    assert may(play.case, Action.JUDGE, AUDITOR, play.dossier, now=play.now).code == Conflict.code
    play.keep(release(play.case, MANAGER, play.dossier, person=AUDITOR.person, reasons=WHY, now=play.now))
    _assign(play, SECOND_AUDITOR)
    play.keep(plan_audit(play.case, SECOND_AUDITOR, play.dossier, plan=plan_for(TODAY), now=play.now))
    for criterion in CRITERIA[:-1]:
        play.judge(criterion.id, Verdict.CONFORMITY, SECOND_AUDITOR)
    play.keep(conclude_audit(play.case, SECOND_AUDITOR, play.dossier, now=play.now))

    def recommend_it() -> None:
        play.keep(
            recommend(
                play.case, SECOND_AUDITOR, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now
            )
        )

    with pytest.raises(must.EvaluationConflict):  # one finding of the first auditor still stands
        recommend_it()
    play.judge(CRITERIA[-1].id, Verdict.CONFORMITY, SECOND_AUDITOR)
    recommend_it()
    play.keep(decide(play.case, DECIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now))
    assert play.case.state is State.DECIDED


# -- a conflict found after the decision


def _conflict_found(play: Play, person: Actor = AUDITOR) -> Declaration:
    found = declares(person, InterestKind.CONSULTANCY)
    play.keep(report_conflict(play.case, MANAGER, play.dossier, declaration=found, now=play.now))
    play.learn(declarations=(*play.dossier.declarations, found))
    return found


def test_a_conflict_found_later_marks_the_decision_and_holds_the_certificate_back() -> None:
    play = Play().to_decided()
    _conflict_found(play)
    assert play.case.under_review
    with pytest.raises(must.UnderReview):
        play.issue()
    with pytest.raises(must.DecidedBefore):
        settle_review(play.case, DECIDER, play.dossier, repeat=False, reasons=WHY, now=play.now)
    stands, _ = settle_review(
        play.case, SECOND_DECIDER, play.dossier, repeat=False, reasons=WHY, now=play.now
    )
    assert (stands.state, stands.under_review) == (State.DECIDED, False)
    issue(
        stands,
        MANAGER,
        play.dossier,
        sequence=1,
        scope=SCOPE,
        risk=LOW_RISK,
        valid_from=TODAY,
        now=play.now,
    )
    again, event = settle_review(
        play.case, SECOND_DECIDER, play.dossier, repeat=True, reasons=WHY, now=play.now
    )
    assert (again.state, again.plan, again.recommendation) == (State.DESK_REVIEWED, None, None)
    assert "repeat the evaluation" in event.sentence


def test_a_certificate_under_review_is_looked_at_again_while_it_holds() -> None:
    play = Play().to_certified()
    _conflict_found(play, DECIDER)
    play.keep(settle_review(play.case, SECOND_DECIDER, play.dossier, repeat=True, reasons=WHY, now=play.now))
    assert play.case.state is State.SURVEILLANCE
    play.keep(plan_surveillance(play.case, MANAGER, play.dossier, plan=plan_for(TODAY), now=play.now))
    play.keep(recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.CONFIRM, reasons=WHY, now=play.now))
    with pytest.raises(Conflict):
        confirm(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now)
    confirmed, _ = confirm(play.case, SECOND_DECIDER, play.dossier, reasons=WHY, now=play.now)
    assert confirmed.state is State.CERTIFIED


def test_only_real_conflicts_of_those_who_took_part_are_reported() -> None:
    play = Play().to_certified()

    def report(declaration: Declaration) -> None:
        report_conflict(play.case, MANAGER, play.dossier, declaration=declaration, now=play.now)

    with pytest.raises(NoPart):
        report(declares(JACK, InterestKind.TRADE))
    with pytest.raises(NoConflict):
        report(declares_nothing(AUDITOR))
    with pytest.raises(NoConflict):
        report(declares(AUDITOR, InterestKind.TRADE, date(2020, 1, 1)))
    with pytest.raises(must.NotUnderReview):
        settle_review(play.case, SECOND_DECIDER, play.dossier, repeat=True, reasons=WHY, now=play.now)


def test_nothing_is_repeated_while_suspended() -> None:
    play = Play().to_certified()
    play.keep(suspend(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now))
    _conflict_found(play)
    with pytest.raises(NothingToRepeat):
        settle_review(play.case, SECOND_DECIDER, play.dossier, repeat=True, reasons=WHY, now=play.now)
    assert may(play.case, Action.REINSTATE, DECIDER, play.dossier, now=play.now).code == must.UnderReview.code


# -- appeals


def _appeal(play: Play) -> None:
    play.keep(lodge_appeal(play.case, MAKER, play.dossier, grounds=WHY, now=play.now))


def _convene(play: Play, *panel: Actor) -> None:
    play.keep(convene(play.case, MANAGER, play.dossier, panel=panel or (PANELLIST,), now=play.now))


def _overturn(play: Play, by: Actor = PANELLIST) -> None:
    play.keep(overturn(play.case, by, play.dossier, reasons=WHY, now=play.now))


def test_a_refusal_overturned_is_decided_anew_by_somebody_else() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    _appeal(play)
    _convene(play)
    _overturn(play)
    assert play.case.state is State.RECOMMENDED
    assert play.case.decision is not None
    assert play.case.decision.overturned
    with pytest.raises(must.DecidedBefore):
        decide(play.case, DECIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)
    play.keep(
        decide(play.case, SECOND_DECIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)
    )
    assert play.issue().number


def test_a_refusal_upheld_stays_and_is_not_appealed_twice() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    _appeal(play)
    with pytest.raises(must.AppealOpen):
        _appeal(play)
    _convene(play)
    play.keep(uphold(play.case, PANELLIST, play.dossier, reasons=WHY, now=play.now))
    assert play.case.state is State.REFUSED
    assert play.case.appeal is not None
    assert play.case.appeal.upheld
    with pytest.raises(must.NothingToAppeal):
        _appeal(play)
    with pytest.raises(must.NoOpenAppeal):
        _overturn(play)


@pytest.mark.parametrize("last", ["suspend", "withdraw", "both"])
def test_a_suspension_or_withdrawal_overturned_gives_back_what_was(last: str) -> None:
    play = Play().to_certified()
    if last in {"suspend", "both"}:
        play.keep(suspend(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now))
    if last in {"withdraw", "both"}:
        play.keep(withdraw(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now))
    _appeal(play)
    _convene(play)
    _overturn(play)
    assert play.case.state is (State.SUSPENDED if last == "both" else State.CERTIFIED)


def test_conditions_overturned_are_struck_out() -> None:
    play = Play().to_certified(Outcome.CERTIFY_WITH_CONDITIONS)
    assert play.case.decision is not None
    assert play.case.decision.conditions == (WHY,)
    _appeal(play)
    _convene(play)
    _overturn(play)
    after = play.case
    assert after.state is State.CERTIFIED
    assert after.decision is not None
    assert not after.decision.conditions


def test_a_suspension_during_an_appeal_survives_the_outcome_of_the_other_decision() -> None:
    play = Play().to_certified(Outcome.CERTIFY_WITH_CONDITIONS)
    _appeal(play)
    _convene(play)
    play.keep(suspend(play.case, SECOND_DECIDER, play.dossier, reasons=WHY, now=play.now))
    play.later(days=60)
    _overturn(play)
    assert play.case.state is State.SUSPENDED
    assert play.case.decision is not None
    assert not play.case.decision.overturned
    _appeal(play)  # its time began when the first appeal was settled
    assert play.case.appeal is not None
    assert play.case.appeal.decision.outcome is Outcome.SUSPEND


def test_an_appeal_that_succeeds_too_late_brings_no_certificate_back() -> None:
    play = Play().to_certified()
    play.keep(suspend(play.case, DECIDER, play.dossier, reasons=WHY, now=play.now))
    _appeal(play)
    _convene(play)
    assert play.certificate is not None
    play.later(days=(play.certificate.valid_until - TODAY).days + 1)
    play.keep(lapse(play.case, SYSTEM, play.dossier, now=play.now))
    _overturn(play)
    assert play.case.state is State.LAPSED


def test_nothing_to_appeal_against_a_certificate() -> None:
    play = Play().to_certified()
    with pytest.raises(must.NothingToAppeal):
        _appeal(play)


def test_an_appeal_has_a_time_of_configuration() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    play.later(days=30)
    assert may(play.case, Action.LODGE_APPEAL, MAKER, play.dossier, now=play.now)
    play.later(days=1)
    with pytest.raises(must.AppealTooLate, match="2026-06-03"):
        _appeal(play)
    longer = Rules(version="longer", appeal_days=31)
    assert may(play.case, Action.LODGE_APPEAL, MAKER, play.dossier, now=play.now, rules=longer)


@pytest.mark.parametrize("unfit", [AUDITOR, DECIDER, INSIDER, MANAGER])
def test_the_panel_took_part_in_neither(unfit: Actor) -> None:
    play = Play().to_decided(Outcome.REFUSE)
    _appeal(play)
    with_role = replace(unfit, roles=unfit.roles if unfit is MANAGER else frozenset({Role.APPEAL_PANEL}))
    with pytest.raises(PanelNotIndependent, match="1 of those named"):
        _convene(play, PANELLIST, with_role)


def test_a_panel_member_with_an_interest_is_not_convened() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    _appeal(play)
    play.learn(declarations=(*play.dossier.declarations, declares(PANELLIST, InterestKind.TRADE)))
    with pytest.raises(PanelNotIndependent):
        _convene(play)


def test_the_panel_has_a_size_and_counts_people_once() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    _appeal(play)
    three = Rules(version="three", panel_size=2)
    with pytest.raises(PanelTooSmall):
        convene(play.case, MANAGER, play.dossier, panel=(JILL, JILL), now=play.now, rules=three)


def test_only_the_convened_panel_settles_and_no_member_of_it_evaluates_later() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    _appeal(play)
    with pytest.raises(NotOnPanel):
        _overturn(play)
    _convene(play, JILL)
    with pytest.raises(NotOnPanel):
        _overturn(play)
    _overturn(play, JILL)
    play.keep(send_back(play.case, MANAGER, play.dossier, reasons=WHY, now=play.now))
    with pytest.raises(AssigneeOnPanel):
        _assign(play, JILL)
    with pytest.raises(AssigneeDecided):
        _assign(play, replace(DECIDER, roles=JACK.roles))


def test_whoever_decided_does_not_name_the_panel() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    _appeal(play)
    both = replace(DECIDER, roles=JACK.roles)
    with pytest.raises(must.DecidedBefore):
        convene(play.case, both, play.dossier, panel=(PANELLIST,), now=play.now)


def test_an_appeal_needs_grounds_and_reasons() -> None:
    play = Play().to_decided(Outcome.REFUSE)
    with pytest.raises(ReasonsTooShort):
        lodge_appeal(play.case, MAKER, play.dossier, grounds="Unfair!", now=play.now)
    _appeal(play)
    _convene(play)
    with pytest.raises(ReasonsTooShort):
        uphold(play.case, PANELLIST, play.dossier, reasons="No.", now=play.now)


def test_an_unassigned_auditor_does_not_judge() -> None:
    play = Play().to_audit()
    with pytest.raises(NotOnTeam):
        play.judge("1.1", Verdict.CONFORMITY, SECOND_AUDITOR)


@pytest.mark.parametrize(
    "name", ["reasons_length", "consecutive_cycles", "appeal_days", "panel_size", "correction_days"]
)
def test_limits_have_limits(name: str) -> None:
    nought: dict[str, Any] = {name: 0}
    with pytest.raises(RulesFault, match=name):
        Rules(**nought)


def test_a_stricter_rotation_by_configuration() -> None:
    play = Play().to_audit()
    play.learn(past_leads=(SECOND_AUDITOR.person,))
    once = Rules(version="once", consecutive_cycles=1)
    with pytest.raises(TooManyCycles):
        assign(
            play.case,
            MANAGER,
            play.dossier,
            person=SECOND_AUDITOR,
            lead=True,
            now=play.now + timedelta(days=1),
            rules=once,
        )
