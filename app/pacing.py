"""How often one address may write without an account: counted in memory, under a key of the process.

Nothing of it is stored or logged: whoever reads the database or the disk learns no address.
"""

import hashlib
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fastapi import Request

from app.errors import TooMany

HOUR: Final = timedelta(hours=1)
LIMITS: Final = {"complaint": 20, "comment": 20}
"""In an hour. A whole village may share one address, so this only stops machines."""
MOST_ADDRESSES: Final = 20_000
WORDS: Final = (
    "Very many messages came from your network in the last hour, so this one was not taken yet. "
    "Nothing that you wrote is lost: it stands below. Send it again in an hour."
)


@dataclass
class Pace:
    """`seen`: when an address, by its keyed hash, wrote lately."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    seen: dict[tuple[str, bytes], deque[datetime]] = field(default_factory=dict)
    address: str = ""

    @classmethod
    def of(cls, request: Request) -> "Pace":
        """The application's count, for the address of this request."""
        kept: Pace | None = getattr(request.app.state, "pace", None)
        if kept is None:
            kept = request.app.state.pace = cls()
        return cls(kept.key, kept.seen, request.client.host if request.client else "?")

    def need(self, what: str, now: datetime) -> None:
        """Count one. TooMany: the hour is full."""
        name = (what, hashlib.blake2b(self.address.encode(), key=self.key, digest_size=16).digest())
        times = self.seen.setdefault(name, deque())
        while times and times[0] <= now - HOUR:
            times.popleft()
        if len(times) >= LIMITS[what]:
            raise TooMany(WORDS, retry_after=3600)
        times.append(now)
        if len(self.seen) > MOST_ADDRESSES:
            self.seen.clear()
