"""What tests pay out with: two operators, details of every payee, goods that are handed over."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.models import Account, Payout
from app.organisations.models import Organisation
from app.payouts import advances, batches, details, results
from app.payouts.details import DetailsSaid
from app.payouts.models import PayoutBatch, Rail
from app.permissions import Actor
from app.settings import Settings
from app.shipping.models import Milestone, MilestoneKind, Shipment
from tests.app.catalogue import scene
from tests.app.trade.market import Market

NL = DetailsSaid(Rail.BANK, "Test payee", iban="NL91 ABNA 0417 1643 00")


def second(market: Market) -> Actor:
    """Another operator of the same platform."""
    own = market.session.get_one(Organisation, market.operator.organisation_id)
    return scene.actor_of(market.session, market.make.person(own), own)


def hand_over(session: Session, now: datetime) -> None:
    """Everything that goes on ships is collected today."""
    for milestone, pool_id in session.execute(
        select(Milestone, Shipment.pool_id)
        .join(Shipment, Shipment.id == Milestone.shipment_id)
        .where(Milestone.kind == MilestoneKind.COLLECTED)
    ):
        milestone.actual_on = milestone.actual_on or now.date()
        session.flush()
        advances.follow(session, pool_id, now=now)


def give_details(session: Session, market: Market, said: DetailsSaid, now: datetime) -> None:
    """The same for every payee that has none."""
    for to in session.scalars(select(Account).join(Payout, Payout.account_id == Account.id).distinct()).all():
        if details.of_account(session, to) is None:
            details._keep(
                session,
                market.operator,
                Settings(),
                said,
                organisation_id=to.organisation_id,
                account_id=None if to.organisation_id else to.id,
                now=now,
            )


def propose_all(session: Session, market: Market, now: datetime, said: DetailsSaid = NL) -> list[PayoutBatch]:
    hand_over(session, now)
    give_details(session, market, said, now)
    open_now = [each.payout.id for each in batches.due(session, now=now) if not each.why_not]
    return batches.propose(session, market.operator, open_now, pay_on=now.date(), now=now)


def release_and_send(session: Session, market: Market, made: list[PayoutBatch], now: datetime) -> None:
    other = second(market)
    for batch in made:
        batches.release(session, other, Settings(), batch.id, now=now)
        results.send(session, market.operator, batch.id, sent_on=now.date(), receipt="R 1", now=now)


def pay_all(session: Session, market: Market, now: datetime) -> None:
    """Everything that is owed, by bank transfers that arrive."""
    made = propose_all(session, market, now)
    release_and_send(session, market, made, now)
    for batch in made:
        for instruction, _payout, _details in batches.of_batch(session, batch.id):
            results.confirm(session, market.operator, instruction.id, on=now.date(), reference="S 1", now=now)
