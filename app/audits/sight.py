"""Who may read which case in the console: one condition, for a case and for lists alike."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from app.audits import models as rows
from app.audits import models_life as life
from app.errors import Missing
from app.permissions import Actor, Role


def visible(actor: Actor) -> ColumnElement[bool]:
    """The cases that the actor may read: all for programme managers and decision makers, those that they are
    assigned to for auditors and peers, those that they hear, or whose conflict waits, for appeal panels.
    An organisation's own people use their own pages.
    """
    if actor.roles & {Role.PROGRAMME, Role.DECISION_MAKER}:
        return rows.Case.id.is_not(None)
    ways: list[ColumnElement[bool]] = []
    if actor.roles & {Role.AUDITOR, Role.PEER}:
        ways.append(assigned(actor))
    if Role.APPEAL in actor.roles:
        ways += [_heard(actor), rows.Case.under_review.is_(True)]
    return or_(*ways) if ways else false()


def assigned(actor: Actor) -> ColumnElement[bool]:
    return rows.Case.id.in_(
        select(rows.Assignment.case_id).where(
            rows.Assignment.person_id == actor.person_id, rows.Assignment.ended_at.is_(None)
        )
    )


def _heard(actor: Actor) -> ColumnElement[bool]:
    return rows.Case.id.in_(
        select(life.Appeal.case_id)
        .join(life.Panellist, life.Panellist.appeal_id == life.Appeal.id)
        .where(life.Panellist.person_id == actor.person_id, life.Panellist.ended_at.is_(None))
    )


def sees(session: Session, actor: Actor, case_id: UUID) -> bool:
    return session.scalar(select(rows.Case.id).where(rows.Case.id == case_id, visible(actor))) is not None


def need_sight(session: Session, actor: Actor, case_id: UUID) -> None:
    """Missing: there is no such case, or it is not theirs to see."""
    if not sees(session, actor, case_id):
        raise Missing
