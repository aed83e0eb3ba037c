"""Names of kinds and states, in the reader's language."""

from collections.abc import Callable

from app.standing.models import StandingKind, StandingState

Words = Callable[[str], str]


def kinds(_: Words) -> dict[str, str]:
    return {StandingKind.STANDING: _("Standing order"), StandingKind.COMMITMENT: _("Commitment")}


def states(_: Words) -> dict[str, tuple[str, str]]:
    """State -> (words, tone)."""
    return {
        StandingState.ACTIVE: (_("Active"), "good"),
        StandingState.PAUSED: (_("Paused"), "warn"),
        StandingState.ENDED: (_("Ended"), "neutral"),
    }
