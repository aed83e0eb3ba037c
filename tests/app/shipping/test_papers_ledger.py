"""What the papers of a delivered pool say the goods are worth is what the ledger charged for them."""

from collections import Counter

from sqlalchemy import select

from app.ledger.models import Account, AccountKind, Entry, Posting
from app.shipping import papers_held
from app.shipping.models import Shipment
from app.shipping.papers_drawn import Paper, data_of
from app.trade.models import Charge, Order, OrderState, Pool, PoolState
from tests.app.conftest import World


def test_invoices_are_what_the_buyers_were_charged_for_goods(world: World) -> None:
    session, operator = world.session, world.actor(world.person("operator"))
    settled = (PoolState.SETTLED, PoolState.ARRIVED, PoolState.IN_TRANSIT)
    pools = session.scalars(select(Pool).where(Pool.state.in_(settled))).all()
    assert pools
    for pool in pools:
        invoiced: Counter[str] = Counter()
        for shipment in session.scalars(select(Shipment).filter_by(pool_id=pool.id)):
            held = papers_held.papers_of(session, operator, shipment.id, today=world.clock.now.date())
            for house, invoice, customs in zip(
                held.houses, data_of(held, Paper.INVOICE), data_of(held, Paper.CUSTOMS), strict=True
            ):
                assert invoice["totals"]["value"] == customs["totals"]["value"] == house.value
                invoiced[house.order] += house.value
            master = data_of(held, Paper.MASTER_BILL)[0]["totals"]
            assert master["gross_g"] == sum(house.gross_g for house in held.houses)
        rows = session.execute(
            select(Order, Charge)
            .join(Charge, Charge.order_id == Order.id)
            .where(Order.pool_id == pool.id, Order.state != OrderState.LEFT)
        ).all()
        assert {order.number: charge.goods for order, charge in rows} == dict(invoiced)
        for order, charge in rows:
            posted = session.scalars(
                select(Posting.amount)
                .join(Entry, Entry.id == Posting.entry_id)
                .join(Account, Account.id == Posting.account_id)
                .where(Entry.key == f"charge:{order.id}", Account.kind == AccountKind.BUYER)
            ).all()
            assert sum(posted) == charge.goods + charge.shipping + charge.duty
