"""Taking events in: whole documents or none of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.epcis.faults import EpcisFault
from app.epcis.marks import marks_of, names_of
from app.epcis.models import Capture, Event, NamedEpc
from app.permissions import Actor
from logistics.epcis.gs1 import canonical
from logistics.epcis.hashing import event_hash
from logistics.epcis.validation import events_at, events_of, faults_of
from logistics.epcis.vocabulary import CONTEXT, EVENT_TYPES, bare

CAPTURE_LIMIT: Final = 2000
"""Events in one document."""
LONGEST_NAME: Final = 2000
"""Characters of a URI that is looked up: an entry of an index has a limit."""
MOST_NAMES: Final = 10_000
"""Objects and classes that one event may name."""
FIRST: Final = datetime(1, 1, 2, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """Who an event comes from, and with what."""

    organisation_id: UUID
    capture_id: UUID | None = None
    shipment_id: UUID | None = None


def capture(session: Session, actor: Actor, document: Any, *, now: datetime) -> Capture:
    """Store all events of a document. An event that is there already, by id and content, stays as it is.

    EpcisFault: the document is not valid (400, each fault by its JSON pointer), has too many events (413), or
    has the id of another event (409). Then nothing is stored.
    """
    faults = faults_of(document)
    if faults:
        raise EpcisFault.validation(faults)
    events = events_of(document)
    if len(events) > CAPTURE_LIMIT:
        raise EpcisFault(
            f"Send at most {CAPTURE_LIMIT} events at a time; this document has {len(events)}.",
            code="epcisException:CaptureLimitExceededException",
            title="Too many events",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    job = Capture(
        id=uuid7(now),
        organisation_id=actor.organisation_id,
        person_id=actor.person_id,
        at=now,
        events=len(events),
        known=0,
    )
    session.add(job)
    session.flush()
    stored = store(
        session,
        events,
        Source(actor.organisation_id, capture_id=job.id),
        now=now,
        context=document["@context"] if document["type"] not in EVENT_TYPES else None,
        at=events_at(document),
    )
    job.known = len(events) - stored
    history.record(session, job, "captured", now=now, **actor.who, events=len(events), known=job.known)
    session.flush()
    return job


def store(
    session: Session,
    events: Sequence[Mapping[str, Any]],
    source: Source,
    *,
    now: datetime,
    context: Any = None,
    at: str = "",
) -> int:
    """Store valid events; gives how many are new. `at`: the JSON pointer of their list, to name a fault."""
    rows = [_row(event, source, now, context, f"{at}/{place}") for place, event in enumerate(events)]
    fresh = _unknown(session, rows, source.organisation_id, at)
    if fresh:
        session.execute(insert(Event), fresh)
        named = {epc for row in fresh for epc in names_of(row["marks"])}
        if named:
            session.execute(
                insert(NamedEpc).on_conflict_do_nothing(),
                [{"organisation_id": source.organisation_id, "epc": epc} for epc in sorted(named)],
            )
    return len(fresh)


def _row(event: Mapping[str, Any], source: Source, now: datetime, context: Any, at: str) -> dict[str, Any]:
    body = {name: value for name, value in event.items() if name != "recordTime"}
    own = _own_context(context, event.get("@context"))
    if own is None:
        body.pop("@context", None)
    else:
        body["@context"] = own
    digest = event_hash(event, context)
    body.setdefault("eventID", digest)
    marks = marks_of(event)
    row = {
        "organisation_id": source.organisation_id,
        "shipment_id": source.shipment_id,
        "capture_id": source.capture_id,
        "uri": body["eventID"],
        "hash": digest,
        "declares_error": "errorDeclaration" in event,
        "kind": event["type"],
        "action": event.get("action"),
        "event_time": _moment(event["eventTime"], f"{at}/eventTime"),
        "record_time": now,
        "biz_step": bare("bizStep", event["bizStep"]) if "bizStep" in event else None,
        "disposition": bare("disposition", event["disposition"]) if "disposition" in event else None,
        "read_point": canonical(event["readPoint"]["id"]) if "readPoint" in event else None,
        "biz_location": canonical(event["bizLocation"]["id"]) if "bizLocation" in event else None,
        "marks": marks,
        "body": body,
    }
    looked_up = [row["uri"], row["kind"], row["biz_step"], row["disposition"], row["read_point"]]
    looked_up += [row["biz_location"], *marks]
    if any(name and len(name) > LONGEST_NAME for name in looked_up):
        raise EpcisFault.validation({at: f"A name in this event is longer than {LONGEST_NAME} characters."})
    if len(marks) > MOST_NAMES:
        raise EpcisFault.validation({at: f"This event names more than {MOST_NAMES} things."})
    return row


def _moment(text: str, at: str) -> datetime:
    leap = text[17:19] == "60"
    try:
        moment = datetime.fromisoformat((text[:17] + "59" + text[19:] if leap else text).upper()).astimezone(
            UTC
        )
    except OverflowError:
        moment = LAST
    if not FIRST < moment < LAST:
        raise EpcisFault.validation({at: "This time cannot be kept: use a year from 1 to 9999."})
    return moment


def _own_context(outer: Any, inner: Any) -> list[Any] | None:
    """What of the contexts an event needs beside the standard's own; None: nothing."""
    parts: list[Any] = []
    for each in (outer, inner):
        for part in each if isinstance(each, list) else [each]:
            if part is not None and part != CONTEXT and part not in parts:
                parts.append(part)
    return [CONTEXT, *parts] if parts else None


def _unknown(
    session: Session, rows: list[dict[str, Any]], organisation_id: UUID, at: str
) -> list[dict[str, Any]]:
    """The rows that are not there yet, each once. EpcisFault: an id is that of another event."""
    there = {
        (uri, declares_error): digest
        for uri, declares_error, digest in session.execute(
            select(Event.uri, Event.declares_error, Event.hash).where(
                Event.organisation_id == organisation_id, Event.uri.in_({row["uri"] for row in rows})
            ),
        )
    }
    fresh = []
    for place, row in enumerate(rows):
        key = (row["uri"], row["declares_error"])
        if key not in there:
            there[key] = row["hash"]
            fresh.append(row)
        elif there[key] != row["hash"]:
            raise EpcisFault(
                "Another event has this id. Give yours one of its own, or declare an error in the other.",
                fields={f"{at}/{place}/eventID": "This is the id of an event with other content."},
                code="epcisException:ResourceAlreadyExistsException",
                title="The id is taken",
                status=HTTPStatus.CONFLICT,
            )
    return fresh
