"""Engine, sessions, names of constraints, and ids."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Engine, MetaData, create_engine
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from app.settings import Settings

Sessions: TypeAlias = sessionmaker[Session]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        },
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(TEXT),
        str: TEXT,
    }


def uuid7(at: datetime | None = None) -> UUID:
    """A UUID version 7 (RFC 9562): 48 bits of milliseconds, then chance; so rows sort by their making."""
    moment = at or datetime.now(UTC)
    milliseconds = int(moment.timestamp() * 1000)
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (7 << 76)
    value = (value & ~(0b11 << 62)) | (0b10 << 62)
    return UUID(int=value)


# Columns that every slice uses.
Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
Minor = Annotated[int, mapped_column(BigInteger)]
"""Money in minor units of the currency beside it."""
Grams = Annotated[int, mapped_column(BigInteger)]
CubicCentimetres = Annotated[int, mapped_column(BigInteger)]


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine whose sessions speak UTC and give up on a lock after 10 s instead of hanging."""
    return create_engine(
        url,
        pool_size=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error is logged with its statement: never with the people in it
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=60s"},
    )


def make_sessions(engine: Engine) -> Sessions:
    return sessionmaker(engine, expire_on_commit=False)


def database_url(settings: Settings) -> str:
    """DATABASE_URL, or the address of the embedded server, started if it does not run."""
    if settings.database_url:
        return with_driver(settings.database_url)
    from app.embedded import ensure_running

    return ensure_running(settings.data).url


def with_driver(url: str) -> str:
    """The same address with our driver named: operators write postgresql:// as everywhere else."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)
