"""Reads the tables of figures, and refuses every fault with its file, row and column."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

from logistics.customs.codes import tidy
from logistics.customs.duties import read_duty
from logistics.customs.faults import CustomsFault, NotComputable, TableFault
from logistics.customs.proofs import Proof
from logistics.customs.tariff import (
    CURRENCY,
    NOT_COVERED,
    Caution,
    Destination,
    Line,
    Programme,
    Source,
    Tariff,
)

SOURCES: Final = ("key", "name", "address", "stated_on", "read_on")
LINES: Final = ("destination", "hs_code", "programme", "rate", "description", "source")
PROGRAMMES: Final = (
    "key",
    "destination",
    "name",
    "countries",
    "proof",
    "from_on",
    "until_on",
    "note",
    "source",
)
CAUTIONS: Final = ("destination", "origin", "from_on", "until_on", "words", "source")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
Row = Mapping[str, str]
T = TypeVar("T")


def read_tariff(sources: str, lines: str, programmes: str, cautions: str) -> Tariff:
    """The four tables, as CSV text with the columns above. TableFault."""
    known: dict[str, Source] = {}
    for row, place in _rows("sources.csv", sources, SOURCES):
        if row["key"] in known:
            raise place("key", f"{row['key']} is there twice")
        if not row["address"].startswith("https://"):
            raise place("address", "write the address, beginning with https://")
        read_on = _day(row, "read_on", place)
        if read_on is None:
            raise place("read_on", "write the day on which it was read")
        known[row["key"]] = Source(row["name"], row["address"], _day(row, "stated_on", place), read_on)
    schemes = _programmes(programmes, known)
    return Tariff(_lines(lines, known, schemes), tuple(schemes.values()), _cautions(cautions, known))


def _programmes(text: str, sources: Mapping[str, Source]) -> dict[str, Programme]:
    found: dict[str, Programme] = {}
    for row, place in _rows("programmes.csv", text, PROGRAMMES):
        if row["key"] in found:
            raise place("key", f"{row['key']} is there twice")
        countries = frozenset(row["countries"].split())
        if wrong := sorted(each for each in countries if not _COUNTRY.fullmatch(each)):
            raise place("countries", f"{wrong[0]} is not two capital letters")
        if row["proof"] not in set(Proof):
            raise place("proof", f"use one of {', '.join(Proof)}")
        found[row["key"]] = Programme(
            row["key"],
            _destination(row, place),
            row["name"],
            countries,
            row["proof"],
            row["note"],
            _of(row, "source", sources, place),
            _day(row, "from_on", place),
            _day(row, "until_on", place),
        )
    return found


def _lines(text: str, sources: Mapping[str, Source], schemes: Mapping[str, Programme]) -> tuple[Line, ...]:
    found: dict[tuple[str, str, str], Line] = {}
    for row, place in _rows("lines.csv", text, LINES):
        destination = _destination(row, place)
        if row["programme"] and row["programme"] not in schemes:
            raise place("programme", f"{row['programme']} is not in programmes.csv")
        if row["programme"] and schemes[row["programme"]].destination != destination:
            raise place("programme", f"{row['programme']} is not a programme of {destination}")
        code = _code(row, place)
        key = (destination, code, row["programme"])
        if key in found:
            raise place("hs_code", "this line is there already")
        if row["rate"] != NOT_COVERED:
            try:
                read_duty(row["rate"], CURRENCY[destination])
            except NotComputable:
                pass  # kept as the source writes it: the answer says so
            except CustomsFault as fault:
                raise place("rate", str(fault)) from None
        source = _of(row, "source", sources, place)
        found[key] = Line(destination, code, row["programme"], row["rate"], row["description"], source)
    return tuple(found.values())


def _cautions(text: str, sources: Mapping[str, Source]) -> tuple[Caution, ...]:
    return tuple(
        Caution(
            _destination(row, place),
            row["origin"],
            row["words"],
            _of(row, "source", sources, place),
            _day(row, "from_on", place),
            _day(row, "until_on", place),
        )
        for row, place in _rows("cautions.csv", text, CAUTIONS)
    )


class _Place:
    """Where a fault is: `place(column, words)` makes the refusal."""

    def __init__(self, name: str, row: int) -> None:
        self.name, self.row = name, row

    def __call__(self, column: str, fault: str) -> TableFault:
        return TableFault(name=self.name, row=self.row, column=column, fault=fault)


def _rows(name: str, text: str, columns: tuple[str, ...]) -> Iterator[tuple[Row, _Place]]:
    rows = csv.reader(io.StringIO(text), strict=True)
    try:
        for cells in rows:
            place = _Place(name, rows.line_num)
            if rows.line_num == 1:
                if tuple(cells) != columns:
                    raise place("all", f"the heads must be {','.join(columns)}")
                continue
            if len(cells) != len(columns):
                raise place("all", f"there are {len(cells)} cells, not {len(columns)}")
            yield dict(zip(columns, (cell.strip() for cell in cells), strict=True)), place
    except csv.Error as fault:
        raise TableFault(name=name, row=rows.line_num, column="all", fault=str(fault)) from None


def _destination(row: Row, place: _Place) -> Destination:
    if row["destination"] not in set(Destination):
        raise place("destination", f"use one of {', '.join(Destination)}")
    return Destination(row["destination"])


def _code(row: Row, place: _Place) -> str:
    """Chapters and headings may stand in our own table, so that a programme can name them; empty: all."""
    typed = row["hs_code"]
    if len(typed) < 6 and (typed.isdigit() or not typed):
        if not row["programme"]:
            raise place("hs_code", "a general duty needs 6 figures or more")
        return typed
    try:
        return tidy(typed)
    except CustomsFault as fault:
        raise place("hs_code", str(fault)) from None


def _day(row: Row, name: str, place: _Place) -> date | None:
    try:
        return date.fromisoformat(row[name]) if row[name] else None
    except ValueError:
        raise place(name, "write the day as 2026-01-22, or leave it empty") from None


def _of(row: Row, name: str, known: Mapping[str, T], place: _Place) -> T:
    if row[name] not in known:
        raise place(name, f"{row[name] or 'nothing'} is not in sources.csv")
    return known[row[name]]


@cache
def cited_tariff() -> Tariff:
    """The small table that comes with the program: see logistics/customs/figures."""
    folder = files("logistics.customs") / "figures"
    names = ("sources", "lines", "programmes", "cautions")
    return read_tariff(*((folder / f"{name}.csv").read_text(encoding="utf-8") for name in names))
