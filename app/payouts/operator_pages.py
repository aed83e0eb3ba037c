"""Pages of operators: what is due, batches to propose and to release, what became of each payout."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.history import Happening
from app.ledger import books, owing
from app.ledger.models import Account, Payout
from app.organisations.models import Person
from app.pages import go, language_of, page
from app.payouts import batches, details, results, words
from app.payouts.api import file_of
from app.payouts.models import BatchState, InstructionState, PayoutBatch, PayoutDetails, PayoutInstruction
from app.permissions import Actor, Needs
from app.routes import page_router
from app.trade.models import Pool
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Reader = Annotated[Actor, Depends(Needs("money.read"))]
Proposer = Annotated[Actor, Depends(Needs("payout.make"))]
Releaser = Annotated[Actor, Depends(Needs("payout.release"))]
MOST_BATCHES = 100


@router.get("/ledger/payouts")
def due_page(request: Request, db: Db, now: Now, _actor: Reader) -> Response:
    return _due(request, db, Form.empty(pay_on=now.date().isoformat()))


def _due(request: Request, db: Session, form: Form, status: int = 200) -> Response:
    lang, now = language_of(request), request.state.now
    rows = batches.due(db, now=now, cards=_cards(request))
    return page(
        request,
        "payouts/due.html",
        status=status,
        form=form,
        ready=[each for each in rows if not each.why_not],
        waiting=[each for each in rows if each.why_not],
        waiting_for=[lang.text(each.why_not) for each in rows if each.why_not],
        today=now.date(),
        rails=words.rails(lang),
        parts=words.parts(lang),
        states=words.states(lang),
    )


def _cards(request: Request) -> bool:
    return request.app.state.settings.stripe_key is not None


@router.post("/ledger/payouts/propose")
def propose(request: Request, form: FormData, db: Db, now: Now, actor: Proposer) -> Response:
    _ = language_of(request).text
    pay_on = form.day("pay_on", _("Enter the day on which to pay."))
    typed = form.lists.get("payouts", [])
    chosen: list[UUID] = []
    try:
        chosen = [UUID(each) for each in typed if each]
    except ValueError:
        form.fault("payouts", _("Choose from the list."))
    form.put_list("payouts", typed)
    try:
        form.check()
        assert pay_on is not None
        made = batches.propose(db, actor, chosen, pay_on=pay_on, now=now, cards=_cards(request))
    except Faulty as refusal:
        form.take(refusal)
        return _due(request, db, form, 422)
    except Missing:
        raise
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _due(request, db, form, int(refusal.status))
    return go(f"/ledger/batches/{made[0].id}" if len(made) == 1 else "/ledger/batches", "batch-proposed")


@router.get("/ledger/batches")
def batches_page(request: Request, db: Db, _actor: Reader) -> Response:
    lang = language_of(request)
    rows = db.execute(
        select(PayoutBatch, Person.name, func.count(PayoutInstruction.id))
        .join(Person, Person.id == PayoutBatch.proposed_by)
        .join(PayoutInstruction, PayoutInstruction.batch_id == PayoutBatch.id)
        .group_by(PayoutBatch.id, Person.name)
        .order_by((PayoutBatch.state == BatchState.PROPOSED).desc(), PayoutBatch.proposed_at.desc())
        .limit(MOST_BATCHES)
    ).all()
    return page(
        request,
        "payouts/batches.html",
        rows=rows,
        rails=words.rails(lang),
        states=words.batch_states(lang),
    )


@router.get("/ledger/batches/{batch_id}")
def batch_page(request: Request, batch_id: UUID, db: Db, now: Now, actor: Reader) -> Response:
    return _batch(request, db, actor, batch_id, Form.empty(sent_on=now.date().isoformat()))


def _batch(
    request: Request, db: Session, actor: Actor, batch_id: UUID, form: Form, status: int = 200
) -> Response:
    found = batches.get_batch(db, batch_id)
    lang = language_of(request)
    people = {found.proposed_by, found.released_by, found.refused_by} - {None}
    rows_of = db.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    names: dict[UUID, str] = {row.id: row.name for row in rows_of}
    rows = batches.of_batch(db, found.id)
    numbers = _pool_numbers(db, [payout for _each, payout, _to in rows])
    return page(
        request,
        "payouts/batch.html",
        status=status,
        form=form,
        batch=found,
        rows=rows,
        ends=[details.last_signs(to) or to.place for _each, _payout, to in rows],
        numbers=numbers,
        proposed_by=names.get(found.proposed_by, ""),
        released_by=names.get(found.released_by, "") if found.released_by else "",
        refused_by=names.get(found.refused_by, "") if found.refused_by else "",
        own=found.proposed_by == actor.person_id,
        to_send=any(each.state == InstructionState.RELEASED for each, _payout, _to in rows),
        first={to.id for _each, _payout, to in rows if _first_payment(db, to)},
        rails=words.rails(lang),
        parts=words.parts(lang),
        states=words.states(lang),
        batch_states=words.batch_states(lang),
    )


def _pool_numbers(db: Session, payouts: list[Payout]) -> dict[UUID, str]:
    ids = {each.pool_id for each in payouts}
    rows = db.execute(select(Pool.id, Pool.number).where(Pool.id.in_(ids)))
    return {row.id: row.number for row in rows}


def _first_payment(db: Session, to: PayoutDetails) -> bool:
    """Whether nothing was ever paid to these details."""
    return (
        db.scalars(
            select(PayoutInstruction.id)
            .filter_by(details_id=to.id, state=InstructionState.CONFIRMED)
            .limit(1)
        ).first()
        is None
    )


@router.post("/ledger/batches/{batch_id}/release")
def release(request: Request, batch_id: UUID, db: Db, now: Now, actor: Releaser) -> Response:
    try:
        batches.release(db, actor, request.app.state.settings, batch_id, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        form = Form.empty(sent_on=now.date().isoformat())
        form.fault("", refusal.detail)
        return _batch(request, db, actor, batch_id, form, int(refusal.status))
    return go(f"/ledger/batches/{batch_id}", "batch-released")


@router.post("/ledger/batches/{batch_id}/refuse")
def refuse(request: Request, batch_id: UUID, form: FormData, db: Db, now: Now, actor: Releaser) -> Response:
    because = form.text("because", most=batches.LONGEST_REASON)
    return _tried(
        request,
        db,
        actor,
        batch_id,
        form,
        lambda: batches.refuse(db, actor, batch_id, because, now=now),
        "batch-refused",
    )


@router.post("/ledger/batches/{batch_id}/send")
def send(request: Request, batch_id: UUID, form: FormData, db: Db, now: Now, actor: Proposer) -> Response:
    _ = language_of(request).text
    sent_on = form.day("sent_on", _("Enter the day on which it left."))
    receipt = form.text("receipt", most=results.LONGEST)

    def do() -> None:
        assert sent_on is not None
        results.send(db, actor, batch_id, sent_on=sent_on, receipt=receipt, now=now)

    return _tried(request, db, actor, batch_id, form, do, "batch-sent")


def _tried(
    request: Request, db: Session, actor: Actor, batch_id: UUID, form: Form, do: Any, notice: str
) -> Response:
    """Do what a form of a batch asks for, or show it again with what is wrong."""
    try:
        form.check()
        do()
    except Missing:
        raise
    except Faulty as refusal:
        form.take(refusal)
        return _batch(request, db, actor, batch_id, form, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _batch(request, db, actor, batch_id, form, int(refusal.status))
    return go(f"/ledger/batches/{batch_id}", notice)


@router.get("/ledger/batches/{batch_id}/file")
def file(batch_id: UUID, db: Db, _actor: Reader) -> Response:
    return file_of(batches.get_batch(db, batch_id))


@router.get("/ledger/payouts/{payout_id}")
def payout_page(request: Request, payout_id: UUID, db: Db, now: Now, _actor: Reader) -> Response:
    return _payout(request, db, payout_id, Form.empty(on=now.date().isoformat()))


def _payout(request: Request, db: Session, payout_id: UUID, form: Form, status: int = 200) -> Response:
    found = db.get(Payout, payout_id)
    if found is None:
        raise Missing
    owed = [each for each in books.payouts(db, pool_id=found.pool_id) if each.payout.id == found.id]
    (row,) = owing.rows(db, owed, now=request.state.now)
    account = db.get_one(Account, found.account_id)
    lang = language_of(request)
    own = details.of_account(db, account)
    live = row.live
    return page(
        request,
        "payouts/operator_payout.html",
        status=status,
        form=form,
        row=row,
        account=account,
        own=own,
        waits=own is not None and own.usable_from > request.state.now,
        where=words.where(own, lang, whole=False) if own else [],
        told=words.told(row, lang),
        by_hand=live is not None and live.state in {InstructionState.SENT, InstructionState.DISPUTED},
        by_payee=row.rail in {"mobile money", "cash"} and account.organisation_id is not None,
        past=[(words.happened(each, lang), each.at, name) for each, name in _past(db, found)],
        rails=words.rails(lang),
        parts=words.parts(lang),
        states=words.states(lang),
    )


def _past(session: Session, payout: Payout) -> list[tuple[Happening, str]]:
    """What happened to a payout, the newest first, with who did it."""
    rows = session.execute(
        select(Happening, func.coalesce(Person.name, ""))
        .join(Person, Person.id == Happening.person_id, isouter=True)
        .where(Happening.subject_kind == "payout", Happening.subject_id == payout.id)
        .order_by(Happening.at.desc(), Happening.id.desc())
    )
    return [(happening, name) for happening, name in rows]


@router.post("/ledger/instructions/{instruction_id}/arrived")
def arrived(
    request: Request, instruction_id: UUID, form: FormData, db: Db, now: Now, actor: Proposer
) -> Response:
    _ = language_of(request).text
    on = form.day("on", _("Enter the day on the statement."))
    reference = form.text("reference", most=results.LONGEST)

    def do() -> None:
        assert on is not None
        results.confirm(db, actor, instruction_id, on=on, reference=reference, now=now)

    return _answered(request, db, instruction_id, form, do, "payout-arrived")


@router.post("/ledger/instructions/{instruction_id}/failed")
def failed(
    request: Request, instruction_id: UUID, form: FormData, db: Db, now: Now, actor: Proposer
) -> Response:
    because = form.text("because", most=results.LONGEST_REASON)

    def do() -> None:
        results.did_not_come(db, actor, instruction_id, because, now=now)

    return _answered(request, db, instruction_id, form, do, "payout-failed")


def _answered(
    request: Request, db: Session, instruction_id: UUID, form: Form, do: Any, notice: str
) -> Response:
    found = db.get(PayoutInstruction, instruction_id)
    if found is None:
        raise Missing
    try:
        form.check()
        do()
    except Faulty as refusal:
        form.take(refusal)
        return _payout(request, db, found.payout_id, form, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _payout(request, db, found.payout_id, form, int(refusal.status))
    return go(f"/ledger/payouts/{found.payout_id}", notice)


@router.get("/ledger/payees/{account_id}")
def payee_page(request: Request, account_id: UUID, db: Db, actor: Proposer) -> Response:
    return _payee(request, db, actor, account_id, Form.empty(rail="bank"))


def _payee(
    request: Request, db: Session, actor: Actor, account_id: UUID, form: Form, status: int = 200
) -> Response:
    from app.payouts.pages import details_context

    to = details.outsider(db, account_id)
    return page(
        request,
        "payouts/details.html",
        status=status,
        form=form,
        action=f"/ledger/payees/{to.id}",
        whose=to.holder,
        stripe=None,
        **details_context(request, details.of_account(db, to), actor, outsider=True),
    )


@router.post("/ledger/payees/{account_id}")
def keep_payee(
    request: Request, account_id: UUID, form: FormData, db: Db, now: Now, actor: Proposer
) -> Response:
    from app.payouts.pages import said_in

    try:
        said = said_in(form)
        form.check()
        details.keep_for(db, actor, request.app.state.settings, account_id, said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _payee(request, db, actor, account_id, form, 422)
    return go(f"/ledger/payees/{account_id}", "payout-details-kept")


@router.post("/ledger/payees/{account_id}/details/{details_id}/confirm")
def confirm_payee(account_id: UUID, details_id: UUID, db: Db, now: Now, actor: Proposer) -> Response:
    details.confirm(db, actor, details_id, now=now)
    return go(f"/ledger/payees/{account_id}", "payout-details-confirmed")


@router.post("/ledger/payees/{account_id}/details/{details_id}/take-back")
def take_payee_back(account_id: UUID, details_id: UUID, db: Db, now: Now, actor: Proposer) -> Response:
    details.take_back(db, actor, details_id, now=now)
    return go(f"/ledger/payees/{account_id}", "payout-details-taken-back")
