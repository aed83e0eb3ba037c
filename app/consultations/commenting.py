"""To comment: as an organisation, by a mail's link, or by a receipt code without any address."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history, mail
from app.complaints.filing import code_of
from app.consultations import service
from app.consultations.models import Consultation, ConsultationComment
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.identity import hash_secret, new_secret
from app.organisations.models import Organisation
from app.organisations.regions import REGION_OF, region_of
from app.permissions import Actor
from governance import consultations as engine
from governance.complaints import receipt_hash
from governance.refusal import Refusal as No

LONGEST: Final = 10_000
MOST_COMMENTS: Final = 20_000
OWN_KINDS: Final = ("producer", "worker", "buyer", "civil society", "authority", "person")


@dataclass(frozen=True, slots=True)
class Said:
    """A comment. `name` as it is shown, empty for none."""

    words: str
    kind: str
    country: str
    name: str = ""


def _open(session: Session, slug: str, now: datetime) -> Consultation:
    row = service.public(session, slug)
    try:
        engine.need_open(service.value(session, row), now.date())
    except No as no:
        raise service.refused(no) from no
    return row


def _check(said: Said) -> None:
    faults = {}
    if not said.words.strip():
        faults["words"] = "Write what you think."
    elif len(said.words) > LONGEST:
        faults["words"] = f"Use at most {LONGEST} characters; this has {len(said.words)}."
    if said.kind not in OWN_KINDS:
        faults["kind"] = "Choose what you are."
    if said.country not in REGION_OF:
        faults["country"] = "Choose a country from the list."
    if faults:
        raise Faulty(fields=faults)


def _add(
    session: Session, row: Consultation, said: Said, proof: bytes | None, *, now: datetime
) -> ConsultationComment:
    count = session.scalar(
        select(func.count()).select_from(ConsultationComment).filter_by(consultation_id=row.id)
    )
    if (count or 0) >= MOST_COMMENTS:
        raise Refusal("This consultation holds no more comments.", code="consultation-full")
    day = datetime.combine(now.date(), time(), UTC)  # the moment could tell who wrote
    made = ConsultationComment(
        id=uuid7(day),
        consultation_id=row.id,
        words=said.words.strip(),
        name=" ".join(said.name.split()),
        kind=said.kind,
        country=said.country,
        region=region_of(said.country),
        proof_hash=proof,
        state="waiting",
        sent_on=now.date(),
    )
    session.add(made)
    session.flush()
    return made


def as_organisation(
    session: Session, actor: Actor, slug: str, words: str, *, now: datetime
) -> ConsultationComment:
    """A comment of the actor's organisation, with its name: it needs no confirmation."""
    row = _open(session, slug, now)
    organisation = session.get_one(Organisation, actor.organisation_id)
    if not words.strip() or len(words) > LONGEST:
        _check(Said(words, "person", organisation.country))
    made = _add(
        session, row, Said(words, organisation.kind, organisation.country, organisation.name), None, now=now
    )
    made.organisation_id = organisation.id
    _confirm(session, row, made)
    history.record(session, row, "comment", now=now, **actor.who, comment=made.id)
    return made


def by_mail(session: Session, slug: str, said: Said, email: str, *, address: str, now: datetime) -> None:
    """Send a link by which the comment is confirmed. The address stands in that letter and nowhere else."""
    row = _open(session, slug, now)
    _check(said)
    secret, hashed = new_secret()
    _add(session, row, said, hashed, now=now)
    mail.write(
        session,
        email,
        f"Confirm your comment: {row.title}",
        "Somebody, we think you, commented on a consultation with this address.\n\n"
        f"Read it and confirm it: {address}/consultations/comments/{secret}\n\n"
        "If it was not you, do nothing: it is not published then.",
        now=now,
    )


def by_receipt(
    session: Session, slug: str, said: Said, *, ticket: str, now: datetime
) -> tuple[ConsultationComment, str]:
    """A comment without any address; gives its receipt code. The same ticket again: the same one."""
    row = _open(session, slug, now)
    code = code_of(ticket)
    found = session.scalars(
        select(ConsultationComment).filter_by(proof_hash=receipt_hash(code))
    ).one_or_none()
    if found:
        return found, code
    _check(said)
    return _add(session, row, said, receipt_hash(code), now=now), code


def by_secret(session: Session, secret: str) -> tuple[Consultation, ConsultationComment]:
    """The comment that a mail's link is about. Missing: none."""
    return _by_proof(session, hash_secret(secret))


def by_code(session: Session, code: str) -> tuple[Consultation, ConsultationComment]:
    return _by_proof(session, receipt_hash(code))


def _by_proof(session: Session, proof: bytes) -> tuple[Consultation, ConsultationComment]:
    found = session.scalars(
        select(ConsultationComment).filter_by(proof_hash=proof).with_for_update()
    ).one_or_none()
    if found is None:
        raise Missing
    return session.get_one(Consultation, found.consultation_id), found


def confirm(
    session: Session, row: Consultation, comment: ConsultationComment, *, now: datetime
) -> ConsultationComment:
    """Make it count, while the consultation is open. Confirmed before: nothing changes."""
    if comment.state != "waiting":
        return comment
    try:
        engine.need_open(service.value(session, row), now.date())
    except No as no:
        raise service.refused(no) from no
    _confirm(session, row, comment)
    return comment


def _confirm(session: Session, row: Consultation, comment: ConsultationComment) -> None:
    session.execute(select(Consultation.id).filter_by(id=row.id).with_for_update())
    last = session.scalar(select(func.max(ConsultationComment.number)).filter_by(consultation_id=row.id))
    comment.number, comment.state = (last or 0) + 1, "confirmed"
    session.flush()
