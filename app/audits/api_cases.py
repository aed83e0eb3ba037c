"""JSON routes of the console: the queue, a case, and every step of it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

import certification as engine
from app.audits import decision, declaring, evaluation, evidence, planning, queue, views
from app.audits.evaluation import Judgement
from app.audits.kept import Kept
from app.audits.planning import Plan
from app.audits.schemas import (
    AssignmentIn,
    DecisionIn,
    DeclarationIn,
    DeskReviewIn,
    ExtensionIn,
    FindingIn,
    PlanIn,
    ReasonsIn,
    RecommendationIn,
    ReleaseIn,
    VerificationIn,
)
from app.organisations.models import Organisation
from app.organisations.regions import Region
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("cases")

Reader = Annotated[Actor, Depends(Needs("case.read"))]
Manager = Annotated[Actor, Depends(Needs("case.assign"))]
Auditor = Annotated[Actor, Depends(Needs("case.audit"))]
Decider = Annotated[Actor, Depends(Needs("case.decide"))]
Declarer = Annotated[Actor, Depends(Needs("interest.declare"))]


def _out(kept: Kept, actor: Actor, now: Now) -> views.CaseOut:
    return views.case_out(kept, actor, now=now, inside=True)


@router.get("/cases")
def cases(
    actor: Reader,
    db: Db,
    now: Now,
    *,
    stage: queue.Stage | None = None,
    mine: bool = False,
    q: Annotated[str, Query(max_length=100, description="words in name, place or description")] = "",
    region: Region | None = None,
    country: Annotated[str, Query(pattern="^([A-Z]{2})?$")] = "",
    kind: engine.CaseKind | None = None,
    auditor: UUID | None = None,
    overdue: bool = False,
    sort: queue.Sort = queue.Sort.DUE,
    after: Annotated[str, Query(max_length=1000, description="from the page before")] = "",
) -> views.QueueOut:
    """Cases that this person may see, the most urgent first; without `stage`: those that wait."""
    wish = queue.Filter(
        stage=stage,
        mine=mine,
        words=q.replace("\x00", " "),
        region=region or "",
        country=country,
        kind=kind,
        auditor=auditor,
        overdue=overdue,
        sort=sort,
        after=queue.read_cursor(after, sort) if after else None,
    )
    lines, following = queue.lines(db, actor, wish, on=now.date())
    return views.QueueOut(cases=[views.line_out(each) for each in lines], after=following)


@router.get("/cases/{case_id}")
def case(case_id: UUID, actor: Reader, db: Db, now: Now) -> views.InsideOut:
    """A case with answers, files, findings and what this person may do next."""
    kept = evaluation.seen(db, actor, case_id)
    return views.inside_out(kept, evidence.files_of(db, case_id), actor, now=now)


@router.post("/cases/{case_id}/acceptance")
def accept(case_id: UUID, actor: Manager, db: Db, now: Now) -> views.CaseOut:
    """Accept a complete application."""
    return _out(evaluation.accept(db, actor, case_id, now=now), actor, now)


@router.post("/cases/{case_id}/reopening")
def reopen(case_id: UUID, said: ReasonsIn, actor: Reader, db: Db, now: Now) -> views.CaseOut:
    """Give the self-assessment back."""
    return _out(evaluation.reopen(db, actor, case_id, said.reasons, now=now), actor, now)


@router.post("/cases/{case_id}/assignments")
def assign(case_id: UUID, said: AssignmentIn, actor: Manager, db: Db, now: Now) -> views.CaseOut:
    """Put an auditor or a decision maker on the case; a conflict of interest is refused with its reason."""
    kept = evaluation.assign(db, actor, case_id, said.person_id, said.part, lead=said.lead, now=now)
    return _out(kept, actor, now)


@router.post("/cases/{case_id}/releases")
def release(case_id: UUID, said: ReleaseIn, actor: Manager, db: Db, now: Now) -> views.CaseOut:
    """Take somebody off the team."""
    return _out(evaluation.release(db, actor, case_id, said.person_id, said.reasons, now=now), actor, now)


@router.post("/cases/{case_id}/desk-review")
def desk_review(case_id: UUID, said: DeskReviewIn, actor: Auditor, db: Db, now: Now) -> views.CaseOut:
    """Sum up what the papers say."""
    return _out(evaluation.desk_review(db, actor, case_id, said.summary, now=now), actor, now)


@router.put("/cases/{case_id}/audit-plan")
def plan_audit(case_id: UUID, said: PlanIn, actor: Reader, db: Db, now: Now) -> views.CaseOut:
    """Plan the audit, or plan it anew."""
    return _out(planning.plan_audit(db, actor, case_id, Plan(**said.model_dump()), now=now), actor, now)


@router.put("/cases/{case_id}/findings/{criterion}")
def judge(
    case_id: UUID, criterion: str, said: FindingIn, *, actor: Auditor, db: Db, now: Now
) -> views.FindingOut:
    """Judge one criterion; it takes the place of the finding before."""
    made = evaluation.judge(db, actor, case_id, Judgement(criterion, said.verdict, said.facts), now=now)
    return views.FindingOut(
        criterion=made.criterion, verdict=made.verdict, facts=made.facts, person_id=made.by, at=made.at
    )


@router.post("/cases/{case_id}/conclusion")
def conclude(case_id: UUID, actor: Auditor, db: Db, now: Now) -> views.CaseOut:
    """End the audit; the organisation sees the findings."""
    return _out(evaluation.conclude_audit(db, actor, case_id, now=now), actor, now)


@router.post("/cases/{case_id}/corrections-request")
def request_corrections(case_id: UUID, actor: Auditor, db: Db, now: Now) -> views.CaseOut:
    """Agree to the corrective actions that the organisation wrote."""
    return _out(evaluation.request_corrections(db, actor, case_id, now=now), actor, now)


@router.put("/cases/{case_id}/corrective-actions/{correction_id}/verification")
def verify(
    case_id: UUID, correction_id: UUID, said: VerificationIn, *, actor: Auditor, db: Db, now: Now
) -> views.CaseOut:
    """Accept the proof of a corrective action, or send it back."""
    evaluation.verify_correction(
        db, actor, case_id, correction_id, accepted=said.accepted, note=said.note, now=now
    )
    return _out(evaluation.seen(db, actor, case_id), actor, now)


@router.put("/cases/{case_id}/corrective-actions/{correction_id}/due")
def extend(
    case_id: UUID, correction_id: UUID, said: ExtensionIn, *, actor: Reader, db: Db, now: Now
) -> views.CaseOut:
    """Give more time, with a reason."""
    evaluation.extend_correction(
        db, actor, case_id, correction_id, due=said.due, reasons=said.reasons, now=now
    )
    return _out(evaluation.seen(db, actor, case_id), actor, now)


@router.post("/cases/{case_id}/recommendation")
def recommend(
    request: Request, case_id: UUID, said: RecommendationIn, *, actor: Auditor, db: Db, now: Now
) -> views.CaseOut:
    """Report to whoever decides. Every file is hashed again first."""
    kept = evaluation.recommend(
        db, request.app.state.store, actor, case_id, outcome=said.outcome, reasons=said.reasons, now=now
    )
    return _out(kept, actor, now)


@router.post("/cases/{case_id}/return")
def send_back(case_id: UUID, said: ReasonsIn, actor: Reader, db: Db, now: Now) -> views.CaseOut:
    """Send the case back to the audit, with questions."""
    return _out(evaluation.send_back(db, actor, case_id, said.reasons, now=now), actor, now)


@router.post("/cases/{case_id}/decision")
def decide(
    request: Request, case_id: UUID, said: DecisionIn, *, actor: Decider, db: Db, now: Now
) -> views.CaseOut:
    """Decide on a recommendation. Who took part in the evaluation is refused; to certify issues at once."""
    word = decision.Word(said.outcome, said.reasons, tuple(said.conditions))
    return _out(decision.decide(db, request.app.state.store, actor, case_id, word, now=now), actor, now)


@router.post("/cases/{case_id}/declination")
def decline(case_id: UUID, said: ReasonsIn, actor: Decider, db: Db, now: Now) -> views.CaseOut:
    """Refuse an application before it is accepted."""
    return _out(decision.decline(db, actor, case_id, said.reasons, now=now), actor, now)


@router.post("/cases/{case_id}/suspension")
def suspend(case_id: UUID, said: ReasonsIn, actor: Decider, db: Db, now: Now) -> views.CaseOut:
    return _out(decision.suspend(db, actor, case_id, said.reasons, now=now), actor, now)


@router.post("/cases/{case_id}/reinstatement")
def reinstate(
    request: Request, case_id: UUID, said: ReasonsIn, *, actor: Decider, db: Db, now: Now
) -> views.CaseOut:
    kept = decision.reinstate(db, request.app.state.store, actor, case_id, said.reasons, now=now)
    return _out(kept, actor, now)


@router.post("/cases/{case_id}/withdrawal")
def withdraw(case_id: UUID, said: ReasonsIn, actor: Decider, db: Db, now: Now) -> views.CaseOut:
    return _out(decision.withdraw(db, actor, case_id, said.reasons, now=now), actor, now)


@router.get("/interests")
def interests(actor: Declarer, db: Db) -> views.DeclarationsOut:
    """What this person declared last about each organisation that is in the programme."""
    return views.DeclarationsOut(
        declarations=[
            views.declaration_out(organisation.id, organisation.name, row)
            for organisation, row in queue.declarable(db, actor.person_id)
        ]
    )


@router.post("/interests", status_code=201)
def declare(said: DeclarationIn, actor: Declarer, db: Db, now: Now) -> views.DeclarationOut:
    """Declare interests in one organisation, or that there are none. It counts from now on."""
    row = declaring.declare(
        db,
        actor,
        said.organisation_id,
        [engine.Interest(kind=each.kind, until=each.until, note=each.note) for each in said.interests],
        now=now,
    )
    name = db.get_one(Organisation, said.organisation_id).name
    return views.declaration_out(said.organisation_id, name, row)
