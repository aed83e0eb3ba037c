"""Pages of those who hold a vote: draft, open, count; and who is a full member."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs, may
from app.routes import page_router
from app.transaction import Db, Now
from app.votes import membership, service, words
from app.votes.models import Vote
from governance import ballots as engine

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]
Runner = Annotated[Actor, Depends(Needs("vote.run"))]
FormData = Annotated[Form, Depends(Form.read)]


@router.get("/members")
def members(request: Request, visitor: Visitor, db: Db, now: Now) -> Response:
    return _members(request, visitor, db, now)


def _members(
    request: Request, visitor: Actor | None, db: Db, now: Now, fault: str = "", status: int = 200
) -> Response:
    lang = language_of(request)
    found = membership.members(db, now=now)
    regions = {each.region for each in found}
    return page(
        request,
        "votes/members.html",
        status=status,
        members=found,
        regions={
            each: sum(row.region == each for row in found) for each in service.BODIES[1:] if each in regions
        },
        candidates=membership.candidates(db) if may(visitor, "vote.run") else [],
        bodies=words.bodies(lang),
        fault=fault,
    )


@router.post("/members/{organisation_id}/admission")
def admit(request: Request, organisation_id: UUID, actor: Runner, db: Db, now: Now) -> Response:
    try:
        membership.admit(db, actor, organisation_id, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _members(
            request, actor, db, now, language_of(request).text(refusal.detail), int(refusal.status)
        )
    return go("/members", "saved")


@router.post("/members/{organisation_id}/ending")
def end(request: Request, organisation_id: UUID, actor: Runner, db: Db, now: Now) -> Response:
    try:
        membership.end(db, actor, organisation_id, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        return _members(
            request, actor, db, now, language_of(request).text(refusal.detail), int(refusal.status)
        )
    return go("/members", "saved")


@router.get("/votes/new")
def new(request: Request, _actor: Runner) -> Response:
    start = Form.empty(
        kind="motion", majority="simple", seats="1", days="14", quorum_percent=str(engine.QUORUM_PERCENT)
    )
    return _draft(request, start)


def _draft(request: Request, form: Form, row: Vote | None = None, status: int = 200) -> Response:
    bodies = list(words.bodies(language_of(request)).items())
    return page(request, "votes/draft.html", status=status, form=form, row=row, bodies=bodies)


def read_draft(request: Request, form: Form) -> service.Draft:
    """Faulty: something is missing."""
    _ = language_of(request).text
    title = form.text("title", _("Give it a title."), most=120, least=3)
    question = form.text("question", _("Write what is decided."), most=2000)
    body = form.choice("body", service.BODIES, _("Choose the general meeting or a region."))
    kind = form.choice("kind", set(engine.Kind), _("Choose a motion or an election."))
    majority = form.choice("majority", set(engine.Majority), _("Choose a majority."))
    days = form.integer("days", _("Enter the days."), least=engine.LEAST_DAYS, most=engine.MOST_DAYS)
    quorum = form.integer("quorum_percent", _("Enter 1 to 100."), least=1, most=100)
    election = kind == engine.Kind.ELECTION
    lines = [each.strip() for each in form.text("candidates", most=5000).splitlines() if each.strip()]
    seats = form.integer("seats", _("Enter the number of seats."), least=1, most=30) if election else 1
    term = form.integer("term_months", _("Enter the term in months."), least=1, most=120) if election else 0
    form.check()
    return service.Draft(
        title,
        question,
        body,
        engine.Kind(kind),
        candidates=tuple(_candidate(each) for each in lines) if election else (),
        seats=seats,
        majority=engine.Majority(majority),
        quorum_percent=quorum,
        term_months=term or None,
        days=days,
    )


def _candidate(line: str) -> tuple[str, str]:
    name, _comma, of = line.partition(",")
    return name.strip()[:120], of.strip()[:120]


@router.post("/votes/new")
def draft(request: Request, form: FormData, actor: Runner, db: Db, now: Now) -> Response:
    try:
        made = service.save(db, actor, read_draft(request, form), now=now)
    except Refusal as refusal:
        return _draft(request, form, status=_told(request, form, refusal))
    return go(f"/votes/{made.slug}/draft", "saved")


@router.get("/votes/{vote}/draft")
def edit(request: Request, vote: str, _actor: Runner, db: Db) -> Response:
    row = service.load(db, vote)
    if row.state != "draft":
        return go(f"/votes/{row.slug}")
    candidates = "\n".join(", ".join(filter(None, (each["name"], each["of"]))) for each in row.options)
    form = Form.empty(
        title=row.title,
        question=row.question,
        body=row.body,
        kind=row.kind,
        majority=row.majority,
        seats=str(row.seats),
        days=str((row.closes_on - row.opens_on).days),
        quorum_percent=str(row.quorum_percent),
        term_months=str(row.term_months or ""),
        candidates=candidates if row.kind == engine.Kind.ELECTION else "",
    )
    return _draft(request, form, row)


@router.post("/votes/{vote}/draft")
def change(request: Request, vote: str, form: FormData, actor: Runner, *, db: Db, now: Now) -> Response:
    row = service.load(db, vote)
    try:
        service.save(db, actor, read_draft(request, form), slug=vote, now=now)
    except Refusal as refusal:
        db.rollback()
        return _draft(request, form, row, _told(request, form, refusal))
    return go(f"/votes/{row.slug}/draft", "saved")


@router.post("/votes/{vote}/opening")
def open_vote(request: Request, vote: str, form: FormData, actor: Runner, *, db: Db, now: Now) -> Response:
    row = service.load(db, vote)
    try:
        service.open_vote(db, actor, vote, request.app.state.settings, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        return _draft(request, form, row, _told(request, form, refusal))
    return go(f"/votes/{row.slug}", "saved")


@router.post("/votes/{vote}/count")
def count(request: Request, vote: str, _actor: Runner, db: Db, now: Now) -> Response:
    service.count(db, vote, request.app.state.settings, now=now)
    return go(f"/votes/{service.load(db, vote).slug}", "saved")


def _told(request: Request, form: Form, refusal: Refusal) -> int:
    if isinstance(refusal, Faulty) and refusal.fields:
        form.take(refusal)
    else:
        form.fault("", language_of(request).text(refusal.detail))
    return int(refusal.status)
