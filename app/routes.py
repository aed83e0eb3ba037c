"""The two kinds of router that every slice uses."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.transaction import TransactionalRoute

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


def api_router(tag: str) -> APIRouter:
    """JSON routes of one slice, below /api."""
    return APIRouter(tags=[tag], route_class=TransactionalRoute, responses=PROBLEMS)


def page_router() -> APIRouter:
    """HTML routes of one slice."""
    return APIRouter(route_class=TransactionalRoute, default_response_class=HTMLResponse, include_in_schema=False)
