"""Duties as a tariff writes them: a share of the value, a sum by weight or piece, or both, within limits.

Exact: rates are fractions, money is minor units; only the end is rounded, half up.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from logistics.customs.faults import MeasureMissing, NotComputable, UnreadableDuty


class Unit(StrEnum):
    """What a specific duty is counted by."""

    KG = "kg"
    PIECE = "piece"


@dataclass(frozen=True, slots=True)
class Goods:
    """What is dutiable: value in minor units of the tariff's currency, net weight in grams, pieces."""

    value: int
    weight_g: int | None = None
    pieces: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """`share` of the value, plus `sum` minor units for each `unit`."""

    share: Fraction = Fraction(0)
    sum: Fraction = Fraction(0)
    unit: Unit | None = None

    def of(self, goods: Goods, rate: str) -> Fraction:
        due = self.share * goods.value
        if self.unit == Unit.KG:
            if goods.weight_g is None:
                raise MeasureMissing(rate=rate, unit="weight")
            due += self.sum * Fraction(goods.weight_g, 1000)
        elif self.unit == Unit.PIECE:
            if goods.pieces is None:
                raise MeasureMissing(rate=rate, unit="number of pieces")
            due += self.sum * goods.pieces
        return due


@dataclass(frozen=True, slots=True)
class Duty:
    """The sum of `parts`, at least `least` and at most `most`. `text`: as the source writes it."""

    text: str
    currency: str
    parts: tuple[Part, ...]
    least: tuple[Part, ...] = ()
    most: tuple[Part, ...] = ()

    @property
    def free(self) -> bool:
        return not any(part.share or part.sum for part in self.parts + self.least)

    def due(self, goods: Goods) -> int:
        """Minor units, half up. MeasureMissing: weight or pieces are wanted and were not given."""
        due = sum((part.of(goods, self.text) for part in self.parts), Fraction(0))
        if self.least:
            due = max(due, sum((part.of(goods, self.text) for part in self.least), Fraction(0)))
        if self.most:
            due = min(due, sum((part.of(goods, self.text) for part in self.most), Fraction(0)))
        return int((2 * due + 1) // 2)


_NUMBER: Final = r"(?P<number>\d+(?:\.\d+)?)"
_SHARE: Final = re.compile(rf"{_NUMBER}\s*%")
_CENTS: Final = re.compile(rf"{_NUMBER}\s*¢\s*(?:/\s*)?(?P<unit>kg|each|No\.|pcs)")
_DOLLARS: Final = re.compile(rf"\$\s*{_NUMBER}\s*/\s*(?P<unit>kg|each|No\.)")
_CODED: Final = re.compile(
    rf"{_NUMBER}\s*(?P<currency>EUR|GBP|USD)\s*/\s*(?:(?P<hundred>100)\s*)?(?P<unit>kg|item|p/st)"
)
_TONNES: Final = re.compile(rf"{_NUMBER}\s*(?P<currency>EUR|GBP|USD)\s*/\s*(?:1[, ]?000\s*kg|tonne)")
_NOTHING: Final = re.compile(r"free|0+(?:\.0+)?\s*%?", re.IGNORECASE)
# Agricultural components and sugar duties (EA, ADSZ), strength, drained weight and the like
_BEYOND: Final = re.compile(
    r"\bEAR?\b|\bADSZR?\b|\bADFMR?\b|sacchar|vol|litre|liter|hl|drained|content|See |provided|doz|gross|"
    r"m2|m3|pf",
    re.IGNORECASE,
)


def read_duty(text: str, currency: str) -> Duty:
    """The duty that `text` states; `currency` is the tariff's own.

    NotComputable: it depends on what is not asked here, like the sugar in a chocolate. UnreadableDuty.
    """
    said = " ".join(text.replace("\u00a0", " ").split()).rstrip(".")
    if not said:
        raise UnreadableDuty(rate=text, part="nothing")
    if _NOTHING.fullmatch(said):
        return Duty(text, currency, ())
    if _BEYOND.search(said):
        raise NotComputable(rate=text)
    upper, *limits = re.split(r"\s+(MIN|MAX)\s+", said)
    found: dict[str, tuple[Part, ...]] = {}
    for word, limit in zip(limits[::2], limits[1::2], strict=True):
        found[word] = _parts(limit, text, currency)
    return Duty(text, currency, _parts(upper, text, currency), found.get("MIN", ()), found.get("MAX", ()))


def _parts(words: str, text: str, currency: str) -> tuple[Part, ...]:
    return tuple(_part(word.strip(), text, currency) for word in words.split("+"))


def _part(word: str, text: str, currency: str) -> Part:
    if found := _SHARE.fullmatch(word):
        return Part(share=Fraction(found["number"]) / 100)
    if found := _CENTS.fullmatch(word):
        return Part(sum=Fraction(found["number"]), unit=_unit(found["unit"]))
    if found := _DOLLARS.fullmatch(word):
        return Part(sum=Fraction(found["number"]) * 100, unit=_unit(found["unit"]))
    if (found := _CODED.fullmatch(word)) and found["currency"] == currency:
        by = 100 if found["hundred"] else 1
        return Part(sum=Fraction(found["number"]) * 100 / by, unit=_unit(found["unit"]))
    if (found := _TONNES.fullmatch(word)) and found["currency"] == currency:
        return Part(sum=Fraction(found["number"]) / 10, unit=Unit.KG)
    raise UnreadableDuty(rate=text, part=word)


def _unit(word: str) -> Unit:
    return Unit.KG if word == "kg" else Unit.PIECE
