"""What is due in a case and who must know: shown on pages, and told by a daily job."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from app import mail
from app.audits import models as rows
from app.audits import models_life as life
from app.audits import risk
from app.audits.application import HOLDING
from app.audits.kept import Kept, load
from app.organisations import service as organisations
from app.organisations.models import Person
from app.permissions import Role
from certification import DEADLINES, Nudge, State


class About(StrEnum):
    STAGE = "stage"
    CORRECTION = "correction"
    LOOK = "look"
    RENEWAL = "renewal"
    END = "end"
    PANEL = "panel"
    APPEAL = "appeal"
    REVIEW = "review"


class Who(StrEnum):
    """Whose turn it is; the programme managers are told too of what is overdue."""

    PRODUCER = "producer"
    PROGRAMME = "programme"
    TEAM = "team"
    DECIDERS = "deciders"
    PANEL = "panel"


@dataclass(frozen=True, slots=True)
class Deadline:
    """`detail`: the criterion of a corrective action, the number of a certificate."""

    about: About
    about_id: UUID
    due: date
    who: frozenset[Who]
    detail: str = ""

    def overdue(self, on: date) -> bool:
        return on > self.due


_TURN: Final = {
    State.APPLIED: {Who.PROGRAMME},
    State.PROVISIONAL: {Who.PRODUCER},
    State.SELF_ASSESSED: {Who.TEAM},
    State.DESK_REVIEWED: {Who.TEAM},
    State.AUDIT_PLANNED: {Who.TEAM},
    State.AUDITED: {Who.TEAM, Who.PRODUCER},
    State.CORRECTING: {Who.TEAM},
    State.RECOMMENDED: {Who.DECIDERS},
    State.DECIDED: {Who.PROGRAMME},
    State.SURVEILLANCE: {Who.TEAM},
    State.SUSPENDED: {Who.PRODUCER, Who.DECIDERS},
}
_CLOSED: Final = (State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED)


def of_case(session: Session, kept: Kept) -> list[Deadline]:
    """Everything that is due in a case, the first first."""
    found = [*_road(kept), *_certificate(session, kept), *_aftermath(session, kept)]
    return sorted(found, key=lambda each: (each.due, each.about))


def _road(kept: Kept) -> Iterable[Deadline]:
    """The stage, and each corrective action that is not verified."""
    case, waiting = kept.case, [each for each in kept.dossier.corrections if each.verified_by is None]
    turn = _TURN.get(case.state)
    if turn and not (case.state is State.CORRECTING and waiting):
        yield Deadline(About.STAGE, case.id, kept.row.due_on, frozenset(turn))
    if case.state in _CLOSED:
        return
    for each in waiting:
        # proof is offered: then it is the auditors' turn to look at it
        who = Who.TEAM if each.proof else Who.PRODUCER
        yield Deadline(About.CORRECTION, each.id, each.due, frozenset({who}), each.criterion)


def _certificate(session: Session, kept: Kept) -> Iterable[Deadline]:
    """The next look, and the end that a renewal must come before."""
    case, certificate = kept.case, kept.certificate
    if certificate is None or case.state not in HOLDING:
        return
    both = frozenset({Who.PRODUCER, Who.PROGRAMME})
    known = risk.latest(session, case.id)
    if known and known.look_due and case.state is State.CERTIFIED:
        yield Deadline(About.LOOK, case.id, known.look_due, frozenset({Who.PROGRAMME}), known.look_kind)
    later = select(rows.Case.id).where(
        rows.Case.organisation_id == case.organisation, rows.Case.state.in_(rows.UNDECIDED)
    )
    if session.scalar(later.limit(1)) is None:
        begins = certificate.valid_until - timedelta(days=DEADLINES.renewal)
        yield Deadline(About.RENEWAL, case.id, begins, both, certificate.number)
    yield Deadline(About.END, case.id, certificate.valid_until, both, certificate.number)


def _aftermath(session: Session, kept: Kept) -> Iterable[Deadline]:
    case = kept.case
    if case.appeal is not None and case.appeal_is_open:
        row = session.scalars(select(life.Appeal).filter_by(case_id=case.id, settled_at=None)).one()
        lodged = row.at.date()
        if not case.appeal.panel:
            due = lodged + timedelta(days=DEADLINES.panel)
            yield Deadline(About.PANEL, row.id, due, frozenset({Who.PROGRAMME}))
        due = lodged + timedelta(days=DEADLINES.appeal)
        yield Deadline(About.APPEAL, row.id, due, frozenset({Who.PANEL}))
    if case.under_review:
        for review in session.scalars(select(life.Review).filter_by(case_id=case.id, settled_at=None)):
            due = review.found_at.date() + timedelta(days=DEADLINES.review)
            yield Deadline(About.REVIEW, review.id, due, frozenset({Who.DECIDERS}))


def near(on: date) -> tuple[date, date]:
    """A deadline up to the first day has something to tell; a certificate's end up to the second."""
    soon = on + timedelta(days=DEADLINES.before)
    return soon, soon + timedelta(days=DEADLINES.renewal)


def wanted(session: Session, on: date) -> list[UUID]:
    """Cases in which somebody could have to be told something today."""
    soon, ends = near(on)
    waiting = exists().where(
        rows.CorrectiveAction.case_id == rows.Case.id,
        rows.CorrectiveAction.verified_by.is_(None),
        rows.CorrectiveAction.due <= soon,
    )
    ending = exists().where(rows.Certificate.case_id == rows.Case.id, rows.Certificate.valid_until <= ends)
    looked_at = exists().where(
        life.RiskAssessment.case_id == rows.Case.id, life.RiskAssessment.look_due <= soon
    )
    appealed = exists().where(life.Appeal.case_id == rows.Case.id, life.Appeal.settled_at.is_(None))
    going_on = rows.Case.state.not_in(_CLOSED)
    return list(
        session.scalars(
            select(rows.Case.id)
            .where(
                or_(
                    and_(going_on, or_(rows.Case.due_on <= soon, waiting, looked_at)),
                    and_(rows.Case.state.in_(HOLDING), ending),
                    appealed,
                    rows.Case.under_review.is_(True),
                )
            )
            .order_by(rows.Case.id)
        )
    )


def remind(session: Session, case_id: UUID, *, now: datetime) -> int:
    """Tell whoever must know what is due in a case, each thing once; gives how many messages."""
    kept = load(session, case_id, lock=True)
    count = 0
    for each in of_case(session, kept):
        nudge = DEADLINES.nudge(each.due, now.date())
        if nudge is None or not _first_time(session, case_id, each, *nudge, now=now):
            continue
        subject, body = _words(kept, each, nudge[0])
        for email in sorted(_audience(session, kept, each, nudge[0])):
            mail.write(session, email, subject, body, now=now)
            count += 1
    return count


def _first_time(
    session: Session, case_id: UUID, deadline: Deadline, nudge: Nudge, for_day: date, *, now: datetime
) -> bool:
    same = {
        "case_id": case_id,
        "about": deadline.about,
        "about_id": deadline.about_id,
        "nudge": nudge,
        "due_on": deadline.due,
        "for_day": for_day,
    }
    if session.scalar(select(life.Reminder.id).filter_by(**same)) is not None:
        return False
    session.add(life.Reminder(**same, at=now))
    session.flush()
    return True


def _audience(session: Session, kept: Kept, deadline: Deadline, nudge: Nudge) -> set[str]:
    who = set(deadline.who)
    if nudge is Nudge.OVERDUE:
        who.add(Who.PROGRAMME)
    found: set[str] = set()
    if Who.PRODUCER in who:
        found |= {each.email for each in organisations.people_of(session, kept.organisation.id)}
    if Who.TEAM in who:
        found |= _emails(session, kept.case.team)
        if not kept.case.lead:
            who.add(Who.PROGRAMME)  # nobody is assigned: that is what is wanted
    if Who.PANEL in who and kept.case.appeal:
        found |= _emails(session, kept.case.appeal.panel)
    if Who.DECIDERS in who:
        assigned = session.scalars(
            select(rows.Assignment.person_id).filter_by(
                case_id=kept.row.id, part=rows.Part.DECISION_MAKER, ended_at=None
            )
        ).all()
        found |= _emails(session, assigned) if assigned else _with_role(session, Role.DECISION_MAKER)
    if Who.PROGRAMME in who:
        found |= _with_role(session, Role.PROGRAMME)
    return found


def _emails(session: Session, person_ids: Iterable[UUID]) -> set[str]:
    return set(session.scalars(select(Person.email).where(Person.id.in_(list(person_ids)))))


def _with_role(session: Session, role: Role) -> set[str]:
    return {person.email for person, _ in organisations.people_with(session, role)}


_ABOUT: Final = {
    About.CORRECTION: "the corrective action for criterion {detail}",
    About.LOOK: "the next look at the certified organisation",
    About.RENEWAL: "to begin the renewal of certificate {detail}",
    About.END: "the end of certificate {detail}",
    About.PANEL: "to convene the appeal panel",
    About.APPEAL: "to settle the appeal",
    About.REVIEW: "to settle the review of a conflict of interest",
}
_STAGE: Final = {
    State.APPLIED: "to accept or complete the application",
    State.PROVISIONAL: "to hand the self-assessment in",
    State.SELF_ASSESSED: "the review of papers",
    State.DESK_REVIEWED: "to plan the audit",
    State.AUDIT_PLANNED: "to conclude the audit",
    State.AUDITED: "to agree on corrective actions or recommend",
    State.CORRECTING: "to recommend",
    State.RECOMMENDED: "the decision",
    State.DECIDED: "to issue the certificate",
    State.SURVEILLANCE: "to report on surveillance",
    State.SUSPENDED: "to reinstate or withdraw the suspended certificate",
}
_WHEN: Final = {Nudge.BEFORE: "Due on {day}", Nudge.DUE: "Due today", Nudge.OVERDUE: "Overdue since {day}"}


def _words(kept: Kept, deadline: Deadline, nudge: Nudge) -> tuple[str, str]:
    said = _STAGE[kept.case.state] if deadline.about is About.STAGE else _ABOUT[deadline.about]
    what = said.format(detail=deadline.detail)
    when = _WHEN[nudge].format(day=f"{deadline.due:%d %B %Y}")
    return f"{when}: {what}, {kept.organisation.name}", f"{kept.organisation.name}: {when.lower()}, {what}."
