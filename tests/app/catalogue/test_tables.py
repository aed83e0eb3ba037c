"""Offers as a table: out and back unchanged, changed, refused whole with each fault at its cell."""

import csv
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import costing, service
from app.catalogue.models import Offer
from tests.app.catalogue import scene
from tests.app.catalogue.conftest import Market
from tests.app.catalogue.test_prices import GIVEN
from tests.conftest import FixedClock, SignIn

Rows = list[dict[str, str]]


@pytest.fixture
def offers(session: Session, market: Market, clock: FixedClock) -> list[Offer]:
    actor = market.maker.actor
    return [
        scene.offer(session, actor, clock.now),
        scene.offer(
            session, actor, clock.now, title="=Basket, large", story="Line\nbreak", stock=5, reference="B-1"
        ),
    ]


def rows_of(content: bytes) -> Rows:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))


def csv_of(rows: Rows) -> bytes:
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def sent(browser: Any, content: bytes, name: str = "offers.csv") -> Any:
    return browser.post("/offers/table", files={"file": (name, content)})


def word_of(html: str) -> str:
    found = re.search(r'name="word" value="([0-9a-f]{64})"', html)
    assert found
    return found[1]


@pytest.mark.usefixtures("offers")
def test_what_goes_out_comes_back_as_no_change(market: Market, as_person: SignIn) -> None:
    browser = as_person(market.maker.person.id)
    for name in ("offers.csv", "offers.xlsx"):
        made = browser.get(f"/offers/table/{name}")
        assert made.headers["content-disposition"] == f'attachment; filename="{name}"'
        reply = sent(browser, made.content, name)
        assert reply.status_code == 200
        assert "Nothing would change" in reply.text, name


def test_a_formula_in_a_title_stays_text(
    session: Session, market: Market, offers: list[Offer], as_person: SignIn
) -> None:
    browser = as_person(market.maker.person.id)
    assert rows_of(browser.get("/offers/table/offers.csv").content)[0]["What is it?"] == "'=Basket, large"
    sheet = load_workbook(BytesIO(browser.get("/offers/table/offers.xlsx").content))["Offers"]
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value == "=Basket, large"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_changes_are_shown_first_and_stored_together(
    session: Session, market: Market, offers: list[Offer], as_person: SignIn
) -> None:
    browser = as_person(market.maker.person.id)
    rows = rows_of(browser.get("/offers/table/offers.csv").content)
    basket, bowl = rows
    basket["In stock"] = "7"
    bowl["In the catalogue"] = "withdrawn"
    new = dict.fromkeys(rows[0], "") | {
        "Your code": "T-9",
        "What is it?": "Tray",
        "One of it is called": "tray",
        "Price ex works, each (USD)": "15.50",
        "Weight packed (kg)": "1,2",
        "Volume packed (litres)": "9",
        "HS code": "4419.90",
        "Days until ready": "10",
    }
    looked = sent(browser, csv_of([*rows, new]))
    assert looked.status_code == 200
    for words in ("1 new", "2 changed", "Tray", "5 → <strong>7</strong>"):
        assert words in looked.text
    assert session.scalar(select(func.count()).select_from(Offer)) == 2
    done = browser.post("/offers/table/apply", data={"word": word_of(looked.text)})
    assert done.status_code == 303
    session.expire_all()
    tray = session.scalars(select(Offer).filter_by(reference="T-9")).one()
    assert (tray.price, tray.weight_g, tray.volume_cm3, tray.hs_code, tray.stock) == (
        1550,
        1200,
        9000,
        "441990",
        None,
    )
    by_title = {offer.title: offer for offer in session.scalars(select(Offer))}
    assert by_title["=Basket, large"].stock == 7
    assert by_title[scene.BOWL.title].state == "withdrawn"
    again = browser.post("/offers/table/apply", data={"word": word_of(looked.text)})
    assert again.status_code == 422
    assert "was changed here after you downloaded" in again.text


def test_every_fault_is_named_by_row_and_column_and_nothing_is_stored(
    session: Session, market: Market, offers: list[Offer], as_person: SignIn, clock: FixedClock
) -> None:
    browser = as_person(market.maker.person.id)
    said = costing.CostingSaid(**{k: v for k, v in GIVEN.items() if k != "price"})
    costing.save(
        session, market.maker.actor, offers[0].id, said, price=1200, version=offers[0].version, now=clock.now
    )
    session.commit()
    rows = rows_of(browser.get("/offers/table/offers.csv").content)
    basket, bowl = rows
    basket |= {"Weight packed (kg)": "heavy", "HS code": "99", "How it travels": "by camel"}
    bowl |= {"Price ex works, each (USD)": "8.00"}
    twin = basket | {"id": "", "version": "", "How it travels": "", "In stock": "=1+1"}
    reply = sent(browser, csv_of([basket, bowl, twin]))
    assert reply.status_code == 422
    assert "Row 2, column I (How it travels): Choose one of" in reply.text
    assert "Row 4, column K (In stock): This is a formula" in reply.text
    basket["How it travels"], twin["In stock"] = "cool", "1"
    reply = sent(browser, csv_of([basket, bowl, twin]))
    assert reply.status_code == 422
    for words in (
        "Row 2, column F (Weight packed (kg)): Enter a number in kg",
        "Row 2, column H (HS code): Enter 6 to 10 figures",
        "Row 3, column E (Price ex works, each (USD)): This is below what the goods cost",
        "Row 4, column A (Your code): Row 2 is of the same goods",
    ):
        assert words in reply.text
    session.expire_all()
    assert {offer.stock for offer in session.scalars(select(Offer))} == {None, 5}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty"),
        (b"a,b\n1,2\n", "these columns are missing"),
        (b"PK\x03\x04nonsense", "."),
        (b"%PDF-1.7", "This is not the table"),
        (b"\xd0\xcf\x11\xe0old excel", "This is not the table"),
    ],
)
@pytest.mark.usefixtures("offers")
def test_what_is_no_table_is_refused(market: Market, as_person: SignIn, content: bytes, words: str) -> None:
    reply = sent(as_person(market.maker.person.id), content, "offers.xlsx")
    assert reply.status_code == 422
    assert words in reply.text


def test_another_makers_rows_are_not_taken(
    session: Session, market: Market, offers: list[Offer], as_person: SignIn
) -> None:
    mine = rows_of(as_person(market.maker.person.id).get("/offers/table/offers.csv").content)
    stranger = as_person(market.applicant.person.id)
    reply = sent(stranger, csv_of(mine))
    assert reply.status_code == 422
    assert "This is no offer of yours" in reply.text
    looked = sent(as_person(market.maker.person.id), csv_of([mine[0] | {"In stock": "9"}]))
    stolen = stranger.post("/offers/table/apply", data={"word": word_of(looked.text)})
    assert stolen.status_code == 404
    assert service.own_offer(session, market.maker.actor, offers[1].id).stock == 5
