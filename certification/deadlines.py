"""By when each stage should be over, and when people are reminded; in one versioned value.

No other scheme's public deadlines were found; these are this scheme's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from certification.case import State
from certification.refusal import Refusal


class DeadlinesFault(Refusal):
    code = "deadlines-fault"
    template = "The deadlines {version} do not hold together: {fault}."


class Nudge(StrEnum):
    """Which reminder it is time for."""

    BEFORE = "before"
    DUE = "due"
    OVERDUE = "overdue"


def _stages() -> Mapping[State, int]:
    return MappingProxyType(
        {
            State.APPLIED: 14,
            State.PROVISIONAL: 90,
            State.SELF_ASSESSED: 14,
            State.DESK_REVIEWED: 30,
            State.AUDITED: 14,
            State.CORRECTING: 30,
            State.RECOMMENDED: 14,
            State.DECIDED: 7,
            State.SUSPENDED: 90,
        }
    )


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """Calendar days. `stages`: for the next step of a case; a planned look is due when it ends.

    `before`: reminders so many days ahead; `again`: while overdue, one every so many days.
    `panel`, `appeal`: to convene a panel, and to settle the appeal, from the day it was lodged.
    `review`: to settle a conflict found later. `renewal`: how long before its end renewal should begin.
    """

    version: str = "2026.1"
    stages: Mapping[State, int] = field(default_factory=_stages)
    before: int = 7
    again: int = 14
    panel: int = 14
    appeal: int = 60
    review: int = 30
    renewal: int = 270

    def __post_init__(self) -> None:
        for name in ("before", "again", "panel", "appeal", "review", "renewal"):
            if getattr(self, name) < 1:
                raise DeadlinesFault(version=self.version, fault=f"{name} must be at least 1 day")
        if any(days < 1 for days in self.stages.values()):
            raise DeadlinesFault(version=self.version, fault="a stage must have at least 1 day")
        if self.panel > self.appeal:
            raise DeadlinesFault(
                version=self.version, fault="a panel is convened before the appeal is settled"
            )

    def stage_ends(self, state: State, since: date) -> date:
        """When somebody should have taken the next step; a stage without a limit: the same day."""
        return since + timedelta(days=self.stages.get(state, 0))

    def nudge(self, due: date, on: date) -> tuple[Nudge, date] | None:
        """The newest reminder that belongs sent by this day, with the day that it belongs to.

        A job that was down for days still sends the one that counts, once: the same pair comes out on every
        day until the next is due.
        """
        late = (on - due).days
        if late > 0:
            # the first on the day after, then every `again` days
            return Nudge.OVERDUE, due + timedelta(days=1 + (late - 1) // self.again * self.again)
        if late == 0:
            return Nudge.DUE, due
        ahead = due - timedelta(days=self.before)
        return (Nudge.BEFORE, ahead) if on >= ahead else None


DEADLINES = Deadlines()
