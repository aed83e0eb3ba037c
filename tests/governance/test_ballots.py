"""The ballot's rules: sealed, counted, counted again by others, and no board that is changed passes."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import ballots as engine
from governance.complaints import receipt
from governance.refusal import Refusal

DAY = date(2026, 2, 1)
MOTION = engine.Paper("m", engine.Kind.MOTION, tuple(engine.Option(each, each) for each in engine.MOTION))
ELECTION = engine.Paper(
    "e", engine.Kind.ELECTION, tuple(engine.Option(str(n), f"Demo {n}") for n in range(1, 6)), seats=2
)
KEY = engine.BoxKey(bytes(range(32)))
papers = st.sampled_from([MOTION, ELECTION, replace(MOTION, majority=engine.Majority.TWO_THIRDS)])
chance = st.binary(min_size=32, max_size=32)


@st.composite
def cast(draw: st.DrawFn, most: int = 12) -> tuple[engine.Paper, dict[str, tuple[str, ...]]]:
    paper = draw(papers)
    few = (1, 1) if paper.kind is engine.Kind.MOTION else (0, 2)
    choices = st.sets(st.sampled_from(paper.keys), min_size=few[0], max_size=few[1]).map(
        lambda chosen: engine.choice_of(paper, chosen)
    )
    marks = st.binary(min_size=32, max_size=32).map(bytes.hex)
    return paper, draw(st.dictionaries(marks, choices, max_size=most))


@settings(max_examples=30, deadline=None)
@given(papers, st.data(), chance, chance)
def test_an_envelope_gives_back_its_choice_and_no_changed_one_opens(
    paper: engine.Paper, data: st.DataObject, ticket: bytes, once: bytes
) -> None:
    chosen = data.draw(st.sets(st.sampled_from(paper.keys), min_size=1, max_size=paper.seats))
    choice = engine.choice_of(paper, chosen)
    mark = engine.mark_of(paper.vote, receipt(ticket))
    envelope = engine.seal(paper, KEY.public, mark, choice, once)
    assert engine.unseal(paper, KEY, envelope) == (mark, choice)
    bit = data.draw(st.integers(0, 8 * len(envelope) - 1))
    flipped = bytearray(envelope)
    flipped[bit // 8] ^= 1 << bit % 8
    # the last bit of a key of this curve means nothing, so that one alone may be flipped
    if bit // 8 != engine.MARK + 31 or bit % 8 != 7:
        with pytest.raises(engine.UnreadableEnvelope):
            engine.unseal(paper, KEY, bytes(flipped))


@settings(max_examples=15, deadline=None)
@given(papers, chance)
def test_every_envelope_has_one_length(paper: engine.Paper, once: bytes) -> None:
    mark = bytes(32)
    lengths = {
        len(engine.seal(paper, KEY.public, mark, engine.choice_of(paper, [key]), once)) for key in paper.keys
    }
    assert lengths == {88}


def board_of(paper: engine.Paper, ballots: dict[str, tuple[str, ...]], members: int) -> engine.Board:
    needed = engine.quorum_of(paper, members)
    kept = ballots if len(ballots) >= needed else {}
    return engine.Board(
        paper,
        "Demo",
        "general meeting",
        DAY,
        DAY,
        tuple((f"member-{n:02}", "Asia") for n in range(members)),
        {"Asia": engine.Turnout(members, len(ballots))},
        kept,
        len(ballots),
        engine.count(paper, kept, members),
    )


@settings(max_examples=60, deadline=None)
@given(cast(), st.integers(0, 20))
def test_a_board_is_read_and_counted_again(
    given_: tuple[engine.Paper, dict[str, tuple[str, ...]]], stay_away: int
) -> None:
    paper, ballots = given_
    board = board_of(paper, ballots, len(ballots) + stay_away)
    text = engine.write(board)
    assert engine.read(text) == board
    assert engine.write(engine.read(text)) == text
    result = board.result
    assert result.reached == (len(ballots) >= max(3, -(-len(board.roll) * paper.quorum_percent // 100)))
    if not result.reached:
        assert not board.ballots, "what too few cast is told to nobody"
        return
    for key, votes in result.votes.items():
        assert votes == sum(key in choice for choice in ballots.values())
    if paper.kind is engine.Kind.ELECTION:
        assert len(result.elected) <= paper.seats
        worst = min((result.votes[key] for key in result.elected), default=0)
        for key in set(paper.keys) - set(result.elected):
            assert result.votes[key] <= worst or (result.votes[key] == 0 and worst == 0)
        assert all(result.votes[key] for key in result.elected)
    else:
        yes, no = result.votes["yes"], result.votes["no"]
        fair = yes > no if paper.majority is engine.Majority.SIMPLE else yes > 0 and yes >= 2 * no
        assert result.carried == fair


@settings(max_examples=60, deadline=None)
@given(cast(), st.data())
def test_no_changed_board_passes(
    given_: tuple[engine.Paper, dict[str, tuple[str, ...]]], data: st.DataObject
) -> None:
    paper, ballots = given_
    board = board_of(paper, ballots, len(ballots) + 3)
    said = json.loads(engine.write(board))
    change = data.draw(
        st.sampled_from(["cast", "drop", "add", "winner", "turnout", "roll", "quorum", "more", "twice"])
    )
    match change:
        case "cast":
            said["cast"] += 1
        case "drop" if said["ballots"]:
            said["ballots"].pop()
        case "add":
            said["ballots"].append(["ab" * 32, [paper.keys[0]]])
        case "winner":
            said["result"]["carried"] = not said["result"]["carried"]
        case "turnout":
            said["turnout"]["Asia"]["voted"] += 1
        case "roll":
            said["roll"].pop()
        case "quorum":
            said["result"]["quorum"] += 1
        case "more":
            said["who"] = "voted how"
        case "twice" if said["ballots"]:
            said["ballots"].append(said["ballots"][0])
        case _:
            said["format"] = "another"
    with pytest.raises(engine.BoardError):
        engine.read(json.dumps(said))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=4, max_size=8, unique=True))
def test_a_tie_is_decided_by_the_ballots_together_in_any_order(marks: list[str]) -> None:
    half = len(marks) // 2
    ballots = {mark: (("1",) if place < half else ("2",)) for place, mark in enumerate(marks[: 2 * half])}
    paper = replace(ELECTION, seats=1)
    result = engine.count(paper, ballots, len(marks))
    again = engine.count(paper, dict(reversed(ballots.items())), len(marks))
    assert result == again
    assert result.elected == result.by_lot
    assert result.elected[0] == min("12", key=lambda key: engine.lot(ballots, key))


def test_what_is_no_choice_of_the_paper_is_refused() -> None:
    for paper, chosen in (
        (MOTION, []),
        (MOTION, ["yes", "no"]),
        (MOTION, ["9"]),
        (ELECTION, ["1", "2", "3"]),
    ):
        with pytest.raises(Refusal):
            engine.choice_of(paper, chosen)
    assert engine.choice_of(ELECTION, []) == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": 1}', "\ud800"])
def test_what_is_no_board_is_refused(text: str) -> None:
    with pytest.raises(engine.BoardError):
        engine.read(text)
