"""Where each figure of an order comes from: rate card, terms, price list, in words that are kept with it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.language import language
from app.shipping.models import Service
from app.trade.itemising import Part, PayeeKind
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
            maker = self.makers[key]
            return f"terms of {maker.name}, stated {maker.stated_at[:10]}"
        if key in self.cards:
            return _card(self.cards[key])
        if part.payee.kind == PayeeKind.CUSTOMS:
            carriers = {each.payee.key for each in beside if each.payee.kind == PayeeKind.CARRIER}
            cards = [self.cards[code] for code in sorted(carriers & set(self.cards))]
            if cards:
                return f"customs entry by {' and '.join(_card(card) for card in cards)}"
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
        """Item, source and amount of each line and part of a quote in its pool as it stands."""
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
        return goods + [
            {"item": part.item, "source": self.of(part, shipping), "amount": part.amount} for part in shipping
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
                "source": f"price list of {self.made.wish.makers[each.producer_id].name}",
            }
            for each in self.made.wish.goods
        ]


def _card(card: Service) -> str:
    return f"rate card {card.code} of {card.carrier}, valid {card.valid_from} to {card.valid_until}"
