"""Every page of the path, as each role sees it: accessible, within its width, and light."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from tests.browser.conftest import Open
from tests.journeys.running import Running

# role -> the pages to begin with; pages that these link to are looked at too, up to MOST in all
PUBLIC = (
    "/ /pools /makers /goods /registry /standards /hubs /accountability /sign-in /sign-up /forgot-password"
    " /lots/L-DEM0001"
)
BEGIN = {
    None: PUBLIC.split(),
    "producer": [
        "/certification",
        "/organisation",
        "/offers",
        "/offers/new",
        "/offers/terms",
        "/orders-for-us",
    ],
    "applicant": ["/certification", "/certification/assessment/3", "/certification/evidence", "/money"],
    "auditor": ["/queue", "/interests", "/account"],
    "decision-maker": ["/queue", "/programme"],
    "programme": ["/queue", "/workload", "/programme"],
    "shop-gent": ["/orders", "/money", "/shipments"],
    "hub-rotterdam": ["/hub", "/hub/pools/new", "/rate-cards", "/shipments"],
    "operator": ["/ledger", "/ledger/verification"],
}
MOST = 14
BUDGET_PUBLIC = 30_000
BUDGET_CONSOLE = 100_000
CONSOLE = {"auditor", "decision-maker", "programme", "hub-rotterdam", "operator"}
SKIP = re.compile(
    r"/(static|docs|openapi|api|evidence|design)|/documents/|lang=|\.(svg|json|jwt|pdf|csv|xlsx|html)|#|^mailto:"
)


def pages_of(page: Page, begin: list[str]) -> Iterator[str]:
    """`begin`, then what they lead to, each kind of address once."""
    waiting, seen = list(begin), set[str]()
    while waiting and len(seen) < MOST:
        address = waiting.pop(0)
        kind = re.sub(
            r"[0-9a-f]{8}-[0-9a-f-]{27}|FH-\d{4}-\d{6}-\d|(?<=/)demo-[a-z-]+", "*", address.split("?")[0]
        )
        if kind in seen or SKIP.search(address):
            continue
        seen.add(kind)
        yield address
        waiting += page.eval_on_selector_all(
            "main a[href^='/'], main nav a", "links => links.map(link => link.getAttribute('href'))"
        )


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("account", list(BEGIN), ids=str)
def test_every_page_is_accessible_and_fits(as_account: Open, account: str | None) -> None:
    page = as_account(account, phone=True)
    faults: list[str] = []
    looked_at = 0
    for address in pages_of(page, BEGIN[account]):
        reply = page.goto(address)
        assert reply is not None
        if reply.status != 200:
            faults.append(f"{address}: {reply.status}")
            continue
        looked_at += 1
        faults += [f"{address}: {each}" for each in violations(page)]
        faults += [
            f"{address}: {words}" for words in ("undefined", "{}", "[object") if words in visible(page)
        ]
        page.set_viewport_size({"width": 320, "height": 700})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            faults.append(f"{address}: {over} px wider than 320")
        page.set_viewport_size({"width": 390, "height": 844})
    assert faults == []
    assert looked_at >= len(BEGIN[account]) // 2


def visible(page: Page) -> set[str]:
    """The words on the page, apart."""
    return set(page.locator("body").inner_text().split())


@pytest.mark.parametrize("account", ["producer", "shop-gent", None], ids=str)
def test_first_load_of_a_page_is_light(
    browser: Browser, running: Running, as_account: Open, account: str | None
) -> None:
    """Bytes as they travel: page, style and script; pictures of goods load when they come into view."""
    del browser
    for address in ("/", "/pools", "/registry", "/lots/L-DEM0001", LAST[account]):
        page = as_account(account, phone=True)
        got = listen(page)
        page.goto(running.address + address)
        page.wait_for_load_state("networkidle")
        size = sum(int(each.headers.get("content-length") or len(each.body())) for each in got.values())
        assert size <= (BUDGET_CONSOLE if account in CONSOLE else BUDGET_PUBLIC), f"{address}: {size} bytes"
        assert len(got) <= 4, list(got)


LAST = {None: "/sign-up", "producer": "/certification", "shop-gent": "/orders"}


def listen(page: Page) -> dict[str, Response]:
    """What a page asks for from now on, by address."""
    got: dict[str, Response] = {}

    def keep(response: Response) -> None:
        got[response.url] = response

    page.on("response", keep)
    return got


def test_everything_works_without_javascript(browser: Browser, running: Running) -> None:
    """Signing in, a filter and a form with a fault, in a browser that runs no script."""
    context = browser.new_context(base_url=running.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in buyer, Demo shop Gent").click()
    page.goto("/registry?q=craft")
    assert "Demo craft co-operative" in page.locator("main").inner_text()
    context.close()
