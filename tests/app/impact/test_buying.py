"""A buyer's year: from paid orders to the same figures on a page, on paper, in a table and in the API."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.impact.reckoning import buying
from app.ledger import payments
from app.trade import service
from app.trade.models import Charge
from tests.app.making import Making
from tests.app.trade.market import CLOSES, Market, paper_case
from tests.conftest import FixedClock


def test_a_year_adds_up_wherever_it_is_read(
    session: Session,
    make: Making,
    clock: FixedClock,
    run_jobs: Callable[[], list[str]],
    as_person: Callable[[UUID], TestClient],
) -> None:
    market = Market(session, make)
    market.tariff(("441990", "", "4%"), ("441990", "eu-vietnam", "0%"), valid_from="2026-01-01")
    market.rate("EUR", "USD", "1.10")
    paper = paper_case(market)
    orders = paper.join_all()
    buyer = as_person(paper.buyers[0].person_id)
    empty = buyer.get("/buying")
    assert "Nothing is paid in this year" in empty.text
    assert buyer.get("/buying/report.pdf").content.startswith(b"%PDF")
    clock.now = CLOSES
    service.close_due(session, now=clock.now)
    session.commit()
    run_jobs()
    clock.now += timedelta(days=2)
    for charge in session.scalars(select(Charge)).all():
        payments.receive(
            session,
            market.operator,
            reference=charge.reference,
            amount=charge.total,
            currency="USD",
            received_on=clock.now.date(),
            now=clock.now,
        )
    session.commit()
    charge = session.get_one(Charge, orders[0].id)
    made = buying(session, paper.buyers[0].organisation_id, None, today=clock.now.date())
    assert (made.year, made.years, made.orders, made.pools) == (2026, (2026,), 1, 1)
    (money,) = made.money
    assert money.paid == charge.total == money.goods + money.shipping + money.duty
    assert 0 < money.duty < charge.items["duty_alone"]
    assert money.saved == charge.alone + charge.items["duty_alone"] - charge.shipping - charge.duty > 0
    assert sum(maker.value for maker in made.makers) == money.goods
    assert made.unknown_g == 0
    everybodys = [
        buying(session, each.organisation_id, 2026, today=clock.now.date()).co2e_g for each in paper.buyers
    ]
    assert sum(everybodys) == sum(leg.grams for leg in made.legs) > 0, "shares are of one shipment"

    buyer = as_person(paper.buyers[0].person_id)
    page = buyer.get("/buying?year=2026")
    assert page.status_code == 200
    for words in ("Test craft maker", "makers' own price", "per tonne-km", f"{money.paid / 100:,.2f}"):
        assert words.replace("'", "&#39;") in page.text or words in page.text
    told = buyer.get("/api/buying").json()
    assert told["money"][0]["paid"] == money.paid
    assert told["co2e_g"] == made.co2e_g == sum(line["co2e_g"] for line in told["lines"])
    rows = list(csv.DictReader(io.StringIO(buyer.get("/buying/report.csv").content.decode("utf-8-sig"))))
    assert [row["Value ex works"] for row in rows] == [f"{money.goods / 100:.2f}"]
    first = buyer.get("/buying/report.pdf")
    assert first.content.startswith(b"%PDF")
    assert first.content == buyer.get("/buying/report.pdf?year=2026").content, (
        "the same bytes for the same year"
    )
    assert "Nothing is paid" in buyer.get("/buying?year=2019").text
    assert as_person(paper.maker.person_id).get("/buying").status_code == 403
