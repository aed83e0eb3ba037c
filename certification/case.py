"""A case: one organisation's way through one cycle of certification, as a small value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from certification.assessment import Answer
from certification.certificate import Certificate
from certification.corrections import CorrectiveAction
from certification.criteria import Criterion
from certification.findings import Finding
from certification.independence import Actor, Declaration
from certification.refusal import Fact, Refusal, fill
from certification.risk import AuditKind
from certification.rules import RULES, Rules
from certification.sampling import Sample


class State(StrEnum):
    APPLIED = "applied"
    PROVISIONAL = "provisional"
    SELF_ASSESSED = "self_assessed"
    DESK_REVIEWED = "desk_reviewed"
    AUDIT_PLANNED = "audit_planned"
    AUDITED = "audited"
    CORRECTING = "correcting"
    RECOMMENDED = "recommended"
    DECIDED = "decided"
    CERTIFIED = "certified"
    SURVEILLANCE = "surveillance"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    RETRACTED = "retracted"
    LAPSED = "lapsed"


class Action(StrEnum):
    APPLY = "apply"
    ACCEPT = "accept"
    DECLINE = "decline"
    SUBMIT = "submit"
    REOPEN = "reopen"
    ASSIGN = "assign"
    RELEASE = "release"
    DESK_REVIEW = "desk_review"
    PLAN_AUDIT = "plan_audit"
    JUDGE = "judge"
    CONCLUDE_AUDIT = "conclude_audit"
    OPEN_CORRECTION = "open_correction"
    OFFER_PROOF = "offer_proof"
    VERIFY_CORRECTION = "verify_correction"
    EXTEND_CORRECTION = "extend_correction"
    REQUEST_CORRECTIONS = "request_corrections"
    RECOMMEND = "recommend"
    SEND_BACK = "send_back"
    DECIDE = "decide"
    ISSUE = "issue"
    PLAN_SURVEILLANCE = "plan_surveillance"
    CONFIRM = "confirm"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    WITHDRAW = "withdraw"
    SURRENDER = "surrender"
    RETRACT = "retract"
    LAPSE = "lapse"
    LODGE_APPEAL = "lodge_appeal"
    CONVENE = "convene"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    REPORT_CONFLICT = "report_conflict"
    SETTLE_REVIEW = "settle_review"


class CaseKind(StrEnum):
    INITIAL = "initial"
    RENEWAL = "renewal"


class ApplicationPart(StrEnum):
    LEGAL_IDENTITY = "legal_identity"
    MISSION = "mission"
    SITES = "sites"
    MEMBERS_AND_WORKERS = "members_and_workers"
    ACCOUNTS = "accounts"
    REFERENCES = "references"
    CODE_OF_PRACTICE = "code_of_practice"


class PlanFault(Refusal):
    code = "audit-plan-days"
    template = "The last day of an audit cannot come before its first day."


@dataclass(frozen=True, kw_only=True)
class AuditPlan:
    """`sample`, `members`: the sites and the members drawn, with the seed; None when all are seen."""

    kind: AuditKind
    starts: date
    ends: date
    sample: Sample | None = None
    members: Sample | None = None

    def __post_init__(self) -> None:
        if self.ends < self.starts:
            raise PlanFault(starts=self.starts.isoformat(), ends=self.ends.isoformat())


class Outcome(StrEnum):
    CERTIFY = "certify"
    CERTIFY_WITH_CONDITIONS = "certify_with_conditions"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    outcome: Outcome
    by: UUID
    at: datetime
    reasons: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`before`: where the case stood, so that an overturned decision can be undone."""

    outcome: Outcome
    by: UUID
    at: datetime
    reasons: str
    before: State
    conditions: tuple[str, ...] = ()
    overturned: bool = False


@dataclass(frozen=True, kw_only=True)
class Appeal:
    """Against `decision`. It is open until `settled_at`; the `panel` is empty until it is convened."""

    decision: Decision
    by: UUID
    at: datetime
    grounds: str
    panel: frozenset[UUID] = frozenset()
    settled_at: datetime | None = None
    upheld: bool | None = None


class CaseFault(Refusal):
    code = "case-fault"
    template = "This is not a case: {fault}."


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the road is decided on.

    `team`: auditors and peers assigned now, `lead` among them. `evaluators`: everybody who ever took part
    in the evaluation; `deciders`: everybody who ever decided; `panellists`: everybody who was ever on an
    appeal panel. None of the three ever shrinks, and nobody is in two. `standard` is the key that the case
    began with. `under_review`: a conflict of somebody who took part was found later.
    """

    id: UUID
    organisation: UUID
    standard: str
    opened_at: datetime
    state: State = State.APPLIED
    kind: CaseKind = CaseKind.INITIAL
    cycle: int = 1
    team: frozenset[UUID] = frozenset()
    lead: UUID | None = None
    evaluators: frozenset[UUID] = frozenset()
    deciders: frozenset[UUID] = frozenset()
    panellists: frozenset[UUID] = frozenset()
    plan: AuditPlan | None = None
    recommendation: Recommendation | None = None
    decision: Decision | None = None
    appeal: Appeal | None = None
    under_review: bool = False

    def __post_init__(self) -> None:
        if self.opened_at.tzinfo is None:
            raise CaseFault(fault="opened_at has no time zone")
        if self.cycle < 1:
            raise CaseFault(fault="cycles count from 1")
        if self.lead is not None and self.lead not in self.team:
            raise CaseFault(fault="the lead auditor is not on the team")

    @property
    def appeal_is_open(self) -> bool:
        return self.appeal is not None and self.appeal.settled_at is None


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What is known about a case when a rule looks at it.

    `criteria`: those that apply. `answers`, `findings`: the latest, by criterion. `past_leads`: lead
    auditors of the organisation's earlier cycles, newest first. `altered_evidence`: names of files whose
    hash is no longer the one that was uploaded. `certificate`: the one of this case. `renewed_by`: the
    number of a newer certificate of the organisation.
    """

    criteria: tuple[Criterion, ...] = ()
    parts: frozenset[ApplicationPart] = frozenset()
    answers: Mapping[str, Answer] = field(default_factory=lambda: MappingProxyType({}))
    findings: Mapping[str, Finding] = field(default_factory=lambda: MappingProxyType({}))
    corrections: tuple[CorrectiveAction, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    past_leads: tuple[UUID, ...] = ()
    in_scheme_since: date | None = None
    altered_evidence: tuple[str, ...] = ()
    certificate: Certificate | None = None
    renewed_by: str = ""


def took_part(case: Case, dossier: Dossier) -> frozenset[UUID]:
    """Everybody who took part in the evaluation, by the case and by what they signed."""
    signed = {finding.by for finding in dossier.findings.values()}
    signed.update(one.verified_by for one in dossier.corrections if one.verified_by)
    if case.recommendation:
        signed.add(case.recommendation.by)
    return case.evaluators | case.team | signed


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Who wants to act, on what, when, and by which limits: what a condition looks at."""

    case: Case
    actor: Actor
    dossier: Dossier
    now: datetime
    rules: Rules = RULES

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise CaseFault(fault="now has no time zone")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a case's history."""

    case: UUID
    action: Action
    by: UUID
    at: datetime
    before: State | None
    after: State
    template: str
    facts: Mapping[str, Fact]

    @property
    def sentence(self) -> str:
        return fill(self.template, self.facts)
