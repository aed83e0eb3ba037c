"""How closely an organisation is looked at, from what the platform knows of it; every answer is kept."""

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import certification as engine
from app.audits import models as rows
from app.audits import models_life as life
from app.audits.kept import Kept
from app.catalogue.models import Offer, OfferState
from app.complaints.service import counted
from app.organisations.models import Site
from certification import RiskLevel, Verdict
from certification.calendar import add_months


def factors_of(session: Session, kept: Kept) -> engine.RiskFactors:
    """From the application, the description, the listed offers, the findings that stand, and the admitted
    complaints: those still open, and those upheld in this cycle.
    """
    organisation = kept.organisation
    verdicts = [each.verdict for each in kept.dossier.findings.values()]
    sites = select(func.count()).where(Site.organisation_id == organisation.id)
    listed = select(func.count()).where(
        Offer.organisation_id == organisation.id, Offer.state == OfferState.LISTED
    )
    complaints = counted(session, organisation.id, since=kept.row.opened_at.date())
    return engine.RiskFactors(
        supply_tiers=kept.row.supply_tiers,
        sites=session.scalar(sites) or 0,
        people=(organisation.members or 0) + (organisation.workers or 0),
        outside_production_percent=kept.row.outside_percent,
        labelled_products=session.scalar(listed) or 0,
        past_majors=verdicts.count(Verdict.MAJOR),
        past_minors=verdicts.count(Verdict.MINOR),
        open_complaints=complaints.open,
        upheld_complaints=complaints.upheld,
    )


def assess(session: Session, kept: Kept, *, since: date | None, now: datetime) -> engine.Risk:
    """Assess and keep it. `since`: the day from which the next look is counted; None: no certificate yet."""
    factors = factors_of(session, kept)
    risk = engine.assess_risk(factors)
    session.add(
        life.RiskAssessment(
            case_id=kept.row.id,
            configuration=risk.configuration,
            factors=asdict(factors),
            level=risk.level,
            points=risk.points,
            contributions=[list(each) for each in risk.contributions],
            look_kind=risk.look.kind,
            look_due=add_months(since, risk.look.months) if since else None,
            at=now,
        )
    )
    session.flush()
    return risk


def latest(session: Session, case_id: UUID) -> life.RiskAssessment | None:
    return session.scalars(
        select(life.RiskAssessment)
        .filter_by(case_id=case_id)
        .order_by(life.RiskAssessment.at.desc(), life.RiskAssessment.id.desc())
        .limit(1)
    ).one_or_none()


def level_of(session: Session, kept: Kept) -> RiskLevel:
    """The level of the organisation's last assessment, in whichever cycle; before there is one, of today."""
    known = session.scalar(
        select(life.RiskAssessment.level)
        .join(rows.Case, rows.Case.id == life.RiskAssessment.case_id)
        .where(rows.Case.organisation_id == kept.organisation.id)
        .order_by(life.RiskAssessment.at.desc(), life.RiskAssessment.id.desc())
        .limit(1)
    )
    return RiskLevel(known) if known else engine.assess_risk(factors_of(session, kept)).level
