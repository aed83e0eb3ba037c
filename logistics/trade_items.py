"""GTINs and lots as GS1 Digital Links: which numbers may name goods, and the path that leads to them.

GS1 General Specifications, sections 1.4 and 7.9.1 (prefixes, check digit) and 3.4.1 (AI 10); GS1 Digital Link
URI Syntax 1.2, section 4.11.
"""

import re
from typing import Final
from urllib.parse import quote

from logistics.epcis.gs1 import is_checked
from logistics.form import InvalidInput

LENGTHS: Final = (8, 12, 13, 14)
DEMONSTRATION: Final = "952"
"""GS1 prefix kept for demonstrations and examples."""
_RESTRICTED: Final = re.compile(r"0[24]|2")
"""Prefixes of 13 figures that each shop or country gives out for itself: they name nothing elsewhere."""
_COUPONS: Final = re.compile(r"05|98[0-4]|99")
LOT: Final = re.compile(r"[A-Za-z0-9._-]{1,20}")
"""Of AI 10's characters those that stand in a path as they are."""


def gtin(typed: str, *, demonstration: bool = False) -> str:
    """A GTIN in 14 figures. `demonstration`: those of GS1's demonstration prefix are taken, and only those.

    Raises `InvalidInput` in words for who typed it.
    """
    figures = re.sub(r"[\s\u00a0-]", "", typed)
    if not (figures.isascii() and figures.isdecimal() and len(figures) in LENGTHS):
        raise InvalidInput("/gtin", "Enter the 8, 12, 13 or 14 figures below the barcode.")
    if not is_checked(figures):
        raise InvalidInput("/gtin", "The last figure does not fit the others: one was mistyped. Look again.")
    whole = figures.zfill(14)
    short = len(figures) == 8
    prefix = whole[6:9] if short else whole[1:4]
    if int(whole) == 0 or (prefix[0] in "02" if short else _RESTRICTED.match(prefix)):
        raise InvalidInput(
            "/gtin", "This number is for use inside one shop or country: it names nothing elsewhere."
        )
    if not short and _COUPONS.match(prefix):
        raise InvalidInput("/gtin", "This is the number of a coupon, not of goods.")
    if (prefix == DEMONSTRATION) is not demonstration:
        raise InvalidInput(
            "/gtin",
            "Demo goods have numbers that begin with 952, which GS1 keeps for demonstrations."
            if demonstration
            else "Numbers that begin with 952 are for demonstrations. Enter the one that GS1 gave you.",
        )
    return whole


def lot_path(number: str, lot: str | None = None) -> str:
    """The path of a Digital Link, from its first slash; `number`: a GTIN in 14 figures."""
    return f"/01/{number}" + (f"/10/{quote(lot, safe='')}" if lot is not None else "")
