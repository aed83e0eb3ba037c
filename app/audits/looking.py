"""A case criterion by criterion: which ones an auditor looks at, in which order, and what comes next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import certification as engine
from app.audits.evidence import File
from app.audits.kept import Kept
from certification import AnswerValue, Verdict

NOT_MET: Final = frozenset({AnswerValue.PARTLY, AnswerValue.NOT_MET})
NONCONFORMITY: Final = frozenset({Verdict.MINOR, Verdict.MAJOR})


class Look(StrEnum):
    """Which criteria are walked through."""

    ALL = ""
    OPEN = "open"  # not judged
    WEAK = "weak"  # the organisation says itself that it is not, or not wholly, met
    BARE = "bare"  # no file is linked
    FOUND = "found"  # a nonconformity was found


@dataclass(frozen=True, slots=True)
class Walk:
    """The criteria of a case in the order of the standard, and those of them that are looked at."""

    case: UUID
    look: Look
    order: Sequence[engine.Criterion]
    looked_at: Mapping[Look, Sequence[str]]
    judged: Collection[str]

    @property
    def ids(self) -> Sequence[str]:
        return self.looked_at[self.look]

    def at(self, criterion: str, look: Look | None = None) -> str:
        wanted = self.look if look is None else look
        return f"/cases/{self.case}?" + urlencode(
            {"criterion": criterion} | ({"show": wanted} if wanted else {})
        )

    def begin(self, look: Look | None = None) -> str | None:
        """The criterion to begin with: the first that is not judged; when all are, the first."""
        ids = self.looked_at[self.look if look is None else look]
        return next((each for each in ids if each not in self.judged), ids[0] if ids else None)

    def after(self, criterion: str) -> str | None:
        """The next one that is looked at, in the order of the standard."""
        place = self._place(criterion)
        return next((each for each in self.ids if self._place(each) > place), None)

    def before(self, criterion: str) -> str | None:
        place = self._place(criterion)
        return next((each for each in reversed(self.ids) if self._place(each) < place), None)

    def next_open(self, criterion: str) -> str | None:
        """The next one that is not judged: behind this one, else from the beginning; None: all are."""
        open_ones = [each for each in self.ids if each not in self.judged and each != criterion]
        place = self._place(criterion)
        return next((each for each in open_ones if self._place(each) > place), next(iter(open_ones), None))

    def _place(self, criterion: str) -> int:
        return next((number for number, each in enumerate(self.order) if each.id == criterion), -1)


def walk(kept: Kept, files: Sequence[File], look: Look) -> Walk:
    dossier = kept.dossier
    shown = {each for file in files for each in file.criteria}
    order = [each.id for each in dossier.criteria]
    looked_at = {
        Look.ALL: order,
        Look.OPEN: [each for each in order if each not in dossier.findings],
        Look.WEAK: [
            each for each in order if each not in dossier.answers or dossier.answers[each].value in NOT_MET
        ],
        Look.BARE: [each for each in order if each not in shown],
        Look.FOUND: [
            each
            for each in order
            if each in dossier.findings and dossier.findings[each].verdict in NONCONFORMITY
        ],
    }
    return Walk(kept.row.id, look, dossier.criteria, looked_at, dossier.findings.keys())
