"""Around every request: a request id, security headers, no foreign forms, one log line."""

import re
import time
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db import uuid7

log = structlog.get_logger()

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# fastapi-offline's page has a script and a style of its own in it
DOCS_POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
SECRET: Final = re.compile(r"(?<=/)[\w-]{43}(?=/|$)")
"""As `identity.new_secret` makes them: the link for a new password has one in its path."""
BODY: Final = 4 << 20
"""Bytes of a body; an upload may have as many beside its file."""
UPLOADS: Final = ("multipart/form-data", "application/offset+octet-stream")
SAFE: Final = {"GET", "HEAD", "OPTIONS"}


class Around:
    """One ASGI middleware, so that the order is plain."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(uuid7())
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        path: str = scope["path"]
        begun = time.perf_counter()
        status = 500

        async def with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault("Content-Security-Policy", DOCS_POLICY if path == "/docs" else POLICY)
                headers.setdefault("Cache-Control", _caching(scope))
                if scope["app"].state.settings.secure_cookies:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        if scope["method"] not in SAFE and _foreign(Headers(scope=scope)):
            reply = PlainTextResponse(
                "This form was sent from another site, so nothing was done. Open Fairhaul and send it there.",
                403,
            )
            await reply(scope, receive, with_headers)
        else:
            await self.app(scope, _limited(scope, receive), with_headers)
        if not path.startswith("/static/"):
            log.info(
                "request",
                method=scope["method"],
                path=SECRET.sub("…", path),
                status=status,
                ms=round((time.perf_counter() - begun) * 1000, 1),
            )


def _limited(scope: Scope, receive: Receive) -> Receive:
    """The body, until it is larger than anything we ask for: then 413, before it fills disk or memory."""
    upload = Headers(scope=scope).get("content-type", "").startswith(UPLOADS)
    left = BODY + (scope["app"].state.settings.evidence_limit_bytes if upload else 0)

    async def limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, "This is larger than anything that is asked for here. Send less.")
        return message

    return limited


def _caching(scope: Scope) -> str:
    """Pages are never kept; what is below /static is, for ever where its address names its version."""
    if not scope["path"].startswith("/static/"):
        return "no-store"
    return "public, max-age=31536000, immutable" if b"v=" in scope["query_string"] else "public, max-age=3600"


def _foreign(headers: Headers) -> bool:
    """Whether another site made the browser send this. Programs send neither header, and no cookie."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
