"""What the API takes and gives for terms, offers and makers."""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.catalogue import service
from app.catalogue.models import CargoClass, OfferState

Money: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=service.LARGEST_AMOUNT)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=service.LARGEST_COUNT)]


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TermsIn(Given):
    """Amounts in minor units of `currency`."""

    hub_id: UUID = Field(description="where the goods are collected: see /hubs")
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["USD"])
    minimum_order: Money = Field(description="ex-works value of one collection", examples=[300000])
    small_order_fee: Money = Field(description="once for a collection below the minimum", examples=[10000])
    direct_customs: Money = Field(description="for one order that is shipped directly", examples=[3000])
    direct_shipping: Money = Field(description="for one order that is shipped directly", examples=[7000])


class TermsOut(Shown):
    hub_id: UUID
    currency: str
    minimum_order: int
    small_order_fee: int
    direct_customs: int
    direct_shipping: int
    version: int
    updated_at: datetime


class OfferIn(Given):
    """One kind of goods; weight and volume of one unit as packed for shipping."""

    title: str = Field(min_length=1, max_length=service.LONGEST_TITLE, examples=["Lacquer bowl, 14 cm"])
    story: str = Field("", max_length=service.LONGEST_STORY, examples=["Turned and lacquered by hand."])
    unit: str = Field(min_length=1, max_length=service.LONGEST_UNIT, examples=["bowl"])
    price: Annotated[int, Field(strict=True, ge=1, le=service.LARGEST_AMOUNT)] = Field(
        description="ex works, for one unit, in minor units of your terms' currency", examples=[1200]
    )
    weight_g: Annotated[int, Field(strict=True, ge=1, le=service.LARGEST_WEIGHT)] = Field(examples=[700])
    volume_cm3: Annotated[int, Field(strict=True, ge=1, le=service.LARGEST_VOLUME)] = Field(examples=[4600])
    hs_code: str = Field(pattern=f"^{service.HS_CODE.pattern}$", examples=["441990"])
    cargo_class: CargoClass = Field(CargoClass.AMBIENT, examples=["ambient"])
    lead_days: Annotated[int, Field(strict=True, ge=0, le=service.LONGEST_LEAD)] = Field(
        description="from a pool's closing to the goods being ready", examples=[12]
    )
    stock: Annotated[int, Field(strict=True, ge=0, le=service.LARGEST_COUNT)] | None = Field(
        None, description="null: made to order", examples=[140]
    )
    least_quantity: Count = Field(1, examples=[1])
    case_size: Count = Field(1, description="ordered in multiples of this", examples=[1])
    picture: str | None = Field(None, max_length=80, examples=["lacquer-bowls.svg"])
    variant: str = Field("", max_length=service.LONGEST_VARIANT, examples=["14 cm"])
    reference: str | None = Field(
        None,
        min_length=1,
        max_length=service.LONGEST_REFERENCE,
        description="your own code",
        examples=["B-14"],
    )


class OfferOut(Shown):
    id: UUID
    title: str
    story: str
    unit: str
    price: int
    currency: str
    weight_g: int
    volume_cm3: int
    hs_code: str
    cargo_class: CargoClass
    lead_days: int
    stock: int | None
    least_quantity: int
    case_size: int
    picture: str | None
    variant: str
    reference: str | None
    floor: int | None = Field(description="the least price of one, from its costing")
    state: OfferState
    version: int
    updated_at: datetime


class OffersOut(BaseModel):
    offers: list[OfferOut]
    certified: bool = Field(description="only a certified producer's offers are shown and can be pooled")


class MakerOut(Shown):
    id: UUID
    slug: str
    name: str
    country: str
    place: str
    product_kinds: list[str]


class GoodsOut(Shown):
    """A listed offer of a certified maker."""

    offer: OfferOut
    maker: MakerOut
    price_parts: dict[str, int] | None = Field(
        None, description="what the price of one pays for, from the maker's costs; the parts sum to it"
    )


class CatalogueOut(BaseModel):
    goods: list[GoodsOut]
    after: str | None = Field(description="give it back as `after` for the next page; null: this is the last")


class MakerCardOut(BaseModel):
    maker: MakerOut
    offers: int


class MakersOut(BaseModel):
    makers: list[MakerCardOut]
    count: int
    page: int


class MakerStoryOut(BaseModel):
    """A certified maker with its terms and what it lists."""

    maker: MakerOut
    about: str
    certificate: str
    certified_until: date
    terms: TermsOut | None
    offers: list[OfferOut]
