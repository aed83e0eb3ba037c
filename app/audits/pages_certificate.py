"""Page of an organisation's own certificate: what is due, renewing, appealing, giving up, visiting others."""

from collections.abc import Callable
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

import certification as engine
from app.audits import appeals, application, deadlines, peers, renewal
from app.audits.kept import Kept, engine_actor
from app.audits.showing import Answerer, FormData, Owner, Reader, named, shown, told
from app.audits.views import as_told
from app.audits.words_life import LifeWords
from app.errors import Missing, Refusal
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor, Role
from app.routes import page_router
from app.transaction import Db, Now
from certification import Action

router = page_router()


@router.get("/certification/cases/{case_id}")
def certificate_page(request: Request, case_id: UUID, actor: Reader, db: Db, now: Now) -> Response:
    return _certificate(request, db, actor, renewal.own(db, actor, case_id), Form.empty(), now=now)


def _certificate(
    request: Request, db: Db, actor: Actor, kept: Kept, form: Form, *, now: Now, status: int = 200
) -> Response:
    who = engine_actor(actor)
    words = LifeWords(language_of(request))
    told_case = as_told(kept, now)
    row = appeals.newest(db, kept.row.id)
    return shown(
        request,
        "audits/own_certificate.html",
        status=status,
        form=form,
        kept=told_case,
        life=words,
        dues=words.dues(told_case, deadlines.of_case(db, told_case), now.date()),
        appeal=row,
        appealing=engine.may(kept.case, Action.LODGE_APPEAL, who, kept.dossier, now=now),
        surrendering=engine.may(kept.case, Action.SURRENDER, who, kept.dossier, now=now),
        renewable=renewal.renewable(db, kept.organisation.id) and kept.case.state in application.HOLDING,
        standards=application.standards_open(now.date()),
        peer=Role.PEER in actor.roles,
        holds=kept.certificate is not None and kept.certificate.value.holds(now.date()),
    )


def _take(
    request: Request,
    db: Db,
    actor: Actor,
    case_id: UUID,
    form: Form,
    step: Callable[[], object],
    *,
    now: Now,
    notice: str,
    to: str = "",
) -> Response:
    try:
        form.check()
        step()
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()  # what was written before the refusal must not be shown as done
        kept = renewal.own(db, actor, case_id)
        return _certificate(request, db, actor, kept, form, now=now, status=told(request, form, refusal))
    return go(to or f"/certification/cases/{case_id}", notice)


@router.post("/certification/cases/{case_id}/appeal")
def appeal(request: Request, case_id: UUID, form: FormData, *, actor: Owner, db: Db, now: Now) -> Response:
    grounds = form.text(
        "grounds", language_of(request).text("Say what is wrong with the decision."), most=4_000
    )

    def step() -> object:
        return appeals.lodge(db, actor, case_id, grounds, now=now)

    return _take(request, db, actor, case_id, form, step, now=now, notice="appealed")


@router.post("/certification/cases/{case_id}/surrender")
def surrender(request: Request, case_id: UUID, form: FormData, *, actor: Owner, db: Db, now: Now) -> Response:
    reasons = form.text("surrender_reasons", language_of(request).text("Say why."), most=4_000)
    step = named(lambda: renewal.surrender(db, actor, case_id, reasons, now=now), reasons="surrender_reasons")
    return _take(request, db, actor, case_id, form, step, now=now, notice="saved")


@router.post("/certification/cases/{case_id}/renewal")
def renew(request: Request, case_id: UUID, form: FormData, *, actor: Answerer, db: Db, now: Now) -> Response:
    renewal.own(db, actor, case_id)
    chosen = form.text("standard", most=60)

    def step() -> object:
        return renewal.begin(db, actor, chosen, now=now)

    return _take(
        request, db, actor, case_id, form, step, now=now, notice="renewal-begun", to="/certification"
    )


@router.post("/certification/cases/{case_id}/peer")
def volunteer(request: Request, case_id: UUID, form: FormData, *, actor: Owner, db: Db, now: Now) -> Response:
    """Offer to visit others as a peer."""
    renewal.own(db, actor, case_id)

    def step() -> object:
        peers.volunteer(db, actor, now=now)
        return None

    return _take(request, db, actor, case_id, form, step, now=now, notice="peer-volunteered")


@router.get("/certification/peers")
def peers_page(request: Request, actor: Reader, db: Db, now: Now) -> Response:
    """Whom the organisation would like to be visited by."""
    kept = application.need_case(db, actor, lock=False)
    form = Form.empty()
    form.put_list("peers", [str(o.id) for _p, o in peers.proposed(db, kept.row.id)])
    form.values["why"] = next((p.why for p, _o in peers.proposed(db, kept.row.id)), "")
    return _peers(request, db, actor, kept, form, now=now)


def _peers(
    request: Request, db: Db, actor: Actor, kept: Kept, form: Form, *, now: Now, status: int = 200
) -> Response:
    return shown(
        request,
        "audits/peers.html",
        status=status,
        form=form,
        kept=kept,
        possible=peers.possible(db, actor, now=now),
        changeable=kept.case.state in application.ANSWERABLE,
    )


@router.post("/certification/peers")
def propose(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    kept = application.need_case(db, actor, lock=False)
    known = {str(each.id) for each in peers.possible(db, actor, now=now)}
    chosen = form.choices("peers", known)
    why = form.text("why", most=1_000)
    try:
        form.check()
        peers.propose(db, actor, {UUID(each): why for each in chosen}, now=now)
    except Refusal as refusal:
        return _peers(request, db, actor, kept, form, now=now, status=told(request, form, refusal))
    return go("/certification", "saved")
