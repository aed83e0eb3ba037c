"""What a version of a standard changes against another, criterion by criterion."""

from dataclasses import dataclass, fields
from enum import StrEnum

from certification.criteria import Criterion, Standard


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`before` is None for one that was added, `after` for one that was removed.

    `parts`: names of the fields of `Criterion` that differ, in their order there.
    """

    criterion: str
    change: Change
    before: Criterion | None
    after: Criterion | None
    parts: tuple[str, ...] = ()


def differences(old: Standard, new: Standard) -> tuple[Difference, ...]:
    """In the order of the ids."""
    before = {each.id: each for each in old.criteria}
    after = {each.id: each for each in new.criteria}
    found = []
    for identity in sorted({*before, *after}, key=_place):
        was, now = before.get(identity), after.get(identity)
        if was == now:
            continue
        change = Change.ADDED if was is None else Change.REMOVED if now is None else Change.CHANGED
        parts: tuple[str, ...] = ()
        if was is not None and now is not None:
            parts = tuple(
                one.name for one in fields(Criterion) if getattr(was, one.name) != getattr(now, one.name)
            )
        found.append(Difference(criterion=identity, change=change, before=was, after=now, parts=parts))
    return tuple(found)


def _place(identity: str) -> tuple[int, ...]:
    return tuple(int(part) for part in identity.split("."))


def replaced_by(new: Standard, known: tuple[Standard, ...]) -> Standard | None:
    """The version that it takes the place of, if that is known."""
    return next((each for each in known if each.scheme == new.scheme and each.version == new.replaces), None)
