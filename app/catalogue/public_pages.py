"""Pages that anybody may read: makers, their story and terms, and each of their goods."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.audits.service import certificate_of, latest_certificates
from app.catalogue import listing, photos
from app.catalogue.costing import price_parts
from app.catalogue.listing import Makers, Part, T, Wish
from app.catalogue.models import CargoClass, Offer, OfferState
from app.catalogue.price_pages import chart_parts
from app.catalogue.service import CURRENCIES
from app.catalogue.typed import plain_amount
from app.errors import Missing
from app.forms import Form
from app.language import Language
from app.organisations.models import Kind, Organisation
from app.pages import language_of, page
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.trade.models import Order, OrderLine
from app.transaction import Db, Now
from certification.profile import ProductKind

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]
LAST_PAGE: Final = 10_000


def wish(
    q: str = "",
    country: str = "",
    product: str = "",
    *,
    cargo: str = "",
    most: str = "",
    currency: str = "",
    in_stock: str = "",
) -> Wish:
    """What the address asks for; what is not known is read over: an old link shows something."""
    known = country if len(country) == 2 and country.isalpha() else ""
    paid = currency if currency in CURRENCIES else CURRENCIES[0]
    typed = Form({"most": most[:40]})
    limit = typed.money("most", paid)
    return Wish(
        words=q[: listing.LONGEST_SEARCH],
        country=known.upper(),
        product=product if product in set(ProductKind) else "",
        cargo_class=cargo if cargo in set(CargoClass) else "",
        most=limit if most and not typed.errors else None,
        currency=paid,
        in_stock=in_stock == "yes",
    )


Wished = Annotated[Wish, Depends(wish)]
Number = Annotated[int, Query(alias="page", ge=1, le=LAST_PAGE)]


@router.get("/makers", dependencies=[Depends(Anybody())])
def makers(request: Request, db: Db, now: Now, *, wished: Wished, number: Number = 1) -> Response:
    certified = listing.certified_makers(now.date())
    part = listing.find_makers(db, certified, wished, number=number)
    return _list(request, db, "catalogue/makers.html", certified, wished=wished, part=part)


@router.get("/goods", dependencies=[Depends(Anybody())])
def goods(request: Request, db: Db, now: Now, *, wished: Wished, number: Number = 1) -> Response:
    certified = listing.certified_makers(now.date())
    part = listing.find_offers(db, certified, wished, number=number)
    shown = photos.first_of(db, [offer.id for offer, _maker in part.rows])
    return _list(request, db, "catalogue/goods.html", certified, wished=wished, part=part, photos=shown)


def _list(
    request: Request,
    db: Session,
    template: str,
    certified: Makers,
    *,
    wished: Wish,
    part: Part[T],
    **more: Any,
) -> Response:
    lang = language_of(request)
    asked = {
        "q": wished.words,
        "country": wished.country,
        "product": wished.product,
        "cargo": wished.cargo_class,
        "most": plain_amount(wished.most, wished.currency) if wished.most is not None else "",
        "currency": wished.currency if wished.most is not None else "",
        "in_stock": "yes" if wished.in_stock else "",
    }
    asked = {name: value for name, value in asked.items() if value}

    def address(number: int) -> str:
        query = asked | ({"page": str(number)} if number > 1 else {})
        return request.url.path + (f"?{urlencode(query)}" if query else "")

    return page(
        request,
        template,
        part=part,
        form=Form.empty(**asked),
        asked=bool(asked),
        search=f"?{urlencode(asked)}" if asked else "",
        countries=_countries(db, certified, lang),
        previous_href=address(part.number - 1) if part.number > 1 else None,
        next_href=address(part.number + 1) if part.more else None,
        **more,
    )


def _countries(db: Session, certified: Makers, lang: Language) -> list[tuple[str, str]]:
    known = ((code, lang.country(code)) for code in listing.countries_of(db, certified))
    return sorted(known, key=lambda each: each[1])


@router.get("/makers/{slug}")
def maker(request: Request, slug: str, db: Db, now: Now, actor: Visitor) -> Response:
    found = db.query(Organisation).filter_by(slug=slug, kind=Kind.PRODUCER).one_or_none()
    if found is None:
        raise Missing
    certificate = certificate_of(db, found.id, now)
    # Who held one may be looked up by those who bought: told plainly, without goods to order.
    former = None if certificate else latest_certificates(db, {found.id}).get(found.id)
    own = actor is not None and actor.organisation_id == found.id
    if certificate is None and former is None and not own:
        raise Missing
    offers = listing.offers_of(db, found.id) if certificate or own else []
    return page(
        request,
        "catalogue/maker.html",
        former=former,
        maker=found,
        certificate=certificate,
        own=own,
        terms=listing.terms_with_hub(db, found.id),
        offers=offers,
        photos=photos.first_of(db, [offer.id for offer in offers]),
    )


@router.get("/goods/{offer_id}")
def one(request: Request, offer_id: UUID, db: Db, now: Now, actor: Visitor) -> Response:
    offer = db.get(Offer, offer_id)
    if offer is None:
        raise Missing
    found = db.get_one(Organisation, offer.organisation_id)
    certificate = certificate_of(db, found.id, now)
    own = actor is not None and actor.organisation_id == found.id
    offered = offer.state == OfferState.LISTED and certificate is not None
    if not offered and not own and not (actor and _has_ordered(db, actor, offer_id)):
        raise Missing
    others = [
        each
        for each in listing.offers_of(db, found.id)
        if each.id != offer.id and (offer.family_id is None or each.family_id != offer.family_id)
    ][:4]
    cut = price_parts(db, offer)
    return page(
        request,
        "catalogue/goods_one.html",
        offer=offer,
        maker=found,
        certificate=certificate,
        own=own,
        listed=OfferState.LISTED,
        offered=offered,
        terms=listing.terms_with_hub(db, found.id),
        parts=chart_parts(cut, offer.currency, language_of(request)) if cut else None,
        variants=listing.variants_of(db, offer),
        pictures=photos.of_offer(db, offer.id),
        photos=photos.first_of(db, [each.id for each in others]),
        others=others,
    )


def _has_ordered(db: Session, actor: Actor, offer_id: UUID) -> bool:
    """Who ordered goods can look them up when they are offered no longer."""
    lines = select(OrderLine.id).join(Order, Order.id == OrderLine.order_id)
    mine = lines.where(OrderLine.offer_id == offer_id, Order.organisation_id == actor.organisation_id)
    return bool(db.scalar(select(exists(mine))))
