"""No input makes a 500: every operation of the API and every form of every page, fed with what is wrong.

Operations and forms are found by themselves (the API's description, a walk over the pages), each begun as
somebody who may use it on an object that is theirs; whatever it does is undone.
"""

import json
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Engine, select

from app.db import make_engine, make_sessions
from app.demo import cast
from app.embedded import Server, create_database
from app.main import create_app
from app.organisations.models import Membership, Person
from app.permissions import SCOPES
from app.settings import Settings
from tests.app.conftest import World, entered
from tests.app.every_route import Route, body_of, leaves, routes
from tests.app.hostile_scene import Scene, make
from tests.app.test_strangers import WORDS

People: TypeAlias = dict[str, dict[str, dict[str, str]]]
HUGE = 10**30
INTEGERS = (HUGE, -1, 2**63, "1e9")
TEXTS = ("", "\0", "a\ud800", "x" * 10_000, "\u202e\u2066🌍\x1b[2J", "0001-01-01", "9999-12-31", " ")
WRONG: tuple[Any, ...] = ({}, [], None, [[[[[]]]]], True)
TYPED: tuple[str | None, ...] = (
    "",
    "x" * 10_000,
    "\x01\x1f",
    "-1",
    "1e9",
    "🌍 \u202eabc",
    "a\0b",
    "9" * 40,
    "0001-01-01",
    str(uuid4()),
)


@dataclass
class Forms(HTMLParser):
    """The forms of a page: where each goes, and its fields with what stands in them."""

    found: list["FormOnPage"] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.select: str | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(
                FormOnPage(
                    given.get("action", ""),
                    given.get("method", "get").lower(),
                    upload=given.get("enctype", "").startswith("multipart"),
                )
            )
        if not self.found:
            return
        form, name = self.found[-1], given.get("name", "")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"checkbox", "radio"}:
                if "checked" in given or (kind == "radio" and name not in form.fields):
                    form.fields[name] = given.get("value", "on")
                form.chosen.add(name)
            elif kind == "file":
                form.chosen.add(name)
            else:
                form.fields[name] = given.get("value", "")
                if kind in {"hidden", "password"}:
                    form.chosen.add(name)
        elif tag == "select" and name:
            self.select = name
            form.fields[name] = ""
            form.chosen.add(name)
        elif tag == "option" and self.select and ("selected" in given or not form.fields[self.select]):
            form.fields[self.select] = given.get("value", "")
        elif tag == "textarea" and name:
            self.area = name
            form.fields[name] = ""
        elif tag == "button" and name:
            form.fields.setdefault(name, given.get("value", ""))
            form.chosen.add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        if tag == "textarea":
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[-1].fields[self.area] += data


@dataclass
class FormOnPage:
    action: str
    method: str
    upload: bool
    fields: dict[str, str] = field(default_factory=dict)
    chosen: set[str] = field(default_factory=set)  # not typed: what is picked, carried along or secret


@dataclass(frozen=True)
class Door:
    """A route at an address that opens for these headers."""

    route: Route
    address: str
    headers: tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def demo_engine(server: Server, worker_id: str, demo_template: str) -> Iterator[Engine]:
    """A database of its own, with more in it than the demo."""
    engine = make_engine(create_database(server, f"hostile_{worker_id}", demo_template))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def demo_app(demo_engine: Engine, demo_data: Path) -> FastAPI:
    return create_app(Settings(data=demo_data, demo=False), make_sessions(demo_engine))


@pytest.fixture(scope="module")
def scene(demo_engine: Engine, demo_app: FastAPI) -> Scene:
    """Made once, for all tests here, and kept."""
    with entered(demo_engine, demo_app, keep=True) as world:
        return make(world)


@pytest.fixture
def people(world: World) -> People:
    """Role -> account -> headers of its browser, and of its programs."""
    rows = world.session.execute(
        select(Membership.role, Person.email, Person.id)
        .join(Person)
        .where(Person.email.endswith(cast.DOMAIN))
        .order_by(Person.email)
    ).all()
    by_person = {
        row.id: {**world.cookie(row.id), "token": world.token(row.id, *SCOPES)["authorization"]}
        for row in rows
    }
    found: People = {}
    for role, email, person in rows:
        found.setdefault(role, {})[email] = by_person[person]
    return found


def headers_of(route: Route, account: str, people: People, scene: Scene) -> dict[str, str]:
    if not account:
        return {"cookie": scene.cookie} if route.path.startswith("/complaints/") else {}
    both = next(accounts[account] for accounts in people.values() if account in accounts)
    return {"authorization": both["token"]} if route.api else {"cookie": both["cookie"]}


_KEYS: dict[Route, tuple[str, dict[str, str]]] = {}
"""What opened a route before: whose account, and what stands in the address. The scene stays as it is."""


def doors(world: World, people: People, scene: Scene, wanted: list[Route]) -> Iterator[Door]:
    """Every route, with somebody and something for which it does more than refuse, if there is such."""
    for route in wanted:
        if route not in _KEYS:
            _KEYS[route] = _key(world, people, scene, route)
        account, some = _KEYS[route]
        yield Door(route, route.at(some), tuple(headers_of(route, account, people, scene).items()))


def _key(world: World, people: People, scene: Scene, route: Route) -> tuple[str, dict[str, str]]:
    """The first that opens it; else one whose object is there, but for a rule; else the first of all."""
    body = good(world, scene, route)
    best: dict[bool, tuple[str, dict[str, str]]] = {}
    alike = [
        key for other, key in _KEYS.items() if (other.ids, other.rule.roles) == (route.ids, route.rule.roles)
    ]
    for who, some in scene.tries(route, WORDS, {r: list(each) for r, each in people.items()}, alike[:-4:-1]):
        headers = {"if-match": '"1"'} | headers_of(route, who, people, scene)
        with world.undone():
            reply = world.visitor.request(route.method, route.at(some), headers=headers, **body)
        if reply.status_code not in {401, 403, 404, 409}:
            return who, some
        best.setdefault(reply.status_code == 409, (who, some))
    return best[max(best)]


def good(world: World, scene: Scene, route: Route) -> dict[str, Any]:
    """Arguments of a request whose body a route takes."""
    return scene.bodies.get(str(route)) or body_of(world.app.openapi(), route)


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    made = deepcopy(document)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return made


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def fault(reply: Response, api: bool) -> str | None:
    if reply.status_code >= 500:
        return f"{reply.status_code}"
    if api and reply.status_code >= 400 and reply.headers["content-type"] != "application/problem+json":
        return f"{reply.status_code} without a problem document"
    return None


def send(world: World, door: Door, **what: Any) -> Response:
    headers = {"if-match": '"1"'} | dict(door.headers) | what.pop("headers", {})
    with world.undone():
        return world.visitor.request(
            door.route.method, what.pop("address", door.address), headers=headers, **what
        )


def as_json(document: Any) -> dict[str, Any]:
    return {"content": json.dumps(document).encode(), "headers": {"content-type": "application/json"}}


_Value = TypeVar("_Value")


def turn(values: Sequence[_Value], place: int, count: int) -> list[_Value]:
    """`count` of the values, others at each place: all of them meet every sort of field, in less time."""
    return [values[(place * count + number) % len(values)] for number in range(min(count, len(values)))]


def hostile_documents(good: Any) -> Iterator[Any]:
    for place, path in enumerate(leaves(good)):
        value = at(good, path)
        if isinstance(value, (dict, list)):
            some: tuple[Any, ...] = WRONG
        elif isinstance(value, int):
            some = INTEGERS
        else:
            some = TEXTS
        for each in (*turn(some, place, 3), *(["\0"] if isinstance(value, str) else [])):
            yield replaced(good, path, each)


def test_most_doors_open(world: World, people: People, scene: Scene) -> None:
    """The control of the tests below: they begin where there is something to break."""
    shut = []
    every = [r for r in routes(world.app) if r.path != "/health"]
    for door in doors(world, people, scene, every):
        reply = send(world, door, **good(world, scene, door.route))
        if reply.status_code in {401, 403, 404}:
            shut.append(f"{door.route} {reply.status_code}")
    assert len(shut) < len(every) / 8, "\n".join(shut)


def test_no_body_of_the_api_makes_a_500(world: World, people: People, scene: Scene) -> None:
    wrong, sent = [], 0
    for door in doors(world, people, scene, [r for r in routes(world.app) if r.api and r.method != "GET"]):
        document = good(world, scene, door.route).get("json")
        bodies: list[dict[str, Any]] = [
            {"content": content, "headers": {"content-type": kind}}
            for content, kind in (
                (b"", "application/json"),
                (b"{", "application/json"),
                (b"\xff\xfe\x00", "application/json"),
                (b"[" * 5000, "application/json"),
                (b"{}", "text/plain"),
                (b"<a/>", "application/xml"),
                (b"a=b", "application/x-www-form-urlencoded"),
                (b"--x", "multipart/form-data; boundary=x"),
                (b"NaN", "application/json"),
            )
        ]
        bodies.append({"headers": {"idempotency-key": "k" * 201}})
        bodies += [as_json(each) for each in hostile_documents(document)] if document is not None else []
        for body in bodies:
            sent += 1
            shown = str(body)[:300]
            reply = send(world, door, **body)
            if bad := fault(reply, api=True):
                wrong.append(f"{door.route} gave {bad} for {shown}")
    assert not wrong, "\n".join(wrong)
    assert sent > 1000


LONGEST_ADDRESS = 60_000
QUERIES: tuple[str | bytes, ...] = (
    "\0",
    b"\xed\xa0\x80",
    "9" * 40,
    "-1",
    "x" * 5000,
    "",
    "🌍",
    "a:b:c",
    "2026-13-45",
    "AAAA",
)


def test_no_question_makes_a_500(world: World, people: People, scene: Scene) -> None:
    """Odd query parameters and cursors, at every address that can be read."""
    wrong, asked = [], 0
    for door in doors(
        world, people, scene, [r for r in routes(world.app) if r.method == "GET" and r.path != "/health"]
    ):
        page = Forms()
        if not door.route.api:
            page.feed(send(world, door).text)
        names = {
            *door.route.questions,
            *(n for form in page.found if form.method == "get" for n in form.fields),
        }
        queries: list[dict[str, str | bytes]] = [dict.fromkeys(names or {"lang", "q"}, QUERIES[0])]
        # Together as long as an address may be.
        queries += [
            dict.fromkeys(names, value[: LONGEST_ADDRESS // len(names)]) for value in QUERIES if names
        ]
        queries += [{name: value} for place, name in enumerate(names) for value in turn(QUERIES, place, 2)]
        for query in queries:
            asked += 1
            typed = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in query.items())
            if bad := fault(send(world, door, address=f"{door.address}?{typed}"), door.route.api):
                wrong.append(f"{door.route} gave {bad} for {query!s:.80}")
    assert not wrong, "\n".join(wrong)
    assert asked > 300


def forms_of(world: World, people: People, scene: Scene) -> dict[tuple[str, str], tuple[Door, FormOnPage]]:
    """Every form that stands on a page, once by its route and the fields it has."""
    everything = routes(world.app)
    found: dict[tuple[str, str], tuple[Door, FormOnPage]] = {}
    for door in doors(
        world,
        people,
        scene,
        [r for r in everything if r.method == "GET" and not r.api and r.path != "/health"],
    ):
        reply = send(world, door)
        page = Forms()
        page.feed(reply.text)
        for form in page.found:
            action = form.action or door.address
            if form.method == "post" and action != "/sign-out":
                found.setdefault((pattern(action), str(sorted(form.fields))), (door, form))
    return found


def pattern(address: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", address.split("?", maxsplit=1)[0])


def test_no_form_makes_a_500_and_what_was_typed_stays(world: World, people: People, scene: Scene) -> None:
    wrong, sent = [], 0
    forms = forms_of(world, people, scene)
    for door, form in forms.values():
        action = form.action or door.address
        tries = [(name, value) for place, name in enumerate(form.fields) for value in turn(TYPED, place, 6)]
        for name, value in [("", ""), *tries]:
            fields = {k: v for k, v in form.fields.items() if k != "form_key"}
            if name == "form_key":
                continue
            if value is None:
                fields.pop(name)
            elif name:
                fields[name] = value
            sent += 1
            with world.undone():
                body: dict[str, Any] = {"data": fields}
                if form.upload:
                    body["files"] = {"file": ("a.txt", b"text")}
                reply = world.visitor.post(action, headers=dict(door.headers), **body)
            if bad := fault(reply, api=False):
                wrong.append(f"POST {action} gave {bad} for {name}={value!r:.40}")
            elif reply.status_code == 422:
                lost = [
                    f"{k}={v!r:.40}"
                    for k, v in fields.items()
                    if k not in form.chosen
                    and v.strip()
                    and v.isprintable()
                    and escape(v.strip()).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
                    not in reply.text
                ]
                if lost:
                    wrong.append(f"POST {action} with {name}={value!r:.40} lost {lost}")
    assert not wrong, "\n".join(wrong)
    assert len(forms) > 20
