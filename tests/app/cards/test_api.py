"""What the pages of cards can do, by a program; and the examples that the API describes."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from app.cards.models import Purpose
from app.settings import Settings
from app.trade.numbers import printed
from tests.app.cards.conftest import FAILS, GOOD, Till


def described(app: FastAPI, name: str, seen: dict[str, Any]) -> bool:
    """Whether the description's own example (which leaves out what is null) has the form of what was seen."""
    schema = app.openapi()["components"]["schemas"][name]
    return bool(schema["examples"][0].keys() <= seen.keys() == schema["properties"].keys())


def test_a_program_saves_a_card_mends_it_and_books_a_statement(
    till: Till, app: FastAPI, config: Settings
) -> None:
    till.join(2)
    buyer = till.case.buyers[0]
    program = till.as_person(buyer.person_id)
    asked = [program.post("/api/card/page", headers={"idempotency-key": key}) for key in ("a", "a", "b")]
    assert [each.status_code for each in asked] == [201] * 3
    assert len({each.text for each in asked}) == 1
    till.run_jobs()
    found = program.get("/api/card").json()
    assert (found["taken"], found["card"], found["page"]["state"]) == (True, None, "open")
    assert described(app, "HostedPageOut", found["page"])
    till.play(till.page(Purpose.SAVE_CARD, buyer), FAILS)
    till.clock.now += timedelta(minutes=6)
    till.work(1)
    found = program.get("/api/card").json()
    assert described(app, "CardOut", found)
    assert described(app, "SavedCardOut", found["card"])
    assert (found["card"]["last4"], found["page"]) == ("0341", None)

    path = f"/api/orders/{till.orders[0].id}/payment"
    assert program.get(path).json()["stage"] == "saved"
    assert program.post(f"{path}/page").json()["type"] == "/problems/nothing-to-pay"
    till.close()
    till.work(1)
    program = till.as_person(buyer.person_id)
    seen = program.get(path).json()
    assert described(app, "PayingOut", seen)
    most = till.orders[0].most
    assert (seen["stage"], seen["amount"], seen["exact"]) == ("declined", most, False)
    reply = program.post(f"{path}/page")
    assert (reply.status_code, reply.headers["location"]) == (201, path)
    till.run_jobs()
    assert program.get(path).json()["page"]["url"] == till.page(Purpose.PAGE_TO_HOLD, buyer).url
    seen = program.post(f"{path}/transfer").json()
    assert seen["stage"] == "transfer"
    assert program.post(f"{path}/transfer").status_code == 409
    till.work(1)
    charge = till.charge()
    seen = program.get(path).json()
    assert (seen["exact"], seen["amount"], seen["reference"]) == (True, charge.total, charge.reference)
    stranger = till.as_person(till.case.buyers[1].person_id)
    assert {stranger.get(path).status_code, stranger.post(f"{path}/page").status_code} == {404}

    operator = till.as_person(till.case.market.operator.person_id)
    day = till.clock.now.date().isoformat()
    line = f"{day},{charge.total / 100:.2f},USD,{printed(charge.reference)},B1"
    file = {"file": ("bank.csv", f"date,amount,currency,reference,bank_reference\n{line}\n".encode())}
    look = operator.post("/api/statements", files=file).json()
    assert described(app, "StatementOut", look)
    assert described(app, "StatementLineOut", look["lines"][0])
    assert (look["booked"], look["lines"][0]["verdict"]) == (0, "match")
    key = {"idempotency-key": "statement-1"}
    booked = [
        operator.post("/api/statements", files=file, data={"apply": "true"}, headers=each).json()["booked"]
        for each in ({}, key)
    ]
    assert booked == [1, 0]
    assert program.get(path).json()["stage"] == "paid"
    assert operator.post("/api/statements", files={"file": ("a.csv", b"nothing")}).status_code == 422
    assert program.post("/api/statements", files=file).status_code == 403

    till.save(till.case.buyers[1], GOOD)
    till.work(2)
    till.stripe.account.dispute(till.stripe.all("charge")[-1]["id"])
    till.tell(till.events())
    till.work(1)
    (dispute,) = operator.get("/api/disputes").json()
    assert described(app, "DisputeOut", dispute)
    assert dispute["order"] == till.orders[1].number
    assert program.delete("/api/card").status_code == 204
    assert program.get("/api/card").json()["card"] is None
    config.stripe_key = None
    assert program.post("/api/card/page").json()["type"] == "/problems/no-cards"
    assert till.books() == []
