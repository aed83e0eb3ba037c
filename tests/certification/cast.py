"""The people and papers that these tests play with."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from certification import (
    Action,
    Actor,
    Answer,
    AnswerValue,
    ApplicationPart,
    AuditKind,
    AuditPlan,
    Case,
    Certificate,
    CorrectiveAction,
    Criterion,
    Declaration,
    Dossier,
    Event,
    Finding,
    Level,
    Outcome,
    RiskFactors,
    Role,
    Scope,
    Standard,
    Verdict,
    accept,
    apply,
    assess_risk,
    assign,
    conclude_audit,
    decide,
    desk_review,
    issue,
    judge,
    load_standard,
    plan_audit,
    recommend,
    submit,
)

LOOM_TEXT = (Path(__file__).parent / "loom-2026.1.yaml").read_text(encoding="utf-8")
LOOM: Standard = load_standard(LOOM_TEXT, "loom-2026.1.yaml")
CRITERIA: tuple[Criterion, ...] = LOOM.criteria

ORGANISATION = UUID(int=1)
OTHER_ORGANISATION = UUID(int=2)
CASE = UUID(int=3)
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
WHY = "Because the facts on file show it plainly."


def person(number: int, *roles: Role, organisations: frozenset[UUID] = frozenset()) -> Actor:
    return Actor(person=UUID(int=number), roles=frozenset(roles), organisations=organisations)


OURS = frozenset({ORGANISATION})
MAKER = person(100, Role.APPLICANT, organisations=OURS)
STRANGER = person(101, Role.APPLICANT, organisations=frozenset({OTHER_ORGANISATION}))
MANAGER = person(110, Role.SCHEME_MANAGER)
AUDITOR = person(120, Role.AUDITOR)
SECOND_AUDITOR = person(121, Role.AUDITOR)
PEER = person(122, Role.PEER, organisations=frozenset({OTHER_ORGANISATION}))
DECIDER = person(130, Role.DECISION_MAKER)
SECOND_DECIDER = person(131, Role.DECISION_MAKER)
PANELLIST = person(140, Role.APPEAL_PANEL)
SYSTEM = person(150, Role.SYSTEM)
# People with every role: the engine alone must keep them from doing two things in one case.
EVERY_ROLE = tuple(Role)
JACK = person(160, *EVERY_ROLE)
JILL = person(161, *EVERY_ROLE)
INSIDER = person(162, *EVERY_ROLE, organisations=OURS)

SCOPE = Scope(sites=("Demo workshop",), product_categories=("Demo baskets",))
LOW_RISK = assess_risk(
    RiskFactors(supply_tiers=1, sites=1, people=5, outside_production_percent=0, labelled_products=1)
)


def declares_nothing(actor: Actor) -> Declaration:
    return Declaration(person=actor.person, organisation=ORGANISATION, at=NOW)


def full_dossier(criteria: tuple[Criterion, ...] = CRITERIA) -> Dossier:
    """Everything that the organisation hands in, all of it met, and auditors with nothing to declare."""
    return Dossier(
        criteria=criteria,
        parts=frozenset(ApplicationPart),
        answers={one.id: Answer(value=AnswerValue.MET) for one in criteria},
        declarations=tuple(declares_nothing(one) for one in (AUDITOR, SECOND_AUDITOR, PEER, JACK, JILL)),
    )


def worst(criterion: Criterion) -> Verdict:
    """The worst verdict that a criterion allows on the first day."""
    return {Level.ENTRY: Verdict.MAJOR, Level.WITHIN: Verdict.MINOR, Level.IMPROVEMENT: Verdict.IMPROVEMENT}[
        criterion.level
    ]


class Play:
    """A case with its papers, played by one function an action; keeps the history."""

    def __init__(self, dossier: Dossier | None = None) -> None:
        self.now = NOW
        self.dossier = dossier or full_dossier()
        self.case, event = apply(
            MAKER, self.dossier, id=CASE, organisation=ORGANISATION, standard=LOOM.key, now=self.now
        )
        self.history: list[Event] = [event]
        self.certificate: Certificate | None = None

    def keep(self, result: tuple[Case, Event]) -> None:
        self.case, event = result
        self.history.append(event)

    def later(self, days: int = 0, minutes: int = 1) -> None:
        self.now += timedelta(days=days, minutes=minutes)

    def learn(self, **changes: object) -> None:
        self.dossier = replace(self.dossier, **changes)  # type: ignore[arg-type]

    def judge(self, criterion: str, verdict: Verdict, by: Actor = AUDITOR) -> Finding:
        self.later()
        self.case, finding, event = judge(
            self.case,
            by,
            self.dossier,
            criterion=criterion,
            verdict=verdict,
            facts=WHY,
            now=self.now,
        )
        self.history.append(event)
        self.learn(findings={**self.dossier.findings, criterion: finding})
        return finding

    def keep_correction(self, result: tuple[CorrectiveAction, Event]) -> CorrectiveAction:
        correction, event = result
        self.history.append(event)
        others = tuple(one for one in self.dossier.corrections if one.id != correction.id)
        self.learn(corrections=(*others, correction))
        return correction

    def to_audit(self, lead: Actor = AUDITOR) -> "Play":
        """From applied to an audit that starts today."""
        self.keep(accept(self.case, MANAGER, self.dossier, now=self.now))
        self.learn(in_scheme_since=self.now.date())
        self.keep(submit(self.case, MAKER, self.dossier, now=self.now))
        self.keep(assign(self.case, MANAGER, self.dossier, person=lead, lead=True, now=self.now))
        self.keep(desk_review(self.case, lead, self.dossier, summary=WHY, now=self.now))
        self.keep(plan_audit(self.case, lead, self.dossier, plan=plan_for(self.now.date()), now=self.now))
        return self

    def to_recommended(self, outcome: Outcome = Outcome.CERTIFY, lead: Actor = AUDITOR) -> "Play":
        self.to_audit(lead)
        for criterion in CRITERIA:
            self.judge(criterion.id, Verdict.CONFORMITY, lead)
        self.keep(conclude_audit(self.case, lead, self.dossier, now=self.now))
        self.keep(recommend(self.case, lead, self.dossier, outcome=outcome, reasons=WHY, now=self.now))
        return self

    def to_decided(self, outcome: Outcome = Outcome.CERTIFY) -> "Play":
        self.to_recommended()
        conditions = (WHY,) if outcome is Outcome.CERTIFY_WITH_CONDITIONS else ()
        self.keep(
            decide(
                self.case,
                DECIDER,
                self.dossier,
                outcome=outcome,
                reasons=WHY,
                conditions=conditions,
                now=self.now,
            )
        )
        return self

    def to_certified(self, outcome: Outcome = Outcome.CERTIFY) -> "Play":
        self.to_decided(outcome)
        self.issue()
        return self

    def issue(self, by: Actor = MANAGER) -> Certificate:
        self.case, certificate, event = issue(
            self.case,
            by,
            self.dossier,
            sequence=7,
            scope=SCOPE,
            risk=LOW_RISK,
            valid_from=self.now.date(),
            now=self.now,
        )
        self.history.append(event)
        self.certificate = certificate
        self.learn(certificate=certificate)
        return certificate

    @property
    def actions(self) -> list[Action]:
        return [event.action for event in self.history]


def plan_for(day: date, kind: AuditKind = AuditKind.MONITORING_AUDIT) -> AuditPlan:
    return AuditPlan(kind=kind, starts=day, ends=day)
