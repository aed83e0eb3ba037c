"""The registry as a file: everything that a search finds, line by line as it is read."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from app.audits.registry import Entry
from app.audits.views_public import entry_out

COLUMNS: Final = (
    "organisation",
    "slug",
    "place",
    "country",
    "region",
    "state",
    "certificate",
    "valid_from",
    "valid_until",
    "standard",
    "product_categories",
    "principles_without_nonconformity",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""


def neutral(cell: object) -> str:
    """The cell as text; a sign before what would be run as a formula makes it text for a spreadsheet too."""
    said = "" if cell is None else str(cell)
    return f"'{said}" if said.lstrip(" \u00a0").startswith(_FORMULA) else said


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """RFC 4180 with a head line; lists within a cell are separated by spaces."""
    yield _line(COLUMNS)
    for entry in entries:
        said = entry_out(entry).model_dump(mode="json")
        yield _line([_cell(said[name]) for name in COLUMNS])


def as_json(entries: Iterable[Entry], *, now: datetime) -> Iterator[str]:
    """One object: when it was asked, and the entries as the API gives them."""
    yield f'{{"as_of": {json.dumps(now.isoformat())}, "entries": ['
    for number, entry in enumerate(entries):
        yield (",\n" if number else "\n") + entry_out(entry).model_dump_json()
    yield "\n]}\n"


def _cell(value: object) -> object:
    return " ".join(value) if isinstance(value, list) else value


def _line(cells: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([neutral(cell) for cell in cells])
    return written.getvalue()
