"""Where each figure of an order comes from, in words that are kept with it: rate card, terms, price list,
tariff line, exchange rate.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.exchange.service import Rate
from app.language import language
from app.shipping.models import Service
from app.trade.duties import DutyLine, VatNote, accepted, shown_for, vat_note
from app.trade.itemising import Item, Part, PayeeKind
from app.trade.pooling import Goods, MakerTerms
from app.trade.quoting import Promised, Quote

WORDS = language("en")


class Sources:
    """The rate cards and terms that the parts of one order name."""

    def __init__(self, session: Session, made: Promised) -> None:
        keys = {part.payee.key for part in made.alone_parts} | {
            code.id for code in made.promise.problem.services
        }
        found = session.scalars(select(Service).where(Service.code.in_(keys)))
        self.made = made
        self.cards = {card.code: card for card in found}
        self.makers = {
            maker.slug: maker for wish in (*made.others, made.wish) for maker in wish.makers.values()
        }

    def of(self, part: Part, beside: Sequence[Part]) -> str:
        """`beside`: all parts of the same side. Refusal: nothing says what it costs, which is named."""
        key = part.payee.key
        if key in self.makers:
            return _terms(self.makers[key], self.made.currency)
        if key in self.cards:
            return _card(self.cards[key])
        if part.payee.kind in {PayeeKind.CUSTOMS, PayeeKind.HUB}:
            carriers = {each.payee.key for each in beside if each.payee.kind == PayeeKind.CARRIER}
            cards = [self.cards[code] for code in sorted(carriers & set(self.cards))]
            if cards:
                return f"{part.item} in {' and '.join(_card(card) for card in cards)}"
        if part.payee.kind == PayeeKind.WAREHOUSE:
            pool = self.made.lane.pool
            return f"pool {pool.number}: {pool.wait_cost_ppm_per_day} millionths of the value a day, at {key}"
        raise Refusal(
            f"No rate card or terms say what “{part.item}” at {key} costs. Ask the hub to enter it.",
            code="no-rate",
            title="A rate is missing",
            facts={"item": part.item, "at": key},
        )

    def rows(self) -> list[dict[str, Any]]:
        """Item, source and amount of each line, part and duty of a quote in its pool as it stands: they sum
        to what it costs there.
        """
        assert isinstance(self.made, Quote)
        goods = [
            {
                "item": f"{each['title']} (HS {each['hs_code']})",
                "source": f"{each['source']}, {each['quantity']} x "
                f"{WORDS.amount(each['unit_price'], self.made.currency)}",
                "amount": each["amount"],
            }
            for each in self.goods()
        ]
        shipping = self.made.pooled_parts
        parts = [
            {"item": part.item, "source": self.of(part, shipping), "amount": part.amount} for part in shipping
        ]
        return goods + parts + self.duties(self.made.pooled, self.made.duty_pooled)

    def duties(self, shipping: int, most: int) -> list[dict[str, Any]]:
        """The duty of each of the goods at this much shipping, together at most `most`."""
        return [
            {
                "item": Item.DUTY,
                "title": each.line.title,
                "source": duty_source(each.line),
                "amount": each.amount,
            }
            for each in shown_for(self.made.duties, self.made.wish.goods, shipping, most)
        ]

    def goods(self) -> list[dict[str, Any]]:
        """Each line: what it is, by which tariff number, at which price of which day."""
        return [
            {
                "title": each.title,
                "hs_code": each.hs_code,
                "unit_price": each.unit_price,
                "quantity": each.quantity,
                "amount": each.value,
                "source": self._price(each),
            }
            for each in self.made.wish.goods
        ]

    def _price(self, goods: Goods) -> str:
        words = f"price list of {self.made.wish.makers[goods.producer_id].name}"
        if not goods.sold_in or goods.sold_at is None:
            return words
        words += f", {WORDS.money(goods.sold_at, goods.sold_in)} each"
        rate = self.made.wish.rates.get(goods.sold_in)
        return f"{words}, {exchange_words(rate)}" if rate else words

    def vat(self) -> VatNote:
        """What customs ask of the importer beside the charge, at its most."""
        made = self.made
        origins = {line.origin for line in made.duties}
        return vat_note(made.lane.destination.country, origins, made.most)

    def exchanged(self) -> list[str]:
        """The exchange rates that the quote rests on, in words."""
        found = [exchange_words(rate) for rate in self.made.wish.rates.values()]
        found += [duty_exchange(line) for line in self.made.duties if duty_exchange(line)]
        return sorted(set(found))


def exchange_words(rate: Rate) -> str:
    return (
        f"1 {rate.base} = {format(float(rate.value), '.6g')} {rate.currency} on {WORDS.day(rate.day)} "
        f"({rate.source})"
    )


def duty_exchange(line: DutyLine) -> str:
    """The exchange rate by which a duty is counted; empty: none is used."""
    if not line.exchange_source or line.currency == line.tariff_currency:
        return ""
    return exchange_words(line.rate_used)


def duty_source(line: DutyLine) -> str:
    """Which line of which tariff, of which day, and what was chosen where there is more than one."""
    if not line.rate:
        return line.source
    stated = f"stated for {line.stated_on}" if line.stated_on else "without a day"
    words = f"HS {line.hs_code}, {line.rate} without a proof of origin: {line.source}, {stated}"
    if line.choices > 1:
        words += f"; the dearest of {line.choices} lines below the maker's code"
    if line.freight:
        words += "; freight is a part of the value"
    used = duty_exchange(line)
    return f"{words}; {used}" if used else words


def _terms(maker: MakerTerms, currency: str) -> str:
    words = f"terms of {maker.name}, stated {maker.stated_at[:10]}"
    if maker.currency:
        words += (
            f", in {maker.currency}, by the rate of {maker.rate_day} ({maker.rate_source}), rounded up to "
            f"{currency}"
        )
    return words


def _card(card: Service) -> str:
    return (
        f"rate card {card.code} of {card.carrier}, version {card.version}, valid {card.valid_from} to "
        f"{card.valid_until}"
    )


def exchanged_in(terms: Mapping[str, Any]) -> list[str]:
    """The exchange rates that an order accepted, in words."""
    found = [duty_exchange(line) for line in accepted(terms) if duty_exchange(line)]
    for each in terms.get("rates", ()):
        day = date.fromisoformat(each["day"])
        rate = Rate(each["base"], terms["currency"], Fraction(each["rate"]), day, each["source"])
        found.append(exchange_words(rate))
    return sorted(set(found))
