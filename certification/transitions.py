"""The table of the road: which action leads from where to where, who may take it, what must be true."""

from dataclasses import dataclass

from certification import conditions as must
from certification import who
from certification.case import Action, State
from certification.conditions import Condition
from certification.who import Who


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One row. No `sources`: it begins a case. No `targets`: the case stays where it is.

    More than one target: the action's own choice says which. `writes` is the line of the history.
    """

    action: Action
    sources: tuple[State, ...]
    targets: tuple[State, ...]
    allowed: tuple[Who, ...]
    conditions: tuple[Condition, ...]
    writes: str


_EVALUATION = (State.DESK_REVIEWED, State.AUDIT_PLANNED, State.AUDITED, State.CORRECTING, State.SURVEILLANCE)
_TEAM_OPEN = (State.PROVISIONAL, State.SELF_ASSESSED, *_EVALUATION, State.CERTIFIED, State.SUSPENDED)
_BEFORE_DECISION = (
    State.APPLIED,
    State.PROVISIONAL,
    State.SELF_ASSESSED,
    State.DESK_REVIEWED,
    State.AUDIT_PLANNED,
    State.AUDITED,
    State.CORRECTING,
    State.RECOMMENDED,
)
_HOLDING = (State.CERTIFIED, State.SURVEILLANCE, State.SUSPENDED)
_AFTER_DECISION = (State.DECIDED, *_HOLDING, State.WITHDRAWN, State.REFUSED, State.LAPSED)
_INDEPENDENT = (must.TOOK_NO_PART, must.DID_NOT_SIT, must.NOT_UNDER_REVIEW)
_NO_PART = (must.TOOK_NO_PART, must.DID_NOT_DECIDE, must.DID_NOT_SIT)
_THIRD_GROUP = (must.APPEAL_OPEN, must.TOOK_NO_PART, must.DID_NOT_DECIDE)
_SOUND = (must.EVALUATION_INDEPENDENT, must.EVIDENCE_INTACT)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        action=Action.APPLY,
        sources=(),
        targets=(State.APPLIED,),
        allowed=(who.APPLICANT,),
        conditions=(must.CODE_SIGNED,),
        writes="Applied on standard {standard}, cycle {cycle}.",
    ),
    Transition(
        action=Action.ACCEPT,
        sources=(State.APPLIED,),
        targets=(State.PROVISIONAL,),
        allowed=(who.MANAGER, who.AUDITOR),
        conditions=(must.APPLICATION_COMPLETE, must.DID_NOT_DECIDE, must.DID_NOT_SIT),
        writes="Application accepted.",
    ),
    Transition(
        action=Action.DECLINE,
        sources=(State.APPLIED,),
        targets=(State.REFUSED,),
        allowed=(who.DECIDER,),
        conditions=_NO_PART,
        writes="Application declined: {reasons}",
    ),
    Transition(
        action=Action.SUBMIT,
        sources=(State.PROVISIONAL,),
        targets=(State.SELF_ASSESSED,),
        allowed=(who.APPLICANT,),
        conditions=(must.ASSESSMENT_COMPLETE,),
        writes="Self-assessment handed in: {answers} criteria answered.",
    ),
    Transition(
        action=Action.REOPEN,
        sources=(State.SELF_ASSESSED,),
        targets=(State.PROVISIONAL,),
        allowed=(who.MANAGER, who.TEAM),
        conditions=(),
        writes="Self-assessment given back: {reasons}",
    ),
    Transition(
        action=Action.ASSIGN,
        sources=_TEAM_OPEN,
        targets=(),
        allowed=(who.MANAGER,),
        conditions=(),
        writes="{part} assigned: {person}.",
    ),
    Transition(
        action=Action.RELEASE,
        sources=_TEAM_OPEN,
        targets=(),
        allowed=(who.MANAGER,),
        conditions=(),
        writes="Released from the team: {person}. {reasons}",
    ),
    Transition(
        action=Action.DESK_REVIEW,
        sources=(State.SELF_ASSESSED,),
        targets=(State.DESK_REVIEWED,),
        allowed=(who.TEAM_AUDITOR,),
        conditions=(must.LEAD_ASSIGNED, must.ASSESSMENT_COMPLETE),
        writes="Desk review: {summary}",
    ),
    Transition(
        action=Action.PLAN_AUDIT,
        sources=(State.DESK_REVIEWED, State.AUDIT_PLANNED),
        targets=(State.AUDIT_PLANNED,),
        allowed=(who.MANAGER, who.LEAD),
        conditions=(must.LEAD_ASSIGNED,),
        writes="{kind} planned from {starts} to {ends}. Sites and members drawn: {sampled}; seed: {seed}.",
    ),
    Transition(
        action=Action.JUDGE,
        sources=_EVALUATION,
        targets=(),
        allowed=(who.TEAM,),
        conditions=(),
        writes="Criterion {criterion}: {verdict}.",
    ),
    Transition(
        action=Action.CONCLUDE_AUDIT,
        sources=(State.AUDIT_PLANNED,),
        targets=(State.AUDITED,),
        allowed=(who.LEAD,),
        conditions=(must.AUDIT_STARTED, must.ALL_JUDGED),
        writes="Audit concluded: {majors} major, {minors} minor nonconformities.",
    ),
    Transition(
        action=Action.OPEN_CORRECTION,
        sources=_EVALUATION,
        targets=(),
        allowed=(who.APPLICANT, who.TEAM),
        conditions=(),
        writes="Corrective action for {criterion}, due {due}: {correction}",
    ),
    Transition(
        action=Action.OFFER_PROOF,
        sources=(*_EVALUATION, State.RECOMMENDED, State.DECIDED, State.CERTIFIED, State.SUSPENDED),
        targets=(),
        allowed=(who.APPLICANT,),
        conditions=(),
        writes="Proof offered for {criterion}.",
    ),
    Transition(
        action=Action.VERIFY_CORRECTION,
        sources=(*_EVALUATION, State.CERTIFIED, State.SUSPENDED),
        targets=(),
        allowed=(who.TEAM_AUDITOR,),
        conditions=(),
        writes="Corrective action for {criterion} {verdict}: {note}",
    ),
    Transition(
        action=Action.EXTEND_CORRECTION,
        sources=(*_EVALUATION, State.CERTIFIED, State.SUSPENDED),
        targets=(),
        allowed=(who.TEAM_AUDITOR, who.MANAGER),
        conditions=(),
        writes="Corrective action for {criterion} extended from {before} to {due}: {reasons}",
    ),
    Transition(
        action=Action.REQUEST_CORRECTIONS,
        sources=(State.AUDITED,),
        targets=(State.CORRECTING,),
        allowed=(who.LEAD,),
        conditions=(must.NONCONFORMITIES_ANSWERED,),
        writes="Corrective actions agreed: {count}.",
    ),
    Transition(
        action=Action.RECOMMEND,
        sources=(State.AUDITED, State.CORRECTING),
        targets=(State.RECOMMENDED,),
        allowed=(who.LEAD,),
        conditions=(must.ALL_JUDGED, must.NONCONFORMITIES_ANSWERED, *_SOUND),
        writes="Recommended to {outcome}: {reasons}",
    ),
    Transition(
        action=Action.RECOMMEND,
        sources=(State.SURVEILLANCE,),
        targets=(),
        allowed=(who.LEAD,),
        conditions=(must.AUDIT_STARTED, must.ALL_JUDGED, must.NONCONFORMITIES_ANSWERED, *_SOUND),
        writes="Recommended to {outcome}: {reasons}",
    ),
    Transition(
        action=Action.SEND_BACK,
        sources=(State.AUDITED, State.CORRECTING, State.RECOMMENDED),
        targets=(State.DESK_REVIEWED,),
        allowed=(who.MANAGER, who.DECIDER),
        conditions=(),
        writes="Sent back to the audit: {reasons}",
    ),
    Transition(
        action=Action.DECIDE,
        sources=(State.RECOMMENDED,),
        targets=(State.DECIDED, State.REFUSED),
        allowed=(who.DECIDER,),
        conditions=(*_INDEPENDENT, must.DID_NOT_DECIDE, must.ALL_JUDGED, *_SOUND),
        writes="Decided to {outcome}: {reasons}",
    ),
    Transition(
        action=Action.ISSUE,
        sources=(State.DECIDED,),
        targets=(State.CERTIFIED,),
        allowed=(who.MANAGER, who.DECIDER, who.SYSTEM),
        conditions=(must.NOT_UNDER_REVIEW,),
        writes="Certificate {number} issued, valid from {valid_from} until {valid_until}.",
    ),
    Transition(
        action=Action.PLAN_SURVEILLANCE,
        sources=(State.CERTIFIED, State.SURVEILLANCE),
        targets=(State.SURVEILLANCE,),
        allowed=(who.MANAGER,),
        conditions=(must.LEAD_ASSIGNED,),
        writes="{kind} planned from {starts} to {ends}. Sites and members drawn: {sampled}; seed: {seed}.",
    ),
    Transition(
        action=Action.CONFIRM,
        sources=(State.SURVEILLANCE,),
        targets=(State.CERTIFIED,),
        allowed=(who.DECIDER,),
        conditions=(*_INDEPENDENT, must.RECOMMENDED, must.NO_OPEN_MAJOR, *_SOUND, must.NO_OPEN_APPEAL),
        writes="Certificate confirmed: {reasons}",
    ),
    Transition(
        action=Action.SUSPEND,
        sources=(State.CERTIFIED, State.SURVEILLANCE),
        targets=(State.SUSPENDED,),
        allowed=(who.DECIDER,),
        conditions=(must.TOOK_NO_PART, must.DID_NOT_SIT),
        writes="Suspended: {reasons}",
    ),
    Transition(
        action=Action.REINSTATE,
        sources=(State.SUSPENDED,),
        targets=(State.CERTIFIED,),
        allowed=(who.DECIDER,),
        conditions=(*_INDEPENDENT, must.NO_OPEN_MAJOR, *_SOUND, must.NO_OPEN_APPEAL),
        writes="Reinstated: {reasons}",
    ),
    Transition(
        action=Action.WITHDRAW,
        sources=_HOLDING,
        targets=(State.WITHDRAWN,),
        allowed=(who.DECIDER,),
        conditions=(must.TOOK_NO_PART, must.DID_NOT_SIT, must.NO_OPEN_APPEAL),
        writes="Withdrawn: {reasons}",
    ),
    Transition(
        action=Action.SURRENDER,
        sources=_HOLDING,
        targets=(State.WITHDRAWN,),
        allowed=(who.APPLICANT,),
        conditions=(must.NO_OPEN_APPEAL,),
        writes="Given up by the organisation: {reasons}",
    ),
    Transition(
        action=Action.RETRACT,
        sources=_BEFORE_DECISION,
        targets=(State.RETRACTED,),
        allowed=(who.APPLICANT,),
        conditions=(),
        writes="Application taken back: {reasons}",
    ),
    Transition(
        action=Action.LAPSE,
        sources=_HOLDING,
        targets=(State.LAPSED,),
        allowed=(who.SYSTEM,),
        conditions=(must.IS_OVER,),
        writes="The certificate is over.",
    ),
    Transition(
        action=Action.LODGE_APPEAL,
        sources=_AFTER_DECISION,
        targets=(),
        allowed=(who.APPLICANT,),
        conditions=(must.NO_OPEN_APPEAL, must.MAY_BE_APPEALED),
        writes="Appeal against the decision to {outcome}: {grounds}",
    ),
    Transition(
        action=Action.CONVENE,
        sources=_AFTER_DECISION,
        targets=(),
        allowed=(who.MANAGER, who.PANELLIST),
        conditions=_THIRD_GROUP,
        writes="Appeal panel of {count} convened.",
    ),
    Transition(
        action=Action.UPHOLD,
        sources=_AFTER_DECISION,
        targets=(),
        allowed=(who.PANEL,),
        conditions=_THIRD_GROUP,
        writes="Decision upheld on appeal: {reasons}",
    ),
    Transition(
        action=Action.OVERTURN,
        sources=(State.REFUSED,),
        targets=(State.APPLIED, State.RECOMMENDED, State.REFUSED),
        allowed=(who.PANEL,),
        conditions=_THIRD_GROUP,
        writes="Decision overturned on appeal: {reasons}",
    ),
    Transition(
        action=Action.OVERTURN,
        sources=(State.SUSPENDED,),
        targets=(State.CERTIFIED, State.SURVEILLANCE, State.SUSPENDED),
        allowed=(who.PANEL,),
        conditions=_THIRD_GROUP,
        writes="Decision overturned on appeal: {reasons}",
    ),
    Transition(
        action=Action.OVERTURN,
        sources=(State.WITHDRAWN,),
        targets=(State.CERTIFIED, State.SURVEILLANCE, State.SUSPENDED, State.WITHDRAWN),
        allowed=(who.PANEL,),
        conditions=_THIRD_GROUP,
        writes="Decision overturned on appeal: {reasons}",
    ),
    Transition(
        action=Action.OVERTURN,
        sources=(State.DECIDED, State.CERTIFIED, State.SURVEILLANCE, State.LAPSED),
        targets=(),
        allowed=(who.PANEL,),
        conditions=_THIRD_GROUP,
        writes="Decision overturned on appeal: {reasons}",
    ),
    Transition(
        action=Action.REPORT_CONFLICT,
        sources=_AFTER_DECISION,
        targets=(),
        allowed=(who.STAFF, who.SYSTEM),
        conditions=(),
        writes="A conflict of interest was found later ({interests}); the decision is marked for review.",
    ),
    Transition(
        action=Action.SETTLE_REVIEW,
        sources=(State.CERTIFIED,),
        targets=(State.CERTIFIED, State.SURVEILLANCE),
        allowed=(who.DECIDER, who.PANELLIST),
        conditions=(must.NO_OPEN_APPEAL, must.IS_UNDER_REVIEW, *_NO_PART),
        writes="Review of the conflict: {result}. {reasons}",
    ),
    Transition(
        action=Action.SETTLE_REVIEW,
        sources=(State.SURVEILLANCE,),
        targets=(),
        allowed=(who.DECIDER, who.PANELLIST),
        conditions=(must.NO_OPEN_APPEAL, must.IS_UNDER_REVIEW, *_NO_PART),
        writes="Review of the conflict: {result}. {reasons}",
    ),
    Transition(
        action=Action.SETTLE_REVIEW,
        sources=(State.DECIDED,),
        targets=(State.DECIDED, State.DESK_REVIEWED),
        allowed=(who.DECIDER, who.PANELLIST),
        conditions=(must.NO_OPEN_APPEAL, must.IS_UNDER_REVIEW, *_NO_PART),
        writes="Review of the conflict: {result}. {reasons}",
    ),
    Transition(
        action=Action.SETTLE_REVIEW,
        sources=(State.REFUSED,),
        targets=(State.REFUSED, State.DESK_REVIEWED),
        allowed=(who.DECIDER, who.PANELLIST),
        conditions=(must.NO_OPEN_APPEAL, must.IS_UNDER_REVIEW, *_NO_PART),
        writes="Review of the conflict: {result}. {reasons}",
    ),
    Transition(
        action=Action.SETTLE_REVIEW,
        sources=(State.SUSPENDED, State.WITHDRAWN, State.LAPSED),
        targets=(),
        allowed=(who.DECIDER, who.PANELLIST),
        conditions=(must.IS_UNDER_REVIEW, *_NO_PART),
        writes="Review of the conflict: {result}. {reasons}",
    ),
)
