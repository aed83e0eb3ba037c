"""Evidence after it is kept: versions, expiry, who looked, scanning, public copies, and what was altered."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import obstore
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import files
from app.audits import application, decision, evaluation, evidence, jobs_evidence
from app.audits.demo import Stage, bring_to
from app.audits.evidence import About
from app.audits.kept import Ruled
from app.audits.models import Case, Certificate, Evidence
from app.audits.scanning import scan
from app.errors import Faulty, Refusal
from app.files import Store
from app.mail import Mail
from app.public_copies import public_copy
from certification import Outcome
from tests.app.audits.conftest import Cast
from tests.conftest import FixedClock

UPLOAD = "/api/certification/evidence"
GPS = 0x8825


@pytest.fixture
def producer(
    session: Session, store: Store, cast: Cast, clock: FixedClock, as_person: Callable[[UUID], TestClient]
) -> TestClient:
    bring_to(session, store, cast.organisation, Stage.ASSESSING, people=cast.people, start=clock.now)
    session.commit()
    clock.now += timedelta(days=20)
    return as_person(cast.people.producer.person_id)


def add(
    producer: TestClient, held: bytes, status: int = 201, name: str = "a.txt", **said: str
) -> dict[str, object]:
    reply = producer.post(UPLOAD, files={"file": (name, held)}, data=said)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


def photo(orientation: int = 6) -> bytes:
    """Left half red, right half blue as the sensor saw it; to be turned a quarter; with a position."""
    drawn = Image.new("RGB", (80, 40), "red")
    drawn.paste("blue", (40, 0, 80, 40))
    told = Image.Exif()
    told[0x0112] = orientation
    told[0x010F] = "Maker of the camera"
    told[GPS] = {1: "N", 2: (21.0, 1.0, 42.0), 3: "E", 4: (105.0, 51.0, 0.0)}
    made = BytesIO()
    drawn.save(made, "JPEG", quality=95, exif=told, comment=b"a secret comment")
    return made.getvalue()


class TestVersions:
    def test_a_newer_version_takes_over_and_the_old_one_stays(self, producer: TestClient) -> None:
        old = add(producer, b"last year", name="Price list.txt", criteria="1.1")
        new = add(producer, b"this year", name="Price list new.txt", replaces=str(old["id"]))
        assert new["criteria"] == ["1.1"]
        kept = {each["id"]: each for each in producer.get(UPLOAD).json()["files"]}
        assert kept[old["id"]]["replaced_by"] == new["id"]
        assert producer.get(f"/api/evidence/{old['id']}/file").content == b"last year"
        page = producer.get("/certification/evidence").text
        assert "1 earlier version" in page
        assert f'id="file-{old["id"]}"' not in page

    def test_a_version_is_replaced_once(self, producer: TestClient) -> None:
        old = add(producer, b"last year")
        add(producer, b"this year", replaces=str(old["id"]))
        told = add(producer, b"another", 422, replaces=str(old["id"]))
        assert "replaced already" in str(told["errors"])

    def test_the_same_file_is_no_newer_version(self, producer: TestClient) -> None:
        old = add(producer, b"last year")
        assert "this file already" in str(add(producer, b"last year", 422, replaces=str(old["id"]))["errors"])


class TestExpiry:
    def test_it_is_shown_and_told_once(
        self,
        producer: TestClient,
        session: Session,
        clock: FixedClock,
        cast: Cast,
        as_person: Callable[[UUID], TestClient],
    ) -> None:
        ends = clock.now.date() + timedelta(days=40)
        kept = add(producer, b"permit", name="Permit.txt", valid_until=ends.isoformat())
        assert kept["valid_until"] == ends.isoformat()
        assert "Valid until" in producer.get("/certification/evidence").text
        assert jobs_evidence.remind(session, now=clock.now) == 0
        clock.now += timedelta(days=10)
        assert jobs_evidence.remind(session, now=clock.now) == 1
        assert jobs_evidence.remind(session, now=clock.now) == 0
        assert "Permit.txt" in session.scalars(select(Mail.body).order_by(Mail.id.desc())).first()  # type: ignore[operator]
        session.commit()
        clock.now += timedelta(days=31)
        producer = as_person(cast.people.producer.person_id)  # sessions end too
        assert "Ran out on" in producer.get("/certification/evidence").text
        later = ends + timedelta(days=400)
        assert (
            producer.put(f"{UPLOAD}/{kept['id']}/expiry", json={"valid_until": str(later)}).status_code == 200
        )
        assert "Ran out on" not in producer.get("/certification/evidence").text
        assert jobs_evidence.remind(session, now=clock.now + timedelta(days=400)) == 1

    def test_what_was_replaced_is_not_told(
        self, producer: TestClient, session: Session, clock: FixedClock
    ) -> None:
        ends = clock.now.date() + timedelta(days=5)
        old = add(producer, b"permit", valid_until=ends.isoformat())
        add(producer, b"new permit", replaces=str(old["id"]))
        assert jobs_evidence.remind(session, now=clock.now) == 0

    def test_a_past_day_is_refused(self, producer: TestClient, clock: FixedClock) -> None:
        past = clock.now.date() - timedelta(days=1)
        assert "is past" in str(add(producer, b"x", 422, valid_until=past.isoformat()))


def test_who_looked_is_shown_to_the_organisation(
    session: Session, store: Store, cast: Cast, clock: FixedClock, as_person: Callable[[UUID], TestClient]
) -> None:
    bring_to(session, store, cast.organisation, Stage.AUDIT_PLANNED, people=cast.people, start=clock.now)
    session.commit()
    clock.now += timedelta(days=30)
    producer, auditor = (as_person(each.person_id) for each in (cast.people.producer, cast.people.auditor))
    kept = producer.get(UPLOAD).json()["files"][0]
    assert producer.get("/api/certification/evidence-looks").json() == {"looks": []}
    producer.get(f"/evidence/{kept['id']}")  # one's own look is not written down
    auditor.get(f"/evidence/{kept['id']}")
    looks = producer.get("/api/certification/evidence-looks").json()["looks"]
    assert [(each["evidence_id"], each["organisation"]) for each in looks] == [
        (kept["id"], "Test certification body")
    ]
    page = producer.get("/certification/evidence").text
    assert "Opened once by others" in page
    assert cast.people.auditor.name in page


class TestPublicCopies:
    def test_a_copy_has_the_pixels_and_nothing_else(self, producer: TestClient, client: TestClient) -> None:
        held = photo()
        kept = add(producer, held, name="Workshop.jpg")
        address = f"/public-copies/{kept['id']}"
        assert client.get(address).status_code == 404
        assert producer.put(f"{UPLOAD}/{kept['id']}/public-copy").json()["public"] is True
        served = client.get(address)
        assert (served.status_code, served.headers["content-type"]) == (200, "image/jpeg")
        assert "sandbox" in served.headers["content-security-policy"]
        copy = Image.open(BytesIO(served.content))
        assert copy.size == (40, 80)  # turned as the camera was held
        assert dict(copy.getexif()) == {}
        assert copy.getpixel((20, 5))[0] > 200  # type: ignore[index]
        assert copy.getpixel((20, 75))[2] > 200  # type: ignore[index]
        for secret in (b"Maker of the camera", b"secret", b"Exif", b"GPS", b"http://ns.adobe.com"):
            assert secret not in served.content
        assert b"Maker of the camera" in held  # the control
        assert (
            producer.get(f"/api/evidence/{kept['id']}/file").content == held
        )  # the file itself is as it was
        assert client.get(f"/api/evidence/{kept['id']}/file").status_code == 401
        assert producer.delete(f"{UPLOAD}/{kept['id']}/public-copy").json()["public"] is False
        assert client.get(address).status_code == 404

    def test_it_stands_on_the_public_page_until_it_is_withdrawn(
        self, producer: TestClient, client: TestClient, session: Session, cast: Cast, clock: FixedClock
    ) -> None:
        """Also after the case of it is over and another one has begun."""
        kept = add(producer, photo(), name="Workshop.jpg")
        page, address = f"/registry/organisations/{cast.organisation.slug}", f"/public-copies/{kept['id']}"
        assert address not in client.get(page).text
        producer.put(f"{UPLOAD}/{kept['id']}/public-copy")
        shown = client.get(page).text
        assert f'src="{address}"' in shown
        assert "Workshop.jpg" not in shown
        application.retract(session, cast.people.producer, "We begin anew next year.", now=clock.now)
        clock.now += timedelta(days=1)
        application.save_application(
            session, cast.people.producer, application.Application(parts={}), now=clock.now
        )
        session.commit()
        assert "Workshop.jpg" in producer.get("/certification/evidence").text
        assert producer.delete(f"{UPLOAD}/{kept['id']}/public-copy").json()["public"] is False
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_way_to_hold_a_camera_is_turned_right(self, orientation: int) -> None:
        copy = Image.open(public_copy(BytesIO(photo(orientation))))
        assert copy.size == ((80, 40) if orientation <= 4 else (40, 80))

    def test_it_is_at_most_1600_pixels(self) -> None:
        made = BytesIO()
        Image.new("RGBA", (5000, 2500), (0, 0, 0, 0)).save(made, "PNG")
        copy = Image.open(public_copy(made))
        assert copy.size == (1600, 800)
        assert copy.getpixel((5, 5)) == (255, 255, 255)

    def test_what_is_no_picture_is_refused(self, producer: TestClient) -> None:
        kept = add(producer, b"text")
        assert producer.put(f"{UPLOAD}/{kept['id']}/public-copy").status_code == 422


@contextmanager
def clamd(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A scanner on loopback that gives one answer; and what it was sent."""
    listening, got = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def serve() -> None:
        line, _ = listening.accept()
        with line, line.makefile("rb") as incoming:
            assert incoming.read(10) == b"zINSTREAM\0"
            while (length := struct.unpack("!I", incoming.read(4))[0]) > 0:
                got.append(incoming.read(length))
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}", got
    finally:
        thread.join(timeout=10)
        listening.close()


class TestScanning:
    def test_a_clean_file_is_kept_and_says_so(self, producer: TestClient, app: FastAPI) -> None:
        held = b"clean" * 40_000
        with clamd(b"stream: OK\0") as (app.state.settings.scanner, got):
            assert add(producer, held)["scanned"] is True
        assert b"".join(got) == held

    def test_what_is_found_is_refused_by_name(
        self, producer: TestClient, app: FastAPI, session: Session
    ) -> None:
        with clamd(b"stream: Eicar-Test-Signature FOUND\0") as (app.state.settings.scanner, _):
            told = add(producer, b"virus", 422)
        assert "Eicar-Test-Signature" in str(told["errors"])
        assert session.scalar(select(Evidence.id).filter_by(size=5)) is None

    @pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"?"])
    def test_a_scanner_that_does_not_say_clean_lets_nothing_in(self, answer: bytes) -> None:
        with clamd(answer) as (address, _), pytest.raises(Refusal) as told:
            scan(BytesIO(b"x"), address)
        assert (told.value.code, told.value.status) == ("scanner-silent", 503)

    def test_a_scanner_that_is_not_there_lets_nothing_in(
        self, producer: TestClient, app: FastAPI, tmp_path: Path
    ) -> None:
        app.state.settings.scanner = f"unix://{tmp_path}/none"
        assert add(producer, b"x", 503)["type"] == "/problems/scanner-silent"

    def test_without_a_scanner_it_is_said_that_it_was_not_scanned(self, producer: TestClient) -> None:
        assert add(producer, b"x")["scanned"] is False
        assert "No virus scanner is set up here" in producer.get("/certification/evidence").text


class TestAltered:
    @pytest.fixture
    def case(self, session: Session, store: Store, cast: Cast, clock: FixedClock) -> Case:
        case = bring_to(
            session, store, cast.organisation, Stage.CORRECTING, people=cast.people, start=clock.now
        )
        assert case is not None
        session.commit()
        clock.now += timedelta(days=60)
        return case

    def damage(self, session: Session, store: Store, case: Case, held: bytes | None) -> Evidence:
        row = session.scalars(select(Evidence).filter_by(case_id=case.id)).first()
        assert row is not None
        if held is None:
            obstore.delete(store, files.place(row.sha256))
        else:
            obstore.put(store, files.place(row.sha256), held)
        return row

    @pytest.mark.parametrize("held", [b"other contents", None])
    def test_it_stops_the_recommendation(
        self, session: Session, store: Store, cast: Cast, clock: FixedClock, case: Case, held: bytes | None
    ) -> None:
        row = self.damage(session, store, case, held)
        with pytest.raises(Ruled) as told:
            evaluation.recommend(
                session,
                store,
                cast.people.auditor,
                case.id,
                outcome=Outcome.CERTIFY,
                reasons="Everything that was missing is corrected.",
                now=clock.now,
            )
        assert row.name in told.value.detail

    def test_it_stops_the_decision(
        self, session: Session, store: Store, cast: Cast, clock: FixedClock
    ) -> None:
        """Changed after the auditor recommended: nothing is decided on it, and the page names the file."""
        case = bring_to(
            session, store, cast.organisation, Stage.RECOMMENDED, people=cast.people, start=clock.now
        )
        assert case is not None
        clock.now += timedelta(days=60)
        row = self.damage(session, store, case, b"other contents")
        said = decision.Word(Outcome.CERTIFY, "Everything that was missing is corrected.")
        with pytest.raises(Ruled) as told:
            decision.decide(session, store, cast.people.decision_maker, case.id, said, now=clock.now)
        assert row.name in told.value.detail
        assert session.scalars(select(Certificate)).first() is None

    def test_a_daily_job_finds_it_once_and_tells_who_must_know(
        self, session: Session, store: Store, cast: Cast, clock: FixedClock, case: Case
    ) -> None:
        assert jobs_evidence.verify(session, store, now=clock.now) == 0
        row = self.damage(session, store, case, b"other contents")
        assert jobs_evidence.verify(session, store, now=clock.now) == 1
        assert jobs_evidence.verify(session, store, now=clock.now) == 0
        told = session.scalars(
            select(Mail).filter_by(to=cast.people.programme.email).order_by(Mail.id.desc())
        ).first()
        assert told is not None
        assert row.name in told.body
        assert [each.name for each in evidence.files_of(session, case.id) if each.altered] == [row.name]

    def test_what_is_put_back_counts_again(
        self, session: Session, store: Store, clock: FixedClock, case: Case
    ) -> None:
        row = session.scalars(select(Evidence).filter_by(case_id=case.id)).first()
        assert row is not None
        held = files.read(store, row.sha256)
        self.damage(session, store, case, None)
        jobs_evidence.verify(session, store, now=clock.now)
        assert row.altered_at is not None
        files.keep(store, BytesIO(held), row.sha256)
        jobs_evidence.verify(session, store, now=clock.now)
        assert row.altered_at is None


def test_nothing_is_added_to_a_case_that_is_decided(
    session: Session, store: Store, cast: Cast, clock: FixedClock
) -> None:
    bring_to(session, store, cast.organisation, Stage.RECOMMENDED, people=cast.people, start=clock.now)
    clock.now += timedelta(days=60)
    with pytest.raises(Refusal) as told:
        evidence.add(
            session,
            store,
            cast.people.producer,
            BytesIO(b"late"),
            About("late.txt"),
            limit=100,
            now=clock.now,
        )
    assert told.value.code == "evidence-closed"
    with pytest.raises(Faulty):
        public_copy(BytesIO(b"no picture"))
