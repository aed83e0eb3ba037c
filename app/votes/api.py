"""JSON routes of votes."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Missing
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.transaction import Db, Now
from app.votes import casting, membership, schemas, service
from app.votes.models import Vote, VoteResult
from governance import ballots as engine

router = api_router("votes")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Member = Annotated[Actor, Depends(Needs("vote.cast"))]
Runner = Annotated[Actor, Depends(Needs("vote.run"))]


def shown(session: Session, row: Vote) -> schemas.VoteOut:
    made = service.board(session, row)
    kept = session.get(VoteResult, row.id)
    return schemas.VoteOut(
        slug=row.slug,
        title=row.title,
        question=row.question,
        body=row.body,
        kind=engine.Kind(row.kind),
        options=[schemas.OptionOut(**each) for each in row.options],
        seats=row.seats,
        majority=engine.Majority(row.majority),
        quorum_percent=row.quorum_percent,
        term_months=row.term_months,
        opens_on=row.opens_on,
        closes_on=row.closes_on,
        state=row.state,
        members=len(service.roll(session, row)),
        cast=service.cast_so_far(session, row),
        result=_result(made, kept) if made and kept else None,
    )


def _result(made: engine.Board, kept: VoteResult) -> schemas.ResultOut:
    found = made.result
    return schemas.ResultOut(
        quorum=found.quorum,
        reached=found.reached,
        votes=dict(found.votes),
        carried=found.carried,
        elected=list(found.elected),
        by_lot=list(found.by_lot),
        turnout={
            region: schemas.TurnoutOut(members=each.members, voted=each.voted)
            for region, each in made.turnout.items()
        },
        digest=kept.digest,
    )


@router.get("/members", summary="Full members: those who have a vote")
def members(_visitor: Visitor, db: Db, now: Now) -> schemas.MembersOut:
    found = membership.members(db, now=now)
    return schemas.MembersOut(
        members=[
            schemas.MemberOut(slug=each.slug, name=each.name, kind=each.kind, region=each.region)
            for each in found
        ]
    )


@router.put("/members/{organisation_id}/admission", summary="Admit a buyer, hub or civil society member")
def admit(organisation_id: UUID, actor: Runner, db: Db, now: Now) -> schemas.AdmissionOut:
    membership.admit(db, actor, organisation_id, now=now)
    return schemas.AdmissionOut(organisation=str(organisation_id), admitted=True)


@router.delete("/members/{organisation_id}/admission", summary="End such a membership")
def end(organisation_id: UUID, actor: Runner, db: Db, now: Now) -> schemas.AdmissionOut:
    membership.end(db, actor, organisation_id, now=now)
    return schemas.AdmissionOut(organisation=str(organisation_id), admitted=False)


@router.get("/votes", summary="Votes, without drafts")
def everything(_visitor: Visitor, db: Db) -> schemas.VotesOut:
    return schemas.VotesOut(votes=[shown(db, each) for each in service.everything(db)])


@router.get("/votes/{vote}", summary="One vote, with its result once it is counted")
def one(vote: str, _visitor: Visitor, db: Db) -> schemas.VoteOut:
    return shown(db, service.public(db, vote))


@router.get("/votes/{vote}/board", summary="The board: everything that is needed to count again")
def board(vote: str, _visitor: Visitor, db: Db) -> schemas.BoardOut:
    found = db.get(VoteResult, service.public(db, vote).id)
    if found is None:
        raise Missing("It is published once the vote is counted.")
    return Response(found.board, media_type="application/json")  # type: ignore[return-value]  # to the byte


@router.get("/votes/{vote}/standing", summary="Whether your organisation can vote, or why not")
def standing(vote: str, actor: Member, db: Db, now: Now) -> schemas.StandingOut:
    reason = casting.why_not(db, actor, service.public(db, vote), now=now)
    return schemas.StandingOut(may_vote=reason is None, reason=casting.WORDS[reason] if reason else None)


@router.post("/votes", status_code=201, summary="Draft a vote")
def draft(said: schemas.DraftIn, actor: Runner, db: Db, now: Now) -> schemas.VoteOut:
    return shown(db, service.save(db, actor, _draft(said), now=now))


@router.put("/votes/{vote}", summary="Change a draft")
def change(vote: str, said: schemas.DraftIn, actor: Runner, db: Db, now: Now) -> schemas.VoteOut:
    return shown(db, service.save(db, actor, _draft(said), slug=vote, now=now))


def _draft(said: schemas.DraftIn) -> service.Draft:
    told = said.model_dump() | {"candidates": tuple((each.name, each.of) for each in said.candidates)}
    return service.Draft(**told)


@router.post("/votes/{vote}/opening", summary="Fix the roll and open the vote")
def open_vote(vote: str, request: Request, actor: Runner, db: Db, now: Now) -> schemas.VoteOut:
    return shown(db, service.open_vote(db, actor, vote, request.app.state.settings, now=now))


@router.post("/votes/{vote}/ballots", status_code=201, summary="Vote")
def cast(vote: str, said: schemas.BallotIn, actor: Member, db: Db, now: Now) -> schemas.ReceiptOut:
    """The receipt code is made of your ticket, so a lost reply loses nothing. No reply is kept of this."""
    return schemas.ReceiptOut(code=casting.cast(db, actor, vote, said.choice, said.ticket, now=now))


@router.post("/votes/{vote}/receipts", summary="Look whether the ballot of a receipt code is counted")
def look(vote: str, said: schemas.ReceiptIn, _visitor: Visitor, db: Db) -> schemas.LookedOut:
    found = casting.look(db, vote, said.code)
    choice = list(found.choice) if found.choice is not None else None
    return schemas.LookedOut(counted=found.counted, choice=choice)


@router.post("/votes/{vote}/count", summary="Count a vote that is over; the worker does so too")
def count(vote: str, request: Request, _actor: Runner, db: Db, now: Now) -> schemas.VoteOut:
    service.count(db, vote, request.app.state.settings, now=now)
    return shown(db, service.public(db, vote))
