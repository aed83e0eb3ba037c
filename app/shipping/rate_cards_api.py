"""JSON routes of hubs that one runs, of rate cards' versions and ends, and of timetables."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from app.permissions import Actor, Needs
from app.routes import api_router
from app.shipping import expiry, hubs_kept, rate_card_sheet_pages, rate_cards, timetable
from app.shipping.hubs_kept import HubSaid
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
    reply.headers["Location"] = "/api/hubs"
    return HubOut.model_validate(made)


@router.put("/hubs/{hub_id}", summary="Change the name of a hub of yours, or where it is")
def change_hub(hub_id: UUID, wish: HubIn, actor: CardWriter, db: Db, now: Now) -> HubOut:
    return HubOut.model_validate(
        hubs_kept.change_hub(db, actor, hub_id, HubSaid(**wish.model_dump()), now=now)
    )


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


@router.put("/services/{service_id}/sailings/{sailing_id}", summary="Change a departure")
def change_sailing(
    service_id: UUID, sailing_id: UUID, wish: SailingIn, actor: CardWriter, db: Db, now: Now
) -> SailingOut:
    said = SailingSaid(**wish.model_dump())
    return SailingOut.model_validate(
        timetable.change_sailing(db, actor, service_id, sailing_id, said, now=now)
    )


@router.post(
    "/services/{service_id}/sailings/rhythm", status_code=201, summary="Enter departures that come round"
)
def add_by_rhythm(service_id: UUID, wish: RhythmIn, actor: CardWriter, db: Db, now: Now) -> SailingsOut:
    made = timetable.add_by_rhythm(db, actor, service_id, Rhythm(**wish.model_dump()), now=now)
    return SailingsOut(sailings=[SailingOut.model_validate(each) for each in made])
