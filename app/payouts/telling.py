"""Mail about payouts. In English, like all mail that no request is in whose language is known."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app import mail
from app.language import language
from app.ledger.models import Account, Part, Payout
from app.organisations.models import Organisation
from app.organisations.service import people_with, tell
from app.payouts.models import AccountState, PayoutDetails, PayoutInstruction, Rail, StripeAccount
from app.permissions import Role
from app.trade.models import Pool
from app.webhooks import service as webhooks

WORDS: Final = language("en")
WAYS: Final = {
    Rail.BANK: "by bank transfer",
    Rail.STRIPE: "to your account at Stripe",
    Rail.MOBILE: "by mobile money",
    Rail.CASH: "in cash",
}


def operators(session: Session, subject: str, body: str, *, now: datetime) -> None:
    for person, _organisation in people_with(session, Role.OPERATOR):
        mail.write(session, person.email, subject, body, now=now)


def payee(session: Session, details: PayoutDetails, subject: str, body: str, *, now: datetime) -> None:
    """Everybody of the payee; operators for one that is no organisation here."""
    if details.organisation_id:
        tell(session, details.organisation_id, subject, body, now=now)
    else:
        holder = session.get_one(Account, details.account_id).holder
        operators(session, f"{subject}: {holder}", body, now=now)


def changed(
    session: Session, made: PayoutDetails, before: PayoutDetails | None, who: str, *, now: datetime
) -> None:
    if before is None:
        body = f"{who} has said where the money goes: {made.holder}, {WAYS[Rail(made.rail)]}.\n"
        payee(session, made, "Payout details given", body, now=now)
        return
    body = (
        f"{who} has changed where the money goes: from now on to {made.holder}, {WAYS[Rail(made.rail)]}.\n\n"
        f"Nothing is paid until {WORDS.day(made.usable_from)}, unless a second person of you confirms the "
        "change on the page Payout details before. If none of you made it, take it back on that page today "
        "and change your password.\n"
    )
    payee(session, made, "Payout details changed", body, now=now)


def connected(session: Session, row: StripeAccount, before: str, *, now: datetime) -> None:
    """An account at Stripe can be paid to, or cannot any more."""
    if row.state == AccountState.READY:
        subject = "Stripe can pay you now"
        body = (
            "Your account at Stripe is complete. If you want to be paid there, choose it on your page Money, "
            "under Payout details.\n"
        )
    elif before == AccountState.READY or (
        row.state == AccountState.DETAILS and before == AccountState.CHECKING
    ):
        subject = "Stripe asks for more details"
        body = (
            "Until it has them, it pays nothing to your account. Go on at Stripe from your page Money, under "
            "Payout details, or choose another way to be paid there.\n"
        )
    elif row.state == AccountState.REFUSED:
        subject = "Stripe does not take your account"
        body = "Choose another way to be paid on your page Money, under Payout details.\n"
    else:
        return
    tell(session, row.organisation_id, subject, body, now=now)


def taken_back(session: Session, found: PayoutDetails, who: str, *, now: datetime) -> None:
    body = f"{who} took the change of payout details back. What stood there before counts on.\n"
    payee(session, found, "Change of payout details taken back", body, now=now)


def can_ask(session: Session, pool: Pool, payout: Payout, organisation: Organisation, now: datetime) -> None:
    """A maker whose pool is paid may have half now."""
    half = WORDS.money((payout.amount + 1) // 2, payout.currency)
    body = (
        f"Everybody in the pool {pool.number}, {pool.title}, has paid. You are owed "
        f"{WORDS.money(payout.amount, payout.currency)}.\n\n"
        f"If you need material and wages paid first, ask for the advance on the page Money: {half} now, the "
        "rest when you hand the goods over. It costs nothing: no interest, no fee.\n"
    )
    tell(session, organisation.id, f"Half of pool {pool.number} now, if you ask for it", body, now=now)


def asked(session: Session, pool: Pool, payout: Payout, *, now: datetime) -> None:
    body = (
        f"{payout.payee} asks for its advance of pool {pool.number}: "
        f"{WORDS.money(payout.amount, payout.currency)}, to be paid by {WORDS.day(payout.due_on)}.\n"
    )
    operators(session, f"Advance asked for: {payout.payee}", body, now=now)


def sent(
    session: Session,
    payout: Payout,
    instruction: PayoutInstruction,
    details: PayoutDetails,
    *,
    now: datetime,
) -> None:
    what = "The advance" if payout.part == Part.ADVANCE else "Your money"
    ask = (
        "\nSay on the page Money whether you have received it.\n"
        if details.rail in {Rail.MOBILE, Rail.CASH}
        else ""
    )
    body = (
        f"{what}, {WORDS.money(instruction.amount, instruction.currency)}, is on its way "
        f"{WAYS[Rail(details.rail)]}, with the reference {instruction.reference}.\n{ask}"
    )
    payee(session, details, "Money is on its way to you", body, now=now)
    if details.organisation_id:
        data = {
            "payout_id": str(payout.id),
            "amount": payout.amount,
            "currency": payout.currency,
            "reference": instruction.reference,
        }
        webhooks.emit(session, details.organisation_id, "payout.sent", data, now)


def came_back(
    session: Session,
    payout: Payout,
    instruction: PayoutInstruction,
    details: PayoutDetails,
    *,
    now: datetime,
) -> None:
    body = (
        f"{WORDS.money(instruction.amount, instruction.currency)} for {payout.payee} did not arrive: "
        f"{instruction.words}\n\nIt is owed as before. Look at the page Payout details: if something there "
        "is wrong, enter it anew.\n"
    )
    payee(session, details, "Money did not reach you", body, now=now)
    operators(session, f"A payout did not arrive: {payout.payee}", body, now=now)


def disputed(session: Session, payout: Payout, instruction: PayoutInstruction, *, now: datetime) -> None:
    body = (
        f"{payout.payee} says that {WORDS.money(instruction.amount, instruction.currency)} with the "
        f"reference {instruction.reference} did not come: {instruction.words}\n"
    )
    operators(session, f"Not received: {payout.payee}", body, now=now)
