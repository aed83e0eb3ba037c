"""Editing over the API: ETag and If-Match (RFC 9110, 13.1.1). 428 without a version, 412 with an old one."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from app.catalogue.service import Stale
from app.errors import Refusal


def etag(version: int) -> str:
    return f'"{version}"'


def given_version(request: Request) -> int | None:
    """The version in If-Match; None: the header is not there. One that is not ours fits nothing."""
    header = request.headers.get("if-match")
    if header is None:
        return None
    typed = header.strip().removeprefix("W/").strip('"')
    return int(typed) if typed.isdecimal() and len(typed) < 10 else -1


def wanted_version(request: Request) -> int:
    """The same, where a version must be given."""
    version = given_version(request)
    if version is None:
        raise Refusal(
            "Read it first, and send its ETag as If-Match, so that nobody's change is lost.",
            code="version-wanted",
            title="Which version do you change?",
            status=HTTPStatus.PRECONDITION_REQUIRED,
        )
    return version


Version = Annotated[int, Depends(wanted_version)]


@contextmanager
def newest() -> Iterator[None]:
    """Tells a program that its version is old as HTTP does: 412."""
    try:
        yield
    except Stale as stale:
        raise Refusal(
            "Somebody changed this meanwhile. Read it again, and send the new ETag as If-Match.",
            facts=stale.facts,
            code=stale.code,
            title=stale.title,
            status=HTTPStatus.PRECONDITION_FAILED,
        ) from stale
