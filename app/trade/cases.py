"""How full the cases of an open pool are that its buyers fill together."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.trade.filling import asked_in
from app.trade.models import Pool
from logistics.ranges import Asked


@dataclass(frozen=True, slots=True)
class Cases:
    """Of one offer, in pieces: what is asked for and what is missing."""

    offer_id: UUID
    title: str
    unit: str
    maker_id: UUID
    asked: Asked

    @property
    def case_size(self) -> int:
        return self.asked.case_size

    @property
    def least_quantity(self) -> int:
        return self.asked.least_quantity

    @property
    def least(self) -> int:
        return self.asked.least

    @property
    def most(self) -> int:
        return self.asked.most

    @property
    def missing(self) -> int:
        """Without these nobody gets any."""
        return self.asked.missing

    @property
    def full(self) -> int:
        """Pieces in the cases that are full with what is asked for at most."""
        return self.asked.most_in_cases

    @property
    def to_next_case(self) -> int:
        """Pieces that would fill one more case."""
        return -(-(self.asked.most + 1) // self.case_size) * self.case_size - self.asked.most


def cases_in(session: Session, pool: Pool) -> list[Cases]:
    """Offers with a case or a least quantity in a pool whose hub opens cases, by title; else none."""
    if not pool.shares_cases:
        return []
    found: list[Cases] = []
    for maker in asked_in(session, pool):
        for each in maker.asked:
            if each.case_size > 1 or each.least_quantity > 1:
                line = next(line for (name, _), line in maker.lines.items() if name == each.offer)
                found.append(Cases(line.offer_id, line.title, line.unit, maker.terms.id, each))
    return sorted(found, key=lambda each: (each.title, each.offer_id))
