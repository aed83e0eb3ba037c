"""Limits and deadlines that a scheme may set otherwise, in one versioned value.

No public deadline of another scheme was found for appeals; these are this scheme's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from certification.refusal import Refusal


class InterestKind(StrEnum):
    EMPLOYMENT = "employment"
    OWNERSHIP = "ownership"
    TRADE = "trade"
    CONSULTANCY = "consultancy"
    KINSHIP = "kinship"


class RulesFault(Refusal):
    code = "rules-fault"
    template = "{name} must be at least {least}; {value} was given."


def _interest_years() -> Mapping[InterestKind, int | None]:
    return MappingProxyType({kind: 2 if kind is InterestKind.TRADE else None for kind in InterestKind})


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`interest_years`: for how long an interest that has ended still counts; None means for ever.

    `consecutive_cycles`: how many cycles running one lead auditor may lead for one organisation.
    `appeal_days` and `correction_days` count calendar days; `reasons_length` counts characters.
    """

    version: str = "2026.1"
    reasons_length: int = 20
    consecutive_cycles: int = 2
    appeal_days: int = 30
    panel_size: int = 1
    correction_days: int = 365
    interest_years: Mapping[InterestKind, int | None] = field(default_factory=_interest_years)

    def __post_init__(self) -> None:
        for name in ("reasons_length", "consecutive_cycles", "appeal_days", "panel_size", "correction_days"):
            value = getattr(self, name)
            if value < 1:
                raise RulesFault(name=name, least=1, value=value)


RULES = Rules()


class ReasonsTooShort(Refusal):
    code = "reasons-too-short"
    template = "Say why, in at least {least} characters. {given} were given."


def need_words(words: str, rules: Rules) -> str:
    """The words without the space around them; refused when they say too little."""
    said = " ".join(words.split())
    if len(said) < rules.reasons_length:
        raise ReasonsTooShort(least=rules.reasons_length, given=len(said))
    return words.strip()
