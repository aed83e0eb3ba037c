"""Pages of complaints, for everybody and for the person who complains."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.complaints import filing, messages, pages_answering, pages_handling, register, words
from app.complaints.kept import value
from app.complaints.messages import COMPLAINANT
from app.complaints.showing import FormData, attached, shown, told
from app.errors import Missing, Refusal
from app.forms import Form
from app.pacing import Pace
from app.pages import go, language_of
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.serving import served
from app.transaction import Db, Now
from governance import complaints as engine

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]
COOKIE: Final = "fairhaul_receipt"
REMEMBERED: Final = 1800
"""Seconds for which a browser keeps the code, so that a page can be left open; a shared phone forgets it."""


@router.get("/complaints")
def everybody(
    request: Request,
    _visitor: Visitor,
    db: Db,
    now: Now,
    *,
    year: str = "",
    open: str = "",  # noqa: A002 - the address bar's word
    after: str = "",
) -> Response:
    chosen = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0
    entries, following = register.entries(
        db, year=chosen, open_only=bool(open), before=start, today=now.date()
    )
    figures = register.figures(db, today=now.date())
    return shown(
        request,
        "register.html",
        entries=entries,
        following=following,
        figures=figures,
        form=Form.empty(year=chosen or "", open="yes" if open else ""),
        year=chosen,
        open_only=bool(open),
    )


@router.get("/complaints/new")
def new(request: Request, _visitor: Visitor, db: Db, organisation: str = "", about: str = "") -> Response:
    known = filing.organisation_by(db, organisation) if organisation else None
    form = Form.empty(
        about=about if about in set(engine.About) else "member" if known else "",
        organisation=known.slug if known else "",
        whom=known.name if known else "",
        relation="unsaid",
        ticket=filing.new_ticket(),
    )
    return _new(request, form)


def _new(request: Request, form: Form, status: int = 200) -> Response:
    if not form.raw("ticket"):
        form.values["ticket"] = filing.new_ticket()
    lang = language_of(request)
    return shown(
        request,
        "new.html",
        status=status,
        form=form,
        about_options=list(words.abouts(lang).items()),
        relations=words.relations(lang),
    )


def read_filing(request: Request, form: Form, db: Db) -> filing.Filing:
    """What the form says. Faulty: something is missing, or too long."""
    _ = language_of(request).text
    about = form.choice("about", set(engine.About), _("Choose what the complaint is about."))
    whom = form.text("whom", most=300)
    if about == engine.About.MEMBER and not whom:
        form.fault("whom", _("Write which organisation it is about, as well as you know it."))
    happened = form.text(
        "what_happened", _("Tell us what happened. A few words are enough."), most=filing.LONGEST
    )
    wish = form.text("wish", most=filing.LONGEST)
    relation = form.raw("relation") or "unsaid"
    if relation not in filing.RELATIONS:
        form.fault("relation", _("Choose from the list."))
    contact = form.text("contact", most=500)
    known = filing.organisation_by(db, form.raw("organisation")) if form.raw("organisation") else None
    form.check()
    return filing.Filing(
        about=engine.About(about),
        what_happened=happened,
        whom=whom,
        organisation_id=known.id if known and known.name == whom and about != "platform" else None,
        wish=wish,
        relation=relation,
        contact=contact,
    )


@router.post("/complaints/new")
def file(request: Request, form: FormData, _visitor: Visitor, db: Db, now: Now) -> Response:
    try:
        said = read_filing(request, form, db)
        Pace.of(request).need("complaint", now)
        row, code = filing.file(
            db,
            said,
            ticket=form.raw("ticket"),
            now=now,
            deadlines=request.app.state.settings.complaint_deadlines,
        )
    except Refusal as refusal:
        if "ticket" in refusal.fields:
            form.values["ticket"] = ""
        return _new(request, form, told(request, form, refusal))
    return _code(request, Form.empty(code=code), row.number)


def _code(request: Request, form: Form, number: str, status: int = 200) -> Response:
    return shown(request, "code.html", status=status, form=form, code=form.raw("code"), number=number)


@router.post("/complaints/code")
def confirm(request: Request, form: FormData, _visitor: Visitor, db: Db) -> Response:
    """The code was written down; without the last four characters it is shown again."""
    row = filing.by_code(db, form.raw("code"))
    if not engine.last_four(form.raw("code"), form.raw("last_four")):
        form.fault(
            "last_four",
            language_of(request).text("These are not the last four characters of the code. Look again."),
        )
        return _code(request, form, row.number, 422)
    return _enter(request, form.raw("code"))


def _enter(request: Request, code: str) -> Response:
    reply = go("/complaints/mine")
    reply.set_cookie(
        COOKIE,
        engine.plain_receipt(code),
        max_age=REMEMBERED,
        path="/complaints",
        httponly=True,
        samesite="strict",
        secure=request.app.state.settings.secure_cookies,
    )
    return reply


@router.get("/complaints/receipt")
def receipt(request: Request, _visitor: Visitor) -> Response:
    return shown(request, "receipt.html", form=Form.empty())


@router.post("/complaints/receipt")
def enter(request: Request, form: FormData, _visitor: Visitor, db: Db) -> Response:
    try:
        if not form.raw("code"):
            form.fault("code", language_of(request).text("Enter the code that you wrote down."))
        form.check()
        filing.by_code(db, form.raw("code"))
    except Refusal as refusal:
        if isinstance(refusal, Missing):
            form.fault("code", language_of(request).text(refusal.detail))
        return shown(request, "receipt.html", status=422, form=form)
    return _enter(request, form.raw("code"))


def _given(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


@router.get("/complaints/mine")
def mine(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    if not _given(request):
        return go("/complaints/receipt")
    return _mine(request, db, now, Form.empty())


def _mine(request: Request, db: Db, now: Now, form: Form, status: int = 200) -> Response:
    row = filing.by_code(db, _given(request))
    deadlines: engine.Deadlines = request.app.state.settings.complaint_deadlines
    told_ = register.one(db, row.number, today=now.date())
    known = value(db, row)
    return shown(
        request,
        "mine.html",
        status=status,
        form=form,
        row=row,
        told=told_,
        said=messages.conversation(db, row.id, COMPLAINANT),
        can_appeal=engine.refusal(known, engine.Action.APPEAL, filing.NOBODY, now.date(), deadlines),
        can_withdraw=engine.refusal(known, engine.Action.WITHDRAW, filing.NOBODY, now.date(), deadlines),
        closed=row.state in messages.CLOSED,
        limit=request.app.state.settings.evidence_limit_bytes // (1 << 20),
    )


@router.post("/complaints/mine/messages")
def write(request: Request, form: FormData, _visitor: Visitor, db: Db, now: Now) -> Response:
    try:
        words_ = form.text("words", most=messages.LONGEST)
        form.check()
        filing.answer(
            db,
            request.app.state.store,
            _given(request),
            words_,
            attached(form),
            limit=request.app.state.settings.evidence_limit_bytes,
            now=now,
        )
    except Missing:
        return go("/complaints/receipt")
    except Refusal as refusal:
        db.rollback()
        return _mine(request, db, now, form, told(request, form, refusal))
    return go("/complaints/mine", "message-sent")


@router.post("/complaints/mine/appeal")
def appeal(request: Request, form: FormData, _visitor: Visitor, db: Db, now: Now) -> Response:
    try:
        grounds = form.text("grounds", most=messages.LONGEST)
        form.check()
        filing.appeal(
            db,
            _given(request),
            grounds,
            now=now,
            deadlines=request.app.state.settings.complaint_deadlines,
        )
    except Missing:
        return go("/complaints/receipt")
    except Refusal as refusal:
        db.rollback()
        return _mine(request, db, now, form, told(request, form, refusal))
    return go("/complaints/mine", "complaint-appealed")


@router.post("/complaints/mine/withdraw")
def withdraw(request: Request, form: FormData, _visitor: Visitor, db: Db, now: Now) -> Response:
    try:
        if not form.ticked("sure"):
            form.fault("sure", language_of(request).text("Tick the box if you want to take it back."))
        form.check()
        filing.withdraw(
            db, _given(request), now=now, deadlines=request.app.state.settings.complaint_deadlines
        )
    except Missing:
        return go("/complaints/receipt")
    except Refusal as refusal:
        db.rollback()
        return _mine(request, db, now, form, told(request, form, refusal))
    return go("/complaints/mine", "complaint-withdrawn")


@router.post("/complaints/mine/leave")
def leave(_visitor: Visitor) -> Response:
    """Make the browser forget the code."""
    reply = go("/complaints", "code-forgotten")
    reply.delete_cookie(COOKIE, path="/complaints")
    return reply


@router.get("/complaints/mine/files/{file_id}")
def own_file(request: Request, file_id: UUID, _visitor: Visitor, db: Db) -> Response:
    return served(request.app.state.store, filing.file_for(db, _given(request), file_id))


@router.get("/complaints/{case_number}")
def one(request: Request, case_number: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return shown(request, "one.html", told=register.one(db, case_number, today=now.date()))


router.include_router(pages_answering.router)
router.include_router(pages_handling.router)
