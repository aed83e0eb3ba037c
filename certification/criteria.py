"""A standard: principles and criteria, versioned, read from a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from certification.calendar import add_months
from certification.profile import AppliesTo, Profile
from certification.refusal import Refusal


class Level(StrEnum):
    """When a criterion must be met: before certification, within months of joining, or worked towards."""

    ENTRY = "entry"
    WITHIN = "within"
    IMPROVEMENT = "improvement"


@dataclass(frozen=True, kw_only=True)
class Principle:
    number: int
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One thing that is judged.

    `months` is set for `Level.WITHIN` alone. `weight` is 1 to 3. `not_applicable_when` says when an
    organisation may answer "not applicable"; empty means never.
    """

    id: str
    principle: int
    text: str
    why: str
    level: Level
    months: int | None
    applies_to: AppliesTo
    evidence: tuple[str, ...]
    verify: str
    weight: int
    not_applicable_when: str

    def due(self, in_scheme_since: date | None) -> date | None:
        """The day from which it must be met: None for entry and improvement criteria, or if not yet in."""
        if self.months is None or in_scheme_since is None:
            return None
        return add_months(in_scheme_since, self.months)


class UnknownCriterion(Refusal):
    code = "criterion-unknown"
    template = "Criterion {criterion} is not in the standard {standard}."


class UnknownStandard(Refusal):
    code = "standard-unknown"
    template = "There is no standard {standard}. Known are: {known}."


class NoStandardInForce(Refusal):
    code = "standard-none-in-force"
    template = "No version of the standard {scheme} is in force on {on}."


@dataclass(frozen=True, kw_only=True)
class Standard:
    """`key` is `scheme-version`. `transition_months`: how long the replaced version may still be chosen."""

    scheme: str
    version: str
    title: str
    notice: str
    effective: date
    transition_months: int
    replaces: str | None
    principles: tuple[Principle, ...]
    criteria: tuple[Criterion, ...]

    @property
    def key(self) -> str:
        return f"{self.scheme}-{self.version}"

    @property
    def transition_ends(self) -> date:
        """The first day on which the replaced version can no longer be chosen."""
        return add_months(self.effective, self.transition_months)

    def criterion(self, criterion_id: str) -> Criterion:
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        raise UnknownCriterion(criterion=criterion_id, standard=self.key)

    def of_principle(self, number: int) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.principle == number)


def applicable(standard: Standard, profile: Profile) -> tuple[Criterion, ...]:
    """The criteria that this organisation is judged on, in the order of the standard."""
    return tuple(criterion for criterion in standard.criteria if criterion.applies_to.covers(profile))


@cache
def standards() -> tuple[Standard, ...]:
    """The standards that come with the program, by scheme and effective date."""
    from certification.standard_file import load_standard

    folder = files("certification") / "standards"
    loaded = [
        load_standard(entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return tuple(sorted(loaded, key=lambda one: (one.scheme, one.effective)))


def standard(key: str) -> Standard:
    for one in standards():
        if one.key == key:
            return one
    raise UnknownStandard(standard=key, known=tuple(one.key for one in standards()))


def choices(
    on: date, scheme: str = "fairhaul", known: Sequence[Standard] | None = None
) -> tuple[Standard, ...]:
    """What a new case may begin with on a day, newest first.

    That is the newest version in force, and the one that it replaces while the transition lasts. A case
    that has begun stays on its version.
    """
    in_force = sorted(
        (
            one
            for one in (standards() if known is None else known)
            if one.scheme == scheme and one.effective <= on
        ),
        key=lambda one: one.effective,
        reverse=True,
    )
    if not in_force:
        raise NoStandardInForce(scheme=scheme, on=on.isoformat())
    newest = in_force[0]
    replaced = [one for one in in_force[1:] if one.version == newest.replaces and on < newest.transition_ends]
    return (newest, *replaced)


def standard_for(on: date, scheme: str = "fairhaul", known: Sequence[Standard] | None = None) -> Standard:
    """The version that a new case begins with unless it asks for the one being replaced."""
    return choices(on, scheme, known)[0]
