"""Files that are made to harm: kept under a plain name, given back as an attachment, never as a page."""

import re
from urllib.parse import unquote

import pytest
from sqlalchemy import func, select

from app.audits.models import Case, Evidence
from app.files import CHUNK
from app.middleware import BODY
from app.organisations.models import Membership
from app.permissions import SCOPES
from certification import State
from tests.app.conftest import World

NAMES = [
    "../../../etc/passwd",
    "..\\..\\windows\\system32\\drivers",
    "/etc/passwd",
    "a\0b.pdf",
    "x" * 3000 + ".pdf",
    "report\u202efdp.exe",
    'a"; filename="b.html',
    "a\r\nSet-Cookie: fairhaul_session=x",
    "....",
    "CON",
    "\U0001f30d.pdf",
]
PDF_THAT_IS_A_PAGE = b"%PDF-1.7\n<html><script>alert(1)</script></html>\n%%EOF"
BODY_IN_PARTS = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nbytes\r\n--x--\r\n'
PAGE = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
ZIP_THAT_IS_A_PAGE = b"PK\x05\x06" + b"\0" * 18 + PAGE


@pytest.fixture
def producer(world: World) -> dict[str, str]:
    """A producer whose case takes files."""
    case = world.session.scalars(select(Case).filter_by(state=State.PROVISIONAL)).first()
    assert case is not None
    found = select(Membership.person_id).filter_by(organisation_id=case.organisation_id)
    return world.token(world.session.scalars(found).one(), *SCOPES)


def upload(world: World, producer: dict[str, str], name: str, held: bytes) -> tuple[int, dict[str, str]]:
    reply = world.visitor.post(
        "/api/certification/evidence", headers=producer, files={"file": (name, held, "text/html")}
    )
    return reply.status_code, reply.json()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(world: World, producer: dict[str, str], name: str) -> None:
    status, kept = upload(world, producer, name, f"what {name!r} holds".encode())
    assert status == 201
    shown = kept["name"]
    assert shown.isprintable()
    assert 0 < len(shown) <= 120
    assert not re.search(r"[/\\]", shown)
    assert not shown.startswith(".")
    served = world.visitor.get(f"/api/evidence/{kept['id']}/file", headers=producer)
    disposition = served.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''")
    assert unquote(disposition.partition("''")[2]) == shown
    assert "set-cookie" not in served.headers


def test_a_name_without_end_is_refused_in_words(world: World, producer: dict[str, str]) -> None:
    status, problem = upload(world, producer, "x" * 10_000, b"text")
    assert status == 422
    assert "name is too long" in str(problem["errors"])


@pytest.mark.parametrize("held", [PDF_THAT_IS_A_PAGE, PAGE, SVG, ZIP_THAT_IS_A_PAGE])
def test_what_is_two_things_is_served_as_neither(world: World, producer: dict[str, str], held: bytes) -> None:
    _, kept = upload(world, producer, "harmless.png", held)
    served = world.visitor.get(f"/api/evidence/{kept['id']}/file", headers=producer)
    assert served.content == held
    assert served.headers["content-disposition"].startswith("attachment")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    assert not re.match(r"text/html|image/svg|.*(xml|script)", served.headers["content-type"])


def test_a_byte_beyond_the_limit_is_refused_and_the_last_one_is_not(
    world: World, producer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 2 * CHUNK
    monkeypatch.setattr(world.app.state.settings, "evidence_limit_bytes", limit)
    status, problem = upload(world, producer, "large", b"x" * (limit + 1))
    assert (status, problem["type"]) == (422, "/problems/faulty-input")
    assert "larger than 2 MB" in str(problem["errors"])
    assert upload(world, producer, "large", b"x" * (limit + BODY + 1))[0] == 413
    assert upload(world, producer, "large", b"x" * limit)[0] == 201


def test_the_same_bytes_are_kept_once(world: World, producer: dict[str, str]) -> None:
    (_, first), (status, again) = (upload(world, producer, name, b"the same") for name in ("a", "b"))
    assert status == 201
    assert (again["id"], again["name"]) == (first["id"], "a")
    assert world.session.scalar(select(func.count()).where(Evidence.sha256 == first["sha256"])) == 1


def test_an_upload_can_be_repeated(world: World, producer: dict[str, str]) -> None:
    """A key on a multipart request: its body is read twice, once for the hash."""
    replies = [
        world.visitor.post(
            "/api/certification/evidence",
            headers=producer | {"idempotency-key": "one", "content-type": "multipart/form-data; boundary=x"},
            content=BODY_IN_PARTS,
        )
        for _ in range(2)
    ]
    assert [each.status_code for each in replies] == [201, 201]
    assert replies[0].json() == replies[1].json()
