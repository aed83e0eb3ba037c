"""The certificate: its number, scope and time."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from certification.calendar import add_months
from certification.refusal import Refusal

# H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004: the one of order 10. It finds every
# single wrong digit and every swap of two neighbours.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
_NUMBER = re.compile(r"FH-([0-9]{4})-([0-9]{6})-([0-9])")
_MOST = 999_999


class NumberFault(Refusal):
    code = "certificate-number"
    template = (
        "{number} is not a certificate number. They look like FH-2026-000123-{check}; check each digit."
    )


class SequenceFault(Refusal):
    code = "certificate-sequence"
    template = "Numbers run from 1 to {most} in a year from 2000 to 9999; {sequence} in {year} does not fit."


class ScopeFault(Refusal):
    code = "certificate-scope"
    template = "A certificate needs at least one site and one product category."


class ValidityFault(Refusal):
    code = "certificate-validity"
    template = "A certificate is valid for 1 to {most} years; {years} were given."


class CertificateStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def _check_digit(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def certificate_number(year: int, sequence: int) -> str:
    """`FH-YYYY-NNNNNN-C`; C is the Damm check digit over the ten digits before it."""
    if not (2000 <= year <= 9999 and 1 <= sequence <= _MOST):
        raise SequenceFault(most=_MOST, sequence=sequence, year=year)
    digits = f"{year:04d}{sequence:06d}"
    return f"FH-{digits[:4]}-{digits[4:]}-{_check_digit(digits)}"


def parse_number(text: str) -> tuple[int, int]:
    """Year and sequence of a number as people type it; spaces around it and small letters are accepted."""
    found = _NUMBER.fullmatch(text.strip().upper())
    if not found or _check_digit(found[1] + found[2]) != found[3] or not int(found[2]):
        raise NumberFault(number=text.strip()[:40], check=_check_digit("2026000123"))
    return int(found[1]), int(found[2])


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is certified, as printed: names of sites and product categories."""

    sites: tuple[str, ...]
    product_categories: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.sites or not self.product_categories:
            raise ScopeFault


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """`valid_from` and `valid_until` are both days on which it holds."""

    number: str
    case: UUID
    organisation: UUID
    standard: str
    scope: Scope
    valid_from: date
    valid_until: date
    status: CertificateStatus = CertificateStatus.ACTIVE

    def holds(self, on: date) -> bool:
        return self.status is CertificateStatus.ACTIVE and self.valid_from <= on <= self.valid_until

    def with_status(self, status: CertificateStatus) -> "Certificate":
        return replace(self, status=status)


_MOST_YEARS = 10


def last_day(valid_from: date, years: int) -> date:
    """The last day of so many years: one before the anniversary."""
    if not 1 <= years <= _MOST_YEARS:
        raise ValidityFault(most=_MOST_YEARS, years=years)
    return add_months(valid_from, 12 * years) - timedelta(days=1)
