"""The rules of consultations, and the gate before a standard version."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.consultations import (
    PRODUCERS,
    RULES,
    SOUTH,
    BeginsInThePast,
    Consultation,
    NotConsulted,
    NotOpen,
    NotSorted,
    Rules,
    State,
    StillOpen,
    Theme,
    TooShort,
    Voice,
    answer,
    heard,
    may_adopt,
    may_answer,
    need_open,
    need_reason,
    open_,
    reminders,
)
from governance.refusal import Refusal

DAY = timedelta(days=1)
BEGIN = date(2026, 3, 2)
KEY = "fairhaul-2027.1"
REGIONS = ["Africa", "Asia", "Europe", "Latin America", "North America and the Pacific Rim"]
SOUTHERN = frozenset({"Africa", "Asia", "Latin America"})
KINDS = ["producer", "worker", "buyer", "person"]

consultations = st.builds(
    Consultation,
    state=st.sampled_from(State),
    opens=st.just(BEGIN),
    closes=st.integers(0, 90).map(lambda days: BEGIN + days * DAY),
    standard=st.sampled_from([KEY, "other", None]),
    themes=st.lists(
        st.builds(
            Theme, st.just("time"), st.sampled_from(["", "We agree."]), st.sampled_from(["", "Two years."])
        ),
        max_size=3,
    ).map(tuple),
    unsorted=st.integers(0, 1),
)


@given(st.integers(1, 120), st.integers(-3, 3))
def test_a_consultation_lasts_as_long_as_it_must(length: int, ahead: int) -> None:
    draft = Consultation(State.DRAFT, BEGIN, BEGIN + (length - 1) * DAY)
    today = BEGIN - ahead * DAY
    if ahead < 0:
        with pytest.raises(BeginsInThePast):
            open_(draft, today)
    elif length < RULES.least_days:
        with pytest.raises(TooShort):
            open_(draft, today)
    else:
        made = open_(draft, today)
        assert made.open_on(BEGIN)
        assert made.open_on(made.closes)
        with pytest.raises(NotOpen):
            need_open(made, made.closes + DAY)


@given(consultations, st.integers(0, 120))
def test_an_answer_is_whole_and_comes_after_the_end(consultation: Consultation, later: int) -> None:
    today = BEGIN + later * DAY
    no = may_answer(consultation, today)
    whole = (
        consultation.state is State.OPEN
        and today > consultation.closes
        and not consultation.unsorted
        and all(each.answer and each.changed for each in consultation.themes)
    )
    assert (no is None) == whole
    if no is None:
        assert answer(consultation, today).state is State.ANSWERED
    else:
        with pytest.raises(Refusal):
            answer(consultation, today)


@given(st.lists(consultations, max_size=4), st.integers(0, 120))
def test_the_gate(known: list[Consultation], later: int) -> None:
    """A version is adopted exactly when one consultation about it is closed and answered."""
    today = BEGIN + later * DAY
    open_gate = any(
        each.standard == KEY and each.state is State.ANSWERED and each.closes < today for each in known
    )
    no = may_adopt(KEY, known, today)
    assert (no is None) == open_gate
    if no:
        assert isinstance(no, NotConsulted)
        assert no.sentence


def test_the_reasons_are_told() -> None:
    running = Consultation(State.OPEN, BEGIN, BEGIN + 30 * DAY, KEY, unsorted=2)
    assert isinstance(may_answer(running, BEGIN + 30 * DAY), StillOpen)
    assert isinstance(may_answer(running, BEGIN + 31 * DAY), NotSorted)


@given(
    st.lists(st.builds(Voice, st.sampled_from(REGIONS), st.sampled_from(KINDS)), max_size=60),
    st.integers(0, 100),
)
def test_who_is_missing_is_said(voices: list[Voice], share: int) -> None:
    rules = Rules(least_share_percent=share)
    found = heard(
        voices,
        regions=REGIONS,
        kinds=KINDS,
        south=SOUTHERN,
        producers=frozenset({"producer", "worker"}),
        rules=rules,
    )
    assert found.total == sum(found.by_region.values()) == sum(found.by_kind.values())
    south = sum(each.region in SOUTHERN for each in voices)
    assert (SOUTH in found.missing) == (south == 0 or south * 100 < len(voices) * share)
    makers = sum(each.kind in {"producer", "worker"} for each in voices)
    assert (PRODUCERS in found.missing) == (makers == 0 or makers * 100 < len(voices) * share)
    silent = {region for region in REGIONS if all(each.region != region for each in voices)}
    assert silent - SOUTHERN <= set(found.missing)
    assert silent <= set(found.missing) | (SOUTHERN if SOUTH in found.missing else frozenset())


def test_reminders_lie_within_the_time() -> None:
    running = Consultation(State.OPEN, BEGIN, BEGIN + 30 * DAY)
    assert reminders(running) == (BEGIN + 16 * DAY, BEGIN + 27 * DAY)
    assert reminders(Consultation(State.OPEN, BEGIN, BEGIN + 2 * DAY)) == ()


def test_who_removes_says_why() -> None:
    with pytest.raises(Refusal, match="Say in public"):
        need_reason("  spam ")
    assert need_reason(" Advertising  for watches. ") == "Advertising for watches."
