"""What comes after the last milestone: the hub counts, and the buyer says that everything came."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.shipping import service
from app.shipping.road import ROAD
from app.trade.models import Order, PoolState
from tests.app.shipping.conftest import Booked
from tests.conftest import FixedClock, SignIn


def test_a_buyer_says_that_all_came_and_the_others_read_it(
    booked: Booked, session: Session, clock: FixedClock, as_person: SignIn
) -> None:
    order = session.scalars(select(Order).filter_by(organisation_id=booked.shop.organisation.id)).one()
    shop, maker = as_person(booked.shop.person.id), as_person(booked.maker.person.id)
    hub, origin = as_person(booked.lane.rotterdam.person.id), as_person(booked.lane.saigon.person.id)
    here, said = f"/shipments/{booked.shipment.id}", f"/api/orders/{order.id}/received"
    early = shop.post(said)
    assert (early.status_code, early.json()["detail"]) == (409, "Your goods have not been handed over yet.")

    keeper, day = booked.lane.rotterdam.actor, clock.now.date()
    for kind in ROAD:
        service.set_milestone(session, keeper, booked.shipment.id, kind, actual_on=day, now=clock.now)
    session.commit()
    assert f'href="/pools/{booked.pool.id}/received"' in hub.get(here).text
    assert f'href="/pools/{booked.pool.id}/received"' not in origin.get(here).text

    assert maker.post(said).status_code == 403
    assert as_person(booked.co_operative.person.id).post(said).status_code == 404
    first = shop.post(said)
    assert (first.status_code, first.json()["order_id"]) == (200, str(order.id))
    assert shop.post(f"/orders/{order.id}/received").status_code == 303  # again: nothing new
    assert shop.post(said).json() == first.json()
    for reader in (maker, hub, origin):
        assert reader.get(here).text.count("all of it came, says the buyer") == 1
    assert f'href="/orders/{order.id}"' in shop.get(here).text

    # a hand-over that is taken back takes with it what was said of it
    booked.pool.state = PoolState.ARRIVED  # nobody is owed anything, so it was settled
    service.undo_milestone(
        session, keeper, booked.shipment.id, ROAD[-1], reason="The wrong ones", now=clock.now
    )
    session.commit()
    assert "says the buyer" not in maker.get(here).text
