"""Plots of the API."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Hectares = Annotated[Decimal, PlainSerializer(str, return_type=str)]


class PlotFileOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    plots: int = Field(description="how many points and outlines")
    area_ha: Hectares = Field(description="hectares of all of them; a point without an area counts as 4")
    sha256: str = Field(description="of the file as it was given")
    added_at: datetime


class PlotFilesOut(BaseModel):
    files: list[PlotFileOut]
