"""Beginning the next cycle beside a running certificate; giving a certificate up; its running out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import certification as engine
from app.audits import application, standing
from app.audits import models as rows
from app.audits.kept import PLATFORM, Kept, engine_actor, keep, load, newest_case, ruled
from app.db import uuid7
from app.errors import Missing, Refusal
from app.organisations import service as organisations
from app.permissions import Actor, Role


def own(session: Session, actor: Actor, case_id: UUID, *, lock: bool = False) -> Kept:
    """A case of the actor's organisation. Missing: not there, or another's."""
    owner = session.scalar(select(rows.Case.organisation_id).where(rows.Case.id == case_id))
    if owner != actor.organisation_id or Role.PRODUCER not in actor.roles:
        raise Missing
    return load(session, case_id, lock=lock)


def begin(session: Session, actor: Actor, standard: str = "", *, now: datetime) -> Kept:
    """Open the next cycle; the certificate goes on meanwhile.

    The application, and the answers to criteria that read as they did, are taken over, to be gone through
    again. `standard`: a key; empty: the version in force.
    """
    organisation = application.locked(session, actor)
    before = application.holding_case(session, organisation.id)
    newest = newest_case(session, organisation.id)
    if before is None or newest is None:
        raise Refusal(
            "There is no certificate to renew. Apply for one.",
            code="nothing-to-renew",
            title="No certificate",
        )
    if newest.id != before.id and newest.state not in application.OVER:
        raise Refusal("A renewal is under way already.", code="renewal-under-way", title="Under way already")
    row = application.open_case(session, actor, organisation, standard, now=now)
    row.application = dict(before.application)
    row.supply_tiers, row.outside_percent = before.supply_tiers, before.outside_percent
    _take_over_answers(session, before, row, now=now)
    session.flush()
    application.tell_role(
        session,
        Role.PROGRAMME,
        f"A renewal to look at: {organisation.name}",
        f"{organisation.name} has begun to renew its certificate. The application stands in the queue.",
        now=now,
    )
    return load(session, row.id)


def _take_over_answers(session: Session, before: rows.Case, row: rows.Case, *, now: datetime) -> None:
    old, new = engine.standard(before.standard), engine.standard(row.standard)
    now_read = {each.id: each.text for each in new.criteria}
    same = {each.id for each in old.criteria if now_read.get(each.id) == each.text}
    for each in session.scalars(select(rows.Answer).filter_by(case_id=before.id)).all():
        if each.criterion in same:
            session.add(
                rows.Answer(
                    id=uuid7(now),
                    case_id=row.id,
                    criterion=each.criterion,
                    value=each.value,
                    note=each.note,
                    plan=each.plan,
                    reason=each.reason,
                    answered_by=each.answered_by,
                    answered_at=each.answered_at,
                )
            )


def surrender(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    """The organisation gives its certificate up."""
    kept = own(session, actor, case_id, lock=True)
    with ruled():
        case, event = engine.surrender(kept.case, engine_actor(actor), kept.dossier, reasons=reasons, now=now)
    keep(session, kept, case, event, actor, now=now)
    said = f"Given up by the organisation: {reasons.strip()}"
    standing.follow(session, kept, said, now=now)
    application.tell_role(
        session, Role.PROGRAMME, f"Certificate given up: {kept.organisation.name}", said, now=now
    )
    return kept


def end_earlier(session: Session, kept: Kept, number: str, *, now: datetime) -> None:
    """A new certificate is issued: the ones before it are over."""
    for row in session.scalars(
        select(rows.Case).where(
            rows.Case.organisation_id == kept.organisation.id,
            rows.Case.id != kept.row.id,
            rows.Case.state.in_(application.HOLDING),
        )
    ).all():
        _lapse(session, load(session, row.id, lock=True), renewed_by=number, now=now)


def lapse_due(session: Session, *, now: datetime) -> Sequence[str]:
    """End what has run out; gives the numbers of the certificates."""
    over = session.scalars(
        select(rows.Case.id)
        .join(rows.Certificate, rows.Certificate.case_id == rows.Case.id)
        .where(rows.Case.state.in_(application.HOLDING), rows.Certificate.valid_until < now.date())
        .order_by(rows.Case.id)
    ).all()
    numbers = []
    for case_id in over:
        kept = load(session, case_id, lock=True)
        if kept.case.state not in application.HOLDING:
            continue
        _lapse(session, kept, renewed_by="", now=now)
        assert kept.certificate is not None
        numbers.append(kept.certificate.number)
        organisations.tell(
            session,
            kept.organisation.id,
            f"Your certificate {kept.certificate.number} has run out",
            f"It was valid until {kept.certificate.valid_until:%d %B %Y}. You may apply again.",
            now=now,
        )
        application.tell_role(
            session,
            Role.PROGRAMME,
            f"Run out: {kept.organisation.name}",
            f"Certificate {kept.certificate.number} was not renewed in time.",
            now=now,
        )
    return numbers


def _lapse(session: Session, kept: Kept, *, renewed_by: str, now: datetime) -> None:
    kept.dossier = replace(kept.dossier, renewed_by=renewed_by)
    with ruled():
        case, event = engine.lapse(kept.case, PLATFORM, kept.dossier, now=now)
    keep(session, kept, case, event, None, now=now)
    standing.follow(session, kept, f"Renewed by {renewed_by}" if renewed_by else "", now=now)


def renewable(session: Session, organisation_id: UUID) -> bool:
    """Whether a renewal can begin now."""
    before = application.holding_case(session, organisation_id)
    running = select(rows.Case.id).where(
        rows.Case.organisation_id == organisation_id, rows.Case.state.in_(rows.UNDECIDED)
    )
    return before is not None and session.scalar(running.limit(1)) is None
