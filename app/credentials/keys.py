"""The keys that sign: made when first wanted, replaced on command, revoked when one was stolen."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import credentials as engine
from app import history
from app.credentials.models import SigningKey
from app.credentials.sealing import open_sealed, seal
from app.db import uuid7
from app.errors import Missing, Refusal
from app.settings import Settings

KEYS: Final = 7_203_002
"""Advisory lock: one key is made at a time."""


def issuer_did(settings: Settings) -> str:
    return engine.did_of(settings.address)


def all_keys(session: Session) -> Sequence[SigningKey]:
    return session.scalars(select(SigningKey).order_by(SigningKey.number)).all()


def did_document(session: Session, settings: Settings) -> dict[str, Any]:
    """Every key that ever signed, so that what it signed can still be checked."""
    known = [
        engine.KnownKey(each.name, engine.PublicKey(each.public), each.revoked_at)
        for each in all_keys(session)
    ]
    return engine.did_document(issuer_did(settings), known, site=settings.address)


def current_key(session: Session, settings: Settings, *, now: datetime) -> SigningKey:
    """The key that signs now; the first one is made here."""
    return _current(session) or _make(session, settings, now=now)


def signer(settings: Settings, key: SigningKey) -> engine.KeyInMemory:
    """The private half of the key that signs now. Refusal: the secret is not the one that sealed it."""
    assert key.sealed is not None  # a check of the table: whoever is not retired has it
    seed = open_sealed(settings.sealing_secret, key.id, key.sealed)
    return engine.KeyInMemory(f"{issuer_did(settings)}#{key.name}", seed)


def rotate(session: Session, settings: Settings, *, now: datetime) -> SigningKey:
    """A new key signs from here on. The private half of the old one is destroyed; what it signed stands."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEYS})
    if (old := _current(session)) is not None:
        _retire(session, old, now=now)
    return _make(session, settings, now=now)


def revoke(session: Session, settings: Settings, name: str, reason: str, *, now: datetime) -> SigningKey:
    """Nothing that this key signed counts any more: it was stolen, or may have been.

    A key that still signs is replaced first. Missing: no such key. Refusal: no reason, or done before.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEYS})
    key = next((each for each in all_keys(session) if each.name == name), None)
    if key is None:
        raise Missing(f"There is no key {name}. `fairhaul keys list` shows them.")
    if key.revoked_at is not None:
        raise Refusal(f"{name} was revoked on {key.revoked_at:%d %B %Y}.", code="key-revoked")
    if not reason.strip():
        raise Refusal("Say why: the reason stays in the history.", code="key-reason")
    if key.retired_at is None:
        _retire(session, key, now=now)
        _make(session, settings, now=now)
    key.revoked_at, key.reason = now, reason.strip()
    history.record(session, key, "revoked", now=now, key=key.name, reason=key.reason)
    session.flush()
    return key


def _current(session: Session) -> SigningKey | None:
    return session.scalars(select(SigningKey).where(SigningKey.retired_at.is_(None))).one_or_none()


def _retire(session: Session, key: SigningKey, *, now: datetime) -> None:
    key.retired_at, key.sealed = now, None
    history.record(session, key, "retired", now=now, key=key.name)
    session.flush()


def _make(session: Session, settings: Settings, *, now: datetime) -> SigningKey:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEYS})
    if (there := _current(session)) is not None:
        return there
    seed, key_id = secrets.token_bytes(32), uuid7(now)
    made = SigningKey(
        id=key_id,
        number=(session.scalar(select(func.max(SigningKey.number))) or 0) + 1,
        public=engine.KeyInMemory("", seed).public.raw,
        sealed=seal(settings.sealing_secret, key_id, seed),
        created_at=now,
    )
    session.add(made)
    session.flush()
    history.record(session, made, "made", now=now, key=made.name)
    return made
