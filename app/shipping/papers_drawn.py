"""The papers themselves, as data and as PDF. Every figure is of `papers_held`, so that they agree."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from app.language import Language, language
from app.papers import compile_paper
from app.shipping.papers_held import House, Item, Papers, Party
from logistics.customs import REX_LIMIT_CENTS, STATEMENTS, Proof, shown, tidy
from logistics.customs.faults import UnreadableCode

UNSTATED: Final = "not stated"


class Paper(StrEnum):
    INVOICE = "invoice"
    PACKING = "packing-list"
    ORIGIN = "origin"
    HOUSE_BILL = "house-bill"
    MASTER_BILL = "master-bill"
    CUSTOMS = "customs"


TITLES: Final[Mapping[Paper, str]] = {
    Paper.INVOICE: "Commercial invoice",
    Paper.PACKING: "Packing list",
    Paper.ORIGIN: "Statement of origin",
    Paper.HOUSE_BILL: "Instructions for the house bill of lading",
    Paper.MASTER_BILL: "Instructions for the master bill of lading",
    Paper.CUSTOMS: "Customs summary",
}


def data_of(papers: Papers, paper: Paper) -> list[dict[str, Any]]:
    """One document a house, or one for the master bill: heads, parties, facts, rows and totals.

    Totals: `value` in minor units of `currency`, `gross_g`, `net_g` and `packages` (None: not stated).
    """
    if paper == Paper.MASTER_BILL:
        return [_master(papers)] if papers.whole and papers.houses else []
    return [_DRAWN[paper](papers, house) for house in papers.houses]


def pdf_of(papers: Papers, paper: Paper) -> bytes:
    """The same bytes for the same facts. ValueError: there is nothing to draw."""
    pages = data_of(papers, paper)
    if not pages:
        raise ValueError(paper)
    booked = papers.journey.shipment.booked_at
    return compile_paper(
        "shipment",
        {
            "title": f"{TITLES[paper]}, {papers.journey.shipment.number}",
            "country": papers.houses[0].seller.country,
            "pages": pages,
        },
        at=booked,
    )


def _head(papers: Papers, paper: Paper, number: str) -> dict[str, Any]:
    lang = language("en")
    journey = papers.journey
    return {
        "paper": paper,
        "title": TITLES[paper],
        "number": number,
        "shipment": journey.shipment.number,
        "day": lang.day(journey.shipment.booked_at),
        "lane": f"{journey.origin.name} ({journey.origin.code}) to "
        f"{journey.destination.name} ({journey.destination.code})",
        "carriage": ", ".join(each for each in (journey.service.carrier, journey.sailing.vessel) if each)
        + f", departing {lang.day(journey.sailing.departs_on)}"
        f", arriving {lang.day(journey.sailing.arrives_on)}",
        "currency": papers.currency,
        "statement": "",
        "statement_source": "",
        "notes": [],
    }


def _totals(houses: tuple[House, ...]) -> dict[str, int | None]:
    """Of several houses; None where something is not stated."""

    def of(values: list[int | None]) -> int | None:
        known = [each for each in values if each is not None]
        return sum(known) if len(known) == len(values) else None

    return {
        "value": sum(each.value for each in houses),
        "gross_g": sum(each.gross_g for each in houses),
        "volume_cm3": sum(each.volume_cm3 for each in houses),
        "net_g": of([each.net_g for each in houses]),
        "packages": of([each.packages for each in houses]),
    }


def _parties(house: House, lang: Language) -> list[dict[str, Any]]:
    return [
        _party("Seller and exporter", house.seller, lang),
        _party("Buyer and importer", house.buyer, lang),
    ]


def _party(label: str, party: Party, lang: Language) -> dict[str, Any]:
    lines = party.address.splitlines() or [each for each in (party.place,) if each]
    numbers = [f"{name} {number}" for name, number in (("EORI", party.eori), ("REX", party.rex)) if number]
    return {
        "label": label,
        "name": party.name,
        "lines": [*lines, lang.country(party.country), *numbers],
        "stated": bool(party.address),
    }


def _code(item: Item) -> str:
    try:
        return shown(tidy(item.hs_code))
    except UnreadableCode:
        return UNSTATED


def _weight(grams: int | None, lang: Language) -> str:
    return UNSTATED if grams is None else lang.weight(grams)


def _count(number: int | None, lang: Language) -> str:
    return UNSTATED if number is None else lang.number(number)


def _invoice(papers: Papers, house: House) -> dict[str, Any]:
    lang = language("en")
    return _head(papers, Paper.INVOICE, f"{house.number}-I") | {
        "sentence": f"For order {house.order}. Ex works, in {papers.currency}. Origin of all goods: "
        f"{lang.country(house.seller.country)}.",
        "parties": _parties(house, lang),
        "columns": ["Goods", "HS code", "Quantity", "Price each", "Amount"],
        "rows": [
            [
                item.title,
                _code(item),
                f"{lang.number(item.quantity)} {item.unit}",
                lang.amount(item.unit_price, papers.currency),
                lang.amount(item.value, papers.currency),
            ]
            for item in house.items
        ],
        "sums": ["Total", "", "", papers.currency, lang.amount(house.value, papers.currency)],
        "totals": _totals((house,)),
        "notes": [
            f"Gross weight: {lang.weight(house.gross_g)}. Packages: {_count(house.packages, lang)}.",
            "Freight, insurance and duty are not part of this invoice.",
        ],
    }


def _packing(papers: Papers, house: House) -> dict[str, Any]:
    lang = language("en")
    return _head(papers, Paper.PACKING, f"{house.number}-P") | {
        "sentence": f"For order {house.order} and invoice {house.number}-I.",
        "parties": _parties(house, lang),
        "columns": ["Goods", "Marks", "Packages", "Quantity", "Net", "Gross", "Volume"],
        "rows": [
            [
                item.title,
                item.marks,
                _count(item.packages, lang),
                f"{lang.number(item.quantity)} {item.unit}",
                _weight(item.net_g, lang),
                lang.weight(item.gross_g),
                lang.volume(item.volume_cm3),
            ]
            for item in house.items
        ],
        "sums": [
            "Total",
            "",
            _count(house.packages, lang),
            "",
            _weight(house.net_g, lang),
            lang.weight(house.gross_g),
            lang.volume(house.volume_cm3),
        ],
        "totals": _totals((house,)),
    }


def _origin(papers: Papers, house: House) -> dict[str, Any]:
    lang = language("en")
    origin = lang.country(house.seller.country)
    proofs = {each.proof for each in house.items if each.saved and each.criterion}
    proof = next((Proof(each) for each in sorted(proofs) if Proof(each) in STATEMENTS), None)
    text, source = f"The seller declares that the goods named here are of {origin} origin.", ""
    notes = ["This declaration claims no preference."]
    named = sorted({each.programme for each in house.items if each.saved and each.proof == Proof.AGREEMENT})
    if named:
        notes.append(f"{', '.join(named)}: the agreement prescribes its own proof, which this is not.")
    allowed = (
        proof != Proof.REX
        or house.seller.rex
        or (house.value_eur_cents is not None and house.value_eur_cents <= REX_LIMIT_CENTS)
    )
    if proof is not None and allowed:
        wording = STATEMENTS[proof]
        number = (house.seller.rex if proof == Proof.REX else house.seller.eori) or "—"
        criteria = sorted({each.criterion for each in house.items if each.saved and each.criterion})
        text = wording.text.format(
            exporter=house.seller.name, number=number, origin=origin, criterion=", ".join(criteria)
        )
        source = f"{wording.source}. {wording.address}"
        notes = ["Goods without a criterion in the table are not covered by the statement."]
    elif proof is not None:
        notes = [
            "Above EUR 6,000 only a registered exporter may state preferential origin: there is no number."
        ]
    return _head(papers, Paper.ORIGIN, f"{house.number}-O") | {
        "sentence": f"For invoice {house.number}-I of {lang.day(papers.journey.shipment.booked_at)}.",
        "parties": _parties(house, lang),
        "columns": ["Goods", "HS code", "Origin", "Criterion", "Gross", "Amount"],
        "rows": [
            [
                item.title,
                _code(item),
                origin,
                item.criterion if item.saved else "",
                lang.weight(item.gross_g),
                lang.amount(item.value, papers.currency),
            ]
            for item in house.items
        ],
        "sums": [
            "Total",
            "",
            "",
            "",
            lang.weight(house.gross_g),
            f"{papers.currency} {lang.amount(house.value, papers.currency)}",
        ],
        "totals": _totals((house,)),
        "statement": text,
        "statement_source": source,
        "notes": [*notes, "Place, day, name and signature of the exporter: ______________________________"],
    }


def _house_bill(papers: Papers, house: House) -> dict[str, Any]:
    lang = language("en")
    journey = papers.journey
    return _head(papers, Paper.HOUSE_BILL, house.number) | {
        "sentence": "To the forwarder: please issue a house bill with these particulars.",
        "parties": [
            _party("Shipper", house.seller, lang),
            _party("Consignee", house.buyer, lang),
            {
                "label": "Notify",
                "name": journey.destination.name,
                "lines": [journey.destination.code, lang.country(journey.destination.country)],
                "stated": True,
            },
        ],
        "columns": ["Goods", "HS code", "Marks", "Packages", "Gross", "Volume"],
        "rows": [
            [
                item.title,
                _code(item),
                item.marks,
                _count(item.packages, lang),
                lang.weight(item.gross_g),
                lang.volume(item.volume_cm3),
            ]
            for item in house.items
        ],
        "sums": [
            "Total",
            "",
            "",
            _count(house.packages, lang),
            lang.weight(house.gross_g),
            lang.volume(house.volume_cm3),
        ],
        "totals": _totals((house,)),
        "notes": [f"Under the master bill of shipment {journey.shipment.number}."],
    }


def _master(papers: Papers) -> dict[str, Any]:
    lang = language("en")
    journey = papers.journey
    totals = _totals(papers.houses)
    ends = [
        {
            "label": label,
            "name": hub.name,
            "lines": [hub.code, lang.country(hub.country)],
            "stated": True,
        }
        for label, hub in (("Shipper", journey.origin), ("Consignee", journey.destination))
    ]
    return _head(papers, Paper.MASTER_BILL, f"{journey.shipment.number}-M") | {
        "sentence": "To the carrier: please issue one master bill for these house bills.",
        "parties": ends,
        "columns": ["House bill", "Shipper", "Consignee", "Packages", "Gross", "Volume"],
        "rows": [
            [
                house.number,
                house.seller.name,
                house.buyer.name,
                _count(house.packages, lang),
                lang.weight(house.gross_g),
                lang.volume(house.volume_cm3),
            ]
            for house in papers.houses
        ],
        "sums": [
            "Total",
            "",
            "",
            _count(totals["packages"], lang),
            _weight(totals["gross_g"], lang),
            lang.volume(totals["volume_cm3"] or 0),
        ],
        "totals": totals,
    }


def _customs(papers: Papers, house: House) -> dict[str, Any]:
    lang = language("en")

    def duty(minor: int | None) -> str:
        return "not known" if minor is None else lang.amount(minor, papers.duty_currency)

    faults = dict.fromkeys(f"{each.title}: {each.duty_fault}" for each in house.items if each.duty_fault)
    return _head(papers, Paper.CUSTOMS, f"{house.number}-C") | {
        "sentence": "What customs ask, on the day of arrival. Duty in "
        f"{papers.duty_currency or 'no known currency'}; VAT, fees and trade defence duties are not in it. "
        "Only customs decide.",
        "parties": _parties(house, lang),
        "columns": ["Goods", "HS code", "Gross", f"Value {papers.currency}", "Duty", "Saved by a preference"],
        "rows": [
            [
                item.title,
                _code(item),
                lang.weight(item.gross_g),
                lang.amount(item.value, papers.currency),
                duty(item.duty),
                f"{duty(item.saved)} ({item.programme}: {item.proof})" if item.saved else "",
            ]
            for item in house.items
        ],
        "sums": [
            "Total",
            "",
            lang.weight(house.gross_g),
            lang.amount(house.value, papers.currency),
            duty(house.duty),
            "",
        ],
        "totals": _totals((house,)) | {"duty": house.duty},
        "notes": list(faults),
    }


_DRAWN: Final[Mapping[Paper, Callable[[Papers, House], dict[str, Any]]]] = {
    Paper.INVOICE: _invoice,
    Paper.PACKING: _packing,
    Paper.ORIGIN: _origin,
    Paper.HOUSE_BILL: _house_bill,
    Paper.CUSTOMS: _customs,
}
