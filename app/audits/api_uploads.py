"""Uploads that resume, after tus 1.0.0: core, creation, checksum, expiration, termination.

POST announces a file and gives its address; PATCH sends bytes from an offset on; HEAD says where to go on;
DELETE gives it up. https://tus.io/protocols/resumable-upload
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.audits import application, uploads
from app.audits.evidence import About, Differs
from app.audits.uploads import Elsewhere, Progress
from app.errors import Faulty, Refusal, problem
from app.permissions import Actor, Needs
from app.routes import PROBLEMS
from app.transaction import Db, Now, TransactionalRoute

VERSION: Final = "1.0.0"
STREAM: Final = "application/offset+octet-stream"
CHECKED: Final = 8 << 20
"""Bytes that one PATCH with a checksum may carry: they are held back until it fits."""
ALGORITHMS: Final = ("sha256", "sha1")


class TusRoute(TransactionalRoute):
    """Every reply names the version of the protocol; bodies are read as they come."""

    streams = True

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def named(request: Request) -> Response:
            try:
                reply = await inner(request)
            except Refusal as refusal:
                reply = problem(request, refusal)
            reply.headers["Tus-Resumable"] = VERSION
            if reply.status_code == HTTPStatus.PRECONDITION_FAILED:
                reply.headers["Tus-Version"] = VERSION
            reply.headers["Cache-Control"] = "no-store"
            return reply

        return named


router = APIRouter(tags=["certification"], route_class=TusRoute, responses=PROBLEMS)

Sender = Annotated[Actor, Depends(Needs("case.answer"))]
Version = Annotated[str, Header(alias="Tus-Resumable", description="1.0.0")]


class ProgressOut(BaseModel):
    """`received` of `size` bytes are kept. `evidence_id`: it is whole and its hash was checked."""

    id: UUID
    name: str
    size: int
    received: int
    expires_at: datetime
    evidence_id: UUID | None


class UnfinishedOut(BaseModel):
    uploads: list[ProgressOut]


def _need_version(version: str) -> None:
    if version != VERSION:
        raise Refusal(
            f"Send the header Tus-Resumable: {VERSION}. Other versions of tus are not spoken here.",
            code="tus-version",
            title="Another version of tus",
            status=HTTPStatus.PRECONDITION_FAILED,
        )


def _out(found: Progress) -> ProgressOut:
    return ProgressOut(
        id=found.id,
        name=found.name,
        size=found.size,
        received=found.received,
        expires_at=found.expires_at,
        evidence_id=found.evidence,
    )


def _headers(found: Progress) -> dict[str, str]:
    told = {
        "Upload-Offset": str(found.received),
        "Upload-Length": str(found.size),
        "Upload-Expires": format_datetime(found.expires_at, usegmt=True),
    }
    return told | ({"Fairhaul-Evidence": str(found.evidence)} if found.evidence else {})


@router.options("/certification/uploads", status_code=204)
def options(request: Request, actor: Sender) -> Response:
    """What of tus is spoken here."""
    del actor
    return Response(
        status_code=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,checksum,expiration,termination",
            "Tus-Max-Size": str(request.app.state.settings.evidence_limit_bytes),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@router.post("/certification/uploads", status_code=201, response_class=Response)
def create(
    request: Request,
    actor: Sender,
    db: Db,
    now: Now,
    *,
    version: Version = "",
    length: Annotated[str, Header(alias="Upload-Length", description="size of the file in bytes")] = "",
    metadata: Annotated[
        str,
        Header(
            alias="Upload-Metadata",
            description="keys with base64 values: filename; if wished criteria (1.1,2.4), "
            "valid_until (ISO day), replaces (id of a file), sha256 (hex: checked at the end)",
        ),
    ] = "",
) -> Response:
    """Announce a file. The reply's Location is where its bytes go."""
    _need_version(version)
    if not length.isdecimal() or len(length) > 15:
        raise Faulty(fields={"/Upload-Length": "Say how many bytes the file has."})
    limit = request.app.state.settings.evidence_limit_bytes
    found = uploads.start(db, actor, read_metadata(metadata), size=int(length), limit=limit, now=now)
    address = f"/api/certification/uploads/{found.id}"
    return Response(status_code=201, headers=_headers(found) | {"Location": address})


def read_metadata(header: str) -> About:
    """Upload-Metadata as tus writes it: `key base64,key base64`. Faulty: which value, and what to do."""
    said: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            said[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as fault:
            raise Faulty(fields={f"/Upload-Metadata/{key}": "Send this as base64 of UTF-8."}) from fault
        if not said[key].isprintable():
            raise Faulty(fields={f"/Upload-Metadata/{key}": "Leave out the control characters."})
    sha256 = said.get("sha256", "").lower() or None
    if sha256 and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        raise Faulty(fields={"/Upload-Metadata/sha256": "Send the SHA-256 as 64 hexadecimal digits."})
    return About(
        name=said.get("filename", said.get("name", "")),
        criteria=[each.strip() for each in said.get("criteria", "").split(",") if each.strip()],
        valid_until=_read(said, "valid_until", date.fromisoformat, "Send a day like 2027-12-31."),
        replaces=_read(said, "replaces", UUID, "Send the id of one of your files."),
        sha256=sha256,
    )


def _read(said: dict[str, str], key: str, kind: Callable[[str], Any], words: str) -> Any:
    if not said.get(key):
        return None
    try:
        return kind(said[key])
    except ValueError as fault:
        raise Faulty(fields={f"/Upload-Metadata/{key}": words}) from fault


@router.get("/certification/uploads")
def unfinished(actor: Sender, db: Db, now: Now) -> UnfinishedOut:
    """What is still on its way."""
    kept = application.need_case(db, actor, lock=False)
    return UnfinishedOut(uploads=[_out(each) for each in uploads.unfinished(db, kept.row.id, now=now)])


@router.get("/certification/uploads/{upload_id}")
def progress(upload_id: UUID, actor: Sender, db: Db, now: Now) -> ProgressOut:
    """How far an upload is."""
    return _out(uploads.look(db, actor, upload_id, now=now))


@router.head("/certification/uploads/{upload_id}", response_class=Response)
def offset(upload_id: UUID, actor: Sender, db: Db, now: Now, *, version: Version = "") -> Response:
    """Where to go on: Upload-Offset."""
    found = uploads.look(db, actor, upload_id, now=now)
    _need_version(version)
    return Response(headers=_headers(found))


@router.delete("/certification/uploads/{upload_id}", status_code=204)
def drop(upload_id: UUID, actor: Sender, db: Db, now: Now) -> None:
    """Give an upload up; what arrived is removed. Evidence that came of it stays."""
    uploads.drop(db, actor, upload_id, now=now)


@router.patch("/certification/uploads/{upload_id}", status_code=204, response_class=Response)
async def append(
    request: Request,
    upload_id: UUID,
    *,
    actor: Sender,
    db: Db,
    now: Now,
    version: Version = "",
    at: Annotated[str, Header(alias="Upload-Offset", description="where these bytes begin")] = "",
    checksum: Annotated[
        str, Header(alias="Upload-Checksum", description="sha256 or sha1, a space, base64 of the hash")
    ] = "",
) -> Response:
    """Send bytes, from the offset that HEAD gives. With the last ones the file is checked and kept.

    What came before a line was cut is kept. With Upload-Checksum it is kept only if it fits (else 460).
    """
    found = await run_in_threadpool(uploads.look, db, actor, upload_id, now=now)
    _need_version(version)
    if request.headers.get("content-type") != STREAM:
        raise Refusal(
            f"Send the bytes as {STREAM}.",
            code="wrong-type",
            title="Wrong content type",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )
    if not at.isdecimal() or len(at) > 15:
        raise Faulty(fields={"/Upload-Offset": "Say where these bytes begin."})
    if int(at) != found.received:
        raise Elsewhere(facts={"offset": found.received})
    if found.evidence is not None:
        return Response(status_code=204, headers=_headers(found))
    await run_in_threadpool(db.rollback)  # no connection is held while bytes trickle in
    receiver = _Receiver(request, db, actor, found, now)
    try:
        await (receiver.checked(checksum) if checksum else receiver.as_it_comes())
    except (Faulty, Differs):  # it can never be kept, so nobody shall go on with it
        await run_in_threadpool(db.rollback)
        await run_in_threadpool(uploads.give_up, request.app.state.sessions, upload_id)
        raise
    return Response(status_code=204, headers=_headers(await receiver.now_at()))


class _Receiver:
    """Takes the body of one PATCH piece by piece."""

    def __init__(self, request: Request, db: Db, actor: Actor, found: Progress, now: datetime) -> None:
        self.request, self.db, self.actor, self.found, self.now = request, db, actor, found, now
        self.at, self.state = found.received, request.app.state

    async def as_it_comes(self) -> None:
        """What is whole is kept at once; when the line is cut, the rest of what came too."""
        waiting = bytearray()
        try:
            async for chunk in self.request.stream():
                waiting += chunk
                self._need_room(len(waiting))
                while len(waiting) > uploads.PIECE:
                    await self._keep(bytes(waiting[: uploads.PIECE]))
                    del waiting[: uploads.PIECE]
        except ClientDisconnect:
            if waiting and self.at + len(waiting) < self.found.size:
                await self._keep(bytes(waiting))
            return
        if waiting:
            await self._keep(bytes(waiting))

    async def checked(self, checksum: str) -> None:
        """All of the body or nothing of it."""
        name, _, stated = checksum.partition(" ")
        if name not in ALGORITHMS:
            raise Refusal(
                f"Use one of these checksums: {', '.join(ALGORITHMS)}.",
                code="checksum-unknown",
                title="Unknown checksum",
                status=HTTPStatus.BAD_REQUEST,
            )
        body = bytearray()
        try:
            async for chunk in self.request.stream():
                body += chunk
                self._need_room(len(body))
                if len(body) > CHECKED:
                    raise _too_long(f"With a checksum send at most {CHECKED >> 20} MB at once.")
        except ClientDisconnect:
            return
        digest = hashlib.new(name, body, usedforsecurity=False).digest()
        if base64.b64encode(digest).decode() != stated.strip():
            raise Refusal(
                "These bytes do not fit their checksum, so they were not kept. Send them again.",
                code="piece-differs",
                title="Not what was sent",
                status=Differs.status,
            )
        for begin in range(0, len(body), uploads.PIECE):
            await self._keep(bytes(body[begin : begin + uploads.PIECE]))

    def _need_room(self, waiting: int) -> None:
        if self.at + waiting > self.found.size:
            raise _too_long("These are more bytes than were announced.")

    async def _keep(self, piece: bytes) -> None:
        if self.at + len(piece) < self.found.size:
            await run_in_threadpool(
                uploads.keep_piece,
                self.state.sessions,
                self.state.store,
                self.found.id,
                at=self.at,
                piece=piece,
                now=self.now,
            )
        else:
            await run_in_threadpool(
                uploads.finish,
                self.db,
                self.state.store,
                self.actor,
                self.found.id,
                at=self.at,
                last=piece,
                limit=self.state.settings.evidence_limit_bytes,
                scanner=self.state.settings.scanner,
                now=self.now,
            )
        self.at += len(piece)

    async def now_at(self) -> Progress:
        return await run_in_threadpool(uploads.look, self.db, self.actor, self.found.id, now=self.now)


def _too_long(words: str) -> Refusal:
    return Refusal(words, code="too-large", title="Too much", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
