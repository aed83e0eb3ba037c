"""Pages of how a shipment is loaded."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.parcels import loading, loading_paper, measured, words
from app.permissions import Actor, Needs
from app.routes import page_router
from app.transaction import Db, Now
from logistics.loading import TYPES, Load, draw_load

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Loader = Annotated[Actor, Depends(Needs("milestone.set"))]
MOST_STEPS: Final = 60
"""Of a loading list that is shown at once; the rest unfolds."""


@router.get("/shipments/{shipment_id}/loading")
def loading_page(request: Request, shipment_id: UUID, actor: Loader, db: Db) -> Response:
    return _loading(request, db, actor, shipment_id)


@router.post("/shipments/{shipment_id}/loading")
def ask(request: Request, shipment_id: UUID, *, form: FormData, actor: Loader, db: Db, now: Now) -> Response:
    wish = {code: form.integer(code, most=loading.MOST_OF_A_TYPE) for code in TYPES}
    try:
        form.check()
        loading.ask(db, actor, shipment_id, wish, now=now)
    except Refusal as refusal:
        return _loading(request, db, actor, shipment_id, form, refusal)
    return go(f"/shipments/{shipment_id}/loading", "loading-asked")


@router.get("/shipments/{shipment_id}/loading.pdf")
def loading_pdf(request: Request, shipment_id: UUID, actor: Loader, db: Db) -> Response:
    found = loading.own_load(db, actor, shipment_id)
    kept = loading.plan_of(db, shipment_id)
    if kept is None or kept.loading is None:
        raise Missing
    titles = {each.name: each.title for each in measured.parcels_of(db, shipment_id)}
    made = loading_paper.pdf_of(found, kept, titles, language_of(request))
    name = f"{found.shipment.number}-loading.pdf"
    return Response(
        made, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def _drawn(load: Load, place: int) -> str:
    """As wide as a phone, on a desk too: a picture of some boxes is no poster."""
    drawn = draw_load(load, stages=_stages(len(load.placements)), name=f"load{place}")
    return drawn.replace("<svg ", '<svg width="380" ', 1)


def _stages(parcels: int) -> int:
    """Pictures of one load: one is enough for a few parcels."""
    return 1 if parcels <= 12 else 2 if parcels <= 40 else 4


def _loading(
    request: Request,
    db: Session,
    actor: Actor,
    shipment_id: UUID,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Response:
    if isinstance(refusal, Missing):
        raise refusal
    lang = language_of(request)
    found = loading.own_load(db, actor, shipment_id)
    parcels = measured.parcels_of(db, shipment_id)
    kept = loading.plan_of(db, shipment_id)
    if form is None:
        wish = loading.guess(found, [each.as_parcel() for each in parcels])
        if kept:
            wish = {}
            for hold in kept.row.holds:
                wish[hold["type"]] = wish.get(hold["type"], 0) + 1
        form = Form.empty(**{code: wish.get(code, "") for code in TYPES})
    if isinstance(refusal, Faulty):
        form.take(refusal)
    elif refusal:
        form.fault("", lang.text(refusal.detail))
    titles = {each.name: each.title for each in parcels}
    loads = [
        {
            "name": words.hold_name(each.hold.id, lang),
            "count": len(each.placements),
            "weight_g": each.weight_g,
            "payload_g": each.hold.payload_g,
            "fill": each.fill,
            "spread": words.spread(each, lang),
            "picture": Markup(_drawn(each, place)),  # noqa: S704 - the engine escapes what it is given
            "steps": words.steps(each, titles, lang),
        }
        for place, each in enumerate(kept.loading.loads if kept and kept.loading else ())
    ]
    return page(
        request,
        "parcels/loading.html",
        status=int(refusal.status) if refusal else 200,
        form=form,
        journey=found,
        parcels=parcels,
        weight_g=sum(each.weight_g for each in parcels),
        volume_cm3=sum(each.as_parcel().volume_mm3 for each in parcels) // 1000,
        kept=kept,
        loads=loads,
        left_out=[
            [
                each.parcel.id,
                titles.get(each.parcel.id, ""),
                each.parcel.consignee,
                words.why_left(each, lang),
            ]
            for each in (kept.loading.left_out if kept and kept.loading else ())
        ],
        types=[(code, words.type_name(code, lang), words.inside(code, lang)) for code in TYPES],
        most_steps=MOST_STEPS,
    )
