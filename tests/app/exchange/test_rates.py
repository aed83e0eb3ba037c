"""Exchange rates: read whole or not at all, crossed exactly, never guessed, kept as they were."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import jobs
from app.exchange import jobs as exchange_jobs
from app.exchange import published, service
from app.exchange.published import Published, Unreadable
from app.exchange.service import NoRate, Rate
from app.settings import Settings
from tests.conftest import FixedClock

DAILY = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
    xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <Cube><Cube time="2026-01-02">
    <Cube currency="USD" rate="1.0800"/><Cube currency="JPY" rate="160.5"/>
  </Cube></Cube>
</gesmes:Envelope>"""
BOMB = b"""<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>"""
DAY = date(2026, 1, 2)


@pytest.fixture
def known(session: Session, clock: FixedClock) -> None:
    source, rates = published.read(DAILY)
    assert service.keep(session, rates, source, now=clock.now) == 2
    vnd = [Published(DAY - timedelta(days=9), "USD", "VND", Decimal(25000))]
    service.keep(session, vnd, "Demo bank", now=clock.now)
    session.commit()


@pytest.mark.usefixtures("known")
def test_a_rate_is_direct_turned_or_crossed_and_says_where_it_is_from(session: Session) -> None:
    on = date(2026, 1, 5)
    assert service.rate(session, "EUR", "USD", on) == Rate(
        "EUR", "USD", Fraction("1.08"), DAY, "European Central Bank"
    )
    assert service.rate(session, "USD", "EUR", on).value == 1 / Fraction("1.08")
    crossed = service.rate(session, "USD", "JPY", on)
    assert crossed.value == Fraction("160.5") / Fraction("1.08")
    assert service.rate(session, "USD", "USD", on).value == 1
    vnd = service.rate(session, "EUR", "VND", on)
    assert (vnd.value, vnd.day, vnd.source) == (
        Fraction(27000),
        DAY - timedelta(days=9),
        "European Central Bank, Demo bank",
    )
    assert vnd.old(on)
    assert not crossed.old(on)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("base", "currency", "on"), [("USD", "GBP", "2026-01-05"), ("EUR", "USD", "2026-01-01")]
)
def test_a_missing_rate_is_named(session: Session, base: str, currency: str, on: str) -> None:
    with pytest.raises(NoRate, match=f"{base} to {currency}") as refused:
        service.rate(session, base, currency, date.fromisoformat(on))
    assert refused.value.facts["base"] == base


def test_amounts_keep_the_digits_of_their_currencies() -> None:
    yen = Rate("USD", "JPY", Fraction(150), DAY, "x")
    assert yen.convert(1_000) == 1_500  # 10.00 dollars, and yen have no cents
    assert Rate("JPY", "KWD", Fraction("0.002"), DAY, "x").convert(1_500) == 3_000
    half = Rate("USD", "EUR", Fraction(1, 2), DAY, "x")
    assert (half.convert(1), half.convert(1, "up"), half.convert(-1)) == (1, 1, -1)
    third = Rate("USD", "EUR", Fraction(1, 3), DAY, "x")
    assert (third.convert(1), third.convert(1, "up")) == (0, 1)


@given(st.integers(0, 10**12), st.fractions(Fraction(1, 10**6), Fraction(10**6)))
def test_a_rounded_amount_is_within_half_a_unit_and_up_never_falls_short(minor: int, value: Fraction) -> None:
    rate = Rate("USD", "EUR", value, DAY, "x")
    assert abs(rate.convert(minor) - minor * value) <= Fraction(1, 2)
    assert 0 <= rate.convert(minor, "up") - minor * value < 1


def test_what_is_known_stays_as_it_was(session: Session, clock: FixedClock) -> None:
    service.keep(session, [Published(DAY, "EUR", "USD", Decimal("1.08"))], "a", now=clock.now)
    again = [Published(DAY, "EUR", "USD", Decimal("9.99")), Published(DAY, "EUR", "GBP", Decimal("0.85"))]
    assert service.keep(session, again, "a", now=clock.now) == 1
    assert service.rate(session, "EUR", "USD", DAY).value == Fraction("1.08")
    for change in ("UPDATE exchange_rate SET rate = 2", "DELETE FROM exchange_rate"):
        with pytest.raises(DBAPIError, match="only ever added to"), session.begin_nested():
            session.execute(text(change))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<a/>", "no rates of the European Central Bank"),
        (b"<a", "not XML"),
        (BOMB, "not XML that can be read"),
        (b"day,base,currency\n", "column rate is missing"),
        (b"", "column day is missing"),
        (b"\xff\xfe", "not UTF-8"),
        (b"day,base,currency,rate\n", "no rates below"),
        (b"day,base,currency,rate\n2026-01-02,EUR,USD,1.08\n2.1.2026,EUR,USD,1\n", "row 3: write the day"),
        (b"day,base,currency,rate\n2026-01-02,EUR,usd,1.08\n", "row 2: a currency is three capital"),
        (b"day,base,currency,rate\n2026-01-02,EUR,EUR,1\n", "row 2: base and currency are both EUR"),
        (b"day,base,currency,rate\n2026-01-02,EUR,USD,0\n", "row 2: a rate is above 0"),
        (b"day,base,currency,rate\n2026-01-02,EUR,USD,NaN\n", "row 2: a rate is above 0"),
        (b"day,base,currency,rate\n2026-01-02,EUR,USD,=1+1\n", "row 2: write the rate as a number"),
        (b"day,base,currency,rate\n2026-01-02,EUR\n", "row 2: a currency is three"),
    ],
)
def test_a_faulty_file_is_refused_whole_and_says_where(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        published.read(content)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    answers = {"body": DAILY}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if answers["body"] else 503)
            self.end_headers()
            self.wfile.write(answers["body"])

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/rates.xml", answers
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("app")
def test_the_job_keeps_the_last_good_rates(
    session: Session, source: tuple[str, dict[str, bytes]], config: Settings, clock: FixedClock
) -> None:
    url, answers = source
    jobs.around.settings = config.model_copy(update={"exchange_rates_url": url})
    exchange_jobs.fetch_exchange_rates.func(0)
    assert service.rate(session, "EUR", "USD", clock.now.date()).value == Fraction("1.08")
    for body, fault in ((b"", httpx.HTTPStatusError), (b"<html>sorry</html>", Unreadable)):
        answers["body"] = body
        with pytest.raises(fault):
            exchange_jobs.fetch_exchange_rates.func(0)
    assert service.rate(session, "EUR", "USD", clock.now.date()).value == Fraction("1.08")


@pytest.mark.usefixtures("known")
def test_people_and_programs_see_rates_with_their_age(client: TestClient) -> None:
    page = client.get("/exchange-rates").text
    assert "European Central Bank" in page
    assert "12 days old" in page
    rates = client.get("/api/exchange-rates").json()["rates"]
    assert {each["currency"]: each["rate"] for each in rates} == {
        "USD": "1.08",
        "JPY": "160.5",
        "VND": "25000",
    }
    one = client.get("/api/exchange-rates/between", params={"base": "EUR", "currency": "VND"}).json()
    assert (one["rate"], one["age_days"]) == ("27000", 12)
    missing = client.get("/api/exchange-rates/between", params={"base": "EUR", "currency": "GBP"})
    assert (missing.status_code, missing.json()["type"]) == (409, "/problems/no-exchange-rate")
