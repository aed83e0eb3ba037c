"""Any order of actions by anybody: independence and order hold.

The machine keeps its own account of who evaluated and who decided and does not ask the engine for it.
"""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from certification import (
    TRANSITIONS,
    Action,
    Actor,
    Case,
    CorrectiveAction,
    Declaration,
    Event,
    Interest,
    InterestKind,
    Outcome,
    Refusal,
    Role,
    State,
    Verdict,
    accept,
    assign,
    conclude_audit,
    confirm,
    convene,
    decide,
    decline,
    desk_review,
    extend_correction,
    follow,
    issue,
    judge,
    lapse,
    lodge_appeal,
    may,
    offer_proof,
    open_correction,
    overturn,
    plan_audit,
    plan_surveillance,
    public_state,
    recommend,
    reinstate,
    release,
    reopen,
    report_conflict,
    request_corrections,
    retract,
    send_back,
    settle_review,
    submit,
    surrender,
    suspend,
    uphold,
    verify_correction,
    withdraw,
)
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
    PANELLIST,
    PEER,
    SCOPE,
    SECOND_AUDITOR,
    SECOND_DECIDER,
    STRANGER,
    SYSTEM,
    WHY,
    Play,
    plan_for,
    worst,
)

EVERYBODY = (
    MAKER,
    STRANGER,
    MANAGER,
    AUDITOR,
    SECOND_AUDITOR,
    PEER,
    DECIDER,
    SECOND_DECIDER,
    PANELLIST,
    SYSTEM,
    JACK,
    JILL,
    INSIDER,
)
BY_PERSON = {actor.person: actor for actor in EVERYBODY}
OFFICIALS = (AUDITOR, SECOND_AUDITOR, PEER, DECIDER, SECOND_DECIDER, PANELLIST, JACK, JILL)
ACTIONS = tuple(action for action in Action if action is not Action.APPLY)
ENDING = {Action.RETRACT, Action.SURRENDER, Action.LAPSE, Action.WITHDRAW, Action.DECLINE}
RULINGS = {Action.CONFIRM, Action.SUSPEND, Action.REINSTATE, Action.WITHDRAW}
WITH_WORDS = {
    Action.DECLINE: decline,
    Action.REOPEN: reopen,
    Action.SEND_BACK: send_back,
    Action.CONFIRM: confirm,
    Action.SUSPEND: suspend,
    Action.REINSTATE: reinstate,
    Action.WITHDRAW: withdraw,
    Action.SURRENDER: surrender,
    Action.RETRACT: retract,
    Action.UPHOLD: uphold,
    Action.OVERTURN: overturn,
}
PLAIN = {
    Action.ACCEPT: accept,
    Action.SUBMIT: submit,
    Action.CONCLUDE_AUDIT: conclude_audit,
    Action.REQUEST_CORRECTIONS: request_corrections,
    Action.LAPSE: lapse,
}
# What usually comes next, by whom: without it, chance alone seldom gets as far as a certificate.
ONWARD: dict[State, tuple[tuple[Action, tuple[Actor, ...]], ...]] = {
    State.APPLIED: ((Action.ACCEPT, (MANAGER, AUDITOR, JACK)),),
    State.PROVISIONAL: ((Action.SUBMIT, (MAKER,)),),
    State.SELF_ASSESSED: (
        (Action.REOPEN, (MANAGER,)),
        (Action.ASSIGN, (MANAGER, JACK)),
        (Action.DESK_REVIEW, OFFICIALS),
    ),
    State.DESK_REVIEWED: ((Action.PLAN_AUDIT, (MANAGER, JILL)), (Action.ASSIGN, (MANAGER,))),
    State.AUDIT_PLANNED: ((Action.JUDGE, OFFICIALS), (Action.CONCLUDE_AUDIT, OFFICIALS)),
    State.AUDITED: (
        (Action.REQUEST_CORRECTIONS, OFFICIALS),
        (Action.RECOMMEND, OFFICIALS),
        (Action.OPEN_CORRECTION, (MAKER, JACK)),
    ),
    State.CORRECTING: ((Action.RECOMMEND, OFFICIALS), (Action.VERIFY_CORRECTION, OFFICIALS)),
    State.RECOMMENDED: (
        (Action.DECIDE, OFFICIALS),
        (Action.DECIDE, OFFICIALS),
        (Action.SEND_BACK, (MANAGER,)),
    ),
    State.DECIDED: ((Action.ISSUE, (MANAGER, SYSTEM, JACK)),),
    State.CERTIFIED: (
        (Action.PLAN_SURVEILLANCE, (MANAGER, JILL)),
        (Action.SUSPEND, OFFICIALS),
        (Action.REPORT_CONFLICT, (MANAGER,)),
    ),
    State.SURVEILLANCE: (
        (Action.RECOMMEND, OFFICIALS),
        (Action.CONFIRM, OFFICIALS),
        (Action.JUDGE, OFFICIALS),
    ),
    State.SUSPENDED: ((Action.REINSTATE, OFFICIALS), (Action.WITHDRAW, OFFICIALS)),
    State.WITHDRAWN: (),
    State.REFUSED: (),
    State.RETRACTED: (),
    State.LAPSED: (),
}
APPEALING = (
    (Action.LODGE_APPEAL, (MAKER,)),
    (Action.CONVENE, (MANAGER, JACK)),
    (Action.OVERTURN, (PANELLIST, JILL)),
    (Action.UPHOLD, (PANELLIST, JACK)),
    (Action.SETTLE_REVIEW, OFFICIALS),
)


class Road(RuleBasedStateMachine):
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.play = Play()
        self.evaluated: set[UUID] = set()
        self.decided: set[UUID] = set()
        self.heard: set[UUID] = set()
        self.certifying: Outcome | None = None
        self.ids = 1_000

    # -- the moves

    @initialize(prepared=st.sampled_from(["no", "no", "recommended", "refused", "certified"]))
    def start(self, prepared: str) -> None:
        """Some plays begin further along, so that what comes late is played often."""
        if prepared == "no":
            return
        if prepared == "recommended":
            self.play.to_recommended()
        else:
            outcome = Outcome.REFUSE if prepared == "refused" else Outcome.CERTIFY_WITH_CONDITIONS
            self.play.to_decided(outcome)
            if prepared == "certified":
                self.play.issue()
            self.decided.add(DECIDER.person)
            self.certifying = outcome
        self.evaluated.add(AUDITOR.person)

    @rule(seed=st.integers(0, 2**32 - 1))
    def something(self, seed: int) -> None:
        """The choices come from one number, as hypothesis' own lean to the first of each list."""
        chance = Random(f"{seed} {self.ids}")
        ways = {
            self.by_the_book: 8,
            self.by_chance: 6,
            self.onward: 3,
            self.appealing: 3,
            self.judge_all: 3,
            self.correct_all: 2,
            self.surprise: 1,
        }
        how = chance.choices(list(ways), list(ways.values()))[0]
        how(chance)

    def by_chance(self, chance: Random) -> None:
        action = chance.choice(ACTIONS)
        # What ends a play is tried less often, or most plays would be short.
        if action not in ENDING or chance.random() < 0.1:
            self.attempt(action, chance.choice(EVERYBODY), chance.randrange(10_000))

    def onward(self, chance: Random) -> None:
        usual = ONWARD[self.play.case.state]
        if usual:
            action, actors = chance.choice(usual)
            self.attempt(action, chance.choice(actors), chance.randrange(10_000))

    def by_the_book(self, chance: Random) -> None:
        """A usual action, tried by each who might be allowed until one is."""
        usual = ONWARD[self.play.case.state]
        if not usual:
            return
        action, actors = chance.choice(usual)
        for actor in chance.sample(actors, len(actors)):
            if self.attempt(action, actor, chance.randrange(10_000)):
                return

    def appealing(self, chance: Random) -> None:
        action, actors = chance.choice(APPEALING)
        self.attempt(action, chance.choice(actors), chance.randrange(10_000))

    def judge_all(self, chance: Random) -> None:
        """Each criterion, by one of the team; some are not met."""
        team = sorted(self.play.case.team)
        by = BY_PERSON[chance.choice(team)] if team else chance.choice(OFFICIALS)
        for criterion in CRITERIA:
            verdict = Verdict.CONFORMITY if chance.random() < 0.8 else worst(criterion)
            self.attempt(Action.JUDGE, by, 0, criterion=criterion.id, verdict=verdict)

    def correct_all(self, chance: Random) -> None:
        for index in range(len(CRITERIA)):
            self.attempt(Action.OPEN_CORRECTION, MAKER, index)
        for index in range(len(self.play.dossier.corrections)):
            self.attempt(Action.OFFER_PROOF, MAKER, index)
            self.attempt(Action.VERIFY_CORRECTION, chance.choice(OFFICIALS), index)

    def surprise(self, chance: Random) -> None:
        """Time passes, a conflict comes out, a file changes or is mended."""
        what = chance.randrange(4)
        if what == 0:
            self.play.later(days=chance.choice([1, 20, 40, 500, 1_500]))
        elif what == 1:
            years = chance.randrange(4)
            until = (self.play.now - timedelta(days=400 * years)).date() if years else None
            self.tell(chance.choice(OFFICIALS), Interest(kind=chance.choice(list(InterestKind)), until=until))
        else:
            self.play.learn(altered_evidence=("accounts.pdf",) if what == 2 else ())

    # -- playing one

    def tell(self, actor: Actor, interest: Interest) -> Declaration:
        told = Declaration(
            person=actor.person, organisation=ORGANISATION, at=self.play.now, interests=(interest,)
        )
        self.play.learn(declarations=(*self.play.dossier.declarations, told))
        return told

    def attempt(self, action: Action, actor: Actor, pick: int, **chosen: Any) -> bool:
        play = self.play
        play.later()
        self.ids += 1
        before, corrections = play.case, play.dossier.corrections
        self.seen["attempts"] += 1
        permission = may(before, action, actor, play.dossier, now=play.now)
        event, said = None, ""
        try:
            event = self.perform(action, actor, pick, **chosen)
        except Refusal as refusal:
            said = refusal.code
        if event is None:
            assert (play.case, play.dossier.corrections) == (before, corrections)
            assert permission or said == permission.code
            return False
        assert permission, f"{action} was done though it was refused: {permission.reason}"
        self.check(action, actor, before, event)
        return True

    def perform(self, action: Action, actor: Actor, pick: int, **chosen: Any) -> Event:
        play = self.play
        case, dossier, now = play.case, play.dossier, play.now
        here = (case, actor, dossier)
        other = OFFICIALS[pick % len(OFFICIALS)]
        if action in PLAIN:
            return self.keep(PLAIN[action](*here, now=now))
        if action in WITH_WORDS:
            return self.keep(WITH_WORDS[action](*here, reasons=WHY, now=now))
        if action is Action.ASSIGN:
            return self.keep(assign(*here, person=other, lead=pick % 3 != 0, now=now))
        if action is Action.RELEASE:
            team = sorted(case.team) or [other.person]
            return self.keep(release(*here, person=team[pick % len(team)], reasons=WHY, now=now))
        if action is Action.DESK_REVIEW:
            return self.keep(desk_review(*here, summary=WHY, now=now))
        if action in {Action.PLAN_AUDIT, Action.PLAN_SURVEILLANCE}:
            planned = plan_audit if action is Action.PLAN_AUDIT else plan_surveillance
            day = now.date() + timedelta(days=pick % 2)
            return self.keep(planned(*here, plan=plan_for(day), now=now))
        if action is Action.JUDGE:
            criterion = chosen.get("criterion") or CRITERIA[pick % len(CRITERIA)].id
            verdict = chosen.get("verdict") or tuple(Verdict)[pick % len(Verdict)]
            play.case, finding, event = judge(*here, criterion=criterion, verdict=verdict, facts=WHY, now=now)
            play.learn(findings={**dossier.findings, criterion: finding})
            return event
        if action in {Action.RECOMMEND, Action.DECIDE}:
            return self.keep(self.word(action, actor, pick, now))
        if action is Action.ISSUE:
            play.case, play.certificate, event = issue(
                *here, sequence=1, scope=SCOPE, risk=LOW_RISK, valid_from=now.date(), now=now
            )
            play.learn(certificate=play.certificate)
            return event
        if action is Action.LODGE_APPEAL:
            return self.keep(lodge_appeal(*here, grounds=WHY, now=now))
        if action is Action.CONVENE:
            panel = (other,) if pick % 2 else (PANELLIST, JILL)
            return self.keep(convene(*here, panel=panel, now=now))
        if action is Action.REPORT_CONFLICT:
            found = self.tell(other, Interest(kind=InterestKind.TRADE))
            return self.keep(report_conflict(*here, declaration=found, now=now))
        if action is Action.SETTLE_REVIEW:
            return self.keep(settle_review(*here, repeat=pick % 2 == 0, reasons=WHY, now=now))
        return self.correct(action, actor, pick, now)

    def keep(self, result: tuple[Case, Event]) -> Event:
        self.play.case, event = result
        return event

    def word(self, action: Action, actor: Actor, pick: int, now: datetime) -> tuple[Case, Event]:
        case, dossier = self.play.case, self.play.dossier
        outcome = tuple(Outcome)[pick % len(Outcome)] if pick % 5 == 0 else Outcome.CERTIFY
        if case.state is State.SURVEILLANCE and pick % 5:
            outcome = Outcome.CONFIRM
        if action is Action.RECOMMEND:
            return recommend(case, actor, dossier, outcome=outcome, reasons=WHY, now=now)
        conditions = (WHY,) if outcome is Outcome.CERTIFY_WITH_CONDITIONS else ()
        return decide(case, actor, dossier, outcome=outcome, reasons=WHY, conditions=conditions, now=now)

    def correct(self, action: Action, actor: Actor, pick: int, now: datetime) -> Event:
        case, dossier = self.play.case, self.play.dossier
        if action is Action.OPEN_CORRECTION:
            opened, event = open_correction(
                case,
                actor,
                dossier,
                id=UUID(int=self.ids),
                criterion=CRITERIA[pick % len(CRITERIA)].id,
                cause=WHY,
                correction=WHY,
                due=now.date() + timedelta(days=pick % 60),
                now=now,
            )
            return self.put(opened, event)
        known = dossier.corrections
        # Without one in the file a made-up one is tried, which must be refused.
        one = known[pick % len(known)] if known else MADE_UP
        if action is Action.OFFER_PROOF:
            return self.put(*offer_proof(case, actor, dossier, correction=one, proof=WHY, now=now))
        if action is Action.VERIFY_CORRECTION:
            return self.put(
                *verify_correction(
                    case, actor, dossier, correction=one, accepted=pick % 4 != 3, note=WHY, now=now
                )
            )
        assert action is Action.EXTEND_CORRECTION
        later = one.due + timedelta(days=pick % 30)
        return self.put(
            *extend_correction(case, actor, dossier, correction=one, due=later, reasons=WHY, now=now)
        )

    def put(self, correction: CorrectiveAction, event: Event) -> Event:
        others = tuple(one for one in self.play.dossier.corrections if one.id != correction.id)
        self.play.learn(corrections=(*others, correction))
        return event

    # -- what must hold

    def check(self, action: Action, actor: Actor, before: Case, event: Event) -> None:
        after = self.play.case
        self.seen[action] += 1
        self.seen[after.state] += 1
        line = next(one for one in TRANSITIONS if one.action is action and before.state in one.sources)
        assert (event.before, event.after) == (before.state, after.state)
        assert after.state in (line.targets or (before.state,))
        assert event.by == actor.person
        assert event.sentence
        same = ("id", "organisation", "standard", "opened_at", "kind", "cycle")
        assert all(getattr(before, name) == getattr(after, name) for name in same)
        if action not in {Action.SUBMIT, Action.RETRACT, Action.SURRENDER, Action.LODGE_APPEAL} | {
            Action.OPEN_CORRECTION,
            Action.OFFER_PROOF,
            Action.LAPSE,
        }:
            assert ORGANISATION not in actor.organisations
        if action in {Action.DECIDE, Action.DECLINE} | RULINGS:
            self.check_decision(action, actor, after)
        if action in {Action.UPHOLD, Action.OVERTURN, Action.SETTLE_REVIEW}:
            assert actor.person not in self.evaluated | self.decided
        if action is Action.SETTLE_REVIEW:
            assert actor.person not in self.heard
            self.decided.add(actor.person)
        if action is Action.CONVENE:
            assert after.appeal is not None
            self.heard |= after.appeal.panel
        if action is Action.ISSUE:
            assert self.certifying in {Outcome.CERTIFY, Outcome.CERTIFY_WITH_CONDITIONS}
        if action is Action.ASSIGN:
            self.evaluated |= after.team - before.team
            assert not after.team & self.decided
        evaluating = {Action.DESK_REVIEW, Action.JUDGE, Action.RECOMMEND, Action.VERIFY_CORRECTION}
        if action in evaluating or (action is Action.ACCEPT and Role.AUDITOR in actor.roles):
            self.evaluated.add(actor.person)

    def check_decision(self, action: Action, actor: Actor, after: Case) -> None:
        assert actor.person not in self.evaluated
        assert not self.tied(actor)
        decision = after.decision
        assert decision is not None
        assert decision.by == actor.person
        assert len(decision.reasons) >= 20
        if action is Action.DECIDE:
            assert actor.person not in self.decided
            assert set(self.play.dossier.findings) == {one.id for one in CRITERIA}
            assert not self.play.dossier.altered_evidence
            self.certifying = decision.outcome
        if action in {Action.CONFIRM, Action.REINSTATE} or after.state is State.DECIDED:
            assert not self.uncorrected_majors()
            for finding in self.play.dossier.findings.values():
                assert not self.tied(BY_PERSON[finding.by])
        self.decided.add(actor.person)

    def tied(self, actor: Actor) -> bool:
        today = self.play.now.date()
        return any(
            interest.kind is not InterestKind.TRADE
            or interest.until is None
            or (today - interest.until).days < 730
            for told in self.play.dossier.declarations
            for interest in told.interests
            if told.person == actor.person
        )

    def uncorrected_majors(self) -> list[str]:
        majors = [one for one in self.play.dossier.findings.values() if one.verdict is Verdict.MAJOR]
        verified = {one.criterion: one.opened_at for one in self.play.dossier.corrections if one.verified_by}
        return [one.criterion for one in majors if verified.get(one.criterion, NOW) < one.at]

    @invariant()
    def nobody_is_forgotten(self) -> None:
        assert self.play.case.evaluators | self.verifiers() >= self.evaluated
        assert self.play.case.deciders == self.decided
        assert self.play.case.panellists == self.heard
        assert not self.evaluated & self.decided
        assert not self.evaluated & self.heard
        assert not self.decided & self.heard

    def verifiers(self) -> set[UUID]:
        return {one.verified_by for one in self.play.dossier.corrections if one.verified_by}

    @invariant()
    def the_certificate_follows(self) -> None:
        case, certificate = self.play.case, self.play.certificate
        if case.state in {State.CERTIFIED, State.SURVEILLANCE, State.SUSPENDED}:
            assert certificate is not None
            assert self.certifying in {Outcome.CERTIFY, Outcome.CERTIFY_WITH_CONDITIONS}
        if certificate is not None and case.state in {State.CERTIFIED, State.SUSPENDED}:
            followed = follow(certificate, case)
            shown = public_state(case, followed, self.play.now)
            over = self.play.now.date() > certificate.valid_until
            held = "demoted" if over and case.state is State.CERTIFIED else "guaranteed"
            assert shown == ("suspended" if case.state is State.SUSPENDED else held)


MADE_UP = CorrectiveAction(
    id=UUID(int=999),
    criterion="1.1",
    cause=WHY,
    correction=WHY,
    due=NOW.date(),
    opened_by=MAKER.person,
    opened_at=NOW,
    proof=WHY,
)


def test_no_order_of_actions_gets_around_independence_or_order() -> None:
    """At least 10,000 attempts, and enough of them succeed, so that what holds does not hold for nothing."""
    Road.seen.clear()
    run_state_machine_as_test(
        Road,
        settings=settings(
            max_examples=500,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Road.seen["attempts"] > 10_000
    often = {Action.DECIDE, Action.ISSUE, Action.SUSPEND, Action.REINSTATE, Action.CONVENE, Action.CONFIRM}
    assert {action for action in often if Road.seen[action] < 5} == set()
