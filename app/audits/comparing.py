"""What an organisation said and what was found, side by side: what whoever decides wants to see at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import certification as engine
from app.audits.evidence import File
from app.audits.kept import Kept
from app.audits.looking import NONCONFORMITY, NOT_MET
from certification import AnswerValue, Verdict


@dataclass(frozen=True, slots=True)
class Compared:
    """One criterion: the answer, the finding, how many files show something, what is done about it."""

    criterion: engine.Criterion
    answer: engine.Answer | None
    finding: engine.Finding | None
    files: int
    corrections: tuple[engine.CorrectiveAction, ...]

    @property
    def differs(self) -> bool:
        """The organisation said that it meets it, and a nonconformity was found; or the other way round."""
        if self.answer is None or self.finding is None:
            return False
        met = self.answer.value is AnswerValue.MET
        if self.finding.verdict in NONCONFORMITY:
            return met
        return self.answer.value in NOT_MET and self.finding.verdict is Verdict.CONFORMITY

    @property
    def weighs(self) -> bool:
        """Whether a nonconformity was found."""
        return self.finding is not None and self.finding.verdict in NONCONFORMITY

    @property
    def notable(self) -> bool:
        """No nonconformity, but more than "met, and in conformity"."""
        improves = self.finding is not None and self.finding.verdict is Verdict.IMPROVEMENT
        return not self.weighs and (improves or self.differs)


@dataclass(frozen=True, slots=True)
class OfPrinciple:
    """How many criteria of a principle are asked, said to be met, shown by a file, and judged how."""

    principle: engine.Principle
    first: str  # id of its first criterion
    asked: int
    met: int
    shown: int
    found: dict[Verdict, int]


def compared(kept: Kept, files: Sequence[File]) -> list[Compared]:
    """Every criterion that applies, in the order of the standard."""
    dossier = kept.dossier
    return [
        Compared(
            each,
            dossier.answers.get(each.id),
            dossier.findings.get(each.id),
            sum(each.id in file.criteria for file in files),
            tuple(one for one in dossier.corrections if one.criterion == each.id),
        )
        for each in dossier.criteria
    ]


def of_principles(kept: Kept, rows: Sequence[Compared]) -> list[OfPrinciple]:
    found = []
    for principle in kept.standard.principles:
        own = [each for each in rows if each.criterion.principle == principle.number]
        if own:
            verdicts = [each.finding.verdict for each in own if each.finding]
            found.append(
                OfPrinciple(
                    principle,
                    own[0].criterion.id,
                    len(own),
                    sum(each.answer is not None and each.answer.value is AnswerValue.MET for each in own),
                    sum(each.files > 0 for each in own),
                    {verdict: verdicts.count(verdict) for verdict in Verdict},
                )
            )
    return found
