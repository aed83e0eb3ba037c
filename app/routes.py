"""The two kinds of router that every slice uses."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from app.transaction import SerializableRoute, TransactionalRoute


class Fault(BaseModel):
    pointer: str = Field(description="JSON pointer of what to mend", examples=["/quantity"])
    detail: str = Field(examples=["Use 1 or more."])


class Problem(BaseModel):
    """RFC 9457. `type` is stable: programs decide by it."""

    type: str = Field(examples=["/problems/faulty-input"])
    title: str = Field(examples=["There is a problem"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["Mend the fields that are named and send again. Nothing was changed."])
    request_id: str | None = None
    errors: list[Fault] = []


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, words in {
        401: "No good token",
        403: "Not part of the role or of the token's scopes",
        404: "Not there, or not yours",
        409: "A rule says no",
        422: "The input has faults, each named",
    }.items()
}


def api_router(tag: str, *, serializable: bool = False) -> APIRouter:
    """JSON routes of one slice, below /api."""
    return APIRouter(
        tags=[tag],
        route_class=SerializableRoute if serializable else TransactionalRoute,
        responses=PROBLEMS,
    )


def page_router(*, serializable: bool = False) -> APIRouter:
    """HTML routes of one slice."""
    return APIRouter(
        route_class=SerializableRoute if serializable else TransactionalRoute,
        default_response_class=HTMLResponse,
        include_in_schema=False,
    )
