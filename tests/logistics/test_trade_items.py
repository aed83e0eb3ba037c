"""GTINs: every slip of one figure is seen, and numbers that name nothing elsewhere are refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.epcis.gs1 import canonical, check_digit
from logistics.form import InvalidInput
from logistics.trade_items import gtin, lot_path

BODY = st.from_regex(r"[34678][0-9]{11}", fullmatch=True).filter(lambda body: not body.startswith("98"))


@given(BODY, st.integers(0, 12), st.integers(1, 9))
@settings(max_examples=50)
def test_a_slip_of_one_figure_is_seen(body: str, place: int, by: int) -> None:
    good = body + check_digit(body)
    assert gtin(f" {good[:6]} {good[6:]} ") == f"0{good}"
    slipped = good[:place] + str((int(good[place]) + by) % 10) + good[place + 1 :]
    with pytest.raises(InvalidInput):
        gtin(slipped)


@pytest.mark.parametrize(
    "body", ["200000000001", "029999999999", "040000000001", "980000000001", "990000000001", "000000000000"]
)
def test_numbers_of_one_shop_and_coupons_name_no_goods(body: str) -> None:
    with pytest.raises(InvalidInput):
        gtin(body + check_digit(body))


def test_demonstration_numbers_are_for_demonstrations() -> None:
    assert gtin("9520000123451", demonstration=True) == "09520000123451"
    for number, demonstration in (("9520000123451", False), ("4006381333931", True)):
        with pytest.raises(InvalidInput, match="952"):
            gtin(number, demonstration=demonstration)


def test_all_lengths_are_one_number_in_fourteen_figures() -> None:
    assert gtin("96385074") == "00000096385074"
    assert gtin("614141000036") == "00614141000036"
    assert gtin("10614141000415") == "10614141000415"
    with pytest.raises(InvalidInput):
        gtin("2000000" + check_digit("2000000"))


def test_the_path_is_a_digital_link() -> None:
    assert lot_path("09520000123451", "A-1") == "/01/09520000123451/10/A-1"
    link = f"https://example.org{lot_path('09520000123451', 'A-1')}"
    assert canonical(link) == "https://id.gs1.org/01/09520000123451/10/A-1"
    assert lot_path("09520000123451") == "/01/09520000123451"
