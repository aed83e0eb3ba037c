"""Pages for work without a connection: a table or a checklist out, what it would change, and in."""

import json
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from app import sheet_forms, sheets, sheets_held
from app.audits import application, checklist, evaluation, offline
from app.audits.kept import Kept
from app.audits.showing import Answerer, Auditor, CaseReader, FormData, Reader, shown, told
from app.audits.words import Words
from app.errors import Faulty, Missing, Refusal
from app.files import safe_name
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor
from app.routes import page_router
from app.serving import attached
from app.sheet_forms import CSV
from app.transaction import Db, Now

router = page_router()

HTML = "text/html; charset=utf-8"


def checklist_page(request: Request, db: Db, kept: Kept, *, now: Now) -> bytes:
    """The checklist as one file that needs nothing else: opened from a folder, it keeps and saves."""
    words = Words(language_of(request))
    data = checklist.data(db, kept, words, now=now)
    # No sign that could end the script element that carries it
    safe = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    reply = shown(request, "audits/checklist.html", kept=kept, data=safe)
    return bytes(reply.body)


def _faults(request: Request, form: Form, refusal: Refusal) -> tuple[int, list[str]]:
    """The status, and each fault in its own line."""
    if isinstance(refusal, Faulty):
        return int(refusal.status), sheet_forms.tell(request, form, refusal)
    return told(request, form, refusal), []


# The producer's table


def _offline(request: Request, kept: Kept, form: Form, *, status: int = 200, **more: Any) -> Response:
    given = {"look": None, "word": "", "faults": []} | more
    changeable = kept.case.state in application.ANSWERABLE
    return shown(
        request, "audits/offline.html", status=status, form=form, kept=kept, changeable=changeable, **given
    )


@router.get("/certification/offline")
def offline_page(request: Request, actor: Reader, db: Db) -> Response:
    return _offline(request, application.need_case(db, actor, lock=False), Form.empty())


@router.get("/certification/offline/answers.xlsx")
def answers_workbook(request: Request, actor: Reader, db: Db, now: Now) -> Response:
    kept = application.need_case(db, actor, lock=False)
    made = offline.as_workbook(kept, Words(language_of(request)), now=now)
    return attached(made, "self-assessment.xlsx", sheets.XLSX)


@router.get("/certification/offline/answers.csv")
def answers_csv(request: Request, actor: Reader, db: Db) -> Response:
    kept = application.need_case(db, actor, lock=False)
    return attached(offline.as_csv(kept, Words(language_of(request))), "self-assessment.csv", CSV)


@router.post("/certification/offline")
def read_answers(request: Request, form: FormData, actor: Answerer, db: Db) -> Response:
    """Show what the table would change; nothing is changed yet."""
    kept = application.need_case(db, actor, lock=False)
    store, held = request.app.state.store, sheet_forms.content(form)
    try:
        word = sheets_held.hold(store, kept.row.id, held)
        look = offline.look(kept, held, Words(language_of(request)))
    except Refusal as refusal:
        status, faults = _faults(request, form, refusal)
        return _offline(request, kept, form, status=status, faults=faults)
    return _offline(request, kept, form, look=look, word=word)


@router.post("/certification/offline/apply")
def apply_answers(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    kept = application.need_case(db, actor, lock=False)
    try:
        held = sheets_held.held(request.app.state.store, kept.row.id, form.raw("word"))
        offline.apply(db, actor, held, Words(language_of(request)), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        status, faults = _faults(request, form, refusal)
        return _offline(request, kept, form, status=status, faults=faults)
    return go("/certification/assessment", "imported")


# The auditor's checklist


def _checklist(
    request: Request, kept: Kept, actor: Actor, form: Form, *, now: Now, status: int = 200, **more: Any
) -> Response:
    given = {"look": None, "word": "", "faults": []} | more
    return shown(
        request,
        "audits/offline_case.html",
        status=status,
        form=form,
        kept=kept,
        judge=checklist.may_judge(kept, actor, now=now),
        **given,
    )


@router.get("/cases/{case_id}/offline")
def case_offline_page(request: Request, case_id: UUID, actor: CaseReader, db: Db, now: Now) -> Response:
    return _checklist(request, evaluation.seen(db, actor, case_id), actor, Form.empty(), now=now)


@router.get("/cases/{case_id}/offline/checklist.html")
def checklist_file(request: Request, case_id: UUID, actor: CaseReader, db: Db, now: Now) -> Response:
    kept = evaluation.seen(db, actor, case_id)
    return attached(checklist_page(request, db, kept, now=now), checklist_name(kept, "html"), HTML)


@router.get("/cases/{case_id}/offline/checklist.xlsx")
def checklist_workbook(request: Request, case_id: UUID, actor: CaseReader, db: Db, now: Now) -> Response:
    kept = evaluation.seen(db, actor, case_id)
    made = checklist.as_workbook(db, kept, Words(language_of(request)), now=now)
    return attached(made, checklist_name(kept, "xlsx"), sheets.XLSX)


def checklist_name(kept: Kept, ending: str) -> str:
    return safe_name(f"checklist-{kept.organisation.slug}.{ending}")


@router.post("/cases/{case_id}/offline")
def read_checklist(
    request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now
) -> Response:
    """Show what the checklist would do; nothing is changed yet."""
    kept = evaluation.seen(db, actor, case_id)
    store, held = request.app.state.store, sheet_forms.content(form)
    try:
        word = sheets_held.hold(store, kept.row.id, held)
        look = checklist.look(db, actor, kept, held, Words(language_of(request)), now=now)
    except Refusal as refusal:
        status, faults = _faults(request, form, refusal)
        return _checklist(request, kept, actor, form, now=now, status=status, faults=faults)
    return _checklist(request, kept, actor, form, now=now, look=look, word=word)


@router.post("/cases/{case_id}/offline/apply")
def apply_checklist(
    request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now
) -> Response:
    kept = evaluation.seen(db, actor, case_id)
    try:
        held = sheets_held.held(request.app.state.store, kept.row.id, form.raw("word"))
        checklist.apply(db, actor, case_id, held, Words(language_of(request)), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        status, faults = _faults(request, form, refusal)
        return _checklist(request, kept, actor, form, now=now, status=status, faults=faults)
    return go(f"/cases/{case_id}", "imported")
