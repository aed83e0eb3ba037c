"""Papers agree with each other and with what is charged, in any script, and are read by whom they concern."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import uuid7
from app.errors import Faulty, Missing
from app.shipping import packing, papers_drawn, papers_held
from app.shipping.journeys import Journey
from app.shipping.models import ShipmentLine
from app.shipping.packing import PackingSaid
from app.shipping.papers_drawn import Paper
from app.shipping.papers_held import House, Item, Papers, Party
from app.trade.models import Order, OrderLine
from tests.app.shipping.conftest import Booked
from tests.conftest import NOON, FixedClock, SignIn

ALL = list(Paper)


def party(name: str, country: str, **more: str) -> Party:
    fields = {"place": "", "address": "", "eori": "", "rex": ""} | more
    return Party(uuid7(), name, country, **fields)


def journey() -> Journey:
    """Of the shapes that papers read, without a database."""
    day = NOON.date()
    hub = SimpleNamespace(name="Demo hub", code="VNSGN", country="VN", organisation_id=uuid7())
    port = SimpleNamespace(name="Rotterdam", code="NLRTM", country="NL", organisation_id=uuid7())
    made = SimpleNamespace(
        shipment=SimpleNamespace(id=uuid7(), number="S-1", booked_at=NOON),
        pool=SimpleNamespace(currency="USD"),
        sailing=SimpleNamespace(vessel="", departs_on=day, arrives_on=day + timedelta(days=30)),
        service=SimpleNamespace(carrier="Demo line"),
        origin=hub,
        destination=port,
    )
    return cast("Journey", made)


items = st.builds(
    Item,
    line_id=st.builds(uuid7),
    title=st.text(max_size=20),
    unit=st.just("bowl"),
    quantity=st.integers(1, 10_000),
    unit_price=st.integers(1, 10**7),
    value=st.integers(0, 10**10),
    hs_code=st.sampled_from(["441990", "4602191800", "", "x"]),
    gross_g=st.integers(1, 10**8),
    volume_cm3=st.integers(1, 10**8),
    packages=st.none() | st.integers(1, 100),
    net_g=st.none() | st.integers(1, 10**8),
    duty=st.none() | st.integers(0, 10**9),
    saved=st.none() | st.integers(0, 10**9),
    criterion=st.sampled_from(["", "P", "W 4602"]),
    proof=st.sampled_from(["statement on origin", "origin declaration or Form A"]),
)


@st.composite
def houses(draw: st.DrawFn) -> tuple[House, ...]:
    seller, buyer = party("Demo weavers", "ET"), party("Demo shop", "NL")
    return tuple(
        House(
            f"S-1-H{n:02d}",
            f"O-{n}",
            seller,
            buyer,
            tuple(draw(st.lists(items, min_size=1, max_size=4))),
            euros,
        )
        for n, euros in enumerate(
            draw(st.lists(st.none() | st.integers(0, 10**7), min_size=1, max_size=4)), 1
        )
    )


@settings(max_examples=60, deadline=None)
@given(houses())
def test_totals_agree_across_all_papers(drawn: tuple[House, ...]) -> None:
    papers = Papers(journey(), "USD", "EUR", drawn, whole=True, on=NOON.date())
    of = {paper: papers_drawn.data_of(papers, paper) for paper in ALL}
    (master,) = of[Paper.MASTER_BILL]
    for measure in ("value", "gross_g", "volume_cm3", "net_g", "packages"):
        for position, house in enumerate(drawn):
            stated = [getattr(item, measure) for item in house.items]
            expected = None if None in stated else sum(stated)
            for paper in (Paper.INVOICE, Paper.PACKING, Paper.ORIGIN, Paper.HOUSE_BILL, Paper.CUSTOMS):
                assert of[paper][position]["totals"][measure] == expected, (paper, measure)
        each = [page["totals"][measure] for page in of[Paper.PACKING]]
        assert master["totals"][measure] == (None if None in each else sum(each))
    for page in (page for pages in of.values() for page in pages):
        assert {len(row) for row in [*page["rows"], page["sums"]]} == {len(page["columns"])}


def everything(booked: Booked, session: Session, actor: Any) -> Papers:
    return papers_held.papers_of(session, actor, booked.shipment.id, today=booked.lane.clock.now.date())


def test_papers_agree_with_the_orders(booked: Booked, session: Session) -> None:
    papers = everything(booked, session, booked.lane.saigon.actor)
    assert papers.whole
    assert [house.number for house in papers.houses] == ["S-2026-0001-1-H01", "S-2026-0001-1-H02"]
    ordered = dict(
        session.execute(select(Order.number, Order.goods).where(Order.pool_id == booked.pool.id)).all()
    )
    for page, house in zip(papers_drawn.data_of(papers, Paper.INVOICE), papers.houses, strict=True):
        assert page["totals"]["value"] == house.value == ordered[house.order]
    assert sum(house.gross_g for house in papers.houses) == booked.shipment.weight_g


def test_who_reads_which(booked: Booked, session: Session, as_person: SignIn) -> None:
    of = {
        "hub": everything(booked, session, booked.lane.rotterdam.actor),
        "maker": everything(booked, session, booked.maker.actor),
        "shop": everything(booked, session, booked.shop.actor),
    }
    assert {name: len(papers.houses) for name, papers in of.items()} == {"hub": 2, "maker": 2, "shop": 1}
    assert of["shop"].houses[0].buyer.name == "Test shop Leiden"
    assert [papers_drawn.data_of(papers, Paper.MASTER_BILL) != [] for papers in of.values()] == [
        True,
        False,
        False,
    ]
    address = f"/shipments/{booked.shipment.id}/papers"
    shop = as_person(booked.shop.person.id)
    invoice = shop.get(f"{address}/invoice.pdf")
    assert (invoice.status_code, invoice.content[:5]) == (200, b"%PDF-")
    assert shop.get(f"{address}/master-bill.pdf").status_code == 404
    assert shop.get(f"{address}/love-letter.pdf").status_code == 404
    shown = shop.get(address).text
    assert "Commercial invoice" in shown
    assert "Test co-op Gent" not in shown


def test_what_is_missing_is_listed_until_it_is_there(
    booked: Booked, session: Session, as_person: SignIn, clock: FixedClock
) -> None:
    gaps = papers_held.gaps(everything(booked, session, booked.shop.actor))
    missing = {each.what for each in gaps}
    assert "The seller's full address" in missing
    assert "The buyer's EORI number" in missing
    assert {each.href for each in gaps if each.what.startswith("Packages, net and gross weight")} == {
        f"/shipments/{booked.shipment.id}/packing"
    }
    maker, shop = as_person(booked.maker.person.id), as_person(booked.shop.person.id)
    assert (
        maker.put("/api/customs-identity", json={"address": "1 Test road\nHo Chi Minh City"}).status_code
        == 200
    )
    identity = {"address": "2 Test quay", "eori": "nl123456789", "form_key": "k1"}
    assert shop.post("/customs-identity", data=identity).status_code == 303
    for line in session.scalars(select(ShipmentLine.order_line_id).filter_by(shipment_id=booked.shipment.id)):
        stated = maker.put(
            f"/api/shipments/{booked.shipment.id}/packing/{line}",
            json={"packages": 2, "net_g": 6000, "gross_g": 7500, "marks": "TEST 1/2", "criterion": "P"},
        )
        assert stated.status_code == 200
    session.expire_all()
    papers = everything(booked, session, booked.shop.actor)
    assert papers_held.gaps(papers) == []
    assert (papers.houses[0].gross_g, papers.houses[0].net_g, papers.houses[0].packages) == (7500, 6000, 2)
    reply = shop.get(f"/api/shipments/{booked.shipment.id}/papers").json()
    assert reply["missing"] == []
    assert reply["papers"]["packing-list"][0]["totals"]["gross_g"] == 7500
    assert reply["papers"]["master-bill"] == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (PackingSaid(0, 1, 2, "", ""), "packages"),
        (PackingSaid(1, 0, 2, "", ""), "net"),
        (PackingSaid(1, 3, 2, "", ""), "gross"),
        (PackingSaid(1, 1, 2, "x" * 61, ""), "marks"),
        (PackingSaid(1, 1, 2, "", "Q"), "criterion"),
    ],
)
def test_packing_that_cannot_be_is_refused(
    booked: Booked, session: Session, clock: FixedClock, said: PackingSaid, field: str
) -> None:
    line = session.scalars(select(ShipmentLine.order_line_id)).first()
    assert line is not None
    with pytest.raises(Faulty) as refused:
        packing.pack(session, booked.maker.actor, booked.shipment.id, line, said, now=clock.now)
    assert list(refused.value.fields) == [field]


def test_only_the_maker_and_the_hubs_pack(booked: Booked, session: Session, clock: FixedClock) -> None:
    line = session.scalars(select(OrderLine.id)).first()
    assert line is not None
    said = PackingSaid(1, 6000, 7000, "", "")
    with pytest.raises(Missing):
        packing.pack(session, booked.shop.actor, booked.shipment.id, line, said, now=clock.now)
    with pytest.raises(Missing):
        packing.pack(session, booked.maker.actor, booked.shipment.id, UUID(int=1), said, now=clock.now)
    packing.pack(session, booked.lane.saigon.actor, booked.shipment.id, line, said, now=clock.now)


def test_the_packing_page_shows_a_fault_where_it_is(
    booked: Booked, session: Session, as_person: SignIn
) -> None:
    line = session.scalars(select(OrderLine.id)).first()
    maker = as_person(booked.maker.person.id)
    address = f"/shipments/{booked.shipment.id}/packing"
    assert "not stated" in maker.get(address).text
    typed = {"packages": "2", "net": "9", "gross": "7", "form_key": "p1"}
    refused = maker.post(f"{address}/{line}", data=typed)
    assert refused.status_code == 422
    assert "not below the one without" in refused.text
    assert 'value="9"' in refused.text
    taken = maker.post(
        f"{address}/{line}", data=typed | {"net": "6", "form_key": "p2"}, follow_redirects=False
    )
    assert taken.status_code == 303


def statement(item: dict[str, Any], seller: Party, euros: int | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "line_id": uuid7(), "title": "ሰፌድ – የእጅ ሥራ", "unit": "basket", "quantity": 1, "unit_price": 100,
        "value": 100, "hs_code": "460219", "gross_g": 1, "volume_cm3": 1, "saved": 5,
    }  # fmt: skip
    house = House("S-1-H01", "O-1", seller, party("متجر", "NL"), (Item(**fields | item),), euros)
    papers = Papers(journey(), "USD", "EUR", (house,), whole=True, on=NOON.date())
    assert papers_drawn.pdf_of(papers, Paper.ORIGIN) == papers_drawn.pdf_of(papers, Paper.ORIGIN)
    return papers_drawn.data_of(papers, Paper.ORIGIN)[0]


def test_the_statement_has_its_legal_wording_only_where_it_may_be_made() -> None:
    eu = {"criterion": "P", "proof": "statement on origin"}
    registered = party("Demo weavers", "ET", rex="ETREX1")
    made = statement(eu, registered, 10**7)["statement"]
    assert "(Number of Registered Exporter ETREX1)" in made
    assert "Ethiopia preferential origin" in made
    assert made.endswith("the origin criterion met is P.")
    anybody = party("Demo weavers", "ET")
    assert "declares that, except where" in statement(eu, anybody, 600_000)["statement"]
    for euros in (600_001, None):
        refused = statement(eu, anybody, euros)
        assert "preferential" not in refused["statement"]
        assert "registered exporter" in refused["notes"][0]
    assert "preferential" not in statement(eu | {"criterion": ""}, registered, 1)["statement"]
    uk = statement({"criterion": "W 4602", "proof": "origin declaration or Form A"}, anybody, None)
    assert "Developing Countries Trading Scheme of the UK" in uk["statement"]
    andean = {"criterion": "P", "proof": "proof of the agreement", "programme": "Test agreement"}
    refused = statement(andean, anybody, 1)
    assert "preferential" not in refused["statement"]
    assert "Test agreement: the agreement prescribes its own proof, which this is not." in refused["notes"]
