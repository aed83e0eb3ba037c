"""What anybody fetches to check a certificate, and the page that checks one for people.

The issuer's keys, the lists of status, and the certificate in each of its forms.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

import certification
import credentials as engine
from app.audits.showing import FormData, shown
from app.credentials import keys, service, serving
from app.errors import Missing
from app.forms import Form
from app.pages import go, language_of
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.transaction import Db, Now

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]


@router.get("/.well-known/did.json")
def did_document(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    """The issuer's keys, by did:web."""
    settings = request.app.state.settings
    keys.current_key(db, settings, now=now)
    body = engine.as_json(keys.did_document(db, settings)).encode()
    return serving.cached(request, body, "application/did+json")


@router.get("/credentials/status/{list_id}/{purpose}")
def status_list(
    request: Request, list_id: UUID, purpose: str, _visitor: Visitor, db: Db, now: Now
) -> Response:
    """A Bitstring Status List: what became of every certificate that has a place in it."""
    if purpose not in set(engine.Purpose):
        raise Missing
    row = service.published_list(db, request.app.state.settings, list_id, now=now)
    return serving.document_reply(request, row.signed[purpose])


@router.get("/registry/{number}/certificate.json")
def as_json(request: Request, number: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return serving.by_number(request, db, number, serving.Form.JSON, now=now)


@router.get("/registry/{number}/certificate.jwt")
def as_token(request: Request, number: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return serving.by_number(request, db, number, serving.Form.TOKEN, now=now)


@router.get("/registry/{number}/certificate.pdf")
def as_paper(request: Request, number: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return serving.by_number(request, db, number, serving.Form.PDF, now=now)


@router.get("/verify")
def verify_page(request: Request, _visitor: Visitor) -> Response:
    return shown(request, "credentials/verify.html", form=Form.empty(), found=None, ours=None)


@router.post("/verify")
def verify(request: Request, form: FormData, _visitor: Visitor, db: Db, now: Now) -> Response:
    """A number leads to its certificate; a file is checked here and not kept."""
    file, number = form.files.get("file"), form.raw("number").strip()
    if file is None:
        return _by_number(request, form, number)
    return _by_file(request, form, file, db, now)


def _by_number(request: Request, form: Form, number: str) -> Response:
    _ = language_of(request).text
    if number:
        try:
            year, sequence = certification.parse_number(number)
        except certification.Refusal as no:
            form.fault("number", _(no.template).format(**no.facts))
        else:
            return go(f"/registry/{certification.certificate_number(year, sequence)}")
    else:
        form.fault("file", _("Choose a file, or type the number of a certificate."))
    return shown(request, "credentials/verify.html", status=422, form=form, found=None, ours=None)


def _by_file(request: Request, form: Form, file: UploadFile, db: Db, now: datetime) -> Response:
    found = service.check(db, request.app.state.settings, file.file.read(engine.LARGEST_FILE + 1), now=now)
    return shown(
        request,
        "credentials/verify.html",
        form=form,
        found=found,
        ours=service.named_in(db, found) if found.genuine else None,
    )
