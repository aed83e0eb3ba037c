"""JSON routes of the console: views of the queue that a person keeps, workload, the programme's figures."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from app.audits import figures, queue, saved, workload
from app.organisations.regions import Region
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now
from certification import Verdict

router = api_router("cases")

Reader = Annotated[Actor, Depends(Needs("case.read"))]
Manager = Annotated[Actor, Depends(Needs("case.assign"))]
Programme = Annotated[Actor, Depends(Needs("programme.read"))]


class ViewIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=saved.LONGEST_NAME, examples=["Asia, overdue"])
    question: str = Field(
        max_length=2_000, description="the query of a queue's address", examples=["region=Asia&overdue=yes"]
    )


class ViewOut(BaseModel):
    id: UUID
    name: str
    question: str
    cases: int


class ViewsOut(BaseModel):
    views: list[ViewOut]


class LoadOut(BaseModel):
    person_id: UUID
    name: str
    open: int
    leads: int
    overdue: int
    soon: int
    to_judge: int
    audit_days: int


class WorkloadOut(BaseModel):
    auditors: list[LoadOut]


class DurationsOut(BaseModel):
    decided: int
    median_days: float | None
    nine_of_ten_days: float | None
    column_days: int
    columns: list[int]


class FoundOut(BaseModel):
    principle: int
    region: str
    counts: dict[Verdict, int]


class LateOut(BaseModel):
    case_id: UUID
    organisation: str
    country: str
    criterion: str
    due: date
    offered: bool


class StandingOut(BaseModel):
    region: str
    active: int
    suspended: int
    withdrawn: int
    expired: int


class ProgrammeOut(BaseModel):
    durations: DurationsOut
    findings: list[FoundOut]
    overdue: list[LateOut]
    overdue_in_all: int
    certificates: list[StandingOut]


@router.get("/queue/views")
def views(actor: Reader, db: Db, now: Now) -> ViewsOut:
    """Views of the queue that this person keeps, with how many cases each shows now."""
    kept = saved.of(db, actor)
    wishes = [queue.read_question(each.question) for each in kept]
    counted = queue.counts(db, actor, wishes, on=now.date()) if wishes else []
    return ViewsOut(
        views=[
            ViewOut(id=each.id, name=each.name, question=each.question, cases=count)
            for each, count in zip(kept, counted, strict=True)
        ]
    )


@router.post("/queue/views", status_code=201)
def save_view(said: ViewIn, actor: Reader, db: Db, now: Now) -> ViewOut:
    """Keep a view; one of the same name is replaced."""
    row = saved.save(db, actor, said.name, said.question, now=now)
    (count,) = queue.counts(db, actor, [queue.read_question(row.question)], on=now.date())
    return ViewOut(id=row.id, name=row.name, question=row.question, cases=count)


@router.delete("/queue/views/{view_id}", status_code=204)
def remove_view(view_id: UUID, actor: Reader, db: Db) -> None:
    saved.remove(db, actor, view_id)


@router.get("/workload")
def loads(_actor: Manager, db: Db, now: Now) -> WorkloadOut:
    """What each auditor has before them; a lead auditor is assigned at /cases/{id}/assignments."""
    return WorkloadOut(
        auditors=[
            LoadOut(
                person_id=each.person,
                **{name: getattr(each, name) for name in LoadOut.model_fields if name != "person_id"},
            )
            for each in workload.loads(db, on=now.date())
        ]
    )


@router.get("/programme")
def programme(_actor: Programme, db: Db, now: Now, region: Region | None = None) -> ProgrammeOut:
    """The programme's figures, of one region or of all."""
    where, on = region or "", now.date()
    took = figures.durations(db, where)
    late, in_all = figures.overdue(db, where, on=on)
    return ProgrammeOut(
        durations=DurationsOut(
            decided=took.decided,
            median_days=took.median,
            nine_of_ten_days=took.nine_of_ten,
            column_days=figures.WIDTH,
            columns=list(took.columns),
        ),
        findings=[
            FoundOut(principle=principle, region=of, counts=counts)
            for (principle, of), counts in figures.by_principle(db, where).items()
        ],
        overdue=[
            LateOut(
                case_id=each.case,
                **{name: getattr(each, name) for name in LateOut.model_fields if name != "case_id"},
            )
            for each in late
        ],
        overdue_in_all=in_all,
        certificates=[
            StandingOut(**{name: getattr(each, name) for name in StandingOut.model_fields})
            for each in figures.certificates(db, where, on=on)
        ],
    )
