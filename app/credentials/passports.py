"""Passports of lots and their events, signed: places in the lists of status, and what replaces what."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import credentials as engine
from app.credentials import keys
from app.credentials.models import IssuedPassport, SigningKey
from app.credentials.service import free_place, list_address
from app.db import uuid7
from app.settings import Settings

PASSPORT: Final = "passport"
EVENTS: Final = "events"

Write = Callable[[str, int], dict[str, Any]]
"""The document, from the address of its status list and its place in it."""


def signed(
    session: Session, settings: Settings, lot_id: UUID, kind: str, write: Write, *, now: datetime
) -> IssuedPassport:
    """What `write` says, signed anew; the one before is revoked: its bit is set for good.

    The lot's row is to be held by who calls. Somebody may have been faster: then theirs.
    """
    if (counting := current(session, settings, lot_id, kind, write)) is not None:
        return counting
    revoke(session, lot_id, kind, now=now)
    key = keys.current_key(session, settings, now=now)
    signer = keys.signer(settings, key)
    status, place = free_place(session, now=now)
    document = write(list_address(settings, status.id), place)
    issued = IssuedPassport(
        id=uuid7(now),
        lot_id=lot_id,
        kind=kind,
        key_id=key.id,
        list_id=status.id,
        place=place,
        document=engine.signed(document, signer, at=now),
        jwt=engine.enveloped(document, signer),
        issued_at=now,
    )
    session.add(issued)
    session.flush()
    return issued


def current(
    session: Session, settings: Settings, lot_id: UUID, kind: str, write: Write
) -> IssuedPassport | None:
    """The one that still says what `write` says, by a key that counts; None: it is to be signed anew."""
    found = session.scalars(
        select(IssuedPassport).filter_by(lot_id=lot_id, kind=kind, superseded_at=None),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if found is None or session.get_one(SigningKey, found.key_id).revoked_at is not None:
        return None
    said = write(list_address(settings, found.list_id), found.place)
    return found if said == _bare(found.document) else None


def revoke(session: Session, lot_id: UUID, kind: str, *, now: datetime) -> None:
    """Take back what is said no longer, where nothing takes its place."""
    found = session.scalars(
        select(IssuedPassport).filter_by(lot_id=lot_id, kind=kind, superseded_at=None).with_for_update()
    ).one_or_none()
    if found is not None:
        found.superseded_at, found.revoked = now, True
        session.flush()


def _bare(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}
