"""The two kinds of router that every slice uses."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from starlette.routing import Match
from starlette.types import Scope

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


class Router(APIRouter):
    """Passes at once where none of its routes begins like the address.

    There are hundreds of routes in dozens of routers: to try all took half the time of a short request.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if self._begins and _begin(path) not in self._begins:
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _begins(self) -> frozenset[str]:
        """With which words its routes begin; empty where one begins with anything. All are there by now."""
        found = frozenset(_begin(path) for path in _paths(self))
        return frozenset() if any("{" in word for word in found) else found


def _begin(path: str) -> str:
    """The first word of an address, the one after /api where it begins so."""
    return path.removeprefix("/api").lstrip("/").split("/", 1)[0]


def _paths(router: APIRouter) -> Iterator[str]:
    """Of its routes, and of those of the routers in it."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield getattr(route, "path", "/{}")
        else:
            prefix = route.include_context.prefix  # type: ignore[attr-defined]
            yield from (prefix + path for path in _paths(inner))


def api_router(tag: str, *, serializable: bool = False) -> Router:
    """JSON routes of one slice, below /api."""
    return Router(
        tags=[tag],
        route_class=SerializableRoute if serializable else TransactionalRoute,
        responses=PROBLEMS,
    )


def page_router(*, serializable: bool = False) -> Router:
    """HTML routes of one slice."""
    return Router(
        route_class=SerializableRoute if serializable else TransactionalRoute,
        default_response_class=HTMLResponse,
        include_in_schema=False,
    )
