"""Every route of the application as a list, with what its address and its body want."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Base
from app.permissions import PERMISSIONS, Rule
from tests.app.test_frame import all_routes, permissions_of

# Which table a word of an address means, where its name is not the word itself.
TABLES = {
    "batch": "payout_batch",
    "instruction": "payout_instruction",
    "details": "payout_details",
    "case": "certification_case",
    "damage": "claim_photo",
    "ask": "pool_ask",
    "correction": "corrective_action",
    "list": "status_list",
    "token": "api_token",
    "redress": "complaint_redress",
    "file": "complaint_file",
    "theme": "consultation_theme",
    "comment": "consultation_comment",
    "view": "saved_filter",
    "capture": "epcis_capture",
    "subscription": "epcis_subscription",
    "witness": "log_witness",
}
AT_THE_ROOT = ("/health", "/epcis/")  # described routes that are not below /api


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str  # with its prefix and its {words}
    action: str
    api: bool
    questions: tuple[str, ...] = ()  # names of its query parameters

    @property
    def rule(self) -> Rule:
        return PERMISSIONS[self.action]

    @property
    def words(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def ids(self) -> list[str]:
        return [word for word in self.words if word.endswith("_id")]

    def at(self, values: dict[str, str]) -> str:
        return self.path.format_map(values)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes(app: FastAPI) -> list[Route]:
    found = {
        Route(
            method,
            ("/api" if route.include_in_schema and not route.path.startswith(AT_THE_ROOT) else "")
            + route.path_format,
            permissions_of(route.dependant)[0],
            api=route.include_in_schema,
            questions=tuple(questions_of(route.dependant)),
        )
        for route in all_routes(app)
        if isinstance(route, APIRoute) and not route.path.startswith("/docs")
        for method in route.methods or ()
    }
    return sorted(found, key=str)


def questions_of(dependant: Dependant) -> Iterator[str]:
    """Names of query parameters, those of dependencies too."""
    yield from (each.alias for each in dependant.query_params)
    for inner in dependant.dependencies:
        yield from questions_of(inner)


def ids_of(session: Session, word: str) -> list[UUID]:
    """All ids that `word`, like offer_id, could stand for. KeyError: say in TABLES which table it means."""
    noun = word.removesuffix("_id")
    table = Base.metadata.tables[TABLES.get(noun, noun)]
    return list(session.scalars(select(table.c.id).order_by(table.c.id)))


def example(described: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value that the description of the API gives as an example of `schema`."""
    if "$ref" in schema:
        return example(described, described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema or "enum" in schema:
        return schema.get("const", *schema.get("enum", [None])[:1])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example(described, schema[several][0])
    match schema.get("type"):
        case "object":
            return {
                name: example(described, inner)
                for name, inner in schema.get("properties", {}).items()
                if name in schema.get("required", ())
            }
        case "array":
            return [example(described, schema["items"])] if schema.get("minItems") else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "string":
            return {"date": "2026-02-01", "uuid": "0" * 8 + "-0000-7000-8000-" + "0" * 12}.get(
                schema.get("format", ""), "x" * schema.get("minLength", 1)
            )
    return None


def body_of(described: dict[str, Any], route: Route) -> dict[str, Any]:
    """Arguments of a request that carry a good body for `route`."""
    operation = described["paths"].get(route.path, {}).get(route.method.lower(), {}) if route.api else {}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return {"json": example(described, content["application/json"]["schema"])}
    if "multipart/form-data" in content:
        return {"files": {"file": ("a.txt", b"text")}, "data": {"criteria": "1.1"}}
    # what pages ask for before they look for the object
    return {} if route.api or route.method == "GET" else {"data": {"criterion": "1.1"}}


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON document, the inner ones too."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*at, number))
