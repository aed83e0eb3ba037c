"""JSON routes for work without a connection: tables out, and in with every fault at its cell."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel

from app import sheets, sheets_held
from app.audits import application, checklist, evaluation, offline
from app.audits.pages_offline import HTML, checklist_name, checklist_page
from app.audits.views import AnswerOut, answers_out
from app.audits.words import Words
from app.errors import Faulty
from app.files import too_large
from app.pages import language_of
from app.permissions import Actor, Needs
from app.routes import api_router
from app.serving import attached
from app.sheet_forms import CSV
from app.transaction import Db, Now
from certification import Verdict

router = api_router("certification")

Reader = Annotated[Actor, Depends(Needs("case.read-own"))]
Answerer = Annotated[Actor, Depends(Needs("case.answer"))]
CaseReader = Annotated[Actor, Depends(Needs("case.read"))]
Auditor = Annotated[Actor, Depends(Needs("case.audit"))]
Apply = Annotated[bool, Form(description="false: only say what it would change")]


class TableForm(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


class ChecklistForm(StrEnum):
    HTML = "html"
    XLSX = "xlsx"


class AnswerChangeOut(BaseModel):
    """`meanwhile`: changed here after the table was downloaded, so it stays as it is."""

    criterion: str
    row: int
    before: AnswerOut | None
    after: AnswerOut
    meanwhile: bool


class AnswersReadOut(BaseModel):
    applied: bool
    changes: list[AnswerChangeOut]
    same: int


class FindingChangeOut(BaseModel):
    """`meanwhile`: who changed it here after the checklist was taken along; then it stays as it is."""

    criterion: str
    before: Verdict | None
    after: Verdict
    facts: str
    meanwhile: str


class FindingsReadOut(BaseModel):
    applied: bool
    changes: list[FindingChangeOut]
    same: int
    open: int


def _content(file: UploadFile) -> bytes:
    held = file.file.read(sheets_held.LARGEST + 1)
    if len(held) > sheets_held.LARGEST:
        raise Faulty(fields={"file": too_large(sheets_held.LARGEST)})
    return held


@router.get("/certification/assessment/table", response_class=Response)
def table(request: Request, actor: Reader, db: Db, now: Now, *, form: TableForm = TableForm.XLSX) -> Response:
    """The self-assessment as a table to fill in without a connection."""
    kept, words = application.need_case(db, actor, lock=False), Words(language_of(request))
    if form is TableForm.CSV:
        return attached(offline.as_csv(kept, words), "self-assessment.csv", CSV)
    return attached(offline.as_workbook(kept, words, now=now), "self-assessment.xlsx", sheets.XLSX)


@router.post("/certification/assessment/table")
def read_table(
    request: Request,
    file: Annotated[UploadFile, File(description="the table, as XLSX or CSV")],
    *,
    actor: Answerer,
    db: Db,
    now: Now,
    apply: Apply = False,
) -> AnswersReadOut:
    """Read a table back: all of it or nothing. Every fault is named by its cell."""
    words, held = Words(language_of(request)), _content(file)
    if apply:
        look = offline.apply(db, actor, held, words, now=now)
    else:
        look = offline.look(application.need_case(db, actor, lock=False), held, words)
    return AnswersReadOut(
        applied=apply,
        changes=[
            AnswerChangeOut(
                criterion=each.criterion,
                row=each.row,
                before=answers_out({"": each.before})[""] if each.before else None,
                after=answers_out({"": each.after})[""],
                meanwhile=each.meanwhile,
            )
            for each in look.changes
        ],
        same=look.same,
    )


@router.get("/cases/{case_id}/checklist", response_class=Response)
def get_checklist(
    request: Request,
    case_id: UUID,
    actor: CaseReader,
    db: Db,
    now: Now,
    *,
    form: ChecklistForm = ChecklistForm.HTML,
) -> Response:
    """The case as a checklist that needs no connection: a page that is its own program, or a workbook."""
    kept = evaluation.seen(db, actor, case_id)
    name = checklist_name(kept, form)
    if form is ChecklistForm.HTML:
        return attached(checklist_page(request, db, kept, now=now), name, HTML)
    return attached(checklist.as_workbook(db, kept, Words(language_of(request)), now=now), name, sheets.XLSX)


@router.post("/cases/{case_id}/checklist")
def read_checklist(
    request: Request,
    case_id: UUID,
    file: Annotated[UploadFile, File(description="what the checklist saved, or the workbook")],
    *,
    actor: Auditor,
    db: Db,
    now: Now,
    apply: Apply = False,
) -> FindingsReadOut:
    """Read a checklist back: all of it or nothing. Findings that changed here meanwhile stay."""
    kept, words, held = evaluation.seen(db, actor, case_id), Words(language_of(request)), _content(file)
    if apply:
        look = checklist.apply(db, actor, case_id, held, words, now=now)
    else:
        look = checklist.look(db, actor, kept, held, words, now=now)
    return FindingsReadOut(
        applied=apply,
        changes=[
            FindingChangeOut(
                criterion=each.criterion,
                before=each.before.verdict if each.before else None,
                after=each.verdict,
                facts=each.facts,
                meanwhile=each.meanwhile,
            )
            for each in look.changes
        ],
        same=look.same,
        open=look.open,
    )
