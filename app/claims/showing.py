"""Pictures of damage on their way out: to those who have to do with the claim, and kept by nobody between."""

from fastapi.responses import Response

from app import files
from app.claims.models import ClaimPhoto
from app.errors import Missing
from app.serving import SEALED


def picture(store: files.Store, photo: ClaimPhoto) -> Response:
    """A JPEG that we drew ourselves. Missing: the store has lost it."""
    if not files.there(store, photo.sha256):
        raise Missing
    return Response(
        files.read(store, photo.sha256),
        media_type="image/jpeg",
        headers={
            "Content-Disposition": "inline; filename=damage.jpg",
            "Content-Security-Policy": SEALED,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )
