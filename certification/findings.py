"""Verdicts on criteria: which are open to an auditor, and what they add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from certification.criteria import Criterion, Level, Standard, UnknownCriterion
from certification.refusal import Refusal
from certification.rules import Rules, need_words


class Verdict(StrEnum):
    CONFORMITY = "conformity"
    IMPROVEMENT = "improvement"
    MINOR = "minor"
    MAJOR = "major"
    NOT_APPLICABLE = "not_applicable"


NONCONFORMITIES = frozenset({Verdict.MINOR, Verdict.MAJOR})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The latest verdict on one criterion of a case, and the facts that it rests on."""

    criterion: str
    verdict: Verdict
    facts: str
    by: UUID
    at: datetime


class VerdictNotOpen(Refusal):
    code = "verdict-not-open"
    template = (
        "{verdict} is not a possible verdict on criterion {criterion} ({level}). Possible are: {possible}."
    )


def verdicts(criterion: Criterion, in_scheme_since: date | None, on: date) -> tuple[Verdict, ...]:
    """The verdicts that an auditor may choose from.

    An unmet entry criterion is always major; an improvement criterion is never a nonconformity; one that
    is not due yet (months after acceptance) is never major. "Not applicable" needs the standard's leave.
    """
    if criterion.level is Level.ENTRY:
        worst: tuple[Verdict, ...] = (Verdict.MAJOR,)
    elif criterion.level is Level.IMPROVEMENT:
        worst = ()
    else:
        due = criterion.due(in_scheme_since)
        worst = (Verdict.MINOR,) if due is None or on < due else (Verdict.MINOR, Verdict.MAJOR)
    leave = (Verdict.NOT_APPLICABLE,) if criterion.not_applicable_when else ()
    return (Verdict.CONFORMITY, Verdict.IMPROVEMENT, *worst, *leave)


def make_finding(
    criteria: Sequence[Criterion],
    *,
    criterion: str,
    verdict: Verdict,
    facts: str,
    by: UUID,
    now: datetime,
    in_scheme_since: date | None,
    standard_key: str,
    rules: Rules,
) -> Finding:
    """A finding that the standard allows. Facts are wanted for each verdict but plain conformity."""
    judged = next((one for one in criteria if one.id == criterion), None)
    if judged is None:
        raise UnknownCriterion(criterion=criterion, standard=standard_key)
    possible = verdicts(judged, in_scheme_since, now.date())
    if verdict not in possible:
        raise VerdictNotOpen(
            verdict=verdict,
            criterion=criterion,
            level=judged.level,
            possible=tuple(one.value for one in possible),
        )
    said = facts.strip() if verdict is Verdict.CONFORMITY else need_words(facts, rules)
    return Finding(criterion=criterion, verdict=verdict, facts=said, by=by, at=now)


def not_judged(criteria: Sequence[Criterion], findings: Mapping[str, Finding]) -> tuple[str, ...]:
    return tuple(criterion.id for criterion in criteria if criterion.id not in findings)


@dataclass(frozen=True, kw_only=True)
class PrincipleSummary:
    """How many criteria of a principle have which verdict; fit to be shown in public."""

    principle: int
    title: str
    counts: Mapping[Verdict, int]
    not_judged: int


def findings_summary(
    standard: Standard, criteria: Sequence[Criterion], findings: Mapping[str, Finding]
) -> tuple[PrincipleSummary, ...]:
    """One line a principle of the standard."""
    lines = []
    for principle in standard.principles:
        ids = [criterion.id for criterion in criteria if criterion.principle == principle.number]
        given = [findings[one].verdict for one in ids if one in findings]
        lines.append(
            PrincipleSummary(
                principle=principle.number,
                title=principle.title,
                counts={verdict: given.count(verdict) for verdict in Verdict},
                not_judged=len(ids) - len(given),
            )
        )
    return tuple(lines)
