"""Reading published rates: the daily file of the European Central Bank, and a plain CSV."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

ECB: Final = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}"
ECB_NAME: Final = "European Central Bank"
COLUMNS: Final = ("day", "base", "currency", "rate")
MOST_BYTES: Final = 5_000_000
CODE: Final = re.compile(r"[A-Z]{3}")
LARGEST: Final = Decimal(10**12)
SMALLEST: Final = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class Published:
    """One unit of `base` is worth `rate` units of `currency`."""

    day: date
    base: str
    currency: str
    rate: Decimal


class Unreadable(ValueError):  # noqa: N818 - it is told to a person, as a refusal
    """A file that is not what it should be; the message names the place and what to do."""


def read(content: bytes) -> tuple[str, list[Published]]:
    """(name of the source, its rates) of an ECB file or of a CSV with the columns of `COLUMNS`."""
    if len(content) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES} bytes. Send the rates of fewer days.")
    if content.lstrip()[:1] == b"<":
        return ECB_NAME, read_ecb(content)
    return "file", read_csv(content)


def read_ecb(content: bytes) -> list[Published]:
    """The file at https://www.ecb.europa.eu/stats/eurofxref/, of one day or of many."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise Unreadable(f"This is not XML that can be read: {fault}.") from fault
    found: list[Published] = []
    for day in root.iter(f"{ECB}Cube"):
        if "time" not in day.attrib:
            continue
        when = _day(day.attrib["time"], "the attribute time")
        for each in day:
            code = each.attrib.get("currency", "")
            found.append(Published(when, "EUR", _code(code, code), _rate(each.attrib.get("rate", ""), code)))
    if not found:
        raise Unreadable("The file has no rates of the European Central Bank in it.")
    return found


def read_csv(content: bytes) -> list[Published]:
    """A CSV with the columns day, base, currency, rate; all of it or nothing."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Unreadable("The file is not UTF-8 text. Save it as CSV UTF-8.") from fault
    rows = csv.DictReader(io.StringIO(text))
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise Unreadable(f"Row 1: the column {missing[0]} is missing. Name them {', '.join(COLUMNS)}.")
    found: list[Published] = []
    for row in rows:
        place = f"row {rows.line_num}"
        base, currency = _code(row["base"], place), _code(row["currency"], place)
        if base == currency:
            raise Unreadable(f"{place}: base and currency are both {base}.")
        found.append(Published(_day(row["day"], place), base, currency, _rate(row["rate"], place)))
    if not found:
        raise Unreadable("The file has no rates below its first row.")
    return found


def _day(typed: str | None, place: str) -> date:
    try:
        return date.fromisoformat((typed or "").strip())
    except ValueError as fault:
        raise Unreadable(f"{place}: write the day as 2026-01-22.") from fault


def _code(typed: str | None, place: str) -> str:
    code = (typed or "").strip()
    if not CODE.fullmatch(code):
        raise Unreadable(f"{place}: a currency is three capital letters, like USD.")
    return code


def _rate(typed: str | None, place: str) -> Decimal:
    try:
        rate = Decimal((typed or "").strip())
    except InvalidOperation as fault:
        raise Unreadable(f"{place}: write the rate as a number, like 1.0823.") from fault
    if not (rate.is_finite() and SMALLEST <= rate <= LARGEST):
        raise Unreadable(f"{place}: a rate is above 0 and below {LARGEST}.")
    return rate
