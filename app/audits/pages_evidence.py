"""Pages of an organisation's evidence, and the way out of every file."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.audits import application, evidence
from app.audits.kept import Kept
from app.audits.serving import served
from app.audits.showing import Answerer, FormData, Reader, shown, told
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor, Needs
from app.routes import page_router
from app.transaction import Db, Now

router = page_router()


@router.get("/certification/evidence")
def evidence_page(request: Request, actor: Reader, db: Db, criterion: str = "") -> Response:
    kept = application.need_case(db, actor, lock=False)
    form = Form.empty()
    form.put_list("criteria", [criterion] if criterion else [])
    return _evidence(request, db, kept, form)


def _evidence(request: Request, db: Db, kept: Kept, form: Form, status: int = 200) -> Response:
    return shown(
        request,
        "audits/evidence.html",
        status=status,
        form=form,
        kept=kept,
        files=evidence.files_of(db, kept.row.id),
        changeable=kept.case.state in application.ANSWERABLE,
        closed=kept.case.state in evidence.CLOSED,
        limit=request.app.state.settings.evidence_limit_bytes // (1 << 20),
    )


@router.post("/certification/evidence")
def upload(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    kept = application.need_case(db, actor, lock=False)
    criteria = form.choices("criteria", {each.id for each in kept.dossier.criteria})
    form.put_list("criteria", criteria)
    file = form.files.get("file")
    if file is None:
        form.fault("file", _("Choose a file."))
    try:
        form.check()
        assert file is not None
        evidence.upload(
            db,
            request.app.state.store,
            actor,
            file.file,
            name=file.filename or "",
            criteria=criteria,
            limit=request.app.state.settings.evidence_limit_bytes,
            now=now,
        )
    except Refusal as refusal:
        return _evidence(request, db, kept, form, told(request, form, refusal))
    return go("/certification/evidence", "evidence-added")


@router.post("/certification/evidence/{evidence_id}/link")
def link(
    request: Request, evidence_id: UUID, form: FormData, *, actor: Answerer, db: Db, now: Now
) -> Response:
    name = f"criterion-{evidence_id}"
    try:
        if not form.raw(name):
            form.fault(name, language_of(request).text("Choose a criterion."))
        form.check()
        evidence.link(db, actor, evidence_id, [form.raw(name)], now=now)
    except Missing:
        raise
    except Refusal as refusal:
        kept = application.need_case(db, actor, lock=False)
        status = told(request, form, refusal)
        form.put_list("criteria", [])
        return _evidence(request, db, kept, form, status)
    return go("/certification/evidence", "saved")


@router.post("/certification/evidence/{evidence_id}/unlink")
def unlink(evidence_id: UUID, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    evidence.unlink(db, actor, evidence_id, form.raw("criterion"), now=now)
    return go("/certification/evidence", "evidence-removed")


@router.get("/evidence/{evidence_id}")
def read_file(
    request: Request,
    evidence_id: UUID,
    actor: Annotated[Actor, Depends(Needs("evidence.read"))],
    db: Db,
    now: Now,
) -> Response:
    return served(request.app.state.store, evidence.readable(db, actor, evidence_id, now=now))
