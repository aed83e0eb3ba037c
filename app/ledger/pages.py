"""Pages of money: one's own, and the ledger for those who run the platform."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.catalogue.service import CURRENCIES
from app.errors import Faulty, Refusal
from app.forms import Form
from app.ledger import books, flow, owing, payments, pool_money, service, statement_pages
from app.ledger.models import AccountKind
from app.pages import go, language_of, page
from app.payouts import advances, details, words
from app.payouts import batches as payout_batches
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
Party = Annotated[Actor, Depends(Needs("money.pool"))]


@router.get("/money")
def money(request: Request, db: Db, now: Now, actor: Owner) -> Response:
    lang = language_of(request)
    owed = owing.rows(db, books.payouts(db, organisation_id=actor.organisation_id), now=now)
    owed.sort(key=lambda row: (row.payout.paid_on is not None, row.payout.due_on, row.payout.id))
    charged = books.charges(db, organisation_id=actor.organisation_id)
    open_charges = [
        each for each in charged if each.charge.paid_at is None and each.order.state != OrderState.CANCELLED
    ]
    found = details.current(db, actor.organisation_id, None)
    return page(
        request,
        "ledger/money.html",
        owed=owed,
        told=[words.told(row, lang) for row in owed],
        sums=owing.sums(owed, now=now),
        half=advances.half,
        details=found,
        details_wait=found is not None and found.usable_from > now,
        where=words.where(found, lang, whole=False) if found else [],
        rails=words.rails(lang),
        parts=words.parts(lang),
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
        due=payout_batches.due(db, now=now, cards=request.app.state.settings.stripe_key is not None),
        to_release=payout_batches.to_release(db),
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
        AccountKind.REFUND: _("Refund"),
        AccountKind.RECOURSE: _("To be made good"),
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


@router.get("/ledger/verification")
def verification(request: Request, db: Db, _actor: Operator) -> Response:
    return page(request, "ledger/verification.html", report=service.verify(db))


@router.get("/ledger/pools/{pool_id}")
def pool_ledger(request: Request, pool_id: UUID, db: Db, _actor: Operator) -> Response:
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


@router.get("/pools/{pool_id}/money")
def money_of_pool(request: Request, pool_id: UUID, db: Db, actor: Party) -> Response:
    """From buyer to maker, the same for both ends."""
    found = pool_money.of_pool(db, actor, pool_id)
    names = stream_names(request)
    _ = language_of(request).text
    left = [
        (_("You"), found.own_charge or 0, "fill"),
        (_("Buyers"), found.charged - (found.own_charge or 0), "track"),
        (_("Made good by who caused it"), found.made_good, "fill bad"),
    ]
    right = [
        (names.get(each.name, each.name), each.owed, f"c{number}")
        for number, each in enumerate(found.streams, start=1)
    ]
    return page(
        request,
        "ledger/pool_money.html",
        money=found,
        pool=found.pool,
        names=names,
        picture=flow.picture([side for side in left if side[1] > 0], [side for side in right if side[1] > 0]),
    )


@router.get("/pools/{pool_id}/money.csv")
def money_of_pool_csv(pool_id: UUID, db: Db, actor: Party) -> Response:
    found = pool_money.of_pool(db, actor, pool_id)
    name = f"{found.pool.number}-money.csv"
    return Response(
        pool_money.as_csv(found),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def stream_names(request: Request) -> dict[str, str]:
    """Where money of a pool goes, in the reader's words."""
    _ = language_of(request).text
    return {
        pool_money.GOODS: _("Makers, for their goods"),
        pool_money.FEES: _("Makers, for small orders and direct shipping"),
        pool_money.EXCHANGED: _("Makers, in their own currency"),
        AccountKind.CARRIER: _("Freight and handling"),
        AccountKind.CUSTOMS: _("Customs entries"),
        AccountKind.DUTY: _("Duty and import tax"),
        AccountKind.HUB: _("Hub"),
        AccountKind.WAITING: _("Storage and waiting"),
        AccountKind.REFUND: _("Back to buyers, for what did not come or came damaged"),
    }
