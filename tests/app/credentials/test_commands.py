"""`fairhaul verify` on files alone, and `fairhaul keys`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

import credentials as engine
from app.cli import cli
from app.commands import credentials as commands
from app.settings import DEVELOPMENT_SECRET, Settings
from credentials import Outcome, Purpose
from tests.app.credentials.conftest import Certified
from tests.credentials.samples import (
    AT,
    KEY,
    PLACE,
    as_file,
    certificate,
    did_document,
    status_list,
    token,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What somebody has on a memory stick: the certificate in two forms, the keys and the lists."""
    changed = certificate()
    changed["name"] = "Another"
    files = {
        "c.json": as_file(certificate()),
        "c.jwt": token().encode(),
        "changed.json": as_file(changed),
        "did.json": as_file(did_document()),
        "revoked-key.json": as_file(did_document(engine.KnownKey("key-1", KEY.public, AT))),
        "clear-suspension.json": as_file(status_list(Purpose.SUSPENSION)),
        "clear-revocation.json": as_file(status_list(Purpose.REVOCATION)),
        "suspended.json": as_file(status_list(Purpose.SUSPENSION, PLACE)),
        "revoked.json": as_file(status_list(Purpose.REVOCATION, PLACE)),
        "scan.jpg": b"\xff\xd8 a scan",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def verify(folder: Path, *words: str) -> Result:
    """Words that name a file of the folder stand for it."""
    known = {each.name for each in folder.iterdir()}
    return CliRunner().invoke(
        cli, ["verify", *(str(folder / each) if each in known else each for each in words)]
    )


CLEAR = ("--status", "clear-suspension.json", "--status", "clear-revocation.json")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("c.json", "--did", "did.json", *CLEAR), 0, "valid:"),
        (("c.jwt", "--did", "did.json", *CLEAR), 0, "valid:"),
        (("changed.json", "--did", "did.json", *CLEAR), 1, "altered:"),
        (("scan.jpg", "--did", "did.json"), 2, "unreadable:"),
        (("c.json", "--did", "did.json", "--status", "revoked.json"), 3, "revoked:"),
        (("c.jwt", "--did", "did.json", "--status", "suspended.json"), 4, "suspended:"),
        (("c.json", "--did", "did.json", *CLEAR, "--at", "2029-01-01"), 5, "expired:"),
        (("c.json", "--did", "did.json", *CLEAR, "--at", "2025-01-01"), 5, "not yet valid:"),
        (("c.json",), 6, "unknown key:"),
        (("c.json", "--did", "revoked-key.json"), 6, "revoked key:"),
        (("c.json", "--did", "did.json"), 7, "status unknown:"),
        (("c.json", "--did", "did.json", *CLEAR, "--at", "2026-08-01"), 7, "status unknown:"),
    ],
)
def test_what_is_said_and_with_which_code(folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    if "--at" not in words:
        words = (*words, "--at", "2026-06-02")
    result = verify(folder, *words)
    assert result.exit_code == code, result.output
    assert result.output.startswith(said)


def test_as_json(folder: Path) -> None:
    result = verify(folder, "c.json", "--did", "did.json", *CLEAR, "--at", "2026-06-02", "--json")
    told = json.loads(result.output)
    assert told["outcome"] == "valid"
    assert told["credential"] == certificate()


def test_what_to_do_is_said(folder: Path) -> None:
    assert "--did" in verify(folder, "c.json").output
    unknown = verify(folder, "c.json", "--did", "did.json", "--at", "2026-06-02").output
    assert "/credentials/status/1/revocation" in unknown


def test_files_that_cannot_be_read(folder: Path) -> None:
    assert verify(folder, "nothing.json").exit_code == 2
    assert verify(folder, "c.json", "--did", "scan.jpg").exit_code == 2


def test_every_outcome_has_a_code() -> None:
    assert set(commands.CODES) == {each.value for each in Outcome}


@pytest.fixture
def keys(session: Session, config: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command on the test's database."""

    @contextmanager
    def given() -> Iterator[tuple[Session, Settings]]:
        yield session, config

    monkeypatch.setattr(commands, "_session", given)
    return CliRunner()


def test_keys_come_and_go(keys: CliRunner, certified: Certified) -> None:
    assert "key-1 signs" in keys.invoke(cli, ["keys", "rotate"]).output
    assert "key-2 signs" in keys.invoke(cli, ["keys", "rotate"]).output
    assert keys.invoke(cli, ["keys", "revoke", "key-9", "--reason", "lost"]).exit_code == 1
    revoked = keys.invoke(cli, ["keys", "revoke", "key-2", "--reason", "a laptop was stolen"])
    assert "1 certificates were signed anew" in revoked.output
    listed = json.loads(keys.invoke(cli, ["keys", "list", "--json"]).output)
    assert [(each["key"], each["state"]) for each in listed] == [
        ("key-1", "retired"),
        ("key-2", "revoked"),
        ("key-3", "signs"),
    ]
    assert "a laptop was stolen" in keys.invoke(cli, ["keys", "list"]).output
    assert certified.number


@pytest.mark.parametrize("secret", [None, "short", DEVELOPMENT_SECRET])
def test_production_wants_a_secret_of_its_own(secret: str | None) -> None:
    meant = {
        "environment": "production",
        "database_url": "postgresql://somewhere",
        "bank_account": "IBAN",
        "base_url": "https://fair.example",
    }
    with pytest.raises(ValueError, match="SIGNING_SECRET"):
        Settings(**meant, signing_secret=secret)  # type: ignore[arg-type]
    assert "s" * 32 not in repr(Settings(signing_secret="s" * 32))
