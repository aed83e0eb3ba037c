"""From a buyer's share to its charge: the duty of its goods, who receives what, and in which currency."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind
from app.organisations.models import Organisation
from app.shipping.models import Hub, Service
from app.trade.duties import accepted, due_by_offer
from app.trade.itemising import Fixed, Item, Part, Payee, PayeeKind, spread
from app.trade.models import Order, Pool
from app.trade.pooling import MakerTerms, Wish
from logistics import Problem

EXCHANGE = "Exchange of currencies"


def duties_of(order: Order, wish: Wish, shipping: int) -> list[dict[str, Any]]:
    """The duty of each of an order's goods as charged, by the lines that it accepted: together never above
    the duty that it was promised at most.
    """
    lines = {line.offer_id: line for line in accepted(order.terms)}
    due = {
        str(offer): amount for offer, amount in due_by_offer([*lines.values()], wish.goods, shipping).items()
    }
    charged = spread(min(order.duty, sum(due.values())), due)
    return [lines[offer].to_dict() | {"amount": amount} for offer, amount in charged.items()]


def duty_parts(hub: str, rows: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The duties of a charge as one part, which customs at the hub receive."""
    amount = sum(row["amount"] for row in rows)
    return [Part(Item.DUTY, Payee(PayeeKind.DUTY, hub), amount)] if amount else []


def fixed_of(session: Session, problem: Problem) -> dict[str, Fixed]:
    """What the fixed sums of the rate cards in a problem are for, by code."""
    codes = [service.id for service in problem.services]
    rows = session.execute(select(Service.code, Service.fixed).where(Service.code.in_(codes)))
    return {row.code: row.fixed for row in rows}


class PayeeAccounts:
    """The ledger accounts of those who are paid from a pool."""

    def __init__(self, session: Session, pool: Pool) -> None:
        self.session, self.currency = session, pool.currency
        self.found: dict[Payee, Account] = {}
        self.names: dict[UUID, str] = {}

    def of(self, payee: Payee) -> Account:
        """In the currency of the payee, which is the pool's unless it says another."""
        if payee not in self.found:
            made, name = self._open(payee)
            self.found[payee] = made
            self.names[made.id] = name
        return self.found[payee]

    def exchange(self, currency: str) -> Account:
        """What was exchanged, in each of the two currencies: who bears the difference."""
        return ledger.account(self.session, AccountKind.EXCHANGE, currency, holder=EXCHANGE)

    def _open(self, payee: Payee) -> tuple[Account, str]:
        session, currency = self.session, payee.currency or self.currency
        if payee.kind == PayeeKind.PRODUCER:
            maker = session.scalars(select(Organisation).filter_by(slug=payee.key)).one()
            made = ledger.account(
                session, AccountKind.PRODUCER, currency, holder=maker.name, organisation_id=maker.id
            )
            return made, maker.name
        if payee.kind == PayeeKind.CARRIER:
            carrier = session.scalars(select(Service.carrier).filter_by(code=payee.key)).one()
            return ledger.account(session, AccountKind.CARRIER, currency, holder=carrier), carrier
        hub = session.scalars(select(Hub).filter_by(code=payee.key)).one()
        if payee.kind in {PayeeKind.CUSTOMS, PayeeKind.DUTY}:
            kind, name = (
                (AccountKind.CUSTOMS, f"Customs entries at {hub.name}")
                if payee.kind == PayeeKind.CUSTOMS
                else (AccountKind.DUTY, f"Import duty at {hub.name}")
            )
            return ledger.account(session, kind, currency, holder=name), name
        kind, name = (
            (AccountKind.HUB, f"Handling and last mile at {hub.name}")
            if payee.kind == PayeeKind.HUB
            else (AccountKind.WAITING, f"Storage at {hub.name}")
        )
        made = ledger.account(session, kind, currency, holder=name, organisation_id=hub.organisation_id)
        return made, name


def own_accounts(accounts: PayeeAccounts, payee: Payee, currencies: Mapping[str, set[str]]) -> list[Account]:
    """All accounts in which a payee may be owed something: a maker's are also in its own currency."""
    own = currencies.get(payee.key, set()) if payee.kind == PayeeKind.PRODUCER else set()
    return [accounts.of(payee), *(accounts.of(Payee(payee.kind, payee.key, each)) for each in sorted(own))]


def currencies_of(wishes: Sequence[Wish]) -> dict[str, set[str]]:
    """Slug of a maker -> the currencies beside the pool's in which it is owed something."""
    found: dict[str, set[str]] = {}
    for wish in wishes:
        for maker in wish.makers.values():
            sold = {goods.sold_in for goods in wish.goods if goods.producer_id == maker.id}
            found.setdefault(maker.slug, set()).update({maker.currency, *sold} - {"", None})  # type: ignore[arg-type]
    return found


def own_terms(wishes: Sequence[Wish]) -> dict[str, MakerTerms]:
    """Terms of makers that are owed in a currency of their own, as the first order with their goods accepted
    them, by slug.
    """
    return {
        maker.slug: maker for wish in reversed(wishes) for maker in wish.makers.values() if maker.currency
    }


def postings(
    accounts: PayeeAccounts, wish: Wish | None, parts: Sequence[Part], terms: Mapping[str, MakerTerms]
) -> list[tuple[Account, int]]:
    """The credits of a charge: the goods of `wish`, and `parts` beside them.

    A maker with a currency of its own is owed in it: its goods at its own price, other amounts at the rate
    that was accepted, rounded up. What that costs more or less than the buyer pays is on the account of
    exchange differences, never on the maker or the buyer. `terms`: of such makers.
    """
    made: list[tuple[Account, int]] = []
    for goods in wish.goods if wish else ():
        maker = wish.makers[goods.producer_id].slug if wish else ""
        if goods.sold_in and goods.sold_at is not None:
            made += _exchanged(accounts, maker, goods.value, goods.sold_in, goods.quantity * goods.sold_at)
        else:
            made.append((accounts.of(Payee(PayeeKind.PRODUCER, maker)), -goods.value))
    for part in parts:
        own = terms.get(part.payee.key) if part.payee.kind == PayeeKind.PRODUCER else None
        if own is None:
            made.append((accounts.of(part.payee), -part.amount))
        else:
            amount = own.in_own(part.amount, accounts.currency)
            made += _exchanged(accounts, own.slug, part.amount, own.currency, amount)
    return made


def _exchanged(
    accounts: PayeeAccounts, maker: str, amount: int, currency: str, own: int
) -> list[tuple[Account, int]]:
    """`amount` of the pool's currency is kept, `own` of the maker's is owed to it."""
    return [
        (accounts.exchange(accounts.currency), -amount),
        (accounts.exchange(currency), own),
        (accounts.of(Payee(PayeeKind.PRODUCER, maker, currency)), -own),
    ]
