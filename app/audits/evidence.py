"""Files that show something: kept by their hash, linked to criteria, seen only by those who must."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final
from uuid import UUID

from obstore.exceptions import NotFoundError
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import files, history
from app.audits import models as rows
from app.audits.application import ANSWERABLE, need_case
from app.audits.kept import Kept
from app.audits.sight import sees
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor, Role
from certification import State

MOST_FILES: Final = 500
CLOSED: Final = frozenset(
    {State.RECOMMENDED, State.DECIDED, State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED}
)
"""While somebody decides, and after the end, what the decision rests on stays as it is."""
INERT: Final = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "application/pdf",
        "application/zip",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
"""Types under which a file is served; all others go out as bytes without a meaning."""
SEALED: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a case and the criteria that it is linked to. `size` in bytes."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    uploaded_at: datetime
    criteria: tuple[str, ...]


def files_of(session: Session, case_id: UUID) -> list[File]:
    """All files of a case, the newest first."""
    found = session.execute(
        select(rows.Evidence, func.array_remove(func.array_agg(rows.EvidenceLink.criterion), None))
        .join(rows.EvidenceLink, isouter=True)
        .where(rows.Evidence.case_id == case_id)
        .group_by(rows.Evidence.id)
        .order_by(rows.Evidence.uploaded_at.desc(), rows.Evidence.id.desc())
    )
    return [_file(evidence, criteria) for evidence, criteria in found]


def _file(row: rows.Evidence, criteria: Collection[str]) -> File:
    in_order = tuple(sorted(criteria, key=lambda each: [int(part) for part in each.split(".")]))
    return File(row.id, row.name, row.media_type, row.size, row.sha256, row.uploaded_at, in_order)


def upload(
    session: Session,
    store: files.Store,
    actor: Actor,
    source: BinaryIO,
    *,
    name: str,
    criteria: Collection[str],
    limit: int,
    now: datetime,
) -> File:
    """Keep a file and link it. The same contents again: the file that is there, with the new links too.

    Faulty: empty, larger than `limit` bytes, or a criterion that does not apply.
    """
    kept = need_case(session, actor)
    _need_open(kept)
    _need_criteria(kept, criteria)
    count = session.scalar(select(func.count()).where(rows.Evidence.case_id == kept.row.id)) or 0
    if count >= MOST_FILES:
        raise Refusal(
            f"A case holds at most {MOST_FILES} files. Put several pages into one file.",
            code="too-many-files",
            title="No more files",
        )
    sha256, size, media_type = files.keep(store, source, limit)
    row = session.scalars(select(rows.Evidence).filter_by(case_id=kept.row.id, sha256=sha256)).one_or_none()
    if row is None:
        row = rows.Evidence(
            case_id=kept.row.id,
            name=files.safe_name(name),
            media_type=media_type,
            size=size,
            sha256=sha256,
            uploaded_by=actor.person_id,
            uploaded_at=now,
        )
        session.add(row)
        session.flush()
        history.record(
            session,
            kept.row,
            "evidence added",
            now=now,
            **actor.who,
            evidence=row.id,
            name=row.name,
            sha256=sha256,
        )
    return _link(session, kept, actor, row, criteria, now=now)


def link(
    session: Session, actor: Actor, evidence_id: UUID, criteria: Collection[str], *, now: datetime
) -> File:
    """Link a file to more criteria."""
    kept = need_case(session, actor)
    _need_open(kept)
    _need_criteria(kept, criteria)
    return _link(session, kept, actor, _own(session, kept, evidence_id), criteria, now=now)


def _link(
    session: Session,
    kept: Kept,
    actor: Actor,
    row: rows.Evidence,
    criteria: Collection[str],
    *,
    now: datetime,
) -> File:
    if criteria:
        new = session.scalars(
            insert(rows.EvidenceLink)
            .values([{"evidence_id": row.id, "criterion": each} for each in sorted(set(criteria))])
            .on_conflict_do_nothing()
            .returning(rows.EvidenceLink.criterion)
        ).all()
        if new:
            history.record(
                session,
                kept.row,
                "evidence linked",
                now=now,
                **actor.who,
                evidence=row.id,
                criteria=list(new),
            )
    return _file(
        row, session.scalars(select(rows.EvidenceLink.criterion).filter_by(evidence_id=row.id)).all()
    )


def unlink(session: Session, actor: Actor, evidence_id: UUID, criterion: str, *, now: datetime) -> None:
    """The file no longer belongs to that answer. Only before it is handed in: what was looked at stays."""
    kept = need_case(session, actor)
    row = _own(session, kept, evidence_id)
    kept.criterion(criterion)
    if kept.case.state not in ANSWERABLE:
        raise Refusal(
            "The self-assessment was handed in, so its evidence stays. You can add more.",
            code="evidence-stays",
            title="Evidence stays",
        )
    gone = session.scalars(
        delete(rows.EvidenceLink)
        .where(rows.EvidenceLink.evidence_id == row.id, rows.EvidenceLink.criterion == criterion)
        .returning(rows.EvidenceLink.criterion)
    ).all()
    if not gone:
        raise Missing
    history.record(
        session, kept.row, "evidence unlinked", now=now, **actor.who, evidence=row.id, criterion=criterion
    )


def readable(session: Session, actor: Actor, evidence_id: UUID, *, now: datetime) -> rows.Evidence:
    """The file, if the actor may see it. Whoever is not of the organisation leaves a line in the history."""
    found = session.execute(
        select(rows.Evidence, rows.Case).join(rows.Case).where(rows.Evidence.id == evidence_id)
    ).one_or_none()
    if found is None:
        raise Missing
    evidence, case = found
    if case.organisation_id == actor.organisation_id and Role.PRODUCER in actor.roles:
        return evidence
    if not sees(session, actor, case.id):
        raise Missing
    history.record(session, case, "evidence opened", now=now, **actor.who, evidence=evidence.id)
    return evidence


def altered(session: Session, store: files.Store, case_id: UUID) -> tuple[str, ...]:
    """Names of files whose contents are not, or no longer, those that were uploaded."""
    return tuple(each.name for each in files_of(session, case_id) if not _intact(store, each.sha256))


def _intact(store: files.Store, sha256: str) -> bool:
    try:
        return files.hash_of(store, sha256) == sha256
    except (NotFoundError, FileNotFoundError):
        return False


def _own(session: Session, kept: Kept, evidence_id: UUID) -> rows.Evidence:
    row = session.get(rows.Evidence, evidence_id)
    if row is None or row.case_id != kept.row.id:
        raise Missing
    return row


def _need_open(kept: Kept) -> None:
    if kept.case.state in CLOSED:
        raise Refusal(
            "The case is being decided or is closed, so no file can be added now.",
            code="evidence-closed",
            title="No files now",
        )


def _need_criteria(kept: Kept, criteria: Collection[str]) -> None:
    known = {each.id for each in kept.dossier.criteria}
    unknown = sorted(set(criteria) - known)
    if unknown:
        raise Faulty(fields={"criteria": f"These criteria are not asked of you: {', '.join(unknown)}."})
