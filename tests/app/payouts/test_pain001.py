"""Numbers of accounts, and the bank's file against the schema that ISO publishes."""

import string
from datetime import UTC, date, datetime
from importlib.metadata import distribution
from xml.etree.ElementTree import Element, fromstring

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db import uuid7
from app.language import digits
from app.payouts import accounts
from app.payouts.details import DetailsSaid, checked
from app.payouts.models import PayoutBatch, PayoutDetails, PayoutInstruction
from app.payouts.pain001 import NAMESPACE, document
from app.settings import PayoutAccount, Settings
from app.trade.numbers import number_of, reference_of

NOW = datetime(2026, 2, 12, 9, 30, tzinfo=UTC)
IBANS = (
    "NL91ABNA0417164300",
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "BR1800360305000010009795493C1",
)


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """The schema of ISO 20022, as a library that writes such files carries it."""
    return xmlschema.XMLSchema(
        str(distribution("pain001").locate_file("pain001/templates/pain.001.001.09/pain.001.001.09.xsd"))
    )


def details(**values: str) -> PayoutDetails:
    empty = dict.fromkeys(("iban", "account_number", "bic", "country", "holder"), "")
    return PayoutDetails(id=uuid7(NOW), rail="bank", **empty | values)


holders = st.text("abcdefghijklmnopqrstuvwxyzÉéđøÑ&'’ -0123456789", min_size=1, max_size=70).filter(
    lambda text: accounts.latin(text) != ""
)
banks = st.one_of(
    st.sampled_from(IBANS).map(lambda iban: {"iban": iban, "country": iban[:2], "bic": ""}),
    st.from_regex(r"\A[A-Z0-9]{1,34}\Z").map(
        lambda number: {"account_number": number, "bic": "DEMOKENA", "country": "KE"}
    ),
)


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(1, 10**12), holders, banks), min_size=1, max_size=6),
    st.sampled_from(["EUR", "USD", "JPY", "KWD"]),
    st.sampled_from(["", "ABNANL2A"]),
)
def test_the_file_is_valid_and_says_what_is_paid(
    schema: xmlschema.XMLSchema,
    rows: list[tuple[int, str, dict[str, str]]],
    currency: str,
    bic: str,
) -> None:
    batch = PayoutBatch(number=number_of("B", uuid7(NOW)), currency=currency, pay_on=date(2026, 2, 13))
    transfers = [
        (
            PayoutInstruction(
                reference=reference_of(number_of("P", uuid7(NOW))), amount=amount, currency=currency
            ),
            details(holder=holder, **bank),
        )
        for amount, holder, bank in rows
    ]
    own = PayoutAccount(holder="Demo Fairhaul", iban="NL91 ABNA 0417 1643 00", bic=bic)
    text = document(batch, transfers, own, now=NOW)
    schema.validate(text)
    root = fromstring(text)
    found = root.findall(f".//{{{NAMESPACE}}}CdtTrfTxInf")
    assert [minor(each) for each in found] == [amount for amount, _holder, _bank in rows]
    sums = {each.text for each in root.iter(f"{{{NAMESPACE}}}CtrlSum")}
    assert len(sums) == 1
    assert round(float(sums.pop() or 0) * 10 ** digits(currency)) == sum(amount for amount, _h, _b in rows)
    for each, (_amount, _holder, bank) in zip(found, rows, strict=True):
        bearer = each.findtext(f"{{{NAMESPACE}}}ChrgBr")
        sepa = currency == "EUR" and bank.get("iban", "BR")[:2] != "BR"
        assert bearer == ("SLEV" if sepa else "DEBT"), "the payee receives the whole amount"


def minor(transfer: Element) -> int:
    amount = transfer.find(f"{{{NAMESPACE}}}Amt/{{{NAMESPACE}}}InstdAmt")
    assert amount is not None
    return int((amount.text or "").replace(".", ""))


@settings(max_examples=60)
@given(st.sampled_from(IBANS), st.integers(0, 40), st.data())
def test_any_wrong_sign_of_an_iban_is_seen(iban: str, at: int, data: st.DataObject) -> None:
    """Of the same kind: a letter for a digit counts as two digits, and 1 in 97 of those pass modulo 97."""
    assert accounts.iban_fault(iban) == ""
    at %= len(iban)
    sign = data.draw(st.sampled_from(string.digits if iban[at].isdigit() else string.ascii_uppercase))
    changed = iban[:at] + sign + iban[at + 1 :]
    assert (accounts.iban_fault(changed) == "") == (changed == iban)
    assert accounts.iban_fault(iban[:-1]) != ""
    assert accounts.iban_fault(iban + "0") != ""


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        (DetailsSaid("bank", "A", iban="NL91 ABNA 0417 1643 01"), "iban", "check digits"),
        (DetailsSaid("bank", "A", iban="KE91 ABNA 0417"), "iban", "have no IBAN"),
        (DetailsSaid("bank", "A"), "iban", "Enter the IBAN"),
        (DetailsSaid("bank", "A", account_number="12", country="NL", bic="ABNANL2A"), "iban", "use IBANs"),
        (DetailsSaid("bank", "A", account_number="12", country="KE"), "bic", "Enter the BIC"),
        (DetailsSaid("bank", "A", account_number="12", country="KE", bic="X"), "bic", "8 or 11"),
        (DetailsSaid("bank", "A", account_number="1/2", country="KE", bic="DEMOKENA"), "account_number", "4"),
        (DetailsSaid("bank", "Хан", iban=IBANS[0]), "holder", "Latin letters"),
        (DetailsSaid("bank", "x" * 71, iban=IBANS[0]), "holder", "70 characters"),
        (DetailsSaid("mobile money", "A", phone="0712 345678", provider="M"), "phone", "country code"),
        (DetailsSaid("mobile money", "A", phone="+254712345678"), "provider", "provider"),
        (DetailsSaid("cash", "A"), "place", "place"),
        (DetailsSaid("stripe", "A", stripe_account="acct_1"), "rail", "Choose"),
        (DetailsSaid("gold", "A"), "rail", "Choose"),
    ],
)  # fmt: skip
def test_details_that_cannot_be_are_refused_by_field(said: DetailsSaid, field: str, words: str) -> None:
    from app.errors import Faulty

    with pytest.raises(Faulty) as refusal:
        checked(said, Settings())
    assert words in refusal.value.fields[field]


def test_good_details_are_kept_without_the_spaces_of_print() -> None:
    kept = checked(DetailsSaid("bank", " Éva  Nguyễn ", iban="nl91 abna 0417 1643 00"), Settings())
    assert (kept["iban"], kept["country"], kept["holder"]) == (IBANS[0], "NL", "Éva Nguyễn")
    assert accounts.latin("Éva Nguyễn & Đỗ") == "Eva Nguyen + Do"
    assert checked(DetailsSaid("mobile money", "A", phone="+254 712 345678", provider="M"), Settings())[
        "phone"
    ] == ("+254712345678")
