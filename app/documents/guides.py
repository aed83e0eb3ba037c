"""Pages for who writes the other side of a connection: what is sent, and what is expected. From `docs/`."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import Depends, Request
from fastapi.responses import FileResponse, Response
from markupsafe import Markup

from app.documents.rendering import rendered
from app.pages import page
from app.permissions import Anybody
from app.routes import page_router

router = page_router()

FOLDER: Final = Path(__file__).parents[2] / "docs"


class Guide(StrEnum):
    """Named as its file is."""

    CARRIER_QUOTES = "carrier-quotes"
    EPCIS_SUBSCRIPTIONS = "epcis-subscriptions"


@router.get("/guides/carrier-quotes.schema.json", dependencies=[Depends(Anybody())])
def schema() -> Response:
    return FileResponse(FOLDER / "carrier-quotes.schema.json", media_type="application/schema+json")


@router.get("/guides/{guide}", dependencies=[Depends(Anybody())])
def read(request: Request, guide: Guide) -> Response:
    title, text = _read(guide)
    return page(request, "documents/guide.html", title=title, text=text)


@cache
def _read(guide: Guide) -> tuple[str, Markup]:
    """Its title, and the rest of it."""
    heading, _, text = (FOLDER / f"{guide}.md").read_text().partition("\n")
    return heading.removeprefix("# "), rendered(text)
