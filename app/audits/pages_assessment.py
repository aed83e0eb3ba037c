"""Pages of the self-assessment: a page a principle."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

import certification as engine
from app.audits import application, evidence
from app.audits.kept import Kept
from app.audits.showing import Answerer, FormData, Reader, shown, told
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import go, language_of
from app.routes import page_router
from app.transaction import Db, Now
from certification import AnswerValue

router = page_router()


@router.get("/certification/assessment")
def assessment(actor: Reader, db: Db) -> Response:
    """To the first principle that lacks something."""
    kept = application.need_case(db, actor, lock=False)
    open_ones = engine.missing(kept.dossier.criteria, kept.dossier.answers)
    wanted = open_ones[0].criterion if open_ones else next(iter(kept.dossier.criteria), None)
    if wanted is None:
        return go("/certification")
    criterion = wanted if isinstance(wanted, str) else wanted.id
    return go(f"/certification/assessment/{kept.criterion(criterion).principle}")


@router.get("/certification/assessment/{principle}")
def principle_page(request: Request, principle: int, actor: Reader, db: Db) -> Response:
    kept = application.need_case(db, actor, lock=False)
    form = Form.empty()
    for each in kept.standard.of_principle(principle):
        answer = kept.dossier.answers.get(each.id)
        if answer:
            form.values |= {
                f"value-{each.id}": answer.value,
                f"note-{each.id}": answer.note,
                f"plan-{each.id}": answer.plan,
                f"reason-{each.id}": answer.reason,
            }
    return _principle(request, db, kept, principle, form)


def _principle(
    request: Request, db: Db, kept: Kept, number: int, form: Form, *, status: int = 200
) -> Response:
    asked = [each for each in kept.dossier.criteria if each.principle == number]
    if not asked:
        raise Missing
    numbers = sorted({each.principle for each in kept.dossier.criteria})
    lacking = {each.criterion for each in engine.missing(kept.dossier.criteria, kept.dossier.answers)}
    links: dict[str, list[evidence.File]] = {}
    for file in evidence.files_of(db, kept.row.id):
        for criterion in file.criteria:
            links.setdefault(criterion, []).append(file)
    return shown(
        request,
        "audits/assessment.html",
        status=status,
        form=form,
        kept=kept,
        principle=next(each for each in kept.standard.principles if each.number == number),
        asked=asked,
        lacking=lacking,
        links=links,
        changeable=kept.case.state in application.ANSWERABLE,
        places=[_place(kept, each, each == number, lacking) for each in numbers],
        following=next((each for each in numbers if each > number), None),
    )


def _place(kept: Kept, number: int, current: object, lacking: set[str]) -> dict[str, Any]:
    asked = [each.id for each in kept.dossier.criteria if each.principle == number]
    done = sum(each not in lacking for each in asked)
    title = next(each.title for each in kept.standard.principles if each.number == number)
    return {
        "label": f"{number} {title}",
        "href": f"/certification/assessment/{number}",
        "count": f"{done}/{len(asked)}",
        "current": bool(current),
        "done": done == len(asked),
    }


@router.post("/certification/assessment/{principle}")
def save_principle(
    request: Request, principle: int, form: FormData, *, actor: Answerer, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    kept = application.need_case(db, actor, lock=False)
    said = {}
    for each in kept.dossier.criteria:
        if each.principle != principle:
            continue
        note, plan, reason = (
            form.text(f"{name}-{each.id}", most=5_000) for name in ("note", "plan", "reason")
        )
        value = form.raw(f"value-{each.id}")
        if value in set(AnswerValue):
            said[each.id] = engine.Answer(value=AnswerValue(value), note=note, plan=plan, reason=reason)
        elif value or note or plan or reason:
            form.fault(f"value-{each.id}", _("Choose an answer for criterion {id}.").format(id=each.id))
    try:
        form.check()
        application.save_answers(db, actor, said, now=now)
    except Refusal as refusal:
        if isinstance(refusal, Faulty) and not form.errors:
            for pointer, words in refusal.fields.items():
                criterion, _sep, name = pointer.partition("/")
                form.fault(f"{name}-{criterion}", _(words))
            return _principle(request, db, kept, principle, form, status=422)
        return _principle(request, db, kept, principle, form, status=told(request, form, refusal))
    following = form.raw("then")
    there = following.isdecimal() and any(str(each.principle) == following for each in kept.dossier.criteria)
    return go(f"/certification/assessment/{following}" if there else "/certification", "saved")
