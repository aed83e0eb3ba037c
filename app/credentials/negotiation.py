"""Which of several forms a caller asks for by its Accept header (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """One part of the header, like `application/*;q=0.5`."""

    kind: str
    subtype: str
    weight: float
    parameters: int

    def fits(self, kind: str, subtype: str) -> bool:
        return self.kind in ("*", kind) and self.subtype in ("*", subtype)

    @property
    def exactness(self) -> tuple[bool, bool, int]:
        return self.kind != "*", self.subtype != "*", self.parameters


def ranges(header: str) -> list[Range]:
    """The parts of an Accept header; what cannot be read is left out, as if it were not there."""
    found = []
    for part in header.split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        kind, slash, subtype = name.lower().partition("/")
        if not slash or not kind or not subtype or (kind == "*" and subtype != "*"):
            continue
        weight, others = 1.0, 0
        for each in parameters:
            key, _, value = each.partition("=")
            if key.strip().lower() == "q":
                weight = _weight(value.strip())
            else:
                others += 1
        found.append(Range(kind, subtype, weight, others))
    return found


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0) if text.replace(".", "", 1).isdecimal() else 0.0
    except ValueError:
        return 0.0


def best(header: str | None, offers: Sequence[str]) -> str | None:
    """The offer that fits best, the earlier one among equals; None: none of them is acceptable.

    Without a header everything is acceptable. The most exact part decides on the weight of an offer.
    """
    wanted = ranges(header) if header else []
    if not wanted:
        return offers[0]
    chosen, highest = None, 0.0
    for offer in offers:
        kind, _, subtype = offer.partition("/")
        fitting = [each for each in wanted if each.fits(kind, subtype)]
        if fitting and (weight := max(fitting, key=lambda each: each.exactness).weight) > highest:
            chosen, highest = offer, weight
    return chosen
