"""Pages of those who hold a consultation: ask, sort, moderate, answer, adopt."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.consultations import service
from app.consultations.showing import FormData, shown, told
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor, Needs
from app.routes import page_router
from app.transaction import Db, Now
from governance import consultations as engine

router = page_router()

Runner = Annotated[Actor, Depends(Needs("consultation.run"))]


@router.get("/consultations/new")
def new(request: Request, _actor: Runner, now: Now) -> Response:
    opens = now.date() + timedelta(days=1)
    least = timedelta(days=request.app.state.settings.consultation_rules.least_days)
    return shown(request, "draft.html", row=None, form=Form.empty(opens_on=opens, closes_on=opens + least))


def read_question(request: Request, form: Form) -> service.Question:
    """Faulty: something is missing."""
    _ = language_of(request).text
    title = form.text("title", _("Give it a title."), most=120, least=3)
    question = form.text("question", _("Write the question."), most=1000)
    background = form.text("background", _("Say why you ask, and what is planned."), most=50_000)
    opens = form.day("opens_on", _("Enter the first day."))
    closes = form.day("closes_on", _("Enter the last day."))
    standard = form.text("standard_key", most=60)
    form.check()
    assert opens
    assert closes
    return service.Question(title, question, background, opens, closes, standard)


@router.post("/consultations/new")
def draft(request: Request, form: FormData, actor: Runner, db: Db, now: Now) -> Response:
    try:
        made = service.save(db, actor, read_question(request, form), now=now)
    except Refusal as refusal:
        return shown(request, "draft.html", status=told(request, form, refusal), row=None, form=form)
    return go(f"/consultations/{made.slug}/desk", "saved")


@router.get("/consultations/{consultation}/desk")
def desk(request: Request, consultation: str, _actor: Runner, db: Db, now: Now) -> Response:
    return _desk(request, db, now, consultation, Form.empty())


def _desk(request: Request, db: Db, now: Now, consultation: str, form: Form, status: int = 200) -> Response:
    row = service.load(db, consultation)
    rules: engine.Rules = request.app.state.settings.consultation_rules
    known = service.value(db, row)
    if row.state == engine.State.DRAFT:
        for name in ("title", "question", "background", "opens_on", "closes_on", "standard_key"):
            form.values.setdefault(name, str(getattr(row, name) or ""))
        return shown(request, "draft.html", status=status, row=row, form=form)
    found = service.themes(db, row)
    for theme in found:
        form.values.setdefault(f"answer-{theme.id}", theme.answer)
        form.values.setdefault(f"changed-{theme.id}", theme.changed)
    return shown(
        request,
        "desk.html",
        status=status,
        row=row,
        form=form,
        known=known,
        themes=found,
        said=service.comments(db, row),
        cannot_answer=engine.may_answer(known, now.date()),
        adoption=service.adopted(db).get(row.standard_key or ""),
        answer_due=engine.answer_due(known, rules),
        today=now.date(),
    )


def _done(
    request: Request,
    db: Db,
    now: Now,
    consultation: str,
    form: Form,
    do: Callable[[], object],
    fields: dict[str, str] | None = None,
) -> Response:
    """Do it and see the desk again; `fields`: how the page calls what the use case names."""
    try:
        service.load(db, consultation)
        form.check()
        do()
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        status = told(request, form, refusal)
        for name, shown_as in (fields or {}).items():
            if name in form.errors:
                form.errors[shown_as] = form.errors.pop(name)
        return _desk(request, db, now, consultation, form, status)
    return go(f"/consultations/{consultation}/desk", "saved")


@router.post("/consultations/{consultation}/desk")
def change(
    request: Request, consultation: str, form: FormData, *, actor: Runner, db: Db, now: Now
) -> Response:
    return _done(
        request,
        db,
        now,
        consultation,
        form,
        lambda: service.save(db, actor, read_question(request, form), slug=consultation, now=now),
    )


@router.post("/consultations/{consultation}/opening")
def publish(
    request: Request, consultation: str, form: FormData, *, actor: Runner, db: Db, now: Now
) -> Response:
    rules = request.app.state.settings.consultation_rules
    return _done(
        request,
        db,
        now,
        consultation,
        form,
        lambda: service.publish(db, actor, consultation, rules=rules, now=now),
    )


@router.post("/consultations/{consultation}/themes")
def add_theme(
    request: Request, consultation: str, form: FormData, *, actor: Runner, db: Db, now: Now
) -> Response:
    title = form.text("theme", language_of(request).text("Name the theme."), most=200)
    return _done(
        request,
        db,
        now,
        consultation,
        form,
        lambda: service.add_theme(db, actor, consultation, title, now=now),
    )


@router.post("/consultations/{consultation}/themes/{theme_id}")
def answer(
    request: Request,
    consultation: str,
    theme_id: UUID,
    form: FormData,
    *,
    actor: Runner,
    db: Db,
    now: Now,
) -> Response:
    said = form.text(f"answer-{theme_id}", most=10_000)
    changed = form.text(f"changed-{theme_id}", most=10_000)
    return _done(
        request,
        db,
        now,
        consultation,
        form,
        lambda: service.answer_theme(
            db, actor, consultation, theme_id, answer=said, changed=changed, now=now
        ),
    )


@router.post("/consultations/{consultation}/sorting/{comment_id}")
def sort(
    request: Request,
    consultation: str,
    comment_id: UUID,
    form: FormData,
    *,
    actor: Runner,
    db: Db,
    now: Now,
) -> Response:
    field = f"theme-{comment_id}"

    def do() -> None:
        try:
            theme = UUID(form.raw(field))
        except ValueError as fault:
            raise Missing from fault
        service.sort(db, actor, consultation, comment_id, theme, now=now)

    return _done(request, db, now, consultation, form, do)


@router.post("/consultations/{consultation}/removal/{comment_id}")
def remove(
    request: Request,
    consultation: str,
    comment_id: UUID,
    form: FormData,
    *,
    actor: Runner,
    db: Db,
    now: Now,
) -> Response:
    field = f"reason-{comment_id}"
    reason = form.text(field, most=500)
    rules = request.app.state.settings.consultation_rules
    return _done(
        request,
        db,
        now,
        consultation,
        form,
        lambda: service.remove(db, actor, consultation, comment_id, reason, rules=rules, now=now),
        {"reason": field},
    )


@router.post("/consultations/{consultation}/answers")
def publish_answers(
    request: Request, consultation: str, form: FormData, *, actor: Runner, db: Db, now: Now
) -> Response:
    return _done(
        request,
        db,
        now,
        consultation,
        form,
        lambda: service.publish_answers(db, actor, consultation, now=now),
    )


@router.post("/consultations/{consultation}/adoption")
def adopt(
    request: Request, consultation: str, form: FormData, *, actor: Runner, db: Db, now: Now
) -> Response:
    row = service.load(db, consultation)
    return _done(
        request,
        db,
        now,
        consultation,
        form,
        lambda: service.adopt(db, actor, row.standard_key or "", now=now),
    )
