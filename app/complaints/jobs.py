"""Daily: who has to take the next step of a complaint, and who owes a redress, is reminded."""

import structlog
from sqlalchemy import select

from app import jobs

log = structlog.get_logger()


@jobs.queue.periodic(cron="10 6 * * *")
@jobs.queue.task(name="remind_of_complaints", queueing_lock="remind_of_complaints")
def remind_of_complaints(timestamp: int) -> None:
    from app.complaints import models as rows
    from app.complaints import telling

    del timestamp
    with jobs.transaction() as (session, now, settings):
        deadlines = settings.complaint_deadlines
        due = owed = 0
        for row in session.scalars(select(rows.Complaint).where(rows.Complaint.due_on.is_not(None))).all():
            due += telling.remind(session, row, deadlines=deadlines, now=now)
            owed += telling.remind_redress(session, row, before=deadlines.remind_before, now=now)
        if due or owed:
            log.info("complaints reminded", due=due, redress=owed)
