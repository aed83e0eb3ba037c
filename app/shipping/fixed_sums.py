"""What the fixed sums of a rate card are for: a quote names inland transport, insurance, handling and the
last mile where a card does. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from app.language import language

PARTS: Final = {"per_shipment": ("inland", "insurance"), "per_consignee": ("handling", "last_mile")}
"""Sum of the tariff -> names of what it may be for. The rest is freight, or the customs entry."""
NAMES: Final = tuple(name for names in PARTS.values() for name in names)

Stored: TypeAlias = dict[str, Any]
"""`{"per_shipment": {"inland": 2000}, ...}`: minor units, without those that are 0."""


@dataclass(frozen=True, slots=True)
class FixedSaid:
    """Minor units of the card's currency; together never more than the sum that they are a part of."""

    inland: int = 0
    insurance: int = 0
    handling: int = 0
    last_mile: int = 0


def said_in(fixed: Mapping[str, Mapping[str, int]]) -> FixedSaid:
    """From the stored form."""
    return FixedSaid(**{name: amount for said in fixed.values() for name, amount in said.items()})


def stored(said: FixedSaid) -> Stored:
    return {
        whole: {name: getattr(said, name) for name in names if getattr(said, name)}
        for whole, names in PARTS.items()
    }


def faults_of(said: FixedSaid, tariff: Mapping[str, Any], currency: str) -> dict[str, str]:
    """What is wrong, by name: the parts are more than their sum."""
    faults: dict[str, str] = {}
    for whole, names in PARTS.items():
        total, parts = tariff.get(whole, 0), sum(getattr(said, name) for name in names)
        if parts > total:
            words = language("en").money(total, currency)
            faults[names[0]] = f"Together these are more than {words}, of which they are a part."
    return faults


def fitted(said: FixedSaid, tariff: Mapping[str, Any]) -> FixedSaid:
    """The same, where a sum fell below its parts: the first keeps what it can, as buyers are shown it."""
    found: dict[str, int] = {}
    for whole, names in PARTS.items():
        left = tariff.get(whole, 0)
        for name in names:
            found[name] = min(getattr(said, name), left)
            left -= found[name]
    return FixedSaid(**found)
