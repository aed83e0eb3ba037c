"""Pages for offers as a table: out, what it would change, and in."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from app import sheet_forms, sheets, sheets_held
from app.catalogue import offer_sheet
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.serving import attached
from app.sheet_forms import CSV
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]


@router.get("/offers/table")
def table_page(request: Request, _actor: Writer) -> Response:
    return _page(request, Form.empty())


@router.get("/offers/table/offers.xlsx")
def workbook(request: Request, actor: Writer, db: Db, now: Now) -> Response:
    made = offer_sheet.as_workbook(db, actor, language_of(request), now=now)
    return attached(made, "offers.xlsx", sheets.XLSX)


@router.get("/offers/table/offers.csv")
def comma_separated(request: Request, actor: Writer, db: Db) -> Response:
    return attached(offer_sheet.as_csv(db, actor, language_of(request)), "offers.csv", CSV)


@router.post("/offers/table")
def read_table(request: Request, form: FormData, actor: Writer, db: Db) -> Response:
    """Show what the table would change; nothing is changed yet."""
    held = sheet_forms.content(form)
    try:
        word = sheets_held.hold(request.app.state.store, actor.organisation_id, held)
        look = offer_sheet.look(db, actor, held, language_of(request))
    except Refusal as refusal:
        return _faulty(request, form, refusal)
    return _page(request, form, look=look, word=word)


@router.post("/offers/table/apply")
def apply_table(request: Request, form: FormData, actor: Writer, db: Db, now: Now) -> Response:
    try:
        held = sheets_held.held(request.app.state.store, actor.organisation_id, form.raw("word"))
        offer_sheet.apply(db, actor, held, language_of(request), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _faulty(request, form, refusal)
    return go("/offers", "imported")


def _faulty(request: Request, form: Form, refusal: Refusal) -> Response:
    lines = sheet_forms.tell(request, form, refusal)
    return _page(request, form, status=int(refusal.status), faults=lines)


def _page(request: Request, form: Form, *, status: int = 200, **more: Any) -> Response:
    given = {"look": None, "word": "", "faults": []} | more
    return page(request, "catalogue/table.html", status=status, form=form, **given)
