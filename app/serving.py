"""Files on their way out: what somebody gave us goes as an attachment of a harmless type, in a sandbox."""

from collections.abc import Iterator
from typing import Final, Protocol
from urllib.parse import quote

import obstore
from fastapi.responses import Response, StreamingResponse
from obstore.exceptions import NotFoundError

from app import files
from app.errors import Missing

INERT: Final = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "application/pdf",
        "application/zip",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
"""Types under which a file is served; all others go out as bytes without a meaning."""
SEALED: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Stored(Protocol):
    """A row that tells of a file in the store."""

    @property
    def name(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def sha256(self) -> str: ...


def served(store: files.Store, row: Stored) -> Response:
    """Streams a file. Missing: the store has lost it (the console shows it as altered)."""
    try:
        found = obstore.get(store, files.place(row.sha256))
    except (NotFoundError, FileNotFoundError) as fault:
        raise Missing from fault

    def chunks() -> Iterator[bytes]:
        for chunk in found.stream(min_chunk_size=files.CHUNK):
            yield bytes(chunk)

    return StreamingResponse(
        chunks(),
        media_type=row.media_type if row.media_type in INERT else files.UNKNOWN,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}",
            "Content-Length": str(found.meta["size"]),
            "Content-Security-Policy": SEALED,
            "Cross-Origin-Resource-Policy": "same-origin",
            "ETag": f'"{row.sha256}"',
        },
    )


def served_publicly(store: files.Store, sha256: str) -> Response:
    """A public copy: a JPEG that we drew ourselves, so it may be shown in place."""
    if not files.there(store, sha256):
        raise Missing
    return Response(
        files.read(store, sha256),
        media_type="image/jpeg",
        headers={
            "Content-Disposition": "inline; filename=picture.jpg",
            "Content-Security-Policy": SEALED,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "public, max-age=300",  # short: it can be withdrawn
            "ETag": f'"{sha256}"',
        },
    )


def attached(made: bytes, name: str, media_type: str) -> Response:
    """A file that we made, to be kept by who asked. `name` has only letters, digits and simple marks."""
    return Response(
        made, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
