"""A feed of what changed: certificates, documents, consultations, complaints' outcomes, votes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.consultations import service as consultations
from app.documents import service as documents
from app.language import Language
from app.tlog import words
from app.tlog.models import LogEntry, LogStatement

SHOWN: Final = 100
KINDS: Final = ("certificate.", "standard.", "complaint.", "vote.")


@dataclass(frozen=True, slots=True)
class Change:
    """`place`: its address below ours, which is its id too with `mark`."""

    at: datetime
    title: str
    place: str
    mark: str


def changes(session: Session, lang: Language, *, now: datetime) -> list[Change]:
    """The newest first, at most SHOWN. What the log was told to forget is not among them."""
    _ = lang.text
    found = [
        Change(row.at, words.title(row, statement, _), words.address(row, statement) or "/log", str(row.id))
        for row, statement in session.execute(
            select(LogEntry, LogStatement)
            .join(LogStatement, LogStatement.entry_id == LogEntry.id)
            .where(or_(*(LogEntry.kind.startswith(each) for each in KINDS)))
            .order_by(LogEntry.at.desc(), LogEntry.arrived.desc())
            .limit(SHOWN)
        )
    ]
    for each in documents.editions(session, today=now.date()):
        if each.version.published_at:
            title = _("Document published: %(title)s, version %(n)s") % {
                "title": each.document.title,
                "n": each.version.number,
            }
            place = f"/documents/{each.document.slug}?version={each.version.number}"
            found.append(Change(each.version.published_at, title, place, "published"))
    for asked in consultations.everything(session):
        place = f"/consultations/{asked.slug}"
        opened = datetime.combine(asked.opens_on, time(), UTC)
        if opened <= now:
            found.append(
                Change(opened, _("Consultation open: %(title)s") % {"title": asked.title}, place, "open")
            )
        if asked.answered_at:
            title = _("Consultation answered: %(title)s") % {"title": asked.title}
            found.append(Change(asked.answered_at, title, place, "answered"))
    return sorted(found, key=lambda each: each.at, reverse=True)[:SHOWN]


def atom(found: Iterable[Change], address: str) -> str:
    """An Atom feed (RFC 4287)."""
    shown = list(found)
    updated = shown[0].at.isoformat() if shown else "1970-01-01T00:00:00+00:00"
    entries = "".join(_entry(each, address) for each in shown)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>Fairhaul: what changed</title>\n<id>{escape(address)}/open-data</id>\n"
        f'<link rel="self" href={quoteattr(address + "/open-data/changes.xml")}/>\n'
        "<author><name>Fairhaul</name></author>\n<rights>CC BY 4.0</rights>\n"
        f"<updated>{updated}</updated>\n{entries}</feed>\n"
    )


def _entry(change: Change, address: str) -> str:
    link = address + change.place
    return (
        f"<entry><title>{escape(change.title)}</title><id>{escape(link)}#{escape(change.mark)}</id>"
        f"<link href={quoteattr(link)}/><updated>{change.at.isoformat()}</updated></entry>\n"
    )
