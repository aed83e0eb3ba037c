"""Milestones of many shipments as one table: out with what comes next, and back, all of it or nothing."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import sheets
from app.errors import Faulty, Refusal
from app.language import Language
from app.permissions import Actor
from app.sheets import Column, Faults, Row, Table
from app.shipping import listing, service
from app.shipping.models import MilestoneKind, Shipment
from app.shipping.road import ROAD
from app.shipping.sheet_changes import Change, Look, instructions
from app.shipping.words import milestone_name

SHEET: Final = "Milestones"
MOST_SHIPMENTS: Final = 500
FIELDS: Final = {"actual_on": "actual_on", "expected_on": "expected_on", "note": "note", "reason": "note"}


def columns(lang: Language) -> list[Column]:
    _ = lang.text
    return [
        Column("shipment", _("Shipment"), 18, fill=True),
        Column(
            "milestone", _("Milestone"), 18, {kind: milestone_name(kind, lang) for kind in ROAD}, fill=True
        ),
        Column("actual_on", _("Came on"), 12, fill=True),
        Column("expected_on", _("Expected on"), 12, fill=True),
        Column("note", _("Note"), 40, fill=True),
    ]


def table(session: Session, actor: Actor, lang: Language) -> Table:
    """One row for each shipment of the actor's hubs that has not come to its end: its next milestone."""
    found = [
        each
        for each in listing.own_journeys(session, actor, limit=MOST_SHIPMENTS)
        if listing.reports_on(actor, each)
    ]
    roads = listing.milestones_by_shipment(session, [each.shipment.id for each in found])
    rows: list[Mapping[str, str]] = []
    for each in found:
        waiting = next((one for one in roads[each.shipment.id] if one.actual_on is None), None)
        if waiting:
            rows.append({"shipment": each.shipment.number, "milestone": waiting.kind})
    return Table(SHEET, columns(lang), rows)


def as_workbook(session: Session, actor: Actor, lang: Language, *, now: datetime) -> bytes:
    _ = lang.text
    own = [
        _("1. Each row is what comes next of a shipment. Enter the day on which it came."),
        _("2. If it will be late instead, enter when it is expected, and why in the note: buyers read it."),
        _("3. Add rows for the milestones after it. Rows without a day change nothing."),
        _("4. Save the file and read it back. You see every change first."),
    ]
    head = instructions(_("Milestones of {name}"), own, actor.organisation_name, now, lang)
    made = table(session, actor, lang)
    return sheets.workbook(
        Table(made.title, made.columns, [*made.rows, *({} for _ in range(200))]), instructions=head
    )


def as_csv(session: Session, actor: Actor, lang: Language) -> bytes:
    return sheets.comma_separated(table(session, actor, lang))


def look(session: Session, actor: Actor, held: bytes, lang: Language, *, now: datetime) -> Look:
    """What a table would do: it is done, and undone. Faulty: every fault by its cell."""
    with session.begin_nested() as point:
        try:
            return apply(session, actor, held, lang, now=now)
        finally:
            point.rollback()


def apply(session: Session, actor: Actor, held: bytes, lang: Language, *, now: datetime) -> Look:
    """Report all milestones of a table, in the order of the road. Faulty: every fault by its cell."""
    faults, same = Faults(), 0
    read: list[tuple[Row, UUID, MilestoneKind]] = []
    for row in sheets.read(held, SHEET, columns(lang)):
        if not row.values.get("actual_on") and not row.values.get("expected_on"):
            same += 1
        elif where := _meant(session, row, faults):
            read.append((row, *where))
    changes = []
    for row, shipment_id, kind in sorted(read, key=lambda each: ROAD.index(each[2])):
        if change := _report(session, actor, row, shipment_id, kind, lang=lang, faults=faults, now=now):
            changes.append(change)
    faults.check()
    return Look(sorted(changes, key=lambda change: change.number), same)


def _meant(session: Session, row: Row, faults: Faults) -> tuple[UUID, MilestoneKind] | None:
    number = row.values.get("shipment", "").strip().upper()
    shipment_id = session.scalars(select(Shipment.id).filter_by(number=number)).one_or_none()
    try:
        kind = MilestoneKind(row.values.get("milestone", ""))
    except ValueError:
        faults.at(row, "milestone", "Choose a milestone from the list.")
        return None
    if shipment_id is None:
        faults.at(row, "shipment", "Enter the number of a shipment from or to a hub of yours.")
        return None
    return shipment_id, kind


def _report(
    session: Session,
    actor: Actor,
    row: Row,
    shipment_id: UUID,
    kind: MilestoneKind,
    *,
    lang: Language,
    faults: Faults,
    now: datetime,
) -> Change | None:
    came, expected = _day(row, "actual_on", faults), _day(row, "expected_on", faults)
    note = row.values.get("note", "")
    if came and expected:
        faults.at(row, "expected_on", "Enter one day: the one on which it came, or the one expected.")
        return None
    if not came and not expected:
        return None
    try:
        if came:
            service.set_milestone(session, actor, shipment_id, kind, actual_on=came, note=note, now=now)
        elif expected:
            service.announce_milestone(
                session, actor, shipment_id, kind, expected_on=expected, note=note, now=now
            )
    except Faulty as refusal:
        for name, words in refusal.fields.items():
            faults.at(row, FIELDS.get(name, "milestone"), lang.text(words))
        return None
    except Refusal as refusal:
        missing = refusal.code == "not-found"
        words = "Enter the number of a shipment from or to a hub of yours." if missing else refusal.detail
        faults.at(row, "shipment" if missing else "milestone", words)
        return None
    title = columns(lang)[2 if came else 3].title
    day = came or expected
    assert day is not None
    name = f"{row.values['shipment'].upper()}: {milestone_name(kind, lang)}"
    differences = [(title, "", lang.day(day))] + ([(lang.text("Note"), "", note)] if note else [])
    return Change(row.number, name, new=False, said=None, differences=differences)


def _day(row: Row, key: str, faults: Faults) -> date | None:
    typed = row.values.get(key, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed[:10] if typed[10:] in {"", " 00:00:00", "T00:00:00"} else typed)
    except ValueError:
        faults.at(row, key, "Enter a date as year-month-day, like 2026-01-22.")
        return None
