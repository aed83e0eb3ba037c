"""Actions of those who decide: on a certificate, on what becomes of it, and on a conflict found later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from certification.case import Action, Case, Decision, Dossier, Event, Outcome, Situation, State
from certification.certificate import (
    Certificate,
    CertificateStatus,
    Scope,
    certificate_number,
    last_day,
)
from certification.conditions import no_open_major
from certification.evaluation import FAVOURABLE, OutcomeNotOpen, outcomes
from certification.independence import Actor, Declaration, counting_interests
from certification.refusal import Fact, Refusal
from certification.risk import Risk
from certification.road import Permission, may, move, need
from certification.rules import RULES, Rules, need_words


class ConditionsWanted(Refusal):
    code = "conditions-wanted"
    template = "To certify with conditions, state at least one. To certify without, choose certify."


class NoConditions(Refusal):
    code = "conditions-not-here"
    template = "Conditions belong to the decision to certify with conditions."


class NoPart(Refusal):
    code = "conflict-no-part"
    template = "This person neither evaluated nor decided in this case, nor was on a panel of it."


class NoConflict(Refusal):
    code = "conflict-none"
    template = "This declaration states no interest in the organisation of the case that still counts."


def decision_options(
    case: Case, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> dict[Outcome, Permission]:
    """What this person can decide on a recommended case, and what stands in the way."""
    permission = may(case, Action.DECIDE, actor, dossier, now=now, rules=rules)
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return {
        outcome: Permission(
            action=Action.DECIDE,
            refusal=permission.refusal or (no_open_major(at) if outcome in FAVOURABLE else None),
        )
        for outcome in outcomes(State.RECOMMENDED)
    }


def decide(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    outcome: Outcome,
    reasons: str,
    now: datetime,
    conditions: Sequence[str] = (),
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """The decision on a recommendation. It may differ from it."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.DECIDE, at)
    possible = outcomes(State.RECOMMENDED)
    if outcome not in possible:
        raise OutcomeNotOpen(outcome=outcome, possible=tuple(one.value for one in possible))
    refusal = no_open_major(at) if outcome in FAVOURABLE else None
    if refusal:
        raise refusal
    said = need_words(reasons, rules)
    if outcome is not Outcome.CERTIFY_WITH_CONDITIONS and conditions:
        raise NoConditions
    if outcome is Outcome.CERTIFY_WITH_CONDITIONS and not conditions:
        raise ConditionsWanted
    decision = Decision(
        outcome=outcome,
        by=actor.person,
        at=now,
        reasons=said,
        before=case.state,
        conditions=tuple(need_words(one, rules) for one in conditions),
    )
    return move(
        Action.DECIDE,
        at,
        {"outcome": outcome, "reasons": said, "conditions": decision.conditions},
        to=State.REFUSED if outcome is Outcome.REFUSE else State.DECIDED,
        decision=decision,
        deciders=case.deciders | {actor.person},
    )


def issue(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    sequence: int,
    scope: Scope,
    risk: Risk,
    valid_from: date,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Certificate, Event]:
    """The certificate of a favourable decision.

    `sequence` is the caller's next number of the year of `now`; `risk` sets for how long it holds.
    """
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.ISSUE, at)
    certificate = Certificate(
        number=certificate_number(now.year, sequence),
        case=case.id,
        organisation=case.organisation,
        standard=case.standard,
        scope=scope,
        valid_from=valid_from,
        valid_until=last_day(valid_from, risk.cycle_years),
    )
    after, event = move(
        Action.ISSUE,
        at,
        {
            "number": certificate.number,
            "valid_from": certificate.valid_from.isoformat(),
            "valid_until": certificate.valid_until.isoformat(),
        },
    )
    return after, certificate, event


def _rule_on(action: Action, outcome: Outcome, at: Situation, reasons: str) -> tuple[Case, Event]:
    need(action, at)
    said = need_words(reasons, at.rules)
    person = at.actor.person
    decision = Decision(outcome=outcome, by=person, at=at.now, reasons=said, before=at.case.state)
    return move(action, at, {"reasons": said}, decision=decision, deciders=at.case.deciders | {person})


def confirm(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """The certificate goes on after surveillance."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return _rule_on(Action.CONFIRM, Outcome.CONFIRM, at, reasons)


def suspend(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return _rule_on(Action.SUSPEND, Outcome.SUSPEND, at, reasons)


def reinstate(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return _rule_on(Action.REINSTATE, Outcome.REINSTATE, at, reasons)


def withdraw(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return _rule_on(Action.WITHDRAW, Outcome.WITHDRAW, at, reasons)


def surrender(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """The organisation gives its certificate up."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.SURRENDER, at)
    return move(Action.SURRENDER, at, {"reasons": need_words(reasons, rules)})


def retract(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """The organisation takes its application back."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.RETRACT, at)
    return move(Action.RETRACT, at, {"reasons": need_words(reasons, rules)})


def lapse(
    case: Case, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """The certificate has run out, or a newer one took its place."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return move(Action.LAPSE, at, {"renewed_by": dossier.renewed_by})


_STATUS = {
    State.CERTIFIED: CertificateStatus.ACTIVE,
    State.SURVEILLANCE: CertificateStatus.ACTIVE,
    State.SUSPENDED: CertificateStatus.SUSPENDED,
    State.WITHDRAWN: CertificateStatus.WITHDRAWN,
    State.LAPSED: CertificateStatus.EXPIRED,
}


class NotItsCase(Refusal):
    code = "certificate-other-case"
    template = "Certificate {number} was not issued in this case, or the case is not that far."


def follow(certificate: Certificate, case: Case) -> Certificate:
    """The certificate with the status that the state of its case gives it; call it after each action."""
    if certificate.case != case.id or case.state not in _STATUS:
        raise NotItsCase(number=certificate.number)
    return certificate.with_status(_STATUS[case.state])


def report_conflict(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    declaration: Declaration,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """Marks a decision for review because somebody who took part had an interest; keep the declaration."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.REPORT_CONFLICT, at)
    if declaration.person not in case.evaluators | case.deciders | case.panellists:
        raise NoPart
    interests = counting_interests(declaration.person, case.organisation, (declaration,), now.date(), rules)
    if not interests:
        raise NoConflict
    facts: dict[str, Fact] = {"person": str(declaration.person), "interests": interests}
    return move(Action.REPORT_CONFLICT, at, facts, under_review=True)


class NothingToRepeat(Refusal):
    code = "review-nothing-to-repeat"
    template = "While the case is {state} there is no evaluation to repeat: say whether the decision stands."


_REPEATED_IN = {
    State.CERTIFIED: State.SURVEILLANCE,
    State.SURVEILLANCE: State.SURVEILLANCE,
    State.DECIDED: State.DESK_REVIEWED,
    State.REFUSED: State.DESK_REVIEWED,
}


def settle_review(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    repeat: bool,
    reasons: str,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """Whether what was decided stands, or the evaluation is repeated by others.

    A certificate stays in force meanwhile, under surveillance. One that is suspended, withdrawn or over
    has its own ways back.
    """
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.SETTLE_REVIEW, at)
    said = need_words(reasons, rules)
    to = case.state
    if repeat:
        if case.state not in _REPEATED_IN:
            raise NothingToRepeat(state=case.state)
        to = _REPEATED_IN[case.state]
    after, event = move(
        Action.SETTLE_REVIEW,
        at,
        {"result": "repeat the evaluation" if repeat else "the decision stands", "reasons": said},
        to=to,
        under_review=False,
        deciders=case.deciders | {actor.person},
    )
    return (replace(after, plan=None, recommendation=None) if repeat else after), event
