"""GS1 element strings: what a scanner reads from a GS1-128, DataMatrix or QR code, and what is printed.

Application identifiers, their formats and which of them need no separator: GS1 General Specifications,
section 3 (table of identifiers) and section 7.8 (element strings of predefined length).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import unquote, urlsplit

from logistics.epcis.gs1 import is_checked

SEPARATOR: Final = "\x1d"
"""FNC1 as scanners send it, behind a value of variable length."""
_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
"""ISO/IEC 15424: what a scanner may send before the data, to say which kind of code it read."""
LONGEST: Final = 2000
SSCC_DIGITS: Final = 18
_TEXT: Final = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"  # GS1 AI encodable character set 82
_MORE: Final = r"[#\-/0-9A-Z]"  # set 39
_DATED: Final = {"11", "12", "13", "15", "16", "17"}
_PREDEFINED: Final = {
    *("00", "01", "02", "03", "04"),
    *(str(each) for each in range(11, 21)),
    *("31", "32", "33", "34", "35", "36", "41"),
}
"""First two digits of identifiers whose values have one length, so that nothing has to end them."""


def _n(least: int, most: int | None = None) -> str:
    return rf"\d{{{least}}}" if most is None else rf"\d{{{least},{most}}}"


def _x(most: int, least: int = 1) -> str:
    return rf"{_TEXT}{{{least},{most}}}"


_FORMATS: Final[dict[str, str]] = {
    "00": _n(18), "01": _n(14), "02": _n(14), "03": _n(14),
    "10": _x(20), "11": _n(6), "12": _n(6), "13": _n(6), "15": _n(6), "16": _n(6), "17": _n(6),
    "20": _n(2), "21": _x(20), "22": _x(20), "235": _x(28), "240": _x(30), "241": _x(30), "242": _n(1, 6),
    "243": _x(20), "250": _x(30), "251": _x(30), "253": _n(13) + _x(17, 0), "254": _x(20),
    "255": _n(13, 25), "30": _n(1, 8), "37": _n(1, 8),
    "400": _x(30), "401": _x(30), "402": _n(17), "403": _x(30),
    **{str(ai): _n(13) for ai in range(410, 418)},
    "420": _x(20), "421": _n(3) + _x(9), "422": _n(3), "423": r"\d{3}(\d{3}){0,4}", "424": _n(3),
    "425": r"\d{3}(\d{3}){0,4}", "426": _n(3), "427": _x(3),
    "7001": _n(13), "7002": _x(30), "7003": _n(10), "7004": _n(1, 4), "7005": _x(12), "7006": _n(6),
    "7007": r"\d{6}(\d{6})?", "7008": _x(3), "7009": _x(10), "7010": _x(2), "7020": _x(20), "7021": _x(20),
    "7022": _x(20), "7023": _x(30), **{str(ai): _n(3) + _x(27) for ai in range(7030, 7040)},
    **{str(ai): _x(20) for ai in range(710, 717)}, **{str(ai): _x(30, 3) for ai in range(7230, 7240)},
    "7240": _x(20),
    "8001": _n(14), "8002": _x(20), "8003": "0" + _n(13) + _x(16, 0), "8004": _x(30), "8005": _n(6),
    "8006": _n(18), "8007": _x(34), "8008": r"\d{8}(\d{2}){0,2}", "8010": _MORE + "{1,30}", "8011": _n(1, 12),
    "8012": _x(20), "8013": _x(25), "8017": _n(18), "8018": _n(18), "8019": _n(1, 10), "8020": _x(25),
    "8026": _n(18), "8110": _x(70), "8111": _n(4), "8112": _x(70), "8200": _x(70),
    "90": _x(30), **{str(ai): _x(90) for ai in range(91, 100)},
    # Measures: the fourth digit says how many decimal places the six digits have.
    **{
        f"{ai}{places}": _n(6)
        for ai in (*range(310, 317), *range(320, 338), *range(340, 358), *range(360, 370))
        for places in range(6)
    },
    **{f"390{places}": _n(1, 15) for places in range(10)},
    **{f"391{places}": _n(3) + _n(1, 15) for places in range(10)},
    **{f"392{places}": _n(1, 15) for places in range(10)},
    **{f"393{places}": _n(3) + _n(1, 15) for places in range(10)},
    **{f"394{places}": _n(4) for places in range(10)},
    **{f"395{places}": _n(6) for places in range(10)},
}  # fmt: skip
# How many digits at the beginning end with a check digit.
_CHECKED: Final = {
    "00": 18, "01": 14, "02": 14, "03": 14, "253": 13, "255": 13, "402": 17, "8003": 14, "8006": 14,
    "8017": 18, "8018": 18, "8026": 14, **{str(ai): 13 for ai in range(410, 418)},
}  # fmt: skip


class Unreadable(ValueError):  # noqa: N818 - of a label, not of ours
    """What was scanned is no GS1 data, or has a fault; the message says which, to the person who scans."""


@dataclass(frozen=True, slots=True)
class Element:
    """An application identifier and its value."""

    ai: str
    value: str


def read(scanned: str) -> tuple[Element, ...]:
    """The elements of a code, in order: as it was scanned, in brackets, or as a Digital Link.

    Eighteen digits that end with their check digit are an SSCC, since people type it without its identifier,
    unless the scanner says that it read GS1 data. Raises Unreadable.
    """
    text = scanned.strip(" \t\r\n")
    if not text:
        raise Unreadable("Nothing was scanned.")
    if len(text) > LONGEST:
        raise Unreadable("This is too long to be a label.")
    told = _SYMBOLOGY.match(text)
    text = text[told.end() :] if told else text
    if text.lower().startswith(("http://", "https://")):
        return _from_link(text)
    if text.startswith("("):
        return tuple(_from_brackets(text))
    bare = text.replace(" ", "")
    if not bare.isdigit():
        return tuple(_from_scan(text))
    if len(bare) == SSCC_DIGITS and not told and is_checked(bare):
        return (Element("00", bare),)
    try:
        return tuple(_from_scan(bare))
    except Unreadable:
        if len(bare) == SSCC_DIGITS:
            checked(Element("00", bare))
        raise


def checked(element: Element) -> Element:
    """The same. Raises Unreadable where the identifier is unknown or the value has a fault."""
    ai, value = element.ai, element.value
    form = _FORMATS.get(ai)
    if form is None:
        raise Unreadable(f"({ai}) is no application identifier of GS1 that is known here.")
    if not re.fullmatch(form, value):
        raise Unreadable(f"({ai}) {value}: this is not what an identifier ({ai}) holds.")
    if (digits := _CHECKED.get(ai)) and not is_checked(value[:digits]):
        raise Unreadable(f"({ai}) {value}: a digit is wrong. Scan it again, or type it as it is printed.")
    if ai in _DATED and not _is_day(value):
        raise Unreadable(f"({ai}) {value}: there is no such day.")
    return element


def element_string(elements: Sequence[Element]) -> str:
    """As a code holds it, FNC1 written as the separator. Raises Unreadable."""
    parts = [checked(each) for each in elements]
    return "".join(
        each.ai + each.value + ("" if each.ai[:2] in _PREDEFINED or place == len(parts) - 1 else SEPARATOR)
        for place, each in enumerate(parts)
    )


def printed(elements: Sequence[Element]) -> str:
    """As it stands under a code for people: (00) 395201230000000012."""
    return " ".join(f"({each.ai}) {each.value}" for each in elements)


def _from_scan(text: str) -> Iterator[Element]:
    """What scanners send. Those that cannot send FNC1 are set to another sign; | and <GS> are usual."""
    text = re.sub(r"<GS>|\{GS\}|\^\]|\|", SEPARATOR, text).strip(SEPARATOR)
    if not re.match(r"\d\d", text):
        raise Unreadable("This is no GS1 label: it does not begin with an application identifier.")
    while text:
        ai = _identifier(text)
        rest = text[len(ai) :]
        if ai[:2] in _PREDEFINED:
            length = _length(ai)
            value, text = rest[:length], rest[length:].removeprefix(SEPARATOR)
        else:
            value, _, text = rest.partition(SEPARATOR)
        yield checked(Element(ai, value))


def _from_brackets(text: str) -> Iterator[Element]:
    parts = re.split(r"\((\d{2,4})\)", text)
    if parts[0].strip() or len(parts) < 3:
        raise Unreadable("This is no GS1 label: write it as it is printed, like (00) 395201230000000012.")
    for ai, value in zip(parts[1::2], parts[2::2], strict=True):
        yield checked(
            Element(
                ai, value.strip() if not value.strip().replace(" ", "").isdigit() else value.replace(" ", "")
            )
        )


def _from_link(text: str) -> tuple[Element, ...]:
    """GS1 Digital Link URI Syntax 1.2: identifiers and values take turns in the path; attributes follow."""
    try:
        parts = urlsplit(text)
        segments = [unquote(each, errors="strict") for each in parts.path.split("/") if each]
    except ValueError:
        raise Unreadable("This address cannot be read.") from None
    start = next(
        (k for k, each in enumerate(segments[:-1]) if each in _FORMATS and (len(segments) - k) % 2 == 0), None
    )
    if start is None:
        raise Unreadable("This address names no goods.")
    pairs = list(zip(segments[start::2], segments[start + 1 :: 2], strict=True))
    pairs += [
        (name, unquote(value))
        for name, _, value in (each.partition("=") for each in parts.query.split("&"))
        if name in _FORMATS
    ]
    return tuple(
        checked(Element(ai, value.zfill(14) if ai == "01" and value.isdigit() else value))
        for ai, value in pairs
    )


def _identifier(text: str) -> str:
    for length in (2, 3, 4):
        if text[:length] in _FORMATS:
            return text[:length]
    raise Unreadable(f"({text[:4]}) is no application identifier of GS1 that is known here.")


def _length(ai: str) -> int:
    found = re.fullmatch(r"\\d\{(\d+)\}", _FORMATS[ai])
    assert found is not None
    return int(found[1])


def _is_day(value: str) -> bool:
    """YYMMDD; day 00 means the end of the month."""
    try:
        date(2000 + int(value[:2]), int(value[2:4]), max(int(value[4:]), 1))
    except ValueError:
        return False
    return True
