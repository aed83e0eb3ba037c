"""Demo: makers who say where they are paid, an advance, and payouts that two people release."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.models import Account, AccountKind, Payout
from app.payouts import advances, batches, details, results
from app.payouts.details import DetailsSaid
from app.payouts.models import PayoutBatch, Rail
from app.permissions import Actor
from app.settings import Settings

# Numbers of accounts as the IBAN registry and banks print them for examples: nobody's.
MAKERS: Final = {
    "crafts": DetailsSaid(
        Rail.BANK, "Demo craft co-operative", account_number="DEMO000123", bic="DEMOVNVX", country="VN"
    ),
    "coffee": DetailsSaid(
        Rail.BANK, "Demo coffee growers", account_number="DEMO000456", bic="DEMOKENA", country="KE"
    ),
    "baskets": DetailsSaid(
        Rail.MOBILE, "Demo basket makers", phone="+250 700 000 000", provider="Demo Money", country="RW"
    ),
    "knitters": DetailsSaid(
        Rail.BANK, "Demo knitters of the Andes", account_number="DEMO000789", bic="DEMOPEPL", country="PE"
    ),
}
HUB: Final = DetailsSaid(Rail.CASH, "Demo hub Callao", place="Office of the demo hub, Callao")
OTHERS: Final = DetailsSaid(Rail.BANK, "Demo payee", iban="NL91 ABNA 0417 1643 00")


def give_details(
    session: Session, actors: Sequence[tuple[Actor, DetailsSaid]], settings: Settings, *, now: datetime
) -> None:
    for actor, said in actors:
        details.keep(session, actor, settings, said, now=now)


def ask_advance(session: Session, maker: Actor, pool_id: UUID, *, now: datetime) -> None:
    """The maker presses the button on its page."""
    found = session.scalars(
        select(Payout)
        .join(Account, Account.id == Payout.account_id)
        .where(Payout.pool_id == pool_id, Account.organisation_id == maker.organisation_id)
    ).one()
    advances.ask(session, maker, found.id, now=now)


def propose(
    session: Session,
    operator: Actor,
    settings: Settings,
    pool_id: UUID,
    *,
    now: datetime,
    makers: bool = False,
) -> list[PayoutBatch]:
    """Propose what of a pool can be paid; `makers`: theirs alone."""
    for to in session.scalars(
        select(Account).join(Payout, Payout.account_id == Account.id).where(Payout.pool_id == pool_id)
    ):
        if to.organisation_id is None and details.of_account(session, to) is None:
            said = DetailsSaid(Rail.BANK, to.holder, iban=OTHERS.iban)
            details.keep_for(session, operator, settings, to.id, said, now=now)
    chosen = [
        each.payout.id
        for each in batches.due(session, now=now)
        if each.pool.id == pool_id
        and not each.why_not
        and (not makers or each.account.kind == AccountKind.PRODUCER)
    ]
    return batches.propose(session, operator, chosen, pay_on=now.date(), now=now) if chosen else []


def pay(
    session: Session,
    operator: Actor,
    second: Actor,
    settings: Settings,
    made: Sequence[PayoutBatch],
    *,
    receivers: Sequence[Actor] = (),
    now: datetime,
) -> None:
    """Release and send batches; what a bank carries out arrives, what is handed over is confirmed."""
    by_body = {each.organisation_id: each for each in receivers}
    for batch in made:
        batches.release(session, second, settings, batch.id, now=now)
        results.send(session, operator, batch.id, sent_on=now.date(), receipt="DEMO-118", now=now)
        for number, (instruction, payout, own) in enumerate(batches.of_batch(session, batch.id), start=1):
            if own.rail == Rail.BANK:
                reference = f"DEMO-BANK-{batch.number[2:]}/{number}"
                results.confirm(
                    session, operator, instruction.id, on=now.date(), reference=reference, now=now
                )
            elif own.organisation_id in by_body:
                receiver = by_body[own.organisation_id]
                results.answer(session, receiver, payout.id, received=True, now=now)
