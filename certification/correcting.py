"""Actions on corrective actions: open, offer proof, verify, extend."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from certification.case import Action, Case, Dossier, Event, Situation
from certification.corrections import CorrectiveAction
from certification.findings import NONCONFORMITIES
from certification.independence import Actor
from certification.refusal import Refusal
from certification.road import move, need
from certification.rules import RULES, Rules, need_words


class NothingToCorrect(Refusal):
    code = "correction-no-nonconformity"
    template = "Criterion {criterion} has no minor or major nonconformity to correct."


class DueFault(Refusal):
    code = "correction-due"
    template = "The due date must be from {first} to {last}; {due} was given."


class NotOpen(Refusal):
    code = "correction-not-open"
    template = "The corrective action for {criterion} is already verified."


class NoProof(Refusal):
    code = "correction-no-proof"
    template = "No proof has been offered yet for the corrective action for {criterion}."


class OwnCorrection(Refusal):
    code = "correction-own"
    template = "Whoever wrote a corrective action cannot verify it."


class UnknownCorrection(Refusal):
    code = "correction-unknown"
    template = "This corrective action is not part of the case."


def open_correction(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    id: UUID,  # noqa: A002 - the corrective action's own id
    criterion: str,
    cause: str,
    correction: str,
    due: date,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[CorrectiveAction, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.OPEN_CORRECTION, at)
    finding = dossier.findings.get(criterion)
    if finding is None or finding.verdict not in NONCONFORMITIES:
        raise NothingToCorrect(criterion=criterion)
    today = now.date()
    _need_due(due, today, today + timedelta(days=rules.correction_days))
    opened = CorrectiveAction(
        id=id,
        criterion=criterion,
        cause=need_words(cause, rules),
        correction=need_words(correction, rules),
        due=due,
        opened_by=actor.person,
        opened_at=now,
    )
    facts = {"criterion": criterion, "due": due.isoformat(), "correction": opened.correction}
    return opened, move(Action.OPEN_CORRECTION, at, facts)[1]


def offer_proof(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    correction: CorrectiveAction,
    proof: str,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[CorrectiveAction, Event]:
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.OFFER_PROOF, at)
    _need_open(correction, dossier)
    offered = replace(correction, proof=need_words(proof, rules))
    return offered, move(Action.OFFER_PROOF, at, {"criterion": correction.criterion})[1]


def verify_correction(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    correction: CorrectiveAction,
    accepted: bool,
    note: str,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[CorrectiveAction, Event]:
    """An auditor accepts the proof, or sends it back, which takes it away.

    Whoever verifies has evaluated: keep it with the corrective action, the rules read it from there.
    """
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.VERIFY_CORRECTION, at)
    _need_open(correction, dossier)
    if not correction.proof:
        raise NoProof(criterion=correction.criterion)
    if correction.opened_by == actor.person:
        raise OwnCorrection
    said = need_words(note, rules)
    if accepted:
        judged = replace(correction, verified_by=actor.person, verified_at=now)
    else:
        judged = replace(correction, proof="")
    facts = {
        "criterion": correction.criterion,
        "verdict": "verified" if accepted else "sent back",
        "note": said,
    }
    return judged, move(Action.VERIFY_CORRECTION, at, facts)[1]


def extend_correction(
    case: Case,
    actor: Actor,
    dossier: Dossier,
    *,
    correction: CorrectiveAction,
    due: date,
    reasons: str,
    now: datetime,
    rules: Rules = RULES,
) -> tuple[CorrectiveAction, Event]:
    """A later due date, with a reason; never beyond the longest time, counted from today."""
    at = Situation(case=case, actor=actor, dossier=dossier, now=now, rules=rules)
    need(Action.EXTEND_CORRECTION, at)
    _need_open(correction, dossier)
    first = max(correction.due, now.date()) + timedelta(days=1)
    _need_due(due, first, max(first, now.date() + timedelta(days=rules.correction_days)))
    facts = {
        "criterion": correction.criterion,
        "before": correction.due.isoformat(),
        "due": due.isoformat(),
        "reasons": need_words(reasons, rules),
    }
    return replace(correction, due=due), move(Action.EXTEND_CORRECTION, at, facts)[1]


def _need_due(due: date, first: date, last: date) -> None:
    if not first <= due <= last:
        raise DueFault(first=first.isoformat(), last=last.isoformat(), due=due.isoformat())


def _need_open(correction: CorrectiveAction, dossier: Dossier) -> None:
    if correction not in dossier.corrections:
        raise UnknownCorrection
    if correction.verified_by is not None:
        raise NotOpen(criterion=correction.criterion)
