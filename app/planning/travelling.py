"""How the goods of a planned pool travel: by its own plan, or with others where it was booked so."""

import json
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.planning.models import Consolidation, PoolBooking
from app.trade.closing import stored_plan
from app.trade.models import PoolPlan
from logistics import Plan, Problem


class Travelling(NamedTuple):
    """How a planned pool travels, and what its buyers got back for going with others, in minor units."""

    problem: Problem
    plan: Plan
    given_back: int


def travels(session: Session, stored: PoolPlan) -> Travelling:
    """The problem and the plan by which a pool that is planned travels. Lines and orders have the same names
    in both.
    """
    booking = session.get(PoolBooking, stored.pool_id)
    back = booking.rebate if booking is not None else 0
    if booking is not None and booking.consolidation_id is not None:
        made = session.get_one(Consolidation, booking.consolidation_id)
        return Travelling(Problem.from_dict(made.problem), Plan.from_json(json.dumps(made.plan)), back)
    return Travelling(Problem.from_dict(stored.problem), stored_plan(stored), back)
