"""Pages on which the operator reads in official files of duties: look first, then all of it or nothing."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app import sheets_held
from app.errors import Faulty, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import customs, tariff_look
from app.transaction import Db, Now
from logistics.customs import Destination, cited_tariff

router = page_router()
FormData = Annotated[Form, Depends(Form.read)]
Keeper = Annotated[Actor, Depends(Needs("tariff.write"))]


@router.get("/tariffs")
def tariffs(request: Request, db: Db, now: Now, _actor: Keeper) -> Response:
    return _page(request, db, Form.empty(valid_from=str(now.date())))


@router.post("/tariffs")
def read_tariff(request: Request, form: FormData, db: Db, actor: Keeper) -> Response:
    """Show what the file would change; nothing is stored yet."""
    file = form.files.get("file")
    held = file.file.read(sheets_held.LARGEST + 1) if file else b""
    try:
        said = _said(form)
        word = sheets_held.hold(request.app.state.store, actor.organisation_id, held)
        look = tariff_look.look(db, held, **said)
    except Refusal as refusal:
        return _faulty(request, db, form, refusal)
    return _page(request, db, form, look=look, word=word)


@router.post("/tariffs/apply")
def apply_tariff(request: Request, form: FormData, db: Db, now: Now, actor: Keeper) -> Response:
    held = sheets_held.held(request.app.state.store, actor.organisation_id, form.raw("word"))
    try:
        tariff_look.take(db, held, **_said(form), now=now)
    except Refusal as refusal:
        return _faulty(request, db, form, refusal)
    return go("/tariffs", "imported")


def _said(form: Form) -> dict[str, Any]:
    valid_from = form.day("valid_from", "Enter the day from which it is valid.")
    form.check()
    assert isinstance(valid_from, date)
    return {"into": form.raw("into"), "source": form.raw("source"), "valid_from": valid_from}


def _faulty(request: Request, db: Session, form: Form, refusal: Refusal) -> Response:
    """Faults of fields at their fields, those of rows in a list."""
    _ = language_of(request).text
    rows: list[str] = []
    if isinstance(refusal, Faulty):
        for name, words in refusal.fields.items():
            if name.startswith("/rows/"):
                rows.append(words)
            else:
                form.fault(name, _(words))
        if rows:
            form.fault(
                "file", _("{count} rows are to be mended. Nothing was stored.").format(count=len(rows))
            )
    else:
        form.fault("", refusal.detail)
    return _page(request, db, form, status=int(refusal.status), faults=rows)


def _page(request: Request, db: Session, form: Form, *, status: int = 200, **more: Any) -> Response:
    given = {"look": None, "word": "", "faults": []} | more
    lang = language_of(request)
    return page(
        request,
        "shipping/tariffs.html",
        status=status,
        form=form,
        files=customs.files_held(db),
        destinations=[
            (Destination.US, lang.country("US")),
            (Destination.EU, lang.text("European Union")),
            (Destination.GB, lang.country("GB")),
        ],
        programmes={each.key: each.name for each in cited_tariff().programmes},
        **given,
    )
