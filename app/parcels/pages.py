"""Pages of a shipment's parcels: their labels, and where they are scanned; `loading_pages` has the loads."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from app.errors import Faulty
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.parcels import labels, loading_pages, naming, scanning
from app.parcels.measured import parcels_of
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import listing
from app.shipping.models import MilestoneKind
from app.shipping.road import ROAD
from app.shipping.words import milestone_name
from app.transaction import Db, Now

router = page_router()
router.include_router(loading_pages.router)

FormData = Annotated[Form, Depends(Form.read)]
Packer = Annotated[Actor, Depends(Needs("shipment.pack"))]
Scanner = Annotated[Actor, Depends(Needs("milestone.set"))]


@router.get("/shipments/{shipment_id}/parcels")
def parcels(request: Request, shipment_id: UUID, actor: Packer, db: Db) -> Response:
    lang = language_of(request)
    found, theirs = naming.own_parcels(db, actor, shipment_id)
    rows = naming.names_of(db, shipment_id)
    seen = naming.seen_at(db, [each.id for each in rows.values()])
    return page(
        request,
        "parcels/parcels.html",
        journey=found,
        rows=[
            [
                each.name,
                {"text": each.title, "sub": each.order},
                each.consignee,
                {
                    "text": " × ".join(lang.number(side // 10) for side in each.sides),
                    "sub": lang.weight(each.weight_g),
                },
                _name(naming.sscc_of(row), naming.code_of(row, found.shipment)) if row else "",
                _steps(seen[row.id], lang) if row else "",
            ]
            for each in theirs
            for row in (rows.get((each.line_id, each.position)),)
        ],
        unnamed=sum((each.line_id, each.position) not in rows for each in theirs),
        estimated=sum(each.estimated for each in theirs),
        reports=listing.reports_on(actor, found),
    )


@router.post("/shipments/{shipment_id}/parcels")
def name(shipment_id: UUID, actor: Packer, db: Db, now: Now) -> Response:
    naming.name_parcels(db, actor, shipment_id, now=now)
    return go(f"/shipments/{shipment_id}/parcels", "labels-made")


@router.get("/shipments/{shipment_id}/labels.pdf")
def labels_pdf(request: Request, shipment_id: UUID, actor: Packer, db: Db) -> Response:
    found, theirs = naming.own_parcels(db, actor, shipment_id)
    rows = naming.names_of(db, shipment_id)
    named = [
        (each, rows[each.line_id, each.position]) for each in theirs if (each.line_id, each.position) in rows
    ]
    if not named:
        return go(f"/shipments/{shipment_id}/parcels")
    made = labels.pdf_of(
        found,
        named,
        whole=len(parcels_of(db, shipment_id)),
        address=request.app.state.settings.address,
        lang=language_of(request),
    )
    filename = f"{found.shipment.number}-labels.pdf"
    return Response(
        made, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{filename}"'}
    )


@router.get("/scan")
def scan_page(
    request: Request,
    actor: Scanner,
    db: Db,
    code: Annotated[str, Query(max_length=200)] = "",
    shipment: UUID | None = None,
    parcel: UUID | None = None,
) -> Response:
    """The field, and what the last label was; a link on a label brings its code with it."""
    seen = scanning.look(db, actor, shipment, parcel) if shipment else None
    return _scan(request, Form.empty(code=code), seen)


@router.post("/scan")
def scan(request: Request, form: FormData, actor: Scanner, db: Db, now: Now) -> Response:
    try:
        seen = scanning.scan(db, actor, form.raw("code"), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _scan(request, form, None, status=422)
    at = f"/scan?shipment={seen.journey.shipment.id}"
    return go(f"{at}&parcel={seen.parcel.id}" if seen.parcel else at)


@router.get("/00/{sscc}")
def digital_link(sscc: str, _actor: Scanner) -> Response:
    """Where the QR code of a label leads: to the field, with its number in it."""
    return go(f"/scan?code=(00){sscc}" if sscc.isdigit() and sscc.isascii() else "/scan")


def _scan(request: Request, form: Form, seen: scanning.Seen | None, *, status: int = 200) -> Response:
    lang = language_of(request)
    return page(
        request,
        "parcels/scan.html",
        status=status,
        form=form,
        seen=seen,
        step=milestone_name(seen.step, lang) if seen and seen.step else "",
        missing=", ".join(f"P{each:03d}" for each in seen.missing[:40]) if seen else "",
        more=max(len(seen.missing) - 40, 0) if seen else 0,
        today=request.state.now.date().isoformat(),
    )


def _name(digits: str | None, code: str) -> dict[str, Any]:
    return {"text": f"(00) {digits}" if digits else code}


def _steps(kinds: set[str], lang: Language) -> str:
    return ", ".join(milestone_name(each, lang) for each in sorted(kinds, key=_order))


def _order(kind: str) -> int:
    return ROAD.index(MilestoneKind(kind))
