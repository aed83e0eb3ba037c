"""The whole road in a browser: from the application to the label, a suspension, and an appeal that lifts it.

Each person acts in a session of their own. What one of them may not do, their page says why.
"""

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

NAME = "Demo quilt makers"
SAID = "Played by a test: what was seen and read carries this."
SHORT_OF_ONE = """async ({base, criteria}) => {
    for (const id of criteria) {
        const reply = await fetch(`/api${base}/findings/${id}`, {
            method: "PUT", headers: {"content-type": "application/json"},
            body: JSON.stringify({verdict: "conformity", facts: ""}),
        });
        if (!reply.ok) return `${id}: ${reply.status} ${await reply.text()}`;
    }
    return "";
}"""


def test_from_application_to_label_suspension_and_appeal(as_account: Open) -> None:
    producer, programme = as_account("quilts", phone=True), as_account("programme")
    auditor, decider, panel = as_account("auditor"), as_account("decision-maker"), as_account("appeals")
    visitor = as_account()

    apply(producer)
    base = case_of(programme)
    press(programme, f"{base}/steps", "Accept the application")
    assess(producer)
    for page in (auditor, decider):
        declare(page)
    for page, person, part in (
        (programme, "Demo auditor", "Lead auditor"),
        (programme, "Demo decision maker", "Decision maker"),
    ):
        page.goto(f"{base}/steps")
        choices = page.get_by_label("Person").first
        choices.select_option(label=f"{person} (Demo certification body)")
        page.get_by_label(part, exact=True).check()
        page.get_by_role("button", name="Assign", exact=True).click()
        expect(page.locator("main")).to_contain_text(person)
    audit(auditor, producer, base)

    auditor.goto(f"{base}/decision")
    expect(auditor.locator("main")).to_contain_text("You took part in the evaluation of this case")
    expect(auditor.get_by_role("button", name="Decide")).to_have_count(0)
    decider.goto(f"{base}/decision")
    decider.get_by_label("Certify", exact=True).check()
    decider.get_by_label("Why?").first.fill(SAID)
    decider.get_by_role("button", name="Decide").click()
    number = decider.get_by_role("link", name=re.compile(r"FH-\d{4}-")).first.inner_text()
    shown(visitor, number, "Certified")

    decider.goto(f"{base}/decision")
    decider.locator("summary", has_text="Suspend").click()
    decider.locator("[name=suspend_reasons]").fill("Played by a test: payments were late, says a complaint.")
    decider.get_by_role("button", name="Suspend").click()
    expect(decider.locator("main")).to_contain_text("Suspended")
    shown(visitor, number, "Suspended")

    appeal(producer)
    programme.goto(f"{base}/life")
    programme.get_by_label("Demo appeal panel member", exact=False).check()
    programme.get_by_role("button", name="Convene the panel").click()
    expect(programme.locator("main")).to_contain_text("Demo appeal panel member")
    for page, reason in (
        (decider, "This is for the convened panel"),
        (auditor, "This is for the convened panel"),
    ):
        page.goto(f"{base}/life")
        expect(page.locator("#appeal")).to_contain_text(reason)
        expect(page.get_by_role("button", name="Settle the appeal")).to_have_count(0)
    panel.goto("/queue")
    panel.goto(f"{base}/life")
    panel.get_by_label("It falls").check()
    panel.get_by_label("Why?").first.fill(
        "Played by a test: the payments were made in time, as the bank shows."
    )
    panel.get_by_role("button", name="Settle the appeal").click()
    expect(panel.locator("main")).to_contain_text("Decision overturned")
    shown(visitor, number, "Certified")
    producer.goto("/certification")
    expect(producer.locator("main")).to_contain_text("In force")


def press(page: Page, address: str, button: str) -> None:
    page.goto(address)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("main")).not_to_contain_text("There is a problem")


def apply(page: Page) -> None:
    page.goto("/certification/code")
    page.get_by_role("checkbox").first.check()
    page.locator("main").get_by_role("button").first.click()
    page.goto("/certification/application")
    for part in ("legal_identity", "mission", "accounts", "references"):
        page.locator(f"[name={part}]").fill(SAID)
    page.locator("[name=supply_tiers]").fill("1")
    page.locator("[name=outside_percent]").fill("5")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("We are looking at it")


def case_of(page: Page) -> str:
    page.goto("/queue?stage=applied")
    page.get_by_role("link", name=NAME).first.click()
    found = re.search(r"/cases/[0-9a-f-]+", page.url)
    assert found
    return found[0]


def assess(page: Page) -> None:
    """Ten pages, every criterion met; then check and hand in."""
    page.goto("/certification/assessment/1")
    for _ in range(10):
        page.evaluate("document.querySelectorAll('input[value=met]').forEach(each => each.click())")
        principle = page.url.rsplit("/", 1)[1]
        page.get_by_role("button", name="Save and go on").click()
        page.wait_for_url(re.compile(rf"/certification(/assessment/(?!{principle}$)\d+)?$"))
    press(page, "/certification/submit", "Hand in")
    expect(page.locator("main")).to_contain_text("Handed in")


def declare(page: Page) -> None:
    page.goto("/interests")
    page.get_by_role("link", name=NAME).click()
    page.get_by_label("No, none of these").check()
    page.get_by_role("button", name="Declare").click()
    expect(page.locator("main")).to_contain_text("No interest")


def audit(page: Page, producer: Page, base: str) -> None:
    """The first finding by hand, the others as a program of the auditor's own would."""
    page.goto(f"{base}/steps")
    page.locator("[name=summary]").fill(SAID)
    page.get_by_role("button", name="Finish the review of papers").click()
    today = datetime.now(UTC).date().isoformat()
    page.goto(f"{base}/steps")
    page.get_by_label("Monitoring audit").check()
    page.locator("[name=starts]").fill(today)
    page.locator("[name=ends]").fill(today)
    page.locator("[name=seed]").fill("lottery 5 12 33")
    page.get_by_role("button", name="Plan the audit").click()
    producer.goto("/certification")
    expect(producer.locator("main")).to_contain_text("lottery 5 12 33")
    page.goto(base)
    page.get_by_label("Conformity", exact=True).check()
    page.locator("main form").filter(has=page.locator("[name=verdict]")).get_by_role("button").first.click()
    said = page.evaluate(SAID_CRITERIA, base)
    assert page.evaluate(SHORT_OF_ONE, {"base": base, "criteria": said}) == ""
    press(page, f"{base}/steps", "Conclude the audit")
    page.goto(f"{base}/steps")
    page.get_by_label("Certify", exact=True).check()
    page.locator("[name=reasons]").fill(SAID)
    page.get_by_role("button", name="Recommend", exact=True).click()
    expect(page.locator("main")).to_contain_text("Somebody who took no part now decides")


SAID_CRITERIA = """async (base) => {
    const told = await (await fetch(`/api${base}`)).json();
    const judged = new Set(told.findings.map(each => each.criterion));
    return Object.keys(told.answers).filter(each => !judged.has(each));
}"""


def appeal(page: Page) -> None:
    page.goto("/certification")
    page.get_by_role("link", name="Deadlines, renewal, appeal").click()
    page.get_by_label("What is wrong with the decision?").fill("Played by a test: every payment was in time.")
    page.get_by_role("button", name="Appeal").click()
    expect(page.locator("main")).to_contain_text("The decision holds until then")


def shown(page: Page, number: str, state: str) -> None:
    """What anybody reads in the registry."""
    page.goto(f"/registry/{number}")
    expect(page.locator("main")).to_contain_text(state)
