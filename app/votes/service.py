"""Votes: drafted, opened with a roll that is fixed then, counted in public after the end."""

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.credentials.sealing import open_sealed, seal
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Organisation
from app.organisations.regions import Region
from app.permissions import Actor
from app.settings import Settings
from app.tlog import service as tlog
from app.votes.membership import members
from app.votes.models import Vote, VoteBox, VoteResult, VoteRoll
from governance import ballots as engine

GENERAL: Final = "general meeting"
BODIES: Final = (GENERAL, *(each.value for each in Region))
RESERVED: Final = {"new", "members"}
MOST_CANDIDATES: Final = 30


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be voted on. `candidates`: (name, where from); none for a motion. `days` it is open."""

    title: str
    question: str
    body: str
    kind: engine.Kind
    candidates: tuple[tuple[str, str], ...] = ()
    seats: int = 1
    majority: engine.Majority = engine.Majority.SIMPLE
    quorum_percent: int = engine.QUORUM_PERCENT
    term_months: int | None = None
    days: int = 14


def load(session: Session, slug: str, *, lock: bool = False) -> Vote:
    wanted = select(Vote).filter_by(slug=slug.replace("\0", ""))
    found = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise Missing
    return found


def public(session: Session, slug: str) -> Vote:
    """Missing: a draft, or none."""
    found = load(session, slug)
    if found.state == "draft":
        raise Missing
    return found


def everything(session: Session, *, drafts: bool = False) -> Sequence[Vote]:
    """The one that closes last on top."""
    wanted = select(Vote).order_by(Vote.closes_on.desc(), Vote.slug)
    return session.scalars(wanted if drafts else wanted.where(Vote.state != "draft")).all()


def paper(row: Vote) -> engine.Paper:
    return engine.Paper(
        row.slug,
        engine.Kind(row.kind),
        tuple(engine.Option(**each) for each in row.options),
        row.seats,
        engine.Majority(row.majority),
        row.quorum_percent,
    )


def is_open(row: Vote, day: date) -> bool:
    return row.state == "open" and row.opens_on <= day <= row.closes_on


def _check(draft: Draft) -> None:
    faults = {}
    if not draft.title.strip():
        faults["title"] = "Give it a title."
    if not draft.question.strip():
        faults["question"] = "Write what is decided."
    if draft.body not in BODIES:
        faults["body"] = "Choose the general meeting or a region."
    if not engine.LEAST_DAYS <= draft.days <= engine.MOST_DAYS:
        faults["days"] = f"Keep it open for {engine.LEAST_DAYS} to {engine.MOST_DAYS} days."
    if not 1 <= draft.quorum_percent <= 100:
        faults["quorum_percent"] = "Enter 1 to 100."
    if draft.kind is engine.Kind.ELECTION:
        if not 1 <= len(draft.candidates) <= MOST_CANDIDATES:
            faults["candidates"] = f"Name 1 to {MOST_CANDIDATES} candidates, one a line."
        if not 1 <= draft.seats <= max(len(draft.candidates), 1):
            faults["seats"] = "There cannot be more seats than candidates, nor fewer than 1."
        if draft.term_months is None or not 1 <= draft.term_months <= 120:
            faults["term_months"] = "Enter the term of office in months, 1 to 120."
    if faults:
        raise Faulty(fields=faults)


def _options(draft: Draft) -> list[dict[str, Any]]:
    if draft.kind is engine.Kind.MOTION:
        return [{"key": each, "name": each, "of": ""} for each in engine.MOTION]
    return [
        {"key": str(place), "name": name, "of": of} for place, (name, of) in enumerate(draft.candidates, 1)
    ]


def save(session: Session, actor: Actor, draft: Draft, *, slug: str | None = None, now: datetime) -> Vote:
    """A new draft, or a draft changed. Faulty: what is missing. Refusal: it is open, so it stays as it is."""
    _check(draft)
    if slug is None:
        row = Vote(id=uuid7(now), slug=_free_slug(session, draft.title), state="draft", created_at=now)
        session.add(row)
    else:
        row = load(session, slug, lock=True)
        if row.state != "draft":
            raise Refusal("The vote is open, so it stays as it is.", code="vote-open")
    election = draft.kind is engine.Kind.ELECTION
    row.title, row.question = draft.title.strip(), draft.question.strip()
    row.body, row.kind, row.options = draft.body, draft.kind.value, _options(draft)
    row.seats, row.term_months = (draft.seats, draft.term_months) if election else (1, None)
    row.majority, row.quorum_percent = draft.majority.value, draft.quorum_percent
    row.opens_on, row.closes_on = now.date(), now.date() + timedelta(days=draft.days)
    session.flush()
    history.record(session, row, "vote drafted", now=now, **actor.who)
    return row


def _free_slug(session: Session, title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:70].strip("-") or "vote"
    taken = set(session.scalars(select(Vote.slug).where(Vote.slug.startswith(slug)))) | RESERVED
    number, found = 1, slug
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    return found


def open_vote(session: Session, actor: Actor, slug: str, settings: Settings, *, now: datetime) -> Vote:
    """Fix the roll and begin, for as long as the draft says. Refusal: too few members to keep it secret."""
    row = load(session, slug, lock=True)
    if row.state != "draft":
        raise Refusal("The vote was opened before.", code="vote-open")
    voters = members(session, now=now, region="" if row.body == GENERAL else row.body)
    if len(voters) < engine.LEAST_BALLOTS:
        raise Refusal(
            f"There are {len(voters)} full members to vote: with fewer than {engine.LEAST_BALLOTS} a ballot "
            "would not be secret.",
            code="too-few-members",
        )
    session.add_all(VoteRoll(vote_id=row.id, organisation_id=each.id, region=each.region) for each in voters)
    key = engine.BoxKey(secrets.token_bytes(32))
    sealed = seal(settings.sealing_secret, row.id, key.private)
    session.add(VoteBox(vote_id=row.id, public_key=key.public, sealed_key=sealed, envelopes=[]))
    session.flush()
    row.closes_on = now.date() + (row.closes_on - row.opens_on)
    row.opens_on, row.state = now.date(), "open"
    session.flush()
    history.record(session, row, "vote opened", now=now, **actor.who, members=len(voters))
    roll_hash = engine.digest("\n".join(sorted(each.slug for each in voters)))
    statement = {
        "title": row.title,
        "vote": row.slug,
        "members": len(voters),
        "sha256": roll_hash,
        "until": row.closes_on.isoformat(),
    }
    tlog.append(session, "vote.opened", row, statement, now=now)
    return row


def roll(session: Session, row: Vote) -> list[tuple[Organisation, VoteRoll]]:
    """The members on the roll, by name."""
    found = session.execute(
        select(Organisation, VoteRoll)
        .join(VoteRoll, VoteRoll.organisation_id == Organisation.id)
        .where(VoteRoll.vote_id == row.id)
        .order_by(Organisation.name, Organisation.id)
    )
    return [(organisation, line) for organisation, line in found]


def cast_so_far(session: Session, row: Vote) -> int:
    return (
        session.scalar(select(func.count()).select_from(VoteRoll).filter_by(vote_id=row.id, voted=True)) or 0
    )


def due(session: Session, *, today: date) -> Sequence[Vote]:
    """Those that are over and not counted."""
    return session.scalars(select(Vote).where(Vote.state == "open", Vote.closes_on < today)).all()


def board(session: Session, row: Vote) -> engine.Board | None:
    """The published board; None before it is counted."""
    found = session.get(VoteResult, row.id)
    return engine.read(found.board) if found else None


def count(session: Session, slug: str, settings: Settings, *, now: datetime) -> VoteResult:
    """Open the box after the end, publish the board, destroy the envelopes and the key.

    Where too few voted the box stays shut: its envelopes are destroyed unread. Counted before: that result.
    """
    row = load(session, slug, lock=True)
    if (there := session.get(VoteResult, row.id)) is not None:
        return there
    if row.state != "open" or now.date() <= row.closes_on:
        raise Refusal("It can be counted once it has ended.", code="vote-not-over")
    box = session.scalars(select(VoteBox).filter_by(vote_id=row.id).with_for_update()).one()
    on_paper, voters = paper(row), roll(session, row)
    cast = len(box.envelopes)
    found: dict[str, tuple[str, ...]] = {}
    if cast >= engine.quorum_of(on_paper, len(voters)):
        assert box.sealed_key is not None  # until it is counted
        key = engine.BoxKey(open_sealed(settings.sealing_secret, row.id, box.sealed_key))
        opened = (engine.unseal(on_paper, key, each) for each in box.envelopes)
        found = {mark.hex(): choice for mark, choice in opened}
    made = engine.Board(
        on_paper,
        row.title,
        row.body,
        row.opens_on,
        row.closes_on,
        tuple((organisation.slug, line.region) for organisation, line in voters),
        _turnout([line for _, line in voters]),
        found,
        cast,
        engine.count(on_paper, found, len(voters)),
    )
    text = engine.write(made)
    engine.read(text)  # what is published agrees with itself
    result = VoteResult(vote_id=row.id, board=text, digest=engine.digest(text))
    session.add(result)
    row.state, row.counted_at = "counted", now
    session.flush()
    box.envelopes, box.sealed_key = [], None
    session.flush()
    history.record(session, row, "vote counted", now=now, ballots=cast)
    statement = {
        "title": row.title,
        "vote": row.slug,
        "members": len(voters),
        "ballots": cast,
        "outcome": outcome(made),
        "sha256": result.digest,
    }
    tlog.append(session, "vote.counted", row, statement, now=now)
    return result


def _turnout(lines: Sequence[VoteRoll]) -> dict[str, engine.Turnout]:
    return {
        region: engine.Turnout(
            sum(each.region == region for each in lines),
            sum(each.region == region and each.voted for each in lines),
        )
        for region in sorted({each.region for each in lines})
    }


def outcome(made: engine.Board) -> str:
    """In one word or by the names of the elected, as the log says it."""
    if not made.result.reached:
        return "quorum not reached"
    if made.result.carried is not None:
        return "carried" if made.result.carried else "not carried"
    names = {each.key: each.name for each in made.paper.options}
    return ", ".join(names[each] for each in made.result.elected) or "nobody elected"


@dataclass(frozen=True, slots=True)
class Seat:
    """Who holds a seat of a board, by which vote, until when."""

    body: str
    name: str
    of: str
    vote: Vote
    until: date


def seats(session: Session, *, today: date) -> list[Seat]:
    """Who was elected and how long: by the newest election of each body, ended terms included."""
    found: dict[str, list[Seat]] = {}
    wanted = (
        select(Vote)
        .where(Vote.kind == engine.Kind.ELECTION, Vote.state == "counted", Vote.closes_on < today)
        .order_by(Vote.closes_on.desc())
    )
    for row in session.scalars(wanted):
        made = board(session, row)
        if row.body in found or made is None or not made.result.elected:
            continue
        options = {each.key: each for each in made.paper.options}
        until = months_later(row.closes_on, row.term_months or 0)
        found[row.body] = [
            Seat(row.body, options[each].name, options[each].of, row, until) for each in made.result.elected
        ]
    return [each for body in BODIES for each in found.get(body, [])]


def months_later(day: date, months: int) -> date:
    """The same day of a later month; its last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
