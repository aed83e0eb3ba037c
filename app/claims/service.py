"""Claims for damaged goods: filed by the buyer, answered by the maker or the hub, taken to the ombudsperson.

Who bears it: a maker that accepts a claim bears it. A hub that accepts one says whether it bears it itself or
the carrier does; it cannot burden the maker.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app import files, history
from app.claims.models import Bearer, Claim, ClaimPhoto, ClaimState, Refund
from app.claims.refunding import pay_back, refunded_pieces
from app.complaints import filing
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Organisation
from app.organisations.service import tell
from app.permissions import Actor, Role
from app.public_copies import public_copy
from app.screening import screen
from app.shipping.models import Hub
from app.trade.models import Order, OrderLine, OrderState, Pool
from app.trade.numbers import number_of
from app.trade.ordering import own_order
from app.trade.quoting import get_pool
from app.trade.telling import WORDS
from governance.complaints import About, Deadlines

FILED_WITHIN: Final = timedelta(days=14)
"""After an order is handed over."""
ANSWERED_WITHIN: Final = timedelta(days=10)
LONGEST_WORDS: Final = 1000
MOST_PHOTOS: Final = 6
LARGEST_PHOTO: Final = 20 << 20
MOST_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A claim with what it is about. `refund`: what it was paid back."""

    claim: Claim
    line: OrderLine
    order: Order
    pool: Pool
    maker: Organisation
    refund: Refund | None


def file(
    session: Session, actor: Actor, order_id: UUID, line_id: UUID, *, pieces: int, words: str, now: datetime
) -> Claim:
    """Say that pieces of a delivered order came damaged; maker and hub are told.

    Missing: another buyer's order, or no line of it. Refusal: not delivered, too late, or a claim for the
    line is open. Faulty: each field.
    """
    order, pool = own_order(session, actor, order_id)
    pool = get_pool(session, pool.id, lock=True)
    session.refresh(order, with_for_update=True)
    line = session.get(OrderLine, line_id)
    if line is None or line.order_id != order.id or line.frozen_because:
        raise Missing
    if order.state != OrderState.DELIVERED or order.delivered_at is None:
        raise Refusal("You can claim once the order is handed over.", code="not-delivered")
    until = order.delivered_at + FILED_WITHIN
    if now > until:
        raise Refusal(
            f"Claims are filed within {FILED_WITHIN.days} days: for this order until {WORDS.day(until)}. You "
            "can still complain to the ombudsperson.",
            code="too-late",
            title="Too late for a claim",
        )
    faults: dict[str, str] = {}
    left = claimable(session, line)
    if not 1 <= pieces <= left:
        faults["pieces"] = (
            f"Enter a number from 1 to {left}: for the others you were paid back, or a claim is open."
            if left
            else "For all of these you were paid back, or a claim is open."
        )
    if not words.strip():
        faults["words"] = "Say what is damaged, and how."
    elif len(words) > LONGEST_WORDS:
        faults["words"] = f"Use at most {LONGEST_WORDS} characters."
    if faults:
        raise Faulty(fields=faults)
    claim_id = uuid7(now)
    made = Claim(
        id=claim_id,
        number=number_of("D", claim_id),
        order_id=order.id,
        order_line_id=line.id,
        pieces=pieces,
        words=words.strip(),
        state=ClaimState.FILED,
        filed_at=now,
        filed_by=actor.person_id,
        answer_by=(now + ANSWERED_WITHIN).date(),
    )
    session.add(made)
    session.flush()
    history.record(session, made, "filed", now=now, **actor.who, pieces=pieces)
    body = (
        f"A buyer in pool {pool.number} says that {pieces} x {line.title} came damaged:\n\n{made.words}\n\n"
        f"Answer by {WORDS.day(made.answer_by)}, on the page of claims: accept it, or say why not.\n"
    )
    hub = session.get_one(Hub, pool.hub_id)
    for organisation_id in (line.producer_id, hub.organisation_id):
        tell(session, organisation_id, f"Claim {made.number} for damaged goods", body, now=now)
    return made


def claimable(session: Session, line: OrderLine) -> int:
    """Pieces of a line that came, were not paid back, and are in no open claim."""
    open_claims = session.scalar(
        select(func.sum(Claim.pieces)).where(
            Claim.order_line_id == line.id, Claim.state != ClaimState.ACCEPTED
        )
    )
    return max(line.quantity - refunded_pieces(session, line.id) - (open_claims or 0), 0)


def seen(session: Session, actor: Actor, claim_id: UUID, *, lock: bool = False) -> Told:
    """A claim as its buyer, its maker and the hub of its pool see it. Missing: somebody else's."""
    row = session.execute(_told().where(Claim.id == claim_id)).one_or_none()
    if row is None:
        raise Missing
    found = Told(*row)
    if _part(session, actor, found) is None:
        raise Missing
    if lock:
        get_pool(session, found.pool.id, lock=True)
        session.refresh(found.claim, with_for_update=True)
    return found


def _part(session: Session, actor: Actor, found: Told) -> Role | None:
    """As what an actor has to do with a claim."""
    hub = session.get_one(Hub, found.pool.hub_id).organisation_id
    for organisation_id, role in (
        (found.order.organisation_id, Role.BUYER),
        (found.line.producer_id, Role.PRODUCER),
        (hub, Role.HUB),
    ):
        if organisation_id == actor.organisation_id and role in actor.roles:
            return role
    return None


def listed(session: Session, actor: Actor) -> list[Told]:
    """Claims that an organisation filed or answers, the newest first."""
    hubs = select(Hub.id).filter_by(organisation_id=actor.organisation_id)
    mine = []
    if Role.BUYER in actor.roles:
        mine.append(Order.organisation_id == actor.organisation_id)
    if Role.PRODUCER in actor.roles:
        mine.append(OrderLine.producer_id == actor.organisation_id)
    if Role.HUB in actor.roles:
        mine.append(Pool.hub_id.in_(hubs))
    rows = session.execute(
        _told().where(or_(*mine)).order_by(Claim.filed_at.desc(), Claim.id).limit(MOST_ROWS)
    )
    return [Told(*row) for row in rows]


def _told() -> Select[Claim, OrderLine, Order, Pool, Organisation, Refund]:
    return (
        select(Claim, OrderLine, Order, Pool, Organisation, Refund)
        .join(OrderLine, OrderLine.id == Claim.order_line_id)
        .join(Order, Order.id == Claim.order_id)
        .join(Pool, Pool.id == Order.pool_id)
        .join(Organisation, Organisation.id == OrderLine.producer_id)
        .join(Refund, Refund.claim_id == Claim.id, isouter=True)
    )


def answers(session: Session, actor: Actor, found: Told) -> bool:
    """Whether an actor may accept or refuse a claim."""
    return found.claim.state == ClaimState.FILED and _part(session, actor, found) in {
        Role.PRODUCER,
        Role.HUB,
    }


def accept(
    session: Session,
    actor: Actor,
    claim_id: UUID,
    *,
    borne_by: Bearer | None = None,
    words: str = "",
    now: datetime,
) -> Claim:
    """Pay back what came damaged. A maker bears it; a hub says whether itself or the carrier does.

    Missing: it is not the actor's to answer. Refusal: answered before. Faulty: who bears it.
    """
    found, part = _to_answer(session, actor, claim_id)
    if part == Role.PRODUCER:
        borne_by = Bearer.MAKER
    elif borne_by not in {Bearer.HUB, Bearer.CARRIER}:
        raise Faulty(fields={"borne_by": "Say whether the hub or the carrier bears it."})
    _check_words(words)
    claim = found.claim
    claim.state, claim.borne_by, claim.answer = ClaimState.ACCEPTED, borne_by, words.strip()
    claim.answered_at, claim.answered_by = now, actor.person_id
    session.flush()
    history.record(session, claim, "accepted", now=now, **actor.who, borne_by=borne_by)
    pay_back(
        session, found.pool, found.line, claim.pieces, borne_by, claim, now=now, person_id=actor.person_id
    )
    return claim


def refuse(session: Session, actor: Actor, claim_id: UUID, *, words: str, now: datetime) -> Claim:
    """Say why a claim is not paid; its buyer may take it to the ombudsperson. As for `accept`."""
    found, _part_of = _to_answer(session, actor, claim_id)
    if not words.strip():
        raise Faulty(fields={"words": "Enter the reason. The buyer will read it."})
    _check_words(words)
    claim = found.claim
    claim.state, claim.answer = ClaimState.REFUSED, words.strip()
    claim.answered_at, claim.answered_by = now, actor.person_id
    session.flush()
    history.record(session, claim, "refused", now=now, **actor.who, because=claim.answer)
    tell(
        session,
        found.order.organisation_id,
        f"Your claim {claim.number} is not accepted",
        f"Your claim for {claim.pieces} x {found.line.title} is not accepted:\n\n{claim.answer}\n\n"
        "If you do not agree, take it to the ombudsperson, on the page of the claim.\n",
        now=now,
    )
    return claim


def _check_words(words: str) -> None:
    if len(words) > LONGEST_WORDS:
        raise Faulty(fields={"words": f"Use at most {LONGEST_WORDS} characters."})


def _to_answer(session: Session, actor: Actor, claim_id: UUID) -> tuple[Told, Role]:
    found = seen(session, actor, claim_id, lock=True)
    part = _part(session, actor, found)
    if part not in {Role.PRODUCER, Role.HUB}:
        raise Missing
    if found.claim.state != ClaimState.FILED:
        raise Refusal(
            "This claim was answered already.", code="answered-already", facts={"state": found.claim.state}
        )
    return found, part


def can_escalate(found: Told, now: datetime) -> bool:
    """Refused, or not answered in time."""
    claim = found.claim
    late = claim.state == ClaimState.FILED and now.date() > claim.answer_by
    return late or claim.state == ClaimState.REFUSED


def escalate(
    session: Session, actor: Actor, claim_id: UUID, *, deadlines: Deadlines, now: datetime
) -> tuple[Claim, str]:
    """Make a complaint of a claim; give it and the receipt code of the complaint, which is shown once.

    Missing: another buyer's. Refusal: it is accepted, or may still be answered, or was taken there before.
    """
    found = seen(session, actor, claim_id, lock=True)
    if _part(session, actor, found) != Role.BUYER:
        raise Missing
    claim = found.claim
    if not can_escalate(found, now):
        raise Refusal(
            "A claim can be taken to the ombudsperson once it is refused, or was not answered by "
            f"{WORDS.day(claim.answer_by)}.",
            code="cannot-escalate",
        )
    told = "Nobody answered." if claim.state == ClaimState.FILED else f"The answer was: {claim.answer}"
    complaint, code = filing.file(
        session,
        filing.Filing(
            About.MEMBER,
            f"Claim {claim.number}: {claim.pieces} x {found.line.title} came damaged in pool "
            f"{found.pool.number}. {claim.words}\n\n{told}",
            whom=found.maker.name,
            organisation_id=found.maker.id,
            wish="A refund of what we paid for them.",
            relation="buyer",
        ),
        ticket=filing.new_ticket(),
        deadlines=deadlines,
        now=now,
    )
    claim.state, claim.complaint = ClaimState.ESCALATED, complaint.number
    session.flush()
    history.record(session, claim, "escalated", now=now, **actor.who, complaint=complaint.number)
    return claim, code


def add_photo(
    session: Session, store: files.Store, actor: Actor, claim_id: UUID, source: BinaryIO, *, now: datetime
) -> ClaimPhoto:
    """Add a picture of the damage. Missing: another buyer's claim. Faulty: no picture, or too many."""
    found = seen(session, actor, claim_id, lock=True)
    if _part(session, actor, found) != Role.BUYER:
        raise Missing
    if found.claim.state != ClaimState.FILED:
        raise Refusal("This claim was answered: pictures are no longer added.", code="answered-already")
    if len(photos(session, claim_id)) >= MOST_PHOTOS:
        raise Faulty(fields={"file": f"There are {MOST_PHOTOS} already."})
    screen(source, files.measure(source, LARGEST_PHOTO))
    source.seek(0)
    copy = public_copy(source)
    sha256 = files.measure(copy, LARGEST_PHOTO).sha256
    if session.scalar(select(ClaimPhoto.id).filter_by(claim_id=claim_id, sha256=sha256)):
        raise Faulty(fields={"file": "This picture is there already."})
    copy.seek(0)
    files.keep(store, copy, sha256)
    made = ClaimPhoto(id=uuid7(now), claim_id=claim_id, sha256=sha256, added_at=now)
    session.add(made)
    session.flush()
    history.record(session, found.claim, "photographed", now=now, **actor.who, photo=sha256)
    return made


def photos(session: Session, claim_id: UUID) -> list[ClaimPhoto]:
    return list(session.scalars(select(ClaimPhoto).filter_by(claim_id=claim_id).order_by(ClaimPhoto.id)))


def photo(session: Session, actor: Actor, claim_id: UUID, damage_id: UUID) -> ClaimPhoto:
    """Missing: not of this claim, or the claim is somebody else's."""
    seen(session, actor, claim_id)
    found = session.scalars(select(ClaimPhoto).filter_by(id=damage_id, claim_id=claim_id)).one_or_none()
    if found is None:
        raise Missing
    return found
