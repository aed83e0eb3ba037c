"""Reads official files of duties. Their forms:

- `hts`: the CSV that https://hts.usitc.gov exports, with the columns HTS Number, Description, General Rate of
  Duty and Special Rate of Duty (others are not read). Lines without a rate of their own are left out.
- `uk`: the table "measures on declarable commodities" of the UK Tariff (https://data.api.trade.gov.uk), with
  the columns of `UK`. Measure types 103 (third country duty) and 142 (tariff preference) are kept.
- `plain`: hs_code, programme, rate, description, from_on, until_on; for extracts of TARIC and the like.
  `programme` is a key of logistics/customs/figures/programmes.csv, or empty for the general duty.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from logistics.customs import (
    CURRENCY,
    CustomsFault,
    Destination,
    UnreadableCode,
    cited_tariff,
    read_duty,
    tidy,
)

HTS: Final = ("HTS Number", "Description", "General Rate of Duty", "Special Rate of Duty")
UK: Final = (
    "commodity__code",
    "measure__type__id",
    "measure__additional_code__code",
    "measure__duty_expression",
    "measure__effective_start_date",
    "measure__effective_end_date",
    "measure__geographical_area__id",
)
PLAIN: Final = ("hs_code", "programme", "rate", "description", "from_on", "until_on")
MOST_FAULTS: Final = 100
# Symbols of the special column (HTS general note 3 (c)) that are programmes here
SYMBOLS: Final = {
    "D": "us-agoa",
    "CO": "us-colombia",
    "PE": "us-peru",
    "P": "us-cafta-dr",
    "P+": "us-cafta-dr",
}
EVERYWHERE: Final = "1011"
GENERAL, PREFERENCE = "103", "142"
_SPECIAL: Final = re.compile(r"([^()]+?)\s*\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Read:
    """One rate. `row` counts from 1, the heads included."""

    row: int
    code: str
    programme: str
    rate: str
    description: str
    from_on: date | None = None
    until_on: date | None = None


@dataclass
class File:
    """What a file holds, or what is wrong with it: with faults, nothing of it is used."""

    form: str
    lines: list[Read] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    not_computable: list[str] = field(default_factory=list)
    left_out: int = 0

    def fault(self, row: int, column: str, words: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"Row {row}, column {column}: {words}")


def read_file(text: Iterable[str], destination: Destination) -> File:
    """The form is told by the heads. A file that has none of them is a fault in row 1."""
    rows = csv.DictReader(text, strict=True)
    heads = tuple(rows.fieldnames or ())
    if heads and heads[0].startswith("\ufeff"):
        heads = (heads[0][1:], *heads[1:])
        rows.fieldnames = heads
    for form, columns, reader, of in (
        ("hts", HTS, _hts, {Destination.US}),
        ("uk", UK, _uk, {Destination.GB}),
        ("plain", PLAIN, _plain, set(Destination)),
    ):
        if set(columns) <= set(heads) and destination in of:
            file = File(form)
            try:
                for each in reader(rows, file):
                    _keep(file, each, destination)
            except csv.Error as fault:
                file.fault(rows.line_num, "all", f"this is not CSV: {fault}")
            if not file.lines and not file.faults:
                file.fault(1, "all", "there is no rate below the heads")
            return file
    wanted = {Destination.US: HTS, Destination.GB: UK}.get(destination, PLAIN)
    missing = sorted(set(wanted) - set(heads))
    file = File("")
    file.fault(1, missing[0] if missing else "all", f"name the columns {', '.join(wanted)}")
    return file


def _keep(file: File, read: Read, destination: Destination) -> None:
    file.lines.append(read)
    try:
        read_duty(read.rate, CURRENCY[destination])
    except CustomsFault:
        if len(file.not_computable) < MOST_FAULTS:
            file.not_computable.append(f"Row {read.row}: {read.rate}")


def _rows(rows: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    for row in rows:
        yield rows.line_num, {name: (row[name] or "").strip() for name in row if isinstance(row[name], str)}


def _hts(rows: "csv.DictReader[str]", file: File) -> Iterator[Read]:
    for number, row in _rows(rows):
        code, general = row.get("HTS Number", ""), row.get("General Rate of Duty", "")
        if not general or not code:
            file.left_out += 1
            continue
        if code.startswith(("98", "99")):  # temporary and additional provisions
            file.left_out += 1
            continue
        tidied = _code(file, number, "HTS Number", code)
        if tidied is None:
            continue
        words = row.get("Description", "")
        yield Read(number, tidied, "", general, words)
        for rate, symbols in _SPECIAL.findall(row.get("Special Rate of Duty", "")):
            named = {SYMBOLS[each] for each in re.split(r"[,\s]+", symbols) if each in SYMBOLS}
            for programme in sorted(named):
                yield Read(number, tidied, programme, rate.strip(), words)


def _uk(rows: "csv.DictReader[str]", file: File) -> Iterator[Read]:
    for number, row in _rows(rows):
        kind, area = row.get("measure__type__id", ""), row.get("measure__geographical_area__id", "")
        general = kind == GENERAL and area == EVERYWHERE
        if row.get("measure__additional_code__code") or not (general or kind == PREFERENCE):
            file.left_out += 1
            continue
        programme = "" if general else _programme_of_area(area)
        if programme is None:
            file.left_out += 1
            continue
        code = _code(file, number, "commodity__code", row.get("commodity__code", ""))
        from_on = _day(file, number, "measure__effective_start_date", row)
        until_on = _day(file, number, "measure__effective_end_date", row)
        rate = row.get("measure__duty_expression", "")
        if not rate:
            file.fault(number, "measure__duty_expression", "there is no duty")
        elif code is not None:
            yield Read(
                number, code, programme, rate, row.get("commodity__description", ""), from_on, until_on
            )


def _plain(rows: "csv.DictReader[str]", file: File) -> Iterator[Read]:
    known = {each.key for each in cited_tariff().programmes}
    for number, row in _rows(rows):
        code = _code(file, number, "hs_code", row.get("hs_code", ""))
        programme, rate = row.get("programme", ""), row.get("rate", "")
        if programme and programme not in known:
            file.fault(number, "programme", f"{programme} is not a programme that is known")
        if not rate:
            file.fault(number, "rate", "there is no duty")
        from_on, until_on = _day(file, number, "from_on", row), _day(file, number, "until_on", row)
        if code is not None and rate:
            yield Read(number, code, programme, rate, row.get("description", ""), from_on, until_on)


def _programme_of_area(area: str) -> str | None:
    """The programme of a geographical area of the UK tariff; None: none is known here."""
    if area == "1062":
        return "uk-dcts-comprehensive"
    for each in cited_tariff().programmes:
        if each.destination == Destination.GB and each.countries == {area}:
            return each.key
    return None


def _code(file: File, row: int, column: str, typed: str) -> str | None:
    try:
        return tidy(typed)
    except UnreadableCode as fault:
        file.fault(row, column, str(fault))
        return None


def _day(file: File, row: int, column: str, values: Mapping[str, str]) -> date | None:
    typed = values.get(column, "")
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        file.fault(row, column, "write the day as 2026-01-22")
        return None
