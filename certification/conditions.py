"""What must be true before a transition, each with the refusal that it raises."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from certification.assessment import missing
from certification.case import ApplicationPart, Outcome, Situation, took_part
from certification.corrections import open_majors, unanswered
from certification.findings import not_judged
from certification.independence import counting_interests
from certification.refusal import Refusal


class ApplicationIncomplete(Refusal):
    code = "application-incomplete"
    template = "The application is not complete. Missing: {parts}."


class AssessmentIncomplete(Refusal):
    code = "assessment-incomplete"
    template = "The self-assessment is not complete: {count} criteria need something, {criteria}."


class NothingApplies(Refusal):
    code = "no-criteria"
    template = "No criteria are known to apply to this organisation. Complete its profile first."


class NoLead(Refusal):
    code = "no-lead"
    template = "No lead auditor is assigned to this case."


class NoPlan(Refusal):
    code = "no-audit-plan"
    template = "No audit is planned yet."


class AuditNotStarted(Refusal):
    code = "audit-not-started"
    template = "The audit starts on {starts}."


class NotAllJudged(Refusal):
    code = "not-all-judged"
    template = "{count} criteria have no finding yet: {criteria}."


class NonconformityUnanswered(Refusal):
    code = "nonconformity-unanswered"
    template = "A nonconformity has no corrective action yet: {criteria}."


class OpenMajor(Refusal):
    code = "open-major"
    template = "A major nonconformity is not yet verified as corrected: {criteria}."


class TookPart(Refusal):
    code = "independence-took-part"
    template = "You took part in the evaluation of this case, so somebody else must decide."


class DecidedBefore(Refusal):
    code = "independence-decided"
    template = "You took a decision in this case, so somebody else must do this."


class SatOnPanel(Refusal):
    code = "independence-sat-on-panel"
    template = "You were on an appeal panel of this case, so somebody else must do this."


class EvaluationConflict(Refusal):
    code = "evaluation-conflict"
    template = (
        "{count} of those who evaluated this case have an interest in the organisation. "
        "Release them and let somebody else judge what they judged."
    )


class EvidenceAltered(Refusal):
    code = "evidence-altered"
    template = "These files are no longer the ones that were uploaded: {files}."


class UnderReview(Refusal):
    code = "under-review"
    template = "A conflict of interest was found later; this waits for the review."


class NotUnderReview(Refusal):
    code = "not-under-review"
    template = "This case is not under review."


class NoRecommendation(Refusal):
    code = "no-recommendation"
    template = "The lead auditor has not yet reported."


class NotOver(Refusal):
    code = "certificate-not-over"
    template = "The certificate is still valid and was not renewed."


class NothingToAppeal(Refusal):
    code = "nothing-to-appeal"
    template = "There is no decision against the organisation to appeal against."


class AppealTooLate(Refusal):
    code = "appeal-too-late"
    template = "The time to appeal ended on {ended}."


class AppealOpen(Refusal):
    code = "appeal-open"
    template = "An appeal is open; this waits for its outcome."


class NoOpenAppeal(Refusal):
    code = "no-open-appeal"
    template = "No appeal is open."


@dataclass(frozen=True, kw_only=True)
class Condition:
    """`sentence` states it for the printed table; `check` refuses when it is not so."""

    sentence: str
    check: Callable[[Situation], Refusal | None]


APPEALABLE = frozenset({Outcome.CERTIFY_WITH_CONDITIONS, Outcome.REFUSE, Outcome.SUSPEND, Outcome.WITHDRAW})


def _code_signed(at: Situation) -> Refusal | None:
    code = ApplicationPart.CODE_OF_PRACTICE
    return None if code in at.dossier.parts else ApplicationIncomplete(parts=(code.value,))


def _application_complete(at: Situation) -> Refusal | None:
    parts = tuple(part.value for part in ApplicationPart if part not in at.dossier.parts)
    return ApplicationIncomplete(parts=parts) if parts else None


def _assessment_complete(at: Situation) -> Refusal | None:
    if not at.dossier.criteria:
        return NothingApplies()
    tasks = tuple(task.criterion for task in missing(at.dossier.criteria, at.dossier.answers))
    return AssessmentIncomplete(count=len(tasks), criteria=tasks) if tasks else None


def _lead_assigned(at: Situation) -> Refusal | None:
    return None if at.case.lead else NoLead()


def _audit_started(at: Situation) -> Refusal | None:
    plan = at.case.plan
    if plan is None:
        return NoPlan()
    if at.now.date() >= plan.starts:
        return None
    return AuditNotStarted(starts=plan.starts.isoformat())


def _all_judged(at: Situation) -> Refusal | None:
    if not at.dossier.criteria:
        return NothingApplies()
    open_ones = not_judged(at.dossier.criteria, at.dossier.findings)
    return NotAllJudged(count=len(open_ones), criteria=open_ones) if open_ones else None


def _nonconformities_answered(at: Situation) -> Refusal | None:
    criteria = unanswered(at.dossier.findings, at.dossier.corrections)
    return NonconformityUnanswered(criteria=criteria) if criteria else None


def no_open_major(at: Situation) -> Refusal | None:
    criteria = open_majors(at.dossier.findings, at.dossier.corrections)
    return OpenMajor(criteria=criteria) if criteria else None


def _took_no_part(at: Situation) -> Refusal | None:
    return TookPart() if at.actor.person in took_part(at.case, at.dossier) else None


def _did_not_decide(at: Situation) -> Refusal | None:
    return DecidedBefore() if at.actor.person in at.case.deciders else None


def _did_not_sit(at: Situation) -> Refusal | None:
    return SatOnPanel() if at.actor.person in at.case.panellists else None


def _evaluation_independent(at: Situation) -> Refusal | None:
    """Of those whose work counts now: the team and everybody who signed what stands in the dossier."""
    judged = {finding.by for finding in at.dossier.findings.values()}
    verified = {one.verified_by for one in at.dossier.corrections if one.verified_by}
    tied = [
        person
        for person in at.case.team | judged | verified
        if counting_interests(person, at.case.organisation, at.dossier.declarations, at.now.date(), at.rules)
    ]
    return EvaluationConflict(count=len(tied)) if tied else None


def _evidence_intact(at: Situation) -> Refusal | None:
    return EvidenceAltered(files=at.dossier.altered_evidence) if at.dossier.altered_evidence else None


def _not_under_review(at: Situation) -> Refusal | None:
    return UnderReview() if at.case.under_review else None


def _is_under_review(at: Situation) -> Refusal | None:
    return None if at.case.under_review else NotUnderReview()


def _recommended(at: Situation) -> Refusal | None:
    return None if at.case.recommendation else NoRecommendation()


def _is_over(at: Situation) -> Refusal | None:
    certificate = at.dossier.certificate
    over = certificate is not None and at.now.date() > certificate.valid_until
    return None if over or at.dossier.renewed_by else NotOver()


def _no_open_appeal(at: Situation) -> Refusal | None:
    return AppealOpen() if at.case.appeal_is_open else None


def _appeal_open(at: Situation) -> Refusal | None:
    return None if at.case.appeal_is_open else NoOpenAppeal()


def _may_be_appealed(at: Situation) -> Refusal | None:
    """Once a decision; the time runs from the decision, or from the end of an appeal that was open then."""
    decision, appeal = at.case.decision, at.case.appeal
    if decision is None or decision.outcome not in APPEALABLE or decision.overturned:
        return NothingToAppeal()
    begins = decision.at
    if appeal is not None:
        if appeal.decision == decision:
            return NothingToAppeal()
        if appeal.settled_at is not None:
            begins = max(begins, appeal.settled_at)
    ended = begins.date() + timedelta(days=at.rules.appeal_days)
    return AppealTooLate(ended=ended.isoformat()) if at.now.date() > ended else None


CODE_SIGNED = Condition(sentence="the code of practice is signed", check=_code_signed)
APPLICATION_COMPLETE = Condition(
    sentence="every part of the application is there", check=_application_complete
)
ASSESSMENT_COMPLETE = Condition(
    sentence="every criterion that applies is answered", check=_assessment_complete
)
LEAD_ASSIGNED = Condition(sentence="a lead auditor is assigned", check=_lead_assigned)
AUDIT_STARTED = Condition(sentence="the audit has started", check=_audit_started)
ALL_JUDGED = Condition(sentence="every criterion that applies has a finding", check=_all_judged)
NONCONFORMITIES_ANSWERED = Condition(
    sentence="each nonconformity has a corrective action", check=_nonconformities_answered
)
NO_OPEN_MAJOR = Condition(sentence="each major nonconformity is verified as corrected", check=no_open_major)
TOOK_NO_PART = Condition(sentence="took no part in the evaluation", check=_took_no_part)
DID_NOT_DECIDE = Condition(sentence="took no decision in this case", check=_did_not_decide)
DID_NOT_SIT = Condition(sentence="was on no appeal panel of this case", check=_did_not_sit)
EVALUATION_INDEPENDENT = Condition(
    sentence="no evaluator has an interest in the organisation", check=_evaluation_independent
)
EVIDENCE_INTACT = Condition(sentence="no evidence was altered since its upload", check=_evidence_intact)
NOT_UNDER_REVIEW = Condition(sentence="no conflict is under review", check=_not_under_review)
IS_UNDER_REVIEW = Condition(sentence="a conflict is under review", check=_is_under_review)
RECOMMENDED = Condition(sentence="the lead auditor has reported", check=_recommended)
IS_OVER = Condition(sentence="the certificate has run out or was renewed", check=_is_over)
NO_OPEN_APPEAL = Condition(sentence="no appeal is open", check=_no_open_appeal)
APPEAL_OPEN = Condition(sentence="an appeal is open", check=_appeal_open)
MAY_BE_APPEALED = Condition(sentence="a decision against the organisation, in time", check=_may_be_appealed)
