"""Governing documents: enter what was adopted, publish its text, and see how long that took."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import BinaryIO, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import files, history
from app.db import uuid7
from app.documents.models import Document, DocumentVersion
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor
from governance import documents as engine

LONGEST: Final = 200_000
PDF: Final = "application/pdf"


class Kind(StrEnum):
    CONSTITUTION = "constitution"
    RULES = "rules"
    STANDARD = "standard"
    MINUTES = "minutes"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Edition:
    """A version with its document. `days` from adoption to publication, or so far."""

    document: Document
    version: DocumentVersion
    days: int

    @property
    def published(self) -> bool:
        return self.version.published_at is not None

    @property
    def late(self) -> bool:
        return self.days > self.version.target_days


def editions(session: Session, *, today: date, slug: str | None = None) -> list[Edition]:
    """Every version, the newest adoption first; of one document, where `slug` names it."""
    wanted = (
        select(Document, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .order_by(DocumentVersion.adopted_on.desc(), Document.slug, DocumentVersion.number.desc())
    )
    if slug is not None:
        wanted = wanted.where(Document.slug == slug)
    return [_edition(document, version, today) for document, version in session.execute(wanted)]


def _edition(document: Document, version: DocumentVersion, today: date) -> Edition:
    published = version.published_at.date() if version.published_at else None
    return Edition(document, version, engine.delay(version.adopted_on, published, today))


def document(session: Session, slug: str) -> Document:
    found = session.scalars(select(Document).filter_by(slug=slug.replace("\0", ""))).one_or_none()
    if found is None:
        raise Missing
    return found


def version(session: Session, slug: str, number: int | None, *, today: date) -> Edition:
    """A published version; `number` None: the newest. Missing: there is none."""
    published = [
        each for each in editions(session, today=today, slug=slug.replace("\0", "")) if each.published
    ]
    for each in sorted(published, key=lambda each: each.version.number, reverse=True):
        if number is None or each.version.number == number:
            return each
    raise Missing


def add(session: Session, actor: Actor, *, kind: Kind, title: str, now: datetime) -> Document:
    """A new document. Faulty: there is one of this name."""
    slug = _slug(title)
    if not slug:
        raise Faulty(fields={"title": "Enter a name with letters or figures."})
    if session.scalar(select(Document.id).filter_by(slug=slug)):
        raise Faulty(fields={"title": "There is a document of this name. Add a version to it."})
    made = Document(id=uuid7(now), slug=slug, title=title, kind=kind, created_at=now)
    session.add(made)
    session.flush()
    history.record(session, made, "document added", now=now, **actor.who)
    return made


RESERVED: Final = {"new", "feed-xml"}


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")
    return f"document-{slug}" if slug in RESERVED else slug


def enter(
    session: Session,
    actor: Actor,
    slug: str,
    *,
    adopted_on: date,
    adopted_by: str,
    target: int,
    now: datetime,
) -> DocumentVersion:
    """Tell in public that a version was adopted; from then on everybody sees how long its text takes."""
    found = document(session, slug)
    session.execute(select(Document.id).filter_by(id=found.id).with_for_update())
    if adopted_on > now.date():
        raise Faulty(fields={"adopted_on": "It cannot have been adopted after today."})
    if not adopted_by.strip():
        raise Faulty(fields={"adopted_by": "Say which body adopted it."})
    known = session.scalars(select(DocumentVersion).filter_by(document_id=found.id)).all()
    last = max((each.adopted_on for each in known), default=adopted_on)
    if adopted_on < last:
        raise Faulty(fields={"adopted_on": f"An earlier version was adopted on {last.isoformat()}."})
    made = DocumentVersion(
        id=uuid7(now),
        document_id=found.id,
        number=max((each.number for each in known), default=0) + 1,
        adopted_on=adopted_on,
        adopted_by=adopted_by.strip(),
        entered_at=now,
        entered_by=actor.person_id,
        target_days=target,
    )
    session.add(made)
    session.flush()
    history.record(session, made, "version adopted", now=now, **actor.who, number=made.number)
    return made


def _unpublished(session: Session, slug: str, number: int) -> DocumentVersion:
    found = session.scalars(
        select(DocumentVersion)
        .filter_by(document_id=document(session, slug).id, number=number)
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise Missing
    if found.published_at:
        raise Refusal("This version is published, so it stays as it is.", code="version-published")
    return found


def attach_pdf(
    session: Session,
    store: files.Store,
    slug: str,
    number: int,
    source: BinaryIO,
    *,
    limit: int,
) -> DocumentVersion:
    """Keep the PDF of a version that is not published yet. Faulty: it is none, by its contents."""
    found = _unpublished(session, slug, number)
    measured = files.measure(source, limit)
    if files.sniff(measured.head) != PDF:
        raise Faulty(fields={"file": "This is not a PDF. Choose another file."})
    files.keep(store, source, measured.sha256)
    found.pdf_sha256, found.pdf_size = measured.sha256, measured.size
    session.flush()
    return found


def publish(
    session: Session, actor: Actor, slug: str, number: int, *, source: str, change: str, now: datetime
) -> DocumentVersion:
    """Publish the text. It never changes after that: a correction is a new version."""
    found = _unpublished(session, slug, number)
    faults = {}
    if not source.strip():
        faults["source"] = "Enter the text."
    elif len(source) > LONGEST:
        faults["source"] = f"Use at most {LONGEST} characters; this has {len(source)}."
    if number > 1 and not change.strip():
        faults["change"] = "Say in a sentence what changed."
    if faults:
        raise Faulty(fields=faults)
    found.source, found.change = source.replace("\r\n", "\n").strip() + "\n", change.strip()
    found.published_at, found.published_by = now, actor.person_id
    session.flush()
    history.record(session, found, "version published", now=now, **actor.who, number=number)
    return found


def difference(
    session: Session, slug: str, old: int, new: int, *, today: date
) -> tuple[engine.Paragraph, ...]:
    """Between two published versions."""
    before, after = (version(session, slug, each, today=today) for each in (old, new))
    return engine.difference(before.version.source, after.version.source)
