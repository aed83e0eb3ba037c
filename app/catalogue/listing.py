"""What buyers and the public see: makers who are certified today, and what they offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select, text, true
from sqlalchemy.orm import Session

from app.audits.service import holders
from app.catalogue.models import Offer, OfferState, Terms
from app.folding import FOLD
from app.organisations.models import Kind, Organisation
from app.shipping.models import Hub

T = TypeVar("T")
Makers: TypeAlias = Select[UUID]
"""Which makers a list is of."""

PAGE_SIZE: Final = 12
MOST_WORDS: Final = 6
LONGEST_SEARCH: Final = 200
MAKER_WORDS: Final = FOLD.format(
    "organisation.name || ' ' || organisation.about || ' ' || organisation.place"
)
MAKER_NAME: Final = FOLD.format("organisation.name")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for; empty: anything."""

    words: str = ""
    country: str = ""
    product: str = ""  # one of certification's ProductKind
    cargo_class: str = ""
    most: int | None = None  # minor units of `currency`, for one
    currency: str = ""
    in_stock: bool = False


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One page of a list: `number` counts from 1, `count` is of the whole list."""

    rows: Sequence[T]
    number: int
    count: int
    size: int = PAGE_SIZE

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def more(self) -> bool:
        return self.last < self.count


@dataclass(frozen=True, slots=True)
class MakerCard:
    """A maker in a list: how many kinds of goods it offers, and the picture of one of them."""

    maker: Organisation
    offers: int
    picture: str | None


def certified_makers(on: date) -> Makers:
    """The producers who are certified on that day, as a query: there may be many thousands."""
    return select(Organisation.id).where(Organisation.kind == Kind.PRODUCER, Organisation.id.in_(holders(on)))


def countries_of(session: Session, makers: Makers) -> list[str]:
    """ISO codes of the countries that a list of these makers can be narrowed to."""
    return list(
        session.scalars(
            select(Organisation.country)
            .where(Organisation.id.in_(makers))
            .distinct()
            .order_by(Organisation.country),
        ),
    )


def find_makers(
    session: Session, makers: Makers, wish: Wish, *, number: int = 1, size: int = PAGE_SIZE
) -> Part[MakerCard]:
    """Those of `makers` that fit: each word is in their name, story or place, or in an offer of theirs."""
    offered = (
        select(
            Offer.organisation_id,
            func.count().label("offers"),
            func.min(Offer.picture).label("picture"),
        )
        .where(Offer.state == OfferState.LISTED)
        .group_by(Offer.organisation_id)
        .subquery()
    )
    fitting = and_(Organisation.id.in_(makers), _narrowed(wish))
    for word in words_of(wish.words):
        in_offer = exists().where(
            Offer.organisation_id == Organisation.id,
            Offer.state == OfferState.LISTED,
            _has(Offer.words, word),
        )
        fitting = and_(fitting, or_(_has(text(MAKER_WORDS), word), in_offer))
    count = session.scalar(select(func.count()).select_from(Organisation).where(fitting)) or 0
    rows = session.execute(
        select(Organisation, func.coalesce(offered.c.offers, 0), offered.c.picture)
        .outerjoin(offered, offered.c.organisation_id == Organisation.id)
        .where(fitting)
        .order_by(Organisation.name, Organisation.id)
        .limit(size)
        .offset((number - 1) * size),
    )
    return Part(
        [MakerCard(maker, offers, maker.picture or picture) for maker, offers, picture in rows],
        number,
        count,
        size,
    )


def find_offers(
    session: Session, makers: Makers, wish: Wish, *, number: int = 1, size: int = PAGE_SIZE
) -> Part[tuple[Offer, Organisation]]:
    """Listed offers of `makers` that fit, the newest first."""
    fitting = _offers(makers, wish)
    count = session.scalar(select(func.count()).select_from(fitting.subquery())) or 0
    rows = session.execute(fitting.order_by(Offer.id.desc()).limit(size).offset((number - 1) * size))
    return Part([(offer, maker) for offer, maker in rows], number, count, size)


def offers_after(
    session: Session, makers: Makers, wish: Wish, *, after: UUID | None, limit: int
) -> list[tuple[Offer, Organisation]]:
    """The same, from behind `after`: steady while offers are added."""
    fitting = _offers(makers, wish)
    if after:
        fitting = fitting.where(Offer.id < after)
    return [
        (offer, maker) for offer, maker in session.execute(fitting.order_by(Offer.id.desc()).limit(limit))
    ]


def offers_of(session: Session, maker_id: UUID) -> list[Offer]:
    """What one maker has listed, by title."""
    return list(
        session.scalars(
            select(Offer)
            .where(Offer.organisation_id == maker_id, Offer.state == OfferState.LISTED)
            .order_by(Offer.title, Offer.id),
        ),
    )


def variants_of(session: Session, offer: Offer) -> list[Offer]:
    """The other listed offers of its family: the same goods in another size or colour."""
    if offer.family_id is None:
        return []
    return list(
        session.scalars(
            select(Offer)
            .where(Offer.family_id == offer.family_id, Offer.id != offer.id, Offer.state == OfferState.LISTED)
            .order_by(Offer.variant, Offer.title, Offer.id)
        )
    )


def terms_with_hub(session: Session, maker_id: UUID) -> tuple[Terms, Hub] | None:
    """A maker's terms and the hub where its goods are collected; None: it has stated none."""
    row = session.execute(
        select(Terms, Hub).join(Hub, Hub.id == Terms.hub_id).where(Terms.organisation_id == maker_id),
    ).one_or_none()
    return (row[0], row[1]) if row else None


def words_of(typed: str) -> list[str]:
    """The words to look for, at most `MOST_WORDS` of them."""
    return typed.replace("\x00", "")[:LONGEST_SEARCH].split()[:MOST_WORDS]


def _offers(makers: Makers, wish: Wish) -> Select[Offer, Organisation]:
    fitting = (
        select(Offer, Organisation)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .where(Offer.state == OfferState.LISTED, Organisation.id.in_(makers), _narrowed(wish))
    )
    if wish.cargo_class:
        fitting = fitting.where(Offer.cargo_class == wish.cargo_class)
    if wish.in_stock:
        fitting = fitting.where(Offer.stock >= Offer.least_quantity)
    if wish.most is not None:
        fitting = fitting.where(Offer.price <= wish.most, Offer.currency == wish.currency)
    for word in words_of(wish.words):
        fitting = fitting.where(or_(_has(Offer.words, word), _has(text(MAKER_NAME), word)))
    return fitting


def _narrowed(wish: Wish) -> ColumnElement[bool]:
    fitting: ColumnElement[bool] = true()
    if wish.country:
        fitting = and_(fitting, Organisation.country == wish.country)
    if wish.product:
        fitting = and_(fitting, Organisation.product_kinds.contains([wish.product]))
    return fitting


def _has(place: Any, word: str) -> ColumnElement[bool]:
    """Whether folded text has the word, folded in the same way by the same function."""
    folded = text(FOLD.format(":word")).bindparams(bindparam("word", word, unique=True))
    return func.strpos(place, folded) > 0
