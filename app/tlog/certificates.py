"""Certificates in the log: granted, suspended, reinstated, withdrawn, expired."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.audits.models import Certificate
from app.organisations.models import Organisation
from app.tlog import service
from certification import CertificateStatus

AFTERWARDS: Final = {
    CertificateStatus.ACTIVE: "certificate.reinstated",
    CertificateStatus.SUSPENDED: "certificate.suspended",
    CertificateStatus.WITHDRAWN: "certificate.withdrawn",
    CertificateStatus.EXPIRED: "certificate.expired",
}


def enter_granted(
    session: Session, certificate: Certificate, organisation: Organisation, *, now: datetime
) -> None:
    service.append(
        session,
        "certificate.granted",
        certificate,
        {
            "certificate": certificate.number,
            "organisation": organisation.name,
            "country": organisation.country,
            "standard": certificate.standard,
            "sites": list(certificate.sites),
            "products": list(certificate.product_categories),
            "conditions": list(certificate.conditions),
            "valid_from": certificate.valid_from.isoformat(),
            "valid_until": certificate.valid_until.isoformat(),
        },
        now=now,
    )


def enter_status(
    session: Session, certificate: Certificate, organisation: Organisation, reasons: str, *, now: datetime
) -> None:
    """The status that the certificate has from now on, with the reasons that stand in the registry."""
    service.append(
        session,
        AFTERWARDS[CertificateStatus(certificate.status)],
        certificate,
        {
            "certificate": certificate.number,
            "organisation": organisation.name,
            "status": certificate.status,
            "reasons": reasons,
        },
        now=now,
    )
