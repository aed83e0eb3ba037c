"""JSON routes of terms, offers and the public catalogue."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy import select

from app.audits.service import certificate_of, certified
from app.catalogue import api_prices, listing, service
from app.catalogue.api_prices import PartsOut
from app.catalogue.costing import price_parts
from app.catalogue.listing import Wish
from app.catalogue.models import CargoClass, Offer, OfferState, Terms
from app.catalogue.schemas import (
    CatalogueOut,
    GoodsOut,
    MakerCardOut,
    MakerOut,
    MakersOut,
    MakerStoryOut,
    OfferIn,
    OfferOut,
    OffersOut,
    TermsIn,
    TermsOut,
)
from app.catalogue.service import OfferSaid, TermsSaid
from app.catalogue.versioned import Version, etag, given_version, newest, wanted_version
from app.errors import Faulty, Missing
from app.organisations.models import Kind, Organisation
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.transaction import Db, Now
from certification.profile import ProductKind

router = api_router("catalogue")
router.include_router(api_prices.router)

Reader = Annotated[Actor, Depends(Needs("offer.read-own"))]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]
PUBLIC = [Depends(Anybody())]
MOST = 100

Words = Annotated[str, Query(max_length=listing.LONGEST_SEARCH, description="words in title, story or maker")]
Country = Annotated[str, Query(pattern="^([A-Z]{2})?$", description="ISO 3166-1 alpha-2 of the maker")]


@router.get("/terms", summary="Your terms of sale")
def read_terms(actor: Reader, db: Db, reply: Response) -> TermsOut:
    terms = db.get(Terms, actor.organisation_id)
    if terms is None:
        raise Missing("You have stated no terms yet. PUT them here.")
    reply.headers["ETag"] = etag(terms.version)
    return TermsOut.model_validate(terms)


@router.put("/terms", summary="State your terms (If-Match wanted once there are some)")
def save_terms(
    wish: TermsIn, actor: Writer, db: Db, now: Now, *, request: Request, reply: Response
) -> TermsOut:
    known = db.get(Terms, actor.organisation_id)
    version = wanted_version(request) if known else given_version(request)
    with newest():
        terms = service.save_terms(db, actor, TermsSaid(**wish.model_dump()), version=version, now=now)
    reply.headers["ETag"] = etag(terms.version)
    return TermsOut.model_validate(terms)


@router.get("/offers", summary="Your offers, withdrawn ones too")
def read_offers(actor: Reader, db: Db, now: Now) -> OffersOut:
    offers = db.scalars(select(Offer).filter_by(organisation_id=actor.organisation_id).order_by(Offer.id))
    return OffersOut(
        offers=[OfferOut.model_validate(offer) for offer in offers],
        certified=bool(certified(db, {actor.organisation_id}, now)),
    )


@router.post("/offers", status_code=201, summary="Offer goods")
def add_offer(
    wish: OfferIn, actor: Writer, *, db: Db, now: Now, reply: Response, variant_of: UUID | None = None
) -> OfferOut:
    offer = service.add_offer(db, actor, OfferSaid(**wish.model_dump()), now=now, variant_of=variant_of)
    reply.headers["Location"] = f"/api/offers/{offer.id}"
    return _shown(offer, reply)


@router.get("/offers/{offer_id}", summary="One of your offers")
def read_offer(offer_id: UUID, actor: Reader, db: Db, reply: Response) -> OfferOut:
    return _shown(service.own_offer(db, actor, offer_id), reply)


@router.put("/offers/{offer_id}", summary="Change an offer (If-Match wanted)")
def change_offer(
    offer_id: UUID, wish: OfferIn, actor: Writer, *, db: Db, now: Now, version: Version, reply: Response
) -> OfferOut:
    with newest():
        said = OfferSaid(**wish.model_dump())
        offer = service.change_offer(db, actor, offer_id, said, version=version, now=now)
    return _shown(offer, reply)


@router.delete("/offers/{offer_id}", summary="Withdraw an offer; orders that have it keep it")
def withdraw_offer(offer_id: UUID, actor: Writer, db: Db, now: Now, reply: Response) -> OfferOut:
    return _shown(service.withdraw_offer(db, actor, offer_id, now=now), reply)


@router.post("/offers/{offer_id}/list", summary="List a withdrawn offer again")
def list_offer(offer_id: UUID, actor: Writer, db: Db, now: Now, reply: Response) -> OfferOut:
    return _shown(service.list_offer(db, actor, offer_id, now=now), reply)


@router.get("/catalogue", summary="Goods of certified makers, the newest first", dependencies=PUBLIC)
def catalogue(
    db: Db,
    now: Now,
    reply: Response,
    *,
    q: Words = "",
    country: Country = "",
    product: ProductKind | None = None,
    cargo_class: CargoClass | None = None,
    most: Annotated[int | None, Query(ge=0, le=service.LARGEST_AMOUNT, description="price of one")] = None,
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$", description="of most")] = "USD",
    in_stock: bool = False,
    after: Annotated[str, Query(max_length=200, description="from the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 30,
) -> CatalogueOut:
    wish = Wish(q, country, product or "", cargo_class or "", most, currency, in_stock)
    makers = listing.certified_makers(now.date())
    rows = listing.offers_after(
        db, makers, wish, after=_read_cursor(after) if after else None, limit=limit + 1
    )
    following = _cursor(rows[limit - 1][0].id) if len(rows) > limit else None
    if following:
        asked = {
            "q": q,
            "country": country,
            "product": product or "",
            "cargo_class": cargo_class or "",
            "most": most,
            "currency": currency if most is not None else "",
            "in_stock": "true" if in_stock else "",
            "limit": limit,
            "after": following,
        }
        query = urlencode({name: value for name, value in asked.items() if value not in {"", None}})
        reply.headers["Link"] = f'</api/catalogue?{query}>; rel="next"'
    return CatalogueOut(goods=[_goods(offer, maker) for offer, maker in rows[:limit]], after=following)


@router.get("/catalogue/{offer_id}", summary="One kind of goods", dependencies=PUBLIC)
def read_goods(offer_id: UUID, db: Db, now: Now) -> GoodsOut:
    offer = db.get(Offer, offer_id)
    if offer is None or offer.state != OfferState.LISTED:
        raise Missing
    if not certified(db, {offer.organisation_id}, now):
        raise Missing
    shown = _goods(offer, db.get_one(Organisation, offer.organisation_id))
    cut = price_parts(db, offer)
    return shown.model_copy(update={"price_parts": PartsOut.of(cut).model_dump() if cut else None})


@router.get("/makers", summary="Certified makers, by name", dependencies=PUBLIC)
def makers(
    db: Db,
    now: Now,
    *,
    q: Words = "",
    country: Country = "",
    product: ProductKind | None = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> MakersOut:
    wish = Wish(words=q, country=country, product=product or "")
    part = listing.find_makers(db, listing.certified_makers(now.date()), wish, number=page)
    cards = [MakerCardOut(maker=MakerOut.model_validate(row.maker), offers=row.offers) for row in part.rows]
    return MakersOut(makers=cards, count=part.count, page=page)


@router.get("/makers/{slug}", summary="A certified maker: story, terms, goods", dependencies=PUBLIC)
def maker(slug: str, db: Db, now: Now) -> MakerStoryOut:
    found = db.scalars(select(Organisation).filter_by(slug=slug, kind=Kind.PRODUCER)).one_or_none()
    certificate = certificate_of(db, found.id, now) if found else None
    if found is None or certificate is None:
        raise Missing
    terms = db.get(Terms, found.id)
    return MakerStoryOut(
        maker=MakerOut.model_validate(found),
        about=found.about,
        certificate=certificate.number,
        certified_until=certificate.valid_until,
        terms=TermsOut.model_validate(terms) if terms else None,
        offers=[OfferOut.model_validate(offer) for offer in listing.offers_of(db, found.id)],
    )


def _shown(offer: Offer, reply: Response) -> OfferOut:
    reply.headers["ETag"] = etag(offer.version)
    return OfferOut.model_validate(offer)


def _goods(offer: Offer, found: Organisation) -> GoodsOut:
    return GoodsOut(offer=OfferOut.model_validate(offer), maker=MakerOut.model_validate(found))


def _cursor(offer_id: UUID) -> str:
    return urlsafe_b64encode(offer_id.bytes).decode().rstrip("=")


def _read_cursor(text: str) -> UUID:
    try:
        return UUID(bytes=urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as fault:
        raise Faulty(fields={"after": "Use the address of the next page as it was given."}) from fault
