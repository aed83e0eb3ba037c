"""Moves a case along the table of transitions, or says why not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from certification.case import Action, Case, Dossier, Event, Situation, State
from certification.independence import Actor
from certification.refusal import Fact, Refusal
from certification.rules import RULES, Rules
from certification.transitions import TRANSITIONS, Transition
from certification.who import refusal_of


class NotFromHere(Refusal):
    code = "not-from-this-state"
    template = "This cannot be done at this step of the case: {state}."


def row(action: Action, state: State | None) -> Transition | None:
    """The row of an action from a state; None begins a case."""
    for transition in TRANSITIONS:
        if transition.action is action and (
            state in transition.sources or (state is None and not transition.sources)
        ):
            return transition
    return None


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Whether a button may be pressed; when not, the refusal that takes its place."""

    action: Action
    refusal: Refusal | None

    def __bool__(self) -> bool:
        return self.refusal is None

    @property
    def reason(self) -> str:
        return self.refusal.sentence if self.refusal else ""

    @property
    def code(self) -> str:
        return self.refusal.code if self.refusal else ""


def _refusal(action: Action, at: Situation, state: State | None) -> tuple[Transition | None, Refusal | None]:
    transition = row(action, state)
    if transition is None:
        return None, NotFromHere(state=at.case.state)
    refusal = refusal_of(transition.allowed, at)
    for condition in transition.conditions:
        refusal = refusal or condition.check(at)
    return transition, refusal


def may(
    case: Case, action: Action, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> Permission:
    """Whether this person may do this now, before anything is filled in."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    return Permission(action=action, refusal=_refusal(action, at, case.state)[1])


def permissions(
    case: Case, actor: Actor, dossier: Dossier, *, now: datetime, rules: Rules = RULES
) -> dict[Action, Permission]:
    """Each action that leads on from the case's state, with whether this person may take it."""
    return {
        action: may(case, action, actor, dossier, now=now, rules=rules)
        for action in Action
        if row(action, case.state)
    }


def need(action: Action, at: Situation) -> None:
    """Refuses unless the table allows the action; called before what was filled in is looked at."""
    _, refusal = _refusal(action, at, at.case.state)
    if refusal:
        raise refusal


def begin(at: Situation, facts: Mapping[str, Fact]) -> tuple[Case, Event]:
    """The first step, which makes the case."""
    transition, refusal = _refusal(Action.APPLY, at, None)
    if refusal:
        raise refusal
    assert transition is not None
    return at.case, _event(transition, at, None, at.case, facts)


def move(
    action: Action, at: Situation, facts: Mapping[str, Fact], *, to: State | None = None, **changes: Any
) -> tuple[Case, Event]:
    """The case after an action, with its line for the history; raises the refusal of the table.

    `to` chooses among several targets. `changes` are fields of the case.
    """
    transition, refusal = _refusal(action, at, at.case.state)
    if refusal:
        raise refusal
    assert transition is not None
    target = to or (transition.targets[0] if transition.targets else at.case.state)
    assert target in (transition.targets or (at.case.state,))
    after = replace(at.case, state=target, **changes)
    return after, _event(transition, at, at.case.state, after, facts)


def _event(
    transition: Transition, at: Situation, before: State | None, after: Case, facts: Mapping[str, Fact]
) -> Event:
    return Event(
        case=after.id,
        action=transition.action,
        by=at.actor.person,
        at=at.now,
        before=before,
        after=after.state,
        template=transition.writes,
        facts=dict(facts),
    )
