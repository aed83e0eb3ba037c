"""What the EPCIS routes describe: documents of the standard stay open, our own parts are strict."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from logistics.epcis.vocabulary import CONTEXT

LONGEST = 200
"""Characters of a field of a schedule."""
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


class ScheduleIn(BaseModel):
    """When a query is asked, in UTC: every field that is given has to fit. A second that is not given is 0.
    Numbers, and ranges like [1-5], with commas between (EPCIS 2.0, section 8.2.5.3).
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    second: str | None = Field(default=None, max_length=LONGEST, description="0 to 59", examples=["0"])
    minute: str | None = Field(default=None, max_length=LONGEST, description="0 to 59", examples=["5"])
    hour: str | None = Field(default=None, max_length=LONGEST, description="0 to 23", examples=["1"])
    day_of_month: str | None = Field(
        default=None, alias="dayOfMonth", max_length=LONGEST, description="1 to 31", examples=["[1-31]"]
    )
    month: str | None = Field(default=None, max_length=LONGEST, description="1 to 12", examples=["[1-12]"])
    day_of_week: str | None = Field(
        default=None,
        alias="dayOfWeek",
        max_length=LONGEST,
        description="1 (Monday) to 7 (Sunday)",
        examples=["[1-5]"],
    )


class SubscriptionIn(BaseModel):
    """Either of two: `stream`, events are sent as they are captured; or a `schedule`, when the query is asked
    and sends what was captured since it was last asked.
    """

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
    stream: bool = Field(default=False, description="this, or a schedule", examples=[False])
    schedule: ScheduleIn | None = Field(default=None, description="this, or stream: true")
    report_if_empty: bool = Field(
        default=False, alias="reportIfEmpty", description="with a schedule: send word where nothing was found"
    )
    initial_record_time: datetime | None = Field(
        default=None,
        alias="initialRecordTime",
        description="send what was captured since then; left out, what is captured from now on",
    )


class Gs1IdentityIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    company_prefix: str = Field(max_length=12, examples=["9520123"])
    gln: str | None = Field(default=None, max_length=13, examples=["9520123456788"])


class Gs1IdentityOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    company_prefix: str
    gln: str | None
