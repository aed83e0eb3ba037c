"""Import duty and import VAT of an order: what is due at most, from where each figure is, what a proof saves.

Duty belongs to the goods that cause it: it is never shared, and is the same alone and pooled but for the
freight that some countries count in. The rate is the one that is due without a proof of origin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, Protocol, Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.exchange import service as rates
from app.exchange.service import Rate
from app.language import language
from app.organisations.models import Organisation
from app.shipping.customs import tariff_of
from app.shipping.models import Hub
from app.trade.models import Charge, Order
from app.trade.pooling import Goods, Wish
from logistics.customs import (
    CURRENCY,
    VALUATION,
    CustomsFault,
    Tariff,
    UnreadableCode,
    VatMissing,
    assess,
    destination_of,
    highest_general,
    import_vat,
    read_duty,
    shown,
    tidy,
    within_union,
)
from logistics.customs import Goods as Dutiable

WORDS: Final = language("en")


class Sold(Protocol):
    """Goods of an order, before or after they are stored."""

    @property
    def offer_id(self) -> UUID: ...
    @property
    def value(self) -> int: ...
    @property
    def weight_g(self) -> int: ...
    @property
    def quantity(self) -> int: ...


@dataclass(frozen=True, slots=True)
class DutyLine:
    """What an order accepted for one of its goods. It never changes: the duty is computed from it alone.

    `exchange`: units of the tariff's currency for one of the pool's, as a fraction; empty without a duty.
    """

    offer_id: str
    title: str
    hs_code: str
    origin: str
    to: str
    rate: str  # general, as the tariff writes it; empty: within one customs territory
    choices: int  # lines below the code, of which this is the dearest; 1: it is exact
    source: str
    stated_on: str
    on: str  # the day for which it was looked up
    freight: bool  # whether freight is dutiable
    tariff_currency: str
    currency: str
    exchange: str
    exchange_day: str
    exchange_source: str
    preference: str = ""  # the programme that saves most
    preferred_rate: str = ""
    proof: str = ""

    def due(self, value: int, shipping: int, weight_g: int, pieces: int) -> int:
        """Minor units of the pool's currency, rounded up."""
        return self._due(self.rate, value, shipping, weight_g, pieces)

    def saved(self, value: int, shipping: int, weight_g: int, pieces: int) -> int:
        """What the proof of origin would save."""
        if not self.preference:
            return 0
        preferred = self._due(self.preferred_rate, value, shipping, weight_g, pieces)
        return max(self.due(value, shipping, weight_g, pieces) - preferred, 0)

    def _due(self, rate: str, value: int, shipping: int, weight_g: int, pieces: int) -> int:
        if not rate:
            return 0
        duty = read_duty(rate, self.tariff_currency)
        if duty.free:
            return 0
        there = self.rate_used
        worth = there.convert(value + shipping if self.freight else value, "up")
        due = duty.due(Dutiable(worth, weight_g, pieces))
        back = Rate(there.currency, there.base, 1 / there.value, there.day, there.source)
        return back.convert(due, "up")

    @property
    def stated_day(self) -> date | None:
        return date.fromisoformat(self.stated_on) if self.stated_on else None

    @property
    def rate_used(self) -> Rate:
        """From the pool's currency into the tariff's."""
        return Rate(
            self.currency,
            self.tariff_currency,
            Fraction(self.exchange),
            date.fromisoformat(self.exchange_day),
            self.exchange_source,
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})


def duties_for(session: Session, wish: Wish, to: Hub, currency: str, *, today: date) -> tuple[DutyLine, ...]:
    """The duty lines of goods that arrive when they are needed at the latest.

    Refusal: a duty, or the exchange rate by which it is counted, is not known: which, and who adds it.
    """
    makers = {goods.producer_id for goods in wish.goods}
    rows = session.execute(select(Organisation.id, Organisation.country).where(Organisation.id.in_(makers)))
    countries = {row.id: row.country for row in rows}
    held = _Held(session, to.country, currency, wish.needed_by, today)
    held.codes = [
        goods.hs_code
        for goods in wish.goods
        if not within_union(countries[goods.producer_id], to.country) and _readable(goods.hs_code)
    ]
    return tuple(_line(held, goods, countries[goods.producer_id]) for goods in wish.goods)


@dataclass
class _Held:
    """What is looked up for an order, once."""

    session: Session
    to: str
    currency: str
    on: date
    today: date
    codes: list[str] = field(default_factory=list)

    @cached_property
    def tariff(self) -> Tariff:
        return tariff_of(self.session, destination_of(self.to), self.codes, self.on)

    @cached_property
    def rate(self) -> Rate:
        """Into the tariff's currency. NoRate: it is not known."""
        own = CURRENCY[destination_of(self.to)]
        return rates.rate(self.session, self.currency, own, min(self.on, self.today))


def _readable(code: str) -> bool:
    try:
        return bool(tidy(code))
    except UnreadableCode:
        return False


def _line(held: _Held, goods: Goods, origin: str) -> DutyLine:
    to, currency, on, today = held.to, held.currency, held.on, held.today
    if within_union(origin, to):
        words = f"goods of {origin} within one customs territory"
        return DutyLine(
            str(goods.offer_id), goods.title, goods.hs_code, origin, to, "", 1, words, "",
            on.isoformat(), False, currency, currency, "1", today.isoformat(), "same currency",
        )  # fmt: skip
    try:
        destination = destination_of(to)
        own = CURRENCY[destination]
        measured = Dutiable(goods.value, goods.weight_g, goods.quantity)
        line, _due, choices = highest_general(
            held.tariff, hs_code=goods.hs_code, to=to, goods=measured, on=on
        )
        free = read_duty(line.rate, own).free
    except CustomsFault as fault:
        raise missing_duty(fault, goods, to) from fault
    rate = None if free else held.rate
    preference, preferred, proof = "", "", ""
    if not free:
        preference, preferred, proof = _preference(held.tariff, line.code, origin, to, measured, on)
    return DutyLine(
        offer_id=str(goods.offer_id),
        title=goods.title,
        hs_code=shown(line.code),
        origin=origin,
        to=to,
        rate=line.rate,
        choices=choices,
        source=line.source.name,
        stated_on=line.source.stated_on.isoformat() if line.source.stated_on else "",
        on=on.isoformat(),
        freight=VALUATION[destination].freight,
        tariff_currency=own,
        currency=currency,
        exchange=str(rate.value) if rate else "1",
        exchange_day=(rate.day if rate else today).isoformat(),
        exchange_source=rate.source if rate else "",
        preference=preference,
        preferred_rate=preferred,
        proof=proof,
    )


def _preference(
    tariff: Tariff, code: str, origin: str, to: str, goods: Dutiable, on: date
) -> tuple[str, str, str]:
    """(programme, rate, proof) of the preference in force that saves most; empty: none is known to."""
    best = assess(tariff, hs_code=code, origin=origin, to=to, goods=goods, on=on).best
    if best is None or best.line is None:
        return "", "", ""
    return best.programme.name, best.line.rate, best.proof


def missing_duty(fault: CustomsFault, goods: Goods, to: str) -> Refusal:
    """The refusal that names a duty which is not known, and who can add it."""
    who = (
        "The maker can give the exact customs code of its offer. "
        if fault.code in {"hs-code", "code-too-short"}
        else "The operator of this platform can read in the official tariff. "
    )
    return Refusal(
        f"What import duty “{goods.title}” bears is not known, so no price can be promised for it. {fault} "
        f"{who}Until then, leave it out.",
        code=fault.code,
        title="A duty is missing",
        facts={"offer_id": goods.offer_id, "hs_code": goods.hs_code, "to": to},
    )


def parted(goods: Sequence[Sold], shipping: int) -> dict[UUID, int]:
    """Shipping by goods, in proportion to value (or by number, if none has a value), each rounded up: a part
    of less shipping is never more.
    """
    total = sum(each.value for each in goods)
    if total or not goods:
        return {each.offer_id: -(-shipping * each.value // total) for each in goods}
    return {each.offer_id: -(-shipping // len(goods)) for each in goods}


def due_by_offer(lines: Sequence[DutyLine], goods: Sequence[Sold], shipping: int) -> dict[UUID, int]:
    """The duty of each of the goods that carry this much shipping together. Never falls as shipping rises."""
    share = parted(goods, shipping)
    known = {line.offer_id: line for line in lines}
    return {
        each.offer_id: known[str(each.offer_id)].due(
            each.value, share[each.offer_id], each.weight_g, each.quantity
        )
        for each in goods
        if str(each.offer_id) in known
    }


def due_in_all(lines: Sequence[DutyLine], goods: Sequence[Sold], shipping: int) -> int:
    return sum(due_by_offer(lines, goods, shipping).values())


def saved_in_all(lines: Sequence[DutyLine], goods: Sequence[Sold], shipping: int) -> int:
    """What the proofs of origin would save."""
    share = parted(goods, shipping)
    known = {line.offer_id: line for line in lines}
    return sum(
        known[str(each.offer_id)].saved(each.value, share[each.offer_id], each.weight_g, each.quantity)
        for each in goods
        if str(each.offer_id) in known
    )


def accepted(terms: Mapping[str, Any]) -> tuple[DutyLine, ...]:
    """Of an order's terms."""
    return tuple(DutyLine.from_dict(stored) for stored in terms.get("duties", ()))


@dataclass(frozen=True, slots=True)
class VatNote:
    """The tax that customs ask of the importer, who is the buyer: it is never a part of a charge.

    `percent` None and `missing` False: there is none; `missing`: the rate is not known here.
    """

    country: str
    percent: str | None
    source: str
    stated_on: str
    amount: int | None
    missing: bool = False


def vat_note(to: str, origins: set[str], value: int) -> VatNote:
    """`value`: goods, shipping and duty, in minor units."""
    if all(within_union(origin, to) for origin in origins):
        return VatNote(to, None, "goods within one customs territory are not imported", "", None)
    try:
        found = import_vat(to)
    except VatMissing as missing:
        return VatNote(to, None, str(missing), "", None, missing=True)
    if found is None:
        return VatNote(to, None, "none is levied on imports there", "", None)
    percent = format(float(found.rate * 100), "g")
    stated = found.source.stated_on.isoformat() if found.source.stated_on else ""
    return VatNote(to, percent, found.source.name, stated, found.due(value))


@dataclass(frozen=True, slots=True)
class DutyShown:
    """One duty line with its amount, and what a proof of origin saves of it."""

    line: DutyLine
    amount: int
    saved: int


def shown_for(lines: Sequence[DutyLine], goods: Sequence[Sold], shipping: int, most: int) -> list[DutyShown]:
    """The duty of each of the goods at this much shipping, together at most `most`."""
    share = parted(goods, shipping)
    sold = {str(each.offer_id): each for each in goods}
    due = due_by_offer(lines, goods, shipping)
    over = max(sum(due.values()) - most, 0)
    found: list[DutyShown] = []
    for line in lines:
        if line.offer_id not in sold:
            continue
        each = sold[line.offer_id]
        less = min(over, due[each.offer_id])
        over -= less
        amount = due[each.offer_id] - less
        saved = line.saved(each.value, share[each.offer_id], each.weight_g, each.quantity)
        found.append(DutyShown(line, amount, min(saved, amount)))
    return found


def vat_of(to: str, order: Order, charge: Charge | None) -> VatNote | None:
    """For an order's page; None: it was made before duties were quoted."""
    origins = {line.origin for line in accepted(order.terms)}
    return vat_note(to, origins, charge.total if charge else order.most) if origins else None
