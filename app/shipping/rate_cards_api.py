"""JSON routes of hubs that one runs, of rate cards' versions and ends, and of timetables."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from app.catalogue.versioned import Version, etag, newest
from app.errors import Missing
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.shipping import expiry, hubs_kept, rate_card_sheet_pages, rate_cards, timetable
from app.shipping.hubs_kept import HubSaid
from app.shipping.models import Hub, Sailing
from app.shipping.rate_cards import SailingSaid
from app.shipping.schemas import (
    EndingCardOut,
    EndingCardsOut,
    HubIn,
    HubOut,
    RhythmIn,
    SailingIn,
    SailingOut,
    SailingsOut,
    ServiceVersionOut,
    ServiceVersionsOut,
)
from app.shipping.timetable import Rhythm
from app.transaction import Db, Now

router = api_router("shipping")
router.include_router(rate_card_sheet_pages.api)

CardReader = Annotated[Actor, Depends(Needs("rate-card.read"))]
CardWriter = Annotated[Actor, Depends(Needs("rate-card.write"))]


@router.post("/hubs", status_code=201, summary="Enter a hub that you run")
def add_hub(wish: HubIn, actor: CardWriter, db: Db, now: Now, reply: Response) -> HubOut:
    made = hubs_kept.add_hub(db, actor, HubSaid(**wish.model_dump()), now=now)
    reply.headers["Location"] = f"/api/hubs/{made.id}"
    return _hub(made, reply)


@router.get("/hubs/{hub_id}", summary="One hub", dependencies=[Depends(Anybody())])
def read_hub(hub_id: UUID, db: Db, reply: Response) -> HubOut:
    found = db.get(Hub, hub_id)
    if found is None:
        raise Missing
    return _hub(found, reply)


@router.put("/hubs/{hub_id}", summary="Change the name of a hub of yours, or where it is (If-Match wanted)")
def change_hub(
    hub_id: UUID, wish: HubIn, actor: CardWriter, *, db: Db, now: Now, version: Version, reply: Response
) -> HubOut:
    with newest():
        changed = hubs_kept.change_hub(
            db, actor, hub_id, HubSaid(**wish.model_dump()), version=version, now=now
        )
    return _hub(changed, reply)


@router.get("/services/{service_id}/versions", summary="What its rate card was before, the newest first")
def versions(service_id: UUID, actor: CardReader, db: Db) -> ServiceVersionsOut:
    found = rate_cards.versions_of(db, rate_cards.own_service(db, actor, service_id).id)
    return ServiceVersionsOut(versions=[ServiceVersionOut.model_validate(each) for each in found])


@router.get("/rate-cards/ending", summary="Rate cards of yours that end soon or are over")
def ending(actor: CardWriter, db: Db, now: Now) -> EndingCardsOut:
    return EndingCardsOut(
        cards=[
            EndingCardOut(code=each.service.code, valid_until=each.service.valid_until, days=each.days)
            for each in expiry.ending(db, actor.organisation_id, now.date())
        ]
    )


@router.get("/services/{service_id}/sailings/{sailing_id}", summary="One departure")
def read_sailing(
    service_id: UUID, sailing_id: UUID, actor: CardReader, db: Db, reply: Response
) -> SailingOut:
    service = rate_cards.own_service(db, actor, service_id)
    return _sailing(timetable.sailing_of(db, service.id, sailing_id), reply)


@router.put("/services/{service_id}/sailings/{sailing_id}", summary="Change a departure (If-Match wanted)")
def change_sailing(
    service_id: UUID,
    sailing_id: UUID,
    wish: SailingIn,
    actor: CardWriter,
    *,
    db: Db,
    now: Now,
    version: Version,
    reply: Response,
) -> SailingOut:
    said = SailingSaid(**wish.model_dump())
    with newest():
        changed = timetable.change_sailing(db, actor, service_id, sailing_id, said, version=version, now=now)
    return _sailing(changed, reply)


@router.post(
    "/services/{service_id}/sailings/rhythm", status_code=201, summary="Enter departures that come round"
)
def add_by_rhythm(service_id: UUID, wish: RhythmIn, actor: CardWriter, db: Db, now: Now) -> SailingsOut:
    made = timetable.add_by_rhythm(db, actor, service_id, Rhythm(**wish.model_dump()), now=now)
    return SailingsOut(sailings=[SailingOut.model_validate(each) for each in made])


def _hub(row: Hub, reply: Response) -> HubOut:
    reply.headers["ETag"] = etag(row.version)
    return HubOut.model_validate(row)


def _sailing(row: Sailing, reply: Response) -> SailingOut:
    reply.headers["ETag"] = etag(row.version)
    return SailingOut.model_validate(row)
