"""JSON routes of payouts: of payees, and of the operators that pay them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Missing
from app.ledger import owing
from app.ledger.schemas import PayoutOut
from app.payouts import advances, batches, connecting, details, results, schemas
from app.payouts.details import DetailsSaid
from app.payouts.models import PayoutBatch, PayoutDetails, PayoutInstruction, StripeAccount
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("money")

Payee = Annotated[Actor, Depends(Needs("money.receive"))]
Maker = Annotated[Actor, Depends(Needs("money.advance"))]
Reader = Annotated[Actor, Depends(Needs("money.read"))]
Proposer = Annotated[Actor, Depends(Needs("payout.make"))]
Releaser = Annotated[Actor, Depends(Needs("payout.release"))]
MOST_BATCHES = 200


@router.get("/payout-details", summary="Where your organisation is paid")
def own_details(db: Db, now: Now, actor: Payee) -> schemas.DetailsOut:
    found = details.current(db, actor.organisation_id, None)
    if found is None:
        raise Missing("Nobody of your organisation has said yet where it is paid.")
    return _details_out(found, now)


@router.post("/payout-details", status_code=201, summary="Say where your organisation is paid")
def keep_details(
    wish: schemas.DetailsIn, request: Request, db: Db, now: Now, actor: Payee
) -> schemas.DetailsOut:
    said = DetailsSaid(**wish.model_dump())
    return _details_out(details.keep(db, actor, request.app.state.settings, said, now=now), now)


@router.get("/payout-details/stripe", summary="Your organisation's account at Stripe")
def stripe_account(db: Db, now: Now, actor: Payee) -> schemas.StripeAccountOut:
    found = connecting.of(db, actor.organisation_id)
    if found is None:
        raise Missing("Your organisation has opened no account at Stripe from here.")
    return _account_out(found, now)


@router.post("/payout-details/stripe", status_code=201, summary="Open an account at Stripe, or go on with it")
def connect(
    wish: schemas.StripeAccountIn, request: Request, db: Db, now: Now, actor: Payee
) -> schemas.StripeAccountOut:
    """`page` is there some seconds later, for one visit within five minutes."""
    return _account_out(connecting.ask(db, actor, request.app.state.settings, wish.country, now=now), now)


def _account_out(found: StripeAccount, now: datetime) -> schemas.StripeAccountOut:
    there = found.page_until is not None and found.page_until > now
    return schemas.StripeAccountOut(
        account=found.account,
        country=found.country,
        state=found.state,
        words=found.words,
        page=found.page if there else "",
        page_until=found.page_until if there else None,
    )


@router.post(
    "/payout-details/{details_id}/confirmation", summary="As a second person: a change of details is right"
)
def confirm_details(details_id: UUID, db: Db, now: Now, actor: Payee) -> schemas.DetailsOut:
    return _details_out(details.confirm(db, actor, details_id, now=now), now)


@router.post("/payout-details/{details_id}/withdrawal", summary="Stop a change of details that waits")
def take_details_back(details_id: UUID, db: Db, now: Now, actor: Payee) -> schemas.DetailsOut:
    return _details_out(details.take_back(db, actor, details_id, now=now), now)


@router.post("/payees/{account_id}/payout-details", status_code=201, summary="Say where an outsider is paid")
def keep_details_for(
    account_id: UUID, wish: schemas.DetailsIn, request: Request, db: Db, now: Now, actor: Proposer
) -> schemas.DetailsOut:
    said = DetailsSaid(**wish.model_dump())
    made = details.keep_for(db, actor, request.app.state.settings, account_id, said, now=now)
    return _details_out(made, now)


@router.post(
    "/payees/payout-details/{details_id}/confirmation",
    summary="As a second operator: an outsider's are right",
)
def confirm_details_for(details_id: UUID, db: Db, now: Now, actor: Proposer) -> schemas.DetailsOut:
    return _details_out(details.confirm(db, actor, details_id, now=now), now)


@router.post("/payouts/{payout_id}/advance", summary="Ask for half of what a pool owes you, now")
def ask(payout_id: UUID, db: Db, now: Now, actor: Maker) -> PayoutOut:
    made = advances.ask(db, actor, payout_id, now=now)
    return owing.out(db, made, now=now)


@router.post("/payouts/{payout_id}/receipt", summary="Say whether the money came")
def answer(payout_id: UUID, wish: schemas.ReceiptIn, db: Db, now: Now, actor: Payee) -> PayoutOut:
    made = results.answer(db, actor, payout_id, received=wish.received, words=wish.words, now=now)
    return owing.out(db, made, now=now)


@router.get("/payout-batches", summary="Batches of payouts, the newest first")
def list_batches(db: Db, _actor: Reader, state: str = "") -> list[schemas.BatchOut]:
    wanted = select(PayoutBatch).order_by(PayoutBatch.proposed_at.desc(), PayoutBatch.id).limit(MOST_BATCHES)
    if state:
        wanted = wanted.where(PayoutBatch.state == state)
    return [_batch_out(db, each) for each in db.scalars(wanted)]


@router.get("/payout-batches/{batch_id}", summary="One batch of payouts")
def one_batch(batch_id: UUID, db: Db, _actor: Reader) -> schemas.BatchOut:
    return _batch_out(db, batches.get_batch(db, batch_id))


@router.post("/payout-batches", status_code=201, summary="Propose payouts, a batch for each way and currency")
def propose(
    request: Request, wish: schemas.ProposalIn, db: Db, now: Now, actor: Proposer
) -> list[schemas.BatchOut]:
    cards = request.app.state.settings.stripe_key is not None
    made = batches.propose(db, actor, wish.payouts, pay_on=wish.pay_on, now=now, cards=cards)
    return [_batch_out(db, each) for each in made]


@router.post("/payout-batches/{batch_id}/release", summary="Release what another person proposed")
def release(batch_id: UUID, request: Request, db: Db, now: Now, actor: Releaser) -> schemas.BatchOut:
    return _batch_out(db, batches.release(db, actor, request.app.state.settings, batch_id, now=now))


@router.post("/payout-batches/{batch_id}/refusal", summary="Refuse a batch, or take your own back")
def refuse(batch_id: UUID, wish: schemas.RefusalIn, db: Db, now: Now, actor: Releaser) -> schemas.BatchOut:
    return _batch_out(db, batches.refuse(db, actor, batch_id, wish.because, now=now))


@router.post("/payout-batches/{batch_id}/sending", summary="A released batch has left")
def send(batch_id: UUID, wish: schemas.SendingIn, db: Db, now: Now, actor: Proposer) -> schemas.BatchOut:
    made = results.send(db, actor, batch_id, sent_on=wish.sent_on, receipt=wish.receipt, now=now)
    return _batch_out(db, made)


@router.get(
    "/payout-batches/{batch_id}/file",
    summary="The batch for the bank, as ISO 20022 pain.001.001.09",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}, "description": "The message"}},
)
def file(batch_id: UUID, db: Db, _actor: Reader) -> Response:
    return file_of(batches.get_batch(db, batch_id))


@router.post("/payout-instructions/{instruction_id}/arrival", summary="The bank says that a payout arrived")
def arrived(instruction_id: UUID, wish: schemas.ArrivalIn, db: Db, now: Now, actor: Proposer) -> PayoutOut:
    made = results.confirm(db, actor, instruction_id, on=wish.on, reference=wish.reference, now=now)
    return owing.out(db, made, now=now)


@router.post("/payout-instructions/{instruction_id}/failure", summary="A payout did not arrive, or came back")
def failed(instruction_id: UUID, wish: schemas.RefusalIn, db: Db, now: Now, actor: Proposer) -> PayoutOut:
    made = results.did_not_come(db, actor, instruction_id, wish.because, now=now)
    return owing.out(db, made, now=now)


def file_of(batch: PayoutBatch) -> Response:
    """The file of a batch to keep. Missing: it has none."""
    if batch.file is None:
        raise Missing("There is no file: the batch is not released, or goes another way than by the bank.")
    return Response(
        batch.file,
        media_type="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{batch.number}.pain.001.xml"'},
    )


def _details_out(found: PayoutDetails, now: datetime) -> schemas.DetailsOut:
    own = [name for name in schemas.DetailsOut.model_fields if name != "counts"]
    return schemas.DetailsOut(
        **{name: getattr(found, name) for name in own}, counts=found.usable_from <= now and not found.ended_at
    )


def _batch_out(session: Session, batch: PayoutBatch) -> schemas.BatchOut:
    own = "id number rail currency total pay_on state refused_because"
    return schemas.BatchOut(
        **{name: getattr(batch, name) for name in own.split()},
        has_file=batch.file is not None,
        instructions=[
            _instruction_out(each, payout.payee, payout.part, details.last_signs(to))
            for each, payout, to in batches.of_batch(session, batch.id)
        ],
    )


def _instruction_out(each: PayoutInstruction, payee: str, part: str, to: str) -> schemas.InstructionOut:
    own = "id payout_id amount currency reference state sent_on receipt words"
    return schemas.InstructionOut(
        **{name: getattr(each, name) for name in own.split()}, payee=payee, part=part, to=to
    )
