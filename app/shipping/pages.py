"""Pages of hubs and shipments; rate cards are in `rate_card_pages`."""

from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue.models import Terms
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.history import Happening
from app.language import Language
from app.organisations.models import Organisation, Person
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.shipping import (
    customs_pages,
    fixed_pages,
    lateness,
    listing,
    milestone_sheet_pages,
    papers_pages,
    rate_card_pages,
    service,
    tariff_pages,
)
from app.shipping.journeys import milestones_of
from app.shipping.models import Hub, Milestone, MilestoneKind, Service
from app.shipping.road import ROAD
from app.shipping.words import days_late, late_words, milestone_name, mode_name, road_stops
from app.trade import receiving
from app.transaction import Db, Now

router = page_router()
router.include_router(rate_card_pages.router)
router.include_router(customs_pages.router)
router.include_router(tariff_pages.router)
router.include_router(fixed_pages.router)
router.include_router(papers_pages.router)
router.include_router(milestone_sheet_pages.router)

FormData = Annotated[Form, Depends(Form.read)]
Concerned = Annotated[Actor, Depends(Needs("shipment.read-own"))]
Reporter = Annotated[Actor, Depends(Needs("milestone.set"))]
PAGE_SIZE: Final = 30
ARRIVED: Final = ROAD.index(MilestoneKind.ARRIVED)


@router.get("/hubs", dependencies=[Depends(Anybody())])
def hubs(request: Request, db: Db, now: Now) -> Response:
    rows = db.execute(
        select(
            Hub,
            Organisation,
            select(func.count()).where(Terms.hub_id == Hub.id).scalar_subquery(),
            select(func.count())
            .where(
                (Service.origin_id == Hub.id) | (Service.destination_id == Hub.id),
                Service.valid_until >= now.date(),
            )
            .scalar_subquery(),
        )
        .join(Organisation, Organisation.id == Hub.organisation_id)
        .order_by(Hub.name),
    ).all()
    return page(request, "shipping/hubs.html", hubs=rows)


@router.get("/shipments")
def shipments(
    request: Request,
    db: Db,
    actor: Concerned,
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    lang = language_of(request)
    found = listing.own_journeys(db, actor, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    shown = found[:PAGE_SIZE]
    roads = listing.milestones_by_shipment(db, [each.shipment.id for each in shown])
    rows = [(each, _now_at(roads[each.shipment.id], lang)) for each in shown]
    return page(
        request,
        "shipping/shipments.html",
        rows=rows,
        previous_href=f"/shipments?page={number - 1}" if number > 1 else None,
        next_href=f"/shipments?page={number + 1}" if len(found) > PAGE_SIZE else None,
    )


def _now_at(road: list[Milestone], lang: Language) -> dict[str, Any]:
    """Where a shipment is, what comes next, and how late the end of its road is."""
    done = [each for each in road if each.actual_on]
    ahead = [each for each in road if not each.actual_on]
    return {
        "at": milestone_name(done[-1].kind, lang) if done else None,
        "at_on": done[-1].actual_on if done else None,
        "next": milestone_name(ahead[0].kind, lang) if ahead else None,
        "next_on": ahead[0].expected_on if ahead else None,
        "late": late_words(days_late(road[-1]), lang),
    }


@router.get("/shipments/{shipment_id}")
def shipment(request: Request, shipment_id: UUID, db: Db, now: Now, actor: Concerned) -> Response:
    return _shipment(request, db, actor, shipment_id, form=Form.empty(actual_on=now.date()))


@router.post("/shipments/{shipment_id}/milestones/{kind}")
def set_milestone(
    request: Request, shipment_id: UUID, kind: str, *, form: FormData, db: Db, now: Now, actor: Reporter
) -> Response:
    _ = language_of(request).text
    on = form.day("actual_on", _("Enter the day on which it happened."))
    note = form.text("note", most=service.LONGEST_NOTE)
    try:
        form.check()
        assert on is not None
        service.set_milestone(db, actor, shipment_id, _kind(kind), actual_on=on, note=note, now=now)
    except Refusal as refusal:
        return _again(request, db, actor, shipment_id, form, refusal)
    return go(f"/shipments/{shipment_id}", "milestone-set")


@router.post("/shipments/{shipment_id}/milestones/{kind}/expected")
def announce(
    request: Request, shipment_id: UUID, kind: str, *, form: FormData, db: Db, now: Now, actor: Reporter
) -> Response:
    _ = language_of(request).text
    on = form.day("expected_on", _("Enter the day on which it is expected now."))
    why = form.text(
        "why", _("Say why, in a few words: buyers and makers read it."), most=service.LONGEST_NOTE
    )
    try:
        form.check()
        assert on is not None
        service.announce_milestone(db, actor, shipment_id, _kind(kind), expected_on=on, note=why, now=now)
    except Refusal as refusal:
        return _again(request, db, actor, shipment_id, form, refusal)
    return go(f"/shipments/{shipment_id}", "milestone-set")


@router.post("/shipments/{shipment_id}/milestones/{kind}/undo")
def undo(
    request: Request, shipment_id: UUID, kind: str, *, form: FormData, db: Db, now: Now, actor: Reporter
) -> Response:
    _ = language_of(request).text
    reason = form.text("reason", _("Say what was wrong, in a few words."), most=service.LONGEST_NOTE)
    try:
        form.check()
        service.undo_milestone(db, actor, shipment_id, _kind(kind), reason=reason, now=now)
    except Refusal as refusal:
        return _again(request, db, actor, shipment_id, form, refusal)
    return go(f"/shipments/{shipment_id}", "milestone-set")


def _kind(words: str) -> MilestoneKind:
    """The milestone of an address, "export-cleared"."""
    try:
        return MilestoneKind(words.replace("-", " "))
    except ValueError:
        raise Missing from None


def _again(
    request: Request, db: Session, actor: Actor, shipment_id: UUID, form: Form, refusal: Refusal
) -> Response:
    """The same page with what was typed and what is wrong with it; not there: that."""
    if isinstance(refusal, Missing):
        raise refusal
    if isinstance(refusal, Faulty):
        form.take(refusal)
    else:
        form.fault("", refusal.detail)
    return _shipment(request, db, actor, shipment_id, form=form, status=int(refusal.status))


def _shipment(
    request: Request, db: Session, actor: Actor, shipment_id: UUID, *, form: Form, status: int = 200
) -> Response:
    lang = language_of(request)
    found = listing.own_journey(db, actor, shipment_id)
    road = milestones_of(db, shipment_id)
    waiting = next((each for each in road if each.actual_on is None), None)
    last = next((each for each in reversed(road) if each.actual_on), None)
    reports = listing.reports_on(actor, found)
    consignments = listing.consignments_of(db, actor, found)
    learned = lateness.usual_on_the_way(db, found.service, but=found.sailing.id)
    form.values.setdefault("actual_on", str(request.state.now.date()))
    if waiting:
        form.values.setdefault("expected_on", str(waiting.expected_on + timedelta(days=1)))
    return page(
        request,
        "shipping/shipment.html",
        status=status,
        form=form,
        journey=found,
        road=road,
        stops=road_stops(road, lang),
        late=late_words(days_late(road[-1]), lang),
        because=lateness.because(road, learned, lang),
        usual=lateness.usual_words(learned, lang) if learned and road[ARRIVED].actual_on is None else None,
        waiting=waiting,
        last=last,
        names={each.kind: milestone_name(each.kind, lang) for each in road},
        mode=mode_name(found.service.mode, lang),
        reports=reports,
        hands_over=reports and found.destination.organisation_id == actor.organisation_id,
        all_of_it=listing.sees_all(actor, found),
        consignments=consignments,
        said=receiving.said_of(db, [each.order.id for each in consignments if each.order.delivered_at]),
        reporters=_reports(db, shipment_id, lang) if reports else [],
    )


def _report_words(row: Happening, lang: Language) -> str:
    """What was reported, for which day, and why: "Departed: 18 November 2026"."""
    words = lang.text(row.action[:1].upper() + row.action[1:])
    day = row.facts.get("actual_on") or row.facts.get("expected_on")
    if day:
        words += f": {lang.day(date.fromisoformat(day))}"
    said = row.facts.get("note") or row.facts.get("reason")
    return f"{words}. {said}" if said else words


def _reports(db: Session, shipment_id: UUID, lang: Language) -> list[dict[str, Any]]:
    """Who said what of a shipment, newest first."""
    rows = db.execute(
        select(Happening, Person.name, Organisation.name)
        .outerjoin(Person, Person.id == Happening.person_id)
        .outerjoin(Organisation, Organisation.id == Happening.organisation_id)
        .where(Happening.subject_kind == "shipment", Happening.subject_id == shipment_id)
        .order_by(Happening.at.desc(), Happening.id.desc())
        .limit(50),
    )
    return [
        {
            "when": lang.moment(row.at),
            "iso": row.at.isoformat(),
            "what": _report_words(row, lang),
            "who": ", ".join(filter(None, (person, organisation))),
        }
        for row, person, organisation in rows
    ]
