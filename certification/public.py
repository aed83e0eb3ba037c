"""What everybody may see of an organisation's certification."""

from datetime import datetime
from enum import StrEnum

from certification.case import Case, CaseKind, State
from certification.certificate import Certificate, CertificateStatus


class PublicState(StrEnum):
    APPLICANT = "applicant"
    PROVISIONAL = "provisional"
    GUARANTEED = "guaranteed"
    RENEWAL_IN_PROGRESS = "renewal_in_progress"
    DEMOTED = "demoted"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


_CLOSED = frozenset({State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED})


def public_state(
    case: Case, certificate: Certificate | None, now: datetime, *, consent: bool = False
) -> PublicState | None:
    """The state in the registry, or None when nothing may be shown.

    `case` is the organisation's latest, `certificate` its latest, which may be of an earlier case.
    An applicant is shown only with `consent`. Demoted: it had a certificate that ran out, or its renewal
    was refused.
    """
    if certificate is None:
        return _without_certificate(case, consent=consent)
    own = certificate.case == case.id
    if certificate.status is CertificateStatus.WITHDRAWN:
        begins_anew = not own and case.kind is CaseKind.INITIAL
        anew = _without_certificate(case, consent=consent) if begins_anew else None
        return anew or PublicState.WITHDRAWN
    if certificate.status is CertificateStatus.SUSPENDED:
        return PublicState.SUSPENDED
    over = certificate.status is CertificateStatus.EXPIRED or now.date() > certificate.valid_until
    if over or (not own and case.state is State.REFUSED):
        return PublicState.DEMOTED
    if not own and case.state not in _CLOSED:
        return PublicState.RENEWAL_IN_PROGRESS
    return PublicState.GUARANTEED


def _without_certificate(case: Case, *, consent: bool) -> PublicState | None:
    if case.state in _CLOSED:
        return None
    if case.state is State.APPLIED:
        return PublicState.APPLICANT if consent else None
    return PublicState.PROVISIONAL


def may_use_label(state: PublicState | None) -> bool:
    """Whether products in scope may carry the label and be pooled."""
    return state in (PublicState.GUARANTEED, PublicState.RENEWAL_IN_PROGRESS)
