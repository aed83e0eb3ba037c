"""Labels of parcels as a PDF, A6 each: for whom, what, a GS1-128 barcode with the SSCC, and a QR code."""

from collections.abc import Sequence
from io import BytesIO

import segno

from app.language import Language
from app.papers import compile_paper
from app.parcels import naming
from app.parcels.measured import Measured
from app.parcels.models import ParcelRow
from app.shipping.journeys import Journey
from logistics.epcis import code128
from logistics.epcis.elements import Element, element_string, printed

BARS_HIGH = 40


def pdf_of(
    found: Journey, parcels: Sequence[tuple[Measured, ParcelRow]], *, whole: int, address: str, lang: Language
) -> bytes:
    """`whole`: how many parcels the shipment has. The same bytes for the same labels."""
    _ = lang.text
    return compile_paper(
        "labels",
        {
            "title": _("Labels, shipment {number}").format(number=found.shipment.number),
            "lang": lang.code,
            "labels": [
                {
                    "to": f"{found.destination.name}, {found.destination.code}",
                    "from": f"{found.origin.name}, {found.origin.code}",
                    "for": each.consignee,
                    "order": each.order,
                    "goods": each.title,
                    "weight": lang.weight(each.weight_g),
                    "count": _("{number} of {whole}").format(number=each.number, whole=whole),
                    "shipment": found.shipment.number,
                    "qr": _qr(naming.link_of(row, found.shipment, address)),
                    **_bars(found, row),
                }
                for each, row in parcels
            ],
            "words": {
                "to": _("To"),
                "from": _("From"),
                "for": _("For"),
                "order": _("Order"),
                "goods": _("Goods"),
                "weight": _("Weight"),
                "parcel": _("Parcel"),
                "shipment": _("Shipment"),
                "barcode": _("Barcode of the parcel"),
                "qr": _("QR code of the parcel"),
            },
        },
        at=found.shipment.booked_at,
    )


def _bars(found: Journey, row: ParcelRow) -> dict[str, str]:
    digits = naming.sscc_of(row)
    if digits:
        elements = [Element("00", digits)]
        drawn = code128.draw(element_string(elements), gs1=True, height=BARS_HIGH)
        return {"bars": drawn, "under": printed(elements)}
    code = naming.code_of(row, found.shipment)
    return {"bars": code128.draw(code, height=BARS_HIGH), "under": code}


def _qr(link: str) -> str:
    out = BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", border=2, omitsize=True)
    return out.getvalue().decode()
