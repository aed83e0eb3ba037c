"""Organisations, their people, and the ways in which people prove who they are."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id
from app.folding import FOLD


class Kind(StrEnum):
    """What an organisation is on the platform."""

    PRODUCER = "producer"
    BUYER = "buyer"
    HUB = "hub"
    CERTIFIER = "certification body"
    CIVIL_SOCIETY = "civil society"
    PLATFORM = "platform"


class Organisation(Base):
    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint("members >= 0 AND workers >= 0", name="people"),
        Index("ix_organisation_name", func.lower(text("name"))),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    country: Mapped[str]  # ISO 3166-1 alpha-2
    region: Mapped[str] = mapped_column(index=True)  # one of the five, see regions.py
    place: Mapped[str] = mapped_column(default="")
    about: Mapped[str] = mapped_column(default="")
    # What a standard's criteria ask about; the values are certification's Kind, ProductKind and Trait
    works_as: Mapped[str] = mapped_column(default="producer")
    members: Mapped[int | None]
    workers: Mapped[int | None]
    product_kinds: Mapped[list[str]] = mapped_column(default=list)
    traits: Mapped[list[str]] = mapped_column(default=list)
    contact_email: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    picture: Mapped[str | None]  # file name below static/pictures
    listed: Mapped[bool] = mapped_column(default=False)  # consents to be shown before it is certified
    code_accepted_at: Mapped[datetime | None]
    code_accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(  # what a search of the registry looks through
        Computed(FOLD.format("name || ' ' || place || ' ' || about"), persisted=True), deferred=True
    )


class Site(Base):
    """A place where an organisation makes or grows its goods."""

    __tablename__ = "site"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    place: Mapped[str]
    country: Mapped[str]
    people: Mapped[int]


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (Index("uq_person_email", func.lower(text("email")), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    locale: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime]


class Membership(Base):
    """One role of one person in one organisation."""

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_current",
            "person_id",
            "organisation_id",
            "role",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str]  # permissions.Role
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignedIn(Base):
    """A browser that is signed in. Only the hash of its cookie is kept."""

    __tablename__ = "signed_in"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiToken(Base):
    """A program that acts for a person in an organisation, within scopes. Only the hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]  # its first characters, to tell it from others
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PasswordReset(Base):
    __tablename__ = "password_reset"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FailedSignIn(Base):
    """Counted by account and by address, so that guessing is slow."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (
        Index("ix_failed_sign_in_account", "account", "at"),
        Index("ix_failed_sign_in_address", "address", "at"),
    )

    id: Mapped[Id]
    account: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]
