"""Whoever reads the whole database learns that a member voted, and not what; and many vote at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db import Base, make_engine, make_sessions
from app.embedded import Server, create_database, drop_database
from app.errors import Refusal
from app.identity import acting
from app.organisations.models import Kind
from app.permissions import Actor, Role
from app.settings import Settings
from app.votes import casting, membership, service
from app.votes.models import VoteBox
from governance import ballots as engine
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

MEMBERS = 8
DRAFT = service.Draft("Accounts", "Accepted?", service.GENERAL, engine.Kind.MOTION)


@pytest.fixture(scope="module")
def own(server: Server, worker_id: str, migrated: str) -> Iterator[Engine]:
    """A database of its own: these transactions commit."""
    name = f"votes_{worker_id}"
    drop_database(server, name)
    url = create_database(server, name, migrated)
    made = make_engine(url, pool_size=MEMBERS + 2)
    yield made
    made.dispose()
    drop_database(server, name)


def people(session: Session) -> tuple[Actor, list[Actor]]:
    """Who holds the vote, and the members."""
    make = Making(session, FixedClock(NOON))

    def actor(kind: Kind, *roles: Role) -> Actor:
        home = make.organisation(kind, name=f"{kind} {make.count} {id(make)}")
        person = make.person(home, *roles, email=f"{home.slug.replace(' ', '-')}@example.org")
        found = acting(session, person.id, home.id)
        assert found
        return found

    runner = actor(Kind.PLATFORM, Role.OPERATOR)
    members = [actor(Kind.BUYER) for _ in range(MEMBERS)]
    for each in members:
        membership.admit(session, runner, each.organisation_id, now=NOON)
    return runner, members


def test_each_member_votes_once_however_often_at_once(own: Engine, tmp_path: Path) -> None:
    sessions, config = make_sessions(own), Settings(data=tmp_path)
    with sessions() as session:
        runner, members = people(session)
        slug = service.save(session, runner, DRAFT, now=NOON).slug
        service.open_vote(session, runner, slug, config, now=NOON)
        session.commit()

    def vote(actor: Actor, attempt: int) -> bool:
        with sessions() as session:
            try:
                casting.cast(
                    session,
                    actor,
                    slug,
                    ["yes" if attempt else "no"],
                    f"{members.index(actor):02x}{attempt:02x}" * 16,
                    now=NOON,
                )
                session.commit()
            except Refusal:
                return False
            return True

    with ThreadPoolExecutor(MEMBERS) as pool:
        jobs = [(each, pool.submit(vote, each, attempt)) for attempt in range(3) for each in members]
        done = [each for each, job in jobs if job.result()]
    assert sorted(done, key=members.index) == members, "each once, no more and no fewer"
    with sessions.begin() as session:
        row = service.load(session, slug)
        assert len(session.get_one(VoteBox, row.id).envelopes) == MEMBERS
        service.count(session, slug, config, now=NOON + timedelta(days=15))
        made = service.board(session, row)
        assert made
        assert len(made.ballots) == made.cast == MEMBERS


def snapshot(session: Session) -> tuple[list[UUID], list[bytes]]:
    """What the database says, by every order that it keeps: who voted in which order, and the box in its."""
    row = service.everything(session)[0]  # closes last
    order = session.execute(
        text(
            "SELECT organisation_id FROM vote_roll WHERE vote_id = :vote AND voted "
            "ORDER BY xmin::text::bigint, ctid"
        ),
        {"vote": row.id},
    ).scalars()
    return list(order), list(session.get_one(VoteBox, row.id).envelopes)


def test_no_column_order_or_transaction_joins_roll_and_box(own: Engine, tmp_path: Path) -> None:
    """The order in which members voted can be read (by transactions); the order of the envelopes cannot."""
    sessions, config = make_sessions(own), Settings(data=tmp_path)
    with sessions() as session:
        runner, members = people(session)
        slug = service.save(
            session,
            runner,
            service.Draft("Secret", "?", service.GENERAL, engine.Kind.MOTION, days=60),
            now=NOON,
        ).slug
        service.open_vote(session, runner, slug, config, now=NOON)
        session.commit()
    choices = ["yes", "no", "abstain", "yes", "no", "yes", "abstain", "no"]
    codes = []
    for place, (actor, choice) in enumerate(zip(members, choices, strict=True)):
        with sessions.begin() as session:
            codes.append(casting.cast(session, actor, slug, [choice], f"{place + 7:02x}" * 32, now=NOON))
    with sessions() as session:
        voted, envelopes = snapshot(session)
        assert voted == [each.organisation_id for each in members], "so this order is known"
        marks = [engine.mark_of(slug, code) for code in codes]
        assert [each[:32] for each in envelopes] == sorted(marks), "the box is in the order of chance"
        assert marks != sorted(marks)
        # one row for the whole box: joined by its transaction, the last voter meets all envelopes alike
        joined = session.execute(
            text(
                "SELECT r.organisation_id, cardinality(b.envelopes) FROM vote_roll r "
                "JOIN vote_box b ON b.vote_id = r.vote_id AND b.xmin = r.xmin WHERE r.vote_id = :vote"
            ),
            {"vote": _id(session, slug)},
        ).all()
        assert [tuple(each) for each in joined] == [(members[-1].organisation_id, MEMBERS)]
        # no value of any column about a member or its organisation stands in an envelope
        rows = session.execute(
            text(
                "SELECT to_jsonb(r), to_jsonb(o) FROM vote_roll r "
                "JOIN organisation o ON o.id = r.organisation_id WHERE r.vote_id = :vote"
            ),
            {"vote": _id(session, slug)},
        ).all()
        words = {str(value) for line in rows for row in line for value in row.values()}
        inside = [each.hex() for each in envelopes]
        forms = {
            form for word in words if len(word) > 3 for form in (word.encode().hex(), word.replace("-", ""))
        }
        assert len(forms) > MEMBERS
        assert not [form for form in forms for each in inside if form in each]
        assert _elsewhere(session, [each[:32].hex() for each in envelopes]) == []
        # nor do two envelopes of one choice have anything in common beyond chance
        sealed = [each[32:] for each in envelopes]
        assert all(one[:8] != other[:8] for one, other in combinations(sealed, 2))
    with sessions.begin() as session:
        service.count(session, slug, config, now=NOON + timedelta(days=61))
    with sessions() as session:
        made = service.board(session, service.load(session, slug))
        assert made
        assert list(made.ballots) == sorted(made.ballots)
        assert {mark.hex(): (choice,) for mark, choice in zip(marks, choices, strict=True)} == made.ballots
        assert _elsewhere(session, [each.hex() for each in marks], but={"vote_result"}) == []


def _id(session: Session, slug: str) -> UUID:
    return service.load(session, slug).id


def _elsewhere(session: Session, values: list[str], but: set[str] | None = None) -> list[str]:
    """Tables, but for the box, that hold one of these anywhere in a row."""
    found = []
    for name in Base.metadata.tables:
        if name in {"vote_box"} | (but or set()):
            continue
        rows = session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{name}" t')).all()
        if any(value in row for value in values for row in rows):
            found.append(name)
    return found
