"""Pages of the queue: what waits, views of it that a person keeps, and who has how much to do."""

from dataclasses import replace
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from app.audits import evaluation, queue, saved, workload
from app.audits.models import Part
from app.audits.queue import Filter, Sort, Stage
from app.audits.showing import CaseReader, FormData, Manager, shown, told
from app.audits.words import Words
from app.errors import Missing, Refusal
from app.forms import Form
from app.organisations.regions import Region
from app.pages import go, language_of
from app.permissions import Actor, Role
from app.routes import page_router
from app.transaction import Db, Now
from certification import CaseKind

router = page_router()


@router.get("/queue")
def queue_page(
    request: Request,
    actor: CaseReader,
    db: Db,
    now: Now,
    *,
    stage: str = "",
    mine: str = "",
    q: str = "",
    region: str = "",
    country: str = "",
    kind: str = "",
    auditor: str = "",
    overdue: str = "",
    sort: str = "",
    after: str = "",
) -> Response:
    typed = {
        "stage": stage,
        "mine": mine,
        "q": q,
        "region": region,
        "country": country,
        "kind": kind,
        "auditor": auditor,
        "overdue": overdue,
        "sort": sort,
        "after": after,
    }
    return _queue(request, actor, db, now, Filter.read(typed))


def _queue(
    request: Request,
    actor: Actor,
    db: Db,
    now: Now,
    wish: Filter,
    *,
    naming: Form | None = None,
    status: int = 200,
) -> Response:
    lang, on = language_of(request), now.date()
    whole = replace(wish, after=None)
    lines, following = queue.lines(db, actor, wish, on=on)
    kept = [(each, queue.read_question(each.question)) for each in saved.of(db, actor)]
    stages = [None, *Stage]
    wishes = [replace(whole, stage=each) for each in stages] + [replace(whole, overdue=True)]
    counted = queue.counts(db, actor, [*wishes, *(each for _, each in kept)], on=on)
    offered = queue.choices(db, actor)
    everybody = bool(actor.roles & {Role.PROGRAMME, Role.DECISION_MAKER})
    return shown(
        request,
        "audits/queue.html",
        status=status,
        form=Form.empty(**whole.typed),
        naming=naming or Form.empty(),
        wish=whole,
        lines=lines,
        total=counted[stages.index(whole.stage)] if not whole.overdue else counted[len(stages)],
        stages=list(zip(stages, counted, strict=False)),
        overdue=counted[len(stages)],
        kept=list(zip(kept, counted[len(stages) + 1 :], strict=True)),
        filtered=any((whole.region, whole.country, whole.kind, whole.auditor, whole.sort is not Sort.DUE)),
        regions=[(each.value, lang.text(each.value)) for each in Region],
        countries=sorted(
            ((code, lang.country(code)) for code in offered.countries), key=lambda each: each[1]
        ),
        kinds=[(each.value, Words(lang).kinds[each]) for each in CaseKind],
        auditors=[(str(person), name) for person, name in offered.auditors] if everybody else [],
        sorts=[(each.value, Words(lang).sorts[each]) for each in Sort],
        next_href=f"{whole.but()}{'&' if whole.question else '?'}after={following}" if following else None,
        first_href=whole.but() if wish.after else None,
    )


@router.post("/queue/views")
def save_view(request: Request, form: FormData, *, actor: CaseReader, db: Db, now: Now) -> Response:
    question = form.raw("question")[:2_000]
    try:
        row = saved.save(db, actor, form.text("name", most=saved.LONGEST_NAME), question, now=now)
    except Refusal as refusal:
        status = told(request, form, refusal)
        wish = replace(queue.read_question(question), after=None)
        return _queue(request, actor, db, now, wish, naming=form, status=status)
    return go(f"/queue?{row.question}", "saved")


@router.post("/queue/views/{view_id}/removal")
def remove_view(view_id: UUID, actor: CaseReader, db: Db) -> Response:
    saved.remove(db, actor, view_id)
    return go("/queue", "saved")


@router.get("/workload")
def workload_page(request: Request, actor: Manager, db: Db, now: Now) -> Response:
    return _workload(request, actor, db, Form.empty(), now=now)


def _workload(request: Request, actor: Actor, db: Db, form: Form, *, now: Now, status: int = 200) -> Response:
    on = now.date()
    loads = workload.loads(db, on=on)
    waiting, more = queue.lines(db, actor, Filter(stage=Stage.TO_ASSIGN), on=on)
    found = workload.candidates(db, [each.id for each in waiting], loads, on=on)
    return shown(
        request,
        "audits/workload.html",
        status=status,
        form=form,
        loads=loads,
        waiting=[(each, found[each.id]) for each in waiting],
        more=more,
    )


@router.post("/workload/{case_id}")
def assign(request: Request, case_id: UUID, form: FormData, *, actor: Manager, db: Db, now: Now) -> Response:
    """Give a case its lead auditor."""
    _ = language_of(request).text
    known = {str(each.person) for each in workload.loads(db, on=now.date())}
    field = f"person-{case_id}"
    person = form.choice(field, known, _("Choose a person"))
    try:
        form.check()
        evaluation.assign(db, actor, case_id, UUID(person), Part.AUDITOR, lead=True, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        status = told(request, form, refusal)
        db.rollback()
        return _workload(request, actor, db, form, now=now, status=status)
    return go("/workload", "assigned")
