"""Peers: people of certified member organisations who visit others; and whom a candidate proposes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import history
from app.audits import application
from app.audits import models_life as life
from app.audits.service import certificate_of, certified
from app.errors import Faulty, Refusal
from app.organisations import service as organisations
from app.organisations.models import Kind, Membership, Organisation, Person
from app.permissions import Actor, Role

MOST: Final = 5


def volunteer(session: Session, actor: Actor, *, now: datetime) -> None:
    """The acting person will visit others as a peer. Their organisation has to be certified itself."""
    if certificate_of(session, actor.organisation_id, now) is None:
        raise Refusal(
            "Peers come from organisations that are certified themselves.",
            code="peer-not-certified",
            title="Not certified now",
        )
    if Role.PEER in actor.roles:
        return
    person = session.get_one(Person, actor.person_id)
    organisation = session.get_one(Organisation, actor.organisation_id)
    organisations.add_membership(session, person, organisation, Role.PEER, now=now)
    history.record(session, organisation, "peer volunteered", now=now, **actor.who)


def need_peer(session: Session, person_id: UUID, *, now: datetime) -> None:
    """Refusal: not a peer of an organisation that is certified now."""
    homes = session.scalars(
        select(Membership.organisation_id).filter_by(person_id=person_id, role=Role.PEER, ended_at=None)
    ).all()
    if not homes or not certified(session, homes, now):
        raise Refusal(
            "A peer is somebody of another member organisation that is certified itself, who has offered to "
            "visit others.",
            code="peer-not-certified",
            title="Not a peer",
        )


def possible(session: Session, actor: Actor, *, now: datetime) -> list[Organisation]:
    """Certified organisations that could be proposed, by name; never one's own."""
    found = session.scalars(
        select(Organisation)
        .where(Organisation.kind == Kind.PRODUCER, Organisation.id != actor.organisation_id)
        .order_by(Organisation.name)
    ).all()
    good = certified(session, [each.id for each in found], now)
    return [each for each in found if each.id in good]


def proposed(session: Session, case_id: UUID) -> Sequence[tuple[life.PeerProposal, Organisation]]:
    found = session.execute(
        select(life.PeerProposal, Organisation)
        .join(Organisation, Organisation.id == life.PeerProposal.organisation_id)
        .where(life.PeerProposal.case_id == case_id)
        .order_by(Organisation.name)
    )
    return [(proposal, organisation) for proposal, organisation in found]


def propose(session: Session, actor: Actor, why: Mapping[UUID, str], *, now: datetime) -> None:
    """Whom the organisation would like to be visited by, and why; takes the place of what it said before.

    Part of the self-assessment: it cannot be changed once that is handed in. The programme chooses.
    """
    kept = application.need_case(session, actor)
    application.need_answerable(kept)
    known = {each.id for each in possible(session, actor, now=now)}
    if len(why) > MOST or why.keys() - known:
        raise Faulty(fields={"peers": f"Choose up to {MOST} organisations from the list."})
    session.execute(delete(life.PeerProposal).where(life.PeerProposal.case_id == kept.row.id))
    session.add_all(
        life.PeerProposal(
            case_id=kept.row.id,
            organisation_id=organisation_id,
            why=" ".join(words.split()),
            proposed_by=actor.person_id,
            at=now,
        )
        for organisation_id, words in why.items()
    )
    history.record(session, kept.row, "peers proposed", now=now, **actor.who, count=len(why))
    session.flush()
