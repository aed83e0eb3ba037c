"""Evidence in a real browser: pictures made smaller, uploads that survive a cut line and a closed page."""

import json
import random
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
PATCH = re.compile(r"/api/certification/uploads/")
ADDRESS = "/certification/evidence"


def text_file(size: int, seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    held = "".join(chance.choices("abcdefghij \n", k=size)).encode()
    return {"name": f"Demo list {seed}.txt", "mimeType": "text/plain", "buffer": held}


def photo() -> bytes:
    """Noise does not pack, so a large picture of it is a large file."""
    made = BytesIO()
    small = Image.frombytes("RGB", (400, 300), random.Random(1).randbytes(400 * 300 * 3))
    small.resize((4000, 3000)).save(made, "JPEG", quality=95)
    return made.getvalue()


def store(page: Page) -> None:
    page.get_by_role("button", name="Store the file").click()


def stored(page: Page, name: str) -> None:
    page.wait_for_url(re.compile(r"stored="))
    expect(page.get_by_text(f"“{name}” is stored and its contents are checked.")).to_be_visible()


def test_a_picture_is_made_smaller_on_the_device(as_account: Open) -> None:
    page = as_account("applicant", phone=True)
    page.goto(ADDRESS)
    held = photo()
    page.get_by_label("Or take a picture").set_input_files(
        {"name": "Demo loom.jpg", "mimeType": "image/jpeg", "buffer": held}
    )
    expect(page.get_by_text(re.compile(r"Made smaller on this device: .+ became .+\."))).to_be_visible()
    assert page.get_by_label("Or take a picture").get_attribute("capture") == "environment"
    with page.expect_request(lambda request: request.method == "POST" and "uploads" in request.url) as sent:
        store(page)
    assert int(sent.value.headers["upload-length"]) < len(held) / 2
    stored(page, "Demo loom.jpg")


def test_a_cut_line_costs_nothing_and_a_closed_page_goes_on(as_account: Open) -> None:
    page = as_account("applicant")
    page.goto(ADDRESS)
    file, sent = text_file(1_800_000, 7), list[int]()

    def cut_the_third(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        sent.append(int(route.request.headers["upload-offset"]))
        return route.abort() if len(sent) >= 3 else route.continue_()

    page.route(PATCH, cut_the_third)
    page.set_input_files("input[name=file]", file)  # type: ignore[arg-type]
    store(page)
    expect(page.get_by_text(re.compile("The line is cut. What was sent is kept"))).to_be_visible()
    page.unroute(PATCH)
    page.goto(ADDRESS)  # closed in the middle
    expect(page.get_by_text("Demo list 7.txt")).to_be_visible()
    offsets = list[int]()
    page.on(
        "request",
        lambda request: (
            offsets.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None
        ),
    )
    page.set_input_files("input[name=file]", file)  # type: ignore[arg-type]
    store(page)
    stored(page, "Demo list 7.txt")
    assert offsets[0] >= 2 * 512 * 1024
    expect(page.get_by_text("Not finished")).to_have_count(1)  # the demo's own


def test_it_can_be_stopped_and_a_refusal_stands_at_the_field(as_account: Open) -> None:
    page = as_account("applicant")
    page.goto(ADDRESS)
    store(page)
    expect(page.locator(".error")).to_have_text("Choose a file or take a picture.")
    page.set_input_files(
        "input[name=file]", {"name": "a.exe", "mimeType": "x/y", "buffer": b"MZ" + bytes(99)}
    )
    store(page)
    expect(page.locator(".error")).to_contain_text("This is a program, not evidence.")
    page.route(PATCH, lambda route: route.abort() if route.request.method == "PATCH" else route.continue_())
    page.set_input_files("input[name=file]", text_file(600_000, 8))  # type: ignore[arg-type]
    store(page)
    expect(page.get_by_text("The line is cut.")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. Choose the same file again to go on.")).to_be_visible()
    page.unroute(PATCH)
    store(page)
    stored(page, "Demo list 8.txt")


def test_the_checklist_works_from_a_folder(as_account: Open, tmp_path: Path) -> None:
    page = as_account("auditor")
    page.goto("/queue")
    cases = page.eval_on_selector_all("a[href*='/cases/']", "all => all.map(each => each.pathname)")
    for case in dict.fromkeys(each for each in cases if re.fullmatch(r"/cases/[0-9a-f-]{36}", each)):
        page.goto(f"{case}/offline")
        if page.get_by_label("What the checklist saved").count():
            break
    back = page.url
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download the checklist").click()
    taken.value.save_as(tmp_path / "checklist.html")
    page.goto(f"file://{tmp_path}/checklist.html")
    first = page.locator("article").first
    first.get_by_label("Conformity").check()
    first.get_by_role("textbox").fill("Seen in the demo village.")
    page.reload()
    expect(first.get_by_role("textbox")).to_have_value("Seen in the demo village.")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save to a file").click()
    saved.value.save_as(tmp_path / "checklist.json")
    assert json.loads((tmp_path / "checklist.json").read_text())["format"] == "fairhaul checklist 1"
    page.goto(back)
    page.get_by_label("What the checklist saved").set_input_files(tmp_path / "checklist.json")
    page.get_by_role("button", name="Show what would be stored").click()
    expect(page.get_by_text("Seen in the demo village.")).to_be_visible()
    page.get_by_role("button", name="Store these findings").click()
    expect(page.get_by_text("Everything was imported.")).to_be_visible()
