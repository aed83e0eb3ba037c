"""Duties are exact, a missing figure is named, and a table with a fault says where it is."""

from datetime import date
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.customs import (
    QUESTIONS,
    Answer,
    CodeTooShort,
    CustomsFault,
    Goods,
    LineMissing,
    MeasureMissing,
    NotComputable,
    Outcome,
    Standing,
    TableFault,
    UnknownDestination,
    UnreadableCode,
    UnreadableDuty,
    assess,
    cited_tariff,
    find_origin,
    read_duty,
    read_tariff,
    tidy,
)

DAY = date(2026, 11, 24)
SOURCES = "key,name,address,stated_on,read_on\ns,Source,https://example.org/,2026-01-01,2026-02-01\n"
PROGRAMMES = (
    "key,destination,name,countries,proof,from_on,until_on,note,source\n"
    "p,EU,Scheme,KE GH,statement on origin,,2026-12-31,,s\n"
)
CAUTIONS = "destination,origin,from_on,until_on,words,source\nEU,,,,VAT is not in it,s\n"
HEAD = "destination,hs_code,programme,rate,description,source\n"
LINES = HEAD + "EU,0901.21,,7.5%,Roasted coffee,s\nEU,0901.21,p,2.6%,Roasted coffee,s\n"


@pytest.mark.parametrize(
    ("text", "currency", "goods", "due"),
    [
        ("Free", "USD", Goods(100_00), 0),
        ("4.5%", "USD", Goods(100_00), 450),
        ("1.9¢/kg", "USD", Goods(1, 1_000_000), 1900),
        ("30.5¢/kg + 8.5%", "USD", Goods(1000_00, 10_000), 305 + 8500),
        ("$1.055/kg", "USD", Goods(1, 2_000), 211),
        ("0.9¢ each + 15.8%", "USD", Goods(10_00, None, 100), 90 + 158),
        ("35.15 EUR / 100 kg", "EUR", Goods(1, 50_000), 1758),
        ("10% MIN 2.2 EUR/100 kg", "EUR", Goods(10_00, 100_000), 220),
        ("10% MAX 2.2 EUR/100 kg", "EUR", Goods(1000_00, 100_000), 220),
        ("95.00 GBP / 1,000 kg", "GBP", Goods(1, 500_000), 4750),
    ],
)
def test_a_duty_as_a_tariff_writes_it(text: str, currency: str, goods: Goods, due: int) -> None:
    assert read_duty(text, currency).due(goods) == due


@given(st.integers(0, 10**12), st.integers(0, 10**9), st.integers(0, 99_999), st.integers(0, 99_999))
def test_a_compound_duty_is_the_exact_sum_rounded_once(
    value: int, grams: int, share: int, cents: int
) -> None:
    duty = read_duty(f"{cents / 100:.2f}¢/kg + {share / 1000:.3f}%", "USD")
    exact = Fraction(cents, 100) * Fraction(grams, 1000) + Fraction(share, 100_000) * value
    due = duty.due(Goods(value, grams))
    assert abs(due - exact) <= Fraction(1, 2)
    assert due <= duty.due(Goods(value + 1, grams + 1))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", UnreadableDuty),
        ("much", UnreadableDuty),
        ("5 GBP/kg", UnreadableDuty),  # another currency than the tariff's
        ("8.3% + EA MAX 18.7% +ADSZ", NotComputable),
        ("3.7¢/kg on drained weight", NotComputable),
        ("The duty provided in the applicable subheading + 25%", NotComputable),
    ],
)
def test_what_cannot_be_computed_is_never_nothing(text: str, fault: type[CustomsFault]) -> None:
    with pytest.raises(fault):
        read_duty(text, "EUR")


def test_a_duty_by_weight_wants_the_weight() -> None:
    with pytest.raises(MeasureMissing, match="counted by weight"):
        read_duty("1.9¢/kg", "USD").due(Goods(100))


@pytest.mark.parametrize(
    ("typed", "code"),
    [("0901.11.00.00", "090111"), ("4602 19 18 00", "46021918"), ("1806906019", "1806906019")],
)
def test_codes_of_any_length_meet(typed: str, code: str) -> None:
    assert tidy(typed) == code


@pytest.mark.parametrize("typed", ["", "0901", "09012", "coffee", "٠٩٠١١١", "12345678901"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(UnreadableCode):
        tidy(typed)


def test_general_duty_preference_and_saving() -> None:
    tariff = read_tariff(SOURCES, LINES, PROGRAMMES, CAUTIONS)
    goods = Goods(10_000_00, 500_000)
    found = assess(
        tariff, hs_code="0901.21.00", origin="KE", to="NL", goods=goods, on=DAY, value_eur_cents=10_000_00
    )
    assert (found.duty, found.currency) == (750_00, "EUR")
    (preference,) = found.preferences
    assert (preference.duty, preference.saved) == (260_00, 490_00)
    assert preference.registered_exporter is True
    assert found.best == preference
    assert "Proof of origin, for the preference" in found.papers
    assert [each.words for each in found.cautions] == ["VAT is not in it"]


def test_a_lapsed_preference_saves_nothing_and_says_so() -> None:
    tariff = read_tariff(SOURCES, LINES, PROGRAMMES, CAUTIONS)
    found = assess(tariff, hs_code="090121", origin="KE", to="DE", goods=Goods(100_00), on=date(2027, 1, 1))
    (preference,) = found.preferences
    assert (preference.standing, preference.saved, found.best) == (Standing.LAPSED, None, None)


def test_what_is_missing_is_named() -> None:
    tariff = read_tariff(SOURCES, LINES, PROGRAMMES, CAUTIONS)
    found = assess(tariff, hs_code="460219", origin="KE", to="NL", goods=Goods(1), on=DAY)
    assert found.duty is None
    assert isinstance(found.fault, LineMissing)
    assert "460219" in str(found.fault)
    with pytest.raises(UnknownDestination, match="BR"):
        assess(tariff, hs_code="090121", origin="KE", to="BR", goods=Goods(1), on=DAY)


def test_a_code_that_is_divided_further_gives_its_lines() -> None:
    with pytest.raises(CodeTooShort) as refused:
        assess(cited_tariff(), hs_code="442090", origin="VN", to="US", goods=Goods(1), on=DAY)
    assert refused.value.facts["choices"] == ["44209020", "44209045", "44209065", "44209080"]


@pytest.mark.parametrize(
    ("table", "old", "new", "place"),
    [
        (0, "https://", "ftp://", "sources.csv, row 2, column address"),
        (0, "2026-02-01", "", "sources.csv, row 2, column read_on"),
        (0, "2026-01-01", "January", "sources.csv, row 2, column stated_on"),
        (1, "7.5%", "much", "lines.csv, row 2, column rate"),
        (1, "7.5%", "", "lines.csv, row 2, column rate"),
        (1, "EU,0901.21,p", "EU,0901.21,q", "lines.csv, row 3, column programme"),
        (1, "EU,0901.21,p", "US,0901.21,p", "lines.csv, row 3, column programme"),
        (1, "EU,0901.21,p", "EU,0901.21,", "lines.csv, row 3, column hs_code"),
        (1, "EU,0901.21,,", "EU,09,,", "lines.csv, row 2, column hs_code"),
        (1, "Roasted coffee,s\nEU", "Roasted coffee,t\nEU", "lines.csv, row 2, column source"),
        (1, ",rate,", ",duty,", "lines.csv, row 1, column all"),
        (2, "KE GH", "Kenya", "programmes.csv, row 2, column countries"),
        (2, "statement on origin", "a stamp", "programmes.csv, row 2, column proof"),
        (3, "EU,,,,VAT", "MARS,,,,VAT", "cautions.csv, row 2, column destination"),
    ],
)
def test_a_fault_in_a_table_names_its_place(table: int, old: str, new: str, place: str) -> None:
    tables = [SOURCES, LINES, PROGRAMMES, CAUTIONS]
    assert old in tables[table]
    tables[table] = tables[table].replace(old, new, 1)
    with pytest.raises(TableFault, match=place):
        read_tariff(*tables)


def test_every_cited_line_is_found_by_its_code_and_says_where_it_is_from() -> None:
    tariff = cited_tariff()
    for line in tariff.lines:
        assert line.source.address.startswith("https://")
        if not line.programme:
            assert tariff.general(line.destination, line.code, DAY) == line
    known = {each.key for each in tariff.programmes}
    assert {each.programme for each in tariff.lines if each.programme} <= known


def test_arms_have_no_preference() -> None:
    tariff = cited_tariff()
    eba = next(each for each in tariff.programmes if each.key == "eu-eba")
    assert tariff.preference(eba, "460219", DAY) is not None
    assert tariff.preference(eba, "930200", DAY) is None


def test_origin_is_never_yes_on_a_doubt() -> None:
    for said in product(Answer, repeat=len(QUESTIONS)):
        answers = {question.key: answer for question, answer in zip(QUESTIONS, said, strict=True)}
        found = find_origin(answers)
        obtained, worked, more, direct = said
        if found.outcome == Outcome.YES:
            assert direct == Answer.YES
            assert obtained == Answer.YES or (worked, more) == (Answer.YES, Answer.YES)
            assert found.criterion == ("P" if obtained == Answer.YES else "W")
        if found.outcome == Outcome.NO:
            assert Answer.NO in said
        assert found.why
