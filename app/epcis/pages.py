"""Pages of events: those of a shipment, and the documents of one's own systems with what is wrong in them."""

import json
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.epcis import capturing, reading
from app.epcis.models import Capture
from app.errors import Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import listing
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Concerned = Annotated[Actor, Depends(Needs("shipment.read-own"))]
Reader = Annotated[Actor, Depends(Needs("epcis.read"))]
Capturer = Annotated[Actor, Depends(Needs("epcis.capture"))]
SHOWN: Final = 20
MOST_BYTES: Final = 2 << 20


@router.get("/shipments/{shipment_id}/events")
def shipment_events(request: Request, shipment_id: UUID, actor: Concerned, db: Db) -> Response:
    found = listing.own_journey(db, actor, shipment_id)
    lines = reading.lines_of(db, found, language_of(request))
    return page(request, "epcis/events.html", journey=found, lines=lines)


@router.get("/captures")
def captures(request: Request, actor: Reader, db: Db) -> Response:
    return _captures(request, db, actor, Form.empty(), {})


@router.post("/captures")
def capture(request: Request, form: FormData, actor: Capturer, db: Db, now: Now) -> Response:
    """Take a document in, whole or not at all."""
    _ = language_of(request).text
    file = form.files.get("file")
    held = file.file.read(MOST_BYTES + 1) if file else b""
    faults: dict[str, str] = {}
    document = _document(held)
    if not held:
        form.fault("file", _("Choose the document, a file with JSON in it."))
    elif len(held) > MOST_BYTES:
        form.fault("file", _("Use a file of at most 2 MB, or send it by the API."))
    elif document is None:
        form.fault("file", _("This is no JSON. An EPCIS document ends in .json or .jsonld."))
    else:
        try:
            capturing.capture(db, actor, document, now=now)
        except Refusal as refusal:
            form.fault("file", _(refusal.detail))
            faults = dict(refusal.fields)
    if form.errors:
        return _captures(request, db, actor, form, faults, status=422)
    return go("/captures", "saved")


def _document(held: bytes) -> Any:
    """What the bytes say as JSON; None: nothing, or a sign that is no text."""
    try:
        return None if rb"\u0000" in held else json.loads(held)
    except (ValueError, RecursionError):
        return None


def _captures(
    request: Request, db: Session, actor: Actor, form: Form, faults: dict[str, str], *, status: int = 200
) -> Response:
    lang = language_of(request)
    found = db.scalars(
        select(Capture)
        .filter_by(organisation_id=actor.organisation_id)
        .order_by(Capture.id.desc())
        .limit(SHOWN)
    ).all()
    events = reading.captured(db, [each.id for each in found])
    return page(
        request,
        "epcis/captures.html",
        status=status,
        form=form,
        faults=faults,
        captures=[
            (
                each,
                [
                    [lang.moment(one.event_time), reading.words(one, lang), reading.things(one.body, lang)]
                    for one in events[each.id]
                ],
            )
            for each in found
        ],
    )
