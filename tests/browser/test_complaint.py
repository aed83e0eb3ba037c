"""Answerable to outsiders in a browser: an anonymous complaint with its answer; the gate of a standard."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import violations

SUMMARY = "It is said that members are not told when they are paid."


def looked_at(page: Page) -> None:
    """Nothing that axe finds, and nothing beside the screen."""
    assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")


def test_an_anonymous_complaint_is_answered_by_receipt_and_stands_in_the_register(as_account: Open) -> None:
    person = as_account(phone=True)
    person.goto("/complaints")
    looked_at(person)
    person.get_by_role("link", name="Make a complaint").click()
    person.get_by_label("A member organisation").check()
    person.get_by_role("button", name="Send the complaint").click()  # nothing told yet
    expect(person.get_by_role("alert")).to_contain_text("Tell us what happened")
    looked_at(person)
    expect(person.get_by_label("A member organisation")).to_be_checked()
    person.get_by_label("Who is it about?").fill("the knitters of Cusco")
    person.get_by_label("What happened?").fill("My aunt Marigold waits since the feast for what she knitted.")
    person.get_by_role("button", name="Send the complaint").click()
    code = person.locator(".code-box .mono").inner_text()
    assert re.fullmatch(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){4}", code)
    looked_at(person)
    person.get_by_label("Type the last four characters").fill("2222")
    person.get_by_role("button", name="I have written it down").click()
    expect(person.get_by_role("alert")).to_contain_text("not the last four")
    person.get_by_label("Type the last four characters").fill(code[-4:])
    person.get_by_role("button", name="I have written it down").click()
    number = re.search(r"C-\d{4}-\d{4}", person.locator("h1").inner_text())
    assert number
    looked_at(person)
    person.get_by_role("button", name="Forget the code here").click()

    desk = as_account("ombudsperson")
    desk.goto("/ombudsperson")
    looked_at(desk)
    desk.get_by_role("link", name=number.group()).click()
    expect(desk.locator("main")).not_to_contain_text("Marigold")
    desk.get_by_role("button", name="Take it").click()
    expect(desk.locator("main")).to_contain_text("Marigold")
    looked_at(desk)
    desk.get_by_label("Write to the person who complained").fill("Which feast was that?")
    desk.locator("form", has_text="They read it with their code").get_by_role("button", name="Send").click()
    expect(desk.locator("main")).to_contain_text("Which feast was that?")
    case = desk.url

    person.goto("/complaints/receipt")
    person.get_by_label("Your receipt code").fill(code.lower().replace("-", " "))
    person.get_by_role("button", name="Open my complaint").click()
    expect(person.locator("main")).to_contain_text("Which feast was that?")
    person.get_by_label("Write to the ombudsperson").fill("The one of the sun.")
    person.get_by_role("button", name="Send").click()
    expect(person.locator("main")).to_contain_text("The one of the sun.")

    desk.goto(case)
    expect(desk.locator("main")).to_contain_text("The one of the sun.")
    desk.get_by_label("Which organisation is it about?").fill("Demo knitters of the Andes")
    desk.get_by_label("What it is about").fill("Marigold waits since the feast for what she knitted.")
    desk.get_by_label("I have no interest").check()
    desk.get_by_role("button", name="Admit it", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text("only the person who complained said")
    desk.get_by_label("What it is about").fill(SUMMARY)
    desk.get_by_role("button", name="Admit it", exact=True).click()
    expect(desk.locator("main")).to_contain_text("has not answered yet")

    subject = as_account("knitters", phone=True)
    subject.goto("/complaints-about-us")
    looked_at(subject)
    subject.get_by_role("link", name=number.group()).click()
    expect(subject.locator("main")).to_contain_text(SUMMARY)
    expect(subject.locator("main")).not_to_contain_text("Marigold")
    looked_at(subject)
    subject.get_by_label("Write to the ombudsperson").fill("We shall hang up the days of payment.")
    subject.get_by_role("button", name="Send").click()

    desk.goto(case)
    desk.get_by_label("What was found").fill("The days of payment were not told to anybody.")
    desk.get_by_role("button", name="Publish what was found").click()
    desk.get_by_label("Upheld", exact=True).check()
    desk.get_by_label("The answer, with reasons").fill("Members have a right to know when they are paid.")
    desk.get_by_role("button", name="Publish the answer").click()
    expect(desk.locator("main")).to_contain_text("An appeal can be made until")

    person.goto("/complaints/mine")
    expect(person.locator("main")).to_contain_text("Members have a right to know when they are paid.")
    everybody = as_account()
    everybody.goto("/complaints")
    row = everybody.get_by_role("row", name=re.compile(number.group()))
    expect(row).to_contain_text("Upheld")
    expect(row).to_contain_text("Demo knitters of the Andes")
    everybody.get_by_role("link", name=number.group()).click()
    expect(everybody.locator("main")).to_contain_text(SUMMARY)
    expect(everybody.locator("main")).not_to_contain_text(re.compile("Marigold|feast", re.IGNORECASE))
    looked_at(everybody)


def test_a_consultation_is_open_to_anybody_and_gates_a_standard_version(as_account: Open) -> None:
    person = as_account(phone=True)
    person.goto("/consultations")
    looked_at(person)
    person.get_by_role("link", name="Demo: pesticides in the next standard").click()
    person.get_by_label("Your comment").fill("We use neem, and it is enough.")
    person.get_by_label("You are", exact=True).select_option(label="Maker or grower")
    person.get_by_label("Your country").select_option(label="Kenya")
    person.get_by_role("button", name="Send").click()
    code = person.locator(".code-box .mono").inner_text()
    looked_at(person)
    person.get_by_label("Type the last four characters").fill(code[-4:])
    person.get_by_role("button", name="Publish my comment").click()
    expect(person.locator("main")).to_contain_text("We use neem, and it is enough.")
    looked_at(person)

    runner = as_account("programme")
    runner.goto(person.url + "/desk")
    looked_at(runner)
    expect(runner.locator("main")).to_contain_text("Adopt the standard version fairhaul-2028.1")
    assert runner.get_by_role("button", name=re.compile("Adopt the standard")).count() == 0
    runner.goto("/consultations")
    runner.get_by_role("link", name="Demo: time to reach a living wage").click()
    expect(runner.locator("main")).to_contain_text("was adopted on")
    looked_at(runner)


def test_documents_are_read_and_compared(as_account: Open) -> None:
    person = as_account(phone=True)
    person.goto("/documents")
    looked_at(person)
    person.get_by_role("link", name="Constitution", exact=True).first.click()
    looked_at(person)
    person.get_by_role("link", name="See every word that changed").click()
    expect(person.locator("ins").first).to_be_visible()
    looked_at(person)
    publisher = as_account("operator")
    publisher.goto("/documents/rules-of-complaints/versions")
    looked_at(publisher)
