"""JSON route of what buying did."""

from typing import Annotated

from fastapi import Depends, Query

from app.impact import schemas
from app.impact.reckoning import Buying, Money, buying
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("what buying did")
Buyer = Annotated[Actor, Depends(Needs("order.read-own"))]
Year = Annotated[int | None, Query(ge=2000, le=9999, description="without: the newest with a paid order")]


@router.get("/buying", summary="What your buying did in a year")
def report(db: Db, now: Now, actor: Buyer, year: Year = None) -> schemas.BuyingOut:
    return told(buying(db, actor.organisation_id, year, today=now.date()))


def told(made: Buying) -> schemas.BuyingOut:
    return schemas.BuyingOut(
        organisation=made.organisation,
        year=made.year,
        years=list(made.years),
        orders=made.orders,
        pools=made.pools,
        weight_g=made.weight_g,
        volume_cm3=made.volume_cm3,
        money=[_money(each) for each in made.money],
        makers=[
            schemas.MakerOut(**{name: getattr(each, name) for name in schemas.MakerOut.model_fields})
            for each in made.makers
        ],
        co2e_g=made.co2e_g,
        unknown_g=made.unknown_g,
        legs=[
            schemas.LegOut(mode=leg.leg.mode, formula=leg.formula, source=leg.factor.source)
            for leg in made.legs
        ],
        lines=[
            schemas.LineOut(**{name: getattr(each, name) for name in schemas.LineOut.model_fields})
            for each in made.lines
        ],
    )


def _money(each: Money) -> schemas.MoneyOut:
    return schemas.MoneyOut(
        currency=each.currency,
        paid=each.paid,
        goods=each.goods,
        shipping=each.shipping,
        duty=each.duty,
        alone=each.alone,
        saved=each.saved,
        makers_share_ppm=int(each.share * 1_000_000),
    )
