"""Pages on which a case is decided, and on which a certificate is suspended, reinstated or withdrawn."""

from collections.abc import Callable
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

import certification as engine
from app.audits import decision, evidence
from app.audits.comparing import compared, of_principles
from app.audits.kept import engine_actor, load, names_of
from app.audits.showing import CaseReader, Decider, FormData, named, shown, told
from app.audits.sight import need_sight
from app.audits.words import Words, action_words
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor
from app.routes import page_router
from app.transaction import Db, Now
from certification import Action, Outcome

router = page_router()


@router.get("/cases/{case_id}/decision")
def decision_page(request: Request, case_id: UUID, actor: CaseReader, db: Db, now: Now) -> Response:
    """What decides it, and the buttons; or, in their place, why this person may not press them."""
    return _decision(request, db, actor, case_id, Form.empty(), now=now)


def _decision(
    request: Request, db: Db, actor: Actor, case_id: UUID, form: Form, *, now: Now, status: int = 200
) -> Response:
    need_sight(db, actor, case_id)
    files = evidence.files_of(db, case_id)
    kept = load(db, case_id, altered=evidence.altered_of(request.app.state.store, files))
    who = engine_actor(actor)
    words = Words(language_of(request))
    people = set(engine.took_part(kept.case, kept.dossier))
    people |= {kept.case.decision.by} if kept.case.decision else set()
    permission = engine.may(kept.case, Action.DECIDE, who, kept.dossier, now=now)
    options = engine.decision_options(kept.case, who, kept.dossier, now=now)
    after = (Action.DECLINE, Action.CONFIRM, Action.SUSPEND, Action.REINSTATE, Action.WITHDRAW)
    allowed = engine.permissions(kept.case, who, kept.dossier, now=now)
    rows = compared(kept, files)
    return shown(
        request,
        "audits/decision.html",
        status=status,
        form=form,
        kept=kept,
        names=names_of(db, people),
        took_part=sorted(engine.took_part(kept.case, kept.dossier)),
        principles=of_principles(kept, rows),
        weighing=[each for each in rows if each.weighs],
        notable=[each for each in rows if each.notable],
        open_majors=engine.open_majors(kept.dossier.findings, kept.dossier.corrections),
        permission=permission,
        decide_reason=words.not_deciding(kept, who, permission),
        options=[(each.value, words.outcomes[each][0]) for each, may in options.items() if may],
        barred=[(words.outcomes[each][0], words.reason(may)) for each, may in options.items() if not may],
        rulings=[(each, allowed[each]) for each in after if each in allowed],
        action_words=action_words(language_of(request)),
    )


@router.post("/cases/{case_id}/decision")
def decide(request: Request, case_id: UUID, form: FormData, *, actor: Decider, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    outcome = form.choice("outcome", set(Outcome), _("Choose what you decide."))
    reasons = form.text("reasons", _("Say why you decide so."), most=4_000)
    typed = form.text("conditions", most=8_000)
    conditions = tuple(each.strip() for each in typed.splitlines() if each.strip())
    try:
        form.check()
        word = decision.Word(Outcome(outcome), reasons, conditions)
        decision.decide(db, request.app.state.store, actor, case_id, word, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()  # what was written before the refusal must not be shown as done
        return _decision(request, db, actor, case_id, form, now=now, status=told(request, form, refusal))
    return go(f"/cases/{case_id}/decision", "decided")


@router.post("/cases/{case_id}/decision/{ruling}")
def rule(
    request: Request, case_id: UUID, ruling: str, form: FormData, *, actor: Decider, db: Db, now: Now
) -> Response:
    """Decline an application; confirm, suspend, reinstate or withdraw a certificate."""
    store = request.app.state.store
    steps: dict[str, Callable[[str], object]] = {
        Action.DECLINE: lambda why: decision.decline(db, actor, case_id, why, now=now),
        Action.CONFIRM: lambda why: decision.confirm(db, store, actor, case_id, why, now=now),
        Action.SUSPEND: lambda why: decision.suspend(db, actor, case_id, why, now=now),
        Action.REINSTATE: lambda why: decision.reinstate(db, store, actor, case_id, why, now=now),
        Action.WITHDRAW: lambda why: decision.withdraw(db, actor, case_id, why, now=now),
    }
    if ruling not in steps:
        raise Missing
    field = f"{ruling}_reasons"
    reasons = form.text(field, language_of(request).text("Say why."), most=4_000)
    try:
        form.check()
        named(lambda: steps[ruling](reasons), reasons=field)()
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        return _decision(request, db, actor, case_id, form, now=now, status=told(request, form, refusal))
    return go(f"/cases/{case_id}/decision", "decided")
