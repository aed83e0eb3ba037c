"""Entries get their places without a gap, and nothing is signed over what was changed."""

import json
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.mail import Mail
from app.organisations.models import Kind
from app.settings import Settings
from app.tlog import checking, jobs, keys, service, signing, standards
from app.tlog.models import LogCheck, LogCheckpoint, LogEntry
from governance.log import bundles
from governance.log.checkpoints import opened
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

STANDARDS = len(standards.published())
ABOUT = service.Subject("test", uuid4())


def fill(session: Session, config: Settings, count: int = 8) -> LogCheckpoint:
    """A signed log; `count` entries more, behind the standards."""
    signing.sign_head(session, config, now=NOON)
    for number in range(count):
        service.append(session, "test.done", ABOUT, {"number": number}, now=NOON)
    made = signing.sign_head(session, config, now=NOON)
    assert made is not None
    return made


def faults(session: Session, config: Settings) -> list[str]:
    return checking.examine(session, keys.signer(session, config).verifier).faults


def tampered(session: Session, statement: str, **values: object) -> None:
    """What somebody with the database in their hands could do: the triggers do not stop them."""
    for change in ("DISABLE", "ENABLE"):
        for table in ("log_entry", "log_statement", "log_tile"):
            session.execute(text(f"ALTER TABLE {table} {change} TRIGGER USER"))
        if change == "DISABLE":
            session.execute(text(statement), values)
    session.expire_all()


def test_what_was_entered_is_signed_and_proven(session: Session, config: Settings) -> None:
    made = fill(session, config)
    assert made.size == STANDARDS + 8
    assert [row.index for row in service.entries_about(session, ABOUT)] == list(range(STANDARDS, made.size))
    key = keys.signer(session, config).verifier
    assert opened(made.note, key)[0].root == made.root
    for index in range(made.size):
        found = service.find(session, index)
        document = json.dumps(service.bundle(session, config, found)).encode()
        assert bundles.prove(document, key).index == index
    last = json.dumps(service.bundle(session, config, service.find(session, made.size - 1))).encode()
    said = bundles.prove(last, key).statement
    assert said == {"kind": "test.done", "at": NOON.isoformat(), "number": 7}
    assert faults(session, config) == []
    with pytest.raises(Missing):
        service.find(session, made.size)


def test_a_head_grows_over_several_tiles(session: Session, config: Settings) -> None:
    first, second, third = (fill(session, config, count) for count in (3, 270, 300))
    assert faults(session, config) == []
    assert [first.size, second.size, third.size] == [STANDARDS + each for each in (3, 273, 573)]
    assert signing.sign_head(session, config, now=NOON) == third
    assert len(session.scalars(select(LogCheckpoint)).all()) == 4


def test_a_standard_that_is_not_the_one_entered_is_entered_as_changed(
    session: Session, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(session, config, 0)
    signing.sign_head(session, config, now=NOON)
    standard, name, _ = standards.published()[0]
    about = standards.subject_of(standard.key)
    assert [row.kind for row in service.entries_about(session, about)] == [standards.PUBLISHED]
    monkeypatch.setattr(standards, "published", lambda: ((standard, name, "0" * 64),))
    signing.sign_head(session, config, now=NOON)
    signing.sign_head(session, config, now=NOON)
    assert [row.kind for row in service.entries_about(session, about)] == [
        standards.PUBLISHED,
        standards.CHANGED,
    ]


CHANGES = {
    "statement": (
        "UPDATE log_statement SET statement = overlay(statement placing 'X' from 3) WHERE entry_id = :id",
        "entry {n}: its statement or salt",
    ),
    "salt": (
        "UPDATE log_statement SET salt = set_bit(salt, 9, 1 - get_bit(salt, 9)) WHERE entry_id = :id",
        "entry {n}: its statement or salt",
    ),
    "entry": (
        "UPDATE log_entry SET entry = set_bit(entry, 200, 1 - get_bit(entry, 200)) WHERE id = :id",
        "entry {n}: ",
    ),
    "leaf": (
        "UPDATE log_entry SET leaf = set_bit(leaf, 0, 1 - get_bit(leaf, 0)) WHERE id = :id",
        "entry {n}: its leaf hash",
    ),
    "tile": (
        "UPDATE log_tile SET hashes = set_bit(hashes, :n * 256, 1 - get_bit(hashes, :n * 256))",
        "entry {n}: the hash in tile 0/0",
    ),
    "removed statement": (
        "DELETE FROM log_statement WHERE entry_id = :id",
        "entry {n}: its statement is gone",
    ),
    "removed entry": (
        "WITH gone AS (DELETE FROM log_statement WHERE entry_id = :id) DELETE FROM log_entry WHERE id = :id",
        "entry {n} is missing",
    ),
    "order": ("", "entry {n}: "),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_named_and_nothing_is_signed_over_it(
    session: Session, config: Settings, make: Making, change: str
) -> None:
    make.person(make.organisation(Kind.PLATFORM), email="operator@example.org")
    before = fill(session, config)
    n = STANDARDS + Random(change).randrange(7)
    entry = session.scalars(select(LogEntry).filter_by(index=n)).one()
    statement, fault = CHANGES[change]
    if change == "order":
        tampered(session, "UPDATE log_entry SET index = 100 WHERE index = :n", n=n)
        tampered(session, "UPDATE log_entry SET index = :n WHERE index = :n + 1", n=n)
        tampered(session, "UPDATE log_entry SET index = :n + 1 WHERE index = 100", n=n)
    else:
        tampered(session, statement, **({"n": n} if ":n" in statement else {"id": entry.id}))
    service.append(session, "test.done", ABOUT, {"number": 99}, now=NOON)
    assert signing.sign_head(session, config, now=NOON) is None
    assert service.head(session) == before
    assert signing.waiting(session), "what was entered meanwhile is not lost"
    check = checking.latest(session)
    assert check is not None
    assert any(each.startswith(fault.format(n=n)) for each in check.faults), check.faults
    signing.sign_head(session, config, now=NOON)
    sent = session.scalars(select(Mail).filter_by(to="operator@example.org")).all()
    assert len(sent) == 1, "the same alarm is mailed once"
    assert f"entry {n}" in sent[0].body


def test_an_entry_that_was_changed_while_it_waits_is_not_signed(session: Session, config: Settings) -> None:
    fill(session, config)
    row = service.append(session, "test.done", ABOUT, {"number": 99}, now=NOON)
    tampered(session, CHANGES["statement"][0], id=row.id)
    assert signing.sign_head(session, config, now=NOON) is None


def test_the_control_without_a_check_signs_over_it(
    session: Session, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same change, with the check taken out, is signed over: so it is the check that refuses."""
    before = fill(session, config)
    row = service.append(session, "test.done", ABOUT, {"number": 99}, now=NOON)
    tampered(session, CHANGES["statement"][0], id=row.id)
    real = checking.examine

    def blind(*arguments: object) -> object:
        report = real(*arguments)  # type: ignore[arg-type]
        report.faults.clear()
        return report

    monkeypatch.setattr(checking, "examine", blind)
    made = signing.sign_head(session, config, now=NOON)
    assert made is not None
    assert made.size == before.size + 1


def test_the_database_itself_refuses_to_change_an_entry(session: Session, config: Settings) -> None:
    fill(session, config)
    for statement in (
        "UPDATE log_entry SET kind = 'x'",
        "UPDATE log_entry SET index = index + 100",
        "DELETE FROM log_entry",
        "TRUNCATE log_entry CASCADE",
        "UPDATE log_statement SET salt = ''",
        "DELETE FROM log_statement",
        "UPDATE log_tile SET hashes = ''",
        "DELETE FROM log_tile",
        "UPDATE log_checkpoint SET note = ''",
        "DELETE FROM log_checkpoint",
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(statement))


def test_erasing_leaves_the_log_valid(session: Session, config: Settings) -> None:
    """What was said is gone from the database, every proof of a hash still holds, and the log says so."""
    person = service.Subject("person", uuid4())
    service.append(session, "test.done", person, {"name": "Somebody Unheard-Of"}, now=NOON)
    before = fill(session, config)
    row = service.entries_about(session, person)[0]
    assert row.index is not None
    old = json.dumps(service.bundle(session, config, service.find(session, row.index))).encode()
    assert service.erase_about(session, person, "asked to be forgotten", now=NOON) == 1
    assert service.erase_about(session, person, "asked to be forgotten", now=NOON) == 0
    assert faults(session, config) == []
    after = signing.sign_head(session, config, now=NOON)
    assert after is not None
    assert after.size == before.size + 1
    assert faults(session, config) == []
    key = keys.signer(session, config).verifier
    document = json.dumps(service.bundle(session, config, service.find(session, row.index))).encode()
    assert bundles.prove(document, key).statement is None
    assert b"Unheard-Of" not in document
    assert bundles.prove(old, key).checkpoint.size == before.size, "a proof from before holds too"
    for table in ("log_entry", "log_statement"):
        assert not session.execute(text(f"SELECT 1 FROM {table} t WHERE t::text LIKE '%Unheard-Of%'")).first()


def test_what_cannot_be_erased(session: Session, config: Settings) -> None:
    fill(session, config)
    with pytest.raises(Faulty):
        service.erase(session, STANDARDS, " ", now=NOON)
    with pytest.raises(Missing):
        service.erase(session, 1_000, "why", now=NOON)
    service.erase(session, STANDARDS, "why", now=NOON)
    with pytest.raises(Refusal, match="before"):
        service.erase(session, STANDARDS, "why", now=NOON)
    made = signing.sign_head(session, config, now=NOON)
    assert made is not None
    with pytest.raises(Refusal, match="never"):
        service.erase(session, made.size - 1, "why", now=NOON)


def test_a_statement_is_small_json(session: Session) -> None:
    for wrong in ({"a": "x" * 40_000}, {"a": 0.5j}, {"a": float("inf")}):
        with pytest.raises(ValueError, match="statement"):
            service.append(session, "test.done", ABOUT, wrong, now=NOON)
    with pytest.raises(ValueError, match="kind"):
        service.append(session, "Test Done", ABOUT, {}, now=NOON)


@pytest.mark.usefixtures("app")
def test_the_jobs(session: Session, config: Settings, clock: FixedClock) -> None:
    jobs.sign_log(0)
    first = service.head(session)
    assert first is not None
    assert first.size == STANDARDS
    jobs.sign_log(0)
    assert len(session.scalars(select(LogCheck)).all()) == 1, "nothing entered, nothing hashed"
    service.append(session, "test.done", ABOUT, {}, now=clock.now)
    session.commit()
    jobs.sign_log(0)
    jobs.check_log(0)
    session.expire_all()
    checks = session.scalars(select(LogCheck)).all()
    assert [(each.size, each.faults) for each in checks] == [(STANDARDS + each, []) for each in (0, 1, 1)]


def test_a_log_whose_key_was_lost_is_an_alarm(
    session: Session, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(session, config)
    monkeypatch.setattr(keys, "PURPOSE", b"another key")
    assert "is not signed by" in faults(session, config)[0]
