"""Faults of a file of plots as people read them: by the number of the plot, and of its corner."""

import re
from collections.abc import Mapping
from typing import Final

from app.language import Language

FEATURE: Final = re.compile(r"/features/(\d+)(?:/geometry)?(?P<rest>/.*)?")
CORNER: Final = re.compile(r"/coordinates(?:/(?P<part>\d+))?(?:/(?P<corner>\d+))?(?:/[01])?")


def fault_lines(fields: Mapping[str, str], lang: Language) -> list[tuple[str, str]]:
    """(where, what to do) of each fault, in the order of the file."""
    return [(place_of(pointer, lang), reason[:1].upper() + reason[1:]) for pointer, reason in fields.items()]


def place_of(pointer: str, lang: Language) -> str:
    """Where it is: `/features/3/geometry/coordinates/0/2` -> "Plot 4, corner 3"; no plot named: the file."""
    _ = lang.text
    found = FEATURE.match(pointer)
    if found is None:
        return _("The file")
    where = _("Plot {number}").format(number=lang.number(int(found[1]) + 1))
    inner = CORNER.fullmatch(found["rest"] or "")
    if inner and inner["corner"]:
        where += ", " + _("corner {number}").format(number=lang.number(int(inner["corner"]) + 1))
    return where
