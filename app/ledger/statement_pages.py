"""Pages of bank statements: in, what they would book, and booked."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from app import sheets_held
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.ledger import reconciling
from app.ledger.reconciling import Verdict
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Receiver = Annotated[Actor, Depends(Needs("payment.receive"))]
MOST_SHOWN = 500


@router.get("/ledger/statement")
def statement_page(request: Request, _actor: Receiver) -> Response:
    return _page(request, Form.empty())


@router.post("/ledger/statement")
def read_statement(request: Request, form: FormData, actor: Receiver, db: Db) -> Response:
    """Show what the statement would book; nothing is changed yet."""
    file = form.files.get("file")
    content = file.file.read(sheets_held.LARGEST + 1) if file else b""
    try:
        word = sheets_held.hold(request.app.state.store, actor.organisation_id, content)
        look = reconciling.look(db, content)
    except Refusal as refusal:
        return _faulty(request, form, refusal)
    return _page(request, form, look=look, word=word)


@router.post("/ledger/statement/book")
def book_statement(request: Request, form: FormData, actor: Receiver, db: Db, now: Now) -> Response:
    try:
        content = sheets_held.held(request.app.state.store, actor.organisation_id, form.raw("word"))
        reconciling.apply(db, actor, content, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _faulty(request, form, refusal)
    return go("/ledger", "statement-booked")


def _faulty(request: Request, form: Form, refusal: Refusal) -> Response:
    lines = list(refusal.fields.values()) if isinstance(refusal, Faulty) else []
    form.fault("file", " ".join(lines[:5]) or refusal.detail)
    return _page(request, form, status=int(refusal.status))


def _page(request: Request, form: Form, *, status: int = 200, **more: Any) -> Response:
    _ = language_of(request).text
    verdicts = {
        Verdict.MATCH: (_("Will be booked"), "good"),
        Verdict.WRONG_AMOUNT: (_("Wrong amount"), "bad"),
        Verdict.UNKNOWN: (_("No charge has its reference"), "warn"),
        Verdict.SEVERAL: (_("Names several charges"), "warn"),
        Verdict.DUPLICATE: (_("Booked before"), "neutral"),
        Verdict.PAID_ALREADY: (_("Its charge is paid already"), "bad"),
        Verdict.CANCELLED: (_("Its order is cancelled"), "bad"),
        Verdict.OUT: (_("Went out"), "neutral"),
        Verdict.PAYOUT: (_("Payout arrived: will be booked"), "good"),
        Verdict.PAYOUT_BACK: (_("Payout came back: will be owed again"), "bad"),
        Verdict.PAYOUT_WRONG: (_("Payout of another amount"), "bad"),
        Verdict.PAYOUT_GIVEN_UP: (_("Left, but was given up here: look at it"), "bad"),
    }
    given: dict[str, Any] = {"look": None, "word": ""} | more
    return page(
        request,
        "ledger/statement.html",
        status=status,
        form=form,
        verdicts=verdicts,
        most=MOST_SHOWN,
        **given,
    )
