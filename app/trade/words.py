"""Names of states, items and steps, in the reader's language."""

from collections.abc import Callable

from app.trade.itemising import Item
from app.trade.models import OrderState, PoolState, StepState
from logistics.ranges import Why

Words = Callable[[str], str]


def pool_states(_: Words) -> dict[str, tuple[str, str]]:
    """State -> (words, tone)."""
    return {
        PoolState.OPEN: (_("Open"), "good"),
        PoolState.CLOSING: (_("Closing"), "warn"),
        PoolState.PLANNED: (_("Planned, to be paid"), "info"),
        PoolState.CONFIRMED: (_("Confirmed"), "good"),
        PoolState.IN_TRANSIT: (_("On the way"), "info"),
        PoolState.ARRIVED: (_("Arrived"), "good"),
        PoolState.SETTLED: (_("Settled"), "neutral"),
        PoolState.CANCELLED: (_("Cancelled"), "bad"),
    }


def order_states(_: Words) -> dict[str, tuple[str, str]]:
    """State -> (words, tone)."""
    return {
        OrderState.JOINED: (_("In the pool"), "good"),
        OrderState.LEFT: (_("Left"), "neutral"),
        OrderState.PLANNED: (_("To be paid"), "warn"),
        OrderState.PAID: (_("Paid"), "good"),
        OrderState.DELIVERED: (_("Delivered"), "good"),
        OrderState.CANCELLED: (_("Cancelled"), "bad"),
    }


def step_states(_: Words) -> dict[str, tuple[str, str]]:
    """State -> (words, tone)."""
    return {
        StepState.WAITING: (_("Waiting"), "neutral"),
        StepState.RUNNING: (_("Running"), "info"),
        StepState.DONE: (_("Done"), "good"),
        StepState.FAILED: (_("Failed"), "bad"),
    }


def steps(_: Words) -> dict[str, tuple[str, str]]:
    """Step -> (name, what it does)."""
    return {
        "lock": (_("Lock the orders"), _("Nothing can join, change or leave any more.")),
        "fill": (_("Fill cases and minimums"), _("Ranges become pieces; a minimum that is missed is told.")),
        "plan": (_("Plan the shipments"), _("The cheapest way on real sailings, checked independently.")),
        "share": (_("Share the cost"), _("To the cent, and nobody pays more than alone.")),
        "cards": (_("Hold the cards"), _("Each saved card is asked for the most that its order may cost.")),
        "charge": (_("Write the charges"), _("Each order gets its charge, reference and ledger entry.")),
        "tell": (_("Tell everybody"), _("Buyers learn what they pay, makers what to prepare.")),
    }


def items(_: Words) -> dict[str, str]:
    """Item of an order's cost -> its name."""
    return {
        Item.GOODS: _("Goods"),
        Item.INLAND: _("Inland transport"),
        Item.INSURANCE: _("Insurance"),
        Item.CUSTOMS: _("Customs entry"),
        Item.DUTY: _("Import duty"),
        Item.HANDLING: _("Handling at the hub"),
        Item.LAST_MILE: _("Last mile"),
        Item.FREIGHT: _("Freight and handling"),
        Item.DIRECT: _("Shipping from the maker"),
        Item.WAITING: _("Waiting and storage"),
        Item.FEE: _("Small-order fee"),
    }


def whys(_: Words) -> dict[str, str]:
    """Why an order gets as many pieces of some goods as it does."""
    return {
        Why.AS_ASKED: _("as you asked"),
        Why.LEAST: _("the least that you asked for: nothing more was needed"),
        Why.FILLS_CASES: _("it fills the case"),
        Why.REACHES_QUANTITY: _("it reaches the quantity that the maker makes at least"),
        Why.REACHES_MINIMUM: _("it reaches the maker's minimum order"),
        Why.KEEPS_QUOTES: _("with fewer, somebody would pay more than was promised"),
        Why.CASE_NOT_FULL: _("the rest would not have filled a case; you do not pay for it"),
        Why.QUANTITY_MISSED: _("too few were asked for; you do not pay for it"),
    }


def modes(_: Words) -> dict[str, str]:
    """How a consignment travels."""
    return {
        "sea": _("by ship"),
        "air": _("by air"),
        "road": _("by road"),
        "rail": _("by rail"),
        "direct": _("directly from the maker"),
    }
