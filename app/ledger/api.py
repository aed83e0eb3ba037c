"""JSON routes of money."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from app.ledger import books, owing, payments, pool_money, schemas, service
from app.ledger.models import Payment
from app.permissions import Actor, Needs
from app.routes import api_router
from app.trade.models import Order, OrderState
from app.trade.quoting import get_pool
from app.transaction import Db, Now

router = api_router("money")

Owner = Annotated[Actor, Depends(Needs("money.read-own"))]
Operator = Annotated[Actor, Depends(Needs("money.read"))]
Party = Annotated[Actor, Depends(Needs("money.pool"))]
Receiver = Annotated[Actor, Depends(Needs("payment.receive"))]


@router.get("/money", summary="What your organisation is owed, was paid and is charged")
def money(db: Db, now: Now, actor: Owner) -> schemas.MoneyOut:
    return schemas.MoneyOut(
        owed=owing.outs(db, books.payouts(db, organisation_id=actor.organisation_id), now=now),
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
def list_payouts(db: Db, now: Now, _actor: Operator, *, unpaid: bool = True) -> list[schemas.PayoutOut]:
    return owing.outs(db, books.payouts(db, unpaid=unpaid), now=now)


@router.get("/ledger", summary="The proof that the books balance")
def ledger(db: Db, _actor: Operator) -> schemas.LedgerOut:
    return schemas.LedgerOut(**service.verify(db).to_dict())


@router.get("/ledger/pools/{pool_id}", summary="One pool's money from buyer to producer")
def pool_ledger(pool_id: UUID, db: Db, _actor: Operator) -> schemas.PoolMoneyOut:
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


@router.get("/pools/{pool_id}/money", summary="A pool's money from buyer to maker, the same for both ends")
def money_of_pool(pool_id: UUID, db: Db, actor: Party) -> schemas.PoolFlowOut:
    found = pool_money.of_pool(db, actor, pool_id)
    own = (
        "goods shipping duty charged received refunded made_good advance held own_charge own_owed own_advance"
    )
    return schemas.PoolFlowOut(
        pool=found.pool.number,
        currency=found.pool.currency,
        buyers=found.buyers,
        reconciles=found.reconciles,
        **{name: getattr(found, name) for name in own.split()},
        streams=[_stream_out(each) for each in found.streams],
        abroad=[_stream_out(each) for each in found.abroad],
    )


@router.get(
    "/pools/{pool_id}/money.csv",
    summary="The same as a table",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "Amounts in major units with a point"}},
)
def money_of_pool_csv(pool_id: UUID, db: Db, actor: Party) -> Response:
    return Response(
        pool_money.as_csv(pool_money.of_pool(db, actor, pool_id)), media_type="text/csv; charset=utf-8"
    )


def _stream_out(each: pool_money.Stream) -> schemas.StreamOut:
    return schemas.StreamOut(**{name: getattr(each, name) for name in schemas.StreamOut.model_fields})


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
