"""The main job through the API alone, on the paper's case: from registration to a settled pool."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx2 as httpx
import pytest

from tests.journeys.paper import ALONE, BUYERS, OFFERS, TOTAL, Order
from tests.journeys.running import Running

PASSWORD = "a long and memorable phrase"
ALL_SCOPES = [
    "account",
    "audit",
    "catalogue",
    "certification",
    "money",
    "organisation",
    "platform",
    "shipping",
    "trade",
]


def today() -> date:
    """Asked for when it is needed: midnight may fall between two requests, and yesterday is taken where a day
    that was is wanted.
    """
    return datetime.now(UTC).date()


class Client:
    """A program with one person's token. Each call says which status it expects."""

    def __init__(self, http: httpx.Client, token: str | None = None) -> None:
        self.http = http
        self.token = {"authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, body: object = None, *, expect: int = 200, **more: Any) -> Any:
        headers = self.token | more.pop("headers", {})
        reply = self.http.request(method, "/api" + path, json=body, headers=headers, **more)
        assert reply.status_code == expect, f"{method} {path}: {reply.status_code} {reply.text}"
        if expect >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
        return reply.json() if reply.content else None


class Path:
    """The people of the path, each with a token, and what they made."""

    def __init__(self, running: Running, http: httpx.Client) -> None:
        self.running, self.http = running, http
        self.public = Client(http)
        demo = {
            "auditor": "auditor-two",
            "decider": "decision-maker",
            "programme": "programme",
            "hub": "hub-rotterdam",
            "operator": "operator",
        }
        self.staff = {name: self.demo(account) for name, account in demo.items()}
        (demo_pool,) = [
            pool
            for pool in self.public("GET", "/pools")["pools"]
            if pool["state"] == "open" and pool["title"].startswith("Lacquerware")
        ]
        self.closes = datetime.fromisoformat(demo_pool["closes_at"]).date()
        self.hubs = {hub["code"]: hub["id"] for hub in self.public("GET", "/hubs")["hubs"]}

    def demo(self, account: str) -> Client:
        made = self.public(
            "POST",
            "/tokens",
            {"email": f"{account}@demo.example", "password": "demo-fairhaul", "scopes": ALL_SCOPES},
            expect=201,
        )
        return Client(self.http, made["token"])

    def sign_up(self, kind: str, name: str, country: str) -> tuple[Client, dict[str, Any]]:
        made = self.public(
            "POST",
            "/accounts",
            {
                "kind": kind,
                "organisation": name,
                "country": country,
                "person": f"Test person of {name}",
                "email": f"{name.lower().replace(' ', '-')}@example.org",
                "password": PASSWORD,
            },
            expect=201,
        )
        return Client(self.http, made["token"]), made


@pytest.fixture(scope="module")
def path(running: Running) -> Iterator[Path]:
    with httpx.Client(base_url=running.address, timeout=60) as http:
        yield Path(running, http)


def test_the_main_job_through_the_api(path: Path) -> None:
    maker, organisation = certify(path)
    offers = list_offers(path, maker)
    pool_id = open_pool(path)
    orders = join(path, pool_id, offers)
    planned(path, pool_id, orders)
    settle(path, pool_id, orders, maker)
    assert path.public("GET", f"/registry/organisations/{organisation['organisation_slug']}")["certificate"]


def certify(path: Path) -> tuple[Client, dict[str, Any]]:
    """Steps 1 and 2: register, describe, assess, hand in; audit, recommend; somebody else decides."""
    maker, made = path.sign_up("producer", "API craft maker", "VN")
    maker(
        "PUT",
        "/organisation",
        {
            "name": "API craft maker",
            "country": "VN",
            "place": "Hanoi",
            "about": "We make lacquer, baskets and silk in one workshop.",
            "works_as": "producer",
            "members": 30,
            "workers": 0,
            "product_kinds": ["crafts"],
            "traits": ["members"],
            "sites": [{"name": "Workshop", "place": "Hanoi", "people": 30}],
        },
    )
    maker("POST", "/organisation/code-of-practice")
    maker(
        "PUT",
        "/certification/application",
        {
            "legal_identity": "Registered co-operative, test register number 1.",
            "mission": "Steady work and a fair income for our members.",
            "accounts": "The members' meeting approved last year's accounts.",
            "references": "A regional association of makers.",
        },
    )
    case = maker("GET", "/certification")["case"]
    case_path = f"/cases/{case['id']}"
    path.staff["programme"]("POST", f"{case_path}/acceptance")
    asked = maker("GET", "/certification/assessment")["criteria"]
    assert len(asked) >= 20
    assert {each["principle"] for each in asked} == set(range(1, 11))
    early = maker("POST", "/certification/submission", expect=409)
    assert early["type"].startswith("/problems/")
    maker(
        "PUT",
        "/certification/answers",
        {"answers": [{"criterion": each["id"], "value": "met", "note": "We do this."} for each in asked]},
    )
    evidence = maker(
        "POST",
        "/certification/evidence",
        files={"file": ("minutes.txt", b"Minutes of the members' meeting.", "text/plain")},
        data={"criteria": asked[0]["id"]},
        expect=201,
    )
    assert len(evidence["sha256"]) == 64
    maker("POST", "/certification/submission")

    auditor, decider = path.staff["auditor"], path.staff["decider"]
    me, them = auditor("GET", "/me"), decider("GET", "/me")
    for person in (auditor, decider):
        person(
            "POST", "/interests", {"organisation_id": made["organisation_id"], "interests": []}, expect=201
        )
    for person_id, part, lead in (
        (me["person_id"], "auditor", True),
        (them["person_id"], "decision maker", False),
    ):
        path.staff["programme"](
            "POST", f"{case_path}/assignments", {"person_id": person_id, "part": part, "lead": lead}
        )
    auditor("POST", f"{case_path}/desk-review", {"summary": "The papers are complete and fit the answers."})
    day = today().isoformat()
    auditor("PUT", f"{case_path}/audit-plan", {"kind": "monitoring_audit", "starts": day, "ends": day})
    for each in asked:
        auditor(
            "PUT",
            f"{case_path}/findings/{each['id']}",
            {"verdict": "conformity", "facts": "Seen on site and in the records."},
        )
    auditor("POST", f"{case_path}/conclusion")
    reasons = "Practice is sound and every criterion was seen to be met."
    auditor("POST", f"{case_path}/recommendation", {"outcome": "certify", "reasons": reasons})
    refused = auditor("POST", f"{case_path}/decision", {"outcome": "certify", "reasons": reasons}, expect=403)
    assert "audit" in refused["detail"] or "decision maker" in refused["detail"]
    decided = decider("POST", f"{case_path}/decision", {"outcome": "certify", "reasons": reasons})
    found = path.public("GET", "/registry", params={"q": "API craft maker"})["entries"]
    assert decided["certificate"] in {each["certificate"] for each in found}
    return maker, made


def list_offers(path: Path, maker: Client) -> dict[str, str]:
    """Step 3: the terms and the goods."""
    maker(
        "PUT",
        "/terms",
        {
            "hub_id": path.hubs["VNSGN"],
            "currency": "USD",
            "minimum_order": 300_000,
            "small_order_fee": 10_000,
            "direct_customs": 3_000,
            "direct_shipping": 7_000,
        },
    )
    faulty = maker("POST", "/offers", OFFERS[0] | {"price": -1, "weight_g": 0}, expect=422)
    assert {fault["pointer"] for fault in faulty["errors"]} >= {"/price", "/weight_g"}
    return {
        offer["title"]: maker(
            "POST", "/offers", offer, expect=201, headers={"idempotency-key": offer["title"]}
        )["id"]
        for offer in OFFERS
    }


def open_pool(path: Path) -> str:
    """Step 4: a pool on the paper's sailings, which are those of the demo's own pool of the paper."""
    hub = path.staff["hub"]
    closes = datetime.combine(path.closes, time(18), UTC)
    lane = {"origin_id": path.hubs["VNSGN"], "destination_id": path.hubs["NLRTM"]}
    wish = {
        "title": "The paper's case through the API",
        "origin_id": lane["origin_id"],
        "hub_id": lane["destination_id"],
        "currency": "USD",
        "closes_at": closes.isoformat(),
        "latest_arrival_on": (path.closes + timedelta(days=90)).isoformat(),
        "wait_cost_ppm_per_day": 300,
    }
    hub("POST", "/pools", wish | {"currency": "usd"}, expect=422)
    return str(hub("POST", "/pools", wish, expect=201)["id"])


def join(path: Path, pool_id: str, offers: dict[str, str]) -> dict[str, tuple[Client, str]]:
    """Each buyer sees its price alone and pooled, then joins; doing it twice is refused."""
    made = {}
    for order in BUYERS:
        buyer, _ = path.sign_up("buyer", f"API {order.buyer}", order.country)
        wish = wish_of(path, order, offers)
        quote = buyer("POST", f"/pools/{pool_id}/quote", wish)
        assert quote["alone"] == ALONE
        assert quote["pooled"] <= quote["alone"]
        assert quote["most"] == quote["goods"] + quote["price"] + quote["duty"]
        assert quote["price"] <= ALONE
        assert 0 < quote["duty"] <= quote["duty_alone"]
        assert sum(each["amount"] for each in quote["sources"]) == (
            quote["goods"] + quote["pooled"] + quote["duty_pooled"]
        )
        joined = buyer("POST", f"/pools/{pool_id}/orders", wish | {"at_most": quote["most"]}, expect=201)
        again = buyer("POST", f"/pools/{pool_id}/orders", wish, expect=409)
        assert "Change that one" in again["detail"]
        made[order.buyer] = (buyer, joined["id"])
    first, other = made[BUYERS[0].buyer], made[BUYERS[1].buyer]
    foreign = other[0]("GET", f"/orders/{first[1]}", expect=404)
    missing = other[0]("GET", "/orders/01234567-89ab-7def-8123-456789abcdef", expect=404)
    assert foreign | {"request_id": ""} == missing | {"request_id": ""}
    return made


def wish_of(path: Path, order: Order, offers: dict[str, str]) -> dict[str, Any]:
    return {
        "lines": [{"offer_id": offers[order.title], "quantity": order.quantity}],
        "needed_by": (path.closes + timedelta(days=order.due)).isoformat(),
    }


def planned(path: Path, pool_id: str, orders: dict[str, tuple[Client, str]]) -> None:
    """Step 5: closed once, planned, split to the cent; anybody can compute it again."""
    hub = path.staff["hub"]
    hub("POST", f"/pools/{pool_id}/close", expect=202)
    hub("POST", f"/pools/{pool_id}/close", expect=409)
    path.running.do_jobs()
    steps = hub("GET", f"/pools/{pool_id}/steps")["steps"]
    assert {step["state"] for step in steps} == {"done"}, steps
    charges = {name: buyer("GET", f"/orders/{order}")["charge"] for name, (buyer, order) in orders.items()}
    assert sum(charge["alone"] for charge in charges.values()) == 60_000
    assert sum(charge["shipping"] for charge in charges.values()) == TOTAL
    for charge in charges.values():
        assert charge["direct"] + charge["joint"] == charge["shipping"] <= charge["alone"] == ALONE
        assert charge["goods"] + charge["shipping"] + charge["duty"] == charge["total"]
    plan = path.public("GET", f"/pools/{pool_id}/plan")
    assert (plan["total"], plan["lower_bound"], plan["stand_alone_total"]) == (TOTAL, TOTAL, 60_000)
    sharing = path.public("GET", f"/pools/{pool_id}/sharing")
    assert sharing["max_excess"] <= 0
    assert sum(share["amount"] for share in sharing["shares"]) == TOTAL


def settle(path: Path, pool_id: str, orders: dict[str, tuple[Client, str]], maker: Client) -> None:
    """Steps 6 and 7: paid, booked, shipped, paid out; the books balance all the time."""
    operator, hub = path.staff["operator"], path.staff["hub"]
    for number, (buyer, order) in enumerate(orders.values()):
        charge = buyer("GET", f"/orders/{order}")["charge"]
        payment = {
            "reference": charge["reference"],
            "amount": charge["total"],
            "currency": "USD",
            "received_on": today().isoformat(),
            "bank_reference": f"API-{number}",
        }
        operator("POST", "/payments", payment | {"amount": charge["total"] - 1}, expect=422)
        operator("POST", "/payments", payment, expect=201)
        operator("POST", "/payments", payment, expect=409)
        assert operator("GET", "/ledger")["ok"]
    assert path.public("GET", f"/pools/{pool_id}")["state"] == "confirmed"
    (shipment,) = [each for each in hub("GET", "/shipments")["shipments"] if each["pool_id"] == pool_id]
    owed = [each for each in maker("GET", "/money")["owed"] if each["pool_id"] == pool_id]
    assert sum(each["amount"] for each in owed) == sum(order.value for order in BUYERS)
    milestones = f"/shipments/{shipment['id']}/milestones"
    day = today()  # one for all: not before the booking, and today or, by then, yesterday
    on = {"actual_on": day.isoformat()}
    early = hub("PUT", f"{milestones}/departed", on, expect=409)
    assert "Collected comes first" in early["detail"]
    hub("PUT", f"{milestones}/collected", {"actual_on": (day + timedelta(days=9)).isoformat()}, expect=422)
    for kind in ("collected", "export-cleared", "departed", "arrived", "import-cleared", "handed-over"):
        hub("PUT", f"{milestones}/{kind}", on)
    buyer, _ = next(iter(orders.values()))
    seen = buyer("GET", f"/shipments/{shipment['id']}")
    assert [each["actual_on"] for each in seen["milestones"]] == [day.isoformat()] * 6
    assert len(seen["consignments"]) == 1, "a buyer sees its own consignment alone"
    maker("PUT", f"{milestones}/departed", on, expect=403)
    pay_out(path, pool_id, maker)
    assert path.public("GET", f"/pools/{pool_id}")["state"] == "settled"
    assert operator("GET", "/ledger")["ok"]
    assert "0" in path.running.fairhaul("ledger", "verify")


def pay_out(path: Path, pool_id: str, maker: Client) -> None:
    """Everybody says where it is paid; one person proposes, another releases, the bank carries it out."""
    operator, treasurer = path.staff["operator"], path.demo("treasurer")
    account = {"rail": "bank", "holder": "Test payee", "iban": "NL91 ABNA 0417 1643 00"}
    for payee in (maker, path.staff["hub"], path.demo("hub-saigon")):
        payee("POST", "/payout-details", account, expect=201)
    owed = [each for each in operator("GET", "/payouts") if each["pool_id"] == pool_id]
    for payee in {each["account_id"] for each in owed if each["kind"] in {"carrier", "customs", "duty"}}:
        made = operator("POST", f"/payees/{payee}/payout-details", account, expect=201)
        if not made["counts"]:  # it had others before
            treasurer("POST", f"/payees/payout-details/{made['id']}/confirmation")
    wish = {"payouts": [each["id"] for each in owed], "pay_on": (today() + timedelta(days=1)).isoformat()}
    (batch,) = operator("POST", "/payout-batches", wish, expect=201)
    at = f"/payout-batches/{batch['id']}"
    operator("POST", f"{at}/release", expect=409)
    treasurer("POST", f"{at}/release")
    operator("POST", f"{at}/sending", {"sent_on": today().isoformat()})
    for each in batch["instructions"]:
        came = {"on": today().isoformat(), "reference": f"OUT-{each['reference'][-6:]}"}
        for _twice in range(2):
            paid = operator("POST", f"/payout-instructions/{each['id']}/arrival", came)
            assert paid["standing"] == "paid"
