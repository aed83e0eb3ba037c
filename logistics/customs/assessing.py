"""The duty of goods on a lane: general, by each preference, what is saved, and what proves it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from logistics.customs.codes import tidy
from logistics.customs.duties import Goods, read_duty
from logistics.customs.faults import CodeTooShort, CustomsFault, LineMissing
from logistics.customs.proofs import Proof, registered_exporter_wanted
from logistics.customs.tariff import (
    CURRENCY,
    MEMBERS,
    Caution,
    Destination,
    Line,
    Programme,
    Standing,
    Tariff,
    destination_of,
)

LATE_YEARS: Final = 2


@dataclass(frozen=True, slots=True)
class Preference:
    """One programme for these goods. `duty` and `saved` None: `fault` says why they are not known."""

    programme: Programme
    standing: Standing
    line: Line | None
    duty: int | None
    saved: int | None
    fault: CustomsFault | None
    proof: Proof
    registered_exporter: bool | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """`general` is the line of the general duty; `duty` None: `fault` says why it is not known."""

    destination: Destination
    currency: str
    code: str
    on: date
    general: Line | None
    duty: int | None
    fault: CustomsFault | None
    preferences: tuple[Preference, ...]
    cautions: tuple[Caution, ...]
    papers: tuple[str, ...]

    @property
    def best(self) -> Preference | None:
        """The preference in force that saves most; None: none is known to save anything."""
        saving = [each for each in self.preferences if each.saved]
        return max(saving, key=lambda each: each.saved or 0, default=None)


def assess(
    tariff: Tariff,
    *,
    hs_code: str,
    origin: str,
    to: str,
    goods: Goods,
    on: date,
    value_eur_cents: int | None = None,
) -> Assessment:
    """What customs of `to` (a country) ask for goods of `origin`; `goods.value` in that tariff's currency.

    UnreadableCode, UnknownDestination, CodeTooShort. What is not known otherwise is a fault in the answer,
    never a nought. Goods that move within a customs union have no duty, and this is not asked for them.
    """
    destination = destination_of(to)
    code = tidy(hs_code)
    general: Line | None = None
    duty: int | None = None
    fault: CustomsFault | None = None
    try:
        general = tariff.general(destination, hs_code, on)
        duty = read_duty(general.rate, CURRENCY[destination]).due(goods)
    except LineMissing as missing:
        fault = missing
    except CustomsFault as unknown:
        if general is None:
            raise
        fault = unknown
    preferences = tuple(
        _preference(tariff, each, code, goods, on, duty, value_eur_cents)
        for each in tariff.programmes_for(destination, origin)
    )
    cautions = tuple(
        each
        for each in tariff.cautions
        if each.destination == destination and each.origin in {"", origin} and each.holds(on)
    )
    return Assessment(
        destination,
        CURRENCY[destination],
        code,
        on,
        general,
        duty,
        fault,
        preferences,
        cautions,
        papers_for(destination, code, wants_proof=any(each.saved for each in preferences)),
    )


def highest_general(
    tariff: Tariff, *, hs_code: str, to: str, goods: Goods, on: date
) -> tuple[Line, int, int]:
    """The general duty that is due at most: (line, duty, of how many lines). A code that the tariff divides
    further bears that of its dearest line.

    UnreadableCode, UnknownDestination, LineMissing, and what makes a duty unknown: one line that cannot be
    computed leaves the highest unknown.
    """
    destination = destination_of(to)
    try:
        lines = [tariff.general(destination, hs_code, on)]
    except CodeTooShort:
        lines = tariff.choices(destination, hs_code, on)
    found = [(line, read_duty(line.rate, CURRENCY[destination]).due(goods)) for line in lines]
    line, duty = max(found, key=lambda each: (each[1], each[0].code))
    return line, duty, len(lines)


def _preference(
    tariff: Tariff,
    programme: Programme,
    code: str,
    goods: Goods,
    on: date,
    general: int | None,
    value_eur_cents: int | None,
) -> Preference:
    standing = Standing.IN_FORCE if programme.holds(on) else Standing.LAPSED
    proof = Proof(programme.proof)
    line = tariff.preference(programme, code, on)
    duty: int | None = None
    fault: CustomsFault | None = None
    if line is not None:
        try:
            duty = read_duty(line.rate, CURRENCY[programme.destination]).due(goods)
        except CustomsFault as unknown:
            fault = unknown
    in_force = standing == Standing.IN_FORCE
    saved = max(0, general - duty) if in_force and general is not None and duty is not None else None
    wanted = registered_exporter_wanted(proof, value_eur_cents)
    return Preference(programme, standing, line, duty, saved, fault, proof, wanted)


def papers_for(destination: Destination, code: str, *, wants_proof: bool) -> tuple[str, ...]:
    """The papers that a consignment needs there, in plain words; what is special to goods comes last."""
    papers = ["Commercial invoice", "Packing list", "Bill of lading or air waybill"]
    if wants_proof:
        papers.append("Proof of origin, for the preference")
    if destination in (Destination.EU, Destination.GB):
        papers.append("The importer's EORI number")
    else:
        papers.append("The importer's number at US customs; FDA prior notice for food")
    chapter = int(code[:2])
    if 6 <= chapter <= 14:
        papers.append("Plants and fruit: ask whether a phytosanitary certificate is wanted")
    if code.startswith("0409"):
        papers.append("Honey: ask for the health certificate and the list of approved countries")
    if chapter in (44, 46):
        papers.append("Wood and plaiting: ask about protected species (CITES) and packing wood (ISPM 15)")
    if destination == Destination.EU and code.startswith(("0901", "18", "44")):
        papers.append("Coffee, cocoa, wood: the due diligence reference of the EU deforestation regulation")
    return tuple(papers)


def within_union(origin: str, to: str) -> bool:
    """Whether goods move within one customs territory: no duty, no papers of this kind."""
    return origin == to or (origin in MEMBERS and to in MEMBERS)


def old(line: Line, on: date) -> bool:
    """Whether the figure was stated long before `on`, or no day is known for it."""
    stated = line.source.stated_on
    return stated is None or (on - stated).days > LATE_YEARS * 365
