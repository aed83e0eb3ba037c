"""A conflict of interest found later: the decision is marked for review, and somebody else settles it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import certification as engine
from app.audits import models as rows
from app.audits import models_life as life
from app.audits import standing
from app.audits.application import tell_role
from app.audits.declaring import declared
from app.audits.evaluation import seen
from app.audits.kept import PLATFORM, Kept, engine_actor, keep, load, ruled
from app.audits.values import declaration_value
from app.organisations import service as organisations
from app.permissions import Actor, Role
from certification.decisions import NoConflict
from certification.road import NotFromHere


def report(
    session: Session,
    actor: Actor,
    case_id: UUID,
    person_id: UUID,
    interests: Sequence[engine.Interest],
    *,
    now: datetime,
) -> Kept:
    """Say that somebody who had a hand in a case has an interest in its organisation."""
    kept = seen(session, actor, case_id, lock=True)
    row = declared(session, actor, kept.organisation.id, interests, about=person_id, now=now)
    with ruled():
        _mark(session, actor, engine_actor(actor), kept, row, now=now)
    return load(session, case_id)


def after_declaring(session: Session, actor: Actor, row: rows.Declaration, *, now: datetime) -> None:
    """Somebody declares an interest that they kept back: what they had a hand in is marked at once."""
    if not row.interests:
        return
    touched = session.scalars(
        select(life.Participation.case_id)
        .join(rows.Case, rows.Case.id == life.Participation.case_id)
        .where(
            life.Participation.person_id == row.person_id,
            rows.Case.organisation_id == row.organisation_id,
        )
        .order_by(life.Participation.case_id)
    ).all()
    for case_id in touched:
        kept = load(session, case_id, lock=True)
        try:
            _mark(session, actor, PLATFORM, kept, row, now=now)
        except (NoConflict, NotFromHere):
            # it no longer counts, or nothing is decided yet: then the evaluation itself is stopped
            continue


def _mark(
    session: Session,
    actor: Actor,
    who: engine.Actor,
    kept: Kept,
    declaration: rows.Declaration,
    *,
    now: datetime,
) -> None:
    case, event = engine.report_conflict(
        kept.case, who, kept.dossier, declaration=declaration_value(declaration), now=now
    )
    keep(session, kept, case, event, actor, now=now)
    session.add(
        life.Review(
            case_id=kept.row.id, declaration_id=declaration.id, reported_by=actor.person_id, found_at=now
        )
    )
    session.flush()
    subject = f"To be reviewed: {kept.organisation.name}"
    body = (
        "Somebody who took part in this case has an interest in the organisation. Whoever took no part says "
        "whether the decision stands or the evaluation is repeated by others."
    )
    for role in (Role.PROGRAMME, Role.DECISION_MAKER):
        tell_role(session, role, subject, body, now=now)


def settle(
    session: Session, actor: Actor, case_id: UUID, *, repeat: bool, reasons: str, now: datetime
) -> Kept:
    """Whether the decision stands, or the evaluation is repeated by others."""
    kept = seen(session, actor, case_id, lock=True)
    with ruled():
        case, event = engine.settle_review(
            kept.case, engine_actor(actor), kept.dossier, repeat=repeat, reasons=reasons, now=now
        )
    keep(session, kept, case, event, actor, now=now)
    for row in session.scalars(select(life.Review).filter_by(case_id=case_id, settled_at=None)).all():
        row.settled_by, row.settled_at, row.repeat = actor.person_id, now, repeat
        row.reasons = reasons.strip()
    session.flush()
    if kept.certificate is not None:
        standing.follow(session, kept, "", now=now)
    word = "The evaluation is repeated by others" if repeat else "The decision stands"
    organisations.tell(
        session, kept.organisation.id, f"{word}: review of a conflict of interest", reasons, now=now
    )
    return load(session, case_id)


def open_reviews(session: Session, case_id: UUID) -> Sequence[tuple[life.Review, rows.Declaration]]:
    found = session.execute(
        select(life.Review, rows.Declaration)
        .join(rows.Declaration, rows.Declaration.id == life.Review.declaration_id)
        .where(life.Review.case_id == case_id, life.Review.settled_at.is_(None))
        .order_by(life.Review.found_at)
    )
    return [(review, declaration) for review, declaration in found]
