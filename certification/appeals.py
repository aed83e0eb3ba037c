"""Appeals: a third group, which took no part in evaluation or decision, looks again."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from certification.case import Action, Appeal, Case, Dossier, Event, Outcome, Situation, State, took_part
from certification.independence import Actor, Role, not_independent
from certification.refusal import Refusal
from certification.road import move, need
from certification.rules import RULES, Rules, need_words


class PanelTooSmall(Refusal):
    code = "panel-too-small"
    template = "An appeal panel has at least {least} members; {given} were named."


class PanelNotIndependent(Refusal):
    code = "panel-not-independent"
    template = (
        "{count} of those named took part in the evaluation or a decision, belong to the organisation, "
        "declared an interest in it or are not on the list for panels."
    )


def lodge_appeal(
    case: Case, actor: Actor, dossier: Dossier, *, grounds: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """The organisation appeals against the last decision, which holds until the appeal is settled."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.LODGE_APPEAL, at)
    said = need_words(grounds, rules)
    assert case.decision is not None
    appeal = Appeal(decision=case.decision, by=actor.person, at=now, grounds=said)
    facts = {"outcome": case.decision.outcome, "grounds": said}
    return move(Action.LODGE_APPEAL, at, facts, appeal=appeal)


def convene(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    panel: Iterable[Actor],
    now: datetime,
    rules: Rules = RULES,
) -> tuple[Case, Event]:
    """Names the panel; naming another one takes its place."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.CONVENE, at)
    members = {member.person: member for member in panel}
    if len(members) < rules.panel_size:
        raise PanelTooSmall(least=rules.panel_size, given=len(members))
    involved = took_part(case, dossier) | case.deciders
    unfit = [
        person
        for person, member in members.items()
        if person in involved
        or Role.APPEAL_PANEL not in member.roles
        or not_independent(member, case.organisation, dossier.declarations, now.date(), rules)
    ]
    if unfit:
        raise PanelNotIndependent(count=len(unfit))
    assert case.appeal is not None
    appeal = replace(case.appeal, panel=frozenset(members))
    panellists = case.panellists | frozenset(members)
    return move(Action.CONVENE, at, {"count": len(members)}, appeal=appeal, panellists=panellists)


def uphold(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """The decision stands."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.UPHOLD, at)
    assert case.appeal is not None
    appeal = replace(case.appeal, settled_at=now, upheld=True)
    return move(Action.UPHOLD, at, {"reasons": need_words(reasons, rules)}, appeal=appeal)


_LED_TO = {
    Outcome.REFUSE: State.REFUSED,
    Outcome.SUSPEND: State.SUSPENDED,
    Outcome.WITHDRAW: State.WITHDRAWN,
}


def overturn(
    case: Case, actor: Actor, dossier: Dossier, *, reasons: str, now: datetime, rules: Rules = RULES
) -> tuple[Case, Event]:
    """The decision falls: the case goes back to where it stood, if it is still where the decision put it.

    After a refusal somebody else decides anew; conditions are struck out.
    """
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.OVERTURN, at)
    assert case.appeal is not None
    fallen = case.appeal.decision
    to = fallen.before if _LED_TO.get(fallen.outcome) is case.state else case.state
    decision = case.decision
    if decision == fallen:
        decision = replace(fallen, overturned=True, conditions=())
    return move(
        Action.OVERTURN,
        at,
        {"reasons": need_words(reasons, rules)},
        to=to,
        appeal=replace(case.appeal, settled_at=now, upheld=False),
        decision=decision,
        under_review=False,
    )
