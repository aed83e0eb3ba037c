"""Pages of a shipment's papers, of packing, and of an organisation's names at customs."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.organisations.models import Organisation
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import packing, papers_drawn, papers_held
from app.shipping.models_customs import Packing
from app.shipping.papers_drawn import Paper
from app.trade.models import Order, OrderLine
from app.transaction import Db, Now

router = page_router()
FormData = Annotated[Form, Depends(Form.read)]
Concerned = Annotated[Actor, Depends(Needs("shipment.read-own"))]
Packer = Annotated[Actor, Depends(Needs("shipment.pack"))]
Member = Annotated[Actor, Depends(Needs("organisation.describe"))]
PDF: Final = "application/pdf"
SIDES: Final = ("length", "width", "height")


@router.get("/shipments/{shipment_id}/papers")
def papers(request: Request, shipment_id: UUID, db: Db, now: Now, actor: Concerned) -> Response:
    lang = language_of(request)
    held = papers_held.papers_of(db, actor, shipment_id, today=now.date())
    drawn = [each for each in Paper if papers_drawn.data_of(held, each)]
    return page(
        request,
        "shipping/papers.html",
        journey=held.journey,
        papers=[(each, lang.text(papers_drawn.TITLES[each])) for each in drawn],
        houses=held.houses,
        currency=held.currency,
        gaps=papers_held.gaps(held),
        packs=_packs(db, actor, shipment_id),
    )


@router.get("/shipments/{shipment_id}/papers/{paper}.pdf")
def paper_pdf(shipment_id: UUID, paper: str, db: Db, now: Now, actor: Concerned) -> Response:
    held = papers_held.papers_of(db, actor, shipment_id, today=now.date())
    try:
        wanted = Paper(paper)
        made = papers_drawn.pdf_of(held, wanted)
    except ValueError:
        raise Missing from None
    name = f"{held.journey.shipment.number}-{wanted}.pdf"
    return Response(made, media_type=PDF, headers={"Content-Disposition": f'inline; filename="{name}"'})


@router.get("/shipments/{shipment_id}/packing")
def packing_page(request: Request, shipment_id: UUID, db: Db, actor: Packer) -> Response:
    return _packing(request, db, actor, shipment_id, Form.empty())


@router.post("/shipments/{shipment_id}/packing/{order_line_id}")
def pack(
    request: Request,
    shipment_id: UUID,
    order_line_id: UUID,
    *,
    form: FormData,
    db: Db,
    now: Now,
    actor: Packer,
) -> Response:
    _ = language_of(request).text
    packages = form.integer("packages", _("Enter how many packages."), least=1, most=packing.MOST_PACKAGES)
    net = form.measure(
        "net", _("Enter the weight without packing."), to_base=1000, unit="kg", most=packing.MOST_GRAMS
    )
    gross = form.measure(
        "gross", _("Enter the weight with packing."), to_base=1000, unit="kg", most=packing.MOST_GRAMS
    )
    marks = form.text("marks", most=packing.LONGEST_MARKS)
    criterion = form.text("criterion", most=10).upper()
    sides = [form.measure(name, "", to_base=10, unit="cm", most=packing.MOST_MM) for name in SIDES]
    measures = (sides[0], sides[1], sides[2]) if any(form.raw(name) for name in SIDES) else None
    try:
        form.check()
        said = packing.PackingSaid(
            packages,
            net,
            gross,
            marks,
            criterion,
            measures,
            turnable=form.ticked("turnable"),
            stackable=not form.ticked("fragile"),
        )
        packing.pack(db, actor, shipment_id, order_line_id, said, now=now)
    except Missing:
        raise
    except Faulty as refusal:
        form.take(refusal)
        return _packing(request, db, actor, shipment_id, form, faulty=order_line_id, status=422)
    return go(f"/shipments/{shipment_id}/packing", "saved")


@router.get("/customs-identity")
def identity_page(request: Request, db: Db, actor: Member) -> Response:
    known = packing.identity_of(db, actor.organisation_id)
    form = Form.empty(
        address=known.address if known else "",
        eori=known.eori if known else "",
        rex=known.rex if known else "",
    )
    return page(request, "shipping/customs_identity.html", form=form)


@router.post("/customs-identity")
def identity(request: Request, form: FormData, db: Db, now: Now, actor: Member) -> Response:
    address = form.text("address", most=packing.LONGEST_ADDRESS)
    eori = form.text("eori", most=20).replace(" ", "").upper()
    rex = form.text("rex", most=40).replace(" ", "").upper()
    try:
        form.check()
        packing.name_at_customs(db, actor, address=address, eori=eori, rex=rex, now=now)
    except Refusal as refusal:
        if isinstance(refusal, Faulty):
            form.take(refusal)
        return page(request, "shipping/customs_identity.html", status=422, form=form)
    return go("/customs-identity", "saved")


def _packs(db: Session, actor: Actor, shipment_id: UUID) -> bool:
    """Whether the actor may state how something of it is packed."""
    try:
        return bool(packing.packable(db, actor, shipment_id))
    except Missing:
        return False


def _packing(
    request: Request,
    db: Session,
    actor: Actor,
    shipment_id: UUID,
    form: Form,
    *,
    faulty: UUID | None = None,
    status: int = 200,
) -> Response:
    lines = packing.packable(db, actor, shipment_id)
    forms: list[tuple[OrderLine, Form, Order, str, bool]] = []
    for line in lines:
        row = db.get(Packing, line.id)
        shown = form if line.id == faulty else _form_of(row, line.weight_g)
        shown.id = f"f{line.id.hex[-8:]}"  # type: ignore[attr-defined]
        order = db.get_one(Order, line.order_id)
        buyer = db.get_one(Organisation, order.organisation_id).name
        forms.append((line, shown, order, buyer, row is not None))
    return page(
        request,
        "shipping/packing.html",
        status=status,
        form=form if faulty else Form.empty(),
        lines=forms,
        shipment_id=shipment_id,
    )


def _form_of(row: Packing | None, weight_g: int) -> Form:
    if row is None:
        return Form.empty(gross=weight_g / 1000)
    return Form.empty(
        packages=row.packages,
        net=row.net_g / 1000,
        gross=row.gross_g / 1000,
        marks=row.marks,
        criterion=row.criterion,
        **{
            name: "" if mm is None else f"{mm / 10:g}"
            for name, mm in zip(SIDES, (row.length_mm, row.width_mm, row.height_mm), strict=True)
        },
        turnable="yes" if row.turnable else "",
        fragile="" if row.stackable else "yes",
    )
