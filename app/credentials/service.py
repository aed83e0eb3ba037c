"""Certificates as signed credentials: issued, listed with what became of them, and checked."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select, union_all
from sqlalchemy.orm import Session

import credentials as engine
from app import history
from app.audits import registry
from app.audits.models import Certificate
from app.credentials import keys
from app.credentials.models import BYTES, IssuedCredential, IssuedPassport, SigningKey, StatusList
from app.db import uuid7
from app.errors import Missing
from app.organisations.models import Organisation
from app.settings import Settings
from certification import CertificateStatus, ProductKind, Verdict
from credentials import ENTRIES, Purpose, Topic
from credentials.status import with_bit

ISSUER: Final = "Fairhaul"
LIST_LASTS: Final = timedelta(days=7)
"""How long a status list may be relied on offline."""
LIST_FRESH: Final = timedelta(hours=12)
"""After this it is signed again, although nothing changed."""
GOODS: Final = {ProductKind.CRAFTS: "Crafts", ProductKind.FOOD: "Food"}
# UNTP's nearest topic of each of the ten principles
TOPICS: Final = (
    Topic.COMMUNITY,
    Topic.TRANSPARENCY,
    Topic.ETHICS,
    Topic.LABOUR,
    Topic.RIGHTS,
    Topic.RIGHTS,
    Topic.SAFETY,
    Topic.COMMUNITY,
    Topic.ETHICS,
    Topic.BIODIVERSITY,
)


def page_of(settings: Settings, number: str) -> str:
    """The stable address of a certificate: its page, and the id of its credential."""
    return f"{settings.address}/registry/{number}"


def list_address(settings: Settings, list_id: UUID) -> str:
    """Of both lists of a row, without the purpose."""
    return f"{settings.address}/credentials/status/{list_id}"


def credential_of(
    session: Session, settings: Settings, certificate: Certificate, *, now: datetime
) -> IssuedCredential:
    """The certificate as it is signed now; signed here if it was not, or not in a way that still counts."""
    issued = _current(session, certificate)
    if issued is not None and _counts(session, settings, issued, certificate, now=now):
        return issued
    session.execute(select(Certificate.id).filter_by(id=certificate.id).with_for_update())
    issued = _current(session, certificate)  # somebody may have been faster
    if issued is not None:
        if _counts(session, settings, issued, certificate, now=now):
            return issued
        issued.superseded_at, issued.revoked = now, True
        session.flush()
    return _issue(session, settings, certificate, now=now)


def _current(session: Session, certificate: Certificate) -> IssuedCredential | None:
    return session.scalars(
        select(IssuedCredential).filter_by(certificate_id=certificate.id, superseded_at=None),
        execution_options={"populate_existing": True},
    ).one_or_none()


def _counts(
    session: Session,
    settings: Settings,
    issued: IssuedCredential,
    certificate: Certificate,
    *,
    now: datetime,
) -> bool:
    """Whether it still says what the certificate says, by a key that counts.

    Not when a withdrawal was overturned: that bit stays set. What is withdrawn is not signed anew.
    """
    if certificate.status == CertificateStatus.WITHDRAWN:
        return True
    if issued.revoked or session.get_one(SigningKey, issued.key_id).revoked_at is not None:
        return False
    address = list_address(settings, issued.list_id)
    said = engine.credential(facts_of(session, settings, certificate, address, issued.place, now=now))
    return said == {name: value for name, value in issued.document.items() if name != "proof"}


def _issue(
    session: Session, settings: Settings, certificate: Certificate, *, now: datetime
) -> IssuedCredential:
    key = keys.current_key(session, settings, now=now)
    signer = keys.signer(settings, key)
    status, place = free_place(session, now=now)
    facts = facts_of(session, settings, certificate, list_address(settings, status.id), place, now=now)
    document = engine.credential(facts)
    issued = IssuedCredential(
        id=uuid7(now),
        certificate_id=certificate.id,
        key_id=key.id,
        list_id=status.id,
        place=place,
        document=engine.signed(document, signer, at=now),
        jwt=engine.enveloped(document, signer),
        issued_at=now,
    )
    session.add(issued)
    session.flush()
    if certificate.status == CertificateStatus.SUSPENDED:
        status.suspension = with_bit(status.suspension, place)
        status.version += 1
    if certificate.status == CertificateStatus.WITHDRAWN:
        issued.revoked = True
    history.record(
        session, certificate, "signed", now=now, key=key.name, status_list=str(status.id), place=place
    )
    session.flush()
    return issued


def free_place(session: Session, *, now: datetime) -> tuple[StatusList, int]:
    """A place at random, so that it says nothing; half full, a list is left for a new one."""
    newest = select(StatusList).order_by(StatusList.created_at.desc(), StatusList.id.desc()).limit(1)
    found = session.scalars(
        newest.with_for_update(), execution_options={"populate_existing": True}
    ).one_or_none()
    if found is None or found.used >= ENTRIES // 2:
        found = StatusList(
            id=uuid7(now), created_at=now, suspension=bytes(BYTES), revocation=bytes(BYTES), signed={}
        )
        session.add(found)
        session.flush()
    while True:
        place = secrets.randbelow(ENTRIES)
        taken = (
            select(kind.id).filter_by(list_id=found.id, place=place)
            for kind in (IssuedCredential, IssuedPassport)
        )
        if not session.scalar(union_all(*taken)):
            found.used += 1
            return found, place


def facts_of(
    session: Session, settings: Settings, certificate: Certificate, status: str, place: int, *, now: datetime
) -> engine.Facts:
    """What the credential says, from the same rows as the public page."""
    found = registry.holder(session, certificate.number, now=now)
    titles = {each.number: each.title for each in found.standard.principles}
    site = settings.address
    return engine.Facts(
        address=page_of(settings, certificate.number),
        number=certificate.number,
        issuer_did=keys.issuer_did(settings),
        issuer_name=ISSUER,
        site=site,
        holder_name=found.organisation.name,
        holder_address=f"{site}/registry/organisations/{found.organisation.slug}",
        standard_address=f"{site}/standards/{certificate.standard}",
        standard_title=found.standard.title,
        standard_since=found.standard.effective,
        notice=found.standard.notice,
        sites=certificate.sites,
        goods=[GOODS.get(ProductKind(each), each) for each in certificate.product_categories],
        conditions=certificate.conditions,
        principles=[
            engine.Principle(
                number=each["principle"],
                title=titles[each["principle"]],
                topic=TOPICS[(each["principle"] - 1) % len(TOPICS)],
                conforming=each["counts"][Verdict.CONFORMITY],
                judged=judged,
            )
            for each in certificate.summary
            if (judged := sum(each["counts"].values()) - each["counts"][Verdict.NOT_APPLICABLE])
        ],
        assessed_on=found.audit_ended or found.decided_at.date(),
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
        status_address=status,
        place=place,
    )


def issue_missing(
    session: Session, settings: Settings, *, now: datetime, done: Callable[[str], None] = lambda _number: None
) -> int:
    """Sign every certificate that is not signed, or with a key that was revoked; gives how many."""
    wanted = session.scalars(
        select(Certificate)
        .outerjoin(
            IssuedCredential,
            and_(IssuedCredential.certificate_id == Certificate.id, IssuedCredential.superseded_at.is_(None)),
        )
        .outerjoin(SigningKey, SigningKey.id == IssuedCredential.key_id)
        .where(
            or_(
                IssuedCredential.id.is_(None),
                and_(SigningKey.revoked_at.is_not(None), Certificate.status != CertificateStatus.WITHDRAWN),
            )
        )
        .order_by(Certificate.year, Certificate.sequence)
    ).all()
    for certificate in wanted:
        credential_of(session, settings, certificate, now=now)
        done(certificate.number)
    return len(wanted)


def published_list(session: Session, settings: Settings, list_id: UUID, *, now: datetime) -> StatusList:
    """A list with both its purposes signed, as they stand now. Missing: there is no such list."""
    row = session.get(StatusList, list_id)
    if row is None:
        raise Missing
    key = keys.current_key(session, settings, now=now)
    method = f"{keys.issuer_did(settings)}#{key.name}"
    if _fresh(row, method, now):
        return row
    session.refresh(row, with_for_update=True)
    if _fresh(row, method, now):
        return row
    signer = keys.signer(settings, key)
    row.signed = {
        purpose.value: _signed(
            engine.list_credential(
                address=f"{list_address(settings, row.id)}/{purpose}",
                issuer=keys.issuer_did(settings),
                purpose=purpose,
                bits=row.suspension if purpose is Purpose.SUSPENSION else row.revocation,
                at=now,
                lasts=LIST_LASTS,
            ),
            signer,
            now,
        )
        for purpose in Purpose
    }
    row.signed_version, row.signed_at = row.version, now
    session.flush()
    return row


def _signed(document: dict[str, Any], signer: engine.KeyInMemory, now: datetime) -> dict[str, Any]:
    return {"document": engine.signed(document, signer, at=now), "jwt": engine.enveloped(document, signer)}


def _fresh(row: StatusList, method: str, now: datetime) -> bool:
    """Signed as it stands, not long ago, and by the key that signs now."""
    if row.signed_at is None or row.signed_version != row.version or now - row.signed_at >= LIST_FRESH:
        return False
    proof = row.signed[Purpose.REVOCATION]["document"]["proof"]
    return bool(proof["verificationMethod"] == method)


def all_lists(session: Session, settings: Settings, *, now: datetime) -> list[bytes]:
    """Every status list credential, for a check."""
    ids = session.scalars(select(StatusList.id).order_by(StatusList.created_at)).all()
    rows = [published_list(session, settings, each, now=now) for each in ids]
    return [engine.as_json(each["document"]).encode() for row in rows for each in row.signed.values()]


def check(session: Session, settings: Settings, file: bytes, *, now: datetime) -> engine.Verification:
    """Whether a file is a certificate of this site, and how it stands now."""
    return engine.verify(
        file,
        at=now,
        did_documents=[keys.did_document(session, settings)],
        status_lists=all_lists(session, settings, now=now),
    )


def named_in(session: Session, found: engine.Verification) -> tuple[Certificate, Organisation] | None:
    """The certificate that a genuine file is of; None where it is none of ours."""
    number = str(found.document.get("id", "")).rpartition("/")[2]
    row = session.execute(
        select(Certificate, Organisation)
        .join(Organisation, Organisation.id == Certificate.organisation_id)
        .where(Certificate.number == number)
    ).one_or_none()
    return (row[0], row[1]) if row else None
