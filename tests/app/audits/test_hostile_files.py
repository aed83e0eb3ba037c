"""Each file that is made to harm is refused in words, or kept and served so that nothing runs it."""

import re
from collections.abc import Callable
from urllib.parse import unquote
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import files, screening
from app.audits.demo import Stage, bring_to
from app.audits.models import Evidence
from app.files import Store
from tests.app.audits.conftest import Cast
from tests.app.audits.hostile_files import INERT, REFUSED, ZEROS, document, picture, workbook, zipped
from tests.conftest import FixedClock

UPLOAD = "/api/certification/evidence"


@pytest.fixture
def producer(
    session: Session, store: Store, cast: Cast, clock: FixedClock, as_person: Callable[[UUID], TestClient]
) -> TestClient:
    bring_to(session, store, cast.organisation, Stage.ASSESSING, people=cast.people, start=clock.now)
    session.commit()
    return as_person(cast.people.producer.person_id)


def test_there_are_at_least_forty() -> None:
    assert len({held for _, _, held in REFUSED + INERT}) >= 70


def test_what_harms_is_refused_in_words_and_leaves_nothing(producer: TestClient, session: Session) -> None:
    before, wrong = session.scalar(select(func.count()).select_from(Evidence)), []
    for what, name, held in REFUSED:
        reply = producer.post(UPLOAD, files={"file": (name, held, "image/png")})
        told = [each["detail"] for each in reply.json().get("errors", [])]
        if reply.status_code != 422 or not (told and all(each.endswith(".") for each in told)):
            wrong.append(f"{what}: {reply.status_code} {reply.text[:200]}")
    assert not wrong, "\n".join(wrong)
    assert session.scalar(select(func.count()).select_from(Evidence)) == before


def test_what_is_kept_is_served_so_that_nothing_runs_it(producer: TestClient) -> None:
    wrong = []
    for what, name, held in INERT:
        reply = producer.post(UPLOAD, files={"file": (name, held, "text/html")})
        if reply.status_code != 201:
            wrong.append(f"{what}: {reply.status_code} {reply.text[:200]}")
            continue
        kept = reply.json()
        for address in (f"/evidence/{kept['id']}", f"/api/evidence/{kept['id']}/file"):
            served = producer.get(address)
            headers = served.headers
            disposition, _, shown = headers["content-disposition"].partition("; filename*=UTF-8''")
            safe = (
                served.content == held
                and disposition == "attachment"
                and unquote(shown) == kept["name"]
                and headers["x-content-type-options"] == "nosniff"
                and headers["content-security-policy"]
                == "default-src 'none'; sandbox; frame-ancestors 'none'"
                and headers["cross-origin-resource-policy"] == "same-origin"
                and headers["content-type"]
                in {"application/octet-stream", "application/pdf", "image/png", "image/jpeg"}
            )
            if not safe:
                wrong.append(f"{what}: {dict(headers)}")
        named = kept["name"]
        if not named.isprintable() or re.search(r'[/\\<>:"|?*]', named) or not 0 < len(named) <= 121:
            wrong.append(f"{what} is called {named!r}")
        if re.match(r"(?i)(con|lpt1)(\.|$)", named) or named.startswith("."):
            wrong.append(f"{what} is called {named!r}")
    assert not wrong, "\n".join(wrong)


def test_readers_are_told_of_scripts(producer: TestClient) -> None:
    held = next(held for what, _, held in INERT if what == "PDF with a script")
    assert producer.post(UPLOAD, files={"file": ("a.pdf", held)}).json()["notes"] == ["script"]
    assert "Contains a script" in producer.get("/certification/evidence").text


@pytest.mark.parametrize(
    ("held", "media_type"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG", 3000, 2000), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (picture("GIF"), "image/gif"),
        (zipped({"folder/": b"", "folder/a.txt": b"text" * 500}), "application/zip"),
        (workbook(), screening.SHEET),
        (document(b"<w:document/>"), screening.TEXT_DOCUMENT),
        (b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF", "application/pdf"),
        (zipped({"empty.csv": ZEROS[: screening.SMALL // 2]}), "application/zip"),
        ("Minutes of the meeting, ngày 3".encode(), "text/plain"),
    ],
)
def test_the_control_what_is_good_is_kept(producer: TestClient, held: bytes, media_type: str) -> None:
    reply = producer.post(UPLOAD, files={"file": ("file", held, "text/html")})
    assert reply.status_code == 201, reply.text
    assert reply.json()["media_type"] == media_type


def test_ten_thousand_names_are_safe_and_mostly_themselves() -> None:
    marks = [
        "/",
        "\\",
        "\0",
        "\n",
        "\u202e",
        "..",
        "a",
        "Z",
        "\U0001f30d",
        "é",
        " ",
        ".",
        "<",
        ":",
        "CON",
        "x" * 60,
    ]
    names = {
        "".join(marks[(number // len(marks) ** place) % len(marks)] for place in range(4))
        for number in range(10_000)
    }
    for name in names:
        safe = files.safe_name(name)
        assert safe
        assert safe.isprintable()
        assert len(safe) <= 121
        assert not set('/\\<>:"|?*') & set(safe)
        assert not safe.startswith(".")
        assert files.safe_name(safe) == safe
    assert files.safe_name("Minutes 2026-03 (été).pdf") == "Minutes 2026-03 (été).pdf"
