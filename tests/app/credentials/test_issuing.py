"""A certificate is signed once, its status stands in the lists at once, and keys come and go."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import credentials as engine
from app.audits.models import Certificate
from app.credentials import keys, service
from app.credentials.models import IssuedCredential, SigningKey, StatusList
from app.credentials.sealing import open_sealed, seal
from app.db import uuid7
from app.errors import Missing, Refusal
from app.history import Happening
from app.settings import Settings
from credentials import Outcome, Purpose
from credentials.status import bit
from tests.app.credentials.conftest import Certified


def issue(certified: Certified, config: Settings) -> IssuedCredential:
    return service.credential_of(certified.session, config, certified.row, now=certified.clock.now)


def outcome(certified: Certified, config: Settings, issued: IssuedCredential) -> Outcome:
    """What somebody is told who checks both forms."""
    files = (engine.as_json(issued.document).encode(), issued.jwt.encode())
    found = {
        service.check(certified.session, config, file, now=certified.clock.now).outcome for file in files
    }
    assert len(found) == 1
    return found.pop()


def test_it_is_signed_once(certified: Certified, config: Settings) -> None:
    issued = issue(certified, config)
    assert issue(certified, config).id == issued.id
    assert outcome(certified, config, issued) is Outcome.VALID
    assert issued.document["id"] == f"http://127.0.0.1:8000/registry/{certified.number}"
    assert issued.document["issuer"]["id"] == "did:web:127.0.0.1%3A8000"
    named = service.named_in(
        certified.session,
        service.check(certified.session, config, issued.jwt.encode(), now=certified.clock.now),
    )
    assert named is not None
    assert named[0].number == certified.number
    signed = certified.session.scalars(select(Happening).filter_by(action="signed")).one()
    assert signed.facts["place"] == issued.place


def test_what_becomes_of_it_is_listed_in_the_same_transaction(ruled: Certified, config: Settings) -> None:
    issued = issue(ruled, config)
    ruled.session.commit()
    for ruling, expected in (
        ("suspend", Outcome.SUSPENDED),
        ("reinstate", Outcome.VALID),
        ("suspend", Outcome.SUSPENDED),
        ("withdraw", Outcome.REVOKED),
    ):
        ruled.clock.now += timedelta(minutes=1)
        ruled.rule(ruling)
        assert outcome(ruled, config, issued) is expected, ruling


def test_a_ruling_that_is_rolled_back_is_not_listed(certified: Certified, config: Settings) -> None:
    issued = issue(certified, config)
    certified.session.commit()
    row = certified.row
    row.status = "suspended"
    certified.session.flush()
    assert outcome(certified, config, issued) is Outcome.SUSPENDED
    certified.session.rollback()
    assert outcome(certified, config, issued) is Outcome.VALID


def test_direct_sql_is_listed_too(certified: Certified, config: Settings) -> None:
    issued = issue(certified, config)
    certified.session.execute(text("UPDATE certificate SET status = 'withdrawn'"))
    certified.session.expire_all()
    assert outcome(certified, config, issued) is Outcome.REVOKED


@pytest.mark.parametrize(
    ("status", "expected"), [("suspended", Outcome.SUSPENDED), ("withdrawn", Outcome.REVOKED)]
)
def test_one_that_was_ruled_on_before_it_was_signed(
    certified: Certified, config: Settings, status: str, expected: Outcome
) -> None:
    certified.session.execute(text("UPDATE certificate SET status = :status"), {"status": status})
    assert outcome(certified, config, issue(certified, config)) is expected


def test_a_withdrawal_that_is_overturned_gives_a_new_one(certified: Certified, config: Settings) -> None:
    """What was revoked stays revoked in the list, as the Recommendation wants."""
    before = issue(certified, config)
    for status in ("withdrawn", "active"):
        certified.session.execute(text("UPDATE certificate SET status = :status"), {"status": status})
    certified.session.expire_all()
    after = issue(certified, config)
    assert after.id != before.id
    assert outcome(certified, config, before) is Outcome.REVOKED
    assert outcome(certified, config, after) is Outcome.VALID
    with pytest.raises(DBAPIError, match="stays revoked"):
        certified.session.execute(text("UPDATE issued_credential SET revoked = false"))


def test_other_words_are_signed_anew(certified: Certified, config: Settings) -> None:
    before = issue(certified, config)
    certified.cast.organisation.name = "Test weavers and dyers"
    certified.session.commit()
    after = issue(certified, config)
    assert after.document["credentialSubject"]["issuedToParty"]["name"] == "Test weavers and dyers"
    assert outcome(certified, config, before) is Outcome.REVOKED
    moved = config.model_copy(update={"base_url": "https://fair.example"})
    there = service.credential_of(certified.session, moved, certified.row, now=certified.clock.now)
    assert there.document["issuer"]["id"] == "did:web:fair.example"


def test_an_issued_one_is_not_changed(certified: Certified, config: Settings) -> None:
    issue(certified, config)
    for statement in ("UPDATE issued_credential SET jwt = 'x'", "DELETE FROM issued_credential"):
        with (
            pytest.raises(DBAPIError, match="is not changed"),
            certified.session.begin_nested(),
        ):
            certified.session.execute(text(statement))


def session_key(certified: Certified, issued: IssuedCredential) -> str:
    return certified.session.get_one(SigningKey, issued.key_id).name


class TestKeys:
    def test_rotation_keeps_what_was_signed(self, certified: Certified, config: Settings) -> None:
        session, now = certified.session, certified.clock.now
        issued = issue(certified, config)
        old = session.get_one(SigningKey, issued.key_id)
        new = keys.rotate(session, config, now=now)
        assert [each.name for each in keys.all_keys(session)] == ["key-1", "key-2"]
        assert old.sealed is None  # nobody can sign with it any more
        assert issue(certified, config).id == issued.id
        assert outcome(certified, config, issued) is Outcome.VALID
        document = keys.did_document(session, config)
        assert len(document["assertionMethod"]) == 2
        certified.cast.organisation.name = "Renamed"
        session.commit()
        assert issue(certified, config).key_id == new.id

    def test_a_stolen_key_is_revoked(self, certified: Certified, config: Settings) -> None:
        session, now = certified.session, certified.clock.now
        before = issue(certified, config)
        listed = service.all_lists(session, config, now=now)
        keys.revoke(session, config, "key-1", "the backup was lost", now=now)
        assert outcome(certified, config, before) is Outcome.REVOKED_KEY
        assert service.issue_missing(session, config, now=now) == 1
        assert service.issue_missing(session, config, now=now) == 0
        after = issue(certified, config)
        assert outcome(certified, config, after) is Outcome.VALID
        document = keys.did_document(session, config)
        assert document["assertionMethod"] == [f"{document['id']}#key-2"]
        assert document["verificationMethod"][0]["revoked"]
        # lists that the stolen key signed count for nothing, so a thief cannot say that all is well
        found = engine.verify(
            engine.as_json(after.document).encode(),
            at=now,
            did_documents=[document],
            status_lists=listed,
        )
        assert found.outcome is Outcome.STATUS_UNKNOWN

    def test_refusals(self, session: Session, config: Settings, clock: Any) -> None:
        keys.current_key(session, config, now=clock.now)
        with pytest.raises(Missing):
            keys.revoke(session, config, "key-9", "lost", now=clock.now)
        with pytest.raises(Refusal, match="Say why"):
            keys.revoke(session, config, "key-1", "  ", now=clock.now)
        keys.revoke(session, config, "key-1", "lost", now=clock.now)
        with pytest.raises(Refusal, match="was revoked"):
            keys.revoke(session, config, "key-1", "lost", now=clock.now)

    def test_another_secret_opens_nothing(self, certified: Certified, config: Settings) -> None:
        keys.current_key(certified.session, config, now=certified.clock.now)
        other = config.model_copy(update={"signing_secret": Settings(signing_secret="s" * 40).signing_secret})
        with pytest.raises(Refusal, match="SIGNING_SECRET"):
            service.credential_of(certified.session, other, certified.row, now=certified.clock.now)
        keys.rotate(certified.session, other, now=certified.clock.now)  # the way out
        issued = service.credential_of(certified.session, other, certified.row, now=certified.clock.now)
        assert session_key(certified, issued) == "key-2"

    def test_a_sealed_key_belongs_to_its_row(self) -> None:
        mine, other = uuid7(), uuid7()
        sealed = seal("a secret", mine, b"k" * 32)
        assert b"k" * 8 not in sealed
        assert seal("a secret", mine, b"k" * 32) != sealed
        assert open_sealed("a secret", mine, sealed) == b"k" * 32
        for secret, row, text_ in (
            ("a secret", other, sealed),
            ("another", mine, sealed),
            ("a secret", mine, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ):
            with pytest.raises(Refusal):
                open_sealed(secret, row, text_)

    def test_one_key_signs_at_a_time(self, session: Session, config: Settings, clock: Any) -> None:
        keys.current_key(session, config, now=clock.now)
        session.add(SigningKey(number=2, public=b"p" * 32, sealed=b"s", created_at=clock.now))
        with pytest.raises(DBAPIError, match="uq_signing_key_current"):
            session.flush()


class TestLists:
    def test_a_place_says_nothing_and_is_had_once(self, certified: Certified, config: Settings) -> None:
        issued = issue(certified, config)
        row = certified.session.get_one(StatusList, issued.list_id)
        assert row.used == 1
        for number in range(5):  # each change of words takes another place
            certified.cast.organisation.name = f"Renamed {number}"
            certified.session.commit()
            issue(certified, config)
        places = certified.session.scalars(select(IssuedCredential.place)).all()
        assert len(set(places)) == 6
        assert places != sorted(places) or max(places) > 1000

    def test_a_half_full_list_is_left(self, certified: Certified, config: Settings) -> None:
        first = issue(certified, config)
        certified.session.execute(text("UPDATE status_list SET used = 65536"))
        certified.cast.organisation.name = "Renamed"
        certified.session.commit()
        certified.session.expire_all()
        second = issue(certified, config)
        assert second.list_id != first.list_id
        assert outcome(certified, config, first) is Outcome.REVOKED
        assert outcome(certified, config, second) is Outcome.VALID

    def test_it_is_signed_again_only_when_something_changed_or_it_is_old(
        self, certified: Certified, config: Settings
    ) -> None:
        issued = issue(certified, config)
        session, now = certified.session, certified.clock.now

        def published(after: timedelta = timedelta(0)) -> dict[str, Any]:
            return dict(service.published_list(session, config, issued.list_id, now=now + after).signed)

        first = published()
        assert published(timedelta(hours=11)) == first
        assert published(timedelta(hours=13)) != first
        again = published(timedelta(hours=13))
        certified.session.execute(text("UPDATE certificate SET status = 'suspended'"))
        certified.session.expire_all()
        assert published(timedelta(hours=13)) != again

    def test_there_is_none_of_that_id(self, session: Session, config: Settings, clock: Any) -> None:
        with pytest.raises(Missing):
            service.published_list(session, config, uuid7(), now=clock.now)

    def test_the_database_counts_bits_as_the_recommendation_does(self, session: Session) -> None:
        for place in (0, 1, 7, 8, 4711, engine.ENTRIES - 1):
            bits = session.scalar(select(func.list_bit(bytes(engine.ENTRIES // 8), place, 1)))
            assert bit(bytes(bits or b""), place)
            assert sum(each.bit_count() for each in bytes(bits or b"")) == 1


def test_the_worker_signs_what_nobody_looked_at(certified: Certified, run_jobs: Any) -> None:
    from app.credentials.jobs import sign_certificates

    sign_certificates(0)
    assert certified.session.scalar(select(func.count()).select_from(IssuedCredential)) == 1
    sign_certificates(0)
    assert certified.session.scalar(select(func.count()).select_from(IssuedCredential)) == 1
    assert certified.session.scalar(select(func.count()).select_from(Certificate)) == 1


def test_both_purposes_are_named(certified: Certified, config: Settings) -> None:
    entries = issue(certified, config).document["credentialStatus"]
    assert [each["statusPurpose"] for each in entries] == [each.value for each in Purpose]
    assert len({each["statusListIndex"] for each in entries}) == 1
