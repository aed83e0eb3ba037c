"""Stripe's errors as ours: done, known to be not done, or nobody knows."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe


class Unknown(Exception):  # noqa: N818 - not an error: nobody knows yet
    """No answer, or one that does not say whether it was done."""


class Refused(Exception):  # noqa: N818 - Stripe's or the bank's "no"
    """Not done, and known so. `code` and `decline_code` are Stripe's (https://docs.stripe.com/declines/codes);
    `payment` is the PaymentIntent that was refused.
    """

    def __init__(self, words: str, code: str = "", decline_code: str = "", payment: str = "") -> None:
        super().__init__(words)
        self.code, self.decline_code, self.payment = code, decline_code, payment


@contextmanager
def answers() -> Iterator[None]:
    """Stripe's errors (https://docs.stripe.com/api/errors/handling) as ours."""
    try:
        yield
    except stripe.CardError as refusal:
        error = refusal.error
        payment = getattr(getattr(error, "payment_intent", None), "id", "") if error else ""
        raise Refused(
            str(refusal.user_message or refusal),
            code=refusal.code or "",
            decline_code=getattr(error, "decline_code", "") or "",
            payment=payment,
        ) from refusal
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as refusal:
        raise Refused(str(refusal.user_message or refusal), code=refusal.code or "") from refusal
    except stripe.StripeError as fault:
        # no connection, 500, too many at once, a key that is wrong: it may or may not have been done
        raise Unknown(type(fault).__name__) from fault
