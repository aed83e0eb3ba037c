"""The demonstration's names at customs, and how the goods of a shipment are packed. All of it is made up."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.organisations.models import Kind, Organisation
from app.permissions import Actor
from app.shipping import customs, packing
from app.shipping.tariff_files import read_file
from logistics.customs import Destination

TARIFF: Final = """hs_code,programme,rate,description,from_on,until_on
442090,,4%,"Wood marquetry and caskets",,
442090,eu-vietnam,0%,"Wood marquetry and caskets",,
442019,,3%,"Carvings of wood",,
442019,eu-vietnam,0%,"Carvings of wood",,
460212,,3.7%,"Baskets of rattan",,
460212,eu-vietnam,0%,"Baskets of rattan",,
460219,,3.7%,"Baskets of other plants",,
460219,eu-vietnam,0%,"Baskets of other plants",,
460219,eu-kenya,0%,"Baskets of other plants",,
691200,,5%,"Tableware of stoneware",,
691200,eu-vietnam,0%,"Tableware of stoneware",,
621410,,8%,"Shawls and throws of silk",,
621410,eu-vietnam,0%,"Shawls and throws of silk",,
611710,,12%,"Shawls and scarves, knitted",,
611710,eu-andean,0%,"Shawls and scarves, knitted",,
630120,,10%,"Blankets of wool or fine hair",,
630120,eu-andean,0%,"Blankets of wool or fine hair",,
090111,,0%,"Coffee, green",,
090121,,7.5%,"Coffee, roasted",,
090121,eu-kenya,0%,"Coffee, roasted",,
"""
TARIFF_SOURCE: Final = "Demo tariff of the EU, figures made up"
GRAMS_A_BOX = 12_000
BOX_MM = (600, 400, 400)
TARE_PERCENT = 8


def name_all(session: Session, actors: Iterable[Actor], *, now: datetime) -> None:
    """Each actor's organisation gets an address, and a buyer in the EU an EORI number. Nobody is a registered
    exporter, so that the list of what is missing has something in it.
    """
    for number, actor in enumerate(actors, start=1):
        own = session.get_one(Organisation, actor.organisation_id)
        buys = own.kind == Kind.BUYER
        packing.name_at_customs(
            session,
            actor,
            address=f"{number} Demo Street\n{own.place}",
            eori=f"{own.country}{number:09d}" if buys else "",
            rex="",
            now=now,
        )


def tariff(session: Session, *, now: datetime) -> None:
    """A tariff file for the demonstration's goods into the EU. Its figures are made up, and say so."""
    customs.keep_file(
        session,
        read_file(TARIFF.splitlines(), Destination.EU),
        Destination.EU,
        source=TARIFF_SOURCE,
        sha256=hashlib.sha256(TARIFF.encode()).hexdigest(),
        valid_from=(now - timedelta(days=365)).date(),
        now=now - timedelta(days=200),
    )


def fixed(tariff: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """What the fixed sums of a demonstration card are for: made-up parts of them."""
    shipment, consignee = tariff["per_shipment"], tariff["per_consignee"]
    return {
        "per_shipment": {"inland": shipment // 3, "insurance": shipment // 9},
        "per_consignee": {"handling": consignee // 5, "last_mile": consignee * 3 // 10},
    }


def pack_all(session: Session, keeper: Actor, shipment_id: UUID, *, now: datetime) -> None:
    """The hub weighs and counts what came in."""
    for line in packing.packable(session, keeper, shipment_id):
        gross = line.weight_g
        packing.pack(
            session,
            keeper,
            shipment_id,
            line.id,
            packing.PackingSaid(
                packages=-(-gross // GRAMS_A_BOX),
                net_g=gross * (100 - TARE_PERCENT) // 100,
                gross_g=gross,
                marks=f"DEMO {line.id.hex[-4:].upper()}",
                criterion="P",
                measures=BOX_MM,
            ),
            now=now,
        )
