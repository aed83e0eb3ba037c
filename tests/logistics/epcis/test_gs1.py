"""GS1 identifiers: numbers of our own, and one canonical writing of each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.epcis import gs1


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("urn:epc:id:sgtin:9520123.011111.17", "https://id.gs1.org/01/09520123111113/21/17"),
        (
            "https://shop.example/gtin/9520123111113/lot/L5/ser/17?x=1",
            "https://id.gs1.org/01/09520123111113/21/17",
        ),
        ("https://id.gs1.org/01/09520123111113/10/L5", "https://id.gs1.org/01/09520123111113/10/L5"),
        ("urn:epc:class:lgtin:9520123.011111.L(5)", "https://id.gs1.org/01/09520123111113/10/L%285%29"),
        ("urn:epc:idpat:sgtin:9520123.011111.*", "https://id.gs1.org/01/09520123111113"),
        ("urn:epc:id:sscc:9520123.0456789123", "https://id.gs1.org/00/095201234567891235"),
        ("urn:epc:id:sgln:9520123.45678.0", "https://id.gs1.org/414/9520123456788"),
        ("urn:epc:id:sgln:9520123.45678.gate", "https://id.gs1.org/414/9520123456788/254/gate"),
        ("urn:epc:id:pgln:952012345678.", "https://id.gs1.org/417/9520123456788"),
        ("urn:epc:id:giai:9520123.loom4", "https://id.gs1.org/8004/9520123loom4"),
        ("urn:epc:id:sgtin:9520123.0111.17", "urn:epc:id:sgtin:9520123.0111.17"),
        ("urn:epc:id:sgtin:9520123", "urn:epc:id:sgtin:9520123"),
        ("https://shop.example/goods/17", "https://shop.example/goods/17"),
        ("http://[bad", "http://[bad"),
        ("urn:uuid:0", "urn:uuid:0"),
    ],
)
def test_canonical(written: str, canonical: str) -> None:
    assert gs1.canonical(written) == canonical
    assert gs1.canonical(canonical) == canonical


@given(st.text(alphabet="0123456789", min_size=4, max_size=12), st.integers(0, 99_999))
def test_units_have_18_digits_of_their_own_that_check(prefix: str, serial: int) -> None:
    number = gs1.sscc(prefix, serial).removeprefix("https://id.gs1.org/00/")
    assert len(number) == 18
    assert gs1.is_checked(number)
    assert number[1:].startswith(prefix)
    assert not gs1.is_checked(number[:-1] + str((int(number[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("prefix", "serial"), [("123", 1), ("12x4", 1), ("123456789012", 10**5), ("1234", -1)]
)
def test_no_number_of_another_prefix_is_made(prefix: str, serial: int) -> None:
    with pytest.raises(ValueError, match="prefix"):
        gs1.sscc(prefix, serial)


def test_the_trade_item_of_a_number() -> None:
    assert gs1.class_of("urn:epc:id:sgtin:9520123.011111.17") == "https://id.gs1.org/01/09520123111113"
    assert gs1.class_of("urn:epc:id:sscc:9520123.0456789123") is None
