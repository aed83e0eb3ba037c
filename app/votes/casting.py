"""To vote, and to look later whether one's ballot was counted.

Nothing here is written to the history or kept as a reply: the roll says that a member voted, the box what; no
column, order or transaction joins the two.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.complaints.filing import code_of
from app.complaints.kept import refused
from app.errors import Missing, Refusal
from app.permissions import Actor
from app.votes import service
from app.votes.membership import Standing, standing
from app.votes.models import Vote, VoteBox, VoteRoll
from governance import ballots as engine
from governance.refusal import Refusal as No


class Reason(StrEnum):
    """Why the button is not there."""

    OVER = "over"
    VOTED = "voted"
    REGION = "other region"
    LATER = "member later"
    PROVISIONAL = "provisional"
    SUSPENDED = "suspended"
    NOT_ADMITTED = "not admitted"
    NOT_A_MEMBER = "not a member"


WORDS = {
    Reason.OVER: "The vote is over.",
    Reason.VOTED: "Your organisation has voted. A vote is cast once and never changed.",
    Reason.REGION: "This board is elected by the members of its region.",
    Reason.LATER: "Your organisation became a full member after the roll was fixed.",
    Reason.PROVISIONAL: "Your organisation holds no certificate yet: provisional members do not vote.",
    Reason.SUSPENDED: "Your certificate is suspended: suspended members do not vote.",
    Reason.NOT_ADMITTED: "Your organisation has not been admitted as a full member.",
    Reason.NOT_A_MEMBER: "Bodies that certify, and who runs the platform, have no vote.",
}


def why_not(session: Session, actor: Actor, row: Vote, *, now: datetime) -> Reason | None:
    """Why the actor's organisation cannot vote; None: it can."""
    if not service.is_open(row, now.date()):
        return Reason.OVER
    line = session.get(VoteRoll, (row.id, actor.organisation_id))
    if line is not None and line.voted:
        return Reason.VOTED
    stands = standing(session, actor.organisation_id, now=now)
    if stands is not Standing.FULL:
        return Reason(stands.value)
    if line is None:
        region = service.GENERAL if row.body == service.GENERAL else _region(session, actor)
        return Reason.LATER if region == row.body else Reason.REGION
    return None


def _region(session: Session, actor: Actor) -> str:
    from app.organisations.models import Organisation

    return session.get_one(Organisation, actor.organisation_id).region


def need_may_vote(session: Session, actor: Actor, row: Vote, *, now: datetime) -> None:
    reason = why_not(session, actor, row, now=now)
    if reason:
        raise Refusal(WORDS[reason], code=reason.value.replace(" ", "-"), title="You cannot vote here")


def checked(row: Vote, chosen: Collection[str]) -> tuple[str, ...]:
    """The choice in the order of the paper. Refusal: not a choice of this paper."""
    try:
        return engine.choice_of(service.paper(row), chosen)
    except No as no:
        raise refused(no) from no


def cast(
    session: Session, actor: Actor, slug: str, chosen: Collection[str], ticket: str, *, now: datetime
) -> str:
    """Put the sealed choice into the box and mark the member; gives the receipt code of the ticket.

    The member takes its code down before: a repeat finds that it has voted. Refusal: why it cannot vote.
    """
    row = service.public(session, slug)
    code = code_of(ticket)
    choice = checked(row, chosen)
    box = session.scalars(select(VoteBox).filter_by(vote_id=row.id).with_for_update()).one()
    session.refresh(row)
    line = session.get(VoteRoll, (row.id, actor.organisation_id), populate_existing=True)
    need_may_vote(session, actor, row, now=now)
    assert line is not None  # else there is a reason
    mark = engine.mark_of(row.slug, code)
    if any(each.startswith(mark) for each in box.envelopes):
        raise Refusal("This paper is in the box. Take a new one.", code="paper-used")
    session.execute(text("SELECT set_config('fairhaul.now', :now, true)"), {"now": now.isoformat()})
    envelope = engine.seal(service.paper(row), box.public_key, mark, choice, secrets.token_bytes(32))
    line.voted = True
    box.envelopes = sorted([*box.envelopes, envelope])
    session.flush()
    return code


@dataclass(frozen=True, slots=True)
class Looked:
    """What a receipt code finds. `choice` None: the box is still sealed, or was never opened."""

    counted: bool
    choice: tuple[str, ...] | None


def look(session: Session, slug: str, code: str) -> Looked:
    """Whether the ballot of a code is in the box or on the board. Missing: it is not."""
    row = service.public(session, slug)
    mark = engine.mark_of(row.slug, code)
    made = service.board(session, row)
    if made is None:
        box = session.get_one(VoteBox, row.id)
        if not any(each.startswith(mark) for each in box.envelopes):
            raise Missing("No ballot of this code is in the box.")
        return Looked(counted=False, choice=None)
    if mark.hex() not in made.ballots:
        raise Missing("No ballot of this code is on the board.")
    return Looked(counted=True, choice=made.ballots[mark.hex()])
