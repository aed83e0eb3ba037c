"""Names of states and bearers, in the reader's language."""

from collections.abc import Callable

from app.claims.models import Bearer, ClaimState

Words = Callable[[str], str]


def states(_: Words) -> dict[str, tuple[str, str]]:
    """State of a claim -> (words, tone)."""
    return {
        ClaimState.FILED: (_("Waits for an answer"), "warn"),
        ClaimState.ACCEPTED: (_("Accepted"), "good"),
        ClaimState.REFUSED: (_("Refused"), "bad"),
        ClaimState.ESCALATED: (_("With the ombudsperson"), "info"),
    }


def bearers(_: Words) -> dict[str, str]:
    return {Bearer.MAKER: _("the maker"), Bearer.CARRIER: _("the carrier"), Bearer.HUB: _("the hub")}
