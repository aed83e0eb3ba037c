"""Differences between versions lose no word, and delays are counted in days."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import Change, delay, difference, one_side, paragraphs

word = st.sampled_from(
    ["each", "member", "has", "one", "vote", "and", "a", "quarter", "of", "seats", "goes", "to", "makers"]
)
paragraph = st.lists(word, min_size=1, max_size=12).map(" ".join)
text = st.lists(paragraph, max_size=8).map("\n\n".join)


@given(text, text)
def test_both_versions_can_be_read_back(old: str, new: str) -> None:
    found = difference(old, new)
    assert one_side(found, new=False) == paragraphs(old)
    assert one_side(found, new=True) == paragraphs(new)


@given(text)
def test_what_is_the_same_shows_no_change(same: str) -> None:
    assert all(each.change is Change.SAME for each in difference(same, same.replace("\n", "\r\n")))


def test_a_changed_word_is_shown_within_its_paragraph() -> None:
    (found,) = difference("A quarter of the members decides.", "A third of the members decides.")
    assert found.change is None
    assert [(each.change, each.text) for each in found.pieces] == [
        (Change.SAME, "A "),
        (Change.REMOVED, "quarter"),
        (Change.ADDED, "third"),
        (Change.SAME, " of the members decides."),
    ]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.integers(0, 400))
def test_a_delay_grows_until_the_text_is_there(adopted: date, took: int, later: int) -> None:
    today = adopted + timedelta(days=took + later)
    assert delay(adopted, None, today) == took + later
    assert delay(adopted, adopted + timedelta(days=took), today) == took
