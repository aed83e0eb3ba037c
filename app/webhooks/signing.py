"""Signatures of the Standard Webhooks specification, version 1: HMAC-SHA256 with a shared secret. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""The specification wants 24 to 64."""


def shown(secret: bytes) -> str:
    """A secret as its owner copies it."""
    return PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature of one secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def signature_alone(secret: bytes, body: bytes) -> str:
    """HMAC-SHA256 of nothing but the body, as the GS1-Signature of EPCIS names first among its examples."""
    return base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()


def headers(secrets: Iterable[bytes], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message sent `at`; several secrets sign it while one replaces another."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, message_id, timestamp, body) for each in secrets),
    }
