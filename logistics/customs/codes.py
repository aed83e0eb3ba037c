"""Customs codes: how a code of one tariff is found by a code of another length."""

import re
from typing import Final

from logistics.customs.faults import UnreadableCode

LEAST: Final = 6
MOST: Final = 10
_SEPARATORS: Final = re.compile(r"[\s.\u00a0-]")


def tidy(typed: str) -> str:
    """Figures only, without the pairs of zeros beyond six that a tariff adds where it does not divide a code
    further: "0901.11.00.00" -> "090111". UnreadableCode: it is not 6 to 10 figures.
    """
    figures = _SEPARATORS.sub("", typed)
    if not (figures.isascii() and figures.isdigit() and LEAST <= len(figures) <= MOST):
        raise UnreadableCode(code=typed)
    while len(figures) > LEAST and figures.endswith("00"):
        figures = figures[:-2]
    if len(figures) in (LEAST + 1, LEAST + 3) and figures.endswith("0"):
        figures = figures[:-1]
    return figures


def shown(code: str) -> str:
    """With dots, as people read it: "44209080" -> "4420.90.80"."""
    parts = [code[:4], code[4:6], code[6:8], code[8:]]
    return ".".join(part for part in parts if part)
