"""What Stripe tells by itself: signed events."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import stripe

TOLERANCE: Final = 300
"""Seconds that an event's signature is good for (https://docs.stripe.com/webhooks#replay-attacks)."""


class Forged(Exception):  # noqa: N818 - of the caller
    """An event without a good signature, or too old."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, of which only this is believed: the object's state is fetched again."""

    id: str
    kind: str
    object_id: str


def read_event(payload: bytes, signature: str, *, secret: str, now: datetime) -> Told:
    """Check an event's signature and age. Forged: wrong, missing, or made too long ago or too far ahead."""
    try:
        _verify(payload.decode(), signature, secret.split())
        stamp = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
        read = json.loads(payload)
        told = Told(str(read["id"]), str(read["type"]), str(read["data"]["object"]["id"]))
    except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as fault:
        raise Forged("no good signature") from fault
    if abs(now.timestamp() - stamp) > TOLERANCE:
        raise Forged("too old")
    return told


def _verify(payload: str, signature: str, secrets: list[str]) -> None:
    """By any secret: the address of events of connected accounts has one of its own
    (https://docs.stripe.com/connect/webhooks).
    """
    *others, last = secrets
    for secret in others:
        with suppress(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(payload, signature, secret)
            return
    stripe.WebhookSignature.verify_header(payload, signature, last)
