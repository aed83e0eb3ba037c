"""GS1 identifiers: check digits, logistic units, and one canonical writing of each.

The same thing can be named by an EPC URI (GS1 EPC Tag Data Standard, section 6) and by a GS1 Digital Link
(GS1 Digital Link URI Syntax 1.2, section 4.11); the canonical writing is the Digital Link at id.gs1.org with
the finest identification only.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

DOMAIN: Final = "https://id.gs1.org"
SHORT_NAMES: Final = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017",
    "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "lot": "10", "ser": "21", "cpsn": "8011", "glnx": "254",
}  # fmt: skip
TEXT: Final = r"(?:%[0-9A-Fa-f]{2}|[!\"'()*+,\-.0-9:;<=>?A-Z_a-z])"
KEYS: Final = {
    "00": r"\d{18}",
    "01": r"\d{8}|\d{12,14}",
    "253": rf"\d{{13}}{TEXT}{{0,17}}",
    "255": r"\d{13,25}",
    "401": rf"{TEXT}{{1,30}}",
    "402": r"\d{17}",
    "414": r"\d{13}",
    "417": r"\d{13}",
    "8003": rf"\d{{14}}{TEXT}{{0,16}}",
    "8004": rf"{TEXT}{{1,30}}",
    "8006": r"\d{18}",
    "8010": rf"{TEXT}{{1,30}}",
    "8017": r"\d{18}",
    "8018": r"\d{18}",
}
"""Keys by application identifier, as they stand in a Digital Link."""
QUALIFIERS: Final = {
    "01": ("21", "235", "10"),
    "8006": ("21", "10"),
    "414": ("254",),
    "8010": ("8011",),
}
"""What may say more about a key, the finest first: only that is kept."""


def check_digit(digits: str) -> str:
    """The last digit of a GTIN, GLN, SSCC ...: GS1 General Specifications, section 7.9.1."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_checked(number: str) -> bool:
    """Whether `number` is digits only and ends with the right check digit."""
    return number.isascii() and number.isdigit() and check_digit(number[:-1]) == number[-1]


def sscc(prefix: str, serial: int) -> str:
    """The Digital Link of a logistic unit, numbered by the holder of a GS1 company prefix.

    ValueError: the prefix has not 4 to 12 digits, or all its numbers are used.
    """
    if not re.fullmatch(r"[0-9]{4,12}", prefix):
        raise ValueError("a GS1 company prefix has 4 to 12 digits")
    room = 17 - len(prefix)  # the extension digit belongs to the serial reference
    if not 0 <= serial < 10**room:
        raise ValueError("no number of this prefix is left")
    reference = f"{serial:0{room}d}"
    number = reference[0] + prefix + reference[1:]
    return f"{DOMAIN}/00/{number}{check_digit(number)}"


def location(gln: str) -> str:
    """The Digital Link of a place."""
    return f"{DOMAIN}/414/{gln}"


def party(gln: str) -> str:
    """The Digital Link of an organisation."""
    return f"{DOMAIN}/417/{gln}"


def canonical(uri: str) -> str:
    """The canonical Digital Link of a GS1 identifier; any other URI as it is."""
    if uri.startswith("urn:epc:"):
        return _from_epc(uri) or uri
    if uri.startswith(("http://", "https://")):
        return _from_link(uri) or uri
    return uri


def class_of(uri: str) -> str | None:
    """The canonical name of the trade item that a numbered or batched one belongs to; None: it has none."""
    found = re.match(rf"{DOMAIN}/(?:01/\d{{14}}|8006/\d{{18}})(?=/)", canonical(uri))
    return found.group() if found else None


def _from_link(uri: str) -> str | None:
    try:
        path = urlsplit(uri).path
    except ValueError:
        return None
    parts = [SHORT_NAMES.get(part, part) for part in path.split("/")[1:]]
    found = (
        place
        for place, (identifier, key) in enumerate(pairwise(parts))
        if identifier in KEYS and re.fullmatch(KEYS[identifier], key)
    )
    if (place := next(found, None)) is None:
        return None
    identifier, key = parts[place : place + 2]
    if identifier == "01":
        key = key.zfill(14)
    rest = parts[place + 2 :]
    said = dict(zip(rest[::2], rest[1::2], strict=False))
    for qualifier in QUALIFIERS.get(identifier, ()):
        if said.get(qualifier):
            return f"{DOMAIN}/{identifier}/{key}/{qualifier}/{said[qualifier]}"
    return f"{DOMAIN}/{identifier}/{key}"


def _checked(digits: str) -> str:
    return digits + check_digit(digits)


def _gtin(company: str, item: str) -> str:
    return _checked(item[0] + company + item[1:])


Parts = tuple[str, ...]
_COMPANY_AND_REFERENCE: Final = 2
_GLN: Final = 12  # digits of a GLN without the last
# Scheme: how long company prefix and reference are together (None: as they are), and the link's path.
_SCHEMES: Final[dict[str, tuple[int | None, int, Callable[[Parts], str]]]] = {
    "sgtin": (13, 3, lambda p: f"01/{_gtin(p[0], p[1])}/21/{p[2]}"),
    "upui": (13, 3, lambda p: f"01/{_gtin(p[0], p[1])}/235/{p[2]}"),
    "sscc": (17, 2, lambda p: "00/" + _checked(p[1][0] + p[0] + p[1][1:])),
    "sgln": (12, 3, lambda p: f"414/{_checked(p[0] + p[1])}" + (f"/254/{p[2]}" if p[2] != "0" else "")),
    "pgln": (12, 2, lambda p: "417/" + _checked(p[0] + p[1])),
    "grai": (12, 3, lambda p: "8003/" + _checked("0" + p[0] + p[1]) + p[2]),
    "giai": (None, 2, lambda p: f"8004/{p[0]}{p[1]}"),
    "gsrn": (17, 2, lambda p: "8018/" + _checked(p[0] + p[1])),
    "gsrnp": (17, 2, lambda p: "8017/" + _checked(p[0] + p[1])),
    "gdti": (12, 3, lambda p: "253/" + _checked(p[0] + p[1]) + p[2]),
    "sgcn": (12, 3, lambda p: "255/" + _checked(p[0] + p[1]) + p[2]),
    "cpi": (None, 3, lambda p: f"8010/{p[0]}{p[1]}/8011/{p[2]}"),
    "ginc": (None, 2, lambda p: f"401/{p[0]}{p[1]}"),
    "gsin": (16, 2, lambda p: "402/" + _checked(p[0] + p[1])),
    "itip": (13, 5, lambda p: f"8006/{_gtin(p[0], p[1])}{p[2]}{p[3]}/21/{p[4]}"),
    "lgtin": (13, 3, lambda p: f"01/{_gtin(p[0], p[1])}/10/{p[2]}"),
}
_ENCODED: Final = str.maketrans({letter: f"%{ord(letter):02X}" for letter in "!()*+,:"})
_EPC: Final = re.compile(r"urn:epc:(?P<what>id|class|idpat):(?P<scheme>[a-z]+):(?P<rest>.+)")


def _from_epc(uri: str) -> str | None:
    found = _EPC.fullmatch(uri)
    if (
        not found
        or found["scheme"] not in _SCHEMES
        or ((found["what"] == "class") != (found["scheme"] == "lgtin"))
    ):
        return None
    together, count, link = _SCHEMES[found["scheme"]]
    pattern = found["what"] == "idpat"
    parts = tuple(found["rest"].split(".", count - 1))
    if len(parts) != count or not re.fullmatch(r"[0-9]{6,12}", parts[0]):
        return None
    if together is not None and (
        len(parts[0] + parts[1]) != together or not re.fullmatch(r"[0-9]*", parts[1])
    ):
        return None
    if not parts[1] and together != _GLN:  # a company prefix of 12 digits leaves no place for a reference
        return None
    if pattern:
        if parts[-1] != "*" or count == _COMPANY_AND_REFERENCE:
            return None
        path = link((*parts[:-1], "\0"))
        return f"{DOMAIN}/" + re.sub(r"(/\d+/)?\0", "", path)
    if not re.fullmatch(rf"{TEXT}*", parts[-1]) or (count > _COMPANY_AND_REFERENCE and not parts[-1]):
        return None
    return f"{DOMAIN}/" + link((*parts[:-1], parts[-1].translate(_ENCODED)))
