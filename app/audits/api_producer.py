"""JSON routes of an organisation that is certified: apply, assess itself, add evidence, correct."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

import certification as engine
from app.audits import application, evidence, views
from app.audits.application import Application
from app.audits.schemas import AnswersIn, ApplicationIn, CorrectionIn, ExpiryIn, ProofIn, ReasonsIn
from app.organisations import service as organisations
from app.permissions import Actor, Needs
from app.routes import api_router
from app.serving import served
from app.transaction import Db, Now

router = api_router("certification")

Reader = Annotated[Actor, Depends(Needs("case.read-own"))]
Answerer = Annotated[Actor, Depends(Needs("case.answer"))]
Corrector = Annotated[Actor, Depends(Needs("case.correct"))]


@router.get("/certification")
def own_case(actor: Reader, db: Db, now: Now) -> views.OwnOut:
    """Where the organisation stands, and what it may do next."""
    kept = application.own_case(db, actor)
    return views.OwnOut(
        code_accepted_at=organisations.own(db, actor).code_accepted_at,
        case=views.case_out(kept, actor, now=now, inside=False) if kept else None,
    )


@router.put("/certification/application")
def save_application(said: ApplicationIn, actor: Answerer, db: Db, now: Now) -> views.CaseOut:
    """Store the application; the first time, that opens the case. Wants the code of practice accepted."""
    kept = application.save_application(
        db,
        actor,
        Application(
            parts={part: getattr(said, part.value) for part in application.WRITTEN_PARTS},
            supply_tiers=said.supply_tiers,
            outside_percent=said.outside_percent,
            standard=said.standard,
        ),
        now=now,
    )
    return views.case_out(kept, actor, now=now, inside=False)


@router.get("/certification/assessment")
def assessment(actor: Reader, db: Db) -> views.AssessmentOut:
    """Every criterion that applies, the answers so far, what is missing, the scores and their formula."""
    return views.assessment_out(application.need_case(db, actor, lock=False))


@router.put("/certification/answers")
def save_answers(said: AnswersIn, actor: Answerer, db: Db, now: Now) -> views.AssessmentOut:
    """Store some answers; the others stay."""
    answers = {
        each.criterion: engine.Answer(value=each.value, note=each.note, plan=each.plan, reason=each.reason)
        for each in said.answers
    }
    return views.assessment_out(application.save_answers(db, actor, answers, now=now))


@router.get("/certification/evidence")
def files(actor: Reader, db: Db) -> views.FilesOut:
    kept = application.need_case(db, actor, lock=False)
    return views.FilesOut(files=[views.file_out(each) for each in evidence.files_of(db, kept.row.id)])


@router.post("/certification/evidence", status_code=201)
def upload(
    request: Request,
    response: Response,
    *,
    file: Annotated[UploadFile, File(description="any file up to 50 MB")],
    actor: Answerer,
    db: Db,
    now: Now,
    criteria: Annotated[list[str] | None, Form(description="criteria it shows something about")] = None,
    valid_until: Annotated[date | None, Form(description="the last day on which it is valid")] = None,
    replaces: Annotated[UUID | None, Form(description="the file of which this is a newer version")] = None,
    sha256: Annotated[str | None, Form(pattern="^[0-9a-f]{64}$", description="as you computed it")] = None,
) -> views.FileOut:
    """Keep a file, by its hash; the same contents again give the file that is there.

    Over a bad line use `/api/certification/uploads`, which resumes.
    """
    kept = evidence.add(
        db,
        request.app.state.store,
        actor,
        file.file,
        evidence.About(file.filename or "", criteria or [], valid_until, replaces, sha256),
        limit=request.app.state.settings.evidence_limit_bytes,
        scanner=request.app.state.settings.scanner,
        now=now,
    )
    response.headers["Location"] = f"/api/evidence/{kept.id}/file"
    return views.file_out(kept)


@router.put("/certification/evidence/{evidence_id}/criteria/{criterion}")
def link(evidence_id: UUID, criterion: str, actor: Answerer, db: Db, now: Now) -> views.FileOut:
    """Link a file to one more criterion."""
    return views.file_out(evidence.link(db, actor, evidence_id, [criterion], now=now))


@router.delete("/certification/evidence/{evidence_id}/criteria/{criterion}", status_code=204)
def unlink(evidence_id: UUID, criterion: str, actor: Answerer, db: Db, now: Now) -> None:
    """Take a file away from an answer, before the self-assessment is handed in."""
    evidence.unlink(db, actor, evidence_id, criterion, now=now)


@router.put("/certification/evidence/{evidence_id}/expiry")
def set_expiry(evidence_id: UUID, said: ExpiryIn, actor: Answerer, db: Db, now: Now) -> views.FileOut:
    """Say until which day a file is valid; null: without an end."""
    return views.file_out(evidence.set_expiry(db, actor, evidence_id, said.valid_until, now=now))


@router.put("/certification/evidence/{evidence_id}/public-copy")
def publish(request: Request, evidence_id: UUID, actor: Answerer, db: Db, now: Now) -> views.FileOut:
    """Make a copy of a picture for everybody: drawn anew, without where and when it was taken."""
    kept = evidence.publish(db, request.app.state.store, actor, evidence_id, public=True, now=now)
    return views.file_out(kept)


@router.delete("/certification/evidence/{evidence_id}/public-copy")
def withdraw_copy(request: Request, evidence_id: UUID, actor: Answerer, db: Db, now: Now) -> views.FileOut:
    """The picture is no longer public."""
    kept = evidence.publish(db, request.app.state.store, actor, evidence_id, public=False, now=now)
    return views.file_out(kept)


@router.get("/certification/evidence-looks")
def looks(actor: Reader, db: Db) -> views.LooksOut:
    """Who outside the organisation opened its files, the newest first."""
    kept = application.need_case(db, actor, lock=False)
    found = [each for some in evidence.looks(db, kept.row.id).values() for each in some]
    return views.LooksOut(
        looks=[
            views.LookOut(
                evidence_id=each.evidence, person=each.person, organisation=each.organisation, at=each.at
            )
            for each in sorted(found, key=lambda each: each.at, reverse=True)
        ]
    )


@router.get("/evidence/{evidence_id}/file", response_class=Response)
def read_file(
    request: Request,
    evidence_id: UUID,
    actor: Annotated[Actor, Depends(Needs("evidence.read"))],
    db: Db,
    now: Now,
) -> Response:
    """The file itself, as an attachment that no browser runs."""
    return served(request.app.state.store, evidence.readable(db, actor, evidence_id, now=now))


@router.post("/certification/submission")
def submit(actor: Answerer, db: Db, now: Now) -> views.CaseOut:
    """Hand the self-assessment in."""
    return views.case_out(application.submit(db, actor, now=now), actor, now=now, inside=False)


@router.post("/certification/retraction")
def retract(said: ReasonsIn, actor: Answerer, db: Db, now: Now) -> views.CaseOut:
    """Take the application back, before anything is decided."""
    return views.case_out(application.retract(db, actor, said.reasons, now=now), actor, now=now, inside=False)


@router.post("/certification/corrective-actions", status_code=201)
def open_correction(said: CorrectionIn, actor: Corrector, db: Db, now: Now) -> views.MadeOut:
    """Answer a nonconformity: why it happened, what changes, by when."""
    made = application.open_correction(db, actor, application.Correction(**said.model_dump()), now=now)
    return views.MadeOut(id=made)


@router.put("/certification/corrective-actions/{correction_id}/proof")
def offer_proof(correction_id: UUID, said: ProofIn, actor: Corrector, db: Db, now: Now) -> views.CaseOut:
    """Say what shows that it is corrected."""
    application.offer_proof(db, actor, correction_id, said.proof, now=now)
    return views.case_out(application.need_case(db, actor, lock=False), actor, now=now, inside=False)
