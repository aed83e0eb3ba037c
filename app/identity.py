"""Who asks: from a session's cookie or an API token to an `Actor`."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotSignedIn
from app.organisations.models import ApiToken, Membership, Organisation, Person, SignedIn
from app.permissions import Actor, ActsFor, Role

COOKIE = "fairhaul_session"
TOKEN_PREFIX = "fh_"  # noqa: S105 - not a secret: it lets scanners find leaked ones


def new_secret() -> tuple[str, bytes]:
    """256 bits for its bearer, and the hash that is kept."""
    secret = secrets.token_urlsafe(32)
    return secret, hash_secret(secret)


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def identify(session: Session, request: Request, now: datetime) -> Actor | None:
    """The actor of a request; None: it carries nothing. NotSignedIn: it carries a bad token."""
    authorization = request.headers.get("authorization", "")
    if authorization:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise NotSignedIn("Send the token as `Authorization: Bearer fh_...`.")
        return _by_token(session, secret.strip(), now)
    cookie = request.cookies.get(COOKIE)
    return actor_of(session, cookie, now) if cookie else None


def _by_token(session: Session, secret: str, now: datetime) -> Actor:
    token = session.scalars(select(ApiToken).filter_by(token_hash=hash_secret(secret))).one_or_none()
    if token is None or token.revoked_at or token.expires_at <= now:
        raise NotSignedIn("This token is unknown, expired or revoked. Make a new one.")
    actor = acting(session, token.person_id, token.organisation_id, scopes=frozenset(token.scopes))
    if actor is None:
        raise NotSignedIn("The owner of this token is no longer a member. Make a new one.")
    return actor


def actor_of(session: Session, secret: str, now: datetime) -> Actor | None:
    """The actor of a session's cookie; None where it is unknown, over or revoked."""
    found = session.scalars(select(SignedIn).filter_by(token_hash=hash_secret(secret))).one_or_none()
    if found is None or found.revoked_at or found.expires_at <= now:
        return None
    return acting(session, found.person_id, found.organisation_id, session_id=found.id)


def acting(
    session: Session,
    person_id: UUID,
    organisation_id: UUID,
    *,
    session_id: UUID | None = None,
    scopes: frozenset[str] | None = None,
) -> Actor | None:
    """The person with the roles it has today in that organisation; None when it has none."""
    rows = session.execute(
        select(Person, Organisation, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Person.id == person_id, Membership.ended_at.is_(None)),
    ).all()
    here = [
        (person, organisation, role)
        for person, organisation, role in rows
        if organisation.id == organisation_id
    ]
    if not here:
        return None
    person, organisation, _ = here[0]
    return Actor(
        person_id=person.id,
        name=person.name,
        email=person.email,
        locale=person.locale,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        roles=_roles(role for _, _, role in here),
        session_id=session_id,
        scopes=scopes,
        organisations=tuple(sorted({ActsFor(o.id, o.name) for _, o, _ in rows}, key=lambda each: each.name)),
    )


def _roles(names: Iterable[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)
