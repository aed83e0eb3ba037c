"""Use cases of loading: what containers, the plan that a job makes, and its independent check."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import history, jobs
from app.errors import Faulty, Missing, Refusal
from app.parcels.jobs import load_shipment
from app.parcels.measured import parcels_of, read, told
from app.parcels.models import LoadingPlan, PlanState
from app.permissions import Actor
from app.shipping import listing
from app.shipping.journeys import Journey
from logistics.loading import TYPES, Hold, Loading, Parcel

MOST_OF_A_TYPE: Final = 20
MOST_HOLDS: Final = 30
MOST_PARCELS: Final = 3_000
"""A loading of so many takes about a minute; above, a shipment is better loaded in parts."""
LOOSE: Final = 0.75
"""How full mixed parcels usually fill a pallet: for the first guess of how many there have to be."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan with what it is of. `stale`: parcels were measured anew since."""

    row: LoadingPlan
    parcels: list[Parcel]
    holds: list[Hold]
    loading: Loading | None
    stale: bool

    @property
    def faults(self) -> list[str]:
        """What the independent check found; none: it may be carried out as it is listed."""
        return list(self.row.result["faults"]) if self.row.result else []


def own_load(session: Session, actor: Actor, shipment_id: UUID) -> Journey:
    """Missing: there is no such shipment, or the actor is no hub at one of its ends."""
    found = listing.own_journey(session, actor, shipment_id)
    if not listing.reports_on(actor, found):
        raise Missing
    return found


def plan_of(session: Session, shipment_id: UUID) -> Kept | None:
    """The plan of a shipment as it is now."""
    row = session.get(LoadingPlan, shipment_id)
    if row is None:
        return None
    parcels = read(row.parcels)
    holds = holds_of(row.holds, parcels)
    now_told = told(each.as_parcel() for each in parcels_of(session, shipment_id))
    made = Loading.from_dict(row.result["loading"], parcels, holds) if row.result else None
    return Kept(row, parcels, holds, made, stale=now_told != row.parcels)


def holds_of(kept: Sequence[dict[str, Any]], parcels: Sequence[Parcel]) -> list[Hold]:
    """The containers of a plan, named by type and number: "20GP 1"."""
    seen: Counter[str] = Counter()
    found = []
    weight = sum(each.weight_g for each in parcels)
    for each in kept:
        seen[each["type"]] += 1
        name = f"{each['type']} {seen[each['type']]}"
        found.append(TYPES[each["type"]].hold(name, each["payload_g"], load_g=weight))
    return found


def guess(found: Journey, parcels: Sequence[Parcel]) -> dict[str, int]:
    """The containers that the plan paid for; where it paid for loose cargo, as many pallets as it probably
    takes.
    """
    paid = {each.get("item"): each.get("quantity", 0) for each in found.shipment.cost.get("items", ())}
    if booked := {code: min(count, MOST_OF_A_TYPE) for code, count in paid.items() if code in TYPES}:
        return booked
    pallet = TYPES["PAL"]
    room = pallet.length * pallet.width * pallet.height
    volume, weight = sum(p.volume_mm3 for p in parcels), sum(p.weight_g for p in parcels)
    count = max(ceil(volume / (room * LOOSE)), ceil(weight / pallet.payload_g), 1)
    return {pallet.code: min(count, MOST_OF_A_TYPE)}


def ask(
    session: Session, actor: Actor, shipment_id: UUID, wish: dict[str, int], *, now: datetime
) -> LoadingPlan:
    """Have a job load the parcels, as they are measured now, into so many containers of each type.

    Faulty: an unknown type, none at all, or too many. Refusal: there is nothing to load, or too much.
    """
    found = own_load(session, actor, shipment_id)
    faults = {
        code: f"Enter 0 to {MOST_OF_A_TYPE}."
        for code, count in wish.items()
        if code not in TYPES or not 0 <= count <= MOST_OF_A_TYPE
    }
    if not faults and not 1 <= sum(wish.values()) <= MOST_HOLDS:
        faults[next(iter(TYPES))] = f"Enter how many, 1 to {MOST_HOLDS} together."
    if faults:
        raise Faulty(fields=faults)
    parcels = [each.as_parcel() for each in parcels_of(session, shipment_id)]
    if not parcels:
        raise Refusal("No goods are entered for this shipment.", code="nothing-to-load")
    if len(parcels) > MOST_PARCELS:
        raise Refusal(f"More than {MOST_PARCELS} parcels cannot be loaded at once.", code="too-many-parcels")
    limits = {each["type"]: each["weight_g"] for each in found.service.tariff.get("containers", ())}
    row = session.get(LoadingPlan, shipment_id, with_for_update=True)
    if row is None:
        row = LoadingPlan(shipment_id=shipment_id, attempt=0)
        session.add(row)
    row.holds = [
        {"type": code, "payload_g": limits.get(code)} for code in TYPES for _ in range(wish.get(code, 0))
    ]
    row.parcels = told(parcels)
    row.state, row.done, row.attempt = PlanState.ASKED, 0, row.attempt + 1
    row.result, row.words = None, ""
    row.asked_by, row.asked_at, row.ended_at = actor.person_id, now, None
    session.flush()
    history.record(session, found.shipment, "loading asked for", now=now, **actor.who, containers=wish)
    jobs.enqueue(
        session,
        load_shipment.name,
        lock=f"loading:{shipment_id}",
        shipment_id=str(shipment_id),
        attempt=row.attempt,
    )
    return row


def begin(session: Session, shipment_id: UUID, attempt: int) -> tuple[list[Parcel], list[Hold]] | None:
    """What is to be loaded. None: something else was asked for meanwhile, or it is done."""
    row = session.get(LoadingPlan, shipment_id, with_for_update=True)
    if row is None or row.attempt != attempt or row.state not in {PlanState.ASKED, PlanState.WORKING}:
        return None
    row.state = PlanState.WORKING
    parcels = read(row.parcels)
    return parcels, holds_of(row.holds, parcels)


def progress(session: Session, shipment_id: UUID, attempt: int, per_cent: int) -> None:
    """How far it is."""
    session.execute(
        update(LoadingPlan)
        .where(LoadingPlan.shipment_id == shipment_id, LoadingPlan.attempt == attempt)
        .values(done=per_cent)
    )


def keep(
    session: Session, shipment_id: UUID, attempt: int, made: Loading, faults: Sequence[str], *, now: datetime
) -> None:
    """Store a loading with what the independent check says of it."""
    row = session.get(LoadingPlan, shipment_id, with_for_update=True)
    if row is None or row.attempt != attempt:
        return
    row.result = {"loading": made.to_dict(), "faults": list(faults)}
    row.state, row.done, row.ended_at = PlanState.DONE, 100, now
    session.flush()


def give_up(session: Session, shipment_id: UUID, attempt: int, words: str, *, now: datetime) -> None:
    """Say why it could not be done."""
    row = session.get(LoadingPlan, shipment_id, with_for_update=True)
    if row is not None and row.attempt == attempt:
        row.state, row.words, row.ended_at = PlanState.FAILED, words, now
