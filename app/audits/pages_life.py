"""Page of what surrounds a case in the console: deadlines, risk, looks, appeals, conflicts found later."""

from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select

import certification as engine
from app.audits import appeals, deadlines, evaluation, peers, planning, reviews, risk
from app.audits import models_life as life
from app.audits.kept import engine_actor, names_of
from app.audits.planning import Plan
from app.audits.showing import CaseReader, FormData, Hearer, Manager, Reviewer, named, shown, told
from app.audits.words import Words
from app.audits.words_life import LifeWords
from app.errors import Missing, Refusal
from app.forms import Form
from app.organisations import service as organisations
from app.pages import go, language_of
from app.permissions import Actor, Role
from app.routes import page_router
from app.transaction import Db, Now
from certification import Action, AuditKind, InterestKind

router = page_router()


@router.get("/cases/{case_id}/life")
def life_page(request: Request, case_id: UUID, actor: CaseReader, db: Db, now: Now) -> Response:
    return _life(request, db, actor, case_id, Form.empty(kind=AuditKind.SURVEILLANCE), now=now)


def _life(
    request: Request, db: Db, actor: Actor, case_id: UUID, form: Form, *, now: Now, status: int = 200
) -> Response:
    kept = evaluation.seen(db, actor, case_id)
    lang = language_of(request)
    words = LifeWords(lang)
    hands = {
        row.person_id: row.hand
        for row in db.execute(
            select(life.Participation.person_id, life.Participation.hand).filter_by(case_id=case_id)
        )
    }
    open_reviews = reviews.open_reviews(db, case_id)
    known = risk.latest(db, case_id)
    manages = Role.PROGRAMME in actor.roles
    panel = [
        (person.id, f"{person.name} ({organisation.name})")
        for person, organisation in (organisations.people_with(db, Role.APPEAL) if manages else [])
        if person.id not in hands or hands[person.id] == life.Hand.APPEAL
    ]
    return shown(
        request,
        "audits/life.html",
        status=status,
        form=form,
        kept=kept,
        life=words,
        names=names_of(db, set(hands)),
        hands=hands,
        dues=words.dues(kept, deadlines.of_case(db, kept), now.date()),
        risk=known,
        reviews=open_reviews,
        appeal=appeals.newest(db, case_id),
        proposed=peers.proposed(db, case_id),
        candidates=panel,
        manages=manages,
        hears=Role.APPEAL in actor.roles,
        reviews_it=bool(actor.roles & {Role.DECISION_MAKER, Role.APPEAL}),
        allowed=engine.permissions(kept.case, engine_actor(actor), kept.dossier, now=now),
        actions=Action,
        kinds=list(Words(lang).audits.items()),
    )


def _take(
    request: Request,
    db: Db,
    actor: Actor,
    case_id: UUID,
    form: Form,
    step: object,
    *,
    now: Now,
    notice: str = "saved",
) -> Response:
    """Do a step, or show the page again with what was typed and why not."""
    assert callable(step)
    try:
        form.check()
        step()
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()  # what was written before the refusal must not be shown as done
        return _life(request, db, actor, case_id, form, now=now, status=told(request, form, refusal))
    return go(f"/cases/{case_id}/life", notice)


@router.post("/cases/{case_id}/life/look")
def plan_look(
    request: Request, case_id: UUID, form: FormData, *, actor: Manager, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    kind = form.choice("kind", set(AuditKind), _("Choose how you look."))
    starts = form.day("starts", _("Enter the first day."))
    ends = form.day("ends", _("Enter the last day."))
    seed = form.text("seed", most=200)

    def step() -> object:
        assert starts is not None
        assert ends is not None
        plan = Plan(AuditKind(kind), starts, ends, seed)
        return planning.plan_surveillance(db, actor, case_id, plan, now=now)

    return _take(request, db, actor, case_id, form, step, now=now)


@router.post("/cases/{case_id}/life/panel")
def convene(request: Request, case_id: UUID, form: FormData, *, actor: Manager, db: Db, now: Now) -> Response:
    people = {str(person.id) for person, _o in organisations.people_with(db, Role.APPEAL)}
    chosen = form.choices("panel", people)
    if not chosen:
        form.fault("panel", language_of(request).text("Choose who hears the appeal."))

    def step() -> object:
        return appeals.convene(db, actor, case_id, [UUID(each) for each in chosen], now=now)

    return _take(request, db, actor, case_id, form, step, now=now, notice="panel-convened")


@router.post("/cases/{case_id}/life/verdict")
def settle_appeal(
    request: Request, case_id: UUID, form: FormData, *, actor: Hearer, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    word = form.choice("word", {"upheld", "overturned"}, _("Choose what becomes of the decision."))
    reasons = form.text("verdict_reasons", _("Say why."), most=4_000)

    def step() -> object:
        return appeals.settle(db, actor, case_id, upheld=word == "upheld", reasons=reasons, now=now)

    step_named = named(step, reasons="verdict_reasons")
    return _take(request, db, actor, case_id, form, step_named, now=now, notice="appeal-settled")


@router.post("/cases/{case_id}/life/conflict")
def report(
    request: Request, case_id: UUID, form: FormData, *, actor: CaseReader, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    hands = db.scalars(select(life.Participation.person_id).filter_by(case_id=case_id)).all()
    person = form.choice("person_id", {str(each) for each in hands}, _("Choose a person."))
    kind = form.choice("interest", set(InterestKind), _("Choose what ties them to the organisation."))
    until = form.day("until")
    note = form.text("note", _("Say how it is known."), most=500)

    def step() -> object:
        found = [engine.Interest(kind=InterestKind(kind), until=until, note=note)]
        return reviews.report(db, actor, case_id, UUID(person), found, now=now)

    return _take(request, db, actor, case_id, form, step, now=now, notice="conflict-reported")


@router.post("/cases/{case_id}/life/review")
def settle_review(
    request: Request, case_id: UUID, form: FormData, *, actor: Reviewer, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    word = form.choice("outcome", {"stands", "repeat"}, _("Choose what becomes of the decision."))
    reasons = form.text("review_reasons", _("Say why."), most=4_000)

    def step() -> object:
        return reviews.settle(db, actor, case_id, repeat=word == "repeat", reasons=reasons, now=now)

    return _take(request, db, actor, case_id, form, named(step, reasons="review_reasons"), now=now)
