"""Carriers' quotes, asked of a real server on loopback: good, slow, wrong, huge, lying and private ones."""

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.errors import Faulty, Missing
from app.freight import protocol, service
from app.freight.jobs import ask_carrier
from app.freight.models import AnswerState, Carrier, CarrierAnswer, FreightQuote, QuoteRequest
from app.freight.service import CarrierSaid, QuestionSaid
from app.settings import Settings
from app.shipping.models import Sailing, Service
from app.webhooks import sending
from tests.app.shipping.conftest import AIR, SEA, Lane, lane
from tests.conftest import SignIn

DOCS = Path(__file__).parents[3] / "docs"
DAY = timedelta(days=1)
SECRET = "a secret of thirty-two characters".replace(" ", "-")

__all__ = ["lane"]  # a fixture of shipping


@dataclass
class System:
    """A carrier's system: answers with what is said next for its id, and keeps what it was sent."""

    url: str
    answer: Callable[[dict[str, Any]], tuple[int, dict[str, str], Iterator[bytes]]]
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def system() -> Iterator[System]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers, parts = made.answer(json.loads(body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for part in parts:
                    if made.stop.is_set():
                        break
                    self.wfile.write(part)
            except OSError:
                pass  # who asked has hung up

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = System(f"http://localhost:{server.server_port}/quote", lambda asked: said(answer_to(asked)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


def said(value: Any, status: int = 200, **headers: str) -> tuple[int, dict[str, str], Iterator[bytes]]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return status, {name.replace("_", "-"): text for name, text in headers.items()}, iter([body])


def answer_to(asked: dict[str, Any], **changes: Any) -> dict[str, Any]:
    offer = {
        "reference": "Q-1",
        "mode": "sea",
        "currency": "USD",
        "tariff": SEA,
        "transit_days": 38,
        "valid_from": "2026-01-05",
        "valid_until": "2026-03-31",
        "departures": ["2026-02-03", "2026-01-20"],
        "total": 4500 + 3 * 500 + 2 * 9200,
    }
    return {"format": "fairhaul-quote/1", "id": asked["id"], "offers": [offer | changes]}


@dataclass
class Desk:
    lane: Lane
    session: Session
    settings: Settings
    carrier: Carrier

    def question(self, **changes: Any) -> QuoteRequest:
        today = self.lane.clock.now.date()
        wish = QuestionSaid(
            self.lane.origin.id,
            self.lane.destination.id,
            850_000,
            2_000_000,
            3,
            "ambient",
            "USD",
            today + 10 * DAY,
            today + 80 * DAY,
            [self.carrier.id],
        )
        made = service.ask(
            self.session, self.lane.saigon.actor, replace(wish, **changes), now=self.lane.clock.now
        )
        self.session.commit()
        return made

    def answered(self, request: QuoteRequest) -> CarrierAnswer:
        """What the job makes of it."""
        found = self.session.scalars(select(CarrierAnswer).filter_by(request_id=request.id)).one()
        ask_carrier(str(found.id))
        self.session.expire_all()
        return found


@pytest.fixture
def desk(lane: Lane, session: Session, app: FastAPI, config: Settings, system: System) -> Desk:
    here = config.model_copy(update={"carrier_private_addresses": True})
    app.state.settings = jobs.around.settings = here
    wish = CarrierSaid("Test Ocean Line", system.url, "hmac", SECRET)
    made = service.add_carrier(session, lane.saigon.actor, here, wish, now=lane.clock.now)
    session.commit()
    return Desk(lane, session, here, made)


def test_the_documented_examples_are_the_protocol() -> None:
    text = (DOCS / "carrier-quotes.md").read_text()
    blocks = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    request, answer, air = blocks
    load = protocol.Load(
        protocol.Place(**request["origin"]),
        protocol.Place(**request["destination"]),
        request["load"]["weight_g"],
        request["load"]["volume_cm3"],
        request["load"]["consignees"],
        request["load"]["class"],
        request["currency"],
        *(date.fromisoformat(request[name]) for name in ("ready", "due")),
    )
    at = datetime.fromisoformat(request["asked_at"])
    made = protocol.request_body(load, UUID(request["id"]), at)
    assert json.loads(made) == request
    (offer,) = protocol.read_answer(json.dumps(answer).encode(), load, UUID(request["id"]), at.date())
    assert offer.cost == 46_140
    answer["offers"][0] |= {"tariff": air, "mode": "air", "total": None}
    (offer,) = protocol.read_answer(json.dumps(answer).encode(), load, UUID(request["id"]), at.date())
    assert offer.cost == 850 * 430 + 4500 + 6 * 500
    schema = json.loads((DOCS / "carrier-quotes.schema.json").read_text())
    assert schema == protocol.answer_schema()
    jsonschema.validate(blocks[1] | {"offers": []}, schema)


def test_asked_signed_compared_and_taken(desk: Desk, system: System, as_person: SignIn) -> None:
    session, lane = desk.session, desk.lane
    request = desk.question()
    answer = desk.answered(request)
    assert (answer.state, answer.words) == (AnswerState.ANSWERED, "")
    ((headers, body),) = system.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(SECRET.encode(), signed, hashlib.sha256)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    sent = json.loads(body)
    assert sent["load"] == {"weight_g": 850_000, "volume_cm3": 2_000_000, "consignees": 3, "class": "ambient"}
    quote = session.scalars(select(FreightQuote)).one()
    assert quote.cost == 4500 + 3 * 500 + 2 * 9200
    ask_carrier(str(answer.id))  # a job that runs twice asks once
    assert len(system.got) == 1

    # another carrier by token, dearer and faster
    token = CarrierSaid("Test Air", system.url, "bearer", SECRET)
    other = service.add_carrier(session, lane.saigon.actor, desk.settings, token, now=lane.clock.now)
    system.answer = lambda asked: said(
        answer_to(asked, tariff=AIR, mode="air", total=None, transit_days=4, departures=[])
    )
    second = desk.question(carriers=[other.id])
    assert desk.answered(second).state == AnswerState.ANSWERED
    assert system.got[-1][0]["authorization"] == f"Bearer {SECRET}"

    browser = as_person(lane.saigon.person.id)
    page = browser.get(f"/freight-quotes/{request.id}").text
    for words in ("Test Ocean Line", "244.00", "cheapest", "fastest", "arrives"):
        assert words in page
    here = f"/freight-quotes/quotes/{quote.id}/accept"
    assert 'value="SEA-SGN-RTM"' in browser.get(here).text
    assert browser.post(here, data={"code": "x"}).status_code == 422
    assert browser.post(here, data={"code": "sea-sgn-rtm"}).status_code == 303
    card = session.scalars(select(Service)).one()
    assert (card.carrier, card.tariff, card.code) == ("Test Ocean Line", SEA, "SEA-SGN-RTM")
    days = session.scalars(select(Sailing.departs_on).order_by(Sailing.departs_on)).all()
    assert [day.isoformat() for day in days] == ["2026-01-20", "2026-02-03"]
    assert browser.post(here, data={"code": "SEA-SGN-RTM-2"}).status_code == 409, "once"
    assert SECRET not in browser.get(f"/carriers/{other.id}/edit").text

    stranger = as_person(lane.rotterdam.person.id)
    for address in (f"/freight-quotes/{request.id}", here, f"/carriers/{other.id}/edit"):
        assert stranger.get(address).status_code == 404
    with pytest.raises(Missing):
        service.accept(session, lane.rotterdam.actor, quote.id, "MINE", now=lane.clock.now)


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * 65_536


def drops(stop: threading.Event) -> Iterator[bytes]:
    while not stop.wait(0.02):
        yield b" "


def nested(_asked: dict[str, Any]) -> bytes:
    return b"[" * 30_000


LIES: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("a status", lambda _asked: said(b"", 503), "status 503"),
    ("a redirect", lambda _asked: said(b"", 302, location="http://169.254.169.254/"), "status 302"),
    ("no JSON", lambda _asked: said(b"<html>"), "not JSON"),
    ("not a number", lambda _asked: said(b'{"offers": NaN}'), "not JSON"),
    ("no letters", lambda _asked: said(b"\xff\xfe\x00"), "not JSON"),
    ("depth", lambda asked: said(nested(asked)), "not JSON"),
    ("packed", lambda asked: said(answer_to(asked), content_encoding="gzip"), "compressed"),
    ("huge", lambda _asked: (200, {}, endless()), "larger than 64 KB"),
    ("another's id", lambda asked: said(answer_to(asked | {"id": "1"})), "another request"),
    ("an unknown field", lambda asked: said(answer_to(asked) | {"x": 1}), "/x:"),
    (
        "eleven offers",
        lambda asked: said(answer_to(asked) | {"offers": answer_to(asked)["offers"] * 11}),
        "/offers",
    ),
    ("a lower total", lambda asked: said(answer_to(asked, total=1)), "but its tariff makes 24400"),
    (
        "a negative rate",
        lambda asked: said(answer_to(asked, tariff=SEA | {"per_shipment": -1})),
        "per_shipment",
    ),
    ("no rates", lambda asked: said(answer_to(asked, tariff={})), "per_shipment"),
    ("halves", lambda asked: said(answer_to(asked, tariff=SEA | {"per_shipment": 0.5})), "per_shipment"),
    (
        "thimbles",
        lambda asked: said(
            answer_to(
                asked,
                total=None,
                tariff=SEA
                | {
                    "containers": [
                        {"type": str(n), "cost": 7, "weight_g": 3 + n, "volume_cm3": 5} for n in range(9)
                    ]
                },
            )
        ),
        "too small",
    ),
    ("another currency", lambda asked: said(answer_to(asked, currency="VND")), "USD was asked for"),
    (
        "the past",
        lambda asked: said(answer_to(asked, valid_until="2026-01-06", departures=[])),
        "over before",
    ),
    ("upside down", lambda asked: said(answer_to(asked, valid_from="2026-04-01")), "ends before"),
    ("a late ship", lambda asked: said(answer_to(asked, departures=["2026-06-01"])), "outside of its own"),
    ("back in time", lambda asked: said(answer_to(asked, transit_days=-3)), "transit_days"),
]


@pytest.mark.parametrize(("answer", "words"), [each[1:] for each in LIES], ids=[each[0] for each in LIES])
def test_what_cannot_be_used_is_told_and_nothing_kept(
    desk: Desk, system: System, answer: Callable[[dict[str, Any]], Any], words: str
) -> None:
    system.answer = answer
    found = desk.answered(desk.question())
    assert found.state == AnswerState.FAILED
    assert words in found.words
    assert desk.session.scalars(select(FreightQuote)).all() == []


def test_slow_dead_and_private_addresses(desk: Desk, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    system.answer = lambda _asked: (200, {}, drops(system.stop))  # a byte now and then, for ever
    request = desk.question()
    found = desk.answered(request)
    assert (found.state, "No answer within" in found.words) == (AnswerState.FAILED, True)
    system.answer = lambda asked: said(answer_to(asked))
    monkeypatch.setattr(sending, "SECONDS", 20)
    assert service.ask_again(desk.session, desk.lane.saigon.actor, request.id, now=desk.lane.clock.now) == 1
    desk.session.commit()
    assert desk.answered(request).state == AnswerState.ANSWERED
    # the setting off: the same address is not even connected to
    monkeypatch.setattr(
        jobs.around, "settings", desk.settings.model_copy(update={"carrier_private_addresses": False})
    )
    asked_so_far = len(system.got)
    found = desk.answered(desk.question())
    assert "private" in found.words
    assert len(system.got) == asked_so_far
    for url in ("http://example.org/", "https://10.0.0.1/", "https://localhost/", "ftp://example.org/", "x"):
        with pytest.raises(Faulty) as refused:
            service.add_carrier(
                desk.session,
                desk.lane.saigon.actor,
                desk.settings.model_copy(update={"carrier_private_addresses": False}),
                CarrierSaid("Another", url, "bearer", SECRET),
                now=desk.lane.clock.now,
            )
        assert "url" in refused.value.fields
