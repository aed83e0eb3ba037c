"""Pages of money: one's own, and the ledger for those who run the platform."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.catalogue.service import CURRENCIES
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.ledger import books, payments, service, statement_pages
from app.ledger.models import AccountKind, Payout
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.trade.models import OrderState
from app.trade.numbers import printed
from app.trade.quoting import get_pool
from app.transaction import Db, Now

router = page_router()
router.include_router(statement_pages.router)

FormData = Annotated[Form, Depends(Form.read)]
Owner = Annotated[Actor, Depends(Needs("money.read-own"))]
Operator = Annotated[Actor, Depends(Needs("money.read"))]
Receiver = Annotated[Actor, Depends(Needs("payment.receive"))]
Payer = Annotated[Actor, Depends(Needs("payout.make"))]


@router.get("/money")
def money(request: Request, db: Db, now: Now, actor: Owner) -> Response:
    owed = books.payouts(db, organisation_id=actor.organisation_id)
    charged = books.charges(db, organisation_id=actor.organisation_id)
    open_charges = [
        each for each in charged if each.charge.paid_at is None and each.order.state != OrderState.CANCELLED
    ]
    return page(
        request,
        "ledger/money.html",
        owed=owed,
        currencies=sorted({each.payout.currency for each in owed}),
        total=books.total,
        charged=charged,
        open_charges=open_charges,
        to_pay=_by_currency(open_charges),
        printed=printed,
        today=now.date(),
        cards=request.app.state.settings.stripe_key is not None,
    )


def _by_currency(rows: list[books.Receivable]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for each in rows:
        sums[each.charge.currency] = sums.get(each.charge.currency, 0) + each.charge.total
    return sums


@router.get("/ledger")
def ledger(request: Request, db: Db, now: Now, _actor: Operator, reference: str = "") -> Response:
    known = next(
        (each.charge for each in books.charges(db, unpaid=True) if each.charge.reference == reference), None
    )
    form = Form.empty(
        reference=printed(known.reference) if known else "",
        currency=known.currency if known else "USD",
        received_on=now.date().isoformat(),
    )
    return _ledger(request, db, now, form)


def _ledger(request: Request, db: Session, now: Now, form: Form, status: int = 200) -> Response:
    return page(
        request,
        "ledger/ledger.html",
        status=status,
        form=form,
        open_charges=books.charges(db, unpaid=True),
        owed=books.payouts(db, unpaid=True),
        sums=service.sums(db),
        disputes=books.disputes(db),
        currencies=[(code, code) for code in CURRENCIES],
        printed=printed,
        today=now.date(),
        kinds=_kinds(request),
    )


def _kinds(request: Request) -> dict[str, str]:
    _ = language_of(request).text
    return {
        AccountKind.BANK: _("Bank"),
        AccountKind.BUYER: _("Buyer"),
        AccountKind.PRODUCER: _("Maker"),
        AccountKind.CARRIER: _("Carrier"),
        AccountKind.CUSTOMS: _("Customs"),
        AccountKind.DUTY: _("Duty and import tax"),
        AccountKind.HUB: _("Hub"),
        AccountKind.WAITING: _("Storage"),
        AccountKind.CARD: _("Card payments"),
        AccountKind.FEE: _("Fee of card payments"),
        AccountKind.EXCHANGE: _("Exchange difference"),
        AccountKind.DISPUTE: _("Disputed payments"),
        AccountKind.SURPLUS: _("Paid twice"),
        AccountKind.TRANSIT: _("Payouts on their way"),
    }


@router.post("/ledger/payments")
def receive(request: Request, form: FormData, db: Db, now: Now, actor: Receiver) -> Response:
    _ = language_of(request).text
    reference = form.text("reference", _("Enter the reference on the bank statement."), most=60)
    currency = form.choice("currency", CURRENCIES, _("Choose the currency."))
    amount = form.money("amount", currency or "USD", _("Enter the amount that came in."), least=1)
    received_on = form.day("received_on", _("Enter the day on which it came."))
    bank_reference = form.text("bank_reference", most=140)
    try:
        form.check()
        assert received_on is not None
        payments.receive(
            db,
            actor,
            reference=reference,
            amount=amount,
            currency=currency,
            received_on=received_on,
            bank_reference=bank_reference,
            now=now,
        )
    except Faulty as refusal:
        form.take(refusal)
        return _ledger(request, db, now, form, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _ledger(request, db, now, form, int(refusal.status))
    return go("/ledger", "payment-received")


@router.get("/ledger/payouts/{payout_id}")
def payout(request: Request, payout_id: UUID, db: Db, now: Now, _actor: Operator) -> Response:
    return _payout(request, db, payout_id, Form.empty(paid_on=now.date().isoformat()))


def _payout(request: Request, db: Session, payout_id: UUID, form: Form, status: int = 200) -> Response:
    found = db.get(Payout, payout_id)
    if found is None:
        raise Missing
    return page(
        request,
        "ledger/payout.html",
        status=status,
        form=form,
        payout=found,
        pool=get_pool(db, found.pool_id),
    )


@router.post("/ledger/payouts/{payout_id}")
def pay_out(request: Request, payout_id: UUID, form: FormData, db: Db, now: Now, actor: Payer) -> Response:
    _ = language_of(request).text
    paid_on = form.day("paid_on", _("Enter the day on which it went out."))
    reference = form.text("reference", _("Enter the reference of the bank transfer."), most=140)
    try:
        form.check()
        assert paid_on is not None
        payments.pay_out(db, actor, payout_id, paid_on=paid_on, reference=reference, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _payout(request, db, payout_id, form, 422)
    return go("/ledger", "payout-made")


@router.get("/ledger/verification")
def verification(request: Request, db: Db, _actor: Operator) -> Response:
    return page(request, "ledger/verification.html", report=service.verify(db))


@router.get("/ledger/pools/{pool_id}")
def pool_money(request: Request, pool_id: UUID, db: Db, _actor: Operator) -> Response:
    pool = get_pool(db, pool_id)
    return page(
        request,
        "ledger/pool.html",
        pool=pool,
        charges=books.charges(db, pool_id=pool_id),
        flows=books.flows(db, pool_id),
        journal=books.journal(db, pool_id),
        kinds=_kinds(request),
        printed=printed,
    )
