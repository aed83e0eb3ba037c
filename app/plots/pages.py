"""A producer's plots: give a file, see it on a small map, take it out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.plots import service
from app.plots.service import FaultyPlots
from app.plots.words import fault_lines
from app.routes import page_router
from app.serving import attached
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Reader = Annotated[Actor, Depends(Needs("offer.read-own"))]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]


@router.get("/plots")
def plots(request: Request, db: Db, actor: Reader) -> Response:
    return _page(request, db, actor, Form.empty())


@router.post("/plots")
def add(request: Request, *, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    _ = language_of(request).text
    file = form.files.get("file")
    if file is None:
        form.fault("file", _("Choose a GeoJSON file."))
    try:
        form.check()
        assert file is not None
        made = service.add(
            db, request.app.state.store, actor, file.file, form.text("name", most=1_000), now=now
        )
    except FaultyPlots as refusal:
        form.fault("file", _("This file has faults. They are listed below; nothing was kept."))
        return _page(
            request,
            db,
            actor,
            form,
            status=422,
            faults=fault_lines(refusal.fields, language_of(request)),
            count=refusal.facts["faults"],
        )
    except Faulty as refusal:
        form.take(refusal)
        return _page(request, db, actor, form, status=422)
    return go(f"/plots/{made.id}", "saved")


@router.get("/plots/{plot_file_id}")
def one(request: Request, plot_file_id: UUID, db: Db, actor: Reader) -> Response:
    return _one(request, db, actor, plot_file_id, Form.empty())


@router.get("/plots/{plot_file_id}/file")
def download(request: Request, plot_file_id: UUID, db: Db, actor: Reader) -> Response:
    row = service.own(db, actor, plot_file_id)
    content = service.content(request.app.state.store, row)
    return attached(content, f"plots-{row.sha256[:8]}.geojson", "application/geo+json")


@router.post("/plots/{plot_file_id}/remove")
def remove(request: Request, plot_file_id: UUID, *, db: Db, now: Now, actor: Writer) -> Response:
    try:
        service.remove(db, actor, plot_file_id, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        form = Form.empty()
        form.fault("", refusal.detail)
        return _one(request, db, actor, plot_file_id, form, status=int(refusal.status))
    return go("/plots", "saved")


def _page(request: Request, db: Db, actor: Actor, form: Form, *, status: int = 200, **more: Any) -> Response:
    shown: dict[str, Any] = {"faults": [], "count": 0} | more
    return page(request, "plots/plots.html", status=status, form=form, rows=service.owned(db, actor), **shown)


def _one(
    request: Request, db: Db, actor: Actor, plot_file_id: UUID, form: Form, *, status: int = 200
) -> Response:
    row = service.own(db, actor, plot_file_id)
    return page(request, "plots/one.html", status=status, form=form, row=row, lots=service.lots_of(db, row))
