"""Votes on the real database: one a member, none after the end, and nothing that joins roll and box."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app.cli import cli
from app.errors import Missing, Refusal
from app.history import Happening
from app.identity import acting
from app.organisations.models import Kind
from app.permissions import Actor, Role
from app.settings import Settings
from app.tlog.models import LogEntry, LogStatement
from app.transaction import IdempotentReply
from app.votes import casting, membership, service
from app.votes.jobs import count_votes
from app.votes.models import VoteBox, VoteRoll
from governance import ballots as engine
from tests.app.complaints.playing import code_on, hidden
from tests.app.making import Making
from tests.conftest import FixedClock

DAY = timedelta(days=1)
MOTION = service.Draft("Accounts", "Accepted?", service.GENERAL, engine.Kind.MOTION)


class Meeting:
    """A general meeting of some shops; `voters[n]` is the n-th member's person."""

    def __init__(self, session: Session, clock: FixedClock, make: Making, config: Settings) -> None:
        self.session, self.clock, self.make, self.config = session, clock, make, config
        self.runner = self.actor(make.member(Kind.PLATFORM, Role.OPERATOR))
        self.voters = [self.member() for _ in range(5)]

    def actor(self, person: UUID) -> Actor:
        from app.organisations.models import Membership

        home = self.session.scalars(select(Membership.organisation_id).filter_by(person_id=person)).first()
        assert home
        found = acting(self.session, person, home)
        assert found
        return found

    def member(self, country: str = "NL") -> Actor:
        made = self.make.organisation(Kind.BUYER, country=country)
        person = self.make.person(made)
        membership.admit(self.session, self.runner, made.id, now=self.clock.now)
        return self.actor(person.id)

    def open(self, draft: service.Draft = MOTION) -> str:
        made = service.save(self.session, self.runner, draft, now=self.clock.now)
        service.open_vote(self.session, self.runner, made.slug, self.config, now=self.clock.now)
        self.session.commit()
        return made.slug

    def cast(self, slug: str, place: int, *choice: str) -> str:
        ticket = f"{place:02x}" * 32
        code = casting.cast(
            self.session, self.voters[place], slug, choice or ("yes",), ticket, now=self.clock.now
        )
        self.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        self.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        self.session.commit()
        return code

    def count(self, slug: str) -> engine.Board:
        self.clock.now += 15 * DAY
        service.count(self.session, slug, self.config, now=self.clock.now)
        self.session.commit()
        made = service.board(self.session, service.load(self.session, slug))
        assert made
        return made


@pytest.fixture
def meeting(session: Session, clock: FixedClock, make: Making, config: Settings) -> Meeting:
    return Meeting(session, clock, make, config)


def test_each_votes_once_and_finds_its_ballot_on_the_board(meeting: Meeting) -> None:
    slug = meeting.open()
    codes = [meeting.cast(slug, place, each) for place, each in enumerate(("yes", "no", "yes"))]
    assert casting.look(meeting.session, slug, codes[0]) == casting.Looked(counted=False, choice=None)
    with pytest.raises(Refusal, match="has voted"):
        meeting.cast(slug, 0, "no")
    made = meeting.count(slug)
    assert made.result.votes == {"yes": 2, "no": 1, "abstain": 0}
    assert made.result.carried
    assert [casting.look(meeting.session, slug, each).choice for each in codes] == [
        ("yes",),
        ("no",),
        ("yes",),
    ]
    with pytest.raises(Missing):
        casting.look(meeting.session, slug, "2222-2222-2222-2222-2222")
    with pytest.raises(Refusal, match="is over"):
        meeting.cast(slug, 3)
    box = meeting.session.get_one(VoteBox, service.load(meeting.session, slug).id)
    assert (box.envelopes, box.sealed_key) == ([], None)


def test_with_too_few_the_box_is_never_opened(meeting: Meeting) -> None:
    slug = meeting.open()
    for place in range(2):
        meeting.cast(slug, place)
    made = meeting.count(slug)
    assert not made.result.reached
    assert made.ballots == {}
    assert made.cast == 2
    assert service.outcome(made) == "quorum not reached"


def test_who_is_no_full_member_is_told_why(meeting: Meeting, make: Making, clock: FixedClock) -> None:
    slug = meeting.open()
    row = service.load(meeting.session, slug)
    reasons = {
        kind: casting.why_not(meeting.session, meeting.actor(make.member(kind)), row, now=clock.now)
        for kind in (Kind.PRODUCER, Kind.BUYER, Kind.PLATFORM)
    }
    assert reasons == {
        Kind.PRODUCER: casting.Reason.PROVISIONAL,
        Kind.BUYER: casting.Reason.NOT_ADMITTED,
        Kind.PLATFORM: casting.Reason.NOT_A_MEMBER,
    }
    late = meeting.member()
    assert casting.why_not(meeting.session, late, row, now=clock.now) is casting.Reason.LATER
    ended = meeting.voters[4]
    membership.end(meeting.session, meeting.runner, ended.organisation_id, now=clock.now)
    assert casting.why_not(meeting.session, ended, row, now=clock.now) is casting.Reason.NOT_ADMITTED
    regional = meeting.open(
        service.Draft("Board", "Who?", "Europe", engine.Kind.ELECTION, (("A", ""), ("B", "")), term_months=12)
    )
    far = meeting.member("VN")
    board = service.load(meeting.session, regional)
    assert casting.why_not(meeting.session, far, board, now=clock.now) is casting.Reason.REGION


def test_those_elected_stay_until_their_term_ends(meeting: Meeting, clock: FixedClock) -> None:
    slug = meeting.open(
        service.Draft(
            "Board",
            "Who?",
            "Europe",
            engine.Kind.ELECTION,
            (("A", "x"), ("B", ""), ("C", "")),
            seats=2,
            term_months=25,
        )
    )
    for place, chosen in enumerate((("1", "2"), ("1",), ("2", "3"), ())):
        casting.cast(
            meeting.session,
            meeting.voters[place],
            slug,
            chosen,
            f"{place:02x}" * 32,
            now=clock.now,
        )
    made = meeting.count(slug)
    assert made.result.votes == {"1": 2, "2": 2, "3": 1}
    assert set(made.result.elected) == {"1", "2"}
    found = service.seats(meeting.session, today=clock.now.date())
    assert {(each.name, each.until.isoformat()) for each in found} == {
        ("A", "2028-02-19"),
        ("B", "2028-02-19"),
    }


FORGED = {
    "a second vote": "UPDATE vote_roll SET voted = false WHERE voted",
    "a name on the roll": "INSERT INTO vote_roll (vote_id, organisation_id, region, voted) "
    "SELECT v.id, o.id, 'Asia', false FROM vote v, organisation o WHERE o.kind = 'platform'",
    "a name less": "DELETE FROM vote_roll WHERE NOT voted",
    "a vote without an envelope": "UPDATE vote_roll SET voted = true WHERE NOT voted",
    "an envelope without a vote": "UPDATE vote_box SET envelopes = envelopes || '\\xffff'::bytea",
    "an envelope less": "UPDATE vote_box SET envelopes = envelopes[2:]",
    "another envelope": "UPDATE vote_box SET envelopes = ARRAY['\\x01'::bytea, '\\x02'::bytea]",
    "envelopes as they came": "UPDATE vote_box SET envelopes = '\\xff'::bytea || envelopes",
    "an opened box": "UPDATE vote_box SET envelopes = '{}', sealed_key = NULL",
    "no box": "DELETE FROM vote_box",
    "another question": "UPDATE vote SET question = 'Refused?'",
    "a longer vote": "UPDATE vote SET closes_on = closes_on + 1",
    "no vote": "DELETE FROM vote",
    "counted before the end": "UPDATE vote SET state = 'counted', counted_at = opens_on",
}


def at(session: Session, now: datetime) -> None:
    """What the database takes for now until the end of the transaction."""
    session.execute(text("SELECT set_config('fairhaul.now', :now, true)"), {"now": now.isoformat()})


@pytest.mark.parametrize("what", FORGED)
def test_the_database_refuses(meeting: Meeting, what: str) -> None:
    slug = meeting.open()
    for place in range(2):
        meeting.cast(slug, place)
    session = meeting.session
    at(session, meeting.clock.now)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(f"{FORGED[what]}; SET CONSTRAINTS ALL IMMEDIATE"))


def test_the_database_takes_no_vote_after_the_end(meeting: Meeting) -> None:
    slug = meeting.open()
    meeting.cast(slug, 0)
    late = update(VoteRoll).filter_by(organisation_id=meeting.voters[1].organisation_id).values(voted=True)
    at(meeting.session, meeting.clock.now + 15 * DAY)
    with pytest.raises(DBAPIError, match="the roll is fixed"), meeting.session.begin_nested():
        meeting.session.execute(late)
    meeting.count(slug)
    for forged in ("UPDATE vote_result SET board = ''", "UPDATE vote_box SET envelopes = '{\"\\\\x01\"}'"):
        with pytest.raises(DBAPIError), meeting.session.begin_nested():
            meeting.session.execute(text(forged))


def test_a_vote_through_the_pages_leaves_no_trace_of_who_chose_what(
    meeting: Meeting, as_person: Callable[[UUID], TestClient], client: TestClient, session: Session
) -> None:
    slug = meeting.open()
    member = meeting.voters[0]
    browser = as_person(member.person_id)
    assert browser.post(f"/votes/{slug}/ballots/paper", data={"choice": ""}).status_code == 409
    paper = browser.post(f"/votes/{slug}/ballots/paper", data={"choice": "no", "form_key": "k1"})
    assert paper.status_code == 200, paper.text
    code, ticket = code_on(paper.text), hidden(paper.text, "ticket")
    said = {"choice": "no", "ticket": ticket, "last_four": "2222", "form_key": "k2"}
    wrong = browser.post(f"/votes/{slug}/ballots", data=said)
    assert wrong.status_code == 422
    assert code_on(wrong.text) == code
    said["last_four"] = code[-4:]
    assert browser.post(f"/votes/{slug}/ballots", data=said).status_code == 200
    assert browser.post(f"/votes/{slug}/ballots", data=said).status_code == 409
    looked = client.post(f"/votes/{slug}/receipts", data={"code": code.lower(), "form_key": "k3"})
    assert "Your ballot is in the box" in looked.text
    assert client.post(f"/votes/{slug}/receipts", data={"code": "2222"}).status_code == 404
    for place in (1, 2):
        meeting.cast(slug, place)
    meeting.clock.now += 15 * DAY
    meeting.session.commit()
    count_votes.func(0)
    session.expire_all()
    page = client.post(f"/votes/{slug}/receipts", data={"code": code})
    assert "The board has it as: No" in page.text
    # what is kept beside roll and board: nothing of a ballot
    kept = "".join(str(each.body) + each.scope for each in session.scalars(select(IdempotentReply)))
    told = "".join(str(each.facts) + each.action for each in session.scalars(select(Happening)))
    logged = "".join(each.statement for each in session.scalars(select(LogStatement)))
    for trace in (code, ticket, engine.mark_of(slug, code).hex()):
        assert trace not in kept + told + logged
    about = session.scalars(select(Happening).filter_by(organisation_id=member.organisation_id)).all()
    assert not [each for each in about if "vote" in each.action]
    kinds = session.scalars(select(LogEntry.kind).filter_by(subject_kind="vote")).all()
    assert sorted(kinds) == ["vote.counted", "vote.opened"]


def test_the_tally_is_counted_again_by_anybody(meeting: Meeting, client: TestClient, tmp_path: Path) -> None:
    slug = meeting.open()
    code = [meeting.cast(slug, place, each) for place, each in enumerate(("yes", "no", "abstain"))][1]
    assert client.get(f"/votes/{slug}/board.json").status_code == 404
    meeting.count(slug)
    reply = client.get(f"/votes/{slug}/board.json")
    assert client.get(f"/api/votes/{slug}/board").content == reply.content
    file = tmp_path / "board.json"
    file.write_bytes(reply.content)
    run = CliRunner().invoke(cli, ["votes", "tally", str(file), "--json", "--code", code])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    entered = meeting.session.scalars(
        select(LogStatement)
        .join(LogEntry, LogEntry.id == LogStatement.entry_id)
        .where(LogEntry.kind == "vote.counted")
    ).one()
    assert told["sha256"] == entered.as_json()["sha256"]
    assert (told["votes"], told["own"], told["carried"]) == ({"yes": 1, "no": 1, "abstain": 1}, ["no"], False)
    file.write_text(re.sub(r'"yes": 1', '"yes": 2', reply.text))
    assert CliRunner().invoke(cli, ["votes", "tally", str(file)]).exit_code == 1
    assert CliRunner().invoke(cli, ["votes", "tally", str(tmp_path / "none")]).exit_code == 2
