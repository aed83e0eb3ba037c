"""When a governing document is late, and what differs between two of its versions."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

PUBLISH_DAYS: Final = 14
"""Target from adoption to publication, in calendar days. Fairhaul's own."""


def delay(adopted: date, published: date | None, today: date) -> int:
    """Days from adoption to publication, or so far."""
    return max(((published or today) - adopted).days, 0)


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph in both versions, in one of them, or changed (then its pieces say where)."""

    change: Change | None  # None: changed within
    pieces: tuple[Piece, ...]


_TOKENS: Final = re.compile(r"\s+|[^\s]+")
MOST_WORDS: Final = 4000
"""Longer paragraphs are compared as wholes: comparing words takes the square of their number."""


def paragraphs(text: str) -> list[str]:
    return [each.strip() for each in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if each.strip()]


def difference(old: str, new: str) -> tuple[Paragraph, ...]:
    """Both versions as one text: paragraph by paragraph, word by word within those that changed."""
    before, after = paragraphs(old), paragraphs(new)
    found: list[Paragraph] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            found += [Paragraph(Change.SAME, (Piece(Change.SAME, each),)) for each in before[a0:a1]]
        else:
            found += _changed(before[a0:a1], after[b0:b1])
    return tuple(found)


def _changed(before: Sequence[str], after: Sequence[str]) -> list[Paragraph]:
    """Pair paragraphs that are alike; the others are removed or added."""
    found: list[Paragraph] = []
    waiting = list(after)
    for old in before:
        alike = next((each for each in waiting if _alike(old, each)), None)
        if alike is None:
            found.append(Paragraph(Change.REMOVED, (Piece(Change.REMOVED, old),)))
            continue
        while waiting[0] is not alike:
            new = waiting.pop(0)
            found.append(Paragraph(Change.ADDED, (Piece(Change.ADDED, new),)))
        waiting.pop(0)
        found.append(Paragraph(None, _words(old, alike)))
    found += [Paragraph(Change.ADDED, (Piece(Change.ADDED, each),)) for each in waiting]
    return found


def _alike(old: str, new: str) -> bool:
    a, b = old.split(), new.split()
    if len(a) + len(b) > MOST_WORDS:
        return False
    matcher = difflib.SequenceMatcher(a=a, b=b, autojunk=False)
    return matcher.real_quick_ratio() > 0.4 and matcher.ratio() > 0.4


def _words(old: str, new: str) -> tuple[Piece, ...]:
    a, b = _TOKENS.findall(old), _TOKENS.findall(new)
    pieces: list[Piece] = []
    for tag, a0, a1, b0, b1 in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Change.SAME, "".join(a[a0:a1])))
            continue
        if a1 > a0:
            pieces.append(Piece(Change.REMOVED, "".join(a[a0:a1])))
        if b1 > b0:
            pieces.append(Piece(Change.ADDED, "".join(b[b0:b1])))
    return tuple(pieces)


def one_side(found: Sequence[Paragraph], *, new: bool) -> list[str]:
    """The paragraphs of the old or the new version, back from the difference."""
    other = Change.REMOVED if new else Change.ADDED
    return [
        "".join(piece.text for piece in each.pieces if piece.change is not other)
        for each in found
        if each.change is not other
    ]
