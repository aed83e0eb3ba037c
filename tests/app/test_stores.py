"""Where files lie: the same is asked of a folder and of S3, spoken with over its protocol on loopback."""

import hashlib
import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import httpx
import obstore
import pytest
from moto.server import ThreadedMotoServer

from app import files, sheets_held
from app.errors import Faulty, Missing
from app.files import Store, open_store
from app.settings import Settings
from tests.conftest import NOON

BUCKET = "test-evidence"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Address of a server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    if request.param == "folder":
        yield open_store(Settings(data=tmp_path))
        return
    endpoint = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    httpx.put(f"{endpoint}/{BUCKET}", trust_env=False).raise_for_status()
    settings = Settings(data=tmp_path, storage_url=f"s3://{BUCKET}/{uuid4().hex}", storage_endpoint=endpoint)
    yield open_store(settings)


def measured(held: bytes) -> files.Measured:
    return files.measure(BytesIO(held), 50 << 20)


def test_what_is_kept_comes_back(store: Store) -> None:
    for size in (1, files.CHUNK, 3 * files.CHUNK + 17):
        held = random.Random(size).randbytes(size)
        sha256 = hashlib.sha256(held).hexdigest()
        assert not files.there(store, sha256)
        assert measured(held) == files.Measured(sha256, size, held[:8192])
        files.keep(store, BytesIO(held), sha256)
        assert files.there(store, sha256)
        assert files.read(store, sha256) == held
        assert files.hash_of(store, sha256) == sha256


def test_the_same_contents_lie_there_once(store: Store) -> None:
    for _ in range(3):
        files.keep(store, BytesIO(b"the same"), measured(b"the same").sha256)
    assert sum(len(batch) for batch in obstore.list(store)) == 1


def test_what_the_store_damaged_is_found_and_put_right_when_it_comes_again(store: Store) -> None:
    sha256 = measured(b"as it was").sha256
    files.keep(store, BytesIO(b"as it was"), sha256)
    obstore.put(store, files.place(sha256), b"as it is!")
    assert files.hash_of(store, sha256) != sha256
    files.keep(store, BytesIO(b"as it was"), sha256)
    assert files.read(store, sha256) == b"as it was"


def test_what_the_store_does_not_give_back_is_not_kept(store: Store) -> None:
    wrong = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(OSError, match="did not keep"):
        files.keep(store, BytesIO(b"this"), wrong)
    assert not files.there(store, wrong)


def test_limits_are_to_the_byte() -> None:
    assert files.measure(BytesIO(b"x" * 10), 10).size == 10
    with pytest.raises(Faulty, match="Mend"):
        files.measure(BytesIO(b"x" * 11), 10)
    with pytest.raises(Faulty):
        files.measure(BytesIO(b""), 10)


def test_pieces_of_an_upload_are_forgotten_together(store: Store) -> None:
    for number in range(3):
        obstore.put(store, f"parts/a/{number}", b"x")
    obstore.put(store, "parts/ab/0", b"stays")
    assert files.forget(store, "parts/a") == 3
    assert files.forget(store, "parts/a") == 0
    assert bytes(obstore.get(store, "parts/ab/0").bytes()) == b"stays"


def test_a_table_is_held_for_its_case_alone(store: Store) -> None:
    mine, theirs = uuid4(), uuid4()
    word = sheets_held.hold(store, mine, b"a,b\n")
    assert sheets_held.held(store, mine, word) == b"a,b\n"
    for case, said in ((theirs, word), (mine, "0" * 64), (mine, "../../x"), (mine, "")):
        with pytest.raises(Missing):
            sheets_held.held(store, case, said)
    assert sheets_held.forget_old_sheets(store, now=NOON) == 0  # before it was made
    later = NOON.replace(year=2100)
    assert sheets_held.forget_old_sheets(store, now=later) == 1
    with pytest.raises(Missing):
        sheets_held.held(store, mine, word)
