"""Pages for milestones as a table: out, what it would change, and in."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from app import sheet_forms, sheets, sheets_held
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.serving import attached
from app.sheet_forms import CSV
from app.shipping import milestone_sheet
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Reporter = Annotated[Actor, Depends(Needs("milestone.set"))]


@router.get("/shipments/table")
def table_page(request: Request, _actor: Reporter) -> Response:
    return _page(request, Form.empty())


@router.get("/shipments/table/milestones.xlsx")
def workbook(request: Request, actor: Reporter, db: Db, now: Now) -> Response:
    made = milestone_sheet.as_workbook(db, actor, language_of(request), now=now)
    return attached(made, "milestones.xlsx", sheets.XLSX)


@router.get("/shipments/table/milestones.csv")
def comma_separated(request: Request, actor: Reporter, db: Db) -> Response:
    return attached(milestone_sheet.as_csv(db, actor, language_of(request)), "milestones.csv", CSV)


@router.post("/shipments/table")
def read_table(request: Request, form: FormData, actor: Reporter, db: Db, now: Now) -> Response:
    """Show what the table would report; nothing is reported yet."""
    held = sheet_forms.content(form)
    try:
        word = sheets_held.hold(request.app.state.store, actor.organisation_id, held)
        look = milestone_sheet.look(db, actor, held, language_of(request), now=now)
    except Refusal as refusal:
        return _faulty(request, form, refusal)
    return _page(request, form, look=look, word=word)


@router.post("/shipments/table/apply")
def apply_table(request: Request, form: FormData, actor: Reporter, db: Db, now: Now) -> Response:
    try:
        held = sheets_held.held(request.app.state.store, actor.organisation_id, form.raw("word"))
        milestone_sheet.apply(db, actor, held, language_of(request), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _faulty(request, form, refusal)
    return go("/shipments", "imported")


def _faulty(request: Request, form: Form, refusal: Refusal) -> Response:
    lines = sheet_forms.tell(request, form, refusal)
    return _page(request, form, status=int(refusal.status), faults=lines)


def _page(request: Request, form: Form, *, status: int = 200, **more: Any) -> Response:
    given = {"look": None, "word": "", "faults": []} | more
    return page(request, "shipping/milestone_table.html", status=status, form=form, **given)
