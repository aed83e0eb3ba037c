"""A certificate follows its case; and who must know at once that an organisation may sell or no longer may.

A slice that acts on it adds a listener where it is wired. It is called in the same transaction, so that the
change and what follows from it are both there or neither.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

import certification as engine
from app.audits import models as rows
from app.audits.kept import Kept, ruled
from app.audits.service import certified
from app.tlog import certificates as log
from app.webhooks import service as webhooks

Listener: TypeAlias = Callable[..., None]
"""Called as `listener(session, organisation_id, certified=bool, reasons=str, now=datetime)`."""

LISTENERS: Final[list[Listener]] = []


def follow(session: Session, kept: Kept, reasons: str, *, now: datetime) -> bool:
    """The certificate takes the status that the state of its case gives it; whether that changed it.

    `reasons` may be read by anybody.
    """
    assert kept.certificate is not None
    with ruled():
        followed = engine.follow(kept.certificate.value, kept.case)
    if kept.certificate.status == followed.status:
        return False
    kept.certificate.status = followed.status
    session.add(
        rows.CertificateStatusChange(
            certificate_id=kept.certificate.id, status=followed.status, reasons=reasons, at=now
        )
    )
    log.enter_status(session, kept.certificate, kept.organisation, reasons, now=now)
    tell_systems(session, kept.certificate, now=now)
    session.flush()
    announce(session, kept.organisation.id, reasons, now=now)
    return True


def tell_systems(session: Session, certificate: rows.Certificate, *, now: datetime) -> None:
    """The organisation's own systems hear which status its certificate has."""
    data = {
        "number": certificate.number,
        "state": str(certificate.status),
        "valid_until": certificate.valid_until.isoformat(),
    }
    webhooks.emit(session, certificate.organisation_id, "certificate.changed", data, now)


def announce(session: Session, organisation_id: UUID, reasons: str, *, now: datetime) -> None:
    """Tell every listener whether the organisation holds a certificate now."""
    holds = organisation_id in certified(session, [organisation_id], now)
    for listener in LISTENERS:
        listener(session, organisation_id, certified=holds, reasons=reasons, now=now)
