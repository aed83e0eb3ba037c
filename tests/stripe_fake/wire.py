"""Stripe's requests are forms with brackets, its replies JSON (https://docs.stripe.com/api)."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Failure(Exception):  # noqa: N818 - a reply of the API, raised where it is found
    """An error object (https://docs.stripe.com/api/errors)."""

    message: str
    status: int = 400
    kind: str = "invalid_request_error"
    code: str | None = None
    decline_code: str | None = None
    intent: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code:
            told["code"] = self.code
        if self.decline_code:
            told["decline_code"] = self.decline_code
        if self.intent:
            told[self.intent["object"]] = self.intent
        return {"error": told}


def missing(name: str) -> Failure:
    return Failure(f"No such object: '{name}'", 404, code="resource_missing")


def parameters(encoded: str) -> dict[str, Any]:
    """`a[b]=1&c[0]=2` -> {"a": {"b": "1"}, "c": {"0": "2"}}."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, *inner = re.findall(r"[^\[\]]+", name)
        at = found
        *outer, last = head, *inner
        for part in outer:
            at = at.setdefault(part, {})
        at[str(len(at)) if name.endswith("[]") else last] = value
    return found


def whole(given: dict[str, Any], name: str) -> int:
    """Amounts are integers in the smallest unit (https://docs.stripe.com/currencies#minor-units)."""
    value = given.get(name, "")
    if not re.fullmatch(r"\d{1,12}", value):
        raise Failure(f"Invalid integer: {value}", code="parameter_invalid_integer")
    return int(value)


def json_bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
