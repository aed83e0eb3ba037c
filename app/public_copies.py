"""A picture that anybody may see, made from confidential evidence: new pixels, nothing else of the file."""

from io import BytesIO
from typing import BinaryIO, Final

from PIL import Image, ImageOps

from app.errors import Faulty

WIDEST: Final = 1600
QUALITY: Final = 82
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


def public_copy(source: BinaryIO) -> BytesIO:
    """A JPEG of at most 1600 x 1600 pixels, turned as the camera was held.

    It is drawn anew, so position, camera, time, thumbnails and comments stay behind. Faulty: no picture.
    """
    try:
        with Image.open(source) as picture:
            picture.draft("RGB", (WIDEST * 2, WIDEST * 2))
            drawn = ImageOps.exif_transpose(picture)
            drawn.thumbnail((WIDEST, WIDEST))
            whole = drawn.convert("RGBA")
            plain = Image.new("RGB", whole.size, "white")  # what is transparent becomes paper
            plain.paste(whole, mask=whole.getchannel("A"))
    except (OSError, ValueError, SyntaxError) as fault:
        raise Faulty(fields={"file": "Only pictures can be made public: JPEG, PNG, WebP or GIF."}) from fault
    made = BytesIO()
    plain.save(made, "JPEG", quality=QUALITY, optimize=True)
    made.seek(0)
    return made
