"""Actions from the application to the auditor's recommendation."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from certification.case import (
    Action,
    AuditPlan,
    Case,
    CaseKind,
    Decision,
    Dossier,
    Event,
    Outcome,
    Recommendation,
    Situation,
    State,
)
from certification.conditions import no_open_major
from certification.findings import Finding, Verdict, make_finding
from certification.independence import Actor, Role, may_not_be_assigned
from certification.refusal import Fact, Refusal
from certification.road import begin, move, need
from certification.rules import RULES, Rules, need_words


class NotAnAuditor(Refusal):
    code = "assign-not-an-auditor"
    template = "Only an auditor can lead, and only auditors and peers can be on a team."


class AssigneeDecided(Refusal):
    code = "assign-decided"
    template = "This person took a decision in this case and may not evaluate it."


class AssigneeOnPanel(Refusal):
    code = "assign-on-panel"
    template = "This person sat on an appeal panel of this case and may not evaluate it."


class NotAssigned(Refusal):
    code = "release-not-assigned"
    template = "This person is not on the team."


class OutcomeNotOpen(Refusal):
    code = "outcome-not-open"
    template = "{outcome} is not a possible outcome here. Possible are: {possible}."


def apply(
    actor: Actor,
    dossier: Dossier,
    *,
    id: UUID,  # noqa: A002 - the case's own id, as in `Case(id=...)`
    organisation: UUID,
    standard: str,
    now: datetime,
    kind: CaseKind = CaseKind.INITIAL,
    cycle: int = 1,
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """Begins a case, or with `kind` renewal and the next `cycle` a renewal; it stays on this standard."""
    case = Case(id=id, organisation=organisation, standard=standard, opened_at=now, kind=kind, cycle=cycle)
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return begin(at, {"standard": standard, "cycle": cycle})


def accept(
    case: Case, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """An auditor who accepts has begun to evaluate, and cannot decide later."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    evaluates = Role.AUDITOR in actor.roles
    evaluators = case.evaluators | {actor.person} if evaluates else case.evaluators
    return move(Action.ACCEPT, at, {}, evaluators=evaluators)


def decline(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.DECLINE, at)
    said = need_words(reasons, rules)
    decision = Decision(outcome=Outcome.REFUSE, by=actor.person, at=now, reasons=said, before=case.state)
    return move(
        Action.DECLINE, at, {"reasons": said}, decision=decision, deciders=case.deciders | {actor.person}
    )


def submit(
    case: Case, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return move(Action.SUBMIT, at, {"answers": len(dossier.criteria)})


def reopen(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.REOPEN, at)
    return move(Action.REOPEN, at, {"reasons": need_words(reasons, rules)})


def assign(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    person: Actor,
    lead: bool,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """Puts an auditor or a peer on the team, as lead in place of the lead before."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.ASSIGN, at)
    if not person.roles & ({Role.AUDITOR} if lead else {Role.AUDITOR, Role.PEER}):
        raise NotAnAuditor
    if person.person in case.deciders:
        raise AssigneeDecided
    if person.person in case.panellists:
        raise AssigneeOnPanel
    refusal = may_not_be_assigned(
        person,
        case.organisation,
        dossier.declarations,
        past_leads=dossier.past_leads,
        on=now.date(),
        rules=rules,
        lead=lead,
    )
    if refusal:
        raise refusal
    new_lead = person.person if lead else (None if case.lead == person.person else case.lead)
    return move(
        Action.ASSIGN,
        at,
        {"person": str(person.person), "part": "Lead auditor" if lead else "Team member"},
        team=case.team | {person.person},
        lead=new_lead,
        evaluators=case.evaluators | {person.person},
    )


def release(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    person: UUID,
    reasons: str,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """Takes somebody off the team; that they took part stays on record."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.RELEASE, at)
    if person not in case.team:
        raise NotAssigned
    return move(
        Action.RELEASE,
        at,
        {"person": str(person), "reasons": need_words(reasons, rules)},
        team=case.team - {person},
        lead=None if case.lead == person else case.lead,
    )


def desk_review(
    case: Case, actor: Actor, dossier: Dossier, *, summary: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.DESK_REVIEW, at)
    return move(
        Action.DESK_REVIEW,
        at,
        {"summary": need_words(summary, rules)},
        evaluators=case.evaluators | {actor.person},
    )


def _plan_facts(plan: AuditPlan) -> dict[str, Fact]:
    return {
        "kind": plan.kind,
        "starts": plan.starts.isoformat(),
        "ends": plan.ends.isoformat(),
        "sampled": sum(len(each.chosen) for each in (plan.sample, plan.members) if each),
        "seed": next((each.seed for each in (plan.sample, plan.members) if each), "-"),
    }


def plan_audit(
    case: Case, actor: Actor, dossier: Dossier, *, plan: AuditPlan, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return move(Action.PLAN_AUDIT, at, _plan_facts(plan), plan=plan)


def plan_surveillance(
    case: Case, actor: Actor, dossier: Dossier, *, plan: AuditPlan, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """Begins a look at a certified organisation, of any kind; the report on an earlier look is gone."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return move(Action.PLAN_SURVEILLANCE, at, _plan_facts(plan), plan=plan, recommendation=None)


def judge(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    criterion: str,
    verdict: Verdict,
    facts: str,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Finding, Event]:
    """A finding on one criterion; it takes the place of the one before."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.JUDGE, at)
    finding = make_finding(
        dossier.criteria,
        criterion=criterion,
        verdict=verdict,
        facts=facts,
        by=actor.person,
        now=now,
        in_scheme_since=dossier.in_scheme_since,
        standard_key=case.standard,
        rules=rules,
    )
    after, event = move(
        Action.JUDGE,
        at,
        {"criterion": criterion, "verdict": verdict},
        evaluators=case.evaluators | {actor.person},
    )
    return after, finding, event


def conclude_audit(
    case: Case, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    given = [finding.verdict for finding in dossier.findings.values()]
    facts = {"majors": given.count(Verdict.MAJOR), "minors": given.count(Verdict.MINOR)}
    return move(Action.CONCLUDE_AUDIT, at, facts)


def request_corrections(
    case: Case, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return move(Action.REQUEST_CORRECTIONS, at, {"count": len(dossier.corrections)})


def outcomes(state: State) -> Sequence[Outcome]:
    """What can be recommended from a state."""
    if state is State.SURVEILLANCE:
        return (Outcome.CONFIRM, Outcome.SUSPEND, Outcome.WITHDRAW)
    return (Outcome.CERTIFY, Outcome.CERTIFY_WITH_CONDITIONS, Outcome.REFUSE)


FAVOURABLE = frozenset({Outcome.CERTIFY, Outcome.CERTIFY_WITH_CONDITIONS, Outcome.CONFIRM, Outcome.REINSTATE})


def recommend(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    outcome: Outcome,
    reasons: str,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """The lead auditor's word to whoever decides; never a favourable one over an open major."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.RECOMMEND, at)
    possible = outcomes(case.state)
    if outcome not in possible:
        raise OutcomeNotOpen(outcome=outcome, possible=tuple(one.value for one in possible))
    refusal = no_open_major(at) if outcome in FAVOURABLE else None
    if refusal:
        raise refusal
    said = need_words(reasons, rules)
    return move(
        Action.RECOMMEND,
        at,
        {"outcome": outcome, "reasons": said},
        recommendation=Recommendation(outcome=outcome, by=actor.person, at=now, reasons=said),
        evaluators=case.evaluators | {actor.person},
    )


def send_back(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """Back to before the audit, with questions. It decides nothing."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.SEND_BACK, at)
    return move(Action.SEND_BACK, at, {"reasons": need_words(reasons, rules)}, plan=None, recommendation=None)
