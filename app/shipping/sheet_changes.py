"""What a table of rate cards or sailings would change, as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.language import Language


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a table that would change something. `differences`: (column, now, in the table).

    `said` is what the use case takes, `row` the row of the database that it is of; None: a new one.
    """

    number: int
    title: str
    new: bool
    said: Any
    differences: Sequence[tuple[str, str, str]]
    row: Any = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What a table would do. `same`: rows that say what is known."""

    changes: Sequence[Change]
    same: int

    def count(self, kind: str) -> int:
        """How many are "new", "changed" or "removed"."""
        return sum(
            kind == ("removed" if each.removed else "new" if each.new else "changed") for each in self.changes
        )


def instructions(
    title: str, own: Sequence[str], organisation: str, now: datetime, lang: Language
) -> list[str]:
    """The first sheet of a workbook."""
    _ = lang.text
    return [
        title.format(name=organisation),
        _("Downloaded on {day}.").format(day=lang.day(now.date())),
        "",
        *own,
        "",
        _("Write text, numbers and days like 2026-03-31, not formulas. Leave the hidden columns."),
    ]
