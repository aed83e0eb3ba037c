"""Keys that sign certificates, what was signed with them, and the lists that say what became of it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id
from credentials import ENTRIES

BYTES: Final = ENTRIES // 8


class SigningKey(Base):
    """One Ed25519 key. Its private half is kept sealed while it signs, and destroyed when it is retired."""

    __tablename__ = "signing_key"
    __table_args__ = (
        Index(
            "uq_signing_key_current",
            text("(retired_at IS NULL)"),
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        CheckConstraint("octet_length(public) = 32", name="public"),
        CheckConstraint("(retired_at IS NULL) = (sealed IS NOT NULL)", name="sealed"),
        CheckConstraint("revoked_at IS NULL OR retired_at IS NOT NULL", name="revoked"),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    public: Mapped[bytes]
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")

    @property
    def name(self) -> str:
        """Its fragment in the DID document."""
        return f"key-{self.number}"


class StatusList(Base):
    """Two bits for each of its places. The triggers of the migration set them with the certificate's status.

    `signed` is what was last published, by purpose; it is made anew when `version` has moved on.
    """

    __tablename__ = "status_list"
    __table_args__ = (
        CheckConstraint(
            f"octet_length(suspension) = {BYTES} AND octet_length(revocation) = {BYTES}", name="size"
        ),
        CheckConstraint(f"used BETWEEN 0 AND {ENTRIES}", name="used"),
    )

    id: Mapped[Id]
    created_at: Mapped[datetime]
    suspension: Mapped[bytes]
    revocation: Mapped[bytes]
    used: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    signed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    signed_version: Mapped[int] = mapped_column(default=-1)
    signed_at: Mapped[datetime | None]


class IssuedCredential(Base):
    """A certificate as it was signed. Another key or content makes another row, with a place of its own."""

    __tablename__ = "issued_credential"
    __table_args__ = (
        UniqueConstraint("list_id", "place"),
        Index(
            "uq_issued_credential_current",
            "certificate_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        CheckConstraint(f"place >= 0 AND place < {ENTRIES}", name="place"),
    )

    id: Mapped[Id]
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), index=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("signing_key.id"), index=True)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("status_list.id"))
    place: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)  # with its proof, in the order of writing
    jwt: Mapped[str]
    issued_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    revoked: Mapped[bool] = mapped_column(default=False)  # its bit is set for good


class IssuedPassport(Base):
    """A lot's passport or its events as they were signed. Something new to say makes another row; the bit of
    the one before is set.
    """

    __tablename__ = "issued_passport"
    __table_args__ = (
        UniqueConstraint("list_id", "place"),
        Index(
            "uq_issued_passport_current",
            "lot_id",
            "kind",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        CheckConstraint(f"place >= 0 AND place < {ENTRIES}", name="place"),
        CheckConstraint("kind IN ('passport', 'events')", name="kind"),
    )

    id: Mapped[Id]
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    kind: Mapped[str]
    key_id: Mapped[UUID] = mapped_column(ForeignKey("signing_key.id"), index=True)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("status_list.id"))
    place: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)  # with its proof, in the order of writing
    jwt: Mapped[str]
    issued_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    revoked: Mapped[bool] = mapped_column(default=False)  # its bit is set for good
