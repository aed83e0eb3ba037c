"""Drives a demo organisation's case to a stage, through the same use cases as everybody's."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from io import BytesIO
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

import certification as engine
from app.audits import appeals, application, decision, declaring, evaluation, evidence, planning, renewal
from app.audits import models as rows
from app.audits.application import Application, Correction
from app.audits.evaluation import Judgement
from app.audits.kept import Kept, load, newest_case
from app.audits.models import Part
from app.audits.planning import Plan
from app.files import Store
from app.organisations import service as organisations
from app.organisations.models import Organisation
from app.permissions import Actor
from certification import AnswerValue, ApplicationPart, Level, Outcome, Verdict

LIMIT: Final = 1 << 20


class Stage(StrEnum):
    """How far a demo case has come; each stage contains those before it, up to `recommended`."""

    REGISTERED = "registered"
    ASSESSING = "assessing"
    SUBMITTED = "submitted"
    AUDIT_PLANNED = "audit planned"
    AUDITED = "audited"
    CORRECTING = "correcting"
    RECOMMENDED = "recommended"
    CERTIFIED = "certified"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    IN_SURVEILLANCE = "in surveillance"
    UNDER_APPEAL = "under appeal"
    RENEWING = "renewing"


@dataclass(frozen=True, slots=True)
class People:
    """Who acts: the producer's person, the programme manager, the auditor, and who decides."""

    producer: Actor
    programme: Actor
    auditor: Actor
    decision_maker: Actor


def bring_to(
    session: Session,
    store: Store,
    organisation: Organisation,
    stage: Stage,
    *,
    people: People,
    start: datetime,
    now: datetime | None = None,
    panel: Actor | None = None,
) -> rows.Case | None:
    """Take an organisation that has described itself (with sites) to `stage`, beginning at `start`.

    The steps lie days apart, 44 days in all; what comes after a certificate lies in the days before `now`.
    Gives the case; None at `registered`, where there is none yet. `panel`: who hears an appeal.
    """
    if stage is Stage.REGISTERED:
        return None
    road = _Road(session, store, organisation, people, start)
    road.assess(half=stage is Stage.ASSESSING)
    if stage is Stage.ASSESSING:
        return road.row
    for reached, step in (
        (Stage.SUBMITTED, road.submit),
        (Stage.AUDIT_PLANNED, road.plan),
        (Stage.AUDITED, road.audit),
        (Stage.CORRECTING, road.agree_corrections),
        (Stage.RECOMMENDED, road.recommend),
    ):
        step()
        if stage is reached:
            return road.row
    road.decide(Outcome.REFUSE if stage is Stage.REFUSED else Outcome.CERTIFY)
    if stage is Stage.SUSPENDED:
        road.suspend(road.at(44))
    if stage in (Stage.IN_SURVEILLANCE, Stage.UNDER_APPEAL, Stage.RENEWING):
        road.live_on(stage, now or start + timedelta(days=90), panel)
    return road.row


def renew(
    session: Session, store: Store, organisation: Organisation, *, people: People, start: datetime
) -> rows.Case:
    """Take a renewal that has begun to its certificate, in 44 days from `start`.

    What a newer version of the standard asks beyond the last one is answered first.
    """
    road = _Road(session, store, organisation, people, start)
    begun = newest_case(session, organisation.id)
    assert begun is not None
    road.case_id = begun.id
    evaluation.accept(session, people.programme, begun.id, now=road.at(2))
    dossier = road.kept.dossier
    lacking = {each.criterion for each in engine.missing(dossier.criteria, dossier.answers)}
    new = {each.id: _answer(each) for each in dossier.criteria if each.id in lacking}
    application.save_answers(session, people.producer, new, now=road.at(3))
    for step in (road.submit, road.plan, road.audit, road.agree_corrections, road.recommend):
        step()
    road.decide(Outcome.CERTIFY)
    return road.row


class _Road:
    def __init__(
        self, session: Session, store: Store, organisation: Organisation, people: People, start: datetime
    ) -> None:
        self.session, self.store, self.organisation = session, store, organisation
        self.people, self.start = people, start
        self.case_id: UUID | None = None

    def at(self, day: int, minute: int = 0) -> datetime:
        return self.start + timedelta(days=day, minutes=minute)

    @property
    def kept(self) -> Kept:
        assert self.case_id is not None
        return load(self.session, self.case_id)

    @property
    def row(self) -> rows.Case:
        return self.kept.row

    def assess(self, *, half: bool) -> None:
        """Apply, be accepted, answer, add two files."""
        producer, name = self.people.producer, self.organisation.name
        organisations.accept_code(self.session, producer, now=self.at(0))
        kept = application.save_application(
            self.session,
            producer,
            Application(
                parts={
                    ApplicationPart.LEGAL_IDENTITY: f"{name}, registered (demo register, number D-1001)",
                    ApplicationPart.MISSION: "Demo mission: steady work and a fair income for our makers.",
                    ApplicationPart.ACCOUNTS: "Demo accounts: the members' meeting approved last year's.",
                    ApplicationPart.REFERENCES: "Demo reference: a regional association of makers.",
                },
                supply_tiers=1,
                outside_percent=10,
            ),
            now=self.at(0, 30),
        )
        self.case_id = kept.row.id
        evaluation.accept(self.session, self.people.programme, kept.row.id, now=self.at(2))
        criteria = kept.dossier.criteria
        answered = criteria[: len(criteria) // 2] if half else criteria
        application.save_answers(
            self.session, producer, {each.id: _answer(each) for each in answered}, now=self.at(9)
        )
        for number, (title, every) in enumerate((("Demo minutes", 3), ("Demo pay list", 4))):
            evidence.add(
                self.session,
                self.store,
                producer,
                BytesIO(f"{title}\n{name}\nMade up for the demo, shows nothing.\n".encode()),
                evidence.About(f"{title}.txt", [each.id for each in answered[number::every]]),
                limit=LIMIT,
                now=self.at(10, number),
            )

    def submit(self) -> None:
        application.submit(self.session, self.people.producer, now=self.at(12))

    def plan(self) -> None:
        """Interests are declared, people assigned, the papers read, the dates set."""
        case_id, organisation_id = self.row.id, self.organisation.id
        auditor, programme, decider = self.people.auditor, self.people.programme, self.people.decision_maker
        for person in (auditor, decider):
            declaring.declare(self.session, person, organisation_id, (), now=self.at(13))
        evaluation.assign(
            self.session, programme, case_id, auditor.person_id, Part.AUDITOR, lead=True, now=self.at(14)
        )
        evaluation.assign(
            self.session,
            programme,
            case_id,
            decider.person_id,
            Part.DECISION_MAKER,
            lead=False,
            now=self.at(14, 5),
        )
        evaluation.desk_review(
            self.session,
            auditor,
            case_id,
            "Demo: the papers are complete; pay lists and minutes are to be seen on site.",
            now=self.at(16),
        )
        day = self.at(20).date()
        planning.plan_audit(
            self.session,
            auditor,
            case_id,
            Plan(engine.AuditKind.MONITORING_AUDIT, day, day + timedelta(days=1), seed=f"demo {day}"),
            now=self.at(17),
        )

    def audit(self) -> None:
        kept = self.kept
        of_principle: dict[int, list[Judgement]] = {}
        for number, criterion in enumerate(kept.dossier.criteria):
            verdict = _verdict(number, criterion, kept, self.at(20).date())
            of_principle.setdefault(criterion.principle, []).append(
                Judgement(criterion.id, verdict, _FACTS[verdict])
            )
        for hour, some in of_principle.items():
            evaluation.judge_each(
                self.session, self.people.auditor, kept.row.id, some, now=self.at(20, 60 * hour)
            )
        evaluation.conclude_audit(self.session, self.people.auditor, kept.row.id, now=self.at(21))

    def agree_corrections(self) -> None:
        kept = self.kept
        for number, criterion in enumerate(
            engine.unanswered(kept.dossier.findings, kept.dossier.corrections)
        ):
            application.open_correction(
                self.session,
                self.people.producer,
                Correction(
                    criterion=criterion,
                    cause="Demo: nobody was made responsible for the record.",
                    correction="Demo: the secretary keeps the record and reads it out each month.",
                    due=self.at(60).date(),
                ),
                now=self.at(24, number),
            )
        evaluation.request_corrections(self.session, self.people.auditor, kept.row.id, now=self.at(26))

    def recommend(self) -> None:
        case_id = self.row.id
        for number, one in enumerate(self.kept.dossier.corrections):
            application.offer_proof(
                self.session,
                self.people.producer,
                one.id,
                "Demo: the record of two months is in the folder.",
                now=self.at(34, number),
            )
            evaluation.verify_correction(
                self.session,
                self.people.auditor,
                case_id,
                one.id,
                accepted=True,
                note="Demo: the record was seen and is complete.",
                now=self.at(36, number),
            )
        evaluation.recommend(
            self.session,
            self.store,
            self.people.auditor,
            case_id,
            outcome=Outcome.CERTIFY,
            reasons="Demo: practice is sound and what was missing is corrected.",
            now=self.at(38),
        )

    def decide(self, outcome: Outcome) -> None:
        reasons = {
            Outcome.CERTIFY: "Demo: the findings carry the recommendation; nothing is open.",
            Outcome.REFUSE: "Demo: the pay lists do not show what members were paid; apply again with them.",
        }
        decision.decide(
            self.session,
            self.store,
            self.people.decision_maker,
            self.row.id,
            decision.Word(outcome, reasons[outcome]),
            now=self.at(42),
        )

    def live_on(self, stage: Stage, now: datetime, panel: Actor | None) -> None:
        """What is under way now: a look, an appeal that a panel hears, a renewal."""
        case_id, people = self.row.id, self.people

        def before(days: int) -> datetime:
            return now - timedelta(days=days)

        if stage is Stage.IN_SURVEILLANCE:
            first = before(2).date()
            plan = Plan(engine.AuditKind.SURVEILLANCE, first, first + timedelta(days=4), f"demo {first}")
            planning.plan_surveillance(self.session, people.programme, case_id, plan, now=before(16))
        elif stage is Stage.RENEWING:
            renewal.begin(self.session, people.producer, now=before(9))
        else:
            self.suspend(before(12))
            appeals.lodge(
                self.session,
                people.producer,
                case_id,
                "Demo: the complaint was settled before the suspension; the payments are in the pay list.",
                now=before(6),
            )
            if panel is not None:
                appeals.convene(self.session, people.programme, case_id, [panel.person_id], now=before(4))

    def suspend(self, at: datetime) -> None:
        decision.suspend(
            self.session,
            self.people.decision_maker,
            self.row.id,
            "Demo: a complaint about late payment is being looked into.",
            now=at,
        )


_FACTS: Final = {
    Verdict.CONFORMITY: "Demo: seen on site and in two records of the last year.",
    Verdict.IMPROVEMENT: "Demo: practice is sound; the record of it is kept only in part.",
    Verdict.MINOR: "Demo: two of five records drawn had no date and no signature.",
    Verdict.MAJOR: "Demo: no record of it was found for the last six months.",
    Verdict.NOT_APPLICABLE: "Demo: the organisation does not do this, as seen on site.",
}


def _answer(criterion: engine.Criterion) -> engine.Answer:
    """Mostly met, with a plan where it is not."""
    weak = criterion.level is not Level.ENTRY and int(criterion.id.split(".")[1]) % 3 == 0
    if weak:
        return engine.Answer(
            value=AnswerValue.PARTLY,
            note="Demo: we do it, and do not always write it down.",
            plan="Demo: from next month the secretary keeps a list.",
        )
    return engine.Answer(value=AnswerValue.MET, note="Demo: we do this; the file shows it.")


def _verdict(number: int, criterion: engine.Criterion, kept: Kept, on: date) -> Verdict:
    """Two minor nonconformities where the standard allows them, some improvements, else conformity."""
    possible = engine.verdicts(criterion, kept.dossier.in_scheme_since, on)
    if Verdict.MINOR in possible and criterion.id in {"2.4", "6.6"}:
        return Verdict.MINOR
    return Verdict.IMPROVEMENT if number % 7 == 3 else Verdict.CONFORMITY
