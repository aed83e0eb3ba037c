"""A certificate in each of its forms, with what caches and browsers of other sites need to know."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

import credentials as engine
from app.audits import registry
from app.audits.registry import Holder
from app.credentials import negotiation, papers, service
from app.errors import Refusal
from app.settings import Settings

KEPT: Final = 300
"""Seconds for which a cache may keep a form: a suspension is seen after that at the latest."""


class Form(StrEnum):
    """What can be asked for, the page first: it is what `*/*` gets."""

    PAGE = "text/html"
    JSON = "application/vc"
    TOKEN = "application/vc+jwt"  # noqa: S105 - a media type
    LINKED = "application/ld+json"
    PLAIN = "application/json"
    PDF = "application/pdf"


DOCUMENTS: Final = (Form.JSON, Form.LINKED, Form.PLAIN)
ENDINGS: Final = {"json": Form.JSON, "jwt": Form.TOKEN, "pdf": Form.PDF}


def chosen(request: Request, offers: tuple[Form, ...] = tuple(Form)) -> Form:
    """The form that fits the Accept header best. Refusal 406: there is none."""
    found = negotiation.best(request.headers.get("accept"), offers)
    if found is None:
        raise Refusal(
            "This comes as " + ", ".join(offers) + ". Ask for one of these.",
            code="not-acceptable",
            title="Not in that form",
            status=406,
        )
    return Form(found)


def in_form(
    request: Request, session: Session, found: Holder, form: Form, *, now: datetime, negotiated: bool
) -> Response:
    """The certificate as a file. `negotiated`: by the Accept header, so that caches keep the forms apart."""
    settings: Settings = request.app.state.settings
    issued = service.credential_of(session, settings, found.certificate, now=now)
    number = found.certificate.number
    if form is Form.PDF:
        body = papers.certificate_paper(settings, found, issued)
        name = f"{number}.pdf"
    elif form is Form.TOKEN:
        body, name = issued.jwt.encode(), f"{number}.jwt"
    else:
        body, name = engine.as_json(issued.document).encode(), f"{number}.json"
    reply = cached(request, body, form)
    reply.headers["Content-Disposition"] = f'inline; filename="{name}"'
    if negotiated:
        reply.headers["Vary"] = "Accept"
        reply.headers["Content-Location"] = f"/registry/{number}/certificate.{name.rpartition('.')[2]}"
    return reply


def cached(request: Request, body: bytes, media_type: str, *, seconds: int = KEPT) -> Response:
    """A public file that any site may read; 304 where the caller has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={seconds}",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    held = (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(","))
    if tag in held:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def by_number(request: Request, session: Session, number: str, form: Form, *, now: datetime) -> Response:
    """A form at an address of its own."""
    return in_form(
        request, session, registry.holder(session, number, now=now), form, now=now, negotiated=False
    )


def document_reply(request: Request, signed: dict[str, Any]) -> Response:
    """A status list, as JSON or as a token."""
    form = chosen(request, (Form.JSON, Form.LINKED, Form.PLAIN, Form.TOKEN))
    body = signed["jwt"] if form is Form.TOKEN else engine.as_json(signed["document"])
    reply = cached(request, body.encode(), form)
    reply.headers["Vary"] = "Accept"
    return reply
