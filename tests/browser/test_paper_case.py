"""The paper's case as people play it: six small buyers, one pool, 600.00 alone and 181.42 together."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx2 as httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.journeys.running import Running

TITLE = "The paper's case in a browser"
ORDERS = {
    "shop-leiden": ("Lacquer bowl, 14 cm", 12, 75),
    "shop-gent": ("Rattan basket with lid", 10, 80),
    "coop-bremen": ("Set of three trays", 10, 70),
    "school-lille": ("Carved elephant, 12 cm", 20, 90),
    "museum-basel": ("Stoneware vase, 22 cm", 20, 78),
    "shop-york": ("Silk throw", 10, 85),
}


def test_six_buyers_pay_181_42_instead_of_600(as_account: Open, running: Running) -> None:
    closes = demo_closing(running)
    hub = as_account("hub-rotterdam")
    pool = open_pool(hub, closes)
    buyers = {account: as_account(account, phone=number % 2 == 0) for number, account in enumerate(ORDERS)}
    for account, page in buyers.items():
        join(page, pool, closes, *ORDERS[account])

    hub.goto(f"{pool}/close")
    hub.get_by_role("button", name="Close the pool").click()
    running.do_jobs()
    hub.goto(f"{pool}/steps")
    expect(hub.locator("main")).not_to_contain_text("waiting")

    alone, pooled, due = Decimal(0), Decimal(0), {}
    for account, page in buyers.items():
        page.goto("/orders")
        page.get_by_role("link", name=TITLE).click()
        charge = shipping_of(page, running)
        alone += charge[0]
        pooled += charge[1]
        due[account] = charge[2:]
        assert charge[1] <= charge[0] == Decimal("100.00")
    assert (alone, pooled) == (Decimal("600.00"), Decimal("181.42"))
    hub.goto(pool)
    expect(hub.locator("main")).to_contain_text("600.00")
    expect(hub.locator("main")).to_contain_text("181.42")

    operator = as_account("operator")
    for reference, total in due.values():
        operator.goto(f"/ledger?reference={reference}")
        operator.get_by_label("Amount").fill(total)
        operator.get_by_role("button", name="Book", exact=True).click()
        expect(operator.locator("main")).to_contain_text("The payment is booked.")
    operator.goto("/ledger/verification")
    expect(operator.locator("main")).to_contain_text(re.compile("balance", re.IGNORECASE))
    assert running.fairhaul("ledger", "verify")
    leiden = buyers["shop-leiden"]
    leiden.goto("/shipments")
    expect(leiden.locator("main")).to_contain_text("Rotterdam")


def demo_closing(running: Running) -> datetime:
    """When the demo's own pool of the paper closes: the sailings lie around that day."""
    pools = httpx.get(f"{running.address}/api/pools").json()["pools"]
    (found,) = [pool for pool in pools if pool["title"].startswith("Lacquerware")]
    return datetime.fromisoformat(found["closes_at"]).astimezone(UTC)


def open_pool(hub: Page, closes: datetime) -> str:
    hub.goto("/hub/pools/new")
    hub.locator("[name=title]").fill(TITLE)
    hub.locator("[name=origin_id]").select_option(label="Ho Chi Minh City (VNSGN)")
    hub.locator("[name=hub_id]").select_option(label="Rotterdam (NLRTM)")
    hub.locator("[name=closes_at]").fill(closes.strftime("%Y-%m-%dT%H:%M"))
    hub.locator("[name=latest_arrival_on]").fill((closes + timedelta(days=90)).date().isoformat())
    hub.get_by_role("button", name="Open the pool").click()
    expect(hub.get_by_role("heading", level=1)).to_have_text(TITLE)
    return hub.url


def join(page: Page, pool: str, closes: datetime, goods: str, quantity: int, due: int) -> None:
    """In three screens: choose, check, done. The promise stands beside the button."""
    page.goto(pool)
    page.get_by_role("link", name="Choose goods and see your price").click()
    page.get_by_label(goods).fill("a few")
    page.get_by_role("button", name="See your price").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    expect(page.get_by_label(goods)).to_have_value("a few")
    page.get_by_label(goods).fill(str(quantity))
    page.locator("[name=needed_by]").fill((closes + timedelta(days=due)).date().isoformat())
    page.get_by_role("button", name="See your price").click()
    for words in (
        "30.00",
        "70.00",
        "The most you can be charged is",
        "Nothing is taken before the pool closes",
    ):
        expect(page.locator("main")).to_contain_text(words)
    page.get_by_role("button", name="Join the pool").click()
    expect(page.locator("main")).to_contain_text("Nothing is taken before the pool closes.")


def shipping_of(page: Page, running: Running) -> tuple[Decimal, Decimal, str, str]:
    """(alone, pooled, reference, total) of the order on the page: what the API says, seen on the page."""
    order = page.url.rsplit("/", 1)[1].split("?")[0]
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    reply = httpx.get(f"{running.address}/api/orders/{order}", cookies=cookies)
    charge = reply.json()["charge"]

    def shown(minor: int) -> str:
        return f"{Decimal(minor) / 100:,.2f}"

    reference = charge["reference"]
    spaced = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    for words in (
        shown(charge["goods"] + charge["alone"] + charge["duty_alone"]),
        shown(charge["total"]),
        spaced,
    ):
        expect(page.locator("main")).to_contain_text(words)
    return (
        Decimal(charge["alone"]) / 100,
        Decimal(charge["shipping"]) / 100,
        reference,
        shown(charge["total"]),
    )
