"""JSON routes of open data: what there is, and each data set."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from app.opendata.datasets import DATASETS, LICENCE, LICENCE_ADDRESS
from app.opendata.pages import as_json
from app.permissions import Actor, Anybody
from app.routes import api_router
from app.transaction import Now

router = api_router("open data")

Visitor = Annotated[Actor | None, Depends(Anybody())]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ColumnOut(Body):
    name: str
    kind: str
    meaning: str


class DatasetOut(Body):
    name: str
    title: str
    about: str
    csv_file: str
    json_file: str
    columns: list[ColumnOut]


class DatasetsOut(Body):
    licence: str
    licence_address: str
    datasets: list[DatasetOut]


@router.get("/open-data", summary="The data sets, each with its dictionary")
def everything(_visitor: Visitor) -> DatasetsOut:
    return DatasetsOut(
        licence=LICENCE,
        licence_address=LICENCE_ADDRESS,
        datasets=[
            DatasetOut(
                name=each.name,
                title=each.title,
                about=each.about,
                csv_file=f"/open-data/{each.name}/data.csv",
                json_file=f"/open-data/{each.name}/data.json",
                columns=[ColumnOut(name=c.name, kind=c.kind, meaning=c.meaning) for c in each.columns],
            )
            for each in DATASETS.values()
        ],
    )


@router.get("/open-data/{dataset}", summary="All rows of a data set, streamed", response_class=Response)
def one(dataset: str, request: Request, visitor: Visitor, now: Now) -> Response:
    return as_json(request, dataset, visitor, now)
