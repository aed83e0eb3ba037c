"""Plots for programs: GeoJSON in as it is, and out as it was given."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from app.permissions import Actor, Needs
from app.plots import service
from app.plots.schemas import PlotFileOut, PlotFilesOut
from app.routes import api_router
from app.serving import attached
from app.transaction import Db, Now

router = api_router("lots")

Reader = Annotated[Actor, Depends(Needs("offer.read-own"))]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]


@router.get("/plots", summary="Your files of plots, newest first")
def plots(actor: Reader, db: Db) -> PlotFilesOut:
    return PlotFilesOut(files=[PlotFileOut.model_validate(row) for row in service.owned(db, actor)])


@router.post("/plots", status_code=201, summary="Give a file of plots; with one fault nothing is kept")
def add(
    request: Request,
    file: Annotated[UploadFile, File(description="GeoJSON (RFC 7946), WGS 84, six decimals or more")],
    actor: Writer,
    *,
    name: Annotated[str, Form(description="by which you know it again")] = "Plots",
    db: Db,
    now: Now,
) -> PlotFileOut:
    row = service.add(db, request.app.state.store, actor, file.file, name, now=now)
    return PlotFileOut.model_validate(row)


@router.get("/plots/{plot_file_id}", summary="One file of plots")
def one(plot_file_id: UUID, actor: Reader, db: Db) -> PlotFileOut:
    return PlotFileOut.model_validate(service.own(db, actor, plot_file_id))


@router.get("/plots/{plot_file_id}/file", summary="The GeoJSON as it was given")
def download(request: Request, plot_file_id: UUID, actor: Reader, db: Db) -> Response:
    row = service.own(db, actor, plot_file_id)
    content = service.content(request.app.state.store, row)
    return attached(content, f"plots-{row.sha256[:8]}.geojson", "application/geo+json")


@router.delete("/plots/{plot_file_id}", status_code=204, summary="Remove a file that no lot uses")
def remove(plot_file_id: UUID, actor: Writer, db: Db, now: Now) -> None:
    service.remove(db, actor, plot_file_id, now=now)
