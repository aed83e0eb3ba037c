"""Where evidence lies: a folder, or S3. Files are named by the hash of what they hold."""

import hashlib
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import obstore
import puremagic
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, S3Store

from app.errors import Faulty
from app.settings import Settings

Store: TypeAlias = LocalStore | S3Store
CHUNK: Final = 1 << 20
UNKNOWN: Final = "application/octet-stream"


def open_store(settings: Settings) -> Store:
    """The store that the settings name; its folder is made."""
    if settings.storage_url:
        return S3Store.from_url(settings.storage_url)
    folder = settings.data / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder)


def place(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def keep(store: Store, source: BinaryIO, limit: int) -> tuple[str, int, str]:
    """Store what `source` holds; give (SHA-256 in hex, bytes, media type by content).

    Faulty: empty, or more than `limit` bytes. Nothing is written then. What is stored is read back and hashed
    again before it counts as kept.
    """
    digest, size, head = hashlib.sha256(), 0, b""
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise Faulty(
                fields={"file": f"This file is larger than {limit // (1 << 20)} MB. Choose a smaller one."}
            )
        digest.update(chunk)
        head = head or chunk[:8192]
    if not size:
        raise Faulty(fields={"file": "This file is empty. Choose another one."})
    sha256 = digest.hexdigest()
    if not there(store, sha256):
        source.seek(0)
        obstore.put(store, place(sha256), source)
        if hash_of(store, sha256) != sha256:
            obstore.delete(store, place(sha256))
            raise OSError(f"the store did not keep {sha256} as it was given")
    return sha256, size, sniff(head)


def there(store: Store, sha256: str) -> bool:
    try:
        obstore.head(store, place(sha256))
    except (NotFoundError, FileNotFoundError):
        return False
    return True


def hash_of(store: Store, sha256: str) -> str:
    digest = hashlib.sha256()
    for chunk in obstore.get(store, place(sha256)).stream(min_chunk_size=CHUNK):
        digest.update(bytes(chunk))
    return digest.hexdigest()


def read(store: Store, sha256: str) -> bytes:
    return bytes(obstore.get(store, place(sha256)).bytes())


def sniff(head: bytes) -> str:
    """The media type by content, never by name; unknown: application/octet-stream."""
    try:
        found = puremagic.from_string(head, mime=True)
    except puremagic.PureError:
        found = ""
    if found:
        return str(found)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        return UNKNOWN
    return "text/plain"


def safe_name(name: str) -> str:
    """A file's name without its path, control characters or length to spare."""
    plain = "".join(each for each in Path(name.replace("\\", "/")).name if each.isprintable()).strip(". ")
    return plain[-120:] or "file"
