"""A shipment's road as people go it: two paid pools booked together in Callao; the scarves of one packed,
labelled, loaded, sailed to Rotterdam, cleared, handed over and counted; and told to whoever holds one.

The pools are those of the demo that wait at the planning desk of Callao. All is read off pages.
"""

import re
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Open
from tests.journeys.running import FAIRHAUL, Running

POOL = "Scarves for spring, to Rotterdam"
OTHER = "Blankets for spring, to Rotterdam"
GOODS = "Alpaca scarf"
MAKER = "Demo knitters of the Andes"
WEIGHTS = (("2.8", "3.1"), ("2.4", "2.7"))
"""Without and with packing, kg, as the orders stand on the page."""
JOB_WITHIN = 60_000
SSCC = re.compile(r"\(00\) (\d{18})")


@pytest.fixture
def worker(running: Running, tmp_path: Path) -> Iterator[None]:
    """Does the jobs meanwhile: pages show by themselves when one is done."""
    with (tmp_path / "worker.log").open("w") as said:
        made = subprocess.Popen(
            [FAIRHAUL, "worker"], env=running.environment, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            yield
        finally:
            made.terminate()
            made.wait(timeout=60)


@pytest.mark.usefixtures("worker")
def test_a_planned_pool_is_shipped_and_told_as_a_story(as_account: Open) -> None:
    callao, rotterdam = as_account(), as_account()
    maker, buyer, visitor = (as_account(phone=True) for _ in range(3))
    for page, account in (
        (callao, "hub-callao"),
        (rotterdam, "hub-rotterdam"),
        (maker, "knitters"),
        (buyer, "shop-leiden"),
    ):
        sign_in(page, account)

    book(callao)
    order, shipment = follow(buyer)
    pack(maker, shipment)
    read_papers(maker, buyer, shipment)
    labels = label(maker, shipment)
    load(callao, shipment)

    scan(callao, labels)
    press(callao, "Set collected today")
    press(callao, "Set export cleared")
    press(callao, "Set departed")
    buyer.goto("/shipments")
    expect(row(buyer, POOL)).to_contain_text("Departed")
    rotterdam.goto("/shipments")
    row(rotterdam, POOL).get_by_role("link").first.click()
    press(rotterdam, "Set arrived")
    press(rotterdam, "Set import cleared")
    customs(rotterdam, buyer, order)

    scan(rotterdam, labels)
    press(rotterdam, "Set handed over today")
    delivered(rotterdam, buyer, maker, order, shipment)
    recorded(buyer, shipment)
    told(maker, visitor)


def sign_in(page: Page, account: str) -> None:
    """Without the pages of it, which other tests go through: each costs a second."""
    fields: dict[str, str | float | bool] = {
        "email": f"{account}@demo.example",
        "password": "demo-fairhaul",
    }
    assert page.request.post("/sign-in", form=fields, max_redirects=0).status == 303


def main(page: Page) -> Locator:
    return page.locator("main")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def row(page: Page, words: str) -> Locator:
    """The row of a table with these words."""
    return page.get_by_role("row").filter(has_text=words)


def pdf(page: Page, name: str) -> str:
    """What the PDF says that a link of this name leads to, as the browser of this person gets it."""
    href = page.get_by_role("link", name=name).get_attribute("href")
    assert href is not None
    reply = page.request.get(href)
    assert reply.headers["content-type"] == "application/pdf"
    return " ".join(each.extract_text() for each in PdfReader(BytesIO(reply.body())).pages)


def book(hub: Page) -> None:
    """The hub of origin sees what waits, what is missing for the papers, and books both pools onto a ship."""
    hub.goto("/planning")
    row(hub, POOL).get_by_role("link", name="Hold or send").click()
    expect(row(hub, "How its goods are packed")).to_contain_text(MAKER)
    expect(main(hub)).to_contain_text("for the papers")
    hub.goto("/planning")
    press(hub, "Book the 2 paid pools")
    booked = hub.get_by_role("table", name="Booked lately")
    expect(booked).to_contain_text(OTHER, timeout=JOB_WITHIN)
    booked.get_by_role("row").filter(has_text=POOL).get_by_role("link", name="with others").click()
    expect(main(hub)).to_contain_text("Goes back to buyers")


def follow(buyer: Page) -> tuple[str, str]:
    """The buyer reads that it is booked and what goes back; gives the addresses of order and shipment."""
    buyer.goto("/orders")
    buyer.get_by_role("link", name=POOL).click()
    expect(main(buyer)).to_contain_text("goes back to you: the pool travels with others")
    order = buyer.url
    buyer.get_by_role("link", name="Follow shipment").click()
    expect(buyer.get_by_role("heading", level=1)).to_have_text("Callao to Rotterdam")
    expect(main(buyer)).to_contain_text(f"12 × {GOODS}")
    expect(buyer.get_by_role("button", name="Set collected")).to_have_count(0)
    return order, buyer.url


def pack(maker: Page, shipment: str) -> None:
    """The maker sees what the papers lack, and states how each order is packed; then nothing is missing."""
    maker.goto(shipment)
    maker.get_by_role("link", name="Papers, and what is missing on them").click()
    papers = maker.url
    lacking = maker.get_by_role("table", name="What is missing")
    expect(lacking).to_contain_text(f"Packages, net and gross weight of {GOODS}")
    lacking.get_by_role("link", name=MAKER).first.click()
    for place, (net, gross) in enumerate(WEIGHTS):
        form = main(maker).locator("form").nth(place)
        form.locator("[name=packages]").fill("1")
        form.get_by_label("Weight without packing").fill(net)
        form.get_by_label("Weight with packing").fill(gross)
        for side, cm in (("Length", "60"), ("Width", "40"), ("Height", "40")):
            form.get_by_label(side).fill(cm)
        form.get_by_label("Origin criterion").fill("P")
        form.get_by_role("button", name="Save").click()
    expect(main(maker)).not_to_contain_text("not stated")
    maker.goto(papers)
    expect(main(maker)).to_contain_text("complete")


def read_papers(maker: Page, buyer: Page, shipment: str) -> None:
    """The maker downloads its papers, whose sums agree; the buyer gets its own consignment and no other."""
    invoice = pdf(maker, "Commercial invoice")
    for words in ("Demo shop Leiden", "Demo shop Gent", GOODS, "6117.10", "318.00", "265.00"):
        assert words in invoice
    packing = pdf(maker, "Packing list")
    assert "318" not in packing
    for net, gross in WEIGHTS:
        assert f"{net} kg" in packing
        assert f"{gross} kg" in packing
    origin = pdf(maker, "Statement of origin")
    assert MAKER in origin
    assert "the agreement prescribes its own proof" in re.sub(r"\s+", " ", origin)
    buyer.goto(f"{shipment}/papers")
    assert "Demo shop Gent" not in pdf(buyer, "Commercial invoice")


def label(maker: Page, shipment: str) -> list[str]:
    """The maker has a label made for each parcel, and prints them; gives their numbers."""
    maker.goto(f"{shipment}/parcels")
    press(maker, "Make the labels")
    parcels = maker.get_by_role("table", name="Parcels")
    expect(parcels).to_contain_text("60 × 40 × 40")
    numbers = SSCC.findall(parcels.inner_text())
    assert len(numbers) == len(WEIGHTS)
    printed = pdf(maker, "Print the labels")
    for each in numbers:
        assert each in re.sub(r"\s", "", printed)
    return numbers


def load(hub: Page, shipment: str) -> None:
    """The hub has the parcels loaded onto a pallet, and sees where each stands, checked."""
    hub.goto(shipment)
    hub.get_by_role("link", name="How it is loaded").click()
    press(hub, "Make the plan")
    expect(main(hub)).to_contain_text("no fault found", timeout=JOB_WITHIN)
    expect(hub.locator(".picture svg")).to_be_visible()
    hub.get_by_text("Loading list: carry in in this order").click()
    expect(hub.get_by_role("table", name="Loading list of")).to_contain_text("P002")
    assert "P001" in pdf(hub, "Loading list to print")


def scan(hub: Page, labels: list[str]) -> None:
    """Each label is taken as its scanner sends it; the page says what is still to come."""
    hub.goto("/scan")
    for place, number in enumerate(labels, 1):
        hub.get_by_label("Label").fill(f"]C100{number}")
        press(hub, "Take it")
        expect(main(hub)).to_contain_text(f"Parcel P{place:03d}")
        expect(main(hub)).to_contain_text(f"{place} of {len(labels)} parcels")


def customs(hub: Page, buyer: Page, order: str) -> None:
    """The hub enters that customs asked nothing, the origin being proven: the buyer gets its duty back."""
    hub.get_by_role("link", name="What customs asked").click()
    form = main(hub).locator("section").filter(has_text="Demo shop Leiden")
    expect(form).to_contain_text("USD 52.32 of duty paid")
    form.get_by_label("Customs asked for").fill("0")
    form.get_by_role("button", name="Enter").click()
    expect(main(hub)).to_contain_text("customs asked USD 0.00")
    buyer.goto(order)
    expect(main(buyer)).to_contain_text("Customs asked USD 0.00 of the USD 52.32 of duty that you paid.")


def delivered(hub: Page, buyer: Page, maker: Page, order: str, shipment: str) -> None:
    """The hub counts what came; the buyer reads that it is delivered, and says that all of it came."""
    hub.get_by_role("link", name="Count what came").click()
    hub.get_by_label("How many came?").fill("22")
    press(hub, "Record it")
    expect(main(hub)).to_contain_text(f"{GOODS}: 22 of 22 came")
    buyer.goto(order)
    expect(main(buyer)).to_contain_text("Delivered")
    press(buyer, "Yes, everything came")
    expect(main(buyer)).to_contain_text("You said so on")
    maker.goto(shipment)
    expect(row(maker, "Demo shop Leiden")).to_contain_text("all of it came")


def recorded(buyer: Page, shipment: str) -> None:
    """Every hand-over stands there as an event, with who recorded it."""
    buyer.goto(f"{shipment}/events")
    for words, place, hub in (
        ("Packed together", "Callao", "Demo hub Callao"),
        ("Departed", "Callao", "Demo hub Callao"),
        ("Arrived", "Rotterdam", "Demo hub Rotterdam"),
        ("Inspected, and cleared by customs", "Rotterdam", "Demo hub Rotterdam"),
        ("Received", "Rotterdam", "Demo hub Rotterdam"),
    ):
        expect(row(buyer, words).filter(has_text=place).filter(has_text=hub)).to_have_count(1)


def told(maker: Page, visitor: Page) -> None:
    """Whoever scans the code on the goods reads who made them, how they came and what the price pays for."""
    maker.goto("/our-lots")
    maker.get_by_role("link", name=GOODS).first.click()
    found = re.search(r"/01/\d{14}/10/\S+", main(maker).inner_text())
    assert found is not None
    reply = visitor.goto(found[0])
    assert reply is not None
    assert reply.status == 200
    for words in (
        MAKER,
        "Collected: Callao",
        "Departed: Callao",
        "Arrived: Rotterdam",
        "Handed over: Rotterdam",
        "At the shop's door, per scarf",
        "The maker is certified until",
        "CO2e per scarf",
    ):
        expect(main(visitor)).to_contain_text(words)
    assert visitor.context.cookies() == []
