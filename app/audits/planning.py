"""Planning an audit or a look: when, how, which sites and members by lot; and telling the producer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isqrt
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import certification as engine
from app.audits import models as rows
from app.audits import risk
from app.audits.evaluation import Step, act, seen
from app.audits.kept import Kept, names_of, ruled
from app.errors import Refusal
from app.organisations import service as organisations
from app.organisations.models import Site
from app.permissions import Actor
from certification import AuditKind, RiskLevel
from certification.sampling import MOST_WEIGHT

MOST_MEMBERS: Final = 20_000
"""The longest members' register that is drawn from; beyond it a scheme draws by group."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When an audit is, of which kind. `seed`: sites and members are drawn with it; empty: all are seen."""

    kind: AuditKind
    starts: date
    ends: date
    seed: str = ""


def site_units(session: Session, kept: Kept) -> list[engine.Unit]:
    """Each site by its name. The weight grows with the square root of the people who work there, as what can
    go wrong does; one that was never certified is visited in any case.
    """
    known = _certified_sites(session, kept)
    people: dict[str, int] = {}
    for site in session.scalars(select(Site).filter_by(organisation_id=kept.organisation.id)):
        people[site.name] = people.get(site.name, 0) + site.people
    return [
        engine.Unit(
            id=name, weight=min(MOST_WEIGHT, 1 + isqrt(count)), always=bool(known) and name not in known
        )
        for name, count in sorted(people.items())
    ]


def _certified_sites(session: Session, kept: Kept) -> set[str]:
    """Sites on any certificate of the organisation. Empty before the first, when all are new alike."""
    found = session.scalars(
        select(rows.Certificate.sites).where(rows.Certificate.organisation_id == kept.organisation.id)
    )
    return {name for sites in found for name in sites}


def member_units(kept: Kept) -> list[engine.Unit]:
    """Members by their place in the organisation's own register, which the auditor asks for on site."""
    count = min(kept.organisation.members or 0, MOST_MEMBERS)
    return [engine.Unit(id=str(number)) for number in range(1, count + 1)]


def drawn(session: Session, kept: Kept, said: Plan) -> engine.AuditPlan:
    """The plan with the draw, which anybody can repeat from the seed. Two frames, so that neither sites nor
    members crowd out the other. The risk level sets how many.
    """
    sites = members = None
    with ruled():
        if said.seed:
            level = risk.level_of(session, kept)
            sites = _draw(site_units(session, kept), said.seed, level)
            members = _draw(member_units(kept), said.seed, level)
        return engine.AuditPlan(
            kind=said.kind, starts=said.starts, ends=said.ends, sample=sites, members=members
        )


def _draw(units: Sequence[engine.Unit], seed: str, level: RiskLevel) -> engine.Sample | None:
    return engine.draw(units, seed=seed, level=level) if units else None


def plan_audit(session: Session, actor: Actor, case_id: UUID, said: Plan, *, now: datetime) -> Kept:
    """Plan the audit of a case on its way to a decision, or plan it anew."""
    return _plan(session, actor, case_id, engine.plan_audit, said, now=now)


def plan_surveillance(session: Session, actor: Actor, case_id: UUID, said: Plan, *, now: datetime) -> Kept:
    """Plan a look at an organisation that is certified."""
    return _plan(session, actor, case_id, engine.plan_surveillance, said, now=now)


def _plan(session: Session, actor: Actor, case_id: UUID, step: Step, said: Plan, *, now: datetime) -> Kept:
    kept = seen(session, actor, case_id, lock=True)
    if said.kind is AuditKind.PEER_VISIT and not _has_peer(session, case_id):
        raise Refusal(
            "A peer visit is made by somebody of another member organisation. Assign a peer first.",
            code="no-peer",
            title="No peer is assigned",
        )
    plan = drawn(session, kept, said)
    kept = act(session, actor, case_id, step, now=now, plan=plan)
    kept.row.due_on = plan.ends
    session.flush()
    if said.kind is not AuditKind.UNANNOUNCED:
        _announce(session, kept, plan, now=now)
    return kept


def _has_peer(session: Session, case_id: UUID) -> bool:
    wanted = select(rows.Assignment.id).filter_by(case_id=case_id, part=rows.Part.PEER, ended_at=None)
    return session.scalar(wanted.limit(1)) is not None


KINDS: Final = {
    AuditKind.MONITORING_AUDIT: "monitoring audit",
    AuditKind.PEER_VISIT: "peer visit",
    AuditKind.SURVEILLANCE: "surveillance visit",
}


def _announce(session: Session, kept: Kept, plan: engine.AuditPlan, *, now: datetime) -> None:
    """The whole plan, so that the producer can have ready what is wanted."""
    names = names_of(session, kept.case.team)
    team = [
        f"{names[each]}{' (lead)' if each == kept.case.lead else ''}"
        for each in sorted(kept.case.team, key=lambda each: each != kept.case.lead)
    ]
    lines = [
        f"The {KINDS[plan.kind]} is from {plan.starts:%d %B %Y} to {plan.ends:%d %B %Y}.",
        f"Who comes: {', '.join(team)}.",
        f"Sites that are visited: {', '.join(plan.sample.chosen) if plan.sample else 'all'}.",
    ]
    if kept.organisation.members:
        lines.append(
            "Members who are asked, by their number in your members' register: "
            f"{', '.join(sorted(plan.members.chosen, key=int)) if plan.members else 'all'}."
        )
    if plan.sample or plan.members:
        seed = (plan.sample or plan.members).seed  # type: ignore[union-attr]
        lines.append(f'Drawn by lot with the seed "{seed}"; anybody can draw again.')
    lines.append("Have the papers and the people ready that your self-assessment speaks of.")
    organisations.tell(
        session, kept.organisation.id, f"Planned: {KINDS[plan.kind]}", "\n".join(lines), now=now
    )
