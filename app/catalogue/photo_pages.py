"""Pages of an offer's photographs, and where the photographs themselves are read."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.catalogue import photos, service
from app.catalogue.models import Photo
from app.errors import Faulty, Missing
from app.forms import Form
from app.pages import go, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.serving import served_publicly
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]


@router.get("/photos/{photo_id}", dependencies=[Depends(Anybody())])
def photo(request: Request, photo_id: UUID, db: Db) -> Response:
    row = db.get(Photo, photo_id)
    if row is None:
        raise Missing
    return served_publicly(request.app.state.store, row.sha256)


@router.get("/offers/{offer_id}/photos")
def photos_page(request: Request, offer_id: UUID, db: Db, actor: Writer) -> Response:
    return _page(request, db, actor, offer_id, Form.empty())


@router.post("/offers/{offer_id}/photos")
def add_photo(
    request: Request, offer_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    service.own_offer(db, actor, offer_id)
    file = form.files.get("file")
    if file is None:
        form.fault("file", "Choose a picture.")
    try:
        form.check()
        assert file is not None
        photos.add(db, request.app.state.store, actor, offer_id, file.file, form.raw("alt"), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _page(request, db, actor, offer_id, form, status=422)
    return go(f"/offers/{offer_id}/photos", "saved")


@router.post("/offers/{offer_id}/photos/{photo_id}/remove")
def remove_photo(offer_id: UUID, photo_id: UUID, *, db: Db, now: Now, actor: Writer) -> Response:
    photos.remove(db, actor, offer_id, photo_id, now=now)
    return go(f"/offers/{offer_id}/photos", "saved")


@router.post("/offers/{offer_id}/photos/{photo_id}/first")
def first_photo(offer_id: UUID, photo_id: UUID, *, db: Db, now: Now, actor: Writer) -> Response:
    photos.put_first(db, actor, offer_id, photo_id, now=now)
    return go(f"/offers/{offer_id}/photos", "saved")


def _page(
    request: Request, db: Db, actor: Actor, offer_id: UUID, form: Form, *, status: int = 200
) -> Response:
    offer = service.own_offer(db, actor, offer_id)
    return page(
        request,
        "catalogue/photos.html",
        status=status,
        form=form,
        offer=offer,
        photos=photos.of_offer(db, offer_id),
        most=photos.MOST,
    )
