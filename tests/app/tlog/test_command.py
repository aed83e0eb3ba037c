"""`fairhaul log`, as a shell sees it."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app.cli import cli
from app.commands import transparency
from app.settings import Settings
from app.tlog import keys, service
from governance.log.checkpoints import cosign
from governance.log.notes import COSIGNATURE, Note, Signer
from tests.app.tlog.test_signing import ABOUT, CHANGES, fill, tampered
from tests.conftest import NOON

RUN = CliRunner()
PROGRAM = "from app.cli import main; main()"
WITNESS = Signer.from_seed("witness.example/one", bytes(32), COSIGNATURE)


@pytest.fixture
def proof(session: Session, config: Settings, tmp_path: Path) -> Path:
    """The file of an entry, cosigned."""
    made = fill(session, config)
    form = service.bundle(session, config, service.find(session, made.size - 1))
    text = Note.read(made.note).text
    form["proof"] += str(cosign(text, WITNESS, 1_767_000_000))
    form["witness_keys"] = [str(WITNESS.verifier)]
    file = tmp_path / "entry.json"
    file.write_text(json.dumps(form))
    return file


def test_a_proof_is_checked_without_a_database(
    session: Session, config: Settings, proof: Path, tmp_path: Path
) -> None:
    """In a process of its own that has no database to ask."""
    key = str(keys.signer(session, config).verifier)
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "log", "verify", str(proof), "--key", key, "--json"],
        env=env | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "DATA": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["holds"]
    assert told["statement"]["number"] == 7
    assert told["witnesses"] == {WITNESS.name: "2025-12-29T09:20:00+00:00"}
    assert not (tmp_path / "none").exists()


def test_what_the_exit_code_says(session: Session, config: Settings, proof: Path, tmp_path: Path) -> None:
    key = str(keys.signer(session, config).verifier)
    other = str(Signer.from_seed(keys.signer(session, config).name, bytes(32)).verifier)
    stranger = str(Signer.from_seed("witness.example/two", bytes(range(32)), COSIGNATURE).verifier)
    changed = tmp_path / "changed.json"
    changed.write_text(proof.read_text().replace('"number": 7', '"number": 8'))
    nothing = tmp_path / "nothing.json"
    nothing.write_text("{}")
    for words, code, said in (
        ([str(proof), "--key", key], 0, "holds: entry"),
        (
            [str(proof), "--key", key, "--witness", str(WITNESS.verifier)],
            0,
            "cosigned by witness.example/one",
        ),
        ([str(proof)], 6, "The key was the file's own"),
        ([str(proof), "--key", other], 1, "is not signed by"),
        (
            [str(proof), "--key", key, "--witness", stranger],
            1,
            "not signed by the witness witness.example/two",
        ),
        ([str(proof), "--key", "nonsense"], 2, "unreadable"),
        ([str(changed), "--key", key], 1, "not the one that was entered"),
        ([str(nothing), "--key", key], 2, "unreadable"),
        ([str(tmp_path / "none.json"), "--key", key], 2, "cannot be read"),
    ):
        done = RUN.invoke(cli, ["log", "verify", *words])
        assert (done.exit_code, said in done.output) == (code, True), done.output
    told = RUN.invoke(cli, ["log", "verify", str(changed), "--key", key, "--json"])
    assert json.loads(told.output) == {
        "holds": False,
        "fault": "the statement is not the one that was entered",
    }


def test_fairhaul_verify_reads_it_too(session: Session, config: Settings, proof: Path) -> None:
    key = str(keys.signer(session, config).verifier)
    done = RUN.invoke(cli, ["verify", str(proof), "--log-key", key])
    assert (done.exit_code, "holds: entry" in done.output) == (0, True), done.output


@pytest.fixture
def here(session: Session, config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work on the test's own transaction."""
    monkeypatch.setattr(transparency, "_session", lambda: nullcontext((session, config)))


@pytest.mark.usefixtures("here")
def test_check_sign_erase_and_the_key(session: Session, config: Settings) -> None:
    assert "0 entries, as they were signed" in RUN.invoke(cli, ["log", "check"]).output
    fill(session, config)
    service.append(session, "test.done", ABOUT, {"number": 99}, now=NOON)
    signed = RUN.invoke(cli, ["log", "sign"])
    head = service.head(session)
    assert head is not None
    assert signed.output == head.note
    assert RUN.invoke(cli, ["log", "key"]).output.strip() == str(keys.signer(session, config).verifier)
    row = service.entries_about(session, ABOUT)[0]
    assert RUN.invoke(cli, ["log", "erase", str(row.index), "--reason", " "]).exit_code == 1
    assert RUN.invoke(cli, ["log", "erase", str(row.index), "--reason", "asked for"]).exit_code == 0
    assert RUN.invoke(cli, ["log", "check"]).exit_code == 0
    other = service.entries_about(session, ABOUT)[1]
    tampered(session, CHANGES["salt"][0], id=other.id)
    found = RUN.invoke(cli, ["log", "check", "--json"])
    assert found.exit_code == 1
    assert json.loads(found.output)["faults"] == [
        f"entry {other.index}: its statement or salt is not what was entered"
    ]
    assert f"entry {other.index}: " in RUN.invoke(cli, ["log", "check"]).output
    assert RUN.invoke(cli, ["log", "sign"]).exit_code == 1
