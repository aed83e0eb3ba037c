"""Governing documents on the real database: versions, delays, differences, the feed, and what stays."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.documents.guides import Guide
from app.documents.rendering import rendered
from app.organisations.models import Kind
from app.permissions import Role
from tests.app.making import Making
from tests.conftest import FixedClock

FIRST = "# Constitution\n\nEach member has one vote.\n\nA quarter of the members decides."
SECOND = FIRST.replace("quarter", "third")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def publisher(make: Making, as_person: Callable[[UUID], TestClient]) -> TestClient:
    return as_person(make.member(Kind.PLATFORM, Role.OPERATOR))


def adopt(publisher: TestClient, clock: FixedClock, days_ago: int = 0) -> None:
    day = (clock.now - timedelta(days=days_ago)).date().isoformat()
    reply = publisher.post(
        "/documents/constitution/versions", data={"adopted_on": day, "adopted_by": "General meeting"}
    )
    assert reply.status_code == 303


def publish(publisher: TestClient, number: int, source: str, change: str = "", pdf: bytes = b"") -> int:
    reply = publisher.post(
        f"/documents/constitution/versions/{number}/publication",
        data={"source": source, "change": change},
        files={"file": ("signed.pdf", pdf)} if pdf else {},
    )
    return reply.status_code


@pytest.fixture
def constitution(publisher: TestClient, clock: FixedClock) -> None:
    publisher.post("/documents/new", data={"kind": "constitution", "title": "Constitution"})
    adopt(publisher, clock, 20)


@pytest.mark.usefixtures("constitution")
def test_a_late_text_is_seen_before_and_after(
    publisher: TestClient, client: TestClient, clock: FixedClock
) -> None:
    page = client.get("/documents").text
    assert "20 of 14 days" in page
    assert publish(publisher, 1, FIRST) == 303
    told = client.get("/api/documents/constitution").json()["versions"][0]
    assert (told["days"], told["target_days"], told["late"]) == (20, 14, True)
    assert told["source"].startswith("# Constitution")
    clock.now += timedelta(days=9)
    assert client.get("/api/documents/constitution").json()["versions"][0]["days"] == 20
    assert "not published yet" not in client.get("/documents").text


@pytest.mark.usefixtures("constitution")
def test_versions_differ_in_public_and_stay(
    publisher: TestClient, client: TestClient, clock: FixedClock, session: Session
) -> None:
    assert publish(publisher, 1, FIRST, pdf=PDF) == 303
    adopt(publisher, clock)
    assert publish(publisher, 2, SECOND) == 422  # what changed?
    assert publish(publisher, 2, SECOND, "A third decides.") == 303
    page = client.get("/documents/constitution/difference").text
    assert "<del>quarter</del> <ins>third</ins>" in page
    assert "third of the members" in client.get("/documents/constitution").text
    assert "quarter of the members" in client.get("/documents/constitution?version=1").text
    file = client.get("/documents/constitution/versions/1/pdf")
    assert file.content == PDF
    assert file.headers["content-disposition"].startswith("attachment")
    assert client.get("/documents/constitution/versions/2/pdf").status_code == 404
    assert publish(publisher, 2, FIRST, "Back again.") == 409
    for change in (
        "UPDATE document_version SET source = 'x' WHERE number = 1",
        "UPDATE document_version SET published_at = NULL",
        "DELETE FROM document_version",
    ):
        with pytest.raises(DBAPIError, match="only ever added"), session.begin_nested():
            session.execute(text(change))


@pytest.mark.usefixtures("constitution")
def test_the_day_of_adoption_cannot_be_moved(session: Session) -> None:
    with pytest.raises(DBAPIError, match="day of adoption"), session.begin_nested():
        session.execute(text("UPDATE document_version SET adopted_on = adopted_on + 19"))


@pytest.mark.usefixtures("constitution")
def test_what_is_no_pdf_is_refused_and_the_text_stays(publisher: TestClient) -> None:
    reply = publisher.post(
        "/documents/constitution/versions/1/publication",
        data={"source": FIRST, "change": ""},
        files={"file": ("signed.pdf", b"<html><script>1</script></html>")},
    )
    assert reply.status_code == 422
    assert "This is not a PDF" in reply.text
    assert "Each member has one vote." in reply.text


@pytest.mark.usefixtures("constitution")
def test_the_feed_is_atom(publisher: TestClient, client: TestClient) -> None:
    publish(publisher, 1, FIRST)
    reply = client.get("/documents/feed.xml")
    assert reply.headers["content-type"] == "application/atom+xml"
    feed = ET.fromstring(reply.text)
    (entry,) = feed.findall("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == "Constitution, version 1"
    assert feed.findtext("a:updated", namespaces=ATOM) == entry.findtext("a:updated", namespaces=ATOM)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://elsewhere.example/pixel.png)",
        "<img src=x onerror=alert(1)>",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '[x](https://example.org "\\" onmouseover=alert(1) x=\\"")',
    ],
)
def test_a_text_is_never_active(source: str) -> None:
    html = rendered(source)
    for active in ("<script", "<img", 'href="javascript:', 'href="data:', '" onmouseover'):
        assert active not in html.lower()


def test_headings_begin_under_the_pages_own() -> None:
    assert rendered("# One\n\n###### Six") == "<h2>One</h2>\n<h6>Six</h6>\n"
    assert rendered("## One\n\n    code") == '<h2>One</h2>\n<pre tabindex="0"><code>code\n</code></pre>\n'


def test_a_buyer_publishes_nothing(make: Making, as_person: Callable[[UUID], TestClient]) -> None:
    assert as_person(make.member(Kind.BUYER)).get("/documents/new").status_code == 403


@pytest.mark.parametrize("guide", Guide)
def test_who_connects_a_system_reads_its_guide(guide: Guide, client: TestClient) -> None:
    page = client.get(f"/guides/{guide}")
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    for link in re.findall(r'href="([^"#:/]+)"', page.text):
        assert client.get(f"/guides/{link}").status_code == 200, link
    assert client.get("/guides/carrier-quotes.schema.json").json()["title"]
    assert client.get("/guides/readme").status_code == 404


def test_a_hub_finds_what_its_carrier_has_to_do(
    make: Making, as_person: Callable[[UUID], TestClient]
) -> None:
    assert 'href="/guides/carrier-quotes"' in as_person(make.member(Kind.HUB)).get("/carriers").text


def test_the_api_publishes_too(publisher: TestClient, clock: FixedClock) -> None:
    made = publisher.post("/api/documents", json={"kind": "minutes", "title": "Minutes, März"})
    assert made.json()["slug"] == "minutes-marz"
    day = clock.now.date().isoformat()
    publisher.post("/api/documents/minutes-marz/versions", json={"adopted_on": day, "adopted_by": "Board"})
    publisher.put("/api/documents/minutes-marz/versions/1/pdf", files={"file": ("a.pdf", PDF)})
    told = publisher.post(
        "/api/documents/minutes-marz/versions/1/publication", json={"source": "All were there."}
    ).json()
    assert told["versions"][0]["source"] == "All were there.\n"
    assert told["versions"][0]["pdf_sha256"]
