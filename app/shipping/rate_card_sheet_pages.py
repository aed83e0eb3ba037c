"""Pages and routes for rate cards and sailings as tables: out, what they would change, and in."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app import sheet_forms, sheets, sheets_held
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import api_router, page_router
from app.serving import attached
from app.sheet_forms import CSV
from app.shipping import rate_card_sheet, sailing_sheet
from app.shipping.schemas import TableChangeOut, TableLookOut
from app.shipping.sheet_changes import Look
from app.transaction import Db, Now

router = page_router()
api = api_router("shipping")

FormData = Annotated[Form, Depends(Form.read)]
Writer = Annotated[Actor, Depends(Needs("rate-card.write"))]


class Which(StrEnum):
    CARDS = "cards"
    SAILINGS = "sailings"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a table of one kind can do, whatever stands in it."""

    file: str
    look: Callable[..., Look]
    apply: Callable[..., Look]


SHEETS: Final = {
    Which.CARDS: Sheet("rate-cards", rate_card_sheet.look, rate_card_sheet.apply),
    Which.SAILINGS: Sheet("sailings", sailing_sheet.look, sailing_sheet.apply),
}


async def body(request: Request) -> bytes:
    """The bytes of a request, one more at most than a table may have. Faulty: they are a form."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise Faulty(fields={"/": "Send the table itself as the body, not a form."})
    held = b""
    async for part in request.stream():
        held += part
        if len(held) > sheets_held.LARGEST:
            break
    return held


Body = Annotated[bytes, Depends(body)]
TABLE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "the table as CSV or XLSX, as it was downloaded and changed",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/rate-cards/tables/{table}")
def table_page(request: Request, table: Which, _actor: Writer) -> Response:
    return _page(request, table, Form.empty())


@router.get("/rate-cards/tables/{table}/table.xlsx")
def workbook(request: Request, table: Which, actor: Writer, db: Db, now: Now) -> Response:
    lang = language_of(request)
    made = (
        rate_card_sheet.as_workbook(db, actor, lang, now=now)
        if table == Which.CARDS
        else sailing_sheet.as_workbook(db, actor, lang, now=now)
    )
    return attached(made, f"{SHEETS[table].file}.xlsx", sheets.XLSX)


@router.get("/rate-cards/tables/{table}/table.csv")
def comma_separated(request: Request, table: Which, actor: Writer, db: Db, now: Now) -> Response:
    return attached(_csv(db, actor, table, language_of(request), now), f"{SHEETS[table].file}.csv", CSV)


def _csv(db: Session, actor: Actor, table: Which, lang: Language, now: Any) -> bytes:
    if table == Which.CARDS:
        return rate_card_sheet.as_csv(db, actor, lang)
    return sailing_sheet.as_csv(db, actor, lang, now=now)


@router.post("/rate-cards/tables/{table}")
def read_table(
    request: Request, table: Which, form: FormData, actor: Writer, *, db: Db, now: Now
) -> Response:
    """Show what the table would change; nothing is changed yet."""
    held = sheet_forms.content(form)
    try:
        word = sheets_held.hold(request.app.state.store, actor.organisation_id, held)
        look = SHEETS[table].look(db, actor, held, language_of(request), now=now)
    except Refusal as refusal:
        return _faulty(request, table, form, refusal)
    return _page(request, table, form, look=look, word=word)


@router.post("/rate-cards/tables/{table}/apply")
def apply_table(
    request: Request, table: Which, form: FormData, actor: Writer, *, db: Db, now: Now
) -> Response:
    try:
        held = sheets_held.held(request.app.state.store, actor.organisation_id, form.raw("word"))
        SHEETS[table].apply(db, actor, held, language_of(request), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _faulty(request, table, form, refusal)
    return go("/rate-cards", "imported")


def _faulty(request: Request, table: Which, form: Form, refusal: Refusal) -> Response:
    lines = sheet_forms.tell(request, form, refusal)
    return _page(request, table, form, status=int(refusal.status), faults=lines)


def _page(request: Request, table: Which, form: Form, *, status: int = 200, **more: Any) -> Response:
    given: dict[str, Any] = {"look": None, "word": "", "faults": []} | more
    cards = table == Which.CARDS
    return page(
        request, "shipping/rate_card_table.html", status=status, form=form, table=table, cards=cards, **given
    )


@api.get("/rate-card-tables/{table}", summary="Rate cards or sailings ahead as CSV", response_class=Response)
def read_csv(request: Request, table: Which, actor: Writer, db: Db, now: Now) -> Response:
    return attached(_csv(db, actor, table, language_of(request), now), f"{SHEETS[table].file}.csv", CSV)


@api.post("/rate-card-tables/{table}/preview", summary="What a table would change", openapi_extra=TABLE_BODY)
def preview(request: Request, table: Which, held: Body, actor: Writer, *, db: Db, now: Now) -> TableLookOut:
    return _told(SHEETS[table].look(db, actor, held, language_of(request), now=now))


@api.put(
    "/rate-card-tables/{table}", summary="Import a table: all of it, or nothing", openapi_extra=TABLE_BODY
)
def import_table(
    request: Request, table: Which, held: Body, actor: Writer, *, db: Db, now: Now
) -> TableLookOut:
    return _told(SHEETS[table].apply(db, actor, held, language_of(request), now=now))


def _told(look: Look) -> TableLookOut:
    return TableLookOut(
        same=look.same,
        changes=[
            TableChangeOut(
                row=each.number,
                title=each.title,
                what="removed" if each.removed else "new" if each.new else "changed",
            )
            for each in look.changes
        ],
    )
