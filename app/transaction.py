"""One transaction a request, committed before the reply is sent; and the same reply to a repeated request.

A route class rather than a `yield` dependency: here the reply is known before the commit, so it can be kept
in the same transaction as the change (draft-ietf-httpapi-idempotency-key-header), and a failing commit can
never answer 200.
"""

import hashlib
import json
import re
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app.db import Base
from app.errors import Faulty, Refusal
from app.identity import identify
from app.isolation import MET, TRIES, could_not_serialize, isolate

KEY_LENGTH: Final = 200
NEVER_REPEATED: Final = ("/sign-in",)  # each submit asks for a session of its own
NEVER_KEPT: Final = re.compile(
    r"(/api)?/(complaints|claims/[^/]+/escalate|consultations/([^/]+/)?comments"
    r"|votes/[^/]+/(ballots|receipts))(/.*)?"
)
"""What people send without a name, or what gives them a receipt: neither where it came from nor the reply is
kept.
"""
KEPT_FOR: Final = timedelta(days=2)
UNREADABLE: Final = (
    "The upload could not be read: it is not whole, or a file's name is too long. "
    "Give the file a shorter name and send it again."
)
SHOWN_ONCE: Final = ("POST /api/accounts", "POST /api/tokens")


class IdempotentReply(Base):
    """A reply that was given once; `scope` is who asked, on which route."""

    __tablename__ = "idempotent_reply"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None]
    at: Mapped[datetime] = mapped_column(index=True)


class TransactionalRoute(APIRoute):
    """Opens the session, finds out who asks, runs the route, keeps the reply, commits, replies."""

    serializable = False
    streams = False  # True: the route reads its body itself, and gives its connection back meanwhile

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            if not self.streams:
                await arrive(request)
            tries = 1
            try:
                while True:
                    try:
                        return await once(request)
                    except MET as fault:
                        if tries == TRIES or not (self.serializable and could_not_serialize(fault)):
                            raise
                        tries += 1
            finally:
                await request.close()

        async def once(request: Request) -> Response:
            session: Session = request.app.state.sessions()
            request.state.db = session
            try:
                if self.serializable:
                    await run_in_threadpool(isolate, session)
                now = request.app.state.clock()
                request.state.now = now
                request.state.actor = await run_in_threadpool(identify, session, request, now)
                await refuse_nul(request)
                key = await repeat_key(request)
                if key and (earlier := await run_in_threadpool(claim, session, *key, now)):
                    return earlier
                reply = await handler(request)
                if reply.status_code < HTTPStatus.BAD_REQUEST:  # else undone by closing
                    if key:
                        await run_in_threadpool(keep, session, key[0], key[1], reply)
                    await run_in_threadpool(session.commit)
                return reply
            finally:
                await run_in_threadpool(session.close)

        return in_transaction


class SerializableRoute(TransactionalRoute):
    """The same in a serializable transaction, tried again from its beginning where it has to be."""

    serializable = True


async def arrive(request: Request) -> None:
    """Read the body before a connection to the database is taken: whoever sends slowly holds none."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    upload = request.headers.get("content-type", "").startswith("multipart/form-data")
    if upload and "idempotency-key" not in request.headers:  # the hash of a repeat is over the whole body
        try:
            await request.form()
        except HTTPException as fault:
            if fault.status_code != HTTPStatus.BAD_REQUEST:
                raise
            raise Faulty(fields={"file": UNREADABLE}) from fault
    else:
        await request.body()


async def refuse_nul(request: Request) -> None:
    """Faulty, by JSON pointer: text of a JSON body holds U+0000, which is no text and cannot be stored."""
    if "json" not in request.headers.get("content-type", ""):
        return
    if b"\\u0000" not in await request.body():  # raw control characters are no JSON
        return
    try:
        waiting: list[tuple[str, Any]] = [("", await request.json())]
    except (ValueError, RecursionError):
        return  # told by who reads the body
    fields: dict[str, str] = {}
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            fields[pointer or "/"] = "Leave out the character U+0000."
        elif isinstance(value, dict):
            waiting += [(f"{pointer}/{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{pointer}/{place}", inner) for place, inner in enumerate(value)]
    if fields:
        raise Faulty(fields=fields)


async def repeat_key(request: Request) -> tuple[str, str, str] | None:
    """(scope, key, hash of the request), or None where the caller gave no key.

    Programs send `Idempotency-Key`. Forms carry a `form_key`: there a changed form is a new wish, so its
    content is part of the key.
    """
    if request.method != "POST":
        return None
    key = request.headers.get("idempotency-key")
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if not key and not form:
        return None
    if request.url.path in NEVER_REPEATED or NEVER_KEPT.fullmatch(request.url.path):
        return None
    body = await request.body()
    digest = hashlib.sha256(without_password(body, form=form)).hexdigest()
    if not key:
        typed = parse_qs(body.decode("utf-8", "replace")).get("form_key")
        if not typed or not typed[0].isprintable():
            return None
        key = f"{typed[0][:KEY_LENGTH]}:{digest}"
    elif len(key) > KEY_LENGTH or not key.isprintable():
        raise Faulty(fields={"Idempotency-Key": f"Use at most {KEY_LENGTH} characters that can be read."})
    actor = request.state.actor
    if actor:  # a colleague, or a token of fewer scopes, must not be given what this one may read
        scopes = "" if actor.scopes is None else ",".join(sorted(actor.scopes))
        who = f"{actor.organisation_id} {actor.person_id} {scopes}"
    else:
        who = request.client.host if request.client else "?"
    return f"{who} {request.method} {request.url.path}", key, digest


def without_password(body: bytes, *, form: bool) -> bytes:
    """What of a request may be kept as a fast hash: not the one field that people use elsewhere too."""
    if b"password" not in body:
        return body
    if form:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        return urlencode([pair for pair in pairs if pair[0] != "password"]).encode()
    try:
        told = json.loads(body)
    except ValueError:
        return body
    if isinstance(told, dict):
        told.pop("password", None)
    return json.dumps(told, sort_keys=True).encode()


def claim(session: Session, scope: str, key: str, digest: str, now: datetime) -> Response | None:
    """Take the key, or give the reply that it got before. A second request waits for the first for 3 s."""
    session.execute(text("SET LOCAL lock_timeout = '3s'"))
    row = {"scope": scope, "key": key, "request_hash": digest, "at": now}
    try:
        taken = session.execute(
            insert(IdempotentReply).values(row).on_conflict_do_nothing().returning(IdempotentReply.key),
        ).scalar()
    except OperationalError as fault:
        session.rollback()
        raise Refusal(
            "The same request is still running. Ask again in a few seconds.",
            code="still-running",
            title="Still running",
        ) from fault
    session.execute(text("SET LOCAL lock_timeout = '10s'"))
    if taken:
        return None
    found = session.scalars(select(IdempotentReply).filter_by(scope=scope, key=key)).one()
    if found.request_hash != digest:
        raise Refusal(
            "This Idempotency-Key was used for another request. Use a new one.",
            code="key-reused",
            title="Key used before",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    return Response(found.body, found.status or 200, found.headers)


def keep(session: Session, scope: str, key: str, reply: Response) -> None:
    """Store the reply beside the change that it tells of. A secret in it is shown once and never stored."""
    row = session.get_one(IdempotentReply, (scope, key))
    if scope.endswith(SHOWN_ONCE):
        row.status = HTTPStatus.CONFLICT
        row.headers = {"content-type": "application/problem+json"}
        row.body = json.dumps(
            {
                "type": "/problems/shown-once",
                "title": "Done before",
                "status": int(HTTPStatus.CONFLICT),
                "detail": "This was done. Its token was shown once, with the first reply: make a new one.",
            },
        ).encode()
        return
    row.status, row.body = reply.status_code, bytes(reply.body)
    wanted = {"content-type", "location", "etag"}
    row.headers = {name: value for name, value in reply.headers.items() if name in wanted}


def forget_old(session: Session, now: datetime) -> None:
    """Remove the replies that nobody repeats any more."""
    session.execute(delete(IdempotentReply).where(IdempotentReply.at < now - KEPT_FOR))


# Asynchronous though they wait for nothing: else each request would pay a thread for each.
async def _session(request: Request) -> Session:
    session: Session = request.state.db
    return session


async def _now(request: Request) -> datetime:
    now: datetime = request.state.now
    return now


Db = Annotated[Session, Depends(_session)]
Now = Annotated[datetime, Depends(_now)]
