"""Code 128 and GS1-128 barcodes: which bars stand for a text. Pure.

ISO/IEC 15417, and GS1 General Specifications, section 5.4. A bar and a space take turns; widths in modules.
"""

import re
from typing import Final

from logistics.epcis.elements import SEPARATOR

_WIDTHS: Final = re.findall(
    r"\d{6}",
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 "
    "122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 "
    "322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 "
    "112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 "
    "331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 "
    "112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 "
    "124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 "
    "411311 113141 114131 311141 411131 211412 211214 211232 ",
)
"""Of the values 0 to 105."""
_STOP: Final = "2331112"
_CODE_C, _CODE_B, _FNC1, _START_B, _START_C = 99, 100, 102, 104, 105
QUIET: Final = 10
"""Modules of white that have to stand on either side."""


def values(text: str, *, gs1: bool = False) -> list[int]:
    """The values of a text with start and check sum, without stop. ValueError: a sign cannot be written.

    Pairs of digits take one value where four or more stand together. `gs1`: FNC1 leads, and stands for each
    separator.
    """
    if not text or any(not " " <= each <= "~" and not (gs1 and each == SEPARATOR) for each in text):
        raise ValueError("a barcode holds the signs from space to ~")
    pairs = _digits(text, 0) >= (2 if _digits(text, 0) == len(text) else 4)
    found = [_START_C if pairs else _START_B] + ([_FNC1] if gs1 else [])
    place = 0
    while place < len(text):
        run = _digits(text, place)
        if text[place] == SEPARATOR:
            found.append(_FNC1)
            place += 1
        elif pairs and run >= 2:
            found.append(int(text[place : place + 2]))
            place += 2
        elif pairs:
            pairs = False
            found.append(_CODE_B)
        elif run >= 4 and run % 2 == 0:
            pairs = True
            found.append(_CODE_C)
        else:
            found.append(ord(text[place]) - 32)
            place += 1
    total = found[0] + sum(place * value for place, value in enumerate(found[1:], 1))
    return [*found, total % 103]


def widths(text: str, *, gs1: bool = False) -> list[int]:
    """Bars and spaces in turn, a bar first, in modules; without the quiet zones."""
    return [int(each) for value in values(text, gs1=gs1) for each in _WIDTHS[value]] + [
        int(each) for each in _STOP
    ]


def draw(text: str, *, gs1: bool = False, height: int = 60) -> str:
    """The bars as SVG, one unit a module, with its quiet zones; no text under it."""
    bars = widths(text, gs1=gs1)
    path, x = "", QUIET
    for place, width in enumerate(bars):
        if place % 2 == 0:
            path += f"M{x} 0h{width}v{height}h-{width}z"
        x += width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x + QUIET} {height}" '
        f'shape-rendering="crispEdges"><path d="{path}"/></svg>'
    )


def _digits(text: str, place: int) -> int:
    """How many digits stand together from `place` on."""
    end = place
    while end < len(text) and text[end].isascii() and text[end].isdigit():
        end += 1
    return end - place
