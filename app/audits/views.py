"""What programs get about a case: its state, answers, files, findings, and what may be done next."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

import certification as engine
from app.audits import models as rows
from app.audits.evidence import File
from app.audits.kept import Kept, engine_actor
from app.audits.queue import Line
from app.audits.views_public import CriterionOut, criterion_fields
from app.permissions import Actor
from certification import Action, AnswerValue, ApplicationPart, Outcome, State, Verdict

IN_AUDIT: Final = frozenset(
    {State.APPLIED, State.PROVISIONAL, State.SELF_ASSESSED, State.DESK_REVIEWED, State.AUDIT_PLANNED}
)
"""Until the audit is concluded, its findings are the auditors' notes and not shown to the organisation."""


def _like(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class AnswerOut(BaseModel):
    value: AnswerValue
    note: str
    plan: str
    reason: str


class AskedOut(CriterionOut):
    """A criterion that applies, with the answer so far."""

    answer: AnswerOut | None


class ScoreOut(BaseModel):
    principle: int
    percent: int | None


class MissingOut(BaseModel):
    criterion: str
    want: str
    sentence: str


class AssessmentOut(BaseModel):
    standard: str
    criteria: list[AskedOut]
    missing: list[MissingOut]
    scores: list[ScoreOut]
    formula: str


class PermissionOut(BaseModel):
    """Whether this caller may do it now; `reason` and `code` when not."""

    model_config = _like(
        allowed=False, reason="Only the lead auditor of this case may do this.", code="not-lead"
    )

    allowed: bool
    reason: str
    code: str


class FindingOut(BaseModel):
    criterion: str
    verdict: Verdict
    facts: str
    person_id: UUID
    at: datetime


class CorrectionOut(BaseModel):
    id: UUID
    criterion: str
    cause: str
    correction: str
    due: date
    proof: str
    verified_at: datetime | None


class PlanOut(BaseModel):
    """`sites`, `members`: the ones drawn; empty when all are seen. With the seed, the frames' sizes and their
    SHA-256 anybody can draw again: `certification.redraw_agrees`.
    """

    kind: engine.AuditKind
    starts: date
    ends: date
    seed: str
    sites: list[str]
    members: list[str]
    frames: dict[str, str]


class AppealOut(BaseModel):
    at: datetime
    grounds: str
    panel: list[UUID]
    settled_at: datetime | None
    upheld: bool | None


class RuledOut(BaseModel):
    """A recommendation or a decision."""

    outcome: Outcome
    reasons: str
    conditions: list[str]
    person_id: UUID
    at: datetime


class CaseOut(BaseModel):
    id: UUID
    organisation_id: UUID
    organisation: str
    standard: str
    kind: engine.CaseKind
    cycle: int
    state: State
    opened_at: datetime
    due_on: date
    missing_parts: list[ApplicationPart]
    criteria: int
    answered: int
    judged: int
    lead_id: UUID | None
    plan: PlanOut | None
    findings: list[FindingOut]
    corrective_actions: list[CorrectionOut]
    recommendation: RuledOut | None
    decision: RuledOut | None
    overturned: bool
    appeal: AppealOut | None
    under_review: bool
    certificate: str | None
    permissions: dict[Action, PermissionOut]


class OwnOut(BaseModel):
    """Where an organisation stands. `case` None: it has not applied yet."""

    code_accepted_at: datetime | None
    case: CaseOut | None


class FileOut(BaseModel):
    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    uploaded_at: datetime
    criteria: list[str]
    valid_until: date | None
    replaces: UUID | None
    replaced_by: UUID | None
    scanned: bool
    notes: list[str]
    public: bool
    altered: bool


class FilesOut(BaseModel):
    files: list[FileOut]


class LookOut(BaseModel):
    """Somebody outside the organisation opened a file of it."""

    evidence_id: UUID
    person: str
    organisation: str
    at: datetime


class LooksOut(BaseModel):
    looks: list[LookOut]


class LineOut(BaseModel):
    id: UUID
    organisation: str
    country: str
    state: State
    due_on: date
    judged: int
    criteria: int | None
    lead: str | None
    decider: str | None


class QueueOut(BaseModel):
    cases: list[LineOut]
    after: str | None


class InsideOut(CaseOut):
    """A case as the console shows it: with the answers and the files."""

    answers: dict[str, AnswerOut]
    files: list[FileOut]


class DeclarationOut(BaseModel):
    organisation_id: UUID
    organisation: str
    declared_at: datetime | None
    interests: list[dict[str, str | None]]


class DeclarationsOut(BaseModel):
    declarations: list[DeclarationOut]


class MadeOut(BaseModel):
    model_config = _like(id="019502d0-0000-7000-8000-000000000003")

    id: UUID


def answers_out(answers: Mapping[str, engine.Answer]) -> dict[str, AnswerOut]:
    return {
        name: AnswerOut(value=each.value, note=each.note, plan=each.plan, reason=each.reason)
        for name, each in answers.items()
    }


def assessment_out(kept: Kept) -> AssessmentOut:
    dossier, answers = kept.dossier, answers_out(kept.dossier.answers)
    return AssessmentOut(
        standard=kept.standard.key,
        criteria=[
            AskedOut(**criterion_fields(each), answer=answers.get(each.id)) for each in dossier.criteria
        ],
        missing=[
            MissingOut(criterion=each.criterion, want=each.want, sentence=each.sentence)
            for each in engine.missing(dossier.criteria, dossier.answers)
        ],
        scores=[
            ScoreOut(principle=each.principle, percent=each.percent)
            for each in engine.scores(kept.standard, dossier.criteria, dossier.answers)
        ],
        formula=engine.SCORE_FORMULA,
    )


def as_told(kept: Kept, now: datetime) -> Kept:
    """The case as its organisation may see it: without an unannounced look that has not begun."""
    if kept.case.plan is None or announced(kept.case.plan, now):
        return kept
    case = replace(kept.case, plan=None)
    if case.state is State.SURVEILLANCE:
        case = replace(case, state=State.CERTIFIED)
    return replace(kept, case=case)


def case_out(kept: Kept, actor: Actor, *, now: datetime, inside: bool) -> CaseOut:
    """A case for a program; `inside`: for the console, which sees findings while they are made."""
    kept = kept if inside else as_told(kept, now)
    return CaseOut(**_case(kept, actor, now=now, inside=inside))


def inside_out(kept: Kept, files: list[File], actor: Actor, *, now: datetime) -> InsideOut:
    return InsideOut(
        **_case(kept, actor, now=now, inside=True),
        answers=answers_out(kept.dossier.answers),
        files=[file_out(each) for each in files],
    )


def _case(kept: Kept, actor: Actor, *, now: datetime, inside: bool) -> dict[str, Any]:
    case, dossier = kept.case, kept.dossier
    shown = inside or case.state not in IN_AUDIT
    allowed = engine.permissions(case, engine_actor(actor), dossier, now=now)
    lacking = set(ApplicationPart) - dossier.parts if case.state is State.APPLIED else set()
    return {
        "id": case.id,
        "organisation_id": case.organisation,
        "organisation": kept.organisation.name,
        "standard": case.standard,
        "kind": case.kind,
        "cycle": case.cycle,
        "state": case.state,
        "opened_at": case.opened_at,
        "due_on": kept.certificate.valid_until if kept.certificate and not inside else kept.row.due_on,
        "missing_parts": sorted(lacking),
        "criteria": len(dossier.criteria),
        "answered": sum(each.id in dossier.answers for each in dossier.criteria),
        "judged": len(dossier.findings) if shown else 0,
        "lead_id": case.lead,
        "plan": _plan(case.plan) if case.plan else None,
        "findings": [
            FindingOut(
                criterion=each.criterion,
                verdict=each.verdict,
                facts=each.facts,
                person_id=each.by,
                at=each.at,
            )
            for each in (dossier.findings.values() if shown else ())
        ],
        "corrective_actions": [correction_out(each) for each in dossier.corrections],
        "recommendation": _ruled(case.recommendation, ()) if case.recommendation and inside else None,
        "decision": _ruled(case.decision, case.decision.conditions) if case.decision else None,
        "overturned": case.decision is not None and case.decision.overturned,
        "appeal": _appeal(case.appeal) if case.appeal else None,
        "under_review": case.under_review,
        "certificate": kept.certificate.number if kept.certificate else None,
        "permissions": {
            action: PermissionOut(allowed=bool(each), reason=each.reason, code=each.code)
            for action, each in allowed.items()
        },
    }


def _plan(plan: engine.AuditPlan) -> PlanOut:
    return PlanOut(
        kind=plan.kind,
        starts=plan.starts,
        ends=plan.ends,
        seed=next((each.seed for each in (plan.sample, plan.members) if each), ""),
        sites=list(plan.sample.chosen) if plan.sample else [],
        members=list(plan.members.chosen) if plan.members else [],
        frames={
            name: f"{each.frame_size} {each.frame_digest}"
            for name, each in (("sites", plan.sample), ("members", plan.members))
            if each
        },
    )


def announced(plan: engine.AuditPlan, now: datetime) -> bool:
    """Whether the organisation may know of it: of an unannounced audit when it has begun."""
    return plan.kind is not engine.AuditKind.UNANNOUNCED or now.date() >= plan.starts


def _appeal(appeal: engine.Appeal) -> AppealOut:
    return AppealOut(
        at=appeal.at,
        grounds=appeal.grounds,
        panel=sorted(appeal.panel),
        settled_at=appeal.settled_at,
        upheld=appeal.upheld,
    )


def _ruled(said: engine.Recommendation | engine.Decision, conditions: tuple[str, ...]) -> RuledOut:
    return RuledOut(
        outcome=said.outcome, reasons=said.reasons, conditions=list(conditions), person_id=said.by, at=said.at
    )


def correction_out(one: engine.CorrectiveAction) -> CorrectionOut:
    return CorrectionOut(
        id=one.id,
        criterion=one.criterion,
        cause=one.cause,
        correction=one.correction,
        due=one.due,
        proof=one.proof,
        verified_at=one.verified_at,
    )


def file_out(file: File) -> FileOut:
    return FileOut.model_validate(file, from_attributes=True)


def line_out(line: Line) -> LineOut:
    return LineOut(**{name: getattr(line, name) for name in LineOut.model_fields})


def declaration_out(organisation_id: UUID, name: str, row: rows.Declaration | None) -> DeclarationOut:
    return DeclarationOut(
        organisation_id=organisation_id,
        organisation=name,
        declared_at=row.at if row else None,
        interests=row.interests if row else [],
    )
