"""What proves that goods originate where a preference wants them to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REX_LIMIT_CENTS: Final = 600_000
"""EUR 6,000: up to this value of the originating goods in a consignment anybody may make out a statement
on origin; above it a registered exporter (Implementing Regulation (EU) 2015/2447, articles 92 and 93;
Access2Markets, page "REX system").
"""


class Proof(StrEnum):
    REX = "statement on origin"
    DCTS = "origin declaration or Form A"
    AGREEMENT = "proof of the agreement"
    IMPORTER = "importer's claim with the producer's papers"


@dataclass(frozen=True, slots=True)
class Statement:
    """A published legal wording. `{exporter}`, `{number}`, `{origin}` and `{criterion}` are filled in."""

    text: str
    source: str
    address: str


STATEMENTS: Final = {
    Proof.REX: Statement(
        "The exporter {exporter} (Number of Registered Exporter {number}) of the products covered by this "
        "document declares that, except where otherwise clearly indicated, these products are of {origin} "
        "preferential origin according to rules of origin of the Generalised System of Preferences of the "
        "European Union and that the origin criterion met is {criterion}.",
        "Commission Implementing Regulation (EU) 2015/2447, annex 22-07",
        "https://eur-lex.europa.eu/eli/reg_impl/2015/2447",
    ),
    Proof.DCTS: Statement(
        "The exporter of the products covered by this document (customs identification No {number}) declares "
        "that, except where otherwise clearly indicated, these products are of {origin} preferential origin "
        "in accordance with the rules of origin of the Developing Countries Trading Scheme of the UK and "
        "that the origin criterion met is {criterion}.",
        "HM Revenue & Customs, UK Trade Tariff: proof of origin, Developing Countries Trading Scheme",
        "https://github.com/trade-tariff/trade-tariff-backend/blob/main/lib/rules_of_origin/"
        "roo_schemes_uk/proofs/dcts-ldcs/origin-declaration.md",
    ),
}


def registered_exporter_wanted(proof: Proof, value_eur_cents: int | None) -> bool | None:
    """Whether only a registered exporter may make the statement; None: the value in euros is not known."""
    if proof != Proof.REX:
        return False
    return None if value_eur_cents is None else value_eur_cents > REX_LIMIT_CENTS
