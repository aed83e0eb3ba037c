"""Pages of votes: what is decided, to vote, to look whether one's ballot was counted."""

from types import SimpleNamespace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from app.complaints.filing import code_of, new_ticket
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import language_of, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.tlog import service as tlog
from app.transaction import Db, Now
from app.votes import casting, pages_running, service, words
from app.votes.models import Vote, VoteResult
from governance import ballots as engine
from governance.complaints import last_four

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]
Member = Annotated[Actor, Depends(Needs("vote.cast"))]
FormData = Annotated[Form, Depends(Form.read)]

# Before the routes that take any name.
router.include_router(pages_running.router)


@router.get("/votes")
def everything(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    lang, today = language_of(request), now.date()
    found = service.everything(db)
    boards = {each.id: service.board(db, each) for each in found}
    return page(
        request,
        "votes/votes.html",
        rows=found,
        outcomes={
            each.id: words.outcome(made, lang) for each in found if (made := boards[each.id]) is not None
        },
        drafts=[each for each in service.everything(db, drafts=True) if each.state == "draft"],
        seats=service.seats(db, today=today),
        bodies=words.bodies(lang),
        today=today,
    )


@router.get("/votes/{vote}")
def one(request: Request, vote: str, actor: Visitor, db: Db, now: Now) -> Response:
    return _one(request, db, now, actor, service.public(db, vote), Form.empty())


def _one(
    request: Request,
    db: Db,
    now: Now,
    actor: Actor | None,
    row: Vote,
    form: Form,
    *,
    status: int = 200,
    looked: casting.Looked | None = None,
) -> Response:
    lang, today = language_of(request), now.date()
    made, voters = service.board(db, row), service.roll(db, row)
    kept = db.get(VoteResult, row.id)
    names = _names(request, row)
    reason = casting.why_not(db, actor, row, now=now) if actor else None
    return page(
        request,
        "votes/one.html",
        status=status,
        row=row,
        form=form,
        paper=service.paper(row),
        names=names,
        body=words.bodies(lang)[row.body],
        is_open=service.is_open(row, today),
        over=today > row.closes_on,
        board=made,
        digest=kept.digest if kept else "",
        outcome=words.outcome(made, lang) if made else "",
        bars=[
            SimpleNamespace(label=names[key], value=count, text=lang.number(count))
            for key, count in (made.result.votes if made else {}).items()
        ],
        turnout=[
            [lang.text(region), lang.number(each.members), lang.number(each.voted)]
            for region, each in (made.turnout if made else {}).items()
        ],
        voters=voters,
        cast=service.cast_so_far(db, row),
        quorum=engine.quorum_of(service.paper(row), len(voters)),
        reason=words.reasons(lang)[reason] if reason else "",
        looked=looked,
        chosen=[names[each] for each in looked.choice] if looked and looked.choice is not None else None,
        log_entries=tlog.entries_about(db, row),
    )


def _names(request: Request, row: Vote) -> dict[str, str]:
    lang = language_of(request)
    return {each.key: words.option_name(row.kind, each, lang) for each in service.paper(row).options}


@router.post("/votes/{vote}/ballots/paper")
def paper(request: Request, vote: str, form: FormData, actor: Member, *, db: Db, now: Now) -> Response:
    """The choice once more, with the receipt code to be written down. Nothing is stored yet."""
    row = service.public(db, vote)
    chosen = form.choices("choice", service.paper(row).keys)
    try:
        casting.need_may_vote(db, actor, row, now=now)
        casting.checked(row, chosen)
    except Refusal as refusal:
        form.fault("choice", language_of(request).text(refusal.detail))
        return _one(request, db, now, actor, row, form, status=int(refusal.status))
    ticket = new_ticket()
    form = Form.empty(ticket=ticket)
    return _paper(request, row, form, chosen, code_of(ticket))


def _paper(
    request: Request, row: Vote, form: Form, chosen: list[str], code: str, status: int = 200
) -> Response:
    names = _names(request, row)
    return page(
        request,
        "votes/paper.html",
        status=status,
        row=row,
        form=form,
        chosen=chosen,
        names=[names[each] for each in chosen],
        code=code,
    )


@router.post("/votes/{vote}/ballots")
def cast(request: Request, vote: str, form: FormData, actor: Member, *, db: Db, now: Now) -> Response:
    row = service.public(db, vote)
    _ = language_of(request).text
    chosen = form.choices("choice", service.paper(row).keys)
    try:
        casting.need_may_vote(db, actor, row, now=now)
        code = code_of(form.raw("ticket"))
    except Refusal as refusal:
        words_ = refusal.fields.get("ticket", refusal.detail)
        form.fault("choice", _(words_))
        return _one(request, db, now, actor, row, form, status=int(refusal.status))
    if not last_four(code, form.raw("last_four")):
        form.fault("last_four", _("These are not the last four characters of the code. Look again."))
        return _paper(request, row, form, chosen, code, status=422)
    try:
        casting.cast(db, actor, vote, chosen, form.raw("ticket"), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        form.fault("choice", _(refusal.detail))
        return _one(request, db, now, actor, row, form, status=int(refusal.status))
    return page(request, "votes/cast.html", row=row)


@router.post("/votes/{vote}/receipts")
def look(request: Request, vote: str, form: FormData, actor: Visitor, *, db: Db, now: Now) -> Response:
    """By a form, not by an address: addresses are kept in logs and histories."""
    row = service.public(db, vote)
    _ = language_of(request).text
    code = form.text("code", _("Enter the receipt code."), most=60)
    looked = None
    try:
        form.check()
        looked = casting.look(db, vote, code)
    except Faulty:
        return _one(request, db, now, actor, row, form, status=422)
    except Missing as missing:
        form.fault("code", _(missing.detail))
        return _one(request, db, now, actor, row, form, status=404)
    return _one(request, db, now, actor, row, Form.empty(code=code), looked=looked)


@router.get("/votes/{vote}/board.json")
def board(vote: str, _visitor: Visitor, db: Db) -> Response:
    """What `fairhaul votes tally` reads, to the byte that the log's entry names."""
    row = service.public(db, vote)
    found = db.get(VoteResult, row.id)
    if found is None:
        raise Missing
    headers = {"Content-Disposition": f'attachment; filename="{row.slug}-board.json"'}
    return Response(found.board, media_type="application/json", headers=headers)
