"""A table that comes by a form: its bytes, and its faults on the page that it came from."""

from typing import Final

from fastapi import Request

from app import sheets_held
from app.errors import Faulty, Refusal
from app.forms import Form
from app.pages import language_of

CSV: Final = "text/csv; charset=utf-8"


def content(form: Form) -> bytes:
    """What was chosen, up to a byte more than may be held; nothing chosen: nothing."""
    file = form.files.get("file")
    return file.file.read(sheets_held.LARGEST + 1) if file else b""


def tell(request: Request, form: Form, refusal: Refusal) -> list[str]:
    """Put a refusal at the field. Several faults come back as lines: a cell has no field of its own there."""
    lines = list(refusal.fields.values()) if isinstance(refusal, Faulty) else []
    if len(lines) <= 1:
        form.fault("file", lines[0] if lines else refusal.detail)
        return []
    words = language_of(request).text("{count} places are to be mended: see the list. Nothing was changed.")
    form.fault("file", words.format(count=len(lines)))
    return lines
