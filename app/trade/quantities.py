"""Which quantities can be ordered of an offer: alone in full cases, or filling cases together with others."""

from typing import Final

from app.catalogue.models import Offer

MOST_PIECES: Final = 1_000_000


def fault(offer: Offer, quantity: int, held: int, *, least: int | None, together: bool) -> str | None:
    """What is wrong with an order of `least` to `quantity` pieces; None: nothing.

    `held`: pieces that the buyer has already. `together`: the hub opens cases, so that case and least
    quantity are the pool's; else each order keeps them.
    """
    if quantity < 1:
        return "Enter a whole number above 0, or leave it empty."
    if quantity > MOST_PIECES:
        return f"Enter {MOST_PIECES:,} or less."
    if least is not None and not 1 <= least <= quantity:
        return f"The least of a range is between 1 and the most, which is {quantity:,}."
    if not together and (words := _own_cases(offer, quantity)):
        return words
    if offer.stock is not None and quantity > offer.stock + held:
        left = offer.stock + held
        return f"Only {left} left. Enter {left} or less." if left else "Nothing of this is left."
    return None


def _own_cases(offer: Offer, quantity: int) -> str | None:
    if quantity < offer.least_quantity:
        return f"The maker sells {offer.least_quantity} or more of this at once."
    if quantity % offer.case_size:
        low = quantity // offer.case_size * offer.case_size
        near = f"{low} or {low + offer.case_size}" if low else f"{offer.case_size}"
        return f"This comes in cases of {offer.case_size}: enter {near}."
    return None
