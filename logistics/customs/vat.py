"""Standard rates of the tax on the value of imports, each with its source."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Final

from logistics.customs.faults import CustomsFault, TableFault
from logistics.customs.tariff import Source

COLUMNS: Final = ("country", "rate", "source", "address", "stated_on", "read_on")
WITHOUT: Final = frozenset({"US"})
"""Countries that levy no such tax on imports."""


class VatMissing(CustomsFault):
    code = "vat-missing"
    template = "The rate of import VAT in {country} is not known here. It may well be due."


@dataclass(frozen=True, slots=True)
class Vat:
    """`rate`: a share of value, duty and freight; reduced rates of food, books and the like are not held."""

    country: str
    rate: Fraction
    source: Source

    def due(self, value: int) -> int:
        """Minor units, half up."""
        return int((2 * self.rate * value + 1) // 2)


def read_vat(text: str) -> dict[str, Vat]:
    """By country, of CSV text with `COLUMNS`. TableFault."""
    found: dict[str, Vat] = {}
    rows = csv.DictReader(io.StringIO(text), strict=True)
    for row in rows:
        fault = "each country once, below the heads " + ",".join(COLUMNS)
        if tuple(row) == COLUMNS and row["country"] not in found:
            try:
                made = _vat(row)
            except (ValueError, InvalidOperation):
                fault = "write the rate in percent, and days as 2026-01-22"
            else:
                found[made.country] = made
                continue
        raise TableFault(name="vat.csv", row=rows.line_num, column="all", fault=fault)
    return found


def _vat(row: Mapping[str, str]) -> Vat:
    stated = date.fromisoformat(row["stated_on"]) if row["stated_on"] else None
    source = Source(row["source"], row["address"], stated, date.fromisoformat(row["read_on"]))
    return Vat(row["country"], Fraction(Decimal(row["rate"])) / 100, source)


@cache
def _cited() -> dict[str, Vat]:
    folder = files("logistics.customs") / "figures"
    return read_vat((folder / "vat.csv").read_text(encoding="utf-8"))


def import_vat(country: str) -> Vat | None:
    """The standard rate of a country; None: it levies none. VatMissing: it is not known here."""
    if country in WITHOUT:
        return None
    try:
        return _cited()[country]
    except KeyError:
        raise VatMissing(country=country) from None
