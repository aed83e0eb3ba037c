"""Where evidence lies: a folder, or S3. Files are named by the hash of what they hold."""

import hashlib
import re
from dataclasses import dataclass
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
EMPTY: Final = "This file is empty. Choose another one."


def open_store(settings: Settings) -> Store:
    """The store that the settings name; its folder is made.

    S3's region and keys are read from the usual AWS_ variables of the environment.
    """
    if settings.storage_url:
        if not settings.storage_endpoint:
            return S3Store.from_url(settings.storage_url)
        return S3Store.from_url(
            settings.storage_url,
            endpoint=settings.storage_endpoint,
            virtual_hosted_style_request=False,  # bucket.host has no address at most other servers
            client_options={"allow_http": settings.storage_endpoint.startswith("http://")},
        )
    folder = settings.data / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder)


def place(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file is by its bytes: SHA-256 in hex, size in bytes, and how it begins."""

    sha256: str
    size: int
    head: bytes


def measure(source: BinaryIO, limit: int) -> Measured:
    """Read all of `source` and go back to its beginning. Faulty: empty, or more than `limit` bytes."""
    digest, size, head = hashlib.sha256(), 0, b""
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise Faulty(fields={"file": too_large(limit)})
        digest.update(chunk)
        head = head or chunk[:8192]
    if not size:
        raise Faulty(fields={"file": EMPTY})
    source.seek(0)
    return Measured(digest.hexdigest(), size, head)


def too_large(limit: int) -> str:
    return f"This file is larger than {limit // (1 << 20)} MB. Choose a smaller one."


def keep(store: Store, source: BinaryIO, sha256: str) -> None:
    """Store what `source` holds under its hash, unless it is there, and undamaged.

    It is read back and hashed again before it counts as kept. OSError: the store did not give it back.
    """
    if there(store, sha256) and hash_of(store, sha256) == sha256:
        return
    source.seek(0)
    obstore.put(store, place(sha256), source)
    if hash_of(store, sha256) != sha256:
        obstore.delete(store, place(sha256))
        raise OSError(f"the store did not keep {sha256} as it was given")


def forget(store: Store, prefix: str) -> int:
    """Remove all that lies below `prefix`, and say how much that was."""
    found = [each["path"] for batch in obstore.list(store, prefix) for each in batch]
    if found:
        obstore.delete(store, found)
    return len(found)


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


_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
"""Names that mean a device to Windows, whatever their ending."""


def safe_name(name: str) -> str:
    """A file's name without its path, characters that are not seen or turn the text round, or length to
    spare; its end stays, so that people see what kind it says it is.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(each for each in last if each.isprintable() and each not in '<>:"|?*').strip(". ")
    plain = plain[-120:].lstrip(". ")
    return f"_{plain}" if _RESERVED.match(plain) else plain or "file"
