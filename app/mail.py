"""Messages to people: stored with the change they tell of, sent by a job, to a folder or by SMTP."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from smtplib import SMTP
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from app import jobs
from app.db import Base, Id
from app.settings import Settings


class Mail(Base):
    """A message that is wanted. `sent_at` empty: not sent yet."""

    __tablename__ = "mail"

    id: Mapped[Id]
    to: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


def write(session: Session, to: str, subject: str, body: str, *, now: datetime) -> Mail:
    """Store a message and the job that sends it, in this transaction."""
    mail = Mail(to=to, subject=" ".join(subject.split()), body=body, created_at=now)
    session.add(mail)
    session.flush()
    jobs.enqueue(session, "send_mail", mail_id=str(mail.id))
    return mail


def send(session: Session, mail_id: UUID, settings: Settings, *, now: datetime) -> None:
    """Deliver one message. Sent already: nothing. SMTP's own errors pass, so that the job is tried again."""
    mail = session.scalars(select(Mail).filter_by(id=mail_id).with_for_update()).one()
    if mail.sent_at:
        return
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, mail.to, mail.subject
    message["Message-ID"] = f"<{mail.id}@fairhaul>"
    message["Date"] = format_datetime(mail.created_at)
    message.set_content(f"{mail.body.rstrip()}\n\n{settings.address}\n")
    if settings.smtp_url:
        server = urlsplit(settings.smtp_url)
        with SMTP(server.hostname or "localhost", server.port or 587, timeout=20) as smtp:
            if server.username:
                smtp.starttls()
                smtp.login(unquote(server.username), unquote(server.password or ""))
            smtp.send_message(message)
    else:
        settings.mail_folder.mkdir(parents=True, exist_ok=True)
        (settings.mail_folder / f"{mail.id}.eml").write_bytes(message.as_bytes())
    mail.sent_at = now


@jobs.queue.task(name="send_mail", retry=jobs.RETRY)
def send_mail(mail_id: str) -> None:
    with jobs.transaction() as (session, now, settings):
        send(session, UUID(mail_id), settings, now=now)
