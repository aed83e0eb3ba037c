"""Demo: a museum commits to bowls over a year, and has joined a pool; a shop waits for the next one."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from app.permissions import Actor
from app.shipping.models import Hub
from app.standing import entering, service
from app.standing.models import StandingKind
from app.standing.service import StandingSaid


def play(session: Session, museum: Actor, shop: Actor, *, now: datetime) -> None:
    wanted = ["Sweetgrass bowl, 30 cm", "Alpaca scarf"]
    offers = {
        offer.title: offer.id for offer in session.scalars(select(Offer).where(Offer.title.in_(wanted)))
    }
    hubs = {hub.code: hub.id for hub in session.scalars(select(Hub).where(Hub.code.in_(["DEHAM", "NLRTM"])))}
    at = now - timedelta(days=2)
    service.make(
        session,
        museum,
        StandingSaid(
            StandingKind.COMMITMENT,
            offers["Sweetgrass bowl, 30 cm"],
            hubs["DEHAM"],
            most=24,
            least=12,
            unit_most=9_500,
            currency="USD",
            from_on=at.date(),
            until_on=at.date() + timedelta(days=365),
            amount=400_000,
        ),
        now=at,
    )
    service.make(
        session,
        shop,
        StandingSaid(
            StandingKind.STANDING,
            offers["Alpaca scarf"],
            hubs["NLRTM"],
            most=16,
            least=8,
            unit_most=7_500,
            currency="USD",
            from_on=at.date(),
        ),
        now=at,
    )
    for pool_id, buyer_id in entering.to_enter(session, now=at):
        entering.enter(session, pool_id, buyer_id, now=at)
