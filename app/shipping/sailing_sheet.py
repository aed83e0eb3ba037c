"""All sailings ahead of an organisation's services as one table: out, and back, all of it or nothing."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import sheets
from app.errors import Faulty
from app.forms import Form
from app.language import Language
from app.permissions import Actor
from app.sheets import Column, Faults, Row, Table
from app.shipping import rate_cards, timetable
from app.shipping.models import Sailing, Service, Shipment
from app.shipping.rate_cards import SailingSaid
from app.shipping.sheet_changes import Change, Look, instructions
from app.shipping.typed import quantity_in, sailing_said
from app.shipping.words import WM

SHEET: Final = "Sailings"
EMPTY_ROWS: Final = 200
STAYS, REMOVED = "sails", "removed"
FIELD_OF: Final = {"capacity_g": "capacity_kg", "capacity_cm3": "capacity_m3"}


def columns(lang: Language) -> list[Column]:
    _ = lang.text
    states = {STAYS: _("sails"), REMOVED: _("removed")}
    return [
        Column("code", _("Code of the service"), 20, fill=True),
        Column("departs_on", _("Leaves"), 12, fill=True),
        Column("arrives_on", _("Arrives"), 12, fill=True),
        Column("vessel", _("Vessel, flight or vehicle"), 26, fill=True),
        Column("capacity_kg", _("Takes at most (kg)"), 14, fill=True),
        Column("capacity_m3", _("Takes at most (m3)"), 14, fill=True),
        Column("state", _("In the timetable"), 16, states, fill=True),
        Column("id", "id", 10, hidden=True),
        Column("version", "version", 10, hidden=True),
    ]


def table(session: Session, actor: Actor, lang: Language, today: date) -> Table:
    services, sailings = _own(session, actor, today)
    rows: list[Mapping[str, str]] = [
        _shown(services[sailing.service_id].code, sailing)
        | {"id": str(sailing.id), "version": str(sailing.version)}
        for sailing in sailings.values()
    ]
    return Table(SHEET, columns(lang), [*rows, *({} for _ in range(EMPTY_ROWS))])


def as_workbook(session: Session, actor: Actor, lang: Language, *, now: datetime) -> bytes:
    _ = lang.text
    own = [
        _("1. Change what you want in the sheet “Sailings”. New ones go into the empty rows below."),
        _("2. The code is that of a rate card of yours, which must hold on the day of departure."),
        _("3. Leave “Takes at most” empty if there is no limit."),
        _("4. Choose “removed” for what does not sail. A row that you delete changes nothing."),
        _("5. Save the file and read it back. You see every change first."),
    ]
    return sheets.workbook(
        table(session, actor, lang, now.date()),
        instructions=instructions(_("Sailings of {name}"), own, actor.organisation_name, now, lang),
    )


def as_csv(session: Session, actor: Actor, lang: Language, *, now: datetime) -> bytes:
    made = table(session, actor, lang, now.date())
    return sheets.comma_separated(Table(made.title, made.columns, [row for row in made.rows if row]))


def look(session: Session, actor: Actor, held: bytes, lang: Language, *, now: datetime) -> Look:
    """What a table would change. Faulty: every fault by its cell; nothing is changed."""
    services, sailings = _own(session, actor, now.date())
    by_code = {service.code: service for service in services.values()}
    by_day = {(each.service_id, each.departs_on): each for each in sailings.values()}
    booked = set(session.scalars(select(Shipment.sailing_id).where(Shipment.sailing_id.in_(sailings))))
    titles = {column.key: column.title for column in columns(lang)}
    found, faults = [], Faults()
    seen: dict[Any, int] = {}
    same = 0
    for row in sheets.read(held, SHEET, columns(lang)):
        service = by_code.get(row.values.get("code", "").upper())
        if service is None:
            faults.at(row, "code", "Enter the code of a rate card of yours.")
            continue
        sailing = _meant(row, sailings, faults)
        said = _said(row, lang, faults)
        if said is None:
            continue
        sailing = sailing or by_day.get((service.id, said.departs_on))
        for key in ((service.id, said.departs_on), sailing.id if sailing else None):
            if key is not None and key in seen:
                faults.at(row, "departs_on", f"Row {seen[key]} is of the same sailing. Keep one of them.")
            elif key is not None:
                seen[key] = row.number
        change = _change(
            session, row, service, sailing, said, booked=booked, faults=faults, titles=titles, now=now
        )
        if change is None:
            same += 1
        else:
            found.append(change)
    faults.check()
    return Look(found, same)


def apply(session: Session, actor: Actor, held: bytes, lang: Language, *, now: datetime) -> Look:
    """Do what `look` showed; a refusal of one row is of all of them. What is removed goes first: another
    sailing may take its day.
    """
    seen = look(session, actor, held, lang, now=now)
    for each in sorted(seen.changes, key=lambda change: not change.removed):
        service_id, said = each.said
        if each.removed:
            rate_cards.remove_sailing(session, actor, service_id, each.row.id, now=now)
        elif each.row is None:
            rate_cards.add_sailing(session, actor, service_id, said, now=now)
        else:
            timetable.change_sailing(
                session, actor, service_id, each.row.id, said, version=each.row.version, now=now
            )
    return seen


def _own(session: Session, actor: Actor, today: date) -> tuple[dict[UUID, Service], dict[UUID, Sailing]]:
    """The services that an organisation keeps, and their sailings ahead."""
    services = session.scalars(select(Service).where(Service.organisation_id == actor.organisation_id)).all()
    sailings = session.scalars(
        select(Sailing)
        .join(Service, Service.id == Sailing.service_id)
        .where(Service.organisation_id == actor.organisation_id, Sailing.departs_on >= today)
        .order_by(Service.code, Sailing.departs_on)
    )
    return {each.id: each for each in services}, {each.id: each for each in sailings}


def _shown(code: str, sailing: Sailing | SailingSaid) -> dict[str, str]:
    """A sailing as its row says it."""
    return {
        "code": code,
        "departs_on": sailing.departs_on.isoformat(),
        "arrives_on": sailing.arrives_on.isoformat(),
        "vessel": sheets.clean(sailing.vessel),
        "capacity_kg": quantity_in(1000, sailing.capacity_g) if sailing.capacity_g else "",
        "capacity_m3": quantity_in(WM, sailing.capacity_cm3) if sailing.capacity_cm3 else "",
        "state": STAYS,
    }


def _meant(row: Row, sailings: Mapping[UUID, Sailing], faults: Faults) -> Sailing | None:
    typed = row.values.get("id", "")
    if not typed:
        return None
    try:
        sailing = sailings.get(UUID(typed))
    except ValueError:
        sailing = None
    if sailing is None:
        faults.at(row, "id", "This sailing is not ahead any more, or not yours. Delete the row.")
    elif row.values.get("version") != str(sailing.version):
        faults.at(
            row,
            "departs_on",
            "This sailing was changed here after you downloaded the table. Download it again, and make your "
            "change in the new one.",
        )
    return sailing


def _said(row: Row, lang: Language, faults: Faults) -> SailingSaid | None:
    form = Form(dict(row.values), text=lang.text)
    said = sailing_said(form, lang.text)
    for name, words in form.errors.items():
        faults.at(row, name, words)
    return said


def _change(
    session: Session,
    row: Row,
    service: Service,
    sailing: Sailing | None,
    said: SailingSaid,
    *,
    booked: set[UUID],
    faults: Faults,
    titles: Mapping[str, str],
    now: datetime,
) -> Change | None:
    """What a row does; None: it says what is known, or its fault was told."""
    title = f"{service.code} {said.departs_on.isoformat()}"
    if row.values.get("state") == REMOVED:
        if sailing is None:
            return None
        if sailing.id in booked:
            faults.at(row, "state", "A shipment is booked on this sailing, so it stays.")
            return None
        return Change(
            row.number, title, new=False, said=(service.id, said), differences=[], row=sailing, removed=True
        )
    after = _shown(service.code, said)
    before = _shown(service.code, sailing) if sailing else {}
    differences = [
        (titles[key], before.get(key, ""), value)
        for key, value in after.items()
        if value != before.get(key, "")
    ]
    if not differences:
        return None
    locked = sailing is not None and sailing.id in booked
    if sailing is not None and sailing.service_id != service.id:
        faults.at(row, "code", "A sailing keeps its service. Enter a new one in an empty row instead.")
    elif locked and any(before[key] != after[key] for key in before if key != "vessel"):
        faults.at(row, "departs_on", "A shipment is booked on it: only the vessel can change.")
    else:
        try:
            rate_cards.check_sailing(session, service, said, now=now, but=sailing)
        except Faulty as refusal:
            for name, words in refusal.fields.items():
                faults.at(row, FIELD_OF.get(name, name), words)
    return Change(
        row.number, title, new=sailing is None, said=(service.id, said), differences=differences, row=sailing
    )
