"""The way from an entry up to the root, as boxes: what the page's picture and its table show."""

from dataclasses import dataclass

from app.tlog.service import Found
from governance.log.tree import climb, sides


@dataclass(frozen=True, slots=True)
class Step:
    """From `below`, hashed together with `beside` (which stands to the left or right), to `above`."""

    number: int  # from 1, the lowest first
    from_left: bool
    below: str  # hex
    beside: str
    above: str


def steps(found: Found) -> list[Step]:
    """The lowest step first; none where the entry is the only one."""
    size = found.checkpoint.size
    way = climb(found.row.leaf, found.index, size, found.proof.hashes)
    return [
        Step(number + 1, from_left, way[number].hex(), beside.hex(), way[number + 1].hex())
        for number, (beside, from_left) in enumerate(
            zip(found.proof.hashes, sides(found.index, size), strict=True)
        )
    ]
