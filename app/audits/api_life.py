"""JSON routes of the life of a certificate: looks, appeals, reviews, renewal, surrender, peers, deadlines."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

import certification as engine
from app.audits import (
    appeals,
    deadlines,
    decision,
    evaluation,
    peers,
    planning,
    renewal,
    reviews,
    risk,
    views,
)
from app.audits import application as applying
from app.audits.planning import Plan
from app.audits.schemas import PlanIn, ReasonsIn
from app.audits.schemas_life import (
    AppealIn,
    ConflictIn,
    DeadlinesOut,
    PanelIn,
    PeerOut,
    PeersIn,
    PeersOut,
    RenewalIn,
    RiskOut,
    SettlementIn,
    VerdictIn,
    deadlines_out,
    risk_out,
)
from app.errors import Missing
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("certificates' life")

Reader = Annotated[Actor, Depends(Needs("case.read"))]
Manager = Annotated[Actor, Depends(Needs("case.assign"))]
Decider = Annotated[Actor, Depends(Needs("case.decide"))]
Panellist = Annotated[Actor, Depends(Needs("case.hear"))]
Reviewer = Annotated[Actor, Depends(Needs("case.review"))]
Owner = Annotated[Actor, Depends(Needs("case.appeal"))]
OwnReader = Annotated[Actor, Depends(Needs("case.read-own"))]
Answerer = Annotated[Actor, Depends(Needs("case.answer"))]


@router.get("/cases/{case_id}/risk")
def last_risk(case_id: UUID, actor: Reader, db: Db) -> RiskOut:
    """The last assessment, with what it came from. 404 before the first."""
    evaluation.seen(db, actor, case_id)
    row = risk.latest(db, case_id)
    if row is None:
        raise Missing
    return risk_out(row)


@router.get("/cases/{case_id}/deadlines")
def due(case_id: UUID, actor: Reader, db: Db, now: Now) -> DeadlinesOut:
    """What is due in a case and whose turn it is, the first first."""
    kept = evaluation.seen(db, actor, case_id)
    return deadlines_out(deadlines.of_case(db, kept), now.date())


@router.put("/cases/{case_id}/surveillance-plan")
def plan_surveillance(case_id: UUID, said: PlanIn, actor: Manager, db: Db, now: Now) -> views.CaseOut:
    """Plan a look at a certified organisation. It is told, unless the look is unannounced."""
    kept = planning.plan_surveillance(db, actor, case_id, Plan(**said.model_dump()), now=now)
    return views.case_out(kept, actor, now=now, inside=True)


@router.post("/cases/{case_id}/confirmation")
def confirm(
    request: Request, case_id: UUID, said: ReasonsIn, *, actor: Decider, db: Db, now: Now
) -> views.CaseOut:
    """The certificate goes on after a look; risk is assessed anew."""
    kept = decision.confirm(db, request.app.state.store, actor, case_id, said.reasons, now=now)
    return views.case_out(kept, actor, now=now, inside=True)


@router.put("/cases/{case_id}/appeal-panel")
def convene(case_id: UUID, said: PanelIn, actor: Manager, db: Db, now: Now) -> views.CaseOut:
    """Name the people who hear the appeal. Whoever evaluated or decided is refused."""
    kept = appeals.convene(db, actor, case_id, said.people, now=now)
    return views.case_out(kept, actor, now=now, inside=True)


@router.post("/cases/{case_id}/appeal-outcome")
def settle_appeal(case_id: UUID, said: VerdictIn, actor: Panellist, db: Db, now: Now) -> views.CaseOut:
    """The panel's word on the appeal."""
    kept = appeals.settle(db, actor, case_id, upheld=said.upheld, reasons=said.reasons, now=now)
    return views.case_out(kept, actor, now=now, inside=True)


@router.post("/cases/{case_id}/conflicts")
def report_conflict(case_id: UUID, said: ConflictIn, actor: Reader, db: Db, now: Now) -> views.CaseOut:
    """A conflict of interest was found later: the decision is marked for review."""
    interests = [engine.Interest(kind=each.kind, until=each.until, note=each.note) for each in said.interests]
    kept = reviews.report(db, actor, case_id, said.person_id, interests, now=now)
    return views.case_out(kept, actor, now=now, inside=True)


@router.post("/cases/{case_id}/review-outcome")
def settle_review(case_id: UUID, said: SettlementIn, actor: Reviewer, db: Db, now: Now) -> views.CaseOut:
    """Whether what was decided stands, or is evaluated again by others."""
    kept = reviews.settle(db, actor, case_id, repeat=said.repeat, reasons=said.reasons, now=now)
    return views.case_out(kept, actor, now=now, inside=True)


@router.post("/certification/cases/{case_id}/appeal")
def appeal(case_id: UUID, said: AppealIn, actor: Owner, db: Db, now: Now) -> views.CaseOut:
    """Appeal against the last decision; a third group looks at it again."""
    kept = appeals.lodge(db, actor, case_id, said.grounds, now=now)
    return views.case_out(kept, actor, now=now, inside=False)


@router.post("/certification/cases/{case_id}/surrender")
def surrender(case_id: UUID, said: ReasonsIn, actor: Owner, db: Db, now: Now) -> views.CaseOut:
    """Give the certificate up."""
    kept = renewal.surrender(db, actor, case_id, said.reasons, now=now)
    return views.case_out(kept, actor, now=now, inside=False)


@router.get("/certification/cases/{case_id}/deadlines")
def own_due(case_id: UUID, actor: OwnReader, db: Db, now: Now) -> DeadlinesOut:
    """What is due in a case of one's own, and whose turn it is."""
    kept = views.as_told(renewal.own(db, actor, case_id), now)
    return deadlines_out(deadlines.of_case(db, kept), now.date())


@router.post("/certification/renewal", status_code=201)
def renew(said: RenewalIn, actor: Answerer, db: Db, now: Now) -> views.CaseOut:
    """Begin the next cycle beside the running certificate."""
    kept = renewal.begin(db, actor, said.standard, now=now)
    return views.case_out(kept, actor, now=now, inside=False)


@router.get("/certification/peers")
def peers_of(actor: OwnReader, db: Db, now: Now) -> PeersOut:
    """Whom the organisation proposes as peers, and whom it could."""
    return _peers(db, actor, now)


@router.put("/certification/peers")
def propose_peers(said: PeersIn, actor: Answerer, db: Db, now: Now) -> PeersOut:
    """Propose member organisations for a peer visit, while the self-assessment is open."""
    peers.propose(db, actor, said.peers, now=now)
    return _peers(db, actor, now)


def _peers(db: Db, actor: Actor, now: Now) -> PeersOut:
    kept = applying.need_case(db, actor, lock=False)
    return PeersOut(
        proposed=[
            PeerOut(organisation_id=organisation.id, organisation=organisation.name, why=proposal.why)
            for proposal, organisation in peers.proposed(db, kept.row.id)
        ],
        possible={each.id: each.name for each in peers.possible(db, actor, now=now)},
    )


@router.post("/certification/peer-visits", status_code=204)
def volunteer(actor: Owner, db: Db, now: Now) -> None:
    """Offer to visit others as a peer. One's own organisation has to be certified."""
    peers.volunteer(db, actor, now=now)
