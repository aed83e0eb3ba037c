"""JSON routes of planning."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from app.catalogue.versioned import etag, given_version, newest
from app.errors import Missing
from app.permissions import Actor, Anybody, Needs
from app.planning import choosing, desk
from app.planning.choosing import Planned
from app.planning.desk import DeskSaid
from app.planning.missing import lacks_of
from app.planning.models import Consolidation
from app.planning.schemas import (
    AskedOut,
    AskIn,
    ChoiceIn,
    ChoiceOut,
    ConsolidationOut,
    DeskIn,
    DeskOut,
    LackOut,
    LacksOut,
    PlannedPoolOut,
    PlanningOut,
    PlanningsOut,
)
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("planning")

Planner = Annotated[Actor, Depends(Needs("planning.run"))]


@router.get("/planning/{hub_id}/desk", summary="How a hub of yours plans its pools together")
def read_desk(hub_id: UUID, actor: Planner, db: Db, reply: Response) -> DeskOut:
    found = choosing.own_desk(db, actor, hub_id)
    reply.headers["ETag"] = etag(found.version)
    return DeskOut.model_validate(found)


@router.put("/planning/{hub_id}/desk", summary="Plan its pools together, or change how (If-Match)")
def keep_desk(
    hub_id: UUID, wish: DeskIn, request: Request, actor: Planner, *, db: Db, now: Now, reply: Response
) -> DeskOut:
    with newest():
        made = desk.keep(
            db, actor, hub_id, DeskSaid(**wish.model_dump()), version=given_version(request), now=now
        )
    reply.headers["ETag"] = etag(made.version)
    return DeskOut.model_validate(made)


@router.delete("/planning/{hub_id}/desk", status_code=204, summary="Book each pool by itself again")
def give_up(hub_id: UUID, actor: Planner, db: Db, now: Now) -> None:
    desk.give_up(db, actor, hub_id, now=now)


@router.get("/planning/{hub_id}", summary="The newest plans of all pools from a hub of yours")
def plannings(hub_id: UUID, actor: Planner, db: Db) -> PlanningsOut:
    choosing.own_desk(db, actor, hub_id)
    return PlanningsOut(plannings=[_planning(each) for each in choosing.planned_at(db, hub_id)])


@router.post("/planning/{hub_id}/runs", status_code=202, summary="Plan anew, or book what is paid")
def ask(hub_id: UUID, wish: AskIn, actor: Planner, db: Db, now: Now) -> AskedOut:
    return AskedOut(asked=choosing.plan_now(db, actor, hub_id, book=wish.book, now=now))


@router.put("/planning/{hub_id}/pools/{pool_id}/choice", summary="Hold a paid pool, or send it sooner")
def choose(hub_id: UUID, pool_id: UUID, wish: ChoiceIn, actor: Planner, db: Db, now: Now) -> ChoiceOut:
    return ChoiceOut.model_validate(choosing.choose(db, actor, hub_id, pool_id, **wish.model_dump(), now=now))


@router.delete(
    "/planning/{hub_id}/pools/{pool_id}/choice", status_code=204, summary="Leave it to the plan again"
)
def leave_to_plan(hub_id: UUID, pool_id: UUID, actor: Planner, db: Db, now: Now) -> None:
    choosing.leave_to_plan(db, actor, hub_id, pool_id, now=now)


@router.get("/planning/{hub_id}/pools/{pool_id}/missing", summary="What is missing before it is booked")
def missing(hub_id: UUID, pool_id: UUID, actor: Planner, db: Db) -> LacksOut:
    pool, _booking = choosing.waiting_pool(db, actor, hub_id, pool_id)
    return LacksOut(lacks=[LackOut.model_validate(each) for each in lacks_of(db, pool)])


@router.get(
    "/consolidations/{consolidation_id}",
    summary="Pools that were booked together, to compute again",
    dependencies=[Depends(Anybody())],
)
def consolidation(consolidation_id: UUID, db: Db) -> ConsolidationOut:
    return ConsolidationOut.model_validate(found_consolidation(db, consolidation_id))


def found_consolidation(db: Session, consolidation_id: UUID) -> Consolidation:
    found = db.get(Consolidation, consolidation_id)
    if found is None:
        raise Missing
    return found


def _planning(planned: Planned) -> PlanningOut:
    run = planned.run
    found = (run.found if run else None) or {}
    return PlanningOut(
        currency=planned.group.currency,
        made_at=run.made_at if run else None,
        words=run.words if run else "",
        busy=planned.busy is not None,
        before=found.get("before"),
        total=found.get("total"),
        pools=[
            PlannedPoolOut.model_validate(row | {"pool_id": pool_id})
            for pool_id, row in found.get("pools", {}).items()
        ],
    )
