"""The ombudsperson's console: the queue by deadline, and one complaint on one screen."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.complaints import handling, messages, register, words
from app.complaints.kept import load, value
from app.complaints.messages import COMPLAINANT, SUBJECT
from app.complaints.showing import FormData, attached, shown, told
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor, Needs
from app.routes import page_router
from app.serving import served
from app.transaction import Db, Now
from certification.rules import InterestKind
from governance import complaints as engine

router = page_router()

Handler = Annotated[Actor, Depends(Needs("complaint.handle"))]
STEPS = {
    each.value: each
    for each in (
        engine.Action.REFUSE,
        engine.Action.EXAMINE,
        engine.Action.ANSWER,
        engine.Action.REMEDY,
        engine.Action.CLOSE,
        engine.Action.UPHOLD,
        engine.Action.OVERTURN,
    )
}


@router.get("/ombudsperson")
def queue(request: Request, actor: Handler, db: Db, now: Now) -> Response:
    deadlines = request.app.state.settings.complaint_deadlines
    return shown(
        request,
        "queue.html",
        desks=handling.queue(db, actor, now=now, deadlines=deadlines),
        today=now.date(),
        overdue=register.overdue,
    )


@router.get("/ombudsperson/{complaint_id}")
def one(request: Request, complaint_id: UUID, actor: Handler, db: Db, now: Now) -> Response:
    return _one(request, db, now, actor, complaint_id, Form.empty())


def _one(
    request: Request, db: Db, now: Now, actor: Actor, complaint_id: UUID, form: Form, status: int = 200
) -> Response:
    deadlines: engine.Deadlines = request.app.state.settings.complaint_deadlines
    row = load(db, complaint_id, lock=False)
    desk = handling.desk(db, actor, row, now=now, deadlines=deadlines)
    known = value(db, row)
    lang = language_of(request)
    if row.organisation_id:
        named = next(each.name for each in desk.subjects if each.id == row.organisation_id)
        form.values.setdefault("whom", named)
    part = desk.part or engine.Part.OMBUDSPERSON
    may = {
        each.value: engine.refusal(known, each, (actor.person_id, part), now.date(), deadlines)
        for each in engine.Action
    }
    return shown(
        request,
        "desk.html",
        status=status,
        form=form,
        row=row,
        desk=desk,
        told=register.one(db, row.number, today=now.date()),
        # Who does not handle it sees no more than the public, and whom it is about.
        with_complainant=messages.conversation(db, row.id, COMPLAINANT) if desk.part else [],
        with_subject=messages.conversation(db, row.id, SUBJECT) if desk.part else [],
        cannot=may,
        outcome_options=[(key, label) for key, (label, _tone) in words.outcomes(lang).items()],
        relations=dict(words.relations(lang)),
        interests=words.interests(lang),
        limit=request.app.state.settings.evidence_limit_bytes // (1 << 20),
    )


def _done(
    request: Request,
    db: Db,
    now: Now,
    actor: Actor,
    complaint_id: UUID,
    form: Form,
    do: Callable[[], object],
    field: str = "words",
) -> Response:
    """Do it and see the complaint again. A refusal stands in the form, at `field` if about the words."""
    try:
        load(db, complaint_id, lock=False)
        form.check()
        do()
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        status = told(request, form, refusal)
        if field != "words" and "words" in form.errors:
            form.errors[field] = form.errors.pop("words")
        return _one(request, db, now, actor, complaint_id, form, status)
    return go(f"/ombudsperson/{complaint_id}", "saved")


@router.post("/ombudsperson/{complaint_id}/declaration")
def declare(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Handler, db: Db, now: Now
) -> Response:
    kinds = {"none": None} | {each.value: each for each in InterestKind}
    chosen = form.choice("interest", kinds, language_of(request).text("Choose one."))
    return _done(
        request,
        db,
        now,
        actor,
        complaint_id,
        form,
        lambda: handling.declare(db, actor, complaint_id, kinds[chosen], now=now),
    )


@router.post("/ombudsperson/{complaint_id}/take")
def take(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Handler, db: Db, now: Now
) -> Response:
    deadlines = request.app.state.settings.complaint_deadlines
    return _done(
        request,
        db,
        now,
        actor,
        complaint_id,
        form,
        lambda: handling.take(db, actor, complaint_id, now=now, deadlines=deadlines),
    )


@router.post("/ombudsperson/{complaint_id}/release")
def release(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Handler, db: Db, now: Now
) -> Response:
    return _done(
        request,
        db,
        now,
        actor,
        complaint_id,
        form,
        lambda: handling.release(db, actor, complaint_id, now=now),
    )


@router.post("/ombudsperson/{complaint_id}/admission")
def admit(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Handler, db: Db, now: Now
) -> Response:
    said = handling.Admission(
        form.text("whom", most=300),
        form.text("summary", most=messages.LONGEST),
        no_interest=form.ticked("no_interest"),
    )
    deadlines = request.app.state.settings.complaint_deadlines
    return _done(
        request,
        db,
        now,
        actor,
        complaint_id,
        form,
        lambda: handling.admit(db, actor, complaint_id, said, now=now, deadlines=deadlines),
        "summary",
    )


@router.post("/ombudsperson/{complaint_id}/step")
def step(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Handler, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    action = form.choice("action", STEPS, _("Choose what to do."))
    said = form.text("words", most=messages.LONGEST)
    outcome = form.raw("outcome")
    if outcome and outcome not in set(engine.Outcome):
        form.fault("outcome", _("Choose the outcome."))
    deadlines = request.app.state.settings.complaint_deadlines
    return _done(
        request,
        db,
        now,
        actor,
        complaint_id,
        form,
        lambda: handling.step(
            db,
            actor,
            complaint_id,
            STEPS[action],
            said,
            outcome=engine.Outcome(outcome) if outcome else None,
            now=now,
            deadlines=deadlines,
        ),
    )


@router.post("/ombudsperson/{complaint_id}/messages/{side}")
def write(
    request: Request, complaint_id: UUID, side: str, form: FormData, *, actor: Handler, db: Db, now: Now
) -> Response:
    if side not in {COMPLAINANT, SUBJECT}:
        raise Missing
    field = f"to-{side}"
    said = form.text(field, most=messages.LONGEST)
    return _done(
        request,
        db,
        now,
        actor,
        complaint_id,
        form,
        lambda: handling.write(
            db,
            request.app.state.store,
            actor,
            complaint_id,
            side,
            said,
            attached(form),
            limit=request.app.state.settings.evidence_limit_bytes,
            now=now,
        ),
        field,
    )


@router.post("/ombudsperson/{complaint_id}/redress")
def order(
    request: Request, complaint_id: UUID, form: FormData, *, actor: Handler, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    what = form.text("what", _("Say what is to be done."), most=2000)
    who = form.text("who", _("Say who does it."), most=300)
    due = form.day("due", _("Enter the day."))
    deadlines = request.app.state.settings.complaint_deadlines

    def do() -> None:
        assert due
        handling.order(db, actor, complaint_id, what=what, who=who, due=due, now=now, deadlines=deadlines)

    return _done(request, db, now, actor, complaint_id, form, do, "what")


@router.post("/ombudsperson/{complaint_id}/redress/{redress_id}")
def verify(
    request: Request,
    complaint_id: UUID,
    redress_id: UUID,
    form: FormData,
    *,
    actor: Handler,
    db: Db,
    now: Now,
) -> Response:
    proof = form.text("proof", most=2000)
    deadlines = request.app.state.settings.complaint_deadlines
    return _done(
        request,
        db,
        now,
        actor,
        complaint_id,
        form,
        lambda: handling.verify(db, actor, complaint_id, redress_id, proof, now=now, deadlines=deadlines),
        "proof",
    )


@router.get("/ombudsperson/{complaint_id}/files/{file_id}")
def file(
    request: Request, complaint_id: UUID, file_id: UUID, *, actor: Handler, db: Db, now: Now
) -> Response:
    return served(request.app.state.store, handling.file_for(db, actor, complaint_id, file_id, now=now))
