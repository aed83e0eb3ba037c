"""All rate cards that an organisation keeps as one table: out, and back, all of it or nothing.

A row is a card. Its containers stand in one cell, "20GP 1850.00 21700 28; 40HC 3100.00 26500 68": name,
price, kg and m3. So do its breaks by weight, "0 5.20; 45 4.30": from so many kg on, the price of a kg.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import sheets
from app.catalogue.models import CargoClass
from app.catalogue.typed import Words, plain_amount
from app.errors import Faulty
from app.forms import Form
from app.language import Language
from app.permissions import Actor
from app.sheets import Column, Faults, Row, Table
from app.shipping import fixed_sums, rate_cards
from app.shipping.fixed_sums import FixedSaid
from app.shipping.models import Hub, Service
from app.shipping.rate_cards import ServiceSaid
from app.shipping.sheet_changes import Change, Look, instructions
from app.shipping.tariffs import LARGEST_AMOUNT, MOST_STEPS
from app.shipping.typed import BY_CONTAINER, BY_WEIGHT, service_fields, service_said
from app.shipping.words import class_name, mode_name
from logistics.problem import MODES

SHEET: Final = "Rate cards"
EMPTY_ROWS: Final = 50
BOX: Final = ("type", "cost", "kg", "m3")
BREAK: Final = ("kg", "rate")
BETWEEN_STEPS: Final = re.compile(r"(?<!\\);")
"""A container whose own name has a semicolon has a backslash before it."""
PLAIN: Final = (
    "code",
    "carrier",
    "mode",
    "currency",
    "valid_from",
    "valid_until",
    "per_shipment",
    "per_consignee",
    "per_wm",
    "minimum_wm",
    "volumetric_divisor",
    "minimum_charge",
)
"""Columns that are fields of the card's form by the same name."""


def columns(lang: Language) -> list[Column]:
    _ = lang.text
    modes = {str(mode): mode_name(mode, lang) for mode in MODES}
    return [
        Column("code", _("Code"), 18, fill=True),
        Column("carrier", _("Carrier"), 24, fill=True),
        Column("mode", _("How it travels"), 12, modes, fill=True),
        Column("origin", _("From (UN/LOCODE)"), 12, fill=True),
        Column("destination", _("To (UN/LOCODE)"), 12, fill=True),
        Column("classes", _("Kinds of cargo"), 20, fill=True),
        Column("currency", _("Currency"), 10, fill=True),
        Column("valid_from", _("Holds from"), 12, fill=True),
        Column("valid_until", _("until and with"), 12, fill=True),
        Column("per_shipment", _("Per shipment"), 12, fill=True),
        Column("per_consignee", _("Per consignee"), 12, fill=True),
        Column("inland", _("of it per shipment: inland transport"), 14, fill=True),
        Column("insurance", _("of it per shipment: insurance"), 14, fill=True),
        Column("handling", _("of it per consignee: handling"), 14, fill=True),
        Column("last_mile", _("of it per consignee: last mile"), 14, fill=True),
        Column("per_wm", _("Per W/M"), 12, fill=True),
        Column("minimum_wm", _("Least W/M"), 12, fill=True),
        Column("containers", _("Containers: name price kg m3; ..."), 40, fill=True),
        Column("volumetric_divisor", _("cm3 that count as 1 kg"), 12, fill=True),
        Column("minimum_charge", _("Least charge"), 12, fill=True),
        Column("breaks", _("By weight: from kg price per kg; ..."), 40, fill=True),
        Column("id", "id", 10, hidden=True),
        Column("version", "version", 10, hidden=True),
    ]


def table(session: Session, actor: Actor, lang: Language) -> Table:
    codes = {hub.id: hub.code for hub in session.scalars(select(Hub))}
    rows: list[Mapping[str, str]] = [shown(card, codes, lang) for card in _own(session, actor).values()]
    return Table(SHEET, columns(lang), [*rows, *({} for _ in range(EMPTY_ROWS))])


def as_workbook(session: Session, actor: Actor, lang: Language, *, now: datetime) -> bytes:
    _ = lang.text
    own = [
        _("1. Change what you want in the sheet “Rate cards”. New cards go into the empty rows below."),
        _("2. By sea, rail or road: the price per W/M, containers, or both. By weight: the last three."),
        _("3. Containers stand in one cell: 20GP 1850.00 21700 28; 40HC 3100.00 26500 68"),
        _("   (name, price, how many kg and m3 it holds), and so do prices by weight: 0 5.20; 45 4.30"),
        _("   What a sum per shipment or consignee is for is a part of it: leave it empty, or say how much."),
        _("4. A changed card counts for what is planned from then on. What is planned keeps its price."),
        _("5. A row that you delete changes nothing. Save the file, read it back: you see each change."),
    ]
    return sheets.workbook(
        table(session, actor, lang),
        instructions=instructions(_("Rate cards of {name}"), own, actor.organisation_name, now, lang),
    )


def as_csv(session: Session, actor: Actor, lang: Language) -> bytes:
    made = table(session, actor, lang)
    return sheets.comma_separated(Table(made.title, made.columns, [row for row in made.rows if row]))


def look(session: Session, actor: Actor, held: bytes, lang: Language, *, now: datetime) -> Look:
    """What a table would change. Faulty: every fault by its cell; nothing is changed."""
    del now
    found, faults = [], Faults()
    known = _own(session, actor)
    hubs = {hub.code: hub for hub in session.scalars(select(Hub))}
    codes = {hub.id: hub.code for hub in hubs.values()}
    titles = {column.key: column.title for column in columns(lang)}
    seen: dict[str, int] = {}
    same = 0
    for row in sheets.read(held, SHEET, columns(lang)):
        card = _meant(row, known, faults)
        said = _said(session, actor, row, hubs, lang, faults)
        code = row.values.get("code", "").upper()
        if code in seen:
            faults.at(row, "code", f"Row {seen[code]} is of the same card. Keep one of them.")
        seen.setdefault(code, row.number)
        if said is None:
            continue
        _kept(session, row, card, said, faults)
        after = _told(said, codes, lang)
        before = shown(card, codes, lang) if card else {}
        differences = [
            (titles[key], before.get(key, ""), value)
            for key, value in after.items()
            if value != before.get(key, "")
        ]
        if differences:
            found.append(Change(row.number, said.code, card is None, said, differences, card))
        else:
            same += 1
    faults.check()
    return Look(found, same)


def apply(session: Session, actor: Actor, held: bytes, lang: Language, *, now: datetime) -> Look:
    """Do what `look` showed; a refusal of one row is of all of them."""
    seen = look(session, actor, held, lang, now=now)
    for each in seen.changes:
        if each.row is None:
            rate_cards.add_service(session, actor, each.said, now=now)
        else:
            rate_cards.change_service(
                session, actor, each.row.id, each.said, version=each.row.version, now=now
            )
    return seen


def _own(session: Session, actor: Actor) -> dict[UUID, Service]:
    found = session.scalars(
        select(Service)
        .where(Service.organisation_id == actor.organisation_id)
        .order_by(Service.valid_until.desc(), Service.code)
    )
    return {card.id: card for card in found}


def shown(card: Service, codes: Mapping[UUID, str], lang: Language) -> dict[str, str]:
    """A card as its row says it."""
    typed = {name: "" if value is None else str(value) for name, value in service_fields(card).items()}
    said = {name: typed.get(name, "") for name in PLAIN}
    boxes = [[typed[f"box{n}_{part}"] for part in BOX] for n in range(MOST_STEPS) if f"box{n}_type" in typed]
    breaks = [
        [typed[f"break{n}_{part}"] for part in BREAK] for n in range(MOST_STEPS) if f"break{n}_kg" in typed
    ]
    parts = fixed_sums.fitted(fixed_sums.said_in(card.fixed), card.tariff)
    said |= {
        name: plain_amount(amount, card.currency) if (amount := getattr(parts, name)) else ""
        for name in fixed_sums.NAMES
    }
    return said | {
        "origin": codes[card.origin_id],
        "destination": codes[card.destination_id],
        "classes": ", ".join(class_name(each, lang) for each in card.classes),
        "containers": "; ".join(" ".join(each).replace(";", r"\;") for each in boxes),
        "breaks": "; ".join(" ".join(each) for each in breaks),
        "id": str(card.id),
        "version": str(card.version),
    }


def _told(said: ServiceSaid, codes: Mapping[UUID, str], lang: Language) -> dict[str, str]:
    """What a row says, in the words of `shown`, so that both can be compared."""
    card = Service(**{each.name: getattr(said, each.name) for each in fields(said)})
    card.id, card.version, card.fixed = UUID(int=0), 0, fixed_sums.stored(said.fixed or FixedSaid())
    told = shown(card, codes, lang)
    return {name: value for name, value in told.items() if name not in {"id", "version"}}


def _meant(row: Row, known: Mapping[UUID, Service], faults: Faults) -> Service | None:
    """The card that a row is of: by its hidden id, else by its code; None: a new one."""
    typed = row.values.get("id", "")
    if not typed:
        code = row.values.get("code", "").upper()
        return next((card for card in known.values() if card.code == code), None)
    try:
        card = known.get(UUID(typed))
    except ValueError:
        card = None
    if card is None:
        faults.at(row, "id", "This is no card of yours. Copy the row into an empty one instead.")
    elif row.values.get("version") != str(card.version):
        faults.at(
            row,
            "code",
            f"{card.code} was changed here after you downloaded the table. Download it again, and make your "
            "change in the new one.",
        )
    return card


def _said(
    session: Session, actor: Actor, row: Row, hubs: Mapping[str, Hub], lang: Language, faults: Faults
) -> ServiceSaid | None:
    said = read_row(row, hubs, lang, faults)
    if said is None:
        return None
    try:
        rate_cards.check_service(session, actor, said)
    except Faulty as refusal:
        for name, words in refusal.fields.items():
            faults.at(row, _column(name.removeprefix("/tariff/").split("/")[0]), words)
        return None
    return said


def read_row(row: Row, hubs: Mapping[str, Hub], lang: Language, faults: Faults) -> ServiceSaid | None:
    """What a row says; None where there is a fault, which is told. `hubs`: by code."""
    _ = lang.text
    form = Form({name: row.values.get(name, "") for name in (*PLAIN, *fixed_sums.NAMES)}, text=_)
    form.values["code"] = form.raw("code").upper()
    form.values["currency"] = form.raw("currency").upper()
    for name in ("per_shipment", "per_consignee"):
        form.values[name] = form.raw(name) or "0"
    form.put_list("classes", _classes(row, lang, faults))
    by_weight = bool(row.values.get("breaks"))
    form.values["by"] = BY_WEIGHT if by_weight else BY_CONTAINER
    for name in (
        ("per_wm", "minimum_wm", "containers") if by_weight else ("volumetric_divisor", "minimum_charge")
    ):
        if row.values.get(name):
            faults.at(row, name, _("A card is either by weight or by W/M and containers. Leave this empty."))
    _steps(row, "containers", "box", BOX, form, faults, _)
    _steps(row, "breaks", "break", BREAK, form, faults, _)
    if by_weight and not form.raw("minimum_charge"):
        form.values["minimum_charge"] = "0"
    for column, name in (("origin", "origin_id"), ("destination", "destination_id")):
        hub = hubs.get(row.values.get(column, "").upper())
        if hub is None:
            faults.at(row, column, _("Enter the UN/LOCODE of a hub, like NLRTM."))
        form.values[name] = str(hub.id) if hub else str(UUID(int=0))
    said = service_said(form, _)
    parts = {
        name: form.money(name, said.currency, most=LARGEST_AMOUNT) if said and form.raw(name) else 0
        for name in fixed_sums.NAMES
    }
    for name, words in form.errors.items():
        faults.at(row, _column(name), words)
    if said is None or row_has(faults, row):
        return None
    return replace(said, fixed=FixedSaid(**parts))


def row_has(faults: Faults, row: Row) -> bool:
    """Whether anything is wrong in a row so far."""
    start = row.place("code").rpartition("/")[0] + "/"
    return any(place.startswith(start) for place in faults.fields)


def _column(name: str) -> str:
    """The column in which a field of the card's form stands."""
    if name.startswith(("box", "containers")):
        return "containers"
    if name.startswith("break"):
        return "breaks"
    renamed = {"origin_id": "origin", "destination_id": "destination", "by": "mode", "tariff": "per_wm"}
    return renamed.get(name, "per_wm" if name == "less_than_container" else name)


def _classes(row: Row, lang: Language, faults: Faults) -> list[str]:
    """Kinds of cargo by their words or values, with commas between; empty: like most goods."""
    known = {class_name(each, lang).casefold(): str(each) for each in CargoClass}
    known |= {str(each): str(each) for each in CargoClass}
    typed = [each.strip().casefold() for each in row.values.get("classes", "").split(",") if each.strip()]
    if any(each not in known for each in typed):
        words = ", ".join(class_name(each, lang) for each in CargoClass)
        faults.at(row, "classes", lang.text("Choose from: {words}, with commas between.").format(words=words))
        return [CargoClass.AMBIENT]
    return list(dict.fromkeys(known[each] for each in typed)) or [CargoClass.AMBIENT]


def _steps(
    row: Row, column: str, kind: str, parts: tuple[str, ...], form: Form, faults: Faults, _: Words
) -> None:
    """One cell's several prices into the fields of the card's form."""
    typed = [
        each.replace(r"\;", ";").split()
        for each in BETWEEN_STEPS.split(row.values.get(column, ""))
        if each.strip()
    ]
    if len(typed) > MOST_STEPS:
        faults.at(row, column, _("Use at most {most} of them.").format(most=MOST_STEPS))
        return
    for number, words in enumerate(typed):
        if len(words) < len(parts):
            faults.at(
                row,
                column,
                _(
                    "Part {number} has {count} words; {wanted} are needed. Write a semicolon between parts."
                ).format(number=number + 1, count=len(words), wanted=len(parts)),
            )
            continue
        # A container's name may have spaces in it: the figures are the last words.
        head = len(words) - len(parts) + 1
        values: list[Any] = [" ".join(words[:head]), *words[head:]]
        for part, value in zip(parts, values, strict=True):
            form.values[f"{kind}{number}_{part}"] = value


def _kept(session: Session, row: Row, card: Service | None, said: ServiceSaid, faults: Faults) -> None:
    """A card keeps its code and lane; a new one has a code of its own."""
    if card is None:
        if session.scalars(select(Service.id).filter_by(code=said.code)).first() is not None:
            faults.at(row, "code", "Another service has this code. Choose a different one.")
        return
    for column, name in (("code", "code"), ("origin", "origin_id"), ("destination", "destination_id")):
        if getattr(said, name) != getattr(card, name):
            faults.at(
                row, column, "A card keeps its code and its lane. Enter a new one in an empty row instead."
            )
