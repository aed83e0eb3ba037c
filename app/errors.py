"""A refusal, and how it is told: a problem document (RFC 9457) to programs, a page to people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.exceptions import HTTPException

log = structlog.get_logger()


@dataclass
class Refusal(Exception):  # noqa: N818 - a refusal is not an error of ours
    """The base of every "no" that a person or a program should read.

    `code` is stable and becomes the problem's type (with a colon: as it is); `detail` says what to do;
    `fields` names what to mend, by form field or JSON pointer.
    """

    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    code: str = "refused"
    title: str = "This cannot be done"
    status: int = HTTPStatus.CONFLICT

    def __str__(self) -> str:
        return self.detail


@dataclass
class Missing(Refusal):
    """Not there, or not yours: both are told with the same words."""

    detail: str = "There is nothing at this address that you may see. Check the link, or go back to the list."
    code: str = "not-found"
    title: str = "Not found"
    status: int = HTTPStatus.NOT_FOUND


@dataclass
class Faulty(Refusal):
    """What was sent has faults; each is named in `fields`."""

    detail: str = "Mend the fields that are named and send again. Nothing was changed."
    code: str = "faulty-input"
    title: str = "There is a problem"
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass
class NotSignedIn(Refusal):
    detail: str = "Sign in first. Programs send an API token in the Authorization header."
    code: str = "not-signed-in"
    title: str = "Sign in"
    status: int = HTTPStatus.UNAUTHORIZED


@dataclass
class NotAllowed(Refusal):
    detail: str = "Your role does not include this. Ask an administrator of your organisation."
    code: str = "not-allowed"
    title: str = "Not part of your role"
    status: int = HTTPStatus.FORBIDDEN


@dataclass
class TooMany(Refusal):
    detail: str = "Too many tries. Wait 15 minutes and try again."
    code: str = "too-many"
    title: str = "Wait a little"
    status: int = HTTPStatus.TOO_MANY_REQUESTS
    retry_after: int = 900


@dataclass
class Meanwhile(Refusal):
    """Two requests wanted the same thing at the same time, and the other was first."""

    detail: str = (
        "Somebody changed the same thing at this moment, so nothing was done. Look again, then repeat."
    )
    code: str = "changed-meanwhile"
    title: str = "Changed meanwhile"


@dataclass
class Broken(Refusal):
    detail: str = "Something of ours is broken. Nothing was changed. Tell the operator the request number."
    code: str = "broken"
    title: str = "Our fault"
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR


# What the database says when two transactions met: to look again and repeat is right.
MEANWHILE: Final = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.ExclusionViolation,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
)


UNSTORABLE: Final = (
    "Something that was sent cannot be stored: a character that is no text, or a number far too large. "
    "Mend it and send again. Nothing was changed."
)


def wants_problem(request: Request) -> bool:
    """Whether the caller is a program: everything below /api and /epcis, and whoever asks for JSON."""
    return request.url.path.startswith(("/api/", "/epcis/")) or "json" in request.headers.get("accept", "")


def problem(request: Request, refusal: Refusal) -> Response:
    body = {
        "type": refusal.code if ":" in refusal.code else f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": int(refusal.status),
        "detail": refusal.detail,
        "request_id": getattr(request.state, "request_id", None),
    }
    if refusal.fields:
        body["errors"] = [
            {"pointer": name if name.startswith("/") else f"/{name}", "detail": words}
            for name, words in refusal.fields.items()
        ]
    if refusal.facts:
        body["facts"] = jsonable_encoder(dict(refusal.facts))
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == HTTPStatus.UNAUTHORIZED else {}
    if isinstance(refusal, TooMany):
        headers["Retry-After"] = str(refusal.retry_after)
    return JSONResponse(body, int(refusal.status), headers, media_type="application/problem+json")


def install(app: FastAPI, error_page: Callable[[Request, Refusal], Response]) -> None:
    """Every way in which a request can fail, and what is sent back: `error_page` to people."""

    def tell(request: Request, refusal: Refusal) -> Response:
        return problem(request, refusal) if wants_problem(request) else error_page(request, refusal)

    @app.exception_handler(Refusal)
    def refused(request: Request, exc: Refusal) -> Response:
        return tell(request, exc)

    @app.exception_handler(RequestValidationError)
    def unreadable(request: Request, exc: RequestValidationError) -> Response:
        fields: dict[str, str] = {}
        for fault in exc.errors():
            place = [str(part) for part in fault["loc"]]
            where = "/" + "/".join(place[1:] if place[0] in {"body", "query", "path"} else place)
            if place[0] == "path":
                return tell(request, Missing())
            fields.setdefault(where, in_plain_words(fault))
        return tell(request, Faulty(fields=fields))

    @app.exception_handler(HTTPException)
    def by_status(request: Request, exc: HTTPException) -> Response:
        if exc.status_code == HTTPStatus.NOT_FOUND:
            return tell(request, Missing())
        phrase = HTTPStatus(exc.status_code).phrase
        reply = tell(
            request,
            Refusal(
                str(exc.detail), code=phrase.lower().replace(" ", "-"), title=phrase, status=exc.status_code
            ),
        )
        for name, value in (exc.headers or {}).items():
            reply.headers[name] = value
        return reply

    @app.exception_handler(DBAPIError)
    def database_failed(request: Request, exc: DBAPIError) -> Response:
        if isinstance(exc.orig, MEANWHILE):
            log.warning("collision", error=type(exc.orig).__name__)
            return tell(request, Meanwhile())
        if isinstance(exc.orig, psycopg.DataError):
            # What no column can hold: a NUL, a number beyond 64 bits. Fields with limits say it better.
            log.warning("unstorable", error=type(exc.orig).__name__)
            return tell(request, Faulty(UNSTORABLE))
        log.error("database", exc_info=exc)
        if not (exc.connection_invalidated or isinstance(exc, OperationalError)):
            return tell(request, Broken())
        return tell(
            request,
            Refusal(
                "The database did not answer. Nothing was changed: try again in a minute.",
                code="unavailable",
                title="For a moment not available",
                status=HTTPStatus.SERVICE_UNAVAILABLE,
            ),
        )

    @app.exception_handler(Exception)
    def broken(request: Request, exc: Exception) -> Response:
        log.error("broken", exc_info=exc)
        return tell(request, Broken())


def in_plain_words(fault: Mapping[str, Any]) -> str:
    """A fault of pydantic's as a sentence that says what to do."""
    kind, context = str(fault["type"]), fault.get("ctx", {})
    match kind:
        case "missing":
            return "Add this field."
        case "extra_forbidden":
            return "This field is not known here. Remove it."
        case "string_too_long":
            return f"Use at most {context['max_length']} characters."
        case "string_too_short":
            return f"Use at least {context['min_length']} characters."
        case "greater_than_equal":
            return f"Use {context['ge']} or more."
        case "greater_than":
            return f"Use more than {context['gt']}."
        case "less_than_equal":
            return f"Use {context['le']} or less."
        case "enum" | "literal_error":
            return f"Use one of {context['expected']}."
        case "int_parsing" | "int_type" | "int_from_float":
            return "Use a whole number."
        case "json_invalid":
            return "This is not JSON."
        case "value_error":
            return str(context.get("error", fault["msg"]))
        case _:
            return str(fault["msg"]).replace("Input should be", "This must be").rstrip(".") + "."
