"""Nobody reads or changes what is not theirs: every route against everybody who must not be let in.

The matrix is made of the application's routes and of the permission table, so a new route is in it at once.
A new kind of object in an address needs a line in `every_route.TABLES` where its name is not its table's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import Request
from httpx2 import Response
from sqlalchemy import func, select, true

from app.audits.demo import People, Stage, bring_to
from app.history import Happening
from app.mail import Mail
from app.organisations.models import Kind, Membership, Organisation, Site
from app.permissions import SCOPES, Needs, Role
from tests.app.conftest import World
from tests.app.every_route import Route, body_of, ids_of, routes
from tests.app.making import Making

HOME = {
    Role.PRODUCER: Kind.PRODUCER,
    Role.BUYER: Kind.BUYER,
    Role.AUDITOR: Kind.CERTIFIER,
    Role.PEER: Kind.PRODUCER,
    Role.DECISION_MAKER: Kind.CERTIFIER,
    Role.APPEAL: Kind.CERTIFIER,
    Role.PROGRAMME: Kind.CERTIFIER,
    Role.HUB: Kind.HUB,
    Role.OMBUDSPERSON: Kind.CIVIL_SOCIETY,
    Role.OPERATOR: Kind.PLATFORM,
}
# Words of addresses that are not ids, each with a value that exists.
WORDS = {
    "criterion": "1.1",
    "principle": "1",
    "kind": "departed",
    "ruling": "suspend",
    "purpose": "revocation",
    "secret": "none",
    "slug": "demo-platform",
    "number": "FH-2026-00001",
    "key": "fairhaul",
    "case_number": "C-2026-0001",
    "document": "constitution",
    "version_number": "1",
    "consultation": "demo-pesticides-in-the-next-standard",
    "side": "complainant",
    # EPCIS
    "event_uri": "urn:uuid:none",
    "query_name": "none",
    "resource": "bizSteps",
    "member": "departing",
    "anywhere": "events",
    "vote": "demo-accounts-of-the-year",
    "dataset": "registry",
    "year": "2026",
    # a tile of the transparency log
    "index": "0",
    "level": "0",
    "tile": "000.p",
    "more": "1",
    "yet_more": "1",
    "width": "1",
    "paper": "invoice",
    "code": "L-DEM0001",
    "gtin": "09520000123451",
    "table": "cards",
    "guide": "carrier-quotes",
    "part": "problem",
    "state": "on",  # of a webhook
    "sscc": "395201230000000012",
}
# Whose work is everybody's: for these a stranger's object is an object like their own.
EVERYBODYS = {
    Role.PROGRAMME: ("case.", "evidence.", "consultation.", "vote."),
    Role.OMBUDSPERSON: ("complaint.handle",),
    Role.DECISION_MAKER: ("case.", "evidence.", "interest."),
    Role.AUDITOR: ("interest.",),
    Role.PEER: ("interest.",),
    Role.APPEAL: ("interest.",),
    Role.OPERATOR: (
        "money.",
        "payment.",
        "payout.",
        "rate-card.read",
        "shipment.",
        "pool.steps",
        "log.witness",
        "consultation.",
        "vote.",
    ),
    Role.BUYER: (
        "order.join /pools",
        "order.join /api/pools",
        "order.join /pool-asks",
        "order.join /api/pool-asks",
    ),
}
LEFT = "a former member"
REVOKED = "a revoked token"
REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Stranger:
    """Somebody who must not be let in, and with which answer."""

    name: str
    headers: dict[str, str]
    status: int


def ask(world: World, route: Route, address: str, headers: dict[str, str]) -> Response:
    """A request that is good but for who asks: with a body that the route takes, of a current version."""
    body = body_of(world.app.openapi(), route)
    if "data" in body:  # a field that carries the object's id in its name
        body["data"] |= {f"criterion-{each}": "1.1" for each in REQUEST_ID.findall(address)}
    return world.visitor.request(route.method, address, headers={"if-match": '"1"'} | headers, **body)


def filled(route: Route, **ids: str) -> str:
    unknown = set(route.words) - set(ids) - set(WORDS)
    assert not unknown, f"{route}: give a value of {unknown} in WORDS"
    return route.at(WORDS | ids)


def changes(world: World) -> tuple[int, ...]:
    """How much was ever done or told, but for the tokens that the tests themselves make."""
    return tuple(
        world.session.scalar(select(func.count()).select_from(table).where(condition)) or 0
        for table, condition in ((Happening, Happening.subject_kind != "apitoken"), (Mail, true()))
    )


@pytest.fixture
def members(world: World) -> dict[str, dict[str, str]]:
    """A browser of each role, in an organisation of its own that has nothing; one who left, and tokens."""
    make = Making(world.session, world.clock)
    people = {role: make.person(make.organisation(kind), role).id for role, kind in HOME.items()}
    give_case(world, people[Role.PRODUCER])
    found = {str(role): world.cookie(person) for role, person in people.items()}
    everything = make.person(make.organisation(Kind.PLATFORM), *Role).id
    found[REVOKED] = world.token(everything, *SCOPES, revoked=True)
    for scope in SCOPES:
        found[f"all but {scope}"] = world.token(everything, *(each for each in SCOPES if each != scope))
    left = make.member(Kind.BUYER)
    found[LEFT] = world.cookie(left)
    for membership in world.session.scalars(select(Membership).filter_by(person_id=left)):
        membership.ended_at = world.clock.now
    world.session.commit()
    return found


def give_case(world: World, person: UUID) -> None:
    """A case of one's own, so that what is refused is refused for being another's."""
    producer = world.actor(person)
    organisation = world.session.get_one(Organisation, producer.organisation_id)
    organisation.place, organisation.about = "Demo town", "Demo makers of this and that, for tests."
    organisation.members, organisation.product_kinds = 12, ["crafts"]
    world.session.add(
        Site(organisation_id=organisation.id, name="Demo shop", place="Demo town", country="VN", people=12)
    )
    world.session.flush()
    programme, auditor, decision_maker = (
        world.actor(world.person(each)) for each in ("programme", "auditor", "decision-maker")
    )
    bring_to(
        world.session,
        world.app.state.store,
        organisation,
        Stage.ASSESSING,
        people=People(producer, programme, auditor, decision_maker),
        start=world.clock.now - timedelta(days=10),
    )
    world.session.commit()


def strangers(members: dict[str, dict[str, str]], route: Route) -> Iterator[Stranger]:
    """Everybody whom the permission table keeps out of `route`."""
    yield Stranger("a revoked token", members[REVOKED], 401)
    yield Stranger("a token that never was", {"authorization": "Bearer fh_" + "x" * 43}, 401)
    if route.rule.public:
        return
    yield Stranger("nobody", {}, 401)
    yield Stranger(LEFT, members[LEFT], 401)
    yield Stranger("a token of other scopes", members[f"all but {route.rule.scope}"], 403)
    if route.rule.roles is not None:
        for role in Role:
            if role not in route.rule.roles:
                yield Stranger(role, members[role], 403)


def let_in(world: World, members: dict[str, dict[str, str]], wanted: Callable[[Route], bool]) -> list[str]:
    """Every way in which a route answered a stranger otherwise than it must."""
    wrong = []
    for route in routes(world.app):
        if not wanted(route) or route.path == "/health":
            continue
        address = filled(
            route, **{word: str(next(iter(ids_of(world.session, word)), uuid4())) for word in route.ids}
        )
        for stranger in strangers(members, route):
            reply = ask(world, route, address, stranger.headers)
            must = (
                303 if stranger.status == 401 and route.method == "GET" and not route.api else stranger.status
            )
            fine = reply.status_code == must
            if must == 303:
                fine = fine and reply.headers["location"].startswith("/sign-in?next=")
            elif route.api:
                fine = fine and reply.headers["content-type"] == "application/problem+json"
            if not fine:
                wrong.append(f"{route} answered {stranger.name} {reply.status_code}, not {must}")
    return wrong


def test_nobody_is_let_in_whom_the_table_keeps_out(world: World, members: dict[str, dict[str, str]]) -> None:
    before = changes(world)
    assert let_in(world, members, lambda _route: True) == []
    assert changes(world) == before


def test_the_matrix_finds_a_route_that_lost_its_guard(
    world: World, members: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""

    async def let_through(_needs: Needs, request: Request) -> object:
        return request.state.actor

    monkeypatch.setattr(Needs, "__call__", let_through)
    found = let_in(world, members, lambda route: route.action == "order.read-own" and not route.ids)
    assert any("answered producer" in each for each in found)
    assert any("answered nobody" in each for each in found)


def outsiders(route: Route) -> Iterator[Role]:
    """Roles that may do this, but only with what is their organisation's."""
    for role in route.rule.roles or Role:
        if not any(f"{route.action} {route.path}".startswith(each) for each in EVERYBODYS.get(role, ())):
            yield role


def plain(reply: Response) -> str:
    """The body without what names the request and its address."""
    return REQUEST_ID.sub("", reply.text)


def test_what_is_foreign_is_told_as_what_is_missing(world: World, members: dict[str, dict[str, str]]) -> None:
    """404 in the same words, be the object another organisation's, nobody's, or no id at all."""
    wrong, asked, before = [], 0, changes(world)
    for route in routes(world.app):
        if not route.ids or route.rule.public:
            continue
        objects = {word: ids_of(world.session, word) for word in route.ids}
        for role in outsiders(route):
            nothing = ask(
                world, route, filled(route, **{word: str(uuid4()) for word in route.ids}), members[role]
            )
            if nothing.status_code != 404:
                wrong.append(f"{route} answered {role} {nothing.status_code} where nothing is")
            for part in (0, 2):  # the first of each kind, and one from the middle: never the newest, our own
                if not all(objects.values()):
                    continue
                asked += 1
                theirs = {word: str(ids[part and len(ids) // part]) for word, ids in objects.items()}
                foreign = ask(world, route, filled(route, **theirs), members[role])
                if (foreign.status_code, plain(foreign)) != (nothing.status_code, plain(nothing)):
                    wrong.append(f"{route} answered {role} {foreign.status_code} for another's")
    assert not wrong, "\n".join(wrong)
    assert asked > 100
    assert changes(world) == before


def test_what_is_no_id_is_missing(world: World, members: dict[str, dict[str, str]]) -> None:
    wrong = []
    for route in routes(world.app):
        if not route.ids:
            continue
        role = next(iter(route.rule.roles or [Role.BUYER]))
        for odd in ("0", "None", "%00", "%F0%9F%8C%8D", "x" * 3000):
            reply = ask(world, route, filled(route, **dict.fromkeys(route.ids, odd)), members[role])
            if reply.status_code not in {404, 405}:
                wrong.append(f"{route} answered {reply.status_code} for the id {odd[:9]}")
    assert wrong == []


def test_other_methods_are_refused_by_name(world: World) -> None:
    """HEAD, OPTIONS and invented methods open no door, and no header changes a method."""
    for path in sorted({route.path for route in routes(world.app)}):
        address = re.sub(r"\{\w+\}", "x", path)
        for method in ("HEAD", "OPTIONS", "PROPFIND"):
            reply = world.visitor.request(method, address)
            assert reply.status_code in {401, 404, 405}, (method, path, reply.status_code)
            assert "access-control-allow-origin" not in reply.headers
        as_other = world.visitor.get(address, headers={"x-http-method-override": "DELETE"})
        assert as_other.status_code == world.visitor.get(address).status_code
