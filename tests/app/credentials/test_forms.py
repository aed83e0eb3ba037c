"""The forms in which a certificate is had: which one is asked for, what it says, how it is kept by caches."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import text

import credentials as engine
from app.audits import registry
from app.commands.credentials import CODES
from app.credentials import keys, negotiation, papers, service
from app.papers import compile_paper, letters_without_font
from app.settings import Settings
from credentials import Outcome
from tests.app.credentials.conftest import Certified
from tests.conftest import NOON

OFFERS = (
    "text/html",
    "application/vc",
    "application/vc+jwt",
    "application/ld+json",
    "application/json",
    "application/pdf",
)


NAMES = [
    ("Hợp tác xã Đan lát", "NotoSerif"),
    ("Ελληνικά и русский", "NotoSerif"),
    ("تعاونية النساجين", "Arabic"),
    ("तांबा बुनकर", "NotoSans"),
    ("তাঁতি সমবায়", "Bengali"),
    ("சேலம் நெசவு", "Tamil"),
    ("చేనేత సంఘం", "Telugu"),
    ("ಕೈಮಗ್ಗ", "Kannada"),
    ("നെയ്ത്ത്", "Malayalam"),
    ("ગુજરાત", "Gujarati"),
    ("ਪੰਜਾਬ", "Gurmukhi"),
    ("ରଘୁରାଜପୁର", "Oriya"),
    ("අත්කම්", "Sinhala"),
    ("สหกรณ์ทอผ้า", "Thai"),
    ("ຫັດຖະກຳ", "Lao"),
    ("ត្បាញ", "Khmer"),
    ("ယက်ကန်း", "Myanmar"),
    ("የሸማኔዎች", "Ethiopic"),
    ("ქართული", "Georgian"),
    ("Հայկական", "Armenian"),
    ("אורגים", "Hebrew"),
    ("织工合作社", "CJK"),
    ("手織り", "CJK"),
    ("공정무역", "CJK"),
]
"""Names in the letters of makers' countries, and the font in which each is set."""


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/vc", "application/vc"),
        ("APPLICATION/VC+JWT", "application/vc+jwt"),
        ("application/*", "application/vc"),
        ("application/*, application/vc;q=0.1", "application/vc+jwt"),
        ("application/pdf;q=0.4, application/vc;q=0.5", "application/vc"),
        ("application/pdf, application/vc", "application/vc"),
        ("application/json", "application/json"),
        ('application/ld+json;profile="x"', "application/ld+json"),
        ("*/*;q=0.1, text/html;q=0", "application/vc"),
        ("text/html;q=0", None),
        ("image/png", None),
        ("nonsense", "text/html"),
        ("text/html;q=nan, application/pdf;q=0.1", "application/pdf"),
        ("text/html;q=9, application/pdf", "text/html"),
    ],
)
def test_which_form_is_asked_for(header: str | None, chosen: str | None) -> None:
    assert negotiation.best(header, OFFERS) == chosen


@given(st.text(alphabet="aptex/html*vc+;q=.,01 \t", max_size=40))
def test_no_header_breaks_it(header: str) -> None:
    assert negotiation.best(header, OFFERS) in {*OFFERS, None}


@pytest.mark.parametrize(
    ("wanted", "ending", "begins"),
    [
        ("application/vc", "json", b'{\n  "@context"'),
        ("application/ld+json", "json", b'{\n  "@context"'),
        ("application/vc+jwt", "jwt", b"eyJ"),
        ("application/pdf", "pdf", b"%PDF-"),
    ],
)
def test_one_address_many_forms(
    certified: Certified, client: TestClient, wanted: str, ending: str, begins: bytes
) -> None:
    address = f"/registry/{certified.number}"
    reply = client.get(address, headers={"accept": wanted})
    assert reply.status_code == 200
    assert reply.headers["content-type"] == wanted
    assert reply.content.startswith(begins)
    assert "Accept" in reply.headers["vary"].split(", ")
    assert reply.headers["content-location"] == f"{address}/certificate.{ending}"
    alone = client.get(f"{address}/certificate.{ending}")
    assert alone.content == reply.content
    assert "content-location" not in alone.headers
    assert alone.headers["access-control-allow-origin"] == "*"
    assert "max-age=300" in alone.headers["cache-control"]
    again = client.get(f"{address}/certificate.{ending}", headers={"if-none-match": alone.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_the_page_and_what_is_not_had(certified: Certified, client: TestClient) -> None:
    address = f"/registry/{certified.number}"
    page = client.get(address, headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"].split(", ")
    assert client.get(address, headers={"accept": "image/png"}).status_code == 406
    for ending in ("json", "jwt", "pdf"):
        assert client.get(f"/registry/FH-2026-000999-0/certificate.{ending}").status_code == 404
        assert client.get(f"/registry/nothing/certificate.{ending}").status_code == 404


def test_the_page_is_small_and_leads_to_every_form(certified: Certified, client: TestClient) -> None:
    page = client.get(f"/registry/{certified.number}")
    assert len(page.content) < 30_000
    for link in ("certificate.pdf", "certificate.json", "certificate.jwt"):
        assert f'href="/registry/{certified.number}/{link}"' in page.text
    assert "/.well-known/did.json" in page.text
    assert 'class="qr"' in page.text
    assert "style=" not in page.text
    assert "Fire drills twice a year" in page.text
    certified.session.execute(text("UPDATE certificate SET status = 'suspended'"))
    certified.session.commit()
    assert "not in force" in client.get(f"/registry/{certified.number}").text


def test_everything_a_checker_needs_is_public(certified: Certified, client: TestClient) -> None:
    """From the addresses in the file alone: the DID document, then the lists, then the check."""
    file = client.get(f"/registry/{certified.number}/certificate.jwt").content
    document = client.get("/.well-known/did.json")
    assert document.headers["content-type"] == "application/did+json"
    as_json = client.get(f"/registry/{certified.number}/certificate.json").json()
    lists = []
    for entry in as_json["credentialStatus"]:
        address = entry["statusListCredential"].removeprefix("http://127.0.0.1:8000")
        for form in ("application/vc", "application/vc+jwt"):
            reply = client.get(address, headers={"accept": form})
            assert reply.headers["content-type"] == form
            assert "max-age" in reply.headers["cache-control"]
            lists.append(reply.content)
    for status in (lists[0::2], lists[1::2]):
        found = engine.verify(
            file, at=certified.clock.now, did_documents=[document.json()], status_lists=status
        )
        assert found.outcome is Outcome.VALID


@pytest.mark.parametrize("purpose", ["suspension", "refresh"])
def test_a_list_that_is_not_there(client: TestClient, purpose: str) -> None:
    address = f"/credentials/status/00000000-0000-7000-8000-000000000000/{purpose}"
    assert client.get(address).status_code == 404


class TestPaper:
    def test_the_same_bytes_each_time_and_the_certificate_inside(
        self, certified: Certified, client: TestClient, config: Settings
    ) -> None:
        address = f"/registry/{certified.number}/certificate.pdf"
        paper = client.get(address).content
        assert client.get(address).content == paper
        reader = PdfReader(BytesIO(paper))
        attached = reader.attachments["certificate.json"][0]
        assert json.loads(attached) == client.get(address.replace("pdf", "json")).json()
        assert engine.attachments(paper) == [attached]
        words = reader.pages[0].extract_text()
        for each in ("Test weavers", certified.number, "5 January 2026", "Workshop", "WFTO"):
            assert each in words
        assert len(reader.pages) == 1
        assert b"pdfaid" in paper  # PDF/A says so of itself
        found = engine.verify(
            paper,
            at=certified.clock.now,
            did_documents=[keys.did_document(certified.session, config)],
        )
        assert found.outcome is Outcome.STATUS_UNKNOWN
        assert found.genuine

    def test_a_suspended_one_says_so(self, certified: Certified, client: TestClient) -> None:
        certified.session.execute(text("UPDATE certificate SET status = 'suspended'"))
        certified.session.commit()
        paper = client.get(f"/registry/{certified.number}/certificate.pdf").content
        assert "Not in force: suspended" in PdfReader(BytesIO(paper)).pages[0].extract_text()

    def test_a_name_in_its_own_letters(self, certified: Certified, config: Settings) -> None:
        """PDF/A refuses a letter without a glyph, so no box can stand for one."""
        now = certified.clock.now
        issued = service.credential_of(certified.session, config, certified.row, now=now)
        found = registry.holder(certified.session, certified.number, now=now)
        for name, font in NAMES:
            found.organisation.name = name
            page = PdfReader(BytesIO(papers.certificate_paper(config, found, issued))).pages[0]
            used: Any = page["/Resources"]
            fonts = [each.get_object()["/BaseFont"] for each in used["/Font"].values()]
            assert any(font in each for each in fonts), (name, fonts)
            said = page.extract_text()
            assert "[U+" not in said
            assert "\ufffd" not in said
            letters = {letter for letter in name if letter.isalpha()}
            assert len(letters & set(said)) > len(letters) / 3, (name, said)

    def test_a_letter_that_no_font_has_is_named_by_its_number(
        self, certified: Certified, client: TestClient
    ) -> None:
        certified.cast.organisation.name = "ⵜⴰ Weavers"
        certified.session.commit()
        reply = client.get(f"/registry/{certified.number}/certificate.pdf")
        words = PdfReader(BytesIO(reply.content)).pages[0].extract_text()
        assert "[U+2D5C][U+2D30] Weavers" in words
        assert "have no font here" in words

    def test_words_are_words_whatever_they_hold(self, certified: Certified, client: TestClient) -> None:
        """Nothing typed is run by the typesetter."""
        name = '#panic("x") $1/0$ *bold* \\ "]] @ref <label> #{while true {}}'
        certified.cast.organisation.name = name
        certified.session.commit()
        paper = client.get(f"/registry/{certified.number}/certificate.pdf")
        assert paper.status_code == 200
        assert "#panic" in PdfReader(BytesIO(paper.content)).pages[0].extract_text()

    def test_a_refusal_of_another_kind_is_raised(self) -> None:
        with pytest.raises(RuntimeError):
            compile_paper("certificate", {}, at=NOON)
        assert letters_without_font("file not found") == []
        assert letters_without_font('the text `"\\u{e000}"` could not be displayed') == ["\ue000"]


class TestCheckPage:
    def test_a_file(self, certified: Certified, client: TestClient) -> None:
        for ending in ("json", "jwt", "pdf"):
            file = client.get(f"/registry/{certified.number}/certificate.{ending}").content
            page = client.post("/verify", files={"file": (f"c.{ending}", file)})
            assert page.status_code == 200
            assert "Genuine, and it holds" in page.text
            assert f'href="/registry/{certified.number}"' in page.text
            told = client.post("/api/verify", files={"file": (f"c.{ending}", file)}).json()
            assert (told["outcome"], told["certificate"]) == ("valid", certified.number)
            changed = file.replace(b"Workshop", b"Workshup") if ending == "json" else file[:-9] + b"A" * 9
            again = client.post("/verify", files={"file": ("c", changed)}).text
            assert "Genuine" not in again or ending == "pdf"

    def test_a_number(self, certified: Certified, client: TestClient) -> None:
        reply = client.post("/verify", data={"number": f" {certified.number.lower()} "})
        assert (reply.status_code, reply.headers["location"]) == (303, f"/registry/{certified.number}")
        for wrong in ("FH-2026-000123-9", "", "x"):
            reply = client.post("/verify", data={"number": wrong})
            assert reply.status_code == 422
            assert f'value="{wrong}"' in reply.text or not wrong

    def test_what_is_no_certificate(self, client: TestClient) -> None:
        assert client.get("/verify").status_code == 200
        page = client.post("/verify", files={"file": ("scan.jpg", b"\xff\xd8\xff\xe0 a scan")})
        assert "Not a signed certificate" in page.text

    def test_it_is_small(self, client: TestClient) -> None:
        assert len(client.get("/verify").content) < 30_000


def test_every_outcome_has_words_and_a_code() -> None:
    template = (Path(__file__).parents[3] / "app/templates/credentials/verify.html").read_text()
    for outcome in Outcome:
        assert outcome in CODES
        assert f'"{outcome}": (' in template
        assert engine.SENTENCES[outcome]
