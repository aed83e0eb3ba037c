"""Tariffs: lines with their source, programmes of preference, and finding the line of a code on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from logistics.customs.codes import tidy
from logistics.customs.faults import CodeTooShort, LineMissing, UnknownDestination


class Destination(StrEnum):
    """A customs territory whose tariff is held."""

    US = "US"
    EU = "EU"
    GB = "GB"


CURRENCY: Final = {Destination.US: "USD", Destination.EU: "EUR", Destination.GB: "GBP"}
NOT_COVERED: Final = "-"
"""As a rate: the programme does not cover these goods."""
# The member states of the European Union, Treaty on European Union, article 52, without the UK
MEMBERS: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


def destination_of(country: str) -> Destination:
    """Of an ISO 3166-1 alpha-2 code. UnknownDestination."""
    if country in MEMBERS:
        return Destination.EU
    if country in set(Destination):
        return Destination(country)
    raise UnknownDestination(country=country)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure was read. `stated_on`: the day for which the source states it; None: it does not say.
    `address` is empty for a file that somebody read in.
    """

    name: str
    address: str
    stated_on: date | None
    read_on: date


@dataclass(frozen=True, slots=True)
class Line:
    """The rate of one code; `programme` empty: the general duty. Both days belong to it; None: open."""

    destination: Destination
    code: str  # tidy; empty: every code that no other line names
    programme: str
    rate: str
    description: str
    source: Source
    from_on: date | None = None
    until_on: date | None = None

    def holds(self, on: date) -> bool:
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)


class Standing(StrEnum):
    IN_FORCE = "in force"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Programme:
    """A preference: for goods that originate in `countries`, with a proof."""

    key: str
    destination: Destination
    name: str
    countries: frozenset[str]
    proof: str  # see proofs.py
    note: str
    source: Source
    from_on: date | None = None
    until_on: date | None = None

    def holds(self, on: date) -> bool:
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)


@dataclass(frozen=True, slots=True)
class Caution:
    """What an answer about a destination does not contain."""

    destination: Destination
    origin: str  # empty: of everywhere
    words: str
    source: Source
    from_on: date | None = None
    until_on: date | None = None

    def holds(self, on: date) -> bool:
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)


@dataclass(frozen=True, slots=True)
class Tariff:
    """All that is known of duties and preferences."""

    lines: tuple[Line, ...]
    programmes: tuple[Programme, ...] = ()
    cautions: tuple[Caution, ...] = ()

    def general(self, destination: Destination, hs_code: str, on: date) -> Line:
        """The line of the general duty.

        UnreadableCode. LineMissing: none is known. CodeTooShort: only lines with more figures are.
        """
        code = tidy(hs_code)
        held = [each for each in self._held(destination, on) if not each.programme]
        if found := _longest(held, code):
            return found
        deeper = sorted({each.code for each in held if each.code.startswith(code)})
        if deeper:
            raise CodeTooShort(hs_code=hs_code, destination=destination, choices=deeper)
        raise LineMissing(hs_code=hs_code, destination=destination, on=on.isoformat())

    def preference(self, programme: Programme, code: str, on: date) -> Line | None:
        """The line of a programme for a tidy code; None: its rate is not known here."""
        held = [each for each in self._held(programme.destination, on) if each.programme == programme.key]
        found = _longest(held, code)
        return None if found is None or found.rate == NOT_COVERED else found

    def choices(self, destination: Destination, hs_code: str, on: date) -> list[Line]:
        """The general lines below a code, by code."""
        code = tidy(hs_code)
        below = (
            each
            for each in self._held(destination, on)
            if not each.programme and each.code.startswith(code) and each.code != code
        )
        return sorted(below, key=lambda each: each.code)

    def programmes_for(self, destination: Destination, origin: str) -> list[Programme]:
        """Those that name the origin, in force or lapsed."""
        return [
            each for each in self.programmes if each.destination == destination and origin in each.countries
        ]

    def _held(self, destination: Destination, on: date) -> Iterable[Line]:
        return (each for each in self.lines if each.destination == destination and each.holds(on))


def _longest(lines: Iterable[Line], code: str) -> Line | None:
    """The line whose code says most of `code`; of equals the one that was stated last."""
    fitting = [each for each in lines if code.startswith(each.code)]
    return max(
        fitting,
        key=lambda each: (len(each.code), each.source.stated_on or date.min, each.source.read_on),
        default=None,
    )
