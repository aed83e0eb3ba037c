"""Pages of the console: a case criterion by criterion, and interests."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

import certification as engine
from app.audits import declaring, evaluation, evidence, queue
from app.audits.evaluation import Judgement
from app.audits.evidence import File
from app.audits.kept import Kept, engine_actor
from app.audits.looking import Look, Walk, walk
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
SHOWN: Final = (Look.ALL, Look.OPEN, Look.WEAK, Look.BARE)
"""Offered even where there is nothing: that nothing is open is an answer."""
PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What a browser shows beside the criterion."""


@router.get("/cases/{case_id}")
def case_page(
    request: Request,
    case_id: UUID,
    actor: CaseReader,
    db: Db,
    now: Now,
    *,
    criterion: str = "",
    show: str = "",
) -> Response:
    kept = evaluation.seen(db, actor, case_id)
    files = evidence.files_of(db, case_id)
    walked = walk(kept, files, Look(show) if show in set(Look) else Look.ALL)
    wanted = criterion or walked.begin() or walked.begin(Look.ALL) or ""
    form = Form.empty()
    finding = kept.dossier.findings.get(wanted)
    if finding:
        form.values |= {"verdict": finding.verdict, "facts": finding.facts}
    return _case(request, kept, files, walked, wanted, form, actor=actor, now=now)


def _case(
    request: Request,
    kept: Kept,
    files: Sequence[File],
    walked: Walk,
    wanted: str,
    form: Form,
    *,
    actor: Actor,
    now: Now,
    status: int = 200,
) -> Response:
    who, words = engine_actor(actor), Words(language_of(request))
    criterion = kept.criterion(wanted) if walked.order else None
    allowed = engine.permissions(kept.case, who, kept.dossier, now=now)
    planned = {Action.PLAN_AUDIT} if kept.case.plan else set()  # it can be planned anew, but leads no further
    step = next((each for each in NEXT_STEPS if each in allowed and each not in planned), None)
    decide = engine.may(kept.case, Action.DECIDE, who, kept.dossier, now=now)
    own = [each for each in files if wanted in each.criteria]
    ways = {"next": walked.after(wanted), "previous": walked.before(wanted), "open": walked.next_open(wanted)}
    return shown(
        request,
        "audits/case.html",
        status=status,
        form=form,
        kept=kept,
        walk=walked,
        criterion=criterion,
        finding=kept.dossier.findings.get(wanted),
        said=kept.dossier.answers.get(wanted),
        corrections=[each for each in kept.dossier.corrections if each.criterion == wanted],
        files=own,
        pictures=PICTURES,
        others=len(files) - len(own),
        places=[_place(kept, walked, each, criterion) for each in kept.standard.principles],
        looks=[_look(walked, each, words) for each in Look if each in SHOWN or walked.looked_at[each]],
        ways={name: walked.at(each) if each else None for name, each in ways.items()},
        days=(kept.row.due_on - now.date()).days,
        options=_verdicts(kept, criterion, words, now) if criterion else [],
        judge=engine.may(kept.case, Action.JUDGE, who, kept.dossier, now=now),
        decide=decide,
        decide_reason=words.not_deciding(kept, who, decide),
        step=step,
        step_permission=allowed[step] if step else None,
        action_words=action_words(language_of(request)),
    )


def _look(walked: Walk, look: Look, words: Words) -> dict[str, Any]:
    begin = walked.begin(look)
    return {
        "label": words.looks[look],
        "count": len(walked.looked_at[look]),
        "href": walked.at(begin, look) if begin else None,
        "current": walked.look is look,
    }


def _place(
    kept: Kept, walked: Walk, principle: engine.Principle, current: engine.Criterion | None
) -> dict[str, Any]:
    """One principle at the side: how many of its criteria are judged, and where to go on; the criteria of the
    one that is open.
    """
    asked = [each for each in kept.dossier.criteria if each.principle == principle.number]
    looked_at = [each.id for each in asked if each.id in set(walked.ids)]
    open_ones = [each.id for each in asked if each.id not in kept.dossier.findings]
    here = current is not None and current.principle == principle.number
    begin = next((each for each in looked_at if each in open_ones), (looked_at or [""])[0])
    return {
        "label": f"{principle.number} {principle.title}",
        "href": walked.at(begin) if begin else None,
        "count": f"{len(asked) - len(open_ones)}/{len(asked)}",
        "current": here,
        "done": bool(asked) and not open_ones,
        "criteria": [
            {
                "id": each.id,
                "href": walked.at(each.id),
                "text": each.text,
                "verdict": kept.dossier.findings[each.id].verdict if each.id not in open_ones else None,
                "current": current is not None and current.id == each.id,
            }
            for each in asked
            if here and (each.id in looked_at or each is current)
        ],
    }


def _verdicts(kept: Kept, criterion: engine.Criterion, words: Words, now: Now) -> list[tuple[str, str, str]]:
    possible = engine.verdicts(criterion, kept.dossier.in_scheme_since, now.date())
    return [(each.value, *words.verdicts[each]) for each in possible]


@router.post("/cases/{case_id}")
def judge(request: Request, case_id: UUID, form: FormData, *, actor: Auditor, db: Db, now: Now) -> Response:
    """Keep a finding and go to the next criterion that has none, of those that are looked at."""
    _ = language_of(request).text
    criterion = form.raw("criterion")
    look = Look(form.raw("show")) if form.raw("show") in set(Look) else Look.ALL
    verdict = form.choice("verdict", set(Verdict), _("Choose a finding."))
    facts = form.text("facts", most=4_000)
    refused = None
    try:
        form.check()
        evaluation.judge(db, actor, case_id, Judgement(criterion, Verdict(verdict), facts), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        refused = told(request, form, refusal)
    kept = evaluation.seen(db, actor, case_id)
    files = evidence.files_of(db, case_id)
    walked = walk(kept, files, look)
    if refused:
        return _case(request, kept, files, walked, criterion, form, actor=actor, now=now, status=refused)
    later = [each for each in (walked.next_open(criterion), walked.after(criterion)) if each]
    return go(walked.at(later[0] if later else criterion), None)


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
        declaring.declare(db, actor, organisation.id, found, now=now)
    except Refusal as refusal:
        return _interest(request, organisation, form, told(request, form, refusal))
    return go("/interests", "interest-declared")
