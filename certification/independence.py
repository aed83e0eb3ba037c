"""Who may act on a case: roles, declared interests, rotation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from certification.calendar import add_months
from certification.refusal import Refusal
from certification.rules import InterestKind, Rules


class Role(StrEnum):
    APPLICANT = "applicant"
    AUDITOR = "auditor"
    PEER = "peer"
    DECISION_MAKER = "decision_maker"
    SCHEME_MANAGER = "scheme_manager"
    APPEAL_PANEL = "appeal_panel"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody who acts. `organisations`: all that the person works for, owns or is a member of."""

    person: UUID
    roles: frozenset[Role]
    organisations: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Interest:
    """What ties a person to an organisation. `until` None: it goes on."""

    kind: InterestKind
    until: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A person's statement about one organisation; no interests means that there are none."""

    person: UUID
    organisation: UUID
    at: datetime
    interests: tuple[Interest, ...] = ()


class BelongsToOrganisation(Refusal):
    code = "independence-own-organisation"
    template = "This person belongs to the organisation and may not judge it."


class Conflict(Refusal):
    code = "independence-conflict"
    template = "This person declared an interest in the organisation ({interests}) and may not judge it."


class NotDeclared(Refusal):
    code = "independence-not-declared"
    template = "This person has not yet declared whether they have an interest in the organisation."


class TooManyCycles(Refusal):
    code = "independence-rotation"
    template = (
        "This person led the last {cycles} cycles of this organisation; somebody else must lead this one."
    )


def counting_interests(
    person: UUID, organisation: UUID, declarations: Iterable[Declaration], on: date, rules: Rules
) -> tuple[InterestKind, ...]:
    """The kinds of interest that still count on a day, in the order of the list of kinds."""
    found: set[InterestKind] = set()
    for declaration in declarations:
        if declaration.person != person or declaration.organisation != organisation:
            continue
        for interest in declaration.interests:
            years = rules.interest_years[interest.kind]
            if interest.until is None or years is None or interest.until > add_months(on, -12 * years):
                found.add(interest.kind)
    return tuple(kind for kind in InterestKind if kind in found)


def not_independent(
    actor: Actor, organisation: UUID, declarations: Iterable[Declaration], on: date, rules: Rules
) -> Refusal | None:
    """Why a person may not judge an organisation, from what is known of both."""
    if organisation in actor.organisations:
        return BelongsToOrganisation()
    interests = counting_interests(actor.person, organisation, declarations, on, rules)
    return Conflict(interests=interests) if interests else None


def may_not_be_assigned(
    actor: Actor,
    organisation: UUID,
    declarations: Sequence[Declaration],
    *,
    past_leads: Sequence[UUID],
    on: date,
    rules: Rules,
    lead: bool,
) -> Refusal | None:
    """Why an auditor or peer may not be assigned. `past_leads` are of earlier cycles, newest first."""
    tie = not_independent(actor, organisation, declarations, on, rules)
    if tie:
        return tie
    if all(one.person != actor.person or one.organisation != organisation for one in declarations):
        return NotDeclared()
    recent = past_leads[: rules.consecutive_cycles]
    if lead and len(recent) == rules.consecutive_cycles and set(recent) == {actor.person}:
        return TooManyCycles(cycles=rules.consecutive_cycles)
    return None
