"""What everybody may see: who is certified, for what, until when, and what became of each certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

import certification as engine
from app.audits import models as rows
from app.audits.values import case_value
from app.errors import Missing
from app.organisations.models import Organisation
from certification import PublicState, State

CLOSED: Final = (State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED)


@dataclass(frozen=True, slots=True)
class Entry:
    organisation: Organisation
    state: PublicState
    certificate: rows.Certificate | None


def _newest_case() -> type[rows.Case]:
    """The newest case of each organisation, to be joined."""
    kind = rows.Case
    order = (kind.organisation_id, kind.opened_at.desc(), kind.id.desc())
    return aliased(kind, select(kind).ext(distinct_on(kind.organisation_id)).order_by(*order).subquery())


def _newest_certificate() -> type[rows.Certificate]:
    kind = rows.Certificate
    order = (kind.organisation_id, kind.valid_from.desc(), kind.id.desc())
    return aliased(kind, select(kind).ext(distinct_on(kind.organisation_id)).order_by(*order).subquery())


def state_of(
    organisation: Organisation, case: rows.Case, certificate: rows.Certificate | None, now: datetime
) -> PublicState | None:
    return engine.public_state(
        case_value(case, (), ()),
        certificate.value if certificate else None,
        now,
        consent=organisation.listed,
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate with what a visitor asks: who, how it stands, how it came about."""

    organisation: Organisation
    certificate: rows.Certificate
    state: PublicState | None  # of the organisation, by its newest certificate
    changes: Sequence[rows.CertificateStatusChange]
    standard: engine.Standard
    audit_ended: date | None
    decided_at: datetime
    newer: rows.Certificate | None  # the newest that was issued after it: what took its place


def holder(session: Session, number: str, *, now: datetime) -> Holder:
    """The certificate of a number as people type it. Missing: there is none."""
    try:
        year, sequence = engine.parse_number(number)
    except engine.Refusal as no:
        raise Missing(no.sentence) from no
    found = session.execute(
        select(rows.Certificate, Organisation, rows.Decision.at)
        .join(Organisation, Organisation.id == rows.Certificate.organisation_id)
        .join(rows.Decision, rows.Decision.id == rows.Certificate.decision_id)
        .where(rows.Certificate.year == year, rows.Certificate.sequence == sequence)
    ).one_or_none()
    if found is None:
        raise Missing
    certificate, organisation, decided_at = found
    cases = session.scalars(
        select(rows.Case)
        .where(rows.Case.organisation_id == organisation.id)
        .order_by(rows.Case.opened_at.desc(), rows.Case.id.desc())
    ).all()
    own = next(each for each in cases if each.id == certificate.case_id)
    newer = _newer(session, certificate)
    return Holder(
        organisation=organisation,
        certificate=certificate,
        state=state_of(organisation, cases[0], newer or certificate, now),
        changes=session.scalars(
            select(rows.CertificateStatusChange)
            .filter_by(certificate_id=certificate.id)
            .order_by(rows.CertificateStatusChange.at, rows.CertificateStatusChange.id)
        ).all(),
        standard=engine.standard(certificate.standard),
        audit_ended=_audit_ended(own, decided_at),
        decided_at=decided_at,
        newer=newer,
    )


def _audit_ended(case: rows.Case, decided_at: datetime) -> date | None:
    """The last day of the audit that the decision rests on: a visit planned since then is not it."""
    ends = date.fromisoformat(case.plan["ends"]) if case.plan else None
    return ends if ends and ends <= decided_at.date() else None


def _newer(session: Session, certificate: rows.Certificate) -> rows.Certificate | None:
    kind = rows.Certificate
    return session.scalars(
        select(kind)
        .where(kind.organisation_id == certificate.organisation_id, kind.issued_at > certificate.issued_at)
        .order_by(kind.issued_at.desc(), kind.id.desc())
        .limit(1)
    ).one_or_none()


def by_slug(session: Session, slug: str, *, now: datetime) -> Entry:
    """An organisation that has a public state. Missing: it has none, or there is no such organisation."""
    certificate, case = _newest_certificate(), _newest_case()
    found = session.execute(
        select(Organisation, case, certificate)
        .join(case, case.organisation_id == Organisation.id)
        .outerjoin(certificate, certificate.organisation_id == Organisation.id)
        .where(Organisation.slug == slug.replace("\x00", " "))
    ).one_or_none()
    state = state_of(*found, now) if found else None
    if found is None or state is None:
        raise Missing
    return Entry(found[0], state, found[2])


def countries(session: Session) -> list[str]:
    """Countries in which somebody may be shown: what the filter offers."""
    shown = or_(Organisation.listed, rows.Case.state != State.APPLIED)
    return sorted(
        session.scalars(
            select(Organisation.country)
            .join(rows.Case, rows.Case.organisation_id == Organisation.id)
            .where(shown)
            .distinct()
        )
    )


@dataclass(frozen=True, slots=True)
class Story:
    """An organisation with every certificate that it had, newest first, each with what became of it."""

    entry: Entry
    certificates: Sequence[rows.Certificate]
    changes: Sequence[tuple[rows.CertificateStatusChange, str]]  # and the number of the certificate


def story(session: Session, slug: str, *, now: datetime) -> Story:
    """Missing: it has no public state, or there is no such organisation."""
    entry = by_slug(session, slug, now=now)
    certificates = session.scalars(
        select(rows.Certificate)
        .filter_by(organisation_id=entry.organisation.id)
        .order_by(rows.Certificate.valid_from.desc(), rows.Certificate.id.desc())
    ).all()
    change = rows.CertificateStatusChange
    changes = session.execute(
        select(change, rows.Certificate.number)
        .join(rows.Certificate, rows.Certificate.id == change.certificate_id)
        .where(rows.Certificate.organisation_id == entry.organisation.id)
        .order_by(change.at.desc(), change.id.desc())
    )
    return Story(entry, certificates, [(row, number) for row, number in changes])
