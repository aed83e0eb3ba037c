"""Rows of a case as the engine's values, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import certification as engine
from app.audits import models as rows
from app.audits import models_life as life
from app.organisations.models import Organisation
from certification import State


def profile_of(organisation: Organisation) -> engine.Profile | None:
    """What decides which criteria apply; None while nobody is known to work there."""
    people = (organisation.members or 0) + (organisation.workers or 0)
    if not people:
        return None
    return engine.Profile(
        kind=engine.Kind(organisation.works_as),
        people=people,
        products=frozenset(engine.ProductKind(each) for each in organisation.product_kinds),
        traits=frozenset(engine.Trait(each) for each in organisation.traits),
    )


def criteria_of(row: rows.Case, organisation: Organisation) -> tuple[engine.Criterion, ...]:
    standard = engine.standard(row.standard)
    if row.criteria is not None:
        return tuple(each for each in standard.criteria if each.id in set(row.criteria))
    profile = profile_of(organisation)
    return engine.applicable(standard, profile) if profile else ()


def parts_of(
    written: Mapping[str, str], organisation: Organisation, sites: int
) -> frozenset[engine.ApplicationPart]:
    """The parts of the application that are there: what is written, and what the description says."""
    part = engine.ApplicationPart
    found = {part(name) for name, said in written.items() if said.strip()}
    if sites:
        found.add(part.SITES)
    if profile_of(organisation):
        found.add(part.MEMBERS_AND_WORKERS)
    if organisation.code_accepted_at:
        found.add(part.CODE_OF_PRACTICE)
    return frozenset(found)


def declaration_value(row: rows.Declaration) -> engine.Declaration:
    return engine.Declaration(
        person=row.person_id,
        organisation=row.organisation_id,
        at=row.at,
        interests=tuple(
            engine.Interest(
                kind=engine.InterestKind(each["kind"]),
                until=date.fromisoformat(each["until"]) if each.get("until") else None,
                note=each.get("note", ""),
            )
            for each in row.interests
        ),
    )


def answer_value(row: rows.Answer) -> engine.Answer:
    return engine.Answer(value=engine.AnswerValue(row.value), note=row.note, plan=row.plan, reason=row.reason)


def finding_value(row: rows.Finding) -> engine.Finding:
    return engine.Finding(
        criterion=row.criterion,
        verdict=engine.Verdict(row.verdict),
        facts=row.facts,
        by=row.person_id,
        at=row.at,
    )


def correction_value(row: rows.CorrectiveAction) -> engine.CorrectiveAction:
    return engine.CorrectiveAction(
        id=row.id,
        criterion=row.criterion,
        cause=row.cause,
        correction=row.correction,
        due=row.due,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        proof=row.proof,
        verified_by=row.verified_by,
        verified_at=row.verified_at,
    )


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What came after decisions: appeals, oldest first, with their panels; who settled reviews."""

    appeals: Sequence[tuple[life.Appeal, frozenset[UUID]]] = ()
    panellists: frozenset[UUID] = frozenset()
    reviewers: frozenset[UUID] = frozenset()

    def fell(self, decision: rows.Decision) -> bool:
        """Whether a panel overturned it."""
        return any(each.decision_id == decision.id and each.upheld is False for each, _ in self.appeals)


def decision_value(row: rows.Decision, *, overturned: bool = False) -> engine.Decision:
    """One that fell has no conditions any more."""
    return engine.Decision(
        outcome=engine.Outcome(row.outcome),
        by=row.person_id,
        at=row.at,
        reasons=row.reasons,
        before=State(row.before),
        conditions=() if overturned else tuple(row.conditions),
        overturned=overturned,
    )


def _appeal(row: life.Appeal, panel: frozenset[UUID], decisions: Sequence[rows.Decision]) -> engine.Appeal:
    against = next(each for each in decisions if each.id == row.decision_id)
    return engine.Appeal(
        decision=decision_value(against),
        by=row.lodged_by,
        at=row.at,
        grounds=row.grounds,
        panel=panel,
        settled_at=row.settled_at,
        upheld=row.upheld,
    )


def _plan(row: rows.Case) -> engine.AuditPlan | None:
    if row.plan is None:
        return None
    return engine.AuditPlan(
        kind=engine.AuditKind(row.plan["kind"]),
        starts=date.fromisoformat(row.plan["starts"]),
        ends=date.fromisoformat(row.plan["ends"]),
        sample=_sample(row.plan["sample"]),
        members=_sample(row.plan.get("members")),
    )


def _sample(drawn: Mapping[str, Any] | None) -> engine.Sample | None:
    if drawn is None:
        return None
    return engine.Sample(
        seed=drawn["seed"],
        method=drawn["method"],
        level=engine.RiskLevel(drawn["level"]),
        frame_size=drawn["frame_size"],
        frame_digest=drawn["frame_digest"],
        chosen=tuple(drawn["chosen"]),
    )


_NO_AFTERMATH: Final = Aftermath()


def case_value(
    row: rows.Case,
    assignments: Sequence[rows.Assignment],
    decisions: Sequence[rows.Decision],
    after: Aftermath = _NO_AFTERMATH,
) -> engine.Case:
    """`decisions`: oldest first."""
    team = {each for each in assignments if each.ended_at is None and each.part != rows.Part.DECISION_MAKER}
    recommendation = None
    if row.recommended_outcome and row.recommended_by and row.recommended_at:
        recommendation = engine.Recommendation(
            outcome=engine.Outcome(row.recommended_outcome),
            by=row.recommended_by,
            at=row.recommended_at,
            reasons=row.recommended_reasons or "",
        )
    return engine.Case(
        id=row.id,
        organisation=row.organisation_id,
        standard=row.standard,
        kind=engine.CaseKind(row.kind),
        cycle=row.cycle,
        state=State(row.state),
        opened_at=row.opened_at,
        team=frozenset(each.person_id for each in team),
        lead=next((each.person_id for each in team if each.lead), None),
        evaluators=frozenset(row.evaluators),
        deciders=frozenset(each.person_id for each in decisions) | after.reviewers,
        panellists=after.panellists,
        plan=_plan(row),
        recommendation=recommendation,
        decision=decision_value(decisions[-1], overturned=after.fell(decisions[-1])) if decisions else None,
        appeal=_appeal(*after.appeals[-1], decisions) if after.appeals else None,
        under_review=row.under_review,
    )


def plan_json(plan: engine.AuditPlan | None) -> dict[str, object] | None:
    if plan is None:
        return None
    return {
        "kind": plan.kind.value,
        "starts": plan.starts.isoformat(),
        "ends": plan.ends.isoformat(),
        "sample": _sample_json(plan.sample),
        "members": _sample_json(plan.members),
    }


def _sample_json(sample: engine.Sample | None) -> dict[str, object] | None:
    if sample is None:
        return None
    return {
        "seed": sample.seed,
        "method": sample.method,
        "level": sample.level.value,
        "frame_size": sample.frame_size,
        "frame_digest": sample.frame_digest,
        "chosen": list(sample.chosen),
    }
