"""A data set as CSV or JSON, line by line as it is read; and its dictionary."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from app.audits.registry_files import neutral
from app.opendata.datasets import LICENCE, LICENCE_ADDRESS, Cell, Dataset, Row


def _line(cells: Iterable[object]) -> str:
    kept = io.StringIO()
    csv.writer(kept, lineterminator="\r\n").writerow(cells)
    return kept.getvalue()


def _cell(value: Cell) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else neutral(value)


def as_csv(dataset: Dataset, rows: Iterable[Row]) -> Iterator[str]:
    """RFC 4180 with a head line; what a spreadsheet would run as a formula is made text."""
    yield _line(each.name for each in dataset.columns)
    for row in rows:
        yield _line(_cell(each) for each in row)


def as_json(dataset: Dataset, rows: Iterable[Row], *, now: datetime) -> Iterator[str]:
    """One object: what it is, its licence and dictionary, and a list of rows by their columns' names."""
    head = {
        "dataset": dataset.name,
        "title": dataset.title,
        "licence": LICENCE,
        "licence_address": LICENCE_ADDRESS,
        "at": now.isoformat(),
        "columns": [
            {"name": each.name, "kind": each.kind, "meaning": each.meaning} for each in dataset.columns
        ],
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": ['
    names = [each.name for each in dataset.columns]
    between = "\n"
    for row in rows:
        yield between + json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"


def dictionary(dataset: Dataset) -> Iterator[str]:
    """What each column means, as CSV."""
    yield _line(("column", "kind", "meaning"))
    for each in dataset.columns:
        yield _line((each.name, each.kind, each.meaning))
