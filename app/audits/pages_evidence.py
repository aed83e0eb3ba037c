"""Pages of an organisation's evidence, and the way out of every file."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.audits import application, evidence, uploads
from app.audits.kept import Kept
from app.audits.showing import Answerer, FormData, Reader, shown, told
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.serving import served, served_publicly
from app.transaction import Db, Now

router = page_router()


@router.get("/certification/evidence")
def evidence_page(
    request: Request, actor: Reader, db: Db, now: Now, *, criterion: str = "", stored: str = ""
) -> Response:
    kept = application.need_case(db, actor, lock=False)
    form = Form.empty()
    form.put_list("criteria", [criterion] if criterion else [])
    return _evidence(request, db, kept, form, now=now, stored=stored)


def _evidence(
    request: Request, db: Db, kept: Kept, form: Form, *, now: datetime, status: int = 200, stored: str = ""
) -> Response:
    files = evidence.files_of(db, kept.row.id)
    by_id = {each.id: each for each in files}
    return shown(
        request,
        "audits/evidence.html",
        status=status,
        form=form,
        kept=kept,
        files=[each for each in files if each.replaced_by is None],
        earlier={each.id: _earlier(each, by_id) for each in files},
        stored=next((each for each in files if str(each.id) == stored), None),
        shown_before=[
            each for each in evidence.pictures_of(db, kept.organisation.id) if each.case_id != kept.row.id
        ],
        looks=evidence.looks(db, kept.row.id),
        unfinished=uploads.unfinished(db, kept.row.id, now=now),
        today=now.date(),
        changeable=kept.case.state in application.ANSWERABLE,
        closed=kept.case.state in evidence.CLOSED,
        limit=request.app.state.settings.evidence_limit_bytes // (1 << 20),
        scanner=request.app.state.settings.scanner,
    )


def _earlier(file: evidence.File, by_id: dict[UUID, evidence.File]) -> list[evidence.File]:
    """The versions before, the newest first."""
    found: list[evidence.File] = []
    while file.replaces is not None:
        file = by_id[file.replaces]
        found.append(file)
    return found


@router.post("/certification/evidence")
def upload(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    """A file at once, as a browser without our script sends it; one field is the camera's."""
    _ = language_of(request).text
    kept = application.need_case(db, actor, lock=False)
    criteria = form.choices("criteria", {each.id for each in kept.dossier.criteria})
    form.put_list("criteria", criteria)
    file = form.files.get("file") or form.files.get("picture")
    if file is None:
        form.fault("file", _("Choose a file or take a picture."))
    valid_until = form.day("valid_until")
    replaces = _one_of(form, "replaces")
    try:
        form.check()
        assert file is not None
        evidence.add(
            db,
            request.app.state.store,
            actor,
            file.file,
            evidence.About(file.filename or "", criteria, valid_until, replaces),
            limit=request.app.state.settings.evidence_limit_bytes,
            scanner=request.app.state.settings.scanner,
            now=now,
        )
    except Refusal as refusal:
        return _evidence(request, db, kept, form, now=now, status=told(request, form, refusal))
    return go("/certification/evidence", "evidence-added")


def _one_of(form: Form, name: str) -> UUID | None:
    """An id from a list. What is no id is told as what is not in the list."""
    typed = form.raw(name)
    try:
        return UUID(typed) if typed else None
    except ValueError:
        return UUID(int=0)


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
        return _again(request, db, actor, form, told(request, form, refusal), now=now)
    return go("/certification/evidence", "saved")


@router.post("/certification/evidence/{evidence_id}/unlink")
def unlink(evidence_id: UUID, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    evidence.unlink(db, actor, evidence_id, form.raw("criterion"), now=now)
    return go("/certification/evidence", "evidence-removed")


def _again(request: Request, db: Db, actor: Actor, form: Form, status: int, *, now: datetime) -> Response:
    form.put_list("criteria", [])
    kept = application.need_case(db, actor, lock=False)
    return _evidence(request, db, kept, form, now=now, status=status)


@router.post("/certification/evidence/{evidence_id}/expiry")
def set_expiry(
    request: Request, evidence_id: UUID, form: FormData, *, actor: Answerer, db: Db, now: Now
) -> Response:
    name = f"until-{evidence_id}"
    until = form.day(name)
    try:
        form.check()
        evidence.set_expiry(db, actor, evidence_id, until, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _again(request, db, actor, form, told(request, form, refusal), now=now)
    return go("/certification/evidence", "saved")


@router.post("/certification/evidence/{evidence_id}/public-copy")
def publish(
    request: Request, evidence_id: UUID, form: FormData, *, actor: Answerer, db: Db, now: Now
) -> Response:
    """Make a picture public, or withdraw it."""
    store = request.app.state.store
    try:
        evidence.publish(db, store, actor, evidence_id, public=form.raw("public") == "yes", now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _again(request, db, actor, form, told(request, form, refusal), now=now)
    return go("/certification/evidence", "saved")


@router.post("/certification/uploads/{upload_id}/drop")
def drop(upload_id: UUID, actor: Answerer, db: Db, now: Now) -> Response:
    uploads.drop(db, actor, upload_id, now=now)
    return go("/certification/evidence", "saved")


@router.get("/public-copies/{evidence_id}")
def public_copy(
    request: Request, evidence_id: UUID, actor: Annotated[Actor | None, Depends(Anybody())], db: Db
) -> Response:
    """A picture that its organisation made public."""
    del actor
    return served_publicly(request.app.state.store, evidence.public_sha256(db, evidence_id))


@router.get("/evidence/{evidence_id}")
def read_file(
    request: Request,
    evidence_id: UUID,
    actor: Annotated[Actor, Depends(Needs("evidence.read"))],
    db: Db,
    now: Now,
) -> Response:
    return served(request.app.state.store, evidence.readable(db, actor, evidence_id, now=now))
