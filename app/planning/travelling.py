"""How the goods of a planned pool travel: by its own plan, or with others where it was booked so."""

import json
from uuid import UUID

from sqlalchemy.orm import Session

from app.planning.models import Consolidation, PoolBooking
from app.trade.closing import stored_plan
from app.trade.models import PoolPlan
from logistics import Plan, Problem


def travels(session: Session, stored: PoolPlan) -> tuple[Problem, Plan]:
    """The problem and the plan by which a pool that is planned travels. Lines and orders have the same names
    in both.
    """
    booking = session.get(PoolBooking, stored.pool_id)
    if booking is not None and booking.consolidation_id is not None:
        made = session.get_one(Consolidation, booking.consolidation_id)
        return Problem.from_dict(made.problem), Plan.from_json(json.dumps(made.plan))
    return Problem.from_dict(stored.problem), stored_plan(stored)


def given_back(session: Session, pool_id: UUID) -> int:
    """What the buyers of a pool got back because it travels with others, in minor units."""
    booking = session.get(PoolBooking, pool_id)
    return booking.rebate if booking is not None else 0
