"""What anybody gets: standards, the registry, a certificate."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

import certification as engine
from app.audits.models import Certificate
from app.audits.registry import Entry, Holder
from certification import Level, PublicState, Verdict


class CriterionOut(BaseModel):
    id: str
    principle: int
    text: str
    why: str
    level: Level
    months: int | None
    weight: int
    evidence: list[str]
    verify: str
    not_applicable_when: str


class PrincipleOut(BaseModel):
    number: int
    title: str
    text: str


class StandardOut(BaseModel):
    key: str
    title: str
    notice: str
    effective: date
    principles: list[PrincipleOut]
    criteria: list[CriterionOut]


class StandardsOut(BaseModel):
    standards: list[StandardOut]


class EntryOut(BaseModel):
    organisation: str
    slug: str
    place: str
    country: str
    region: str
    state: PublicState
    certificate: str | None
    valid_from: date | None
    valid_until: date | None
    standard: str | None
    product_categories: list[str]
    principles_without_nonconformity: int | None


class RegistryOut(BaseModel):
    entries: list[EntryOut]
    after: str | None


class ChangeOut(BaseModel):
    status: engine.CertificateStatus
    reasons: str
    at: datetime


class SummaryOut(BaseModel):
    principle: int
    title: str
    counts: dict[Verdict, int]


class CertificateOut(BaseModel):
    number: str
    organisation: str
    slug: str
    place: str
    country: str
    region: str
    state: PublicState | None
    status: engine.CertificateStatus
    standard: str
    sites: list[str]
    product_categories: list[str]
    conditions: list[str]
    valid_from: date
    valid_until: date
    decided_at: datetime
    findings: list[SummaryOut]
    history: list[ChangeOut]
    notice: str
    newer: str | None  # number of the newest certificate that was issued after it


def criterion_out(criterion: engine.Criterion) -> CriterionOut:
    return CriterionOut(**criterion_fields(criterion))


def criterion_fields(criterion: engine.Criterion) -> dict[str, Any]:
    return {name: getattr(criterion, name) for name in CriterionOut.model_fields}


def standard_out(standard: engine.Standard) -> StandardOut:
    return StandardOut(
        key=standard.key,
        title=standard.title,
        notice=standard.notice,
        effective=standard.effective,
        principles=[PrincipleOut(number=p.number, title=p.title, text=p.text) for p in standard.principles],
        criteria=[criterion_out(each) for each in standard.criteria],
    )


def entry_out(entry: Entry) -> EntryOut:
    organisation, certificate = entry.organisation, entry.certificate
    return EntryOut(
        organisation=organisation.name,
        slug=organisation.slug,
        place=organisation.place,
        country=organisation.country,
        region=organisation.region,
        state=entry.state,
        certificate=certificate.number if certificate else None,
        valid_from=certificate.valid_from if certificate else None,
        valid_until=certificate.valid_until if certificate else None,
        standard=certificate.standard if certificate else None,
        product_categories=certificate.product_categories if certificate else organisation.product_kinds,
        principles_without_nonconformity=clear_of(certificate) if certificate else None,
    )


def clear_of(certificate: Certificate) -> int:
    """In how many principles the audit found no nonconformity."""
    return sum(
        not each["counts"][Verdict.MINOR] and not each["counts"][Verdict.MAJOR]
        for each in certificate.summary
    )


def certificate_out(found: Holder) -> CertificateOut:
    row, organisation = found.certificate, found.organisation
    titles = {each.number: each.title for each in found.standard.principles}
    return CertificateOut(
        number=row.number,
        organisation=organisation.name,
        slug=organisation.slug,
        place=organisation.place,
        country=organisation.country,
        region=organisation.region,
        state=found.state,
        status=row.value.status,
        standard=row.standard,
        sites=row.sites,
        product_categories=row.product_categories,
        conditions=row.conditions,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        decided_at=found.decided_at,
        findings=[
            SummaryOut(principle=each["principle"], title=titles[each["principle"]], counts=each["counts"])
            for each in row.summary
        ],
        history=[
            ChangeOut(status=engine.CertificateStatus(each.status), reasons=each.reasons, at=each.at)
            for each in found.changes
        ],
        notice=found.standard.notice,
        newer=found.newer.number if found.newer else None,
    )
