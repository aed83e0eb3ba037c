"""A corrective action: the answer of an organisation to a nonconformity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from certification.findings import NONCONFORMITIES, Finding, Verdict


@dataclass(frozen=True, kw_only=True)
class CorrectiveAction:
    """`cause`: why it happened; `correction`: what is changed; `proof`: what shows it.

    It answers the finding on `criterion` that stood at `opened_at`.
    """

    id: UUID
    criterion: str
    cause: str
    correction: str
    due: date
    opened_by: UUID
    opened_at: datetime
    proof: str = ""
    verified_by: UUID | None = None
    verified_at: datetime | None = None


def answering(finding: Finding, corrections: Iterable[CorrectiveAction]) -> tuple[CorrectiveAction, ...]:
    """The corrective actions that answer this finding and not an earlier one on the same criterion."""
    return tuple(
        one for one in corrections if one.criterion == finding.criterion and one.opened_at >= finding.at
    )


def unanswered(findings: Mapping[str, Finding], corrections: Iterable[CorrectiveAction]) -> tuple[str, ...]:
    """Criteria with a nonconformity that no corrective action answers."""
    known = tuple(corrections)
    return tuple(
        finding.criterion
        for finding in findings.values()
        if finding.verdict in NONCONFORMITIES and not answering(finding, known)
    )


def open_majors(findings: Mapping[str, Finding], corrections: Iterable[CorrectiveAction]) -> tuple[str, ...]:
    """Criteria with a major nonconformity that is not yet verified as corrected.

    It is corrected when there is an answer and every answer to it is verified.
    """
    known = tuple(corrections)
    still_open = []
    for finding in findings.values():
        answers = answering(finding, known)
        if finding.verdict is Verdict.MAJOR and not (answers and all(one.verified_by for one in answers)):
            still_open.append(finding.criterion)
    return tuple(still_open)


def overdue(corrections: Iterable[CorrectiveAction], on: date) -> tuple[CorrectiveAction, ...]:
    """Not yet verified, and due before this day."""
    return tuple(one for one in corrections if one.verified_by is None and one.due < on)
