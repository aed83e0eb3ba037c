"""Photographs of goods: made small, without where and when they were taken, at most six of one offer."""

from collections.abc import Collection
from datetime import datetime
from typing import BinaryIO, Final
from uuid import UUID

from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app import files, history
from app.catalogue.models import Photo
from app.catalogue.service import own_offer
from app.db import uuid7
from app.errors import Faulty, Missing
from app.permissions import Actor
from app.public_copies import public_copy
from app.screening import screen

MOST: Final = 6
LARGEST: Final = 20 << 20
LONGEST_ALT: Final = 200


def add(
    session: Session,
    store: files.Store,
    actor: Actor,
    offer_id: UUID,
    source: BinaryIO,
    alt: str,
    *,
    now: datetime,
) -> Photo:
    """Faulty: no picture, a hostile one, the same again, too many, or nothing said for who cannot see it."""
    offer = own_offer(session, actor, offer_id, lock=True)
    faults: dict[str, str] = {}
    if not alt.strip():
        faults["alt"] = "Say in a few words what it shows, for people who cannot see it."
    elif len(alt) > LONGEST_ALT:
        faults["alt"] = f"Use at most {LONGEST_ALT} characters."
    count = session.scalar(select(func.count()).where(Photo.offer_id == offer_id)) or 0
    if count >= MOST:
        faults["file"] = f"There are {MOST} already. Remove one first."
    if faults:
        raise Faulty(fields=faults)
    screen(source, files.measure(source, LARGEST))
    source.seek(0)
    copy = public_copy(source)
    with Image.open(copy) as picture:
        width, height = picture.size
    copy.seek(0)
    sha256 = files.measure(copy, LARGEST).sha256
    if session.scalar(select(Photo.id).filter_by(offer_id=offer_id, sha256=sha256)):
        raise Faulty(fields={"file": "This picture is there already."})
    copy.seek(0)
    files.keep(store, copy, sha256)
    last = session.scalar(select(func.max(Photo.position)).where(Photo.offer_id == offer_id))
    photo = Photo(
        id=uuid7(now),
        offer_id=offer_id,
        sha256=sha256,
        alt=alt.strip(),
        width=width,
        height=height,
        position=0 if last is None else last + 1,
        added_at=now,
    )
    session.add(photo)
    session.flush()
    history.record(session, offer, "photographed", now=now, **actor.who, photo=sha256)
    return photo


def remove(session: Session, actor: Actor, offer_id: UUID, photo_id: UUID, *, now: datetime) -> None:
    """The row goes; the bytes stay in the store, where another offer may have the same."""
    offer = own_offer(session, actor, offer_id, lock=True)
    photo = _of(session, offer_id, photo_id)
    session.delete(photo)
    session.flush()
    history.record(session, offer, "photograph removed", now=now, **actor.who, photo=photo.sha256)


def put_first(session: Session, actor: Actor, offer_id: UUID, photo_id: UUID, *, now: datetime) -> None:
    """The first photograph stands for the goods in lists."""
    offer = own_offer(session, actor, offer_id, lock=True)
    chosen = _of(session, offer_id, photo_id)
    rest = [photo for photo in of_offer(session, offer_id) if photo.id != photo_id]
    for position, photo in enumerate([chosen, *rest]):
        photo.position = position
    session.flush()
    history.record(session, offer, "photographs ordered", now=now, **actor.who)


def of_offer(session: Session, offer_id: UUID) -> list[Photo]:
    return list(
        session.scalars(select(Photo).filter_by(offer_id=offer_id).order_by(Photo.position, Photo.id))
    )


def first_of(session: Session, offer_ids: Collection[UUID]) -> dict[UUID, Photo]:
    """The photograph that stands for each offer; those without are left out."""
    rows = session.scalars(
        select(Photo)
        .where(Photo.offer_id.in_(offer_ids))
        .ext(distinct_on(Photo.offer_id))
        .order_by(Photo.offer_id, Photo.position, Photo.id)
    )
    return {photo.offer_id: photo for photo in rows}


def _of(session: Session, offer_id: UUID, photo_id: UUID) -> Photo:
    photo = session.scalars(select(Photo).filter_by(id=photo_id, offer_id=offer_id)).one_or_none()
    if photo is None:
        raise Missing
    return photo
