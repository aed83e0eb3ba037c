"""What the API takes and gives for accounts and organisations."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from app.organisations.models import Kind
from certification.profile import Kind as WorksAs
from certification.profile import ProductKind, Trait


class Given(BaseModel):
    """What is sent to us: unknown fields are refused, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Shown(BaseModel):
    """What we give."""

    model_config = ConfigDict(from_attributes=True)


class SignUpIn(Given):
    kind: Kind = Field(description="producer or buyer", examples=["producer"])
    organisation: str = Field(min_length=2, max_length=120, examples=["Example weavers' co-operative"])
    country: str = Field(pattern="^[A-Z]{2}$", examples=["VN"])
    person: str = Field(min_length=1, max_length=120, examples=["Example Person"])
    email: EmailStr = Field(examples=["person@example.org"])
    password: str = Field(min_length=8, max_length=256, examples=["a long and memorable phrase"])


class SignUpOut(Shown):
    organisation_id: UUID
    organisation_slug: str
    person_id: UUID
    token: str = Field(description="an API token of all scopes, good for 30 days; shown once")
    expires_at: datetime


class TokenIn(Given):
    email: str = Field(max_length=254, examples=["person@example.org"])
    password: str = Field(max_length=256, examples=["a long and memorable phrase"])
    scopes: list[str] = Field(min_length=1, max_length=20, examples=[["trade", "money"]])
    days: int = Field(30, ge=1, le=366)


class TokenOut(Shown):
    token: str
    scopes: list[str]
    expires_at: datetime


class MeOut(Shown):
    person_id: UUID
    name: str
    email: str
    organisation_id: UUID
    organisation_name: str
    organisation_kind: str
    roles: list[str]
    scopes: list[str] | None = Field(description="null: everything that the roles allow")


class SiteBoth(Given):
    name: str = Field(min_length=1, max_length=120, examples=["Workshop"])
    place: str = Field(min_length=1, max_length=120, examples=["Hoi An"])
    people: int = Field(ge=0, le=10_000_000, examples=[12])


class DescriptionIn(Given):
    name: str = Field(min_length=2, max_length=120, examples=["Example weavers' co-operative"])
    country: str = Field(pattern="^[A-Z]{2}$", examples=["VN"])
    place: str = Field(min_length=1, max_length=120, examples=["Hoi An"])
    about: str = Field(
        min_length=20, max_length=3000, examples=["We weave baskets of water hyacinth since 2009."]
    )
    works_as: WorksAs = WorksAs.PRODUCER
    members: int = Field(0, ge=0, le=10_000_000, examples=[64])
    workers: int = Field(0, ge=0, le=10_000_000, examples=[3])
    product_kinds: list[ProductKind] = Field(default=[], max_length=10, examples=[["crafts"]])
    traits: list[Trait] = Field(default=[], max_length=20, examples=[["members", "hired_workers"]])
    website: str = Field("", max_length=300, examples=["https://weavers.example.org"])
    listed: bool = False
    sites: list[SiteBoth] = Field(default=[], max_length=40)


class OrganisationOut(Shown):
    id: UUID
    slug: str
    name: str
    kind: str
    country: str
    region: str
    place: str
    about: str
    works_as: str
    members: int | None
    workers: int | None
    product_kinds: list[str]
    traits: list[str]
    website: str
    listed: bool
    code_accepted_at: datetime | None
    sites: list[SiteBoth]
