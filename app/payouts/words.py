"""Words of payouts, in the reader's language."""

from dataclasses import dataclass

from app.history import Happening
from app.language import Language
from app.ledger.models import Part
from app.ledger.owing import Row, Standing
from app.payouts.accounts import hidden
from app.payouts.models import AccountState, BatchState, InstructionState, PayoutDetails, Rail


def rails(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {
        Rail.BANK: _("Bank transfer"),
        Rail.STRIPE: _("Transfer at Stripe"),
        Rail.MOBILE: _("Mobile money"),
        Rail.CASH: _("Cash"),
        "card": _("Back to the card"),
        "": "–",
    }


def parts(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {Part.WHOLE: _("All of it"), Part.ADVANCE: _("Advance"), Part.BALANCE: _("Balance")}


def batch_states(lang: Language) -> dict[str, tuple[str, str]]:
    _ = lang.text
    return {
        BatchState.PROPOSED: (_("To be released"), "warn"),
        BatchState.RELEASED: (_("Released"), "good"),
        BatchState.REFUSED: (_("Refused"), "bad"),
    }


def states(lang: Language) -> dict[str, tuple[str, str]]:
    _ = lang.text
    return {
        InstructionState.PROPOSED: (_("Proposed"), "info"),
        InstructionState.RELEASED: (_("Released"), "info"),
        InstructionState.SENT: (_("On its way"), "info"),
        InstructionState.CONFIRMED: (_("Arrived"), "good"),
        InstructionState.DISPUTED: (_("Not received, says the payee"), "bad"),
        InstructionState.REFUSED: (_("Refused"), "neutral"),
        InstructionState.FAILED: (_("Did not arrive"), "bad"),
        InstructionState.RETURNED: (_("Came back"), "bad"),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """A standing as a pill, with a quiet line below."""

    text: str
    tone: str
    sub: str = ""


def told(row: Row, lang: Language) -> Told:
    """Where a payout stands, to its payee: overdue is said plainly."""
    _ = lang.text
    payout, live = row.payout, row.live
    late = (
        lang.texts_by_number("{days} day late", "{days} days late", row.days_late).format(days=row.days_late)
        if row.days_late
        else ""
    )
    sent_on = lang.day(live.sent_on) if live and live.sent_on else ""
    match row.standing:
        case Standing.PAID:
            assert payout.paid_on is not None
            return Told(_("Paid {day}").format(day=lang.day(payout.paid_on)), "good")
        case Standing.ON_ITS_WAY:
            return Told(_("On its way since {day}").format(day=sent_on), "info", late)
        case Standing.DISPUTED:
            return Told(_("You said that it did not come"), "bad", _("We look for it."))
        case Standing.TO_CARD:
            return Told(_("Goes back to your card"), "info")
        case Standing.NO_DETAILS:
            return Told(_("Say where we pay you"), "bad", late)
        case Standing.AWAITS:
            return Told(_("At hand-over"), "neutral", _("of the goods for the ship"))
        case Standing.PREPARED:
            return Told(_("Being prepared"), "info")
        case Standing.OVERDUE:
            return Told(_("Overdue"), "bad", late)
        case _:
            return Told(_("To be paid"), "info")


def account(state: str, lang: Language) -> tuple[str, str]:
    """How an account at Stripe stands, as a pill."""
    _ = lang.text
    return {
        AccountState.ASKED: (_("Being opened"), "info"),
        AccountState.DETAILS: (_("Details are missing"), "warn"),
        AccountState.CHECKING: (_("Stripe is checking"), "info"),
        AccountState.READY: (_("Can be paid to"), "good"),
        AccountState.REFUSED: (_("Not taken"), "bad"),
    }[AccountState(state)]


def where(found: PayoutDetails, lang: Language, *, whole: bool) -> list[tuple[str, str]]:
    """Details as rows of a list; `whole`: with every sign of the numbers."""
    _ = lang.text

    def number(value: str) -> str:
        return value if whole else hidden(value)

    iban = " ".join(found.iban[at : at + 4] for at in range(0, len(found.iban), 4))
    rows = [
        (_("Way"), rails(lang)[found.rail]),
        (_("Name"), found.holder),
        (_("IBAN"), (iban if whole else hidden(found.iban)) if found.iban else ""),
        (_("Account number"), number(found.account_number)),
        (_("BIC"), found.bic),
        (_("Country"), lang.country(found.country) if found.country else ""),
        (_("Phone"), number(found.phone)),
        (_("Provider"), found.provider),
        (_("Place"), found.place),
        (_("Account at Stripe"), number(found.stripe_account)),
    ]
    return [row for row in rows if row[1]]


def happened(found: Happening, lang: Language) -> str:
    """A line of a payout's history, with the reason that was given."""
    _ = lang.text
    told = {
        "owed": _("Owed"),
        "owed less": _("Owed less"),
        "advance asked for": _("The maker asked for the advance"),
        "balance": _("The rest is the balance"),
        "due: goods handed over": _("The goods were handed over"),
        "sent": _("Sent"),
        "paid out": _("Paid"),
        "did not come": _("Did not arrive: owed again"),
        "not received": _("The payee says that it did not come"),
        "refunded to the card": _("Sent back to the card"),
        "card did not take it": _("The card did not take it: owed again"),
        "taken back by its bank": _("The buyer's bank took it back"),
    }
    why = found.facts.get("because") or found.facts.get("words") or ""
    what = told.get(found.action, found.action)
    return f"{what}. {why}" if why else what
