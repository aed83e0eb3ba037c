"""What everybody may see: who is certified, for what, until when, and what became of each certificate."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

import certification as engine
from app.audits import models as rows
from app.audits.values import case_value
from app.errors import Faulty, Missing
from app.organisations.models import Kind, Organisation
from certification import CaseKind, CertificateStatus, PublicState, State

PAGE: Final = 30
_CLOSED: Final = (State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED)


@dataclass(frozen=True, slots=True)
class Search:
    """Words are looked for in the name, place, description, sites and products of an organisation."""

    words: str = ""
    region: str = ""
    country: str = ""
    state: PublicState | None = None
    after: tuple[str, UUID] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    organisation: Organisation
    state: PublicState
    certificate: rows.Certificate | None


def search(session: Session, wish: Search, *, now: datetime) -> tuple[list[Entry], str | None]:
    """A page of the registry by name, and the cursor of the next one.

    The newest certificate and the newest case of an organisation say how it stands; the engine words it.
    """
    certificate, case = _newest_certificate(), _newest_case()
    name = func.lower(Organisation.name)
    query = (
        select(Organisation, case, certificate)
        .join(case, case.organisation_id == Organisation.id)
        .outerjoin(certificate, certificate.organisation_id == Organisation.id)
        .where(Organisation.kind == Kind.PRODUCER)
        .where(_shown(certificate, case, now, wish.state))
        .order_by(name, Organisation.id)
        .limit(PAGE + 1)
    )
    for word in wish.words.replace("\x00", " ").split()[:8]:
        pattern = f"%{_plain(word)}%"
        query = query.where(
            or_(
                Organisation.name.ilike(pattern),
                Organisation.place.ilike(pattern),
                Organisation.about.ilike(pattern),
                func.array_to_string(certificate.product_categories, " ").ilike(pattern),
                func.array_to_string(certificate.sites, " ").ilike(pattern),
                certificate.number.ilike(pattern),
            )
        )
    if wish.region:
        query = query.where(Organisation.region == wish.region)
    if wish.country:
        query = query.where(Organisation.country == wish.country)
    if wish.after:
        query = query.where(tuple_(name, Organisation.id) > wish.after)
    found = session.execute(query).all()
    entries = []
    for organisation, case_row, certificate_row in found[:PAGE]:
        state = state_of(organisation, case_row, certificate_row, now)
        if state is not None and wish.state in (None, state):
            entries.append(Entry(organisation, state, certificate_row))
    if len(found) <= PAGE:
        return entries, None
    last: Organisation = found[PAGE - 1][0]
    return entries, cursor_of(session.scalars(select(func.lower(last.name))).one(), last.id)


def _newest_case() -> type[rows.Case]:
    """The newest case of each organisation, to be joined."""
    kind = rows.Case
    order = (kind.organisation_id, kind.opened_at.desc(), kind.id.desc())
    return aliased(kind, select(kind).ext(distinct_on(kind.organisation_id)).order_by(*order).subquery())


def _newest_certificate() -> type[rows.Certificate]:
    kind = rows.Certificate
    order = (kind.organisation_id, kind.valid_from.desc(), kind.id.desc())
    return aliased(kind, select(kind).ext(distinct_on(kind.organisation_id)).order_by(*order).subquery())


def _shown(
    certificate: type[rows.Certificate], case: type[rows.Case], now: datetime, state: PublicState | None
) -> ColumnElement[bool]:
    """Narrows a search to those that can have a public state, or this one, so that pages are full.

    What is shown is worded by the engine, row by row; a test compares the two over all combinations.
    """
    none, own = certificate.id.is_(None), certificate.case_id == case.id
    begun = and_(case.state.not_in(_CLOSED), or_(case.state != State.APPLIED, Organisation.listed))
    withdrawn = certificate.status == CertificateStatus.WITHDRAWN
    anew = or_(none, and_(withdrawn, ~own, case.kind == CaseKind.INITIAL))
    over = or_(certificate.status == CertificateStatus.EXPIRED, certificate.valid_until < now.date())
    demoted = or_(over, and_(~own, case.state == State.REFUSED))
    granted = certificate.status.in_((CertificateStatus.ACTIVE, CertificateStatus.EXPIRED))
    renewing = and_(~own, case.state.not_in(_CLOSED))
    match state:
        case None:
            return or_(~none, begun)
        case PublicState.APPLICANT:
            return and_(anew, begun, case.state == State.APPLIED)
        case PublicState.PROVISIONAL:
            return and_(anew, begun, case.state != State.APPLIED)
        case PublicState.GUARANTEED:
            return and_(granted, ~demoted, ~renewing)
        case PublicState.RENEWAL_IN_PROGRESS:
            return and_(granted, ~demoted, renewing)
        case PublicState.DEMOTED:
            return and_(granted, demoted)
        case PublicState.SUSPENDED:
            return certificate.status == CertificateStatus.SUSPENDED
        case PublicState.WITHDRAWN:
            return and_(withdrawn, ~and_(anew, begun))


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
    state: PublicState | None
    changes: Sequence[rows.CertificateStatusChange]
    standard: engine.Standard
    audit_ended: date | None
    decided_at: datetime


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
    return Holder(
        organisation=organisation,
        certificate=certificate,
        state=state_of(organisation, cases[0], certificate, now),
        changes=session.scalars(
            select(rows.CertificateStatusChange)
            .filter_by(certificate_id=certificate.id)
            .order_by(rows.CertificateStatusChange.at, rows.CertificateStatusChange.id)
        ).all(),
        standard=engine.standard(certificate.standard),
        audit_ended=date.fromisoformat(own.plan["ends"]) if own.plan else None,
        decided_at=decided_at,
    )


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


def cursor_of(name: str, organisation_id: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, str(organisation_id)]).encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[str, UUID]:
    """What `cursor_of` wrote. Faulty: something else."""
    try:
        name, organisation_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return str(name).replace("\x00", ""), UUID(organisation_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as fault:
        raise Faulty(fields={"after": "Use the address of the next page as it was given."}) from fault


def _plain(word: str) -> str:
    """A word in which % and _ stand for themselves."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
