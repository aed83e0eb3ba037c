"""What the EPCIS routes describe: documents of the standard stay open, our own parts are strict."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from logistics.epcis.vocabulary import CONTEXT

EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-01-05T12:00:00.000Z",
    "eventTimeZoneOffset": "+00:00",
    "action": "OBSERVE",
    "bizStep": "departing",
    "disposition": "in_transit",
    "epcList": ["https://id.gs1.org/00/095201234567891235"],
    "readPoint": {"id": "https://id.gs1.org/414/9520123456788"},
}
DOCUMENT: dict[str, Any] = {
    "@context": [CONTEXT],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-01-05T12:00:00.000Z",
    "epcisBody": {"eventList": [EVENT]},
}
DocumentIn = Annotated[dict[str, Any], Body(examples=[DOCUMENT])]
EventIn = Annotated[dict[str, Any], Body(examples=[{"@context": [CONTEXT]} | EVENT])]


class NamedQueryIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9._~-]{1,100}$", examples=["departures"])
    query: dict[str, str | int | list[str]] = Field(
        description="Parameters of GET /epcis/events", examples=[{"EQ_bizStep": ["departing"]}]
    )


class SubscriptionIn(BaseModel):
    """Events are sent as they are captured: `stream`. A `schedule` is refused by the standard's exception."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    dest: str = Field(max_length=600, examples=["https://example.org/epcis"])
    signature_token: str | None = Field(
        default=None,
        alias="signatureToken",
        min_length=24,
        max_length=200,
        description="a secret that both know: it signs what is sent; left out, one is made",
        examples=["a secret of 24 or more signs"],
    )
    stream: bool = Field(default=False, examples=[True])
    schedule: dict[str, str] | None = None
    report_if_empty: bool = Field(default=False, alias="reportIfEmpty")
    initial_record_time: datetime | None = Field(default=None, alias="initialRecordTime")


class Gs1IdentityIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    company_prefix: str = Field(max_length=12, examples=["9520123"])
    gln: str | None = Field(default=None, max_length=13, examples=["9520123456788"])


class Gs1IdentityOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    company_prefix: str
    gln: str | None
