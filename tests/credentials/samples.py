"""A certificate, its issuer's key and its lists, made without a database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import credentials as engine
from credentials import Purpose
from credentials.status import with_bit

SITE = "https://fair.example"
DID = "did:web:fair.example"
LISTS = f"{SITE}/credentials/status/1"
PLACE = 94_567
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = engine.KeyInMemory(f"{DID}#key-1", bytes(range(32)))
OTHER_KEY = engine.KeyInMemory(f"{DID}#key-2", bytes(range(1, 33)))


def facts(**changed: Any) -> engine.Facts:
    known: dict[str, Any] = {
        "address": f"{SITE}/registry/FH-2026-000123-4",
        "number": "FH-2026-000123-4",
        "issuer_did": DID,
        "issuer_name": "Fairhaul",
        "site": SITE,
        "holder_name": "Hợp tác xã Đan lát Phú Vinh",
        "holder_address": f"{SITE}/registry/organisations/phu-vinh",
        "standard_address": f"{SITE}/standards/fairhaul-2026.1",
        "standard_title": "Fairhaul standard 2026.1",
        "standard_since": date(2026, 1, 1),
        "notice": "Not a WFTO label.",
        "sites": ["Xưởng 1", "केन्द्र दो"],
        "goods": ["Crafts"],
        "conditions": ["Fire drills twice a year"],
        "principles": [
            engine.Principle(
                number=4, title="Fair payment", topic=engine.Topic.LABOUR, conforming=7, judged=8
            ),
            engine.Principle(
                number=10, title="Environment", topic=engine.Topic.BIODIVERSITY, conforming=6, judged=6
            ),
        ],
        "assessed_on": date(2026, 2, 20),
        "valid_from": date(2026, 3, 5),
        "valid_until": date(2028, 3, 4),
        "status_address": LISTS,
        "place": PLACE,
    }
    return engine.Facts(**known | changed)


def certificate(key: engine.KeyInMemory = KEY, **changed: Any) -> dict[str, Any]:
    return engine.signed(engine.credential(facts(**changed)), key, at=AT)


def token(key: engine.KeyInMemory = KEY, **changed: Any) -> str:
    return engine.enveloped(engine.credential(facts(**changed)), key)


def did_document(*known: engine.KnownKey) -> dict[str, Any]:
    return engine.did_document(DID, known or (engine.KnownKey("key-1", KEY.public),), site=SITE)


def status_list(
    purpose: Purpose, *places: int, at: datetime = AT, key: engine.KeyInMemory = KEY, issuer: str = DID
) -> dict[str, Any]:
    bits = bytes(engine.ENTRIES // 8)
    for place in places:
        bits = with_bit(bits, place)
    made = engine.list_credential(
        address=f"{LISTS}/{purpose}",
        issuer=issuer,
        purpose=purpose,
        bits=bits,
        at=at,
        lasts=timedelta(days=7),
    )
    return engine.signed(made, key, at=at)


def as_file(document: dict[str, Any]) -> bytes:
    return engine.as_json(document).encode()


def lists(**places: int) -> list[bytes]:
    """Both lists; `suspension=7` sets that place in that list."""
    return [
        as_file(status_list(each, *([places[each.value]] if each.value in places else [])))
        for each in Purpose
    ]
