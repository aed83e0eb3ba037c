"""Asking for events: the parameters of EPCIS 2.0's SimpleEventQuery, and pages by keyset."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, cast, or_, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Session, aliased

from app.epcis.faults import EpcisFault
from app.epcis.marks import typed_mark
from app.epcis.models import Event
from app.shipping.models import Hub, Sailing, Service, Shipment, ShipmentLine
from app.trade.models import Order, OrderLine
from logistics.epcis.gs1 import canonical
from logistics.epcis.rules import MOMENT
from logistics.epcis.vocabulary import bare

PER_PAGE: Final = 30
MOST_PER_PAGE: Final = 1000
MOST_VALUES: Final = 100
"""Values of one parameter."""

COLUMNS: Final[dict[str, Any]] = {
    "eventType": Event.kind,
    "EQ_action": Event.action,
    "EQ_bizStep": Event.biz_step,
    "EQ_disposition": Event.disposition,
    "EQ_readPoint": Event.read_point,
    "EQ_bizLocation": Event.biz_location,
    "EQ_eventID": Event.uri,
}
MARKS: Final = {
    "MATCH_epc": "e",
    "MATCH_parentID": "p",
    "MATCH_inputEPC": "i",
    "MATCH_outputEPC": "o",
    "MATCH_anyEPC": "epio",
    "MATCH_epcClass": "c",
    "MATCH_inputEPCClass": "d",
    "MATCH_outputEPCClass": "f",
    "MATCH_anyEPCClass": "cdf",
    "EQ_transformationID": "n",
    "EQ_persistentDisposition_set": "+",
    "EQ_persistentDisposition_unset": "-",
    "EQ_correctiveEventID": "x",
}
TYPED: Final = {
    "EQ_bizTransaction_": ("t", "bizTransaction"),
    "EQ_source_": ("s", "source"),
    "EQ_destination_": ("r", "destination"),
}
TIMES: Final[dict[str, tuple[Any, str]]] = {
    "GE_eventTime": (Event.event_time, ">="),
    "LT_eventTime": (Event.event_time, "<"),
    "GE_recordTime": (Event.record_time, ">="),
    "LT_recordTime": (Event.record_time, "<"),
}
PAGING: Final = ("perPage", "nextPageToken")
SHAPE: Final = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount", "EXISTS_errorDeclaration")
PARAMETERS: Final = (*COLUMNS, *MARKS, *TIMES, *SHAPE)
"""All names, without those of TYPED, which end with a type of their own, and of PAGING."""
NOT_TO_PAGE: Final = "Use the link of the page before, with the same query."


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be asked."""

    conditions: list[ColumnElement[bool]] = field(default_factory=list)
    order: Any = Event.event_time
    ascending: bool = False
    limit: int | None = None
    most: int | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Events as they are answered, and how to ask for those after them."""

    events: list[dict[str, Any]]
    next_token: str | None


def read_query(parameters: Mapping[str, list[str]]) -> Query:
    """EpcisFault names the parameter that is unknown here, or has no good value."""
    conditions: list[ColumnElement[bool]] = []
    for name, values in parameters.items():
        if len(values) > MOST_VALUES:
            raise EpcisFault.parameter(name, f"Give at most {MOST_VALUES} values.")
        if any("\0" in value or not value.isprintable() for value in values):
            raise EpcisFault.parameter(name, "This is no text that can be looked for.")
        if name not in SHAPE:
            conditions.append(_condition(name, values))
    if "EXISTS_errorDeclaration" in parameters:
        conditions.append(Event.declares_error.is_(True))
    order = _one(parameters, "orderBy", {"eventTime": Event.event_time, "recordTime": Event.record_time})
    limit, most = _count(parameters, "eventCountLimit"), _count(parameters, "maxEventCount")
    if limit is not None and most is not None:
        raise EpcisFault.parameter("maxEventCount", "Give this or eventCountLimit, not both.")
    told = json.dumps(sorted((name, list(values)) for name, values in parameters.items()))
    return Query(
        conditions,
        order or Event.event_time,
        bool(_one(parameters, "orderDirection", {"ASC": True, "DESC": False})),
        limit,
        most,
        hashlib.sha256(told.encode()).hexdigest()[:16],
    )


def _condition(name: str, values: list[str]) -> ColumnElement[bool]:
    if name in COLUMNS:
        found: ColumnElement[bool] = COLUMNS[name].in_([_as_stored(name, value) for value in values])
        return found
    if name in MARKS:
        return _any_of([mark for value in values for mark in _marks(name, value)])
    if name in TIMES:
        column, sign = TIMES[name]
        compared: ColumnElement[bool] = column.op(sign, is_comparison=True)(_moment(name, values))
        return compared
    for beginning, (sign, key) in TYPED.items():
        if name.startswith(beginning):
            kind = name.removeprefix(beginning)
            return _any_of([typed_mark(sign, key, kind, value) for value in values])
    raise EpcisFault.parameter(name, "This parameter is not served here.")


def _any_of(marks: list[str]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = Event.marks.overlap(cast(marks, ARRAY(TEXT)))
    return found


def _as_stored(name: str, value: str) -> str:
    match name:
        case "EQ_bizStep":
            return bare("bizStep", value)
        case "EQ_disposition":
            return bare("disposition", value)
        case "EQ_readPoint" | "EQ_bizLocation":
            return canonical(value)
        case _:
            return value


def _marks(name: str, value: str) -> list[str]:
    if "Disposition" in name:
        value = bare("disposition", value)
    elif name != "EQ_correctiveEventID":
        pattern, value = value.startswith("urn:epc:idpat:"), canonical(value)
        if pattern and not name.endswith("Class"):  # all numbers of a trade item
            return [sign.upper() + value for sign in MARKS[name] if sign in "eio"] or [
                f"{MARKS[name]}{value}"
            ]
    return [sign + value for sign in MARKS[name]]


def _moment(name: str, values: list[str]) -> datetime:
    if len(values) != 1 or not MOMENT.fullmatch(values[0]):
        raise EpcisFault.parameter(name, "Give one moment like 2026-01-05T12:00:00Z.")
    try:
        return datetime.fromisoformat(values[0].upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise EpcisFault.parameter(name, "There is no such moment.") from None


def _one(parameters: Mapping[str, list[str]], name: str, choices: Mapping[str, Any]) -> Any:
    if name not in parameters:
        return None
    values = parameters[name]
    if len(values) != 1 or values[0] not in choices:
        raise EpcisFault.parameter(name, f"Use {' or '.join(choices)}.")
    return choices[values[0]]


def _count(parameters: Mapping[str, list[str]], name: str, most: int = 10**9) -> int | None:
    if name not in parameters:
        return None
    values = parameters[name]
    if len(values) != 1 or not re.fullmatch(r"0*[1-9][0-9]{0,9}", values[0]):
        raise EpcisFault.parameter(name, f"Use a whole number from 1 to {most}.")
    return min(int(values[0]), most)


def listed(query: Mapping[str, Any]) -> dict[str, list[str]]:
    """A query as it is kept, with every parameter as a list of texts."""
    return {
        name: [str(each) for each in value] if isinstance(value, list) else [str(value)]
        for name, value in query.items()
    }


def per_page(parameters: Mapping[str, list[str]]) -> int:
    return _count(parameters, "perPage", MOST_PER_PAGE) or PER_PAGE


def find(session: Session, organisation_id: UUID, query: Query, *, limit: int, token: str | None) -> Page:
    """One page of what an organisation may read: its own events, and those of shipments it is part of.

    EpcisFault: the token is not of this query, or there are more events than the query wants at most (413).
    """
    after, seen = _position(query, token)
    if query.limit is not None:
        limit = min(limit, query.limit - seen)
    rows = session.execute(page_statement(organisation_id, query, limit=limit + 1, after=after)).all()
    if query.most is not None and seen == 0:
        _check_most(session, organisation_id, query)
    events = [row.body | {"recordTime": told(row.record_time)} for row in rows[:limit]]
    more = len(rows) > limit and (query.limit is None or seen + limit < query.limit)
    return Page(events, _token(query, rows[limit - 1], seen + limit) if more else None)


def page_statement(
    organisation_id: UUID, query: Query, *, limit: int, after: tuple[datetime, int] | None = None
) -> Select[Any]:
    """Two walks along indexes, put together: one's own events, and the few of shared shipments."""

    def direction(column: Any) -> Any:
        return column.asc() if query.ascending else column.desc()

    conditions = list(query.conditions)
    if after:
        place, position = tuple_(query.order, Event.id), tuple_(*after)
        conditions.append(place > position if query.ascending else place < position)

    def part(*visible: ColumnElement[bool]) -> Any:
        return (
            select(Event.id, query.order.label("place"), Event.record_time, Event.body)
            .where(*visible, *conditions)
            .order_by(direction(query.order), direction(Event.id))
            .limit(limit)
        )

    own = part(Event.organisation_id == organisation_id).subquery()
    shared = part(
        Event.shipment_id.in_(shipments_of(organisation_id)), Event.organisation_id != organisation_id
    ).subquery()
    both = union_all(select(own), select(shared)).subquery()
    return select(both).order_by(direction(both.c.place), direction(both.c.id)).limit(limit)


def shipments_of(organisation_id: UUID) -> Select[tuple[UUID]]:
    """Shipments that an organisation is part of: as a hub at one end, or by goods or orders that travel."""
    origin, destination = aliased(Hub), aliased(Hub)
    by_hub = (
        select(Shipment.id)
        .join(Sailing, Sailing.id == Shipment.sailing_id)
        .join(Service, Service.id == Sailing.service_id)
        .join(origin, origin.id == Service.origin_id)
        .join(destination, destination.id == Service.destination_id)
        .where(or_(origin.organisation_id == organisation_id, destination.organisation_id == organisation_id))
    )
    by_goods = (
        select(ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(or_(Order.organisation_id == organisation_id, OrderLine.producer_id == organisation_id))
    )
    either = union_all(by_hub, by_goods).subquery()
    return select(either.c.id)


def readable(organisation_id: UUID) -> ColumnElement[bool]:
    """Events that an organisation may read, where there are few to choose from."""
    return or_(
        Event.organisation_id == organisation_id,
        and_(Event.shipment_id.is_not(None), Event.shipment_id.in_(shipments_of(organisation_id))),
    )


def told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_most(session: Session, organisation_id: UUID, query: Query) -> None:
    assert query.most is not None
    found = session.execute(page_statement(organisation_id, query, limit=query.most + 1)).all()
    if len(found) > query.most:
        raise EpcisFault(
            f"More than {query.most} events match. Ask for fewer, or leave maxEventCount out and page.",
            code="epcisException:QueryTooLargeException",
            title="Too many events",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )


def _token(query: Query, row: Any, seen: int) -> str:
    told_as = json.dumps([query.digest, row.place.isoformat(), row.id, seen], separators=(",", ":"))
    return base64.urlsafe_b64encode(told_as.encode()).decode().rstrip("=")


def _position(query: Query, token: str | None) -> tuple[tuple[datetime, int] | None, int]:
    if token is None:
        return None, 0
    try:
        digest, place, position, seen = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        after = datetime.fromisoformat(place).astimezone(UTC), int(position)
        count = int(seen)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise EpcisFault.parameter("nextPageToken", NOT_TO_PAGE) from None
    good = digest == query.digest and abs(after[1]) < 2**62 and 0 < count < (query.limit or 10**12)
    if not good:
        raise EpcisFault.parameter("nextPageToken", NOT_TO_PAGE)
    return after, count
