"""What a due diligence statement needs of a lot: for its maker, and for who bought of it."""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import files
from app.errors import Missing, Refusal
from app.organisations.models import Organisation
from app.permissions import Actor
from app.plots import service as plots
from app.plots.models import PlotFile
from app.shipping.models import ShipmentLine
from app.shipping.models_customs import CustomsIdentity
from app.stories.models import Lot
from app.trade.models import Order, OrderLine
from logistics.due_diligence import Lot as Statement
from logistics.due_diligence import package
from logistics.form import InvalidInput
from logistics.plots import check_plots

READ_ME: Final = """This package has what article 9 and annex II of Regulation (EU) 2023/1115 ask of goods and
plots. It is no due diligence statement: who places the goods on the market of the European Union assesses the
risk, and submits the statement in the Union's information system.

package.json   goods, supplier, operator, plots with their area, and the plots themselves
plots.geojson  the plots alone, every coordinate as its grower wrote it; to be uploaded with the statement
"""


@dataclass(frozen=True, slots=True)
class Wanting:
    """A thing that is still to be said, and by whom: "maker" or "buyer"."""

    who: str
    what: str


def seen_lot(session: Session, actor: Actor, lot_id: UUID) -> Lot:
    """Missing: the actor neither made this lot nor bought of it."""
    lot = session.get(Lot, lot_id)
    if lot is None:
        raise Missing
    bought = (
        select(OrderLine.id)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            ShipmentLine.shipment_id == lot.shipment_id,
            OrderLine.offer_id == lot.offer_id,
            Order.organisation_id == actor.organisation_id,
        )
    )
    if lot.organisation_id != actor.organisation_id and not session.scalar(select(exists(bought))):
        raise Missing
    return lot


def wanting(session: Session, actor: Actor, lot: Lot) -> Sequence[Wanting]:
    """What a package still lacks, in the order in which it is asked."""
    found = []
    if lot.plot_file_id is None:
        found.append(Wanting("maker", "plots"))
    if lot.produced_from is None:
        found.append(Wanting("maker", "production"))
    if net_mass(session, actor, lot) is None:
        found.append(Wanting("maker", "net"))
    if lot.organisation_id != actor.organisation_id and not _address(session, actor.organisation_id):
        found.append(Wanting("buyer", "address"))
    return found


def net_mass(session: Session, actor: Actor, lot: Lot) -> int | None:
    """Grams without packing: for the maker of the whole lot, for a buyer of its part, in proportion."""
    if lot.net_g is None or lot.organisation_id == actor.organisation_id:
        return lot.net_g
    bought = _bought(session, actor, lot)
    return lot.net_g * bought // lot.quantity if lot.quantity and bought <= lot.quantity else None


def made(
    session: Session, store: files.Store, actor: Actor, lot_id: UUID, *, now: datetime
) -> tuple[Lot, str]:
    """The package as JSON. Missing: not theirs. Refusal: something is wanting, or plots and lot disagree."""
    lot = seen_lot(session, actor, lot_id)
    if wanting(session, actor, lot):
        raise Refusal(
            "Something is still to be said before the package is complete. The lot's page names it.",
            code="package-incomplete",
            title="Not complete yet",
        )
    assert lot.plot_file_id is not None
    assert lot.produced_from is not None
    assert lot.produced_to is not None
    maker = session.get_one(Organisation, lot.organisation_id)
    net = net_mass(session, actor, lot)
    assert net is not None
    buyer = (
        None if maker.id == actor.organisation_id else session.get_one(Organisation, actor.organisation_id)
    )
    known = session.get(CustomsIdentity, buyer.id) if buyer else None
    content = plots.content(store, session.get_one(PlotFile, lot.plot_file_id))
    try:
        text = package(
            Statement(
                reference=lot.code,
                operator=buyer.name if buyer else None,
                operator_address=known.address if known else None,
                operator_eori=(known.eori or None) if known else None,
                hs_code=lot.hs_code,
                description=lot.title,
                scientific_name=lot.scientific_name or None,
                net_mass_g=net,
                country=maker.country,
                produced_from=lot.produced_from,
                produced_to=lot.produced_to,
                supplier=maker.name,
                supplier_address=_address(session, maker.id) or maker.place or None,
                supplier_email=maker.contact_email or None,
            ),
            check_plots(content),
            made_on=now.date(),
        )
    except InvalidInput as fault:
        raise Refusal(
            f"The plots do not fit this lot ({fault.pointer}): {fault.reason}.",
            code="plots-do-not-fit",
            title="Plots and lot disagree",
        ) from fault
    return lot, text


def as_zip(text: str) -> bytes:
    """The package with its plots as a file of their own; the same bytes each time."""
    begin = text.index('"geojson":{') + len('"geojson":')
    parts = (("README.txt", READ_ME), ("package.json", text), ("plots.geojson", text[begin:-1]))
    json.loads(parts[-1][1])
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in parts:
            bundle.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _address(session: Session, organisation_id: UUID) -> str:
    known = session.get(CustomsIdentity, organisation_id)
    return known.address if known else ""


def _bought(session: Session, actor: Actor, lot: Lot) -> int:
    return sum(
        session.scalars(
            select(OrderLine.quantity)
            .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(
                ShipmentLine.shipment_id == lot.shipment_id,
                OrderLine.offer_id == lot.offer_id,
                Order.organisation_id == actor.organisation_id,
            )
        )
    )
