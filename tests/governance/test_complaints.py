"""The rules of complaints: in any order of actions, at any pace, whoever tries."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from governance.complaints import (
    ALPHABET,
    DEADLINES,
    LENGTH,
    OPEN,
    TRANSITIONS,
    Action,
    AppealOpen,
    Complaint,
    Deadlines,
    Employed,
    HandledBefore,
    Interested,
    NotDeclared,
    NotHeard,
    Part,
    Quotes,
    Redress,
    State,
    Ties,
    TookPart,
    conflict,
    due,
    last_four,
    may_take,
    need_own_words,
    plain_receipt,
    public_day,
    quotations,
    receipt,
    receipt_hash,
    refusal,
    take,
)
from governance.refusal import Refusal

DAY = timedelta(days=1)
BEGIN = date(2026, 1, 7)
SUBJECT, OTHER = UUID(int=1), UUID(int=2)
FIRST, SECOND = UUID(int=11), UUID(int=12)
WORDS = "Both lists were read and compared with care."

days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
words = st.lists(
    st.sampled_from(["the", "board", "of", "weavers", "paid", "nobody", "in", "March", "and", "April"]),
    min_size=1,
    max_size=40,
)


class Way(RuleBasedStateMachine):
    """A complaint under every order of actions by everybody: what was promised holds throughout."""

    @initialize()
    def begin(self) -> None:
        self.today = BEGIN
        self.complaint = Complaint(
            State.RECEIVED,
            BEGIN,
            current=frozenset({(FIRST, Part.OMBUDSPERSON)}),
            handlers=frozenset({FIRST}),
        )
        self.heard_or_late = False
        self.results = 0

    @rule(passed=st.integers(0, 40))
    def wait(self, passed: int) -> None:
        self.today += passed * DAY

    @rule()
    def the_subject_answers(self) -> None:
        if self.complaint.respondent:
            self.complaint = replace(self.complaint, heard=True)

    @rule(verified=st.booleans())
    def redress(self, verified: bool) -> None:
        if self.complaint.state is State.ANSWERED and not self.complaint.appealed:
            self.complaint = replace(
                self.complaint, redress=(Redress(self.today + 10 * DAY, "seen", verified),)
            )

    @rule()
    def somebody_takes_the_appeal(self) -> None:
        if (
            may_take(self.complaint, Ties(SECOND, declared=True), [SUBJECT], part=Part.APPEAL, named=True)
            is None
        ):
            self.complaint = replace(
                self.complaint,
                current=self.complaint.current | {(SECOND, Part.APPEAL)},
                handlers=self.complaint.handlers | {SECOND},
            )

    @rule(
        action=st.sampled_from(Action),
        person=st.sampled_from([FIRST, SECOND, None]),
        part=st.sampled_from(Part),
        said=st.sampled_from([WORDS, "short", ""]),
    )
    def try_it(self, action: Action, person: UUID | None, part: Part, said: str) -> None:
        before = self.complaint
        try:
            after, step = take(before, action, (person, part), words=said, respondent=SUBJECT, on=self.today)
        except Refusal:
            return
        assert before.state in TRANSITIONS[action].before
        assert part in TRANSITIONS[action].parts
        assert step.state is after.state
        if part in {Part.OMBUDSPERSON, Part.APPEAL}:
            assert (person, part) in before.current
        if action is Action.EXAMINE:
            assert before.heard or self.today > before.since + DEADLINES.statement * DAY
        if action in {Action.REMEDY, Action.CLOSE}:
            assert all(each.verified for each in before.redress)
        if action is Action.CLOSE:
            assert before.appeals or self.today > before.since + DEADLINES.appeal * DAY
        if action is Action.APPEAL:
            assert self.today <= before.since + DEADLINES.appeal * DAY
        if before.appealed and action not in {Action.UPHOLD, Action.OVERTURN}:
            assert action is Action.REMEDY
        self.complaint = after

    @invariant()
    def open_complaints_have_a_day(self) -> None:
        if self.complaint.state in OPEN or self.complaint.state is State.REFUSED:
            assert due(self.complaint) is not None
        else:
            assert due(self.complaint) is None

    @invariant()
    def nobody_decides_an_appeal_of_their_own_result(self) -> None:
        assert (FIRST, Part.APPEAL) not in self.complaint.current
        assert self.complaint.appeals <= 1


TestWay = Way.TestCase


@given(
    employed=st.booleans(),
    interested=st.booleans(),
    part=st.booleans(),
    declared=st.booleans(),
    named=st.booleans(),
)
def test_a_tie_refuses_whatever_else_is_true(
    employed: bool, interested: bool, part: bool, declared: bool, named: bool
) -> None:
    ties = Ties(
        FIRST,
        frozenset({SUBJECT if employed else OTHER}),
        ("kinship",) if interested else (),
        declared=declared,
        took_part=part,
    )
    no = conflict(ties, [SUBJECT], named=named)
    wanted = (
        Employed
        if employed
        else Interested
        if interested
        else TookPart
        if part
        else NotDeclared
        if named and not declared
        else None
    )
    assert (no is None) if wanted is None else isinstance(no, wanted)


def test_who_handled_it_never_decides_its_appeal() -> None:
    appealed = Complaint(State.ANSWERED, BEGIN, appealed=BEGIN, appeals=1, handlers=frozenset({FIRST}))
    first, second = (Ties(each, declared=True) for each in (FIRST, SECOND))
    assert isinstance(may_take(appealed, first, [], part=Part.APPEAL, named=False), HandledBefore)
    assert may_take(appealed, second, [], part=Part.APPEAL, named=False) is None


def test_the_subject_is_heard_first() -> None:
    admitted = Complaint(
        State.ADMITTED, BEGIN, respondent=SUBJECT, current=frozenset({(FIRST, Part.OMBUDSPERSON)})
    )
    actor = (FIRST, Part.OMBUDSPERSON)
    last = BEGIN + DEADLINES.statement * DAY
    assert isinstance(refusal(admitted, Action.EXAMINE, actor, last), NotHeard)
    assert refusal(admitted, Action.EXAMINE, actor, last + DAY) is None
    assert refusal(replace(admitted, heard=True), Action.EXAMINE, actor, BEGIN) is None


def test_an_open_appeal_stops_the_rest() -> None:
    appealed = Complaint(
        State.ANSWERED, BEGIN, appealed=BEGIN, appeals=1, current=frozenset({(FIRST, Part.OMBUDSPERSON)})
    )
    no = refusal(appealed, Action.CLOSE, (FIRST, Part.OMBUDSPERSON), BEGIN + 500 * DAY)
    assert isinstance(no, AppealOpen)


def test_deadlines_are_configuration() -> None:
    slow = replace(DEADLINES, acknowledge=50)
    received = Complaint(State.RECEIVED, BEGIN)
    assert due(received, slow) == BEGIN + 50 * DAY
    assert due(received) == BEGIN + DEADLINES.acknowledge * DAY
    with pytest.raises(ValueError, match="at least 1"):
        Deadlines(answer=0)


# The receipt


@given(st.binary(min_size=16, max_size=64))
def test_a_code_is_98_bits_in_groups_and_read_however_it_is_typed(chance: bytes) -> None:
    code = receipt(chance)
    signs = code.replace("-", "")
    assert len(signs) == LENGTH
    assert set(signs) <= set(ALPHABET)
    assert [len(each) for each in code.split("-")] == [4] * 5
    assert len(ALPHABET) ** LENGTH > 2**80
    for typed in (code.lower(), signs, f" {code.replace('-', ' ')} ", ".".join(signs)):
        assert plain_receipt(typed) == signs
        assert receipt_hash(typed) == receipt_hash(code)
    assert last_four(code, code[-4:].lower())
    assert not last_four(code, code[-3:])
    assert receipt(chance) == code


@given(st.binary(min_size=16, max_size=32), st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_another_code(chance: bytes, at: int, sign: str) -> None:
    signs = plain_receipt(receipt(chance))
    other = signs[:at] + sign + signs[at + 1 :]
    assert (receipt_hash(other) == receipt_hash(signs)) == (other == signs)


def test_too_little_chance_makes_no_code() -> None:
    with pytest.raises(ValueError, match="128 bits"):
        receipt(b"x" * 15)


# What may be said in public


@given(words, words, st.integers(0, 40))
def test_six_words_in_a_row_are_found_wherever_they_stand(
    said: list[str], around: list[str], at: int
) -> None:
    secret = ["blue", "rickshaw", "behind", "seven", "dyed", "doors"]
    told = " ".join(said + secret)
    quoted = " ".join([*around[:at], *secret, *around[at:]])
    assert quotations([told], "", quoted.upper())
    with pytest.raises(Quotes):
        need_own_words([told], "", quoted)


@given(words)
def test_own_words_pass(said: list[str]) -> None:
    assert quotations([" ".join(said)], "", "An entirely different sentence about payments.") == ()
    need_own_words([" ".join(said)], "Ada Example", "Payments are outstanding.")


@pytest.mark.parametrize("slip", ["as Zephyrine told", "call 0199 then", "at ada@example.org soon"])
def test_pieces_of_the_contact_are_found(slip: str) -> None:
    assert quotations([], "Zephyrine Q., 0199, ada@example.org", slip)


@given(days)
def test_others_are_told_the_week(day: date) -> None:
    monday = public_day(day)
    assert monday.weekday() == 0
    assert 0 <= (day - monday).days < 7
    assert public_day(monday) == monday
