"""What the demo lacks so that hostile input meets something everywhere: a complaint whose code is known, a
change of payout details that waits, tables that were read in and not applied; and what belongs to whom.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product, zip_longest
from typing import Any, Final, TypeAlias
from uuid import UUID

from httpx2 import Response
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import sheets_held
from app.audits.models import Case, Certificate, CorrectiveAction
from app.catalogue.models import Offer
from app.consultations.models import ConsultationComment as Comment
from app.db import Base
from app.demo import cast
from app.epcis.models import Event
from app.mail import Mail
from app.organisations.models import Organisation, Person
from app.permissions import SCOPES
from app.planning.models import PlanningRun
from app.shipping.models import Shipment
from app.stories.models import Lot, TradeItem
from app.trade.models import Order, OrderLine, Pool
from tests.app.conftest import World
from tests.app.every_route import TABLES, Route

Node: TypeAlias = tuple[str, Any]
ENDS: Final = {"organisation", "person"}  # much hangs on these: what shares one is not akin for that
NOTHING: Final = str(UUID(int=0))  # where there is no such object
MOST: Final = 60
"""How many owners are tried, each with what is theirs; half as many combinations of objects."""


class Kin:
    """Which rows point at which, as their foreign keys say."""

    def __init__(self, session: Session) -> None:
        self.out: dict[Node, list[Node]] = defaultdict(list)
        self.back: dict[Node, list[Node]] = defaultdict(list)
        self.ids: dict[str, list[str]] = {}
        for table in Base.metadata.sorted_tables:
            keys = [
                (each.name, key.column.table.name) for each in table.c for key in list(each.foreign_keys)[:1]
            ]
            first, *more = table.primary_key.columns
            if table.name in {"history", "posting", "entry", "log_tile"}:
                continue
            for row in session.execute(select(table).order_by(first)).mappings():
                key = row[first.name]
                node = (table.name, (key, *(row[each.name] for each in more)) if more else key)
                if not more:
                    self.ids.setdefault(table.name, []).append(str(key))
                for column, target in keys:
                    if row[column] is not None:
                        self.out[node].append((target, row[column]))
                        self.back[target, row[column]].append(node)

    def above(self, node: Node) -> dict[Node, int]:
        """What a row belongs to, and how far away: an order's pool, the pool's hub, the hub's keeper."""
        found, waiting = {node: 0}, [node]
        while waiting:
            here = waiting.pop(0)
            for there in self.out.get(here, ()) if here[0] not in ENDS else ():
                if there not in found:
                    found[there] = found[here] + 1
                    waiting.append(there)
        return found

    def owners(self, node: Node) -> list[UUID]:
        """Organisations and people of a row, the nearest first; then those of the rows that point at it."""
        near = self.above(node)
        found = [each[1] for each in sorted(near, key=lambda each: near[each]) if each[0] in ENDS]
        for each in [node, *(up for up in near if up[0] not in ENDS and up != node)]:
            for row in self.back.get(each, ()):
                found += [there[1] for there in self.out[row] if there[0] in ENDS]
                found += [
                    there[1]
                    for inner in self.back.get(row, ())
                    for there in self.out[inner]
                    if there[0] in ENDS
                ]
        return list(dict.fromkeys(found))

    def akin(self, one: Node, other: Node) -> int:
        """How much two rows have to do with each other."""
        ups, others = self.above(one), self.above(other)
        if other in ups or one in others:
            return 3
        if any(other in self.out[row] for row in self.back.get(one, ())):
            return 3
        shared = set(ups) & set(others)
        return 2 if any(each[0] not in ENDS for each in shared) else int(bool(shared))


def table_of(word: str) -> str:
    noun = word.removesuffix("_id")
    return TABLES.get(noun, noun)


def node_of(table: str, key: str) -> Node:
    return table, UUID(key) if "-" in key else key


@dataclass
class Scene:
    """The demo with what was added, and how its doors open."""

    kin: Kin
    members: dict[UUID, list[str]]  # person or organisation -> accounts
    words: dict[str, list[str]] = field(default_factory=dict)
    """What a word of an address may be, or by a path and the word what an id must be there."""
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a route is sent, where the example of its description names nothing that exists."""
    cookie: str = ""
    """Of a visitor who knows the code of a complaint."""

    def words_of(self, route: Route, known: dict[str, str]) -> list[dict[str, str]]:
        """Every choice of values for the words of an address."""
        words = [word for word in route.words if word not in route.ids]
        some = [
            self.words.get(f"{route.path} {word}") or self.words.get(word) or [known[word]] for word in words
        ]
        return [dict(zip(words, each, strict=True)) for each in product(*some)]

    def objects_of(self, route: Route) -> list[dict[str, str]]:
        """Choices of objects for the ids of an address: first those that belong together, newest first."""
        tables = [table_of(word) for word in route.ids]
        ids = [
            self.words.get(f"{route.path} {word}") or [*reversed(self.kin.ids.get(table, []))] or [NOTHING]
            for word, table in zip(route.ids, tables, strict=True)
        ]
        made = list(product(*ids))
        if len(tables) > 1:
            made.sort(key=lambda each: -self._together(tables, each))
        return [dict(zip(route.ids, each, strict=True)) for each in made[: MOST // 2]]

    def _together(self, tables: list[str], ids: Iterable[str]) -> int:
        nodes = [
            (table, UUID(each) if "-" in each else each) for table, each in zip(tables, ids, strict=True)
        ]
        return sum(
            self.kin.akin(one, other) for place, one in enumerate(nodes) for other in nodes[place + 1 :]
        )

    def tries(
        self,
        route: Route,
        known: dict[str, str],
        roles: dict[str, list[str]],
        alike: list[tuple[str, dict[str, str]]],
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """Whose account, and which values of the address: the owners of each object before anybody else.

        known: values of words. roles: the accounts that have each role. alike: what opened other routes with
        the same ids, which is tried before all.
        """
        wanted = sorted(route.rule.roles or roles)
        in_turn = zip_longest(*(roles.get(role, []) for role in wanted))
        anybody = list(dict.fromkeys(who for each in in_turn for who in each if who))
        if route.rule.public:
            anybody = [""]
        words, objects = self.words_of(route, known), self.objects_of(route)
        owners = [self._accounts(route, each, anybody) for each in objects]
        before = [
            (who, {word: some[word] for word in route.ids})
            for who, some in alike
            if who in anybody and not any(f"{route.path} {word}" in self.words for word in route.ids)
        ]
        ranked = [
            (who, some)
            for rank in zip_longest(*owners)
            for who, some in zip(rank, objects, strict=True)
            if who is not None
        ]
        others = [(who, objects[0]) for who in anybody]
        tried = []
        for who, some in [*before, *ranked[:MOST], *others[:MOST]]:
            if (who, some) not in tried:
                tried.append((who, some))
                for each in words:
                    yield who, each | some

    def _accounts(self, route: Route, some: dict[str, str], anybody: list[str]) -> list[str]:
        """Who of those who may do it at all has to do with these objects; else the first who may."""
        if route.rule.public:
            return [""]
        near = [
            who
            for word in reversed(route.ids)
            for owner in self.kin.owners(
                (table_of(word), UUID(some[word]) if "-" in some[word] else some[word])
            )
            for who in self.members.get(owner, [])
            if who in anybody
        ]
        return list(dict.fromkeys(near))[:3] or anybody[:2]


def make(world: World) -> Scene:
    """Add what is wanted, as the people of the demo would, and look who has what."""
    hands = Hands(world)
    words = _words(world)
    bodies: dict[str, dict[str, Any]] = {}
    cookie = _outside(world, hands, words, bodies)
    _goods(world, hands, words, bodies)
    _money(hands)
    _tables(world, bodies)
    world.session.commit()
    members: dict[UUID, list[str]] = defaultdict(list)
    for account in cast.accounts(world.session, every=True):
        person = world.session.scalars(select(Person.id).filter_by(email=account.email)).one()
        for each in (person, world.actor(person).organisation_id):
            members[each].append(account.email)
    return Scene(Kin(world.session), dict(members), words, bodies, cookie)


class Hands:
    """Does things over the API and the pages as somebody of the demo; nothing may be refused."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, account: str, method: str, address: str, **what: Any) -> Response:
        headers = dict(what.pop("headers", {}))
        if account:
            person = self.world.person(account)
            api = address.startswith(("/api/", "/epcis/"))
            headers |= self.world.token(person, *SCOPES) if api else self.world.cookie(person)
        reply = self.world.visitor.request(method, address, headers=headers, **what)
        assert reply.status_code < 400, f"{method} {address}: {reply.status_code} {reply.text[:500]}"
        self.world.session.expire_all()
        return reply


def _words(world: World) -> dict[str, list[str]]:
    """Of what is there already."""
    session = world.session
    certificate = session.scalars(select(Certificate.number).order_by(Certificate.number)).first()
    maker = session.get_one(Organisation, world.actor(world.person("knitters")).organisation_id).slug
    events = list(session.scalars(select(Event.uri).order_by(Event.id.desc()).limit(3)))
    return {
        "slug": [maker],
        "number": [str(certificate)],
        "key": ["fairhaul-2027.1"],
        "event_uri": events,
        "criterion": ["1.1", *sorted(set(session.scalars(select(CorrectiveAction.criterion))))[:2]],
        "/lots/{lot_id}/due-diligence/{kind} kind": ["json"],
        "code": list(session.scalars(select(Lot.code).order_by(Lot.code).limit(6))),
        "consultation": [
            "demo-pesticides-in-the-next-standard",
            "demo-how-should-regional-boards-be-chosen",
            "demo-time-to-reach-a-living-wage",
        ],
        "tile": ["000", "000.p"],
    }


def _outside(
    world: World, hands: Hands, words: dict[str, list[str]], bodies: dict[str, dict[str, Any]]
) -> str:
    """A complaint, comments and a ballot whose codes are known; the cookie of who filed the complaint."""
    about = {"about": "member", "what_happened": "March is still not paid."}
    code = hands("", "POST", "/api/complaints", json=about).json()["code"]
    file = {"file": ("a.txt", b"A letter of March.", "text/plain")}
    hands("", "POST", "/api/complaints/receipt/files", files=file, data={"code": code})
    entered = hands("", "POST", "/complaints/receipt", data={"code": code})
    for each in ("files", "files/{file_id}"):
        bodies[f"POST /api/complaints/receipt/{each}"] = {"data": {"code": code}, "files": file}
    bodies["POST /api/complaints/receipt/files/{file_id}"] = {"json": {"code": code}}
    for each in ("", "/messages", "/appeal", "/withdrawal"):
        bodies[f"POST /api/complaints/receipt{each}"] = {"json": {"code": code, "words": "We wait still."}}
    bodies["POST /complaints/code"] = {"data": {"code": code, "last_four": code[-4:]}}

    asked = "/api/consultations/demo-pesticides-in-the-next-standard/comments"
    comment = {"words": "Give small workshops two years.", "kind": "producer", "country": "KE"}
    said = hands("", "POST", asked, json=comment).json()["code"]
    bodies["POST /api/consultations/{consultation}/comments/confirmation"] = {"json": {"code": said}}
    bodies["POST /consultations/{consultation}/comments/confirmation"] = {
        "data": {"code": said, "last_four": said[-4:]}
    }
    hands("", "POST", asked, json=comment | {"email": "someone@example.org"})
    words["/consultations/comments/{secret} secret"] = [_secret(world)]

    sorted_one = world.session.scalars(select(Comment).where(Comment.theme_id.is_not(None))).first()
    assert sorted_one is not None
    theme = str(sorted_one.theme_id)
    for address, body in (
        ("PUT /api/consultations/{consultation}/comments/{comment_id}/theme", {"json": {"theme_id": theme}}),
        (
            "POST /consultations/{consultation}/sorting/{comment_id}",
            {"data": {f"theme-{sorted_one.id}": theme}},
        ),
    ):
        words[f"{address.split()[1]} comment_id"] = [str(sorted_one.id)]
        bodies[address] = body

    vote = "demo-a-yearly-stock-count-at-each-hub"
    ballot = {"choice": ["yes"], "ticket": "5e" * 32}
    receipt = hands("knitters", "POST", f"/api/votes/{vote}/ballots", json=ballot).json()["code"]
    words["vote"] = [vote, "demo-accounts-of-the-year", "demo-a-draft-that-nobody-sees-yet"]
    bodies["POST /api/votes/{vote}/receipts"] = {"json": {"code": receipt}}
    bodies["POST /votes/{vote}/receipts"] = {"data": {"code": receipt}}
    bodies["POST /api/tokens"] = {
        "json": {"email": cast.address("shop-gent"), "password": cast.PASSWORD, "scopes": ["trade"]}
    }
    return entered.headers["set-cookie"].split(";", 1)[0]


def _secret(world: World) -> str:
    """The word in the link of the newest mail."""
    body = world.session.scalars(
        select(Mail.body).where(Mail.body.contains("/consultations/comments/"))
    ).one()
    found = re.search(r"/consultations/comments/([\w-]+)", body)
    assert found
    return found[1]


def _goods(
    world: World, hands: Hands, words: dict[str, list[str]], bodies: dict[str, dict[str, Any]]
) -> None:
    """Photographs, a link to a pool, a choice at the planning desk, goods that came, a query."""
    session = world.session
    knitters = world.actor(world.person("knitters")).organisation_id
    offers = list(session.scalars(select(Offer).filter_by(organisation_id=knitters).order_by(Offer.id)))
    for colour in ("red", "blue"):
        made = BytesIO()
        Image.new("RGB", (64, 48), colour).save(made, "JPEG")
        picture = {"file": ("a.jpg", made.getvalue(), "image/jpeg")}
        hands("knitters", "POST", f"/offers/{offers[0].id}/photos", data={"alt": colour}, files=picture)
    item = session.scalars(select(TradeItem)).first()
    assert item is not None
    lot = session.scalars(select(Lot).filter_by(offer_id=item.offer_id)).first()
    assert lot is not None
    words["/01/{gtin}/10/{number} gtin"], words["/01/{gtin}/10/{number} number"] = [item.gtin], [lot.number]
    bodies["POST /api/lots"] = {"json": {"number": "2027-01-A", "offer_id": str(offers[0].id)}}

    pool = session.scalars(select(Pool.id).filter_by(state="open").order_by(Pool.id)).first()
    page = hands("shop-gent", "POST", f"/pools/{pool}/invitation").text
    invited = re.search(r"/invited/([\w-]+)", page)
    assert invited
    words["/invited/{slug} slug"] = [invited[1]]

    for run in session.scalars(select(PlanningRun).order_by(PlanningRun.id.desc())):
        chosen = [
            (each, option)
            for each, found in (run.found or {}).get("pools", {}).items()
            for option in found.get("options", ())
            if option["within"]
        ]
        if chosen:
            (booked, option), *_ = chosen
            choice = {"reason": "Another pool is paid by then."} | {
                name: option[name] for name in ("service", "departs_on")
            }
            at = f"/api/planning/{run.origin_id}/pools/{booked}/choice"
            hands("hub-callao", "PUT", at, json=choice)
            break

    arrived = session.scalars(
        select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Shipment, Shipment.pool_id == Order.pool_id)
        .join(Pool, Pool.id == Order.pool_id)
        .order_by(Pool.closes_at, OrderLine.id)
    ).first()
    assert arrived is not None
    words["/api/orders/{order_id}/claims order_id"] = [str(arrived.order_id)]
    bodies["POST /api/orders/{order_id}/claims"] = {
        "json": {"line_id": str(arrived.id), "pieces": 1, "words": "One is torn at the seam."}
    }

    hands("auditor", "POST", "/api/queue/views", json={"name": "Asia", "question": "region=Asia"})
    departures = {"name": "departures", "query": {"EQ_bizStep": ["departing"]}}
    hands("knitters", "POST", "/epcis/queries", json=departures)
    hands(
        "knitters",
        "POST",
        "/epcis/queries/departures/subscriptions",
        json={"dest": "https://example.org/e", "stream": True},
    )
    words["query_name"] = ["departures"]


def _money(hands: Hands) -> None:
    """New payout details beside those that count: the change waits for a second person."""
    details = {"rail": "bank", "holder": "Demo payee", "iban": "NL91ABNA0417164300"}
    hands("knitters", "POST", "/api/payout-details", json=details)


def _tables(world: World, bodies: dict[str, dict[str, Any]]) -> None:
    """Tables that somebody read in and looked at."""
    for address, account, table in (
        ("/offers/table/apply", "knitters", b"title,unit,price\nScarf,piece,1200\n"),
        ("/rate-cards/tables/{table}/apply", "hub-rotterdam", b"code\nCLL-RTM-SEA\n"),
        ("/shipments/table/apply", "hub-rotterdam", b"shipment,collected\n1,2027-01-01\n"),
        ("/tariffs/apply", "operator", b"hs_code,duty\n442090,0\n"),
        ("/ledger/statement/book", "operator", b"<Document/>"),
    ):
        owner = world.actor(world.person(account)).organisation_id
        word = sheets_held.hold(world.app.state.store, owner, table)
        bodies[f"POST {address}"] = {"data": {"word": word}}
    for case in world.session.scalars(select(Case.id)):
        word = sheets_held.hold(world.app.state.store, case, b"criterion,answer\n1.1,met\n")
        for address in ("/certification/offline/apply", "/cases/{case_id}/offline/apply"):
            bodies[f"POST {address}"] = {
                "data": {"word": word}
            }  # the same word for each: it is the content's
