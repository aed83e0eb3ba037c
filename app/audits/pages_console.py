"""Pages of the console: the queue, a case criterion by criterion, and interests."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

import certification as engine
from app.audits import evaluation, evidence, queue
from app.audits.evaluation import Judgement
from app.audits.kept import Kept, engine_actor
from app.audits.queue import Filter, Stage
from app.audits.showing import Auditor, CaseReader, Declarer, FormData, shown, told
from app.audits.words import Words, action_words
from app.errors import Missing, Refusal
from app.forms import Form
from app.organisations.models import Organisation
from app.pages import go, language_of
from app.permissions import Actor
from app.routes import page_router
from app.transaction import Db, Now
from certification import Action, InterestKind, Verdict

router = page_router()

NEXT_STEPS: Final = (
    Action.ACCEPT,
    Action.DESK_REVIEW,
    Action.PLAN_AUDIT,
    Action.CONCLUDE_AUDIT,
    Action.REQUEST_CORRECTIONS,
    Action.RECOMMEND,
)
"""What leads a case on, in this order; the decision has a card of its own."""


@router.get("/queue")
def queue_page(
    request: Request, actor: CaseReader, db: Db, *, stage: str = "", mine: str = "", after: str = ""
) -> Response:
    chosen = Stage(stage) if stage in set(Stage) else None
    wish = Filter(stage=chosen, mine=mine == "yes", after=queue.read_cursor(after) if after else None)
    lines, following = queue.lines(db, actor, wish)
    query = f"stage={stage}&mine={mine}" if following else ""
    return shown(
        request,
        "audits/queue.html",
        lines=lines,
        chosen=chosen,
        mine=wish.mine,
        counts=queue.counts(db, actor),
        stages=list(Stage),
        next_href=f"/queue?{query}&after={queue.cursor_of(*following)}" if following else None,
    )


@router.get("/cases/{case_id}")
def case_page(
    request: Request, case_id: UUID, actor: CaseReader, db: Db, now: Now, *, criterion: str = ""
) -> Response:
    kept = evaluation.seen(db, actor, case_id)
    wanted = criterion or _first_open(kept)
    form = Form.empty()
    finding = kept.dossier.findings.get(wanted)
    if finding:
        form.values |= {"verdict": finding.verdict, "facts": finding.facts}
    return _case(request, db, kept, wanted, form, actor=actor, now=now)


def _first_open(kept: Kept) -> str:
    """The first criterion that is not judged; when all are, the first. Missing: none applies yet."""
    open_ones = engine.not_judged(kept.dossier.criteria, kept.dossier.findings)
    if open_ones:
        return open_ones[0]
    return kept.dossier.criteria[0].id if kept.dossier.criteria else ""


def _case(
    request: Request,
    db: Db,
    kept: Kept,
    criterion_id: str,
    form: Form,
    *,
    actor: Actor,
    now: Now,
    status: int = 200,
) -> Response:
    _ = language_of(request).text
    who, words = engine_actor(actor), Words(language_of(request))
    criteria = kept.dossier.criteria
    order = [each.id for each in criteria]
    criterion = kept.criterion(criterion_id) if order else None
    at = order.index(criterion_id) if order else 0
    allowed = engine.permissions(kept.case, who, kept.dossier, now=now)
    planned = {Action.PLAN_AUDIT} if kept.case.plan else set()  # it can be planned anew, but leads no further
    step = next((each for each in NEXT_STEPS if each in allowed and each not in planned), None)
    decide = engine.may(kept.case, Action.DECIDE, who, kept.dossier, now=now)
    finding = kept.dossier.findings.get(criterion_id)
    files = evidence.files_of(db, kept.row.id)
    return shown(
        request,
        "audits/case.html",
        status=status,
        form=form,
        kept=kept,
        criterion=criterion,
        finding=finding,
        said=kept.dossier.answers.get(criterion_id),
        files=[each for each in files if criterion_id in each.criteria],
        others=sum(criterion_id not in each.criteria for each in files),
        places=[_place(kept, each, criterion) for each in kept.standard.principles],
        next_href=_at(kept, order[at + 1]) if at + 1 < len(order) else None,
        previous_href=_at(kept, order[at - 1]) if at else None,
        options=_verdicts(kept, criterion, words, now) if criterion else [],
        judge=engine.may(kept.case, Action.JUDGE, who, kept.dossier, now=now),
        decide=decide,
        decide_reason=words.not_deciding(kept, who, decide),
        step=step,
        step_permission=allowed[step] if step else None,
        action_words=action_words(language_of(request)),
    )


def _at(kept: Kept, criterion_id: str) -> str:
    return f"/cases/{kept.row.id}?criterion={criterion_id}"


def _place(kept: Kept, principle: engine.Principle, current: engine.Criterion | None) -> dict[str, Any]:
    """One principle at the side: how many of its criteria are judged, and where to go on."""
    asked = [each.id for each in kept.dossier.criteria if each.principle == principle.number]
    open_ones = [each for each in asked if each not in kept.dossier.findings]
    return {
        "label": f"{principle.number} {principle.title}",
        "href": _at(kept, (open_ones or asked or [""])[0]),
        "count": f"{len(asked) - len(open_ones)}/{len(asked)}",
        "current": current is not None and current.principle == principle.number,
        "done": bool(asked) and not open_ones,
    }


def _verdicts(kept: Kept, criterion: engine.Criterion, words: Words, now: Now) -> list[tuple[str, str, str]]:
    possible = engine.verdicts(criterion, kept.dossier.in_scheme_since, now.date())
    return [(each.value, *words.verdicts[each]) for each in possible]


@router.post("/cases/{case_id}")
def judge(request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now) -> Response:
    """Keep a finding and go to the next criterion that has none."""
    _ = language_of(request).text
    criterion = form.raw("criterion")
    verdict = form.choice("verdict", set(Verdict), _("Choose a finding."))
    facts = form.text("facts", most=4_000)
    try:
        form.check()
        evaluation.judge(db, actor, case_id, Judgement(criterion, Verdict(verdict), facts), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        kept = evaluation.seen(db, actor, case_id)
        status = told(request, form, refusal)
        return _case(request, db, kept, criterion, form, actor=actor, now=now, status=status)
    kept = evaluation.seen(db, actor, case_id)
    order = [each.id for each in kept.dossier.criteria]
    later = [each for each in order[order.index(criterion) :] if each not in kept.dossier.findings]
    return go(_at(kept, later[0] if later else _first_open(kept)), "saved")


@router.get("/interests")
def interests(request: Request, actor: Declarer, db: Db) -> Response:
    return shown(request, "audits/interests.html", declared=queue.declarable(db, actor.person_id))


@router.get("/interests/{organisation_id}")
def interest_page(request: Request, organisation_id: UUID, actor: Declarer, db: Db) -> Response:
    return _interest(request, _declarable(db, actor, organisation_id), Form.empty())


def _declarable(db: Db, actor: Actor, organisation_id: UUID) -> Organisation:
    wanted = {organisation.id: organisation for organisation, _ in queue.declarable(db, actor.person_id)}
    if organisation_id not in wanted:
        raise Missing
    return wanted[organisation_id]


def _interest(request: Request, organisation: Organisation, form: Form, status: int = 200) -> Response:
    return shown(request, "audits/interest.html", status=status, form=form, organisation=organisation)


@router.post("/interests/{organisation_id}")
def declare(
    request: Request, organisation_id: UUID, form: FormData, *, actor: Declarer, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    organisation = _declarable(db, actor, organisation_id)
    kind = form.choice(
        "kind", {"none", *InterestKind}, _("Say whether you have an interest in this organisation.")
    )
    until: date | None = form.day("until")
    note = form.text("note", most=500)
    try:
        form.check()
        found = [] if kind == "none" else [engine.Interest(kind=InterestKind(kind), until=until, note=note)]
        evaluation.declare(db, actor, organisation.id, found, now=now)
    except Refusal as refusal:
        return _interest(request, organisation, form, told(request, form, refusal))
    return go("/interests", "interest-declared")
