"""Consultations: ask, hear whoever wants to be heard, sort, answer; adopt a standard version after that."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.consultations.models import Consultation, ConsultationComment, ConsultationTheme, StandardAdoption
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.regions import Region
from app.permissions import Actor
from app.tlog.standards import enter_adopted
from governance import consultations as engine
from governance.refusal import Refusal as No

SOUTH: Final = frozenset({Region.AFRICA, Region.ASIA, Region.LATIN_AMERICA})
PRODUCERS: Final = frozenset({"producer", "worker"})
KINDS: Final = (
    "producer",
    "worker",
    "buyer",
    "hub",
    "certification body",
    "civil society",
    "authority",
    "person",
    "platform",
)
"""What a comment's author is: of an organisation its kind, of others what they say."""
STANDARD_KEY: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,60}")


def refused(no: No) -> Refusal:
    return Refusal(no.sentence, facts=no.facts, code=no.code)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, why, and how long. `standard_key` empty: it is not about a standard version."""

    title: str
    question: str
    background: str
    opens_on: date
    closes_on: date
    standard_key: str = ""


def load(session: Session, slug: str, *, lock: bool = False) -> Consultation:
    wanted = select(Consultation).filter_by(slug=slug.replace("\0", ""))
    found = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise Missing
    return found


def public(session: Session, slug: str) -> Consultation:
    """A consultation whose question is published. Missing: a draft, or none."""
    found = load(session, slug)
    if found.state == engine.State.DRAFT:
        raise Missing
    return found


def everything(session: Session, *, drafts: bool = False) -> list[Consultation]:
    """Consultations, the one that closes last on top."""
    wanted = select(Consultation).order_by(Consultation.closes_on.desc(), Consultation.slug)
    if not drafts:
        wanted = wanted.where(Consultation.state != engine.State.DRAFT)
    return list(session.scalars(wanted))


def themes(session: Session, row: Consultation) -> list[ConsultationTheme]:
    return list(
        session.scalars(
            select(ConsultationTheme).filter_by(consultation_id=row.id).order_by(ConsultationTheme.position)
        )
    )


def comments(session: Session, row: Consultation) -> list[ConsultationComment]:
    """Confirmed and removed ones by number; what waits for its confirmation is seen by nobody."""
    return list(
        session.scalars(
            select(ConsultationComment)
            .where(ConsultationComment.consultation_id == row.id, ConsultationComment.state != "waiting")
            .order_by(ConsultationComment.number)
        )
    )


def value(session: Session, row: Consultation) -> engine.Consultation:
    unsorted = session.scalar(
        select(func.count())
        .select_from(ConsultationComment)
        .where(
            ConsultationComment.consultation_id == row.id,
            ConsultationComment.state == "confirmed",
            ConsultationComment.theme_id.is_(None),
        )
    )
    return engine.Consultation(
        state=engine.State(row.state),
        opens=row.opens_on,
        closes=row.closes_on,
        standard=row.standard_key,
        themes=tuple(engine.Theme(each.title, each.answer, each.changed) for each in themes(session, row)),
        unsorted=unsorted or 0,
    )


def heard(said: Sequence[ConsultationComment], rules: engine.Rules) -> engine.Heard:
    """Who was heard, of comments that count."""
    return engine.heard(
        [engine.Voice(each.region, each.kind) for each in said if each.state == "confirmed"],
        regions=[str(each) for each in Region],
        kinds=KINDS,
        south=frozenset(str(each) for each in SOUTH),
        producers=PRODUCERS,
        rules=rules,
    )


# To ask


def save(
    session: Session, actor: Actor, question: Question, *, slug: str | None = None, now: datetime
) -> Consultation:
    """Store a draft; with `slug` an earlier one. Refusal: its question is published."""
    faults = {}
    if question.standard_key and not STANDARD_KEY.fullmatch(question.standard_key):
        faults["standard_key"] = "Write the version like fairhaul-2027.1."
    if question.closes_on < question.opens_on:
        faults["closes_on"] = "Enter a day after it opens."
    if faults:
        raise Faulty(fields=faults)
    if slug is None:
        made = Consultation(
            id=uuid7(now),
            slug=_free_slug(session, question.title),
            state=engine.State.DRAFT,
            person_id=actor.person_id,
        )
        session.add(made)
    else:
        made = load(session, slug, lock=True)
        if made.state != engine.State.DRAFT:
            raise refused(engine.NotADraft())
    made.title, made.question, made.background = question.title, question.question, question.background
    made.opens_on, made.closes_on = question.opens_on, question.closes_on
    made.standard_key = question.standard_key or None
    session.flush()
    history.record(session, made, "consultation drafted", now=now, **actor.who)
    return made


RESERVED: Final = {"new", "comments", "standards"}


def _free_slug(session: Session, title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:70].strip("-") or "consultation"
    base = f"consultation-{base}" if base in RESERVED else base
    taken = set(session.scalars(select(Consultation.slug).where(Consultation.slug.startswith(base))))
    if base not in taken:
        return base
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{base}-{n}") not in taken)


def publish(session: Session, actor: Actor, slug: str, *, rules: engine.Rules, now: datetime) -> Consultation:
    """Publish the question. Refusal: the time for comments is too short, or began before today."""
    row = load(session, slug, lock=True)
    try:
        made = engine.open_(value(session, row), now.date(), rules)
    except No as no:
        raise refused(no) from no
    row.state, row.published_at = made.state, now
    history.record(session, row, "consultation opened", now=now, **actor.who)
    return row


# To sort and to answer


def add_theme(session: Session, actor: Actor, slug: str, title: str, *, now: datetime) -> ConsultationTheme:
    row = _unanswered(session, slug)
    if not title.strip():
        raise Faulty(fields={"theme": "Name the theme."})
    made = ConsultationTheme(
        id=uuid7(now),
        consultation_id=row.id,
        position=len(themes(session, row)) + 1,
        title=title.strip(),
    )
    session.add(made)
    session.flush()
    history.record(session, row, "theme added", now=now, **actor.who, theme=made.id)
    return made


def _unanswered(session: Session, slug: str) -> Consultation:
    row = load(session, slug, lock=True)
    if row.state != engine.State.OPEN:
        raise Refusal("Its answers are published, or its question is not.", code="consultation-not-open")
    return row


def _theme(session: Session, row: Consultation, theme_id: UUID) -> ConsultationTheme:
    found = session.get(ConsultationTheme, theme_id)
    if found is None or found.consultation_id != row.id:
        raise Missing
    return found


def answer_theme(
    session: Session,
    actor: Actor,
    slug: str,
    theme_id: UUID,
    *,
    answer: str,
    changed: str,
    now: datetime,
) -> ConsultationTheme:
    """Write the answer to a theme, and what changed by it. Public once all are published together."""
    row = _unanswered(session, slug)
    theme = _theme(session, row, theme_id)
    theme.answer, theme.changed = answer.strip(), changed.strip()
    history.record(session, row, "theme answered", now=now, **actor.who, theme=theme.id)
    return theme


def _comment(session: Session, row: Consultation, comment_id: UUID) -> ConsultationComment:
    found = session.get(ConsultationComment, comment_id)
    if found is None or found.consultation_id != row.id or found.state == "waiting":
        raise Missing
    return found


def sort(
    session: Session, actor: Actor, slug: str, comment_id: UUID, theme_id: UUID, *, now: datetime
) -> ConsultationComment:
    """Put a comment under a theme."""
    row = _unanswered(session, slug)
    comment = _comment(session, row, comment_id)
    comment.theme_id = _theme(session, row, theme_id).id
    history.record(session, row, "comment sorted", now=now, **actor.who, comment=comment.id)
    return comment


def remove(
    session: Session,
    actor: Actor,
    slug: str,
    comment_id: UUID,
    reason: str,
    *,
    rules: engine.Rules,
    now: datetime,
) -> ConsultationComment:
    """Take a comment's words out of public sight; its number and the reason stay for everybody to see."""
    row = load(session, slug, lock=True)
    comment = _comment(session, row, comment_id)
    try:
        said = engine.need_reason(reason, rules)
    except No as no:
        raise Faulty(fields={"reason": no.sentence}) from no
    comment.state, comment.removed_reason = "removed", said
    history.record(session, row, "comment removed", now=now, **actor.who, comment=comment.id, reason=said)
    return comment


def publish_answers(session: Session, actor: Actor, slug: str, *, now: datetime) -> Consultation:
    """Publish all answers. Refusal: it is still open, a comment has no theme, a theme no answer."""
    row = load(session, slug, lock=True)
    try:
        made = engine.answer(value(session, row), now.date())
    except No as no:
        raise refused(no) from no
    row.state, row.answered_at = made.state, now
    session.flush()
    history.record(session, row, "consultation answered", now=now, **actor.who)
    return row


# The gate


def adopt(session: Session, actor: Actor, standard_key: str, *, now: datetime) -> StandardAdoption:
    """Adopt a standard version. Refusal: it had no consultation that is closed and answered."""
    about = session.scalars(
        select(Consultation).filter_by(standard_key=standard_key.replace("\0", "")).with_for_update()
    ).all()
    values = [(each, value(session, each)) for each in about]
    no = engine.may_adopt(standard_key, [each for _, each in values], now.date())
    if no:
        raise refused(no)
    if session.scalar(select(StandardAdoption.id).filter_by(standard_key=standard_key)):
        raise Refusal("This version is adopted already.", code="standard-adopted")
    answered = max(
        (row for row, each in values if each.state is engine.State.ANSWERED),
        key=lambda row: row.closes_on,
    )
    made = StandardAdoption(
        id=uuid7(now),
        standard_key=standard_key,
        consultation_id=answered.id,
        adopted_on=now.date(),
        person_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    history.record(session, made, "standard adopted", now=now, **actor.who, standard=standard_key)
    enter_adopted(session, standard_key, now=now)
    return made


def adopted(session: Session) -> dict[str, StandardAdoption]:
    """Standard versions that were adopted after a consultation, by key."""
    return {each.standard_key: each for each in session.scalars(select(StandardAdoption))}
