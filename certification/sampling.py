"""Which sites and members are visited: a weighted draw that anybody can repeat.

Each unit of weight w gets w numbers, SHA-256 of the seed, the unit and a counter, and keeps the largest;
the units with the largest numbers are drawn. The largest of w uniform numbers is distributed like u^(1/w),
the key of Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006, so this is their
draw without replacement, in whole numbers and so the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from math import isqrt

from certification.refusal import Refusal
from certification.risk import RiskLevel

METHOD = "sha256-largest-of-weight/1"
MOST_WEIGHT = 100


# Tenths of the square root that are visited; never less than the whole square root.
_TENTHS = {RiskLevel.LOW: 10, RiskLevel.NORMAL: 10, RiskLevel.HIGH: 15}


class UnitFault(Refusal):
    code = "sample-unit"
    template = "Unit {unit} has weight {weight}; it must be a whole number from 1 to {most}."


class UnitTwice(Refusal):
    code = "sample-unit-twice"
    template = "Unit {unit} is in the list twice."


class NoSeed(Refusal):
    code = "sample-no-seed"
    template = "A draw needs a seed, so that it can be repeated."


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A site or a member. `always`: visited in any case, because of an earlier finding or a complaint."""

    id: str
    weight: int = 1
    always: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.weight <= MOST_WEIGHT:
            raise UnitFault(unit=self.id, weight=self.weight, most=MOST_WEIGHT)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A recorded draw. `chosen`: ids in the order drawn; `frame_digest` fixes what was drawn from."""

    seed: str
    method: str
    level: RiskLevel
    frame_size: int
    frame_digest: str
    chosen: tuple[str, ...]


def sample_size(units: int, level: RiskLevel) -> int:
    """The square root rounded up, times the factor of the risk level, rounded up; at most all of them."""
    if units <= 0:
        return 0
    hundredfold = _TENTHS[level] ** 2 * units  # (tenths × √units)²
    tenths = isqrt(hundredfold - 1) + 1
    return min(units, -(-tenths // 10))


def draw(units: Sequence[Unit], *, seed: str, level: RiskLevel) -> Sample:
    """Those that are always visited, and beside them a full sample of the others.

    The order of `units` does not matter.
    """
    if not seed:
        raise NoSeed
    frame = sorted(units, key=lambda unit: unit.id)
    for unit, after in pairwise(frame):
        if unit.id == after.id:
            raise UnitTwice(unit=unit.id)
    others = [unit for unit in frame if not unit.always]
    others.sort(key=lambda unit: (_key(seed, unit), unit.id), reverse=True)
    always = [unit for unit in frame if unit.always]
    # Sized on all units and drawn from the others, so that the fixed ones come on top of a full draw.
    drawn = others[: sample_size(len(frame), level)]
    return Sample(
        seed=seed,
        method=METHOD,
        level=level,
        frame_size=len(frame),
        frame_digest=_digest(frame),
        chosen=tuple(unit.id for unit in (*always, *drawn)),
    )


def redraw_agrees(sample: Sample, units: Sequence[Unit]) -> bool:
    """Whether the recorded draw comes out again from these units."""
    return sample == draw(units, seed=sample.seed, level=sample.level)


def _key(seed: str, unit: Unit) -> bytes:
    prefix = _joined(METHOD, seed, unit.id)
    return max(sha256(prefix + count.to_bytes(2)).digest() for count in range(unit.weight))


def _digest(frame: Sequence[Unit]) -> str:
    hashed = sha256()
    for unit in frame:
        hashed.update(_joined(unit.id, str(unit.weight), str(int(unit.always))))
    return hashed.hexdigest()


def _joined(*parts: str) -> bytes:
    """Each part with its length before it, so that no two lists of parts give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4) + part for part in encoded)
