"""GET /health: whether each part answers, for people and for machines that watch."""

import obstore
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db import Sessions
from app.files import Store
from app.permissions import Anybody
from app.tlog import checking

router = APIRouter(tags=["platform"])


@router.get(
    "/health",
    summary="Database, queue, storage and migration level",
    dependencies=[Depends(Anybody("health.read"))],
)
def health(request: Request) -> JSONResponse:
    """200 when all parts answer, 503 when one does not. Outside the request's transaction: it must answer
    when there is no database.
    """
    sessions: Sessions = request.app.state.sessions
    store: Store = request.app.state.store
    parts = {"storage": _storage(store)}
    try:
        with sessions() as session:
            parts["database"] = "ok"
            parts["migration"] = str(
                session.execute(text("SELECT version_num FROM alembic_version")).scalar()
            )
            waiting = session.execute(
                text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"),
            ).scalar()
            parts["queue"] = f"{waiting} waiting"
            check = checking.latest(session)
            parts["log"] = f"alarm: {check.faults[0]}" if check and check.faults else "ok"
    except DBAPIError:
        parts["database"] = "does not answer"
    well = parts["storage"] == "ok" and parts.get("database") == "ok" and "queue" in parts
    alarm = parts.get("log", "ok") != "ok"  # for people: no restart mends it, so everything goes on
    return JSONResponse(
        {"status": "failing" if not well else "alarm" if alarm else "ok", **parts}, 200 if well else 503
    )


def _storage(store: Store) -> str:
    try:
        obstore.list_with_delimiter(store)
    except (OSError, obstore.exceptions.BaseError) as fault:
        return f"fails: {type(fault).__name__}"
    return "ok"
