"""Pages of the organisation that a complaint is about."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.complaints import answering, messages, register
from app.complaints.kept import value
from app.complaints.messages import SUBJECT
from app.complaints.showing import FormData, attached, shown, told
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go
from app.permissions import Actor, Needs
from app.routes import page_router
from app.serving import served
from app.transaction import Db, Now
from governance import complaints as engine

router = page_router()

Answerer = Annotated[Actor, Depends(Needs("complaint.answer"))]


@router.get("/complaints-about-us")
def about_us(request: Request, actor: Answerer, db: Db, now: Now) -> Response:
    return shown(
        request,
        "about_us.html",
        rows=answering.about_us(db, actor),
        today=now.date(),
        overdue=register.overdue,
    )


@router.get("/complaints-about-us/{complaint_id}")
def one(request: Request, complaint_id: UUID, actor: Answerer, db: Db, now: Now) -> Response:
    return _one(request, db, now, actor, complaint_id, Form.empty())


def _one(
    request: Request, db: Db, now: Now, actor: Actor, complaint_id: UUID, form: Form, status: int = 200
) -> Response:
    row = answering.one(db, actor, complaint_id)
    cannot_appeal = engine.refusal(
        value(db, row),
        engine.Action.APPEAL,
        (actor.person_id, engine.Part.SUBJECT),
        now.date(),
        request.app.state.settings.complaint_deadlines,
    )
    return shown(
        request,
        "about_us_one.html",
        status=status,
        form=form,
        row=row,
        told=register.one(db, row.number, today=now.date()),
        said=messages.conversation(db, row.id, SUBJECT),
        cannot_appeal=cannot_appeal,
        closed=row.state in messages.CLOSED,
        limit=request.app.state.settings.evidence_limit_bytes // (1 << 20),
    )


@router.post("/complaints-about-us/{complaint_id}/messages")
def write(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Answerer, db: Db, now: Now
) -> Response:
    try:
        answering.one(db, actor, complaint_id)
        words = form.text("words", most=messages.LONGEST)
        form.check()
        answering.answer(
            db,
            request.app.state.store,
            actor,
            complaint_id,
            words,
            attached(form),
            limit=request.app.state.settings.evidence_limit_bytes,
            now=now,
        )
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        return _one(request, db, now, actor, complaint_id, form, told(request, form, refusal))
    return go(f"/complaints-about-us/{complaint_id}", "message-sent")


@router.post("/complaints-about-us/{complaint_id}/redress/{redress_id}")
def prove(
    request: Request,
    complaint_id: UUID,
    redress_id: UUID,
    form: FormData,
    *,
    actor: Answerer,
    db: Db,
    now: Now,
) -> Response:
    field = f"proof-{redress_id}"
    try:
        answering.redress(db, answering.one(db, actor, complaint_id), redress_id)
        proof = form.text(field, most=2000)
        form.check()
        answering.offer_proof(db, actor, complaint_id, redress_id, proof, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        status = told(request, form, refusal)
        if "proof" in form.errors:
            form.errors[field] = form.errors.pop("proof")
        return _one(request, db, now, actor, complaint_id, form, status)
    return go(f"/complaints-about-us/{complaint_id}", "saved")


@router.post("/complaints-about-us/{complaint_id}/appeal")
def appeal(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Answerer, db: Db, now: Now
) -> Response:
    try:
        answering.one(db, actor, complaint_id)
        grounds = form.text("grounds", most=messages.LONGEST)
        form.check()
        answering.appeal(
            db,
            actor,
            complaint_id,
            grounds,
            now=now,
            deadlines=request.app.state.settings.complaint_deadlines,
        )
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        return _one(request, db, now, actor, complaint_id, form, told(request, form, refusal))
    return go(f"/complaints-about-us/{complaint_id}", "complaint-appealed")


@router.get("/complaints-about-us/{complaint_id}/files/{file_id}")
def file(request: Request, complaint_id: UUID, file_id: UUID, *, actor: Answerer, db: Db) -> Response:
    return served(request.app.state.store, answering.file_for(db, actor, complaint_id, file_id))
