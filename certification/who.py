"""Who may act: the roles of the road, each with its test on the person and the case."""

from collections.abc import Callable
from dataclasses import dataclass

from certification.case import Situation
from certification.independence import BelongsToOrganisation, Role, not_independent
from certification.refusal import Refusal


class WrongRole(Refusal):
    code = "not-your-role"
    template = "This is for {allowed}."


class NotForThisOrganisation(Refusal):
    code = "not-your-organisation"
    template = "You do not act for the organisation of this case."


class NotOnTeam(Refusal):
    code = "not-on-team"
    template = "You are not assigned to this case."


class NotLead(Refusal):
    code = "not-lead"
    template = "Only the lead auditor of this case may do this."


class NotOnPanel(Refusal):
    code = "not-on-panel"
    template = "You are not on the panel that was convened for this appeal."


@dataclass(frozen=True, kw_only=True)
class Who:
    """A role in the eyes of a transition. `check` is asked only of those who have one of `roles`."""

    title: str
    roles: frozenset[Role]
    check: Callable[[Situation], Refusal | None]


def _acts_for_organisation(at: Situation) -> Refusal | None:
    return None if at.case.organisation in at.actor.organisations else NotForThisOrganisation()


def _is_outside(at: Situation) -> Refusal | None:
    return BelongsToOrganisation() if at.case.organisation in at.actor.organisations else None


def _is_independent(at: Situation) -> Refusal | None:
    return not_independent(at.actor, at.case.organisation, at.dossier.declarations, at.now.date(), at.rules)


def _is_on_team(at: Situation) -> Refusal | None:
    return _is_independent(at) if at.actor.person in at.case.team else NotOnTeam()


def _is_lead(at: Situation) -> Refusal | None:
    return _is_independent(at) if at.actor.person == at.case.lead else NotLead()


def _is_on_panel(at: Situation) -> Refusal | None:
    if at.case.appeal is None or at.actor.person not in at.case.appeal.panel:
        return NotOnPanel()
    return _is_independent(at)


APPLICANT = Who(title="the organisation", roles=frozenset({Role.APPLICANT}), check=_acts_for_organisation)
AUDITOR = Who(title="an auditor", roles=frozenset({Role.AUDITOR}), check=_is_independent)
TEAM = Who(
    title="the assigned auditors and peers", roles=frozenset({Role.AUDITOR, Role.PEER}), check=_is_on_team
)
TEAM_AUDITOR = Who(title="the assigned auditors", roles=frozenset({Role.AUDITOR}), check=_is_on_team)
LEAD = Who(title="the lead auditor", roles=frozenset({Role.AUDITOR}), check=_is_lead)
MANAGER = Who(title="a scheme manager", roles=frozenset({Role.SCHEME_MANAGER}), check=_is_outside)
DECIDER = Who(title="a decision maker", roles=frozenset({Role.DECISION_MAKER}), check=_is_independent)
PANELLIST = Who(
    title="a member of the appeal panel", roles=frozenset({Role.APPEAL_PANEL}), check=_is_independent
)
PANEL = Who(title="the convened panel", roles=frozenset({Role.APPEAL_PANEL}), check=_is_on_panel)
STAFF = Who(
    title="everybody who works for the programme",
    roles=frozenset({Role.AUDITOR, Role.PEER, Role.DECISION_MAKER, Role.SCHEME_MANAGER, Role.APPEAL_PANEL}),
    check=_is_outside,
)
SYSTEM = Who(title="the platform itself", roles=frozenset({Role.SYSTEM}), check=_is_outside)


def refusal_of(allowed: tuple[Who, ...], at: Situation) -> Refusal | None:
    """None if the actor is one of those allowed; else the reason of the role that comes nearest."""
    nearest: Refusal | None = None
    for who in allowed:
        if not who.roles & at.actor.roles:
            continue
        refusal = who.check(at)
        if refusal is None:
            return None
        nearest = nearest or refusal
    return nearest or WrongRole(allowed=tuple(who.title for who in allowed))
