"""The demo's lots: scarves that arrived, and coffee with plots that lie in the sea at 0° north, 0° east."""

import json
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import files
from app.catalogue.models import Offer
from app.permissions import Actor
from app.plots import service as plots
from app.stories import lots
from app.stories.lots import LotSaid
from app.stories.models import Lot
from logistics.epcis.gs1 import check_digit

SCARF: Final = "Alpaca scarf"
COFFEE: Final = "Washed arabica, green, 5 kg"
GTIN: Final = "952000012345"
"""Of GS1's prefix for demonstrations; its check digit follows."""
CODE: Final = "L-DEM0001"
"""Of the scarves, so that their story can be pointed at."""
PLOTS: Final = 9


def play(session: Session, store: files.Store, knitters: Actor, coffee: Actor, *, now: datetime) -> None:
    scarf, beans = _offer(session, knitters, SCARF), _offer(session, coffee, COFFEE)
    lots.name_item(session, knitters, scarf.id, GTIN + check_digit(GTIN), now=now)
    scarves = session.scalars(select(Lot).filter_by(offer_id=scarf.id).order_by(Lot.id)).all()
    for number, lot in enumerate(scarves, 1):
        lot.code = f"{CODE[:-1]}{number}"
        made = lot.made_at.date()
        said = LotSaid(
            number=f"ALPACA-{made:%y%m}",
            quantity=lot.quantity,
            net_g=(lot.quantity or 1) * 240,
            produced_from=made - timedelta(days=40),
            produced_to=made - timedelta(days=6),
            shipment_id=lot.shipment_id,
        )
        lots.change(session, knitters, lot.id, said, now=now)
    grown = plots.add(session, store, coffee, BytesIO(demo_plots()), "Demo plots in the sea", now=now)
    harvest = date(now.year - 1, 10, 1)
    lots.add(
        session,
        coffee,
        beans.id,
        LotSaid(
            number=f"HARVEST-{harvest.year}",
            quantity=44,
            net_g=220_000,
            produced_from=harvest,
            produced_to=harvest + timedelta(days=75),
            scientific_name="Coffea arabica",
            plot_file_id=grown.id,
        ),
        now=now,
    )


def demo_plots(count: int = PLOTS, country: str = "KE") -> bytes:
    """A GeoJSON file of plots at 0° north, 0° east, where no land is: outlines, and a few points."""
    features = [
        {
            "type": "Feature",
            "properties": {"ProducerName": f"Demo grower {number + 1}", "ProducerCountry": country}
            | ({"Area": 1.5} if number % 3 == 2 else {}),
            "geometry": _geometry(number),
        }
        for number in range(count)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, indent=1)
    return text.replace('"<', "").replace('>"', "").encode()


def _geometry(number: int) -> dict[str, object]:
    """Numbers stand between marks that are taken off, so that they keep their six decimals."""
    west, south = 0.01 + number % 100 * 0.004, 0.01 + number // 100 * 0.004 + number % 7 * 0.0006

    def at(x: float, y: float) -> list[str]:
        return [f"<{west + x:.6f}>", f"<{south + y:.6f}>"]

    if number % 3 == 2:
        return {"type": "Point", "coordinates": at(0.001, 0.001)}
    ring = [at(0, 0), at(0.0021, 0.0003), at(0.0024, 0.0016), at(0.0008, 0.0021), at(0, 0)]
    return {"type": "Polygon", "coordinates": [ring]}


def _offer(session: Session, actor: Actor, title: str) -> Offer:
    return session.scalars(select(Offer).filter_by(organisation_id=actor.organisation_id, title=title)).one()
