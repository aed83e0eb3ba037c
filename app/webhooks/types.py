"""What can be told: each type of event, in words, with an example of its data. Ids and days, no people."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class EventType:
    """`words`: when it is told. `example`: its data; the fields are always these."""

    name: str
    words: str
    example: dict[str, Any]


_SHIPMENT: Final = {"shipment_id": "019b8f1c-7a00-7000-8000-000000000001", "number": "S-2026-0001"}
_POOL: Final = {"pool_id": "019b8f1c-7a00-7000-8000-000000000002", "number": "P-2026-0001"}

TEST: Final = "webhook.test"
QUERY: Final = "epcis.query"
"""Sent to the address of a subscribed query alone."""
EVENT_TYPES: Final = {
    each.name: each
    for each in (
        EventType(
            "shipment.milestone",
            "A shipment has come so far: collected, export cleared, departed, arrived, import cleared or "
            "handed over.",
            _SHIPMENT
            | {
                "milestone": "arrived",
                "planned_on": "2026-02-03",
                "actual_on": "2026-02-06",
                "late_days": 3,
                "handing_over_expected_on": "2026-02-11",
            },
        ),
        EventType(
            "shipment.milestone_undone",
            "A milestone was reported by mistake and is taken back.",
            _SHIPMENT | {"milestone": "arrived", "because": "It was another ship."},
        ),
        EventType(
            "shipment.late",
            "A shipment is expected later than was last said, with the reason that the hub gives.",
            _SHIPMENT
            | {
                "milestone": "arrived",
                "planned_on": "2026-02-03",
                "expected_on": "2026-02-06",
                "late_days": 3,
                "because": "The port is congested.",
                "handing_over_expected_on": "2026-02-11",
            },
        ),
        EventType("pool.closed", "A pool takes no more orders; it is planned now.", _POOL),
        EventType(
            "pool.cancelled",
            "A pool is cancelled: nobody in it pays anything.",
            _POOL | {"because": "The minimum was not met."},
        ),
        EventType(
            "pool.extended",
            "A pool stays open for longer.",
            _POOL | {"closes_at": "2026-01-20T12:00:00Z"},
        ),
        EventType(
            "certificate.changed",
            "A certificate of your organisation begins, is suspended, is reinstated, or ends.",
            {"number": "FH-2026-00001", "state": "suspended", "valid_until": "2027-01-05"},
        ),
        EventType(
            "payout.sent",
            "Money is on its way to you. The amount is in minor units.",
            {
                "payout_id": "019b8f1c-7a00-7000-8000-000000000003",
                "amount": 125000,
                "currency": "USD",
                "reference": "P-2026-0001",
            },
        ),
    )
}
"""What one may subscribe to."""
