"""What decision makers do: certify or refuse, suspend, reinstate, withdraw; and the certificate of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import certification as engine
from app import mail
from app.audits import evidence, renewal, risk, standing
from app.audits import models as rows
from app.audits.evaluation import Step, act, seen
from app.audits.kept import Kept, engine_actor, keep, load, ruled
from app.audits.sight import need_sight
from app.files import Store
from app.organisations import service as organisations
from app.organisations.models import Person
from app.permissions import Actor
from app.tlog import certificates as log
from certification import Outcome, State

NUMBERING = 7_203_001
"""Advisory lock: one certificate is numbered at a time, so the sequence of a year has no gap and no twin."""


@dataclass(frozen=True, slots=True)
class Word:
    """What is decided, why, and on which conditions."""

    outcome: Outcome
    reasons: str
    conditions: Sequence[str] = ()


def under_decision(
    session: Session, store: Store, actor: Actor, case_id: UUID, *, lock: bool = False
) -> Kept:
    """A case with every file hashed again: what is decided on is what was uploaded."""
    need_sight(session, actor, case_id)
    return load(session, case_id, lock=lock, altered=evidence.altered(session, store, case_id))


def decide(session: Session, store: Store, actor: Actor, case_id: UUID, said: Word, *, now: datetime) -> Kept:
    """The decision on a recommendation. A favourable one issues the certificate in the same transaction."""
    kept = under_decision(session, store, actor, case_id, lock=True)
    with ruled():
        case, event = engine.decide(
            kept.case,
            engine_actor(actor),
            kept.dossier,
            outcome=said.outcome,
            reasons=said.reasons,
            conditions=said.conditions,
            now=now,
        )
    keep(session, kept, case, event, actor, now=now)
    if case.state is State.DECIDED:
        _issue(session, actor, kept, now=now)
    _tell_decided(session, kept, now=now)
    return kept


def decline(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    """Refuse an application before it is accepted."""
    kept = act(session, actor, case_id, engine.decline, now=now, reasons=reasons)
    _tell_decided(session, kept, now=now)
    return kept


def _issue(session: Session, actor: Actor, kept: Kept, *, now: datetime) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": NUMBERING})
    highest = session.scalar(select(func.max(rows.Certificate.sequence)).filter_by(year=now.year)) or 0
    sites = tuple(dict.fromkeys(each.name for each in organisations.sites_of(session, kept.organisation.id)))
    with ruled():
        scope = engine.Scope(sites=sites, product_categories=tuple(sorted(kept.organisation.product_kinds)))
        case, certificate, event = engine.issue(
            kept.case,
            engine_actor(actor),
            kept.dossier,
            sequence=highest + 1,
            scope=scope,
            risk=risk.assess(session, kept, since=now.date(), now=now),
            valid_from=now.date(),
            now=now,
        )
    decision_id = session.scalars(
        select(rows.Decision.id)
        .filter_by(case_id=kept.row.id)
        .order_by(rows.Decision.at.desc(), rows.Decision.id.desc())
        .limit(1)
    ).one()
    summary = engine.findings_summary(kept.standard, kept.dossier.criteria, kept.dossier.findings)
    row = rows.Certificate(
        number=certificate.number,
        year=now.year,
        sequence=highest + 1,
        case_id=kept.row.id,
        organisation_id=kept.organisation.id,
        decision_id=decision_id,
        standard=certificate.standard,
        sites=list(certificate.scope.sites),
        product_categories=list(certificate.scope.product_categories),
        conditions=list(kept.case.decision.conditions) if kept.case.decision else [],
        summary=[
            {"principle": each.principle, "counts": {verdict.value: n for verdict, n in each.counts.items()}}
            for each in summary
        ],
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
        status=certificate.status,
        issued_at=now,
    )
    session.add(row)
    session.flush()
    session.add(rows.CertificateStatusChange(certificate_id=row.id, status=row.status, reasons="", at=now))
    log.enter_granted(session, row, kept.organisation, now=now)
    standing.tell_systems(session, row, now=now)
    kept.certificate = row
    kept.dossier = replace(kept.dossier, certificate=certificate)
    keep(session, kept, case, event, actor, now=now)
    _set_due(session, kept)
    renewal.end_earlier(session, kept, certificate.number, now=now)
    standing.announce(session, kept.organisation.id, "", now=now)


def _set_due(session: Session, kept: Kept) -> None:
    """Certified: what comes next is the look that the last assessment of risk asks for."""
    known = risk.latest(session, kept.row.id)
    if known is not None and known.look_due is not None and kept.case.state is State.CERTIFIED:
        assert kept.certificate is not None
        kept.row.due_on = min(known.look_due, kept.certificate.valid_until)
        session.flush()


def suspend(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    return _rule(session, actor, case_id, engine.suspend, reasons, now=now)


def withdraw(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    return _rule(session, actor, case_id, engine.withdraw, reasons, now=now)


def confirm(
    session: Session, store: Store, actor: Actor, case_id: UUID, reasons: str, *, now: datetime
) -> Kept:
    """The certificate goes on after a look. Risk is assessed anew, which sets when the next look is."""
    kept = under_decision(session, store, actor, case_id, lock=True)
    kept = _rule(session, actor, case_id, engine.confirm, reasons, now=now, kept=kept)
    risk.assess(session, kept, since=now.date(), now=now)
    _set_due(session, kept)
    return kept


def reinstate(
    session: Session, store: Store, actor: Actor, case_id: UUID, reasons: str, *, now: datetime
) -> Kept:
    kept = under_decision(session, store, actor, case_id, lock=True)
    return _rule(session, actor, case_id, engine.reinstate, reasons, now=now, kept=kept)


def _rule(
    session: Session,
    actor: Actor,
    case_id: UUID,
    step: Step,
    reasons: str,
    *,
    now: datetime,
    kept: Kept | None = None,
) -> Kept:
    """A decision on a certificate that was issued: the case moves and the certificate follows it."""
    kept = kept or seen(session, actor, case_id, lock=True)
    with ruled():
        case, event = step(kept.case, engine_actor(actor), kept.dossier, reasons=reasons, now=now)
    keep(session, kept, case, event, actor, now=now)
    said = case.decision.reasons if case.decision else ""
    standing.follow(session, kept, said, now=now)
    assert kept.certificate is not None  # the states from which these lead have one
    word = "confirmed" if step is engine.confirm else kept.certificate.status
    tell = f"Your certificate {kept.certificate.number}: {word}"
    organisations.tell(session, kept.organisation.id, tell, f"It was decided: {said}", now=now)
    return kept


def _tell_decided(session: Session, kept: Kept, *, now: datetime) -> None:
    decision, certificate = kept.case.decision, kept.certificate
    assert decision is not None
    if certificate:
        subject = f"{kept.organisation.name} is certified"
        body = (
            f"Certificate {certificate.number} is valid from {certificate.valid_from:%d %B %Y} "
            f"until {certificate.valid_until:%d %B %Y}. It stands in the public registry."
        )
        if decision.conditions:
            body += "\n\nConditions:\n" + "\n".join(f"- {each}" for each in decision.conditions)
    else:
        subject = f"{kept.organisation.name} is not certified"
        body = f"It was decided to refuse the certificate: {decision.reasons}"
    organisations.tell(session, kept.organisation.id, subject, body, now=now)
    involved = select(rows.Assignment.person_id).filter_by(case_id=kept.row.id, ended_at=None)
    for person in session.scalars(select(Person).where(Person.id.in_(involved))):
        mail.write(session, person.email, subject, body, now=now)
