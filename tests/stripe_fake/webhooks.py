"""Signed events (https://docs.stripe.com/webhooks#verify-manually)."""

import hashlib
import hmac
from datetime import datetime


def signature(payload: bytes, secret: str, at: datetime) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over "timestamp.payload" in scheme v1."""
    stamp = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signed}"
