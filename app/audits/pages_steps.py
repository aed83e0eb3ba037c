"""Pages of a case's steps: who works on it, what is planned, corrected and recommended."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select

import certification as engine
from app.audits import evaluation, planning
from app.audits import models as rows
from app.audits.kept import Kept, engine_actor, names_of
from app.audits.models import Part
from app.audits.planning import Plan
from app.audits.showing import Auditor, CaseReader, FormData, Manager, named, shown, told
from app.audits.words import Words, action_words
from app.errors import Missing, Refusal
from app.forms import Form
from app.history import Happening
from app.organisations import service as organisations
from app.pages import go, language_of
from app.permissions import Actor, Role
from app.routes import page_router
from app.transaction import Db, Now
from certification import Action, AuditKind, Outcome

router = page_router()

LINES: Final = 400
ASSIGNABLE: Final = (Role.AUDITOR, Role.PEER, Role.DECISION_MAKER)


def _steps(
    request: Request, db: Db, actor: Actor, case_id: UUID, form: Form, *, now: Now, status: int = 200
) -> Response:
    kept = evaluation.seen(db, actor, case_id)
    assigned = db.scalars(
        select(rows.Assignment).filter_by(case_id=case_id, ended_at=None).order_by(rows.Assignment.since)
    ).all()
    lines = db.scalars(
        select(Happening)
        .filter_by(subject_kind="case", subject_id=case_id)
        .order_by(Happening.at.desc(), Happening.id.desc())
        .limit(LINES)
    ).all()
    people = {each.person_id for each in assigned} | {each.person_id for each in lines if each.person_id}
    people |= {UUID(each) for line in lines if (each := _person_in(line.facts))}
    names = names_of(db, people)
    who = engine_actor(actor)
    manages = Role.PROGRAMME in actor.roles
    candidates = organisations.people_with(db, *ASSIGNABLE) if manages else []
    words = Words(language_of(request))
    by_id = {str(person_id): name for person_id, name in names.items()}
    return shown(
        request,
        "audits/steps.html",
        status=status,
        form=form,
        kept=kept,
        assigned=assigned,
        names=names,
        candidates=candidates,
        allowed=engine.permissions(kept.case, who, kept.dossier, now=now),
        actions=Action,
        action_words=action_words(language_of(request)),
        manages=manages,
        kinds=list(words.audits.items())[:2],
        outcomes=[(each.value, words.outcomes[each][0]) for each in engine.outcomes(kept.case.state)],
        lines=[
            {
                "when": language_of(request).moment(each.at),
                "iso": each.at.isoformat(),
                "what": words.event(each.action, facts, by_id),
                "who": names.get(each.person_id, "") if each.person_id else "",
            }
            for each, facts in _folded(lines)
        ],
        open_majors=engine.open_majors(kept.dossier.findings, kept.dossier.corrections),
    )


def _folded(lines: Sequence[Happening]) -> list[tuple[Happening, dict[str, Any]]]:
    """The lines with their facts; what one person judged without a pause is one line with the count."""
    found: list[tuple[Happening, dict[str, Any]]] = []
    for judging, run in groupby(lines, key=lambda each: (each.action == Action.JUDGE, each.person_id)):
        together = list(run)
        if judging[0] and len(together) > 1:
            criteria = {each.facts["values"]["criterion"] for each in together}
            found.append((together[0], {"criteria": sorted(criteria)}))
        else:
            found.extend((each, each.facts) for each in together)
    return found


def _person_in(facts: dict[str, Any]) -> str | None:
    """The id of a person that a line of the history speaks of."""
    found = facts.get("person") or facts.get("values", {}).get("person")
    return str(found) if found else None


@router.get("/cases/{case_id}/steps")
def steps_page(request: Request, case_id: UUID, actor: CaseReader, db: Db, now: Now) -> Response:
    return _steps(request, db, actor, case_id, Form.empty(part=Part.AUDITOR), now=now)


def _take(
    request: Request,
    db: Db,
    actor: Actor,
    case_id: UUID,
    form: Form,
    step: Callable[[], object],
    *,
    now: Now,
    notice: str = "saved",
) -> Response:
    """Do a step, or show the page again with what was typed and why not."""
    try:
        form.check()
        step()
    except Missing:
        raise
    except Refusal as refusal:
        return _steps(request, db, actor, case_id, form, now=now, status=told(request, form, refusal))
    return go(f"/cases/{case_id}/steps", notice)


@router.post("/cases/{case_id}/steps/accept")
def accept(request: Request, case_id: UUID, form: FormData, *, actor: Manager, db: Db, now: Now) -> Response:
    return _take(
        request, db, actor, case_id, form, lambda: evaluation.accept(db, actor, case_id, now=now), now=now
    )


@router.post("/cases/{case_id}/steps/assign")
def assign(request: Request, case_id: UUID, form: FormData, *, actor: Manager, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    part = form.choice("part", {*Part, "lead"}, _("Choose what for."))
    known = {str(person.id) for person, _o in organisations.people_with(db, *ASSIGNABLE)}
    person = form.choice("person_id", known, _("Choose a person."))

    def step() -> object:
        lead = part == "lead"
        return evaluation.assign(
            db, actor, case_id, UUID(person), Part.AUDITOR if lead else Part(part), lead=lead, now=now
        )

    return _take(request, db, actor, case_id, form, step, now=now, notice="assigned")


@router.post("/cases/{case_id}/steps/release")
def release(request: Request, case_id: UUID, form: FormData, *, actor: Manager, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    current = db.scalars(select(rows.Assignment.person_id).filter_by(case_id=case_id, ended_at=None)).all()
    person = form.choice("released", {str(each) for each in current}, _("Choose a person."))
    reasons = form.text("release_reasons", _("Say why."), most=4_000)

    def step() -> object:
        return evaluation.release(db, actor, case_id, UUID(person), reasons, now=now)

    return _take(request, db, actor, case_id, form, named(step, reasons="release_reasons"), now=now)


@router.post("/cases/{case_id}/steps/reopen")
def reopen(
    request: Request, case_id: UUID, form: FormData, *, actor: CaseReader, db: Db, now: Now
) -> Response:
    reasons = form.text("reopen_reasons", language_of(request).text("Say what is wrong."), most=4_000)
    step = named(lambda: evaluation.reopen(db, actor, case_id, reasons, now=now), reasons="reopen_reasons")
    return _take(request, db, actor, case_id, form, step, now=now)


@router.post("/cases/{case_id}/steps/desk-review")
def desk_review(
    request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now
) -> Response:
    summary = form.text("summary", language_of(request).text("Sum up what the papers say."), most=4_000)
    return _take(
        request,
        db,
        actor,
        case_id,
        form,
        lambda: evaluation.desk_review(db, actor, case_id, summary, now=now),
        now=now,
    )


@router.post("/cases/{case_id}/steps/plan")
def plan(request: Request, case_id: UUID, form: FormData, *, actor: CaseReader, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    kind = form.choice("kind", set(AuditKind), _("Choose how you look."))
    starts = form.day("starts", _("Enter the first day."))
    ends = form.day("ends", _("Enter the last day."))
    seed = form.text("seed", most=200)

    def step() -> object:
        assert starts is not None
        assert ends is not None
        return planning.plan_audit(db, actor, case_id, Plan(AuditKind(kind), starts, ends, seed), now=now)

    return _take(request, db, actor, case_id, form, step, now=now)


@router.post("/cases/{case_id}/steps/conclude")
def conclude(
    request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now
) -> Response:
    return _take(
        request,
        db,
        actor,
        case_id,
        form,
        lambda: evaluation.conclude_audit(db, actor, case_id, now=now),
        now=now,
    )


@router.post("/cases/{case_id}/steps/agree")
def agree(request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now) -> Response:
    return _take(
        request,
        db,
        actor,
        case_id,
        form,
        lambda: evaluation.request_corrections(db, actor, case_id, now=now),
        now=now,
    )


@router.post("/cases/{case_id}/steps/recommend")
def recommend(
    request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    outcome = form.choice("outcome", set(Outcome), _("Choose what you recommend."))
    reasons = form.text("reasons", _("Say why."), most=4_000)

    def step() -> object:
        return evaluation.recommend(
            db, request.app.state.store, actor, case_id, outcome=Outcome(outcome), reasons=reasons, now=now
        )

    return _take(request, db, actor, case_id, form, step, now=now, notice="recommended")


@router.post("/cases/{case_id}/steps/send-back")
def send_back(
    request: Request, case_id: UUID, form: FormData, *, actor: CaseReader, db: Db, now: Now
) -> Response:
    reasons = form.text("back_reasons", language_of(request).text("Say what is to be looked at."), most=4_000)
    step = named(lambda: evaluation.send_back(db, actor, case_id, reasons, now=now), reasons="back_reasons")
    return _take(request, db, actor, case_id, form, step, now=now)


@router.get("/cases/{case_id}/corrections/{correction_id}")
def correction_page(
    request: Request, case_id: UUID, correction_id: UUID, actor: CaseReader, db: Db, now: Now
) -> Response:
    return _correction(
        request, evaluation.seen(db, actor, case_id), actor, correction_id, Form.empty(), now=now
    )


def _correction(
    request: Request,
    kept: Kept,
    actor: Actor,
    correction_id: UUID,
    form: Form,
    *,
    now: Now,
    status: int = 200,
) -> Response:
    found = next((each for each in kept.dossier.corrections if each.id == correction_id), None)
    if found is None:
        raise Missing
    who = engine_actor(actor)
    return shown(
        request,
        "audits/verify.html",
        status=status,
        form=form,
        kept=kept,
        correction=found,
        criterion=kept.criterion(found.criterion),
        finding=kept.dossier.findings.get(found.criterion),
        verify=engine.may(kept.case, Action.VERIFY_CORRECTION, who, kept.dossier, now=now),
        extend=engine.may(kept.case, Action.EXTEND_CORRECTION, who, kept.dossier, now=now),
    )


@router.post("/cases/{case_id}/corrections/{correction_id}/verify")
def verify(
    request: Request, case_id: UUID, correction_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    verdict = form.choice("accepted", {"yes", "no"}, _("Choose whether the proof is good."))
    note = form.text("note", _("Say what you saw."), most=4_000)
    try:
        form.check()
        evaluation.verify_correction(
            db, actor, case_id, correction_id, accepted=verdict == "yes", note=note, now=now
        )
    except Missing:
        raise
    except Refusal as refusal:
        kept = evaluation.seen(db, actor, case_id)
        status = told(request, form, refusal)
        return _correction(request, kept, actor, correction_id, form, now=now, status=status)
    return go(f"/cases/{case_id}/steps", "saved")


@router.post("/cases/{case_id}/corrections/{correction_id}/extend")
def extend(
    request: Request,
    case_id: UUID,
    correction_id: UUID,
    form: FormData,
    *,
    actor: CaseReader,
    db: Db,
    now: Now,
) -> Response:
    _ = language_of(request).text
    due = form.day("due", _("Enter the new day."))
    reasons = form.text("reasons", _("Say why."), most=4_000)
    try:
        form.check()
        assert due is not None
        evaluation.extend_correction(db, actor, case_id, correction_id, due=due, reasons=reasons, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        kept = evaluation.seen(db, actor, case_id)
        status = told(request, form, refusal)
        return _correction(request, kept, actor, correction_id, form, now=now, status=status)
    return go(f"/cases/{case_id}/steps", "saved")
