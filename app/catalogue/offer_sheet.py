"""All offers of a maker as one table: out, changed without a connection, and back, all of it or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import sheets
from app.catalogue import service
from app.catalogue.models import CargoClass, Offer, OfferState
from app.catalogue.service import OfferSaid
from app.catalogue.typed import FIELD_OF, Words, offer_fields, offer_said
from app.errors import Faulty
from app.forms import Form
from app.language import Language
from app.permissions import Actor
from app.sheets import Column, Faults, Row, Table

SHEET: Final = "Offers"
EMPTY_ROWS: Final = 100
COLUMN_OF: Final = FIELD_OF | {"length": "litres", "width": "litres", "height": "litres"}


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the table. `before` None: new goods. `differences`: (column, now, in the table)."""

    row: int
    offer_id: UUID | None
    title: str
    said: OfferSaid
    state: OfferState
    version: int
    differences: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Look:
    """What a table would do. `same`: rows that say what is known."""

    changes: Sequence[Change]
    same: int

    @property
    def new(self) -> Sequence[Change]:
        return [each for each in self.changes if each.offer_id is None]

    @property
    def changed(self) -> Sequence[Change]:
        return [each for each in self.changes if each.offer_id is not None]


def columns(lang: Language, currency: str) -> list[Column]:
    _ = lang.text
    classes = {
        CargoClass.AMBIENT: _("like most goods"),
        CargoClass.COOL: _("cool"),
        CargoClass.DANGEROUS: _("as dangerous goods"),
    }
    states = {OfferState.LISTED: _("listed"), OfferState.WITHDRAWN: _("withdrawn")}
    return [
        Column("reference", _("Your code"), 14, fill=True),
        Column("title", _("What is it?"), 32, fill=True),
        Column("variant", _("Size, colour or kind"), 18, fill=True),
        Column("unit", _("One of it is called"), 16, fill=True),
        Column("price", _("Price ex works, each ({currency})").format(currency=currency), 16, fill=True),
        Column("weight", _("Weight packed (kg)"), 14, fill=True),
        Column("litres", _("Volume packed (litres)"), 14, fill=True),
        Column("hs_code", _("HS code"), 12, fill=True),
        Column("cargo_class", _("How it travels"), 18, {str(k): v for k, v in classes.items()}, fill=True),
        Column("lead_days", _("Days until ready"), 12, fill=True),
        Column("stock", _("In stock"), 10, fill=True),
        Column("least_quantity", _("Least quantity"), 12, fill=True),
        Column("case_size", _("Case size"), 10, fill=True),
        Column("state", _("In the catalogue"), 16, {str(k): v for k, v in states.items()}, fill=True),
        Column("story", _("Its story"), 60, fill=True),
        Column("picture", _("Picture"), 20, fill=True),
        Column("id", "id", 10, hidden=True),
        Column("version", "version", 10, hidden=True),
    ]


def table(session: Session, actor: Actor, lang: Language) -> Table:
    currency = service.currency_of(session, actor)
    rows: list[Mapping[str, str]] = [_shown(offer) for offer in _own(session, actor).values()]
    return Table(SHEET, columns(lang, currency), [*rows, *({} for _ in range(EMPTY_ROWS))])


def as_workbook(session: Session, actor: Actor, lang: Language, *, now: datetime) -> bytes:
    _ = lang.text
    return sheets.workbook(
        table(session, actor, lang),
        instructions=[
            _("Offers of {name}").format(name=actor.organisation_name),
            _("Downloaded on {day}.").format(day=lang.day(now.date())),
            "",
            _("1. Change what you want in the sheet “Offers”. New goods go into the empty rows below."),
            _("2. Weight and volume are of one unit, packed. The HS code has 6 to 10 figures."),
            _("3. Leave “In stock” empty for what you make to order."),
            _("4. Choose “withdrawn” for what you offer no more. A row that you delete changes nothing."),
            _("5. Save the file and read it back. You see every change first."),
            "",
            _("Write text and numbers, not formulas. Leave the hidden columns."),
        ],
    )


def as_csv(session: Session, actor: Actor, lang: Language) -> bytes:
    made = table(session, actor, lang)
    filled = [row for row in made.rows if row]
    return sheets.comma_separated(Table(made.title, made.columns, filled))


def look(session: Session, actor: Actor, held: bytes, lang: Language) -> Look:
    """What a table would change. Faulty: every fault by its cell; nothing is changed."""
    currency = service.currency_of(session, actor)
    wanted = columns(lang, currency)
    rows, faults = sheets.read(held, SHEET, wanted), Faults()
    known = _own(session, actor)
    titles = {column.key: column.title for column in wanted}
    changes: list[Change] = []
    seen: dict[tuple[str, str], int] = {}
    same = 0
    for row in rows:
        offer = _meant(row, known, faults)
        said = _said(row, currency, lang.text, faults)
        _each_once(row, offer, seen, faults)
        if said is None:
            continue
        if offer is not None and offer.currency == currency:
            _ruled(faults, row, partial(service.check_floor, offer, said.price))
        state = OfferState(row.values.get("state") or OfferState.LISTED)
        after = _told(said, state, currency)
        before = _shown(offer) if offer else {}
        differences = [
            (titles[key], before.get(key, ""), value)
            for key, value in after.items()
            if value != before.get(key, "")
        ]
        if not differences:
            same += 1
            continue
        changes.append(
            Change(
                row.number,
                offer.id if offer else None,
                said.title,
                said,
                state,
                offer.version if offer else 0,
                differences,
            )
        )
    faults.check()
    return Look(changes, same)


def apply(session: Session, actor: Actor, held: bytes, lang: Language, *, now: datetime) -> Look:
    """Do what `look` showed; a refusal of one row is of all of them."""
    seen = look(session, actor, held, lang)
    for each in seen.changes:
        if each.offer_id is None:
            offer = service.add_offer(session, actor, each.said, now=now)
        else:
            if each.state == OfferState.WITHDRAWN:
                service.withdraw_offer(session, actor, each.offer_id, now=now)
            offer = service.own_offer(session, actor, each.offer_id, lock=True)
            offer = service.change_offer(
                session, actor, each.offer_id, each.said, version=offer.version, now=now
            )
        if each.state == OfferState.LISTED and offer.state != OfferState.LISTED:
            service.list_offer(session, actor, offer.id, now=now)
        elif each.state == OfferState.WITHDRAWN and offer.state == OfferState.LISTED:
            service.withdraw_offer(session, actor, offer.id, now=now)
    return seen


def _own(session: Session, actor: Actor) -> dict[UUID, Offer]:
    found = session.scalars(
        select(Offer)
        .where(Offer.organisation_id == actor.organisation_id)
        .order_by(Offer.state, Offer.title, Offer.variant, Offer.id)
    )
    return {offer.id: offer for offer in found}


def _shown(offer: Offer) -> dict[str, str]:
    """An offer as its row says it."""
    shown = {name: "" if value is None else str(value) for name, value in offer_fields(offer).items()}
    return {key: sheets.clean(value) for key, value in shown.items()} | {
        "state": str(offer.state),
        "id": str(offer.id),
    }


def _told(said: OfferSaid, state: OfferState, currency: str) -> dict[str, str]:
    """What a row says, in the words of `_shown`, so that both can be compared."""
    offer = Offer(**{each.name: getattr(said, each.name) for each in fields(said)}, currency=currency)
    offer.state, offer.version, offer.id = state, 0, UUID(int=0)
    told = _shown(offer)
    for name in ("id", "version"):
        told.pop(name)
    return told


def _meant(row: Row, known: Mapping[UUID, Offer], faults: Faults) -> Offer | None:
    """The offer that a row is of: by its hidden id, else by the maker's own code; None: new goods."""
    if typed := row.values.get("id", ""):
        try:
            offer = known.get(UUID(typed))
        except ValueError:
            offer = None
        if offer is None:
            faults.at(row, "id", "This is no offer of yours. Copy the row into an empty one instead.")
        elif row.values.get("version") != str(offer.version):
            faults.at(
                row,
                "title",
                f"{offer.title} was changed here after you downloaded the table. Download it again, and "
                "make your change in the new one.",
            )
        return offer
    code = row.values.get("reference", "")
    return next((offer for offer in known.values() if code and offer.reference == code), None)


def _said(row: Row, currency: str, _: Words, faults: Faults) -> OfferSaid | None:
    values: dict[str, Any] = dict(row.values)
    values.setdefault("cargo_class", CargoClass.AMBIENT)
    values["cargo_class"] = values["cargo_class"] or str(CargoClass.AMBIENT)
    form = Form(values, text=_)
    said = offer_said(form, currency, _)
    for name, words in form.errors.items():
        faults.at(row, COLUMN_OF.get(name, name), words)
    if form.errors:
        return None
    return said if _ruled(faults, row, partial(service.check_offer, said)) else None


def _ruled(faults: Faults, row: Row, rule: Callable[[], None]) -> bool:
    """Whether a rule of the service takes the row; its faults are told at their cells."""
    try:
        rule()
    except Faulty as refusal:
        for name, words in refusal.fields.items():
            faults.at(row, COLUMN_OF.get(name, name), words)
        return False
    return True


def _each_once(row: Row, offer: Offer | None, seen: dict[tuple[str, str], int], faults: Faults) -> None:
    keys = [("reference", row.values.get("reference", ""))]
    keys.append(("id", str(offer.id) if offer else ""))
    for key, value in keys:
        if not value:
            continue
        if (key, value) in seen:
            faults.at(
                row,
                "reference" if key == "reference" else "title",
                f"Row {seen[key, value]} is of the same goods. Keep one of them.",
            )
        seen.setdefault((key, value), row.number)
