"""JSON routes of money."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from app.ledger import books, payments, schemas, service
from app.ledger.models import Account, Payment
from app.permissions import Actor, Needs
from app.routes import api_router
from app.trade.models import Order, OrderState
from app.trade.quoting import get_pool
from app.transaction import Db, Now

router = api_router("money")

Owner = Annotated[Actor, Depends(Needs("money.read-own"))]
Operator = Annotated[Actor, Depends(Needs("money.read"))]
Receiver = Annotated[Actor, Depends(Needs("payment.receive"))]
Payer = Annotated[Actor, Depends(Needs("payout.make"))]


@router.get("/money", summary="What your organisation is owed, was paid and is charged")
def money(db: Db, actor: Owner) -> schemas.MoneyOut:
    return schemas.MoneyOut(
        owed=[_payout_out(each) for each in books.payouts(db, organisation_id=actor.organisation_id)],
        charges=[_charge_out(each) for each in books.charges(db, organisation_id=actor.organisation_id)],
    )


@router.get("/charges", summary="Charges that are still to come in")
def charges(db: Db, _actor: Operator) -> list[schemas.ChargeOut]:
    return [_charge_out(each) for each in books.charges(db, unpaid=True)]


@router.get("/payments", summary="Bank transfers that came in, the newest first")
def list_payments(db: Db, _actor: Operator) -> list[schemas.PaymentOut]:
    return [_payment_out(payment, order) for payment, order in books.payments(db)]


@router.post("/payments", status_code=201, summary="Book a bank transfer that came in, once")
def receive(wish: schemas.PaymentIn, db: Db, now: Now, actor: Receiver) -> schemas.PaymentOut:
    made = payments.receive(db, actor, **wish.model_dump(), now=now)
    return _payment_out(made, db.get_one(Order, made.order_id))


@router.get("/payouts", summary="Payouts, the first to be due first")
def list_payouts(db: Db, _actor: Operator, *, unpaid: bool = True) -> list[schemas.PayoutOut]:
    return [_payout_out(each) for each in books.payouts(db, unpaid=unpaid)]


@router.post("/payouts/{payout_id}/payment", summary="Book that a payout went out, once")
def pay_out(
    payout_id: UUID, wish: schemas.PayoutIn, response: Response, db: Db, now: Now, actor: Payer
) -> schemas.PayoutOut:
    made = payments.pay_out(db, actor, payout_id, paid_on=wish.paid_on, reference=wish.reference, now=now)
    response.headers["Location"] = "/api/payouts?unpaid=false"
    owed = books.Owed(made, get_pool(db, made.pool_id), db.get_one(Account, made.account_id).kind)
    return _payout_out(owed)


@router.get("/ledger", summary="The proof that the books balance")
def ledger(db: Db, _actor: Operator) -> schemas.LedgerOut:
    return schemas.LedgerOut(**service.verify(db).to_dict())


@router.get("/ledger/pools/{pool_id}", summary="One pool's money from buyer to producer")
def pool_money(pool_id: UUID, db: Db, _actor: Operator) -> schemas.PoolMoneyOut:
    pool = get_pool(db, pool_id)
    return schemas.PoolMoneyOut(
        currency=pool.currency,
        charges=[_charge_out(each) for each in books.charges(db, pool_id=pool_id)],
        flows=[
            schemas.FlowOut(**{name: getattr(flow, name) for name in schemas.FlowOut.model_fields})
            for flow in books.flows(db, pool_id)
        ],
        journal=[
            schemas.JournalOut(**{name: getattr(line, name) for name in schemas.JournalOut.model_fields})
            for line in books.journal(db, pool_id)
        ],
    )


def _charge_out(each: books.Receivable) -> schemas.ChargeOut:
    own = "order_id reference total currency due_on paid_at"
    return schemas.ChargeOut(
        **{name: getattr(each.charge, name) for name in own.split()},
        order=each.order.number,
        pool_id=each.pool.id,
        buyer=each.buyer.name,
        cancelled=each.order.state == OrderState.CANCELLED,
    )


def _payment_out(payment: Payment, order: Order) -> schemas.PaymentOut:
    own = "id order_id reference amount currency received_on bank_reference"
    return schemas.PaymentOut(**{name: getattr(payment, name) for name in own.split()}, order=order.number)


def _payout_out(owed: books.Owed) -> schemas.PayoutOut:
    own = "id pool_id payee amount currency due_on paid_on reference"
    return schemas.PayoutOut(**{name: getattr(owed.payout, name) for name in own.split()}, kind=owed.kind)
