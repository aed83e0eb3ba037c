"""What other slices ask about certification: who is certified, and by which certificate."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.audits.models import Certificate
from certification import CertificateStatus


def certified(session: Session, organisation_ids: Collection[UUID], on: date | datetime) -> set[UUID]:
    """Those organisations that hold a certificate on that day (UTC): valid, not suspended, not withdrawn."""
    day = on.date() if isinstance(on, datetime) else on
    rows = session.scalars(select(Certificate).where(Certificate.organisation_id.in_(organisation_ids)))
    return {row.organisation_id for row in rows if row.value.holds(day)}


def holders(on: date) -> Select[UUID]:
    """The same as a query, for lists over many organisations; it keeps to `Certificate.value.holds`."""
    return select(Certificate.organisation_id).where(
        Certificate.status == CertificateStatus.ACTIVE,
        Certificate.valid_from <= on,
        Certificate.valid_until >= on,
    )


def latest_certificates(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, Certificate]:
    """The newest certificate of each organisation, whatever became of it; those without are left out."""
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.organisation_id.in_(organisation_ids))
        .ext(distinct_on(Certificate.organisation_id))
        .order_by(Certificate.organisation_id, Certificate.valid_from.desc(), Certificate.id.desc()),
    )
    return {row.organisation_id: row for row in rows}


def certificate_of(session: Session, organisation_id: UUID, now: datetime) -> Certificate | None:
    """The certificate by which an organisation is certified now; None when it is not."""
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.organisation_id == organisation_id)
        .order_by(Certificate.valid_from.desc(), Certificate.id.desc()),
    )
    return next((row for row in rows if row.value.holds(now.date())), None)
