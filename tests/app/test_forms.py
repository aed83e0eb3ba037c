"""What people type: money, measures, numbers, days."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms import Form
from app.language import LOCALES, language


def money(typed: str, currency: str = "USD") -> int | str:
    form = Form({"price": typed})
    value = form.money("price", currency, "Enter the price.")
    return form.errors.get("price", value)


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("12.50", 1250),
        ("12,50", 1250),
        ("12", 1200),
        ("1,234.50", 123_450),
        ("1.234,50", 123_450),
        ("1 234,50", 123_450),
        ("1,234,567", 123_456_700),
        (" 3000 ", 300_000),
    ],
)
def test_money_is_read_as_people_write_it(typed: str, minor: int) -> None:
    assert money(typed) == minor


@pytest.mark.parametrize("typed", ["3,000", "3.000", "999,999"])
def test_an_amount_that_could_mean_two_is_refused_not_guessed(typed: str) -> None:
    assert "could mean two amounts" in str(money(typed))


@pytest.mark.parametrize("typed", ["twelve", "12.5.0,1", "1e5", "0x10", "12.505", "-1", "NaN", "9" * 30])
def test_what_is_no_amount_is_refused_in_words(typed: str) -> None:
    assert isinstance(money(typed), str)


def test_currencies_have_their_own_places() -> None:
    assert money("1200", "JPY") == 1200
    assert isinstance(money("12.5", "JPY"), str)
    assert money("1.234", "KWD") == 1234


@given(st.integers(0, 10**12), st.sampled_from(sorted(LOCALES)), st.sampled_from(["USD", "JPY", "EUR"]))
def test_what_is_shown_is_read_back(minor: int, code: str, currency: str) -> None:
    """An amount as a page shows it, in any language, means the same when it is typed again, or is refused."""
    shown = language(code).amount(minor, currency)
    assert money(shown, currency) == minor or "could mean two" in str(money(shown, currency))


def test_a_measure_has_the_places_that_say_something() -> None:
    words = language("en")
    assert [words.weight(grams) for grams in (2_000, 2_600, 3_120, 3_125)] == [
        "2 kg",
        "2.6 kg",
        "3.12 kg",
        "3.125 kg",
    ]
    assert words.volume(28_850) == "28.85 l"


@given(st.text(max_size=40))
def test_no_text_breaks_a_field(typed: str) -> None:
    form = Form({"x": typed})
    form.money("x", "USD")
    form.integer("x")
    form.measure("x", "", to_base=1000, unit="kg")
    form.day("x")
    form.text("x", most=10)
    form.email("x", "Enter an address.")


def test_measures_have_units_and_grams_are_the_finest() -> None:
    form = Form({"a": "1.5", "b": "0.0001", "c": "1,500", "d": "0", "e": "-2"})
    assert form.measure("a", "", to_base=1000, unit="kg") == 1500
    for name in "bcde":
        form.measure(name, "", to_base=1000, unit="kg")
    assert set(form.errors) == set("bcde")
    assert form.values["c"] == "1,500"
