"""The fake's HTTP: routes, keys of repeated requests, faults on demand, the hosted page."""

import html
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.stripe_fake.objects import OWN_COUNTRY, Account, Thing
from tests.stripe_fake.wire import Failure, json_bytes, missing, parameters

KEPT: Final = timedelta(hours=24)
KINDS: Final = {
    "customers": "customer",
    "payment_methods": "payment_method",
    "setup_intents": "setup_intent",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "transfers": "transfer",
    "disputes": "dispute",
    "balance_transactions": "balance_transaction",
    "checkout/sessions": "checkout.session",
    "accounts": "account",
}


@dataclass
class Kept:
    """The first reply to a key (https://docs.stripe.com/api/idempotent_requests)."""

    request: tuple[str, dict[str, Any]]
    status: int
    body: bytes
    at: datetime


@dataclass
class Fault:
    """What goes wrong at a request whose path ends with `path`:

    `lost`: it is done, and the connection closes without a reply; `unheard`: closed before anything is done;
    `500`: nothing is done, and the key keeps this reply; `500 after`: done, and the key keeps a 500.
    """

    path: str
    kind: str


@dataclass
class StripeFake:
    """`with StripeFake().running() as stripe:` then point the SDK's api base at `stripe.address`."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    key: str = "sk_test_fake"
    lose: float = 0.0  # share of replies to POST that are lost
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    faults: list[Fault] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # "POST /v1/refunds" of every request that was heard
    address: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.account = Account(self._now)

    def _now(self) -> datetime:
        return self.clock()  # a test may have turned it

    @contextmanager
    def running(self) -> Iterator["StripeFake"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def fail_next(self, path: str, kind: str) -> None:
        self.faults.append(Fault(path, kind))

    def all(self, kind: str) -> list[Thing]:
        with self.lock:
            return [each for each in self.account.things.values() if each["object"] == kind]

    def answer(self, method: str, path: str, body: str, key: str | None) -> tuple[int, bytes] | None:
        """The reply, or None: none is sent. One request at a time."""
        with self.lock:
            url = urlsplit(path)
            self.asked.append(f"{method} {url.path}")
            if method != "POST":
                given = parameters(url.query)
                return self._run(method, url.path, given)
            given = parameters(body)
            fault = self._fault(url.path)
            if fault == "unheard":
                return None
            earlier = self.kept.get(key or "")
            if earlier and earlier.at + KEPT > self.clock():
                if earlier.request != (url.path, given):
                    told = Failure(
                        "Keys for idempotent requests can only be used with the same parameters "
                        "they were first used with.",
                        kind="idempotency_error",
                    )
                    return 400, json_bytes(told.body())
                return None if fault == "lost" else (earlier.status, earlier.body)
            failure = json_bytes(Failure("Something went wrong on our end.", 500, "api_error").body())
            reply = (500, failure) if fault == "500" else self._run(method, url.path, given)
            if fault == "500 after":
                reply = 500, failure
            # a request that fails validation is not kept: it may be mended and sent again
            if key and reply[0] != 400 and reply[0] != 404:
                self.kept[key] = Kept((url.path, given), *reply, self.clock())
            return None if fault == "lost" else reply

    def _fault(self, path: str) -> str:
        for each in self.faults:
            if path.endswith(each.path):
                self.faults.remove(each)
                return each.kind
        return "lost" if self.lose and self.dice.random() < self.lose else ""

    def _run(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, bytes]:
        try:
            made = self._route(method, path.removeprefix("/v1/"), given)
            return 200, json_bytes(made)
        except Failure as failure:
            return failure.status, json_bytes(failure.body())

    def _route(self, method: str, path: str, given: dict[str, Any]) -> Any:
        account = self.account
        if method == "GET":
            return self._read(path, given)
        match path.split("/"):
            case ["customers"]:
                return account.customer(given)
            case ["payment_methods"]:
                return _shown(account.payment_method(given))
            case ["payment_methods", name, "attach"]:
                return _shown(account.attach(account.method(name), given.get("customer", "")))
            case ["setup_intents"]:
                return account.setup_intent(given)
            case ["payment_intents"]:
                return self._expanded(account.payment_intent(given), given)
            case ["payment_intents", name, "confirm"]:
                return account.confirm(account.get("payment_intent", name), given)
            case ["payment_intents", name, "capture"]:
                return self._expanded(account.capture(account.get("payment_intent", name), given), given)
            case ["payment_intents", name, "cancel"]:
                return account.cancel(account.get("payment_intent", name))
            case ["refunds"]:
                return self._expanded(account.refund(given), given)
            case ["transfers"]:
                return self._expanded(account.transfer(given), given)
            case ["accounts"]:
                return account.connected(given)
            case ["account_links"]:
                return _shown(account.account_link(given, self.address))
            case ["checkout", "sessions"]:
                return account.session(given, self.address)
            case ["checkout", "sessions", name, "expire"]:
                return account.expire(account.open_session(name))
        raise missing(path)

    def _read(self, path: str, given: dict[str, Any]) -> Any:
        if path == "events":
            return _listed(list(reversed(self.account.events)), given, "/v1/events")
        if path in KINDS:
            wanted = [each for each in reversed(self.all(KINDS[path])) if _matches(each, given)]
            return _listed([self._expanded(each, given) for each in wanted], given, f"/v1/{path}")
        if path == "account":  # https://docs.stripe.com/api/accounts/retrieve: our own
            return {"id": "acct_own", "object": "account", "country": OWN_COUNTRY}
        head, _, name = path.rpartition("/")
        if head not in KINDS:
            raise missing(path)
        if head == "checkout/sessions":
            self.account.open_session(name)
        return self._expanded(self.account.get(KINDS[head], name), given)

    def _expanded(self, thing: Thing, given: dict[str, Any]) -> Thing:
        """Ids replaced by objects on request (https://docs.stripe.com/expand)."""
        shown = _shown(thing)
        for wish in given.get("expand", {}).values():
            at = shown
            for name in wish.removeprefix("data.").split("."):
                inner = at.get(name)
                if isinstance(inner, str) and inner in self.account.things:
                    at[name] = _shown(self.account.things[inner])
                if not isinstance(at.get(name), dict):
                    break
                at = at[name]
        return shown

    def page(self, path: str, body: str | None) -> tuple[int, dict[str, str], bytes]:
        """The hosted page, in plain HTML: a card number, and the bank's question where it asks."""
        with self.lock:
            session = self.account.open_session(path.rsplit("/", 1)[1])
            said, asks = "", False
            typed = {name: values[0] for name, values in parse_qs(body or "").items()}
            if body is not None:
                try:
                    done = self.account.play_session(
                        session, typed.get("number", ""), authenticated=typed.get("bank") == "yes"
                    )
                except Failure as failure:
                    said = failure.message
                else:
                    if done:
                        back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
                        return 303, {"Location": back}, b""
                    asks = True
            return 200, {"Content-Type": "text/html; charset=utf-8"}, _checkout(session, typed, said, asks)

    def set_up(self, path: str, body: str | None) -> tuple[int, dict[str, str], bytes]:
        """The pages where the holder of an account enters its details, as one: what is still missing."""
        with self.lock:
            link = self.account.get("account_link", path.rsplit("/", 1)[1])
            if body is None:
                if away := self.account.visit(link):
                    return 303, {"Location": away}, b""
                page = "<!doctype html><html lang=en><title>Connect (test)</title><h1>Your details</h1>"
                page += '<form method=post><input name="missing"><button>Submit</button></form></html>'
                return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()
            missing = parse_qs(body).get("missing", [])
            return 303, {"Location": self.account.enter(link, missing)}, b""


def _checkout(session: Thing, typed: dict[str, str], said: str, asks: bool) -> bytes:
    number = html.escape(typed.get("number", ""))
    bank = '<label><input type="checkbox" name="bank" value="yes"> My bank: it is me</label>' if asks else ""
    what = "Save card" if session["mode"] == "setup" else f"Pay {session['amount_total']}"
    return (
        f"<!doctype html><html lang=en><title>Checkout (test)</title><h1>{what}</h1><p role=alert>{said}</p>"
        f'<form method=post><label>Card number <input name="number" value="{number}"></label>{bank}'
        f'<button>{what}</button></form><a href="{html.escape(session["cancel_url"] or "")}">Back</a></html>'
    ).encode()


def _shown(thing: Thing) -> Thing:
    return {
        name: value
        for name, value in thing.items()
        if name not in {"number", "off_session_ready", "given", "used"}
    }


def _matches(thing: Thing, given: dict[str, Any]) -> bool:
    after = given.get("created", {})
    return all(
        thing.get(name) == given[name]
        for name in ("customer", "payment_intent", "charge", "transfer_group")
        if name in given
    ) and thing["created"] >= int(after.get("gte", 0) if isinstance(after, dict) else after)


def _listed(things: list[Thing], given: dict[str, Any], url: str) -> dict[str, Any]:
    """The newest first, 10 or `limit` at a time (https://docs.stripe.com/api/pagination)."""
    if "starting_after" in given:
        names = [each["id"] for each in things]
        things = things[names.index(given["starting_after"]) + 1 :]
    limit = int(given.get("limit", 10))
    return {"object": "list", "data": things[:limit], "has_more": len(things) > limit, "url": url}


def _handler(fake: StripeFake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._do("GET")

        def do_POST(self) -> None:
            self._do("POST")

        def _do(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if self.path.startswith("/c/pay/"):
                self._send(*fake.page(self.path, body if method == "POST" else None))
                return
            if self.path.startswith("/setup/"):
                self._send(*fake.set_up(self.path, body if method == "POST" else None))
                return
            if self.headers.get("Authorization") != f"Bearer {fake.key}":
                told = Failure("Invalid API Key provided", 401).body()
                self._send(401, {"Content-Type": "application/json"}, json_bytes(told))
                return
            reply = fake.answer(method, self.path, body, self.headers.get("Idempotency-Key"))
            if reply is None:
                self.close_connection = True
                return
            self._send(reply[0], {"Content-Type": "application/json"}, reply[1])

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
