"""A vote in a browser: a member casts it, keeps its receipt, and finds it in the sealed box."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_complaint import looked_at

VOTE = "/votes/demo-a-yearly-stock-count-at-each-hub"


def test_a_vote_is_cast_and_found_by_its_receipt(as_account: Open) -> None:
    member = as_account("producer", phone=True)
    member.goto("/votes")
    looked_at(member)
    member.get_by_role("link", name="Demo: a yearly stock count at each hub").click()
    looked_at(member)
    member.get_by_role("button", name="Go on").click()  # nothing chosen
    expect(member.get_by_role("alert")).to_contain_text("Choose yes, no or abstain")
    member.get_by_label("Yes").check()
    member.get_by_role("button", name="Go on").click()
    code = member.locator(".code-box .mono").inner_text()
    assert re.fullmatch(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){4}", code)
    looked_at(member)
    member.get_by_label("Type the last four characters").fill("2222")
    member.get_by_role("button", name="Cast the vote").click()
    expect(member.get_by_role("alert")).to_contain_text("not the last four")
    assert member.locator(".code-box .mono").inner_text() == code
    member.get_by_label("Type the last four characters").fill(code[-4:])
    member.get_by_role("button", name="Cast the vote").click()
    expect(member.locator("h1")).to_contain_text("Your vote is in the box")
    looked_at(member)
    member.get_by_role("link", name="Back to the vote").click()
    expect(member.locator(".cannot")).to_contain_text("has voted")
    looked_at(member)

    anybody = as_account()
    anybody.goto(VOTE)
    anybody.get_by_label("Your receipt code").fill(code.lower())
    anybody.get_by_role("button", name="Look").click()
    expect(anybody.locator("main")).to_contain_text("Your ballot is in the box")
    looked_at(anybody)
    anybody.goto("/votes/demo-two-seats-of-the-board")
    expect(anybody.locator("main")).to_contain_text("Elected:")
    looked_at(anybody)


def test_who_has_no_vote_is_told_why(as_account: Open) -> None:
    applicant = as_account("applicant")
    applicant.goto(VOTE)
    expect(applicant.locator(".cannot")).to_contain_text("provisional members do not vote")


def test_accounts_and_data_are_open_to_anybody(as_account: Open) -> None:
    anybody = as_account(phone=True)
    for place in ("/accountability", "/open-data", "/open-data/prices", "/members"):
        anybody.goto(place)
        looked_at(anybody)
    anybody.goto("/open-data")
    anybody.locator("aside a").first.click()
    expect(anybody.locator("h1")).to_contain_text("Report of the year")
    looked_at(anybody)
