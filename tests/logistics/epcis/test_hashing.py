"""The event hash: equal events written differently have the same, different ones another."""

import json
import random
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.epcis import gs1
from logistics.epcis.hashing import event_hash, pre_hash
from tests.app.epcis.documents import EVENTS, document

CONTEXT = document()["@context"]


def test_the_text_that_is_hashed() -> None:
    assert pre_hash(EVENTS["AggregationEvent"]) == (
        "eventType=AggregationEventeventTime=2026-01-04T02:30:00.000ZeventTimeZoneOffset=+07:00"
        "parentID=https://id.gs1.org/00/095201234567891235"
        "childEPCsepc=https://id.gs1.org/01/09520123111113/21/17"
        "childQuantityListquantityElementepcClass=https://id.gs1.org/01/09520123222222/10/L5quantity=12.5uom=KGM"
        "action=ADDbizStep=https://ref.gs1.org/cbv/BizStep-packingreadPointid=https://id.gs1.org/414/9520123456788"
    )
    assert pre_hash(EVENTS["ObjectEvent"], CONTEXT).endswith(
        "ilmd{https://weave.example/voc/}loom=Demo loom 4"
    )


def rewritten(event: dict[str, Any], seed: int) -> dict[str, Any]:
    """The same event in other words: order, zones, long names, links, and what does not count."""
    chance = random.Random(seed)
    made = deepcopy(event)
    for name, value in made.items():
        if isinstance(value, list):
            chance.shuffle(value)
            made[name] = [gs1.canonical(each) if isinstance(each, str) else each for each in value]
    made["eventTime"] = "2026-01-04T02:30:00Z"
    made["bizStep"] = f"https://ref.gs1.org/cbv/BizStep-{made['bizStep']}"
    made["readPoint"] = {"id": "https://shop.example/414/9520123456788?linkType=all"}
    made |= {"recordTime": "2026-01-05T00:00:00Z", "eventID": "urn:demo:event:1"}
    if "ilmd" in made:
        made["ilmd"] = {"other:loom": " Demo loom 4 "}
        made["@context"] = {"other": "https://weave.example/voc/"}
    pairs = list(made.items())
    chance.shuffle(pairs)
    return dict(pairs)


@given(st.sampled_from(sorted(EVENTS)), st.integers(0, 10**6))
def test_equal_events_written_differently_have_the_same_hash(kind: str, seed: int) -> None:
    assert event_hash(rewritten(EVENTS[kind], seed), CONTEXT) == event_hash(EVENTS[kind], CONTEXT)


@pytest.mark.parametrize("kind", EVENTS)
def test_every_change_of_a_value_changes_the_hash(kind: str) -> None:
    event = EVENTS[kind]
    hashes = {event_hash(event, CONTEXT)}
    for name in event:
        if name == "type":
            continue
        changed = {key: value for key, value in event.items() if key != name}
        hashes.add(event_hash(changed, CONTEXT))
    assert len(hashes) == len(event)
    assert json.dumps(event) == json.dumps(EVENTS[kind])


@pytest.mark.parametrize(
    ("written", "text"),
    [(1, "1"), (1.0, "1"), ("1.50", "1.5"), (-0.0, "0"), ("+07", "7"), (1e-7, "0.0000001"), (True, "true")],
)
def test_numbers_are_written_shortest(written: Any, text: str) -> None:
    assert pre_hash(EVENTS["TransactionEvent"] | {"weave:n": written}, CONTEXT).endswith(f"}}n={text}")


@pytest.mark.parametrize(
    ("written", "told"), [("0.0004", "0.000"), ("0.0005", "0.001"), ("59.9996", "60.000")]
)
def test_moments_are_rounded_half_up_to_milliseconds(written: str, told: str) -> None:
    seconds = f"{float(written) % 60:07.4f}" if float(written) < 59 else "59.9996"
    made = pre_hash(EVENTS["TransactionEvent"] | {"eventTime": f"2026-01-04T02:30:{seconds}Z"})
    wanted = "02:31:00.000Z" if told == "60.000" else f"02:30:0{told}Z"
    assert f"eventTime=2026-01-04T{wanted}" in made
