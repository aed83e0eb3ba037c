"""Appeals: an organisation against a decision, a panel of people who had no hand in the case, its word."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import certification as engine
from app import mail
from app.audits import models as rows
from app.audits import models_life as life
from app.audits import renewal, standing
from app.audits.application import tell_role
from app.audits.evaluation import seen
from app.audits.kept import Kept, engine_actor, engine_person, keep, load, ruled
from app.errors import Faulty, Missing
from app.organisations import service as organisations
from app.organisations.models import Person
from app.permissions import Actor, Role
from certification import Outcome


def lodge(session: Session, actor: Actor, case_id: UUID, grounds: str, *, now: datetime) -> Kept:
    """Appeal against the last decision. It holds until the appeal is settled."""
    kept = renewal.own(session, actor, case_id, lock=True)
    with ruled(reasons="grounds"):
        case, event = engine.lodge_appeal(
            kept.case, engine_actor(actor), kept.dossier, grounds=grounds, now=now
        )
    keep(session, kept, case, event, actor, now=now)
    assert case.appeal is not None
    against = session.scalars(
        select(rows.Decision.id)
        .filter_by(case_id=case_id)
        .order_by(rows.Decision.at.desc(), rows.Decision.id.desc())
        .limit(1)
    ).one()
    session.add(
        life.Appeal(
            case_id=case_id,
            decision_id=against,
            lodged_by=actor.person_id,
            at=now,
            grounds=case.appeal.grounds,
        )
    )
    session.flush()
    tell_role(
        session,
        Role.PROGRAMME,
        f"Appeal: {kept.organisation.name}",
        f"{kept.organisation.name} appeals against the decision to {case.appeal.decision.outcome}. "
        "Convene a panel of people who took no part in the case.",
        now=now,
    )
    return load(session, case_id)


def open_appeal(session: Session, case_id: UUID) -> life.Appeal | None:
    return session.scalars(select(life.Appeal).filter_by(case_id=case_id, settled_at=None)).one_or_none()


def newest(session: Session, case_id: UUID) -> life.Appeal | None:
    return session.scalars(
        select(life.Appeal)
        .filter_by(case_id=case_id)
        .order_by(life.Appeal.at.desc(), life.Appeal.id.desc())
        .limit(1)
    ).one_or_none()


def convene(
    session: Session, actor: Actor, case_id: UUID, person_ids: Collection[UUID], *, now: datetime
) -> Kept:
    """Name the panel, or another one in its place."""
    kept = seen(session, actor, case_id, lock=True)
    try:
        panel = [engine_person(session, each) for each in sorted(set(person_ids))]
    except Missing:
        raise Faulty(fields={"panel": "Choose people from the list."}) from None
    with ruled():
        case, event = engine.convene(kept.case, engine_actor(actor), kept.dossier, panel=panel, now=now)
    keep(session, kept, case, event, actor, now=now)
    appeal = open_appeal(session, case_id)
    assert appeal is not None
    assert case.appeal is not None
    current = {
        each.person_id: each
        for each in session.scalars(select(life.Panellist).filter_by(appeal_id=appeal.id, ended_at=None))
    }
    for person_id in current.keys() - case.appeal.panel:
        current[person_id].ended_at = now
    called = sorted(case.appeal.panel - current.keys())
    session.add_all(life.Panellist(appeal_id=appeal.id, person_id=each, since=now) for each in called)
    session.flush()
    for person_id in called:
        mail.write(
            session,
            session.get_one(Person, person_id).email,
            f"An appeal for you to hear: {kept.organisation.name}",
            f"You are on the panel that hears the appeal of {kept.organisation.name}. "
            "It stands in your queue, with everything that was decided on.",
            now=now,
        )
    return load(session, case_id)


def settle(
    session: Session, actor: Actor, case_id: UUID, *, upheld: bool, reasons: str, now: datetime
) -> Kept:
    """The panel's word: the decision stands, or it falls and the case goes back to where it stood."""
    kept = seen(session, actor, case_id, lock=True)
    step = engine.uphold if upheld else engine.overturn
    fallen = kept.case.appeal.decision if kept.case.appeal and not upheld else None
    with ruled():
        case, event = step(kept.case, engine_actor(actor), kept.dossier, reasons=reasons, now=now)
    keep(session, kept, case, event, actor, now=now)
    appeal = open_appeal(session, case_id)
    assert appeal is not None
    appeal.settled_by, appeal.settled_at, appeal.upheld = actor.person_id, now, upheld
    appeal.reasons = reasons.strip()
    session.flush()
    word = "The decision stands" if upheld else "The decision is overturned"
    if kept.certificate is not None:
        if fallen is not None and fallen.outcome is Outcome.CERTIFY_WITH_CONDITIONS:
            kept.certificate.conditions = []
        standing.follow(session, kept, f"{word} on appeal: {appeal.reasons}", now=now)
    _tell_all(session, kept, word, appeal, now=now)
    return load(session, case_id)


def _tell_all(session: Session, kept: Kept, word: str, appeal: life.Appeal, *, now: datetime) -> None:
    """The organisation, and everybody who had a hand in the case."""
    subject = f"{word} on appeal: {kept.organisation.name}"
    organisations.tell(session, kept.organisation.id, subject, appeal.reasons, now=now)
    involved = select(life.Participation.person_id).filter_by(case_id=kept.row.id)
    for person in session.scalars(select(Person).where(Person.id.in_(involved)).order_by(Person.id)):
        if person.id != appeal.settled_by:
            mail.write(session, person.email, subject, appeal.reasons, now=now)
    tell_role(session, Role.PROGRAMME, subject, appeal.reasons, now=now)
