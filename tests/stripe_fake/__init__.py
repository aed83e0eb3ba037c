"""A Stripe for tests: a server on loopback that keeps state and that the real SDK talks to.

Written from Stripe's public documentation alone; each behaviour names the page it was read in. What the
documentation leaves open is refused with an `invalid_request_error`, so that no test rests on a guess.
"""

from tests.stripe_fake.cards import NUMBERS
from tests.stripe_fake.server import StripeFake
from tests.stripe_fake.webhooks import signature

__all__ = ["NUMBERS", "StripeFake", "signature"]
