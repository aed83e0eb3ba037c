"""Full members: certified makers by their certificate; buyers, hubs and civil society by admission."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.audits.service import certified, latest_certificates
from app.db import uuid7
from app.errors import Missing, Refusal
from app.organisations.models import Kind, Organisation
from app.permissions import Actor
from app.votes.models import MemberAdmission
from certification import CertificateStatus

ADMITTED: Final = frozenset({Kind.BUYER, Kind.HUB, Kind.CIVIL_SOCIETY})


class Standing(StrEnum):
    """FULL has a vote; the others say why not."""

    FULL = "full"
    PROVISIONAL = "provisional"  # a maker without a certificate that holds
    SUSPENDED = "suspended"
    NOT_ADMITTED = "not admitted"
    NOT_A_MEMBER = "not a member"  # bodies that certify, and who runs the platform, decide on others


def standings(
    session: Session, organisations: Sequence[Organisation], *, now: datetime
) -> dict[UUID, Standing]:
    """How each stands on that day."""
    makers = [each.id for each in organisations if each.kind == Kind.PRODUCER]
    good, newest = certified(session, makers, now), latest_certificates(session, makers)
    admitted = set(session.scalars(select(MemberAdmission.organisation_id).filter_by(ended_on=None)))
    found = {}
    for each in organisations:
        if each.kind == Kind.PRODUCER:
            last = newest.get(each.id)
            suspended = last is not None and last.status == CertificateStatus.SUSPENDED
            standing = Standing.SUSPENDED if suspended else Standing.PROVISIONAL
            found[each.id] = Standing.FULL if each.id in good else standing
        elif each.kind in ADMITTED:
            found[each.id] = Standing.FULL if each.id in admitted else Standing.NOT_ADMITTED
        else:
            found[each.id] = Standing.NOT_A_MEMBER
    return found


def standing(session: Session, organisation_id: UUID, *, now: datetime) -> Standing:
    return standings(session, [session.get_one(Organisation, organisation_id)], now=now)[organisation_id]


def members(session: Session, *, now: datetime, region: str = "") -> list[Organisation]:
    """Full members by name; of one region, where one is given."""
    wanted = select(Organisation).order_by(Organisation.name, Organisation.id)
    if region:
        wanted = wanted.where(Organisation.region == region)
    everybody = session.scalars(wanted).all()
    found = standings(session, everybody, now=now)
    return [each for each in everybody if found[each.id] is Standing.FULL]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation that can be admitted, and whether it is."""

    organisation: Organisation
    admitted: bool


def candidates(session: Session) -> list[Candidate]:
    admitted = set(session.scalars(select(MemberAdmission.organisation_id).filter_by(ended_on=None)))
    rows = session.scalars(
        select(Organisation).where(Organisation.kind.in_(ADMITTED)).order_by(Organisation.name)
    )
    return [Candidate(each, each.id in admitted) for each in rows]


def _admittable(session: Session, organisation_id: UUID) -> Organisation:
    found = session.scalars(
        select(Organisation).filter_by(id=organisation_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise Missing
    if found.kind not in ADMITTED:
        raise Refusal(
            "Makers become full members by their certificate; bodies that decide on others have no vote.",
            code="not-admitted-by-hand",
        )
    return found


def admit(session: Session, actor: Actor, organisation_id: UUID, *, now: datetime) -> MemberAdmission:
    """Make a buyer, hub or civil society organisation a full member. Refusal: it is one, or cannot be."""
    found = _admittable(session, organisation_id)
    if session.scalar(select(MemberAdmission.id).filter_by(organisation_id=found.id, ended_on=None)):
        raise Refusal("It is a full member already.", code="member-already")
    made = MemberAdmission(id=uuid7(now), organisation_id=found.id, admitted_on=now.date())
    session.add(made)
    session.flush()
    history.record(session, made, "member admitted", now=now, **actor.who, organisation=found.id)
    return made


def end(session: Session, actor: Actor, organisation_id: UUID, *, now: datetime) -> MemberAdmission:
    """End a full membership. Missing: there is none."""
    _admittable(session, organisation_id)
    row = session.scalars(
        select(MemberAdmission).filter_by(organisation_id=organisation_id, ended_on=None)
    ).one_or_none()
    if row is None:
        raise Missing
    row.ended_on = now.date()
    session.flush()
    history.record(session, row, "membership ended", now=now, **actor.who, organisation=organisation_id)
    return row
