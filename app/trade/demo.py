"""Demo: a pool that is asked for, and one in which buyers fill cases together with ranges."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.permissions import Actor
from app.trade import asking, ordering
from app.trade import service as trade
from app.trade.quoting import Wanted


def ask(
    session: Session, first: Actor, second: Actor, origin_id: UUID, hub_id: UUID, *, now: datetime
) -> None:
    """`first` asks and `second` supports it; the hub has not answered."""
    made = asking.ask(
        session,
        first,
        asking.AskSaid(
            origin_id,
            hub_id,
            "USD",
            (now + timedelta(days=150)).date(),
            "Demo: alpaca throws and scarves, about 40 kg each, to be in the shops by May.",
        ),
        now=now - timedelta(days=3),
    )
    asking.support(session, second, made.id, now=now - timedelta(days=1))


def together(
    session: Session,
    hub: Actor,
    maker: Actor,
    buyers: Sequence[Actor],
    origin_id: UUID,
    hub_id: UUID,
    *,
    now: datetime,
) -> None:
    """A hub opens cases of coffee: one buyer wants 30 bags, one 5 to 7, and the case of 12 fills."""
    bags = catalogue.add_offer(
        session,
        maker,
        catalogue.OfferSaid(
            title="Roasted coffee, 250 g",
            story="The same lots as our kilo bags, in bags for a shop's shelf. Twelve make a case.",
            unit="bag",
            price=650,
            weight_g=270,
            volume_cm3=950,
            hs_code="090121",
            cargo_class="ambient",
            lead_days=4,
            stock=None,
            least_quantity=24,
            case_size=12,
            picture="coffee.svg",
        ),
        now=now - timedelta(days=100),
    )
    closing = datetime.combine((now + timedelta(days=12)).date(), time(18), UTC)
    opened = now - timedelta(days=4)
    pool = trade.open_pool(
        session,
        hub,
        trade.PoolSaid(
            title="Coffee by the case, to Hamburg",
            origin_id=origin_id,
            hub_id=hub_id,
            currency="USD",
            closes_at=closing,
            latest_arrival_on=closing.date() + timedelta(days=70),
            shares_cases=True,
            extension_days=7,
        ),
        now=opened,
    )
    for days, (buyer, wanted) in enumerate(
        zip(
            buyers,
            (
                Wanted({bags.id: 30}, stays_if_extended=True),
                Wanted({bags.id: 7}, least={bags.id: 5}, stays_if_extended=True),
            ),
            strict=True,
        ),
        start=1,
    ):
        ordering.join(session, buyer, pool.id, wanted, now=opened + timedelta(days=days))
