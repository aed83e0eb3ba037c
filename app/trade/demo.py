"""Demo: two buyers ask a hub for a pool that nobody has opened yet."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.permissions import Actor
from app.trade import asking


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
