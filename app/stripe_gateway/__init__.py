"""Stripe, as thin typed functions: the only folder that imports its library.

Nothing here reads or writes the database, and nobody calls it inside a transaction: the intent is stored and
committed, then a job calls with the intent's id as idempotency key
(https://docs.stripe.com/api/idempotent_requests). The library repeats nothing by itself: whoever is left
without an answer (`Unknown`) asks first what happened.
"""

from app.stripe_gateway.answers import (
    Connected,
    ConnectPage,
    Disputed,
    HostedPage,
    Moved,
    Paid,
    Returned,
    SavedCard,
    Transferred,
)
from app.stripe_gateway.errors import Refused, Unknown
from app.stripe_gateway.events import Forged, Told, read_event
from app.stripe_gateway.gateway import Gateway, gateway
from app.stripe_gateway.units import NotPayable, from_stripe, to_stripe

__all__ = [
    "ConnectPage",
    "Connected",
    "Disputed",
    "Forged",
    "Gateway",
    "HostedPage",
    "Moved",
    "NotPayable",
    "Paid",
    "Refused",
    "Returned",
    "SavedCard",
    "Told",
    "Transferred",
    "Unknown",
    "from_stripe",
    "gateway",
    "read_event",
    "to_stripe",
]
