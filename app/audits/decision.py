"""What decision makers do: certify or refuse, suspend, reinstate, withdraw; and the certificate of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import certification as engine
from app import mail
from app.audits import evidence
from app.audits import models as rows
from app.audits.evaluation import Step, act, seen
from app.audits.kept import Kept, engine_actor, keep, load, ruled
from app.audits.sight import need_sight
from app.catalogue.models import Offer, OfferState
from app.files import Store
from app.organisations import service as organisations
from app.organisations.models import Person
from app.permissions import Actor
from certification import Outcome, State, Verdict

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
            risk=_risk(session, kept, len(sites)),
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
    kept.certificate = row
    kept.dossier = replace(kept.dossier, certificate=certificate)
    keep(session, kept, case, event, actor, now=now)


def _risk(session: Session, kept: Kept, sites: int) -> engine.Risk:
    """How closely the organisation is looked at from here on, from its application and this audit."""
    organisation = kept.organisation
    verdicts = [each.verdict for each in kept.dossier.findings.values()]
    listed = select(func.count()).where(
        Offer.organisation_id == organisation.id, Offer.state == OfferState.LISTED
    )
    return engine.assess_risk(
        engine.RiskFactors(
            supply_tiers=kept.row.supply_tiers,
            sites=sites,
            people=(organisation.members or 0) + (organisation.workers or 0),
            outside_production_percent=kept.row.outside_percent,
            labelled_products=session.scalar(listed) or 0,
            past_majors=verdicts.count(Verdict.MAJOR),
            past_minors=verdicts.count(Verdict.MINOR),
        )
    )


def suspend(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    return _rule(session, actor, case_id, engine.suspend, reasons, now=now)


def withdraw(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    return _rule(session, actor, case_id, engine.withdraw, reasons, now=now)


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
        assert kept.certificate is not None  # the states from which these lead have one
        followed = engine.follow(kept.certificate.value, case)
    keep(session, kept, case, event, actor, now=now)
    kept.certificate.status = followed.status
    said = case.decision.reasons if case.decision else ""
    session.add(
        rows.CertificateStatusChange(
            certificate_id=kept.certificate.id, status=followed.status, reasons=said, at=now
        )
    )
    session.flush()
    organisations.tell(
        session,
        kept.organisation.id,
        f"Your certificate {kept.certificate.number}: {followed.status}",
        f"It was decided: {said}",
        now=now,
    )
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
