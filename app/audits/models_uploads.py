"""Uploads on their way: what has arrived of a file, until it is whole and becomes evidence."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class Upload(Base):
    """A file that is being sent. `received` counts the bytes that are kept: a cut line goes on from there."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("size > 0 AND received BETWEEN 0 AND size", name="received"),
        CheckConstraint("(evidence_id IS NULL) = (received < size)", name="done"),
        CheckConstraint("sha256 IS NULL OR sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        Index("ix_upload_case", "case_id", "expires_at"),
    )

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None]  # as the sender stated it
    criteria: Mapped[list[str]]
    valid_until: Mapped[date | None]  # of the evidence
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence.id"))
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)  # when what arrived is thrown away
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence.id"))


class UploadPart(Base):
    """Bytes of an upload, from `start` on, in the store at `place`."""

    __tablename__ = "upload_part"
    __table_args__ = (CheckConstraint("start >= 0 AND size > 0", name="size"),)

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int]
    place: Mapped[str]
