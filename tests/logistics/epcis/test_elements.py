"""GS1 labels: what is printed is read again, and a wrong label is refused, whoever scanned it how."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.epcis import code128
from logistics.epcis.elements import SEPARATOR, Element, Unreadable, checked, element_string, printed, read
from logistics.epcis.gs1 import check_digit

SSCC = "395201230000000012"


def with_check(digits: str) -> str:
    return digits + check_digit(digits)


digits = st.text("0123456789", min_size=1, max_size=8)
signs = st.text("!%&*+-./0123456789:;<=>?ABCXYZ_abcxyz", min_size=1, max_size=20)
elements = st.one_of(
    st.text("0123456789", min_size=17, max_size=17).map(lambda each: Element("00", with_check(each))),
    st.text("0123456789", min_size=13, max_size=13).map(lambda each: Element("01", with_check(each))),
    st.text("0123456789", min_size=12, max_size=12).map(lambda each: Element("414", with_check(each))),
    signs.map(lambda each: Element("10", each)),
    signs.map(lambda each: Element("21", each)),
    digits.map(lambda each: Element("37", each)),
    st.text("0123456789", min_size=6, max_size=6).map(lambda each: Element("3103", each)),
    st.dates().map(lambda each: Element("17", f"{each:%y%m%d}")),
)


@given(st.lists(elements, min_size=1, max_size=6), st.sampled_from(["", "]C1", "]d2", "]Q3"]))
def test_what_is_printed_is_read_again(parts: list[Element], sent_before: str) -> None:
    text = element_string(parts)
    if not sent_before and text.isdigit() and len(text) == 18:
        return  # could be an SSCC without its identifier
    assert read(sent_before + text) == tuple(parts)
    assert read(sent_before + text.replace(SEPARATOR, "<GS>")) == tuple(parts)
    if not any(sign in each.value for each in parts for sign in "()"):
        assert read(printed(parts)) == tuple(parts)


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_found(reference: str, place: int, more: int) -> None:
    right = with_check(reference)
    wrong = right[:place] + str((int(right[place]) + more) % 10) + right[place + 1 :]
    with pytest.raises(Unreadable, match="a digit is wrong"):
        read(f"(00) {wrong}")
    assert (
        read(right)
        == read(f"00{right}")
        == read(f"https://example.org/00/{right}")
        == (Element("00", right),)
    )


def test_a_digital_link_says_the_same_as_its_label() -> None:
    link = f"https://shop.example.org/some/01/{with_check('0952012345678')}/10/LOT%2F7/21/9?17=271231&lang=en"
    assert [(each.ai, each.value) for each in read(link)] == [
        ("01", with_check("0952012345678")),
        ("10", "LOT/7"),
        ("21", "9"),
        ("17", "271231"),
    ]


@pytest.mark.parametrize(
    ("scanned", "why"),
    [
        ("", "Nothing was scanned"),
        ("hello", "does not begin"),
        ("9" * 3000, "too long"),
        (f"(00) {SSCC[:-1]}9", "a digit is wrong"),
        ("(00) 123", "not what an identifier"),
        ("(17) 271332", "no such day"),
        ("(05) 12", "no application identifier"),
        ("0012", "not what an identifier"),
        ("https://example.org/about", "names no goods"),
        ("https://example.org/00/%FF", "cannot be read"),
        ("(01", "as it is printed"),
        ("10" + "A" * 21, "not what an identifier"),
        ("5012345678900", "no application identifier"),  # the barcode of a shop's article
    ],
)
def test_a_wrong_label_is_refused_in_words(scanned: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(scanned)


@given(st.text(max_size=60))
def test_whatever_is_scanned_is_read_or_refused(scanned: str) -> None:
    try:
        found = read(scanned)
    except Unreadable:
        return
    assert found
    assert [checked(each) for each in found] == list(found)


def decoded(widths: list[int]) -> str:
    """A reader of its own: modules to values, check sum, then signs."""
    table = {"".join(map(str, each)): value for value, each in enumerate(batched_widths())}
    assert widths[-7:] == [2, 3, 3, 1, 1, 1, 2]
    found = [table["".join(map(str, each))] for each in zip(*[iter(widths[:-7])] * 6, strict=True)]
    assert (found[0] + sum(k * each for k, each in enumerate(found[1:-1], 1))) % 103 == found[-1]
    text, in_c = "", found[0] == 105
    for value in found[1:-1]:
        if value == 102:
            text += SEPARATOR
        elif value in {99, 100} and (value == 99) != in_c:
            in_c = value == 99
        else:
            text += f"{value:02d}" if in_c else chr(value + 32)
    return text


def batched_widths() -> list[tuple[int, ...]]:
    return [tuple(int(digit) for digit in each) for each in code128._WIDTHS]


def test_the_bars_of_a_code_are_all_different_and_eleven_modules() -> None:
    bars = batched_widths()
    assert len(set(bars)) == 106
    assert all(sum(each) == 11 and sum(each[::2]) % 2 == 0 for each in bars)


@given(st.lists(elements, min_size=1, max_size=4))
def test_a_barcode_holds_what_it_was_given(parts: list[Element]) -> None:
    text = element_string(parts)
    assert decoded(code128.widths(text, gs1=True)) == SEPARATOR + text


@given(st.text([chr(each) for each in range(32, 127)], min_size=1, max_size=30))
def test_a_plain_barcode_holds_its_text(text: str) -> None:
    assert decoded(code128.widths(text)) == text
    drawn = code128.draw(text)
    starts = [int(each) for each in re.findall(r"M(\d+) 0", drawn)]
    assert starts[0] == code128.QUIET
    assert all(a < b for a, b in pairwise(starts))


def test_an_sscc_takes_as_few_bars_as_it_can() -> None:
    assert len(code128.values(f"00{SSCC}", gs1=True)) == 13  # start, FNC1, ten pairs, check sum
    with pytest.raises(ValueError, match="space to ~"):
        code128.values("ü")
