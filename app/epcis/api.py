"""The REST bindings of EPCIS 2.0, below /epcis."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select

from app.epcis import naming, querying, subscribing
from app.epcis.capturing import CAPTURE_LIMIT, capture
from app.epcis.faults import EpcisFault, EpcisRoute
from app.epcis.models import Capture, Event, NamedQuery
from app.epcis.querying import Query, find, read_query, readable, told
from app.epcis.schemas import DocumentIn, EventIn, NamedQueryIn, SubscriptionIn
from app.errors import Missing
from app.middleware import BODY
from app.permissions import Actor, Needs
from app.routes import PROBLEMS
from app.transaction import Db, Now
from logistics.epcis.hashing import event_hash
from logistics.epcis.vocabulary import CONTEXT, EVENT_TYPES

router = APIRouter(prefix="/epcis", tags=["EPCIS"], route_class=EpcisRoute, responses=PROBLEMS)

Capturer = Annotated[Actor, Depends(Needs("epcis.capture"))]
Reader = Annotated[Actor, Depends(Needs("epcis.read"))]
Resource: TypeAlias = Literal["eventTypes", "bizSteps", "dispositions", "readPoints", "bizLocations", "epcs"]
ASKED: Final = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": "Values parted by commas, as in EPCIS 2.0, section 8.2.7",
        "schema": {"type": "string"},
    }
    for name in (*querying.PARAMETERS, *querying.PAGING)
]
PAGE_EXPIRES: Final = "9999-12-31T23:59:59Z"  # a place in an order does not grow old
LIMITS: Final = {
    "GS1-EPCIS-Capture-Limit": str(CAPTURE_LIMIT),
    "GS1-EPCIS-Capture-File-Size-Limit": str(BODY),
    "GS1-Capture-Error-Behaviour": "rollback",
}


@router.post("/capture", status_code=202, summary="Capture a document, whole or not at all")
def capture_document(document: DocumentIn, actor: Capturer, db: Db, now: Now, request: Request) -> Response:
    _only_rollback(request)
    job = capture(db, actor, document, now=now)
    return Response(status_code=202, headers={"Location": f"/epcis/capture/{job.id}"} | LIMITS)


@router.get("/capture", summary="Your documents, the last first")
def captures(actor: Reader, db: Db, request: Request) -> Response:
    asked = _asked(request)
    limit = querying.per_page(asked)
    last = _uuid(_single(asked, "nextPageToken"))
    wanted = select(Capture).where(Capture.organisation_id == actor.organisation_id)
    if last:
        wanted = wanted.where(Capture.id < last)
    jobs = db.scalars(wanted.order_by(Capture.id.desc()).limit(limit + 1)).all()
    reply = JSONResponse([_job(job) for job in jobs[:limit]], headers=dict(LIMITS))
    return _linked(reply, request, str(jobs[limit - 1].id) if len(jobs) > limit else None)


@router.get("/capture/{capture_id}", summary="How a document was taken")
def capture_job(capture_id: UUID, actor: Reader, db: Db) -> Response:
    job = db.get(Capture, capture_id)
    if job is None or job.organisation_id != actor.organisation_id:
        raise Missing
    return JSONResponse(_job(job))


@router.post("/events", status_code=201, summary="Capture one event")
def capture_event(event: EventIn, actor: Capturer, db: Db, now: Now, request: Request) -> Response:
    _only_rollback(request)
    if event.get("type") in {"EPCISDocument", "EPCISQueryDocument"}:
        raise EpcisFault.validation({"/type": f"Use one of {', '.join(EVENT_TYPES)}."})
    capture(db, actor, event, now=now)
    uri = event.get("eventID") or event_hash(event)
    return Response(status_code=201, headers={"Location": f"/epcis/events/{quote(uri, safe='')}"})


@router.get("/events", summary="Events that you may read", openapi_extra={"parameters": ASKED})
def events(actor: Reader, db: Db, now: Now, request: Request) -> Response:
    return _answer(request, db, actor, now, _asked(request), "SimpleEventQuery")


@router.get("/events/{event_uri:path}", summary="One event by its id")
def event_by_id(event_uri: str, actor: Reader, db: Db) -> Response:
    if "\0" in event_uri:
        raise Missing
    found = db.scalars(
        select(Event)
        .where(Event.uri == event_uri, readable(actor.organisation_id))
        .order_by((Event.organisation_id == actor.organisation_id).desc(), Event.declares_error, Event.id)
        .limit(1),
    ).one_or_none()
    if found is None:
        raise Missing
    return JSONResponse({"@context": CONTEXT} | found.body | {"recordTime": told(found.record_time)})


@router.get("/queries", summary="Your named queries")
def queries(actor: Reader, db: Db) -> Response:
    found = db.scalars(
        select(NamedQuery).filter_by(organisation_id=actor.organisation_id).order_by(NamedQuery.name)
    )
    return JSONResponse([{"name": each.name, "query": each.query} for each in found])


@router.post("/queries", status_code=201, summary="Keep a query under a name")
def keep_query(wish: NamedQueryIn, actor: Capturer, db: Db, now: Now) -> Response:
    read_query(querying.listed(wish.query))
    if db.get(NamedQuery, (actor.organisation_id, wish.name)):
        raise EpcisFault(
            "You have a query of this name. Choose another, or remove it first.",
            code="epcisException:DuplicateNameException",
            title="The name is taken",
            status=HTTPStatus.CONFLICT,
        )
    db.add(NamedQuery(organisation_id=actor.organisation_id, name=wish.name, query=wish.query, at=now))
    db.flush()
    return Response(status_code=201, headers={"Location": f"/epcis/queries/{wish.name}"})


@router.get("/queries/{query_name}", summary="One named query")
def named_query(query_name: str, actor: Reader, db: Db) -> Response:
    kept = _named(db, actor, query_name)
    return JSONResponse({"name": kept.name, "query": kept.query})


@router.delete("/queries/{query_name}", status_code=204, summary="Remove a named query")
def remove_query(query_name: str, actor: Capturer, db: Db, now: Now) -> Response:
    kept = _named(db, actor, query_name)
    for each in subscribing.of_query(db, actor, kept.name):
        subscribing.unsubscribe(db, actor, kept.name, each.id, now=now)
    db.delete(kept)
    return Response(status_code=204)


@router.get("/queries/{query_name}/subscriptions", summary="Who is sent what a named query finds")
def subscriptions(query_name: str, actor: Reader, db: Db) -> Response:
    kept = _named(db, actor, query_name)
    return JSONResponse([subscribing.shown(db, each) for each in subscribing.of_query(db, actor, kept.name)])


@router.post(
    "/queries/{query_name}/subscriptions", status_code=201, summary="Be sent new events of a named query"
)
def subscribe(
    query_name: str, wish: SubscriptionIn, actor: Capturer, *, db: Db, now: Now, request: Request
) -> Response:
    kept = _named(db, actor, query_name)
    made = subscribing.subscribe(db, actor, request.app.state.settings, kept.name, wish, now=now)
    at = f"/epcis/queries/{kept.name}/subscriptions/{made.id}"
    return JSONResponse(subscribing.shown(db, made), status_code=201, headers={"Location": at})


@router.get("/queries/{query_name}/subscriptions/{subscription_id}", summary="One subscription")
def subscription(query_name: str, subscription_id: UUID, actor: Reader, db: Db) -> Response:
    return JSONResponse(subscribing.shown(db, subscribing.own(db, actor, query_name, subscription_id)))


@router.delete(
    "/queries/{query_name}/subscriptions/{subscription_id}", status_code=204, summary="End a subscription"
)
def unsubscribe(query_name: str, subscription_id: UUID, actor: Capturer, db: Db, now: Now) -> Response:
    subscribing.unsubscribe(db, actor, query_name, subscription_id, now=now)
    return Response(status_code=204)


@router.get("/queries/{query_name}/events", summary="What a named query finds now")
def named_query_events(query_name: str, actor: Reader, db: Db, now: Now, request: Request) -> Response:
    kept = _named(db, actor, query_name)
    asked = _asked(request)
    if set(asked) - set(querying.PAGING):
        raise EpcisFault.parameter(min(set(asked) - set(querying.PAGING)), "The query is kept as it is.")
    return _answer(request, db, actor, now, asked | querying.listed(kept.query), kept.name)


@router.get("/{resource}", summary="What your events name: types, steps, places, objects")
def members(resource: Resource, actor: Reader, db: Db, request: Request) -> Response:
    asked = _asked(request)
    limit = querying.per_page(asked)
    after = _single(asked, "nextPageToken") or ""
    found = naming.names(db, actor.organisation_id, resource, after=after, limit=limit + 1)
    reply = JSONResponse({"@context": CONTEXT, "type": "Collection", "member": found[:limit]})
    return _linked(reply, request, found[limit - 1] if len(found) > limit else None)


@router.get("/{resource}/{member:path}/events", summary="Events that name it")
def events_of_member(
    resource: Resource, member: str, actor: Reader, db: Db, *, now: Now, request: Request
) -> Response:
    asked = _asked(request)
    name = naming.ASKED_BY[resource]
    if name in asked:
        raise EpcisFault.parameter(name, "The address says this already.")
    return _answer(request, db, actor, now, asked | {name: [member]}, "SimpleEventQuery")


@router.options("/{anywhere:path}", status_code=204, summary="Versions and limits")
def versions(anywhere: str, actor: Reader) -> Response:  # noqa: ARG001 - the same for every address
    return Response(status_code=204, headers={"Allow": "GET, POST, DELETE, OPTIONS"} | LIMITS)


def _answer(
    request: Request, db: Db, actor: Actor, now: datetime, asked: Mapping[str, list[str]], query_name: str
) -> Response:
    limit = querying.per_page(asked)
    query: Query = read_query({name: each for name, each in asked.items() if name not in querying.PAGING})
    page = find(db, actor.organisation_id, query, limit=limit, token=_single(asked, "nextPageToken"))
    reply = JSONResponse(
        {
            "@context": [CONTEXT],
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": told(now),
            "epcisBody": {
                "queryResults": {"queryName": query_name, "resultsBody": {"eventList": page.events}}
            },
        },
    )
    return _linked(reply, request, page.next_token)


def _linked(reply: Response, request: Request, token: str | None) -> Response:
    """With the address of the next page, where there is one."""
    if token is not None:
        kept = [
            (name, value) for name, value in request.query_params.multi_items() if name != "nextPageToken"
        ]
        path = quote(
            request.scope["raw_path"].decode("ascii", "replace").split("?")[0], safe="/%:;=@!$&'()*+,~"
        )
        reply.headers["Link"] = f'<{path}?{urlencode([*kept, ("nextPageToken", token)])}>; rel="next"'
        reply.headers["GS1-Next-Page-Token-Expires"] = PAGE_EXPIRES
    return reply


def _asked(request: Request) -> dict[str, list[str]]:
    """Query parameters as lists: a name may be repeated, and its values be parted by commas."""
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        parts = [value] if name == "nextPageToken" else [part for part in value.split(",") if part]
        found.setdefault(name, []).extend(parts or [value])
    return found


def _single(asked: Mapping[str, list[str]], name: str) -> str | None:
    values = asked.get(name)
    if values and (len(values) > 1 or "\0" in values[0]):
        raise EpcisFault.parameter(name, querying.NOT_TO_PAGE)
    return values[0] if values else None


def _uuid(token: str | None) -> UUID | None:
    try:
        return UUID(token) if token else None
    except ValueError:
        raise EpcisFault.parameter("nextPageToken", querying.NOT_TO_PAGE) from None


def _named(db: Db, actor: Actor, name: str) -> NamedQuery:
    if "\0" in name or (kept := db.get(NamedQuery, (actor.organisation_id, name))) is None:
        raise EpcisFault(
            Missing.detail,
            code="epcisException:NoSuchNameException",
            title="Not found",
            status=HTTPStatus.NOT_FOUND,
        )
    return kept


def _job(job: Capture) -> dict[str, Any]:
    """A job that is here has stored all it had: what could not be stored whole was refused at once."""
    at = told(job.at)
    return {
        "captureID": str(job.id),
        "createdAt": at,
        "finishedAt": at,
        "running": False,
        "success": True,
        "captureErrorBehaviour": "rollback",
        "errors": [],
    }


def _only_rollback(request: Request) -> None:
    if request.headers.get("GS1-Capture-Error-Behaviour", "rollback") != "rollback":
        raise EpcisFault(
            "Documents are taken whole or not at all: say rollback in GS1-Capture-Error-Behaviour.",
            code="epcisException:ImplementationException",
            title="Not done here",
            status=HTTPStatus.NOT_IMPLEMENTED,
        )
