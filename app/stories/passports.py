"""A story as signed credentials: the lot's passport, and its events."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

import credentials as engine
from app.audits.models import Certificate, CertificateStatusChange, Decision
from app.credentials import keys, passports
from app.credentials.models import IssuedPassport, SigningKey
from app.credentials.passports import EVENTS, PASSPORT
from app.credentials.service import ISSUER, page_of
from app.epcis.models import Event
from app.errors import Missing
from app.settings import Settings
from app.shipping.journeys import name_of
from app.stories.models import Lot
from app.stories.telling import SEEN_AS, Proof, Story, story
from certification import standard
from logistics.emissions import FACTORS


def address_of(settings: Settings, lot: Lot) -> str:
    """The story's own address, whatever its code says: ids of credentials stay when a GTIN comes."""
    return f"{settings.address}/lots/{lot.code}"


def passport_of(session: Session, settings: Settings, told: Story, *, now: datetime) -> IssuedPassport:
    """The passport as it is signed now."""
    return _signed(
        session,
        settings,
        told.lot,
        PASSPORT,
        lambda status, place: engine.passport(_facts(session, settings, told, status, place)),
        now=now,
    )


def events_of(session: Session, settings: Settings, told: Story, *, now: datetime) -> IssuedPassport:
    """The events as they are signed now. Missing: nothing has happened, or it was all taken back."""
    if not told.events or told.journey is None:
        passports.revoke(session, told.lot.id, EVENTS, now=now)
        raise Missing("Nothing has been reported of this lot yet, so there are no events to sign.")
    lot = told.lot

    def write(status: str, place: int) -> dict[str, Any]:
        return engine.traceability(
            engine.EventFacts(
                address=address_of(settings, lot),
                product=told.address,
                name=f"{lot.title}, lot {lot.number}",
                quantity=lot.quantity,
                unit=_unit(told.events),
                issuer_did=keys.issuer_did(settings),
                issuer_name=ISSUER,
                events=[_event(each) for each in told.events],
                status_address=status,
                place=place,
            )
        )

    return _signed(session, settings, lot, EVENTS, write, now=now)


def renew(session: Session, settings: Settings, *, now: datetime) -> int:
    """Sign anew what a later decision on a certificate, or a revoked key, made untrue; gives how many."""
    changed = exists(
        select(CertificateStatusChange.id)
        .join(Certificate, Certificate.id == CertificateStatusChange.certificate_id)
        .where(
            Certificate.organisation_id == Lot.organisation_id,
            CertificateStatusChange.at > IssuedPassport.issued_at,
        )
    )
    rows = session.execute(
        select(Lot, IssuedPassport.id, IssuedPassport.kind)
        .join(IssuedPassport, IssuedPassport.lot_id == Lot.id)
        .join(SigningKey, SigningKey.id == IssuedPassport.key_id)
        .where(
            IssuedPassport.superseded_at.is_(None),
            SigningKey.revoked_at.is_not(None) | ((IssuedPassport.kind == PASSPORT) & changed),
        )
        .order_by(Lot.id, IssuedPassport.kind)
        .limit(500)
    ).all()
    renewed = 0
    for lot, was, kind in rows:
        told = story(session, settings, lot, now=now)
        sign = passport_of if kind == PASSPORT else events_of
        renewed += sign(session, settings, told, now=now).id != was
    return renewed


def _signed(
    session: Session,
    settings: Settings,
    lot: Lot,
    kind: str,
    write: Callable[[str, int], dict[str, Any]],
    *,
    now: datetime,
) -> IssuedPassport:
    current = passports.current(session, settings, lot.id, kind, write)
    if current is not None:
        return current
    session.execute(select(Lot.id).filter_by(id=lot.id).with_for_update())
    return passports.signed(session, settings, lot.id, kind, write, now=now)


def _facts(
    session: Session, settings: Settings, told: Story, status: str, place: int
) -> engine.PassportFacts:
    lot, site = told.lot, settings.address
    emitted, grams = told.emitted, told.emitted_g
    leg = emitted.made.legs[0] if emitted else None
    return engine.PassportFacts(
        address=address_of(settings, lot),
        product=told.address,
        issuer_did=keys.issuer_did(settings),
        issuer_name=ISSUER,
        site=site,
        name=lot.title,
        description=told.offer.story,
        batch=lot.number,
        code=lot.code,
        gtin=told.gtin,
        hs_code=lot.hs_code,
        maker_name=told.maker.name,
        maker_address=f"{site}/registry/organisations/{told.maker.slug}",
        country=told.maker.country,
        produced_on=lot.produced_to,
        unit_weight_g=told.offer.weight_g,
        picture=f"{address_of(settings, lot)}/picture" if told.photo else None,
        certified=_certified(session, settings, told.proof) if told.proof else None,
        transport=engine.Transport(
            co2e_g=grams,
            method=f"Whole shipment: {leg.formula}. Shared by weight or measure, the larger (1 t = 1 m3).",
            source_name=FACTORS[leg.leg.mode].source,
            source_year=FACTORS[leg.leg.mode].year,
        )
        if leg is not None and grams is not None
        else None,
        events=bool(told.events),
        made_at=lot.made_at,
        status_address=status,
        place=place,
    )


def _certified(session: Session, settings: Settings, proof: Proof) -> engine.Certified:
    certificate = proof.certificate
    text = standard(certificate.standard)
    decided = session.scalars(select(Decision.at).filter_by(id=certificate.decision_id)).one()
    return engine.Certified(
        number=certificate.number,
        address=page_of(settings, certificate.number),
        standard_address=f"{settings.address}/standards/{certificate.standard}",
        standard_title=text.title,
        standard_since=text.effective,
        assessed_on=decided.date(),
        holds=proof.holds and proof.held_then,
    )


def _unit(events: Sequence[Event]) -> str:
    """The logistic unit of the shipment, as its events name it."""
    for event in events:
        named = event.body.get("parentID") or next(iter(event.body.get("epcList", ())), None)
        if named:
            return str(named)
    return f"urn:uuid:{events[0].shipment_id}"


def _event(event: Event) -> engine.LotEvent:
    kind = SEEN_AS.get(event.biz_step or "")
    return engine.LotEvent(
        id=event.uri,
        at=event.event_time,
        process=name_of(kind) if kind else (event.biz_step or "event").capitalize(),
        action=event.action or "OBSERVE",
        step=event.biz_step or "",
        disposition=event.disposition or "",
        location=event.biz_location,
        packs=event.kind == "AggregationEvent",
    )
