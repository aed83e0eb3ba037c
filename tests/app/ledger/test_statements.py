"""Bank statements: read to the cent, matched, never booked twice, all or nothing."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Faulty
from app.ledger import service
from app.ledger.models import BankMatch, Payment
from app.ledger.reconciling import Verdict, look, references_in
from app.ledger.statements import read, read_csv
from app.trade.models import Charge, Pool, PoolState
from app.trade.numbers import printed, reference_of
from tests.app.ledger.test_money import planned  # noqa: F401 - a fixture
from tests.app.trade.market import PaperCase

SignIn = Callable[[UUID], TestClient]


def camt(*entries: str, version: str = "08") -> bytes:
    return (
        f'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        "<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id>"
        f"<Acct><Id><IBAN>NL00TEST0000000000</IBAN></Id></Acct>{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(
    amount: str,
    words: str,
    bank: str = "",
    *,
    version: str = "08",
    currency: str = "USD",
    way: str = "CRDT",
    state: str = "BOOK",
) -> str:
    status = f"<Sts><Cd>{state}</Cd></Sts>" if version == "08" else f"<Sts>{state}</Sts>"
    own = f"<AcctSvcrRef>{bank}</AcctSvcrRef>" if bank else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>2026-01-24</Dt></BookgDt>{own}"
        f"<NtryDtls><TxDtls><RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def text_of(charge: Charge) -> str:
    return f"{charge.total / 100:.2f}"


def charges_of(session: Session) -> list[Charge]:
    return list(session.scalars(select(Charge).order_by(Charge.reference)))


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_statement_pays_a_pool_once(
    planned: PaperCase,  # noqa: F811
    session: Session,
    as_person: SignIn,
    version: str,
) -> None:
    charges = charges_of(session)
    operator = as_person(planned.market.operator.person_id)
    content = camt(
        *(
            entry(text_of(each), f"Order {printed(each.reference)}", f"B{at}", version=version)
            for at, each in enumerate(charges)
        ),
        entry("5.00", "Interest", "C1", version=version),
        entry("9.00", "Fee", "C2", version=version, way="DBIT"),
        entry("7.00", "Not yet", "C3", version=version, state="PDNG"),
        version=version,
    )
    shown = operator.post("/ledger/statement", files={"file": ("s.xml", content)})
    assert shown.status_code == 200
    assert f"Book {len(charges)} lines" in shown.text
    assert "No charge has its reference" in shown.text
    assert session.scalar(select(func.count()).select_from(Payment)) == 0
    word = shown.text.split('name="word" value="')[1].split('"')[0]
    assert operator.post("/ledger/statement/book", data={"word": word}).status_code == 303
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Payment)) == len(charges)
    assert session.scalar(select(func.count()).select_from(BankMatch)) == len(charges)
    assert session.get_one(Pool, planned.pool.id).state == PoolState.CONFIRMED
    again = look(session, content)
    assert [row.verdict for row in again.rows] == [
        *[Verdict.DUPLICATE] * len(charges),
        Verdict.UNKNOWN,
        Verdict.OUT,
    ]
    operator.post("/ledger/statement/book", data={"word": word})
    assert session.scalar(select(func.count()).select_from(Payment)) == len(charges)
    assert service.verify(session).faults == []
    assert operator.post("/ledger/statement/book", data={"word": "0" * 64}).status_code == 404


def test_each_line_is_named_for_what_it_is(planned: PaperCase, session: Session) -> None:  # noqa: F811
    first, second, third, *_ = charges_of(session)
    good = entry(text_of(first), first.reference, "B1")
    found = look(
        session,
        camt(
            good,
            good,
            entry(text_of(first), first.reference, "B2"),
            entry("1.00", second.reference, "B3"),
            entry(text_of(second), second.reference, "B4", currency="EUR"),
            entry(text_of(third), f"{second.reference} {third.reference}", "B5"),
            entry("1.00", reference_of("O-0000000"), "B6"),
        ),
    )
    assert [row.verdict for row in found.rows] == [
        Verdict.MATCH,
        Verdict.DUPLICATE,
        Verdict.PAID_ALREADY,
        Verdict.WRONG_AMOUNT,
        Verdict.WRONG_AMOUNT,
        Verdict.SEVERAL,
        Verdict.UNKNOWN,
    ]


def test_one_bad_line_books_nothing(
    planned: PaperCase,  # noqa: F811
    session: Session,
    as_person: SignIn,
) -> None:
    charge = charges_of(session)[0]
    operator = as_person(planned.market.operator.person_id)
    table = (
        "date;amount;currency;reference;bank_reference\n"
        f"2026-01-24;{text_of(charge)};USD;{charge.reference};B1\n2026-01-24;12.345;USD;x;B2\nsoon;1;USD;x;B3\n"
    )
    shown = operator.post("/ledger/statement", files={"file": ("s.csv", table.encode())})
    assert "line 3" in shown.text
    assert "line 4" in shown.text
    assert 'name="word"' not in shown.text
    assert session.scalar(select(func.count()).select_from(Payment)) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        b"\xff\xfe",
        b"a,b\n1,2\n",
        b'date,amount,currency,reference\n"2026',
        camt(version="03"),
    ],
)
def test_what_is_no_statement_is_refused(content: bytes, session: Session) -> None:
    with pytest.raises(Faulty):
        look(session, content)


def test_an_entry_of_many_transactions_gives_each() -> None:
    details = "".join(
        f"<TxDtls><Refs><AcctSvcrRef>T{at}</AcctSvcrRef></Refs><AmtDtls><TxAmt>"
        f"<Amt Ccy='EUR'>{amount}</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>text {at}</Ustrd></RmtInf></TxDtls>"
        for at, amount in enumerate(("1.10", "2.20"))
    )
    batch = (
        '<Ntry><Amt Ccy="EUR">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>2026-01-24</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>"
    )
    good, wrong = (
        read(camt(batch.format("3.30"), version="02")),
        read(camt(batch.format("3.31"), version="02")),
    )
    assert [(each.amount, each.bank_reference) for each in good.lines] == [(110, "T0"), (220, "T1")]
    assert wrong.lines == []
    assert "do not sum" in wrong.faults[0][1]


@given(
    amounts=st.lists(st.integers(-(10**10), 10**10), min_size=1, max_size=8),
    currency=st.sampled_from([("USD", 2), ("JPY", 0), ("KWD", 3)]),
)
def test_csv_amounts_are_exact_and_equal_lines_have_keys_of_their_own(
    amounts: list[int], currency: tuple[str, int]
) -> None:
    code, places = currency
    rows = "".join(
        f"2026-01-24,{'-' if a < 0 else ''}{abs(a) // 10**places}"
        f"{f'.{abs(a) % 10**places:0{places}d}' if places else ''},{code},x\n"
        for a in amounts
    )
    made = read_csv(f"date,amount,currency,reference\n{rows}".encode())
    assert [line.amount for line in made.lines] == amounts
    assert made.lines[0].day == date(2026, 1, 24)
    assert len(set(made.keys())) == len(amounts)
    assert made.keys() == read_csv(f"date,amount,currency,reference\n{rows}".encode()).keys()


def test_references_are_found_however_they_are_typed() -> None:
    own = reference_of("O-7K3M9QX")
    for words in (
        own,
        printed(own),
        printed(own).lower(),
        f"/RFB/{own}/x",
        f"Invoice 12 {printed(own)} thanks",
    ):
        assert references_in(words) == {own}
    assert references_in(own.replace("7", "8")) == set()
