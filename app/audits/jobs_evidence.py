"""Jobs of evidence: hash it again, remind of what runs out, throw away what nobody went on with."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import files, history, jobs, mail
from app.audits import evidence, uploads
from app.audits import models as rows
from app.organisations import service as organisations
from app.permissions import Role
from app.sheets_held import forget_old_sheets
from certification import State

log = structlog.get_logger()

BEFORE: Final = timedelta(days=30)
"""So long before evidence runs out, its organisation is reminded."""
AFTER_THE_END: Final = (State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED)


@jobs.queue.task(name="forget_upload_parts", retry=jobs.RETRY)
def forget_upload_parts(upload_id: str) -> None:
    """Remove from the store what arrived of an upload that is done or given up."""
    with jobs.transaction() as (_session, _now, settings):
        files.forget(files.open_store(settings), uploads.folder(UUID(upload_id)))


@jobs.queue.periodic(cron="25 * * * *")
@jobs.queue.task(name="forget_old_uploads", queueing_lock="forget_old_uploads")
def forget_old_uploads(timestamp: int) -> None:
    del timestamp
    with jobs.transaction() as (session, now, settings):
        gone = uploads.forget_old(session, now=now)
        forget_old_sheets(files.open_store(settings), now=now)
    if gone:
        log.info("uploads forgotten", count=gone)


@jobs.queue.periodic(cron="50 2 * * *")
@jobs.queue.task(name="verify_evidence", queueing_lock="verify_evidence")
def verify_evidence(timestamp: int) -> None:
    """Hash every file of every case again; what was altered or lost is marked, and told once."""
    del timestamp
    with jobs.transaction() as (session, now, settings):
        verify(session, files.open_store(settings), now=now)


def verify(session: Session, store: files.Store, *, now: datetime) -> int:
    """Mark the files whose contents are not those uploaded; gives how many are new."""
    found = 0
    for row in session.scalars(select(rows.Evidence).order_by(rows.Evidence.id)):
        intact = evidence.intact(store, row.sha256)
        if intact and row.altered_at is not None:  # put back from a backup
            row.altered_at = None
        elif not intact and row.altered_at is None:
            row.altered_at, found = now, found + 1
            case = session.get_one(rows.Case, row.case_id)
            history.record(session, case, "evidence found altered", now=now, evidence=row.id, name=row.name)
            log.error("evidence altered", evidence=str(row.id))
            for role in (Role.PROGRAMME, Role.OPERATOR):
                for person, _organisation in organisations.people_with(session, role):
                    mail.write(
                        session,
                        person.email,
                        "A file of evidence was altered or lost",
                        f"“{row.name}” is not stored as it was uploaded (SHA-256 {row.sha256}). "
                        f"Case {row.case_id} cannot be decided until the file is put back from a backup.",
                        now=now,
                    )
    return found


@jobs.queue.periodic(cron="10 6 * * *")
@jobs.queue.task(name="remind_of_evidence", queueing_lock="remind_of_evidence")
def remind_of_evidence(timestamp: int) -> None:
    del timestamp
    with jobs.transaction() as (session, now, _settings):
        remind(session, now=now)


def remind(session: Session, *, now: datetime) -> int:
    """Tell organisations once which of their files run out within 30 days; gives how many files."""
    newer = select(rows.Evidence.replaces_id).where(rows.Evidence.replaces_id.is_not(None))
    due = session.execute(
        select(rows.Evidence, rows.Case.organisation_id)
        .join(rows.Case)
        .where(rows.Evidence.valid_until <= now.date() + BEFORE, rows.Evidence.reminded_at.is_(None))
        .where(rows.Evidence.id.not_in(newer), rows.Case.state.not_in(AFTER_THE_END))
        .order_by(rows.Evidence.valid_until, rows.Evidence.id)
    ).all()
    by_organisation: dict[UUID, list[rows.Evidence]] = {}
    for row, organisation_id in due:
        by_organisation.setdefault(organisation_id, []).append(row)
        row.reminded_at = now
    for organisation_id, some in by_organisation.items():
        lines = "\n".join(f"- {each.name}: valid until {each.valid_until:%d %B %Y}" for each in some)
        organisations.tell(
            session,
            organisation_id,
            "Some of your evidence runs out",
            f"These files of your certification run out. Add newer versions on the page Evidence:\n\n{lines}",
            now=now,
        )
    return len(due)
