"""Evidence on its way out: an attachment of a harmless type, in a sandbox, whatever it holds."""

from collections.abc import Iterator
from urllib.parse import quote

import obstore
from fastapi.responses import Response, StreamingResponse
from obstore.exceptions import NotFoundError

from app import files
from app.audits.evidence import INERT, SEALED
from app.audits.models import Evidence
from app.errors import Missing


def served(store: files.Store, row: Evidence) -> Response:
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
