"""What we promised, how it stands today, what is overdue, and what is missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audits import figures as audit_figures
from app.complaints import register
from app.consultations import service as consultations
from app.documents import service as documents
from app.settings import Settings
from app.tlog import checking
from app.tlog import service as tlog
from app.tlog.models import LogEntry
from app.votes import membership
from app.votes import service as votes
from certification import standards
from governance import consultations as consulting

CHECKPOINT_WITHIN: Final = timedelta(hours=1)
"""The log is signed each minute; an entry that waits longer than this is overdue."""


@dataclass(frozen=True, slots=True)
class Today:
    """`overdue`: what should be done and is not, by area. Times are None where there is nothing yet."""

    documents_waiting: int
    documents_overdue: int
    documents_late: int  # of those published
    documents_published: int
    consultations_open: int
    consultations_overdue: int
    complaints_open: int
    complaints_overdue: int
    votes_open: int
    votes_overdue: int  # over and not counted
    terms_over: int
    members: int
    corrections_overdue: int
    log_size: int
    log_signed_at: datetime | None
    log_overdue: int  # entries that wait too long for a checkpoint
    log_faults: int
    log_checked_at: datetime | None
    witnesses: int
    witnessed: int  # of them, who signed the newest checkpoint too

    @property
    def overdue(self) -> int:
        return (
            self.documents_overdue
            + self.consultations_overdue
            + self.complaints_overdue
            + self.votes_overdue
            + self.terms_over
            + self.corrections_overdue
            + self.log_overdue
            + self.log_faults
        )


def today(session: Session, settings: Settings, *, now: datetime) -> Today:
    day = now.date()
    editions = documents.editions(session, today=day)
    published = [each for each in editions if each.published]
    waiting = [each for each in editions if not each.published]
    asked = [(each, consultations.value(session, each)) for each in consultations.everything(session)]
    rules = settings.consultation_rules
    years = register.figures(session, today=day)
    head, check = tlog.head(session), checking.latest(session)
    held = votes.everything(session)
    waits = (
        session.scalar(
            select(func.count())
            .select_from(LogEntry)
            .where(LogEntry.index.is_(None), LogEntry.at < now - CHECKPOINT_WITHIN)
        )
        or 0
    )
    return Today(
        documents_waiting=len(waiting),
        documents_overdue=sum(each.late for each in waiting),
        documents_late=sum(each.late for each in published),
        documents_published=len(published),
        consultations_open=sum(known.open_on(day) for _, known in asked),
        consultations_overdue=sum(
            known.state is consulting.State.OPEN and consulting.answer_due(known, rules) < day
            for _, known in asked
        ),
        complaints_open=sum(each.open for each in years),
        complaints_overdue=sum(each.overdue for each in years),
        votes_open=sum(votes.is_open(each, day) for each in held),
        votes_overdue=len(votes.due(session, today=day - timedelta(days=1))),
        terms_over=sum(each.until < day for each in votes.seats(session, today=day)),
        members=len(membership.members(session, now=now)),
        corrections_overdue=audit_figures.overdue(session, on=day)[1],
        log_size=head.size if head else 0,
        log_signed_at=head.signed_at if head else None,
        log_overdue=waits,
        log_faults=len(check.faults) if check else 0,
        log_checked_at=check.at if check else None,
        witnesses=len(tlog.witnesses(session)),
        witnessed=len(tlog.cosigned(session, head)) if head else 0,
    )


@dataclass(frozen=True, slots=True)
class Missing:
    """What an outsider could expect and does not find. `what`: a word of `pages.missing_words`."""

    what: str
    href: str
    which: tuple[str, ...] = ()


def missing(session: Session, known: Today, *, now: datetime) -> list[Missing]:
    day = now.date()
    kinds = {each.document.kind for each in documents.editions(session, today=day) if each.published}
    adopted = consultations.adopted(session)
    in_force = [each for each in standards() if each.effective <= day]
    boards = {each.body for each in votes.seats(session, today=day) if each.until >= day}
    members = membership.members(session, now=now)
    regions = {each.region for each in members}
    found = [
        Missing(f"no {kind}", "/documents")
        for kind in (documents.Kind.CONSTITUTION, documents.Kind.RULES, documents.Kind.MINUTES)
        if kind not in kinds
    ]
    if in_force and in_force[-1].key not in adopted:
        found.append(Missing("standard not consulted on", "/consultations", (in_force[-1].title,)))
    if unelected := tuple(each for each in votes.BODIES if each not in boards):
        found.append(Missing("no board", "/votes", unelected))
    if voiceless := tuple(each for each in votes.BODIES[1:] if each not in regions):
        found.append(Missing("no member", "/members", voiceless))
    if not known.witnesses:
        found.append(Missing("no witness", "/log/witnesses"))
    elif not known.witnessed:
        found.append(Missing("no cosignature", "/log/witnesses"))
    if known.log_checked_at is None:
        found.append(Missing("log never checked", "/log"))
    return [*found, Missing("no shelf price", "/open-data/prices")]
