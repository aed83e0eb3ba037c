"""A lot's picture, small enough for a slow line, and its code to be printed."""

from io import BytesIO
from typing import Final

import segno
from PIL import Image

from app import files

MOST_BYTES: Final = 6_500
"""What a picture may take of a page of 30 KB."""
TRIES: Final = ((360, 60), (320, 50), (280, 42), (240, 36), (200, 30), (160, 22))
"""Width in pixels and WebP quality, the best first."""
GREEN: Final = "#1d5c47"


def small(store: files.Store, sha256: str) -> bytes:
    """A photograph as WebP of at most some 6 KB, without anything else of its file."""
    with Image.open(BytesIO(files.read(store, sha256))) as picture:
        picture.draft("RGB", (2 * TRIES[0][0], 2 * TRIES[0][0]))  # a JPEG is read small at once
        whole = picture.convert("RGB")
    made = b""
    for width, quality in TRIES:
        drawn = whole.copy()
        drawn.thumbnail((width, width))
        out = BytesIO()
        drawn.save(out, "WEBP", quality=quality, method=4)
        made = out.getvalue()
        if len(made) <= MOST_BYTES:
            break
    return made


def qr_svg(address: str) -> bytes:
    """Paths alone, without style or script; a fifth of it may be dirty."""
    out = BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=4, dark=GREEN, omitsize=True)
    return out.getvalue()


def qr_png(address: str) -> bytes:
    """Black on white, 12 pixels a module: sharp at 300 dots an inch up to some 4 cm."""
    out = BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", border=4, scale=12)
    return out.getvalue()
