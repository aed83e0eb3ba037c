"""An auditor's case by keyboard, in a real browser: judge, move, lose nothing, and switch the keys off."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

TITLE = re.compile(r"^(\d+\.\d+) · (\d+) of (\d+) judged")


def place(page: Page) -> tuple[str, int]:
    """The criterion that is open, and how many are judged."""
    found = TITLE.match(page.title())
    assert found is not None, page.title()
    return found[1], int(found[2])


def open_case(page: Page) -> None:
    """A case with enough left to judge, at a criterion that nobody has judged."""
    page.goto("/queue?stage=audit&sort=name")
    cases = page.locator("#cases a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    for address in cases:
        page.goto(address)
        title = TITLE.match(page.title())
        if page.locator("[data-keys]").count() and title and int(title[3]) - int(title[2]) > 4:
            break
    expect(page.locator("[data-keys]")).to_be_visible()
    if page.locator("[data-key]:checked").count():
        move(page, "n")


def move(page: Page, key: str) -> tuple[str, int]:
    """Press a key that leads to another criterion; gives where it led."""
    before = page.url
    page.keyboard.press(key)
    page.wait_for_url(lambda address: address != before)
    expect(page.locator("[data-keys]")).to_be_visible()
    return place(page)


def test_an_auditor_judges_by_keyboard_alone(as_account: Open) -> None:
    page = as_account("auditor")
    open_case(page)
    first, judged = place(page)

    page.keyboard.press("1")
    expect(page.locator("[data-key='1']")).to_be_checked()
    second, count = move(page, "Enter")
    assert (second != first, count) == (True, judged + 1)

    page.keyboard.press("2")
    page.keyboard.press("f")
    page.keyboard.type("Two of five records had no date: j k n 1 ? are words here.")
    page.keyboard.press("Escape")
    assert move(page, "k") == (first, judged + 2)  # going back saved what was typed
    assert move(page, "j")[0] == second
    expect(page.get_by_label("Facts")).to_have_value(re.compile("are words here"))
    expect(page.locator("[data-key='2']")).to_be_checked()

    third, count = move(page, "n")
    assert third not in {first, second}
    page.keyboard.press("f")
    page.keyboard.type("No verdict yet")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(page.locator("#saved")).to_contain_text("Choose a finding")
    assert place(page) == (third, count)
    page.keyboard.press("2")
    page.get_by_label("Facts").fill("Short")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(page.locator("#saved")).to_contain_text("Not saved")
    expect(page.get_by_label("Facts")).to_have_value("Short")


def test_help_opens_by_a_key_and_the_keys_can_be_switched_off(as_account: Open) -> None:
    page = as_account("auditor")
    open_case(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next criterion that is not judged")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Switch the keys off").click()
    page.keyboard.press("1")
    expect(page.locator("[data-key='1']")).not_to_be_checked()
    page.reload()
    page.keyboard.press("1")
    expect(page.locator("[data-key='1']")).not_to_be_checked()
    page.get_by_role("button", name="Switch the keys on").click()
    page.keyboard.press("1")
    expect(page.locator("[data-key='1']")).to_be_checked()


def test_a_view_is_kept_and_filters_work_in_place(as_account: Open) -> None:
    page = as_account("programme")
    page.goto("/queue")
    page.get_by_text("Filters and order").click()
    page.get_by_label("Region").select_option("Africa")
    expect(page).to_have_url(re.compile("region=Africa"))
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name of the view").fill("Africa")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("navigation", name="Your views")).to_contain_text("Africa")
    page.get_by_role("button", name="Remove the view Africa").click()
    expect(page.get_by_role("navigation", name="Your views")).to_have_count(0)
