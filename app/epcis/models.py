"""Captured events, the documents they came in, named queries, and what organisations are called at GS1."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class Capture(Base):
    """One document that was sent: EPCIS calls it a capture job. It is stored whole or not at all."""

    __tablename__ = "epcis_capture"
    __table_args__ = (Index("ix_epcis_capture_organisation", "organisation_id", "id"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    events: Mapped[int]
    known: Mapped[int]  # of these, how many were there already


class Event(Base):
    """One event as it was captured, with what queries ask for in columns of its own.

    `marks`: what the event names, each with a sign before it for the part that it plays (app.epcis.marks).
    Vocabulary words stand bare, identifiers as canonical GS1 Digital Links.
    """

    __tablename__ = "epcis_event"
    __table_args__ = (
        CheckConstraint("kind <> ''", name="kind"),
        Index("uq_epcis_event_uri", "organisation_id", "uri", "declares_error", unique=True),
        Index("ix_epcis_event_time", "organisation_id", "event_time", "id"),
        Index("ix_epcis_event_record_time", "organisation_id", "record_time", "id"),
        Index("ix_epcis_event_kind", "organisation_id", "kind", "event_time", "id"),
        Index("ix_epcis_event_biz_step", "organisation_id", "biz_step", "event_time", "id"),
        Index("ix_epcis_event_disposition", "organisation_id", "disposition", "event_time", "id"),
        Index("ix_epcis_event_read_point", "organisation_id", "read_point", "event_time", "id"),
        Index("ix_epcis_event_biz_location", "organisation_id", "biz_location", "event_time", "id"),
        Index("ix_epcis_event_marks", "marks", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    shipment_id: Mapped[UUID | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    capture_id: Mapped[UUID | None] = mapped_column(ForeignKey("epcis_capture.id"), index=True)
    uri: Mapped[str]  # eventID: as it was sent, or the event's hash
    hash: Mapped[str]
    declares_error: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str]
    action: Mapped[str | None]
    event_time: Mapped[datetime]
    record_time: Mapped[datetime]
    biz_step: Mapped[str | None]
    disposition: Mapped[str | None]
    read_point: Mapped[str | None]
    biz_location: Mapped[str | None]
    marks: Mapped[list[str]]
    body: Mapped[dict[str, Any]]


class NamedEpc(Base):
    """Every object that an organisation's events name, once."""

    __tablename__ = "epcis_epc"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    epc: Mapped[str] = mapped_column(primary_key=True)


class NamedQuery(Base):
    """Parameters that an organisation keeps under a name."""

    __tablename__ = "epcis_query"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Subscription(Base):
    """A named query whose new events are sent to an address: as they are captured, or by a schedule."""

    __tablename__ = "epcis_subscription"
    __table_args__ = (
        CheckConstraint("(schedule IS NULL) = (next_at IS NULL)", name="scheduled"),
        ForeignKeyConstraint(
            ["organisation_id", "query_name"],
            ["epcis_query.organisation_id", "epcis_query.name"],
            ondelete="CASCADE",
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    query_name: Mapped[str]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    report_if_empty: Mapped[bool]
    at: Mapped[datetime]
    looked_until: Mapped[datetime]  # events recorded before it were sent, or were not wanted
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # none: it streams
    next_at: Mapped[datetime | None]  # when a scheduled query is asked
    since: Mapped[datetime | None]  # nothing recorded before it is sent


class SubscriptionTold(Base):
    """An event that a subscription was told lately: a late commit must not be told twice, nor be missed."""

    __tablename__ = "epcis_told"

    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("epcis_subscription.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("epcis_event.id"), primary_key=True)


class Gs1Identity(Base):
    """What an organisation is called at GS1; `next_serial` numbers its logistic units."""

    __tablename__ = "gs1_identity"
    __table_args__ = (CheckConstraint("company_prefix ~ '^[0-9]{4,12}$'", name="company_prefix"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    company_prefix: Mapped[str] = mapped_column(unique=True)
    gln: Mapped[str | None]
    next_serial: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime]


class Unit(Base):
    """The name of a shipment as a logistic unit: given once, with its first event."""

    __tablename__ = "epcis_unit"

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"), primary_key=True)
    epc: Mapped[str] = mapped_column(unique=True)
