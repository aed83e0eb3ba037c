"""Headless chromium on the journeys' server."""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.journeys.running import Running

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Those of scripts/chromium.sh, the lightest first."""
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), NAMES[0])
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
]
PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=900)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: playwright's event loop would be in the way of other tests' own."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def as_account(browser: Browser, running: Running) -> Iterator[Open]:
    """`as_account("shop-leiden")`: a page of a browser that is signed in; without a name, a visitor's.

    Any error in a page's script or any content that the policy blocks fails the test.
    """
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def open_as(account: str | None = None, *, phone: bool = False) -> Page:
        context = browser.new_context(
            base_url=running.address,
            viewport=PHONE if phone else DESK,
            locale="en-GB",
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        if account:
            page.goto("/sign-in")
            form = page.locator("main form").first
            form.get_by_label("Email address").fill(f"{account}@demo.example")
            form.get_by_label("Password").fill("demo-fairhaul")
            form.get_by_role("button", name="Sign in").click()
            page.wait_for_url(re.compile(r"^(?!.*sign-in)"))
        return page

    yield open_as
    for context in opened:
        context.close()
    assert faults == []
