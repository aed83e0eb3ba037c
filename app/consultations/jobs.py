"""Daily: members are reminded that a consultation ends; who has to answer one, that the answer is due."""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs, mail
from app.organisations.models import Kind, Organisation
from app.organisations.service import people_with, tell
from app.permissions import Role
from governance import consultations as engine

log = structlog.get_logger()


@jobs.queue.periodic(cron="20 6 * * *")
@jobs.queue.task(name="remind_of_consultations", queueing_lock="remind_of_consultations")
def remind_of_consultations(timestamp: int) -> None:
    del timestamp
    with jobs.transaction() as (session, now, settings):
        told = remind(session, settings.consultation_rules, address=settings.address, now=now)
        if told:
            log.info("consultations reminded", reminders=told)


def remind(session: Session, rules: engine.Rules, *, address: str, now: datetime) -> int:
    """Send what is due and was not sent; how many consultations that concerned."""
    from app.consultations.models import Consultation, ConsultationComment
    from app.consultations.service import value

    told = 0
    for row in session.scalars(
        select(Consultation).filter_by(state=engine.State.OPEN).with_for_update()
    ).all():
        known = value(session, row)
        due = sum(day <= now.date() for day in engine.reminders(known, rules))
        if known.open_on(now.date()) and due > row.reminded:
            heard = select(ConsultationComment.organisation_id).where(
                ConsultationComment.consultation_id == row.id,
                ConsultationComment.organisation_id.is_not(None),
            )
            for organisation_id in session.scalars(
                select(Organisation.id).where(
                    Organisation.kind != Kind.PLATFORM, Organisation.id.not_in(heard)
                )
            ).all():
                tell(
                    session,
                    organisation_id,
                    f"Your voice: {row.title}",
                    f"{row.question}\n\nYou can say what you think until {row.closes_on.isoformat()}:\n"
                    f"{address}/consultations/{row.slug}",
                    now=now,
                )
            row.reminded = due
            told += 1
        late = (now.date() - engine.answer_due(known, rules)).days
        if late >= 0 and late % 7 == 0:
            for person, _ in people_with(session, Role.PROGRAMME, Role.OPERATOR):
                mail.write(
                    session,
                    person.email,
                    f"Answer is due: {row.title}",
                    f"People are waiting for the answers, {late} days after they were due.\n"
                    f"{address}/consultations/{row.slug}/desk",
                    now=now,
                )
            told += 1
    return told
