"""`create_app()`: the only wiring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from app import errors, files, health, logs
from app.accountability import pages as accountability_pages
from app.audits import api as audits_api
from app.audits import pages as audits_pages
from app.cards import api as cards_api
from app.cards import pages as cards_pages
from app.catalogue import api as catalogue_api
from app.catalogue import pages as catalogue_pages
from app.claims import api as claims_api
from app.claims import pages as claims_pages
from app.complaints import api as complaints_api
from app.complaints import pages as complaints_pages
from app.consultations import api as consultations_api
from app.consultations import pages as consultations_pages
from app.credentials import api as credentials_api
from app.credentials import pages as credentials_pages
from app.db import Clock, Sessions, database_url, make_engine, make_sessions, utc_now
from app.documents import api as documents_api
from app.documents import pages as documents_pages
from app.epcis import api as epcis_api
from app.epcis import identity_api as epcis_identity_api
from app.epcis import pages as epcis_pages
from app.exchange import api as exchange_api
from app.exchange import pages as exchange_pages
from app.freight import api as freight_api
from app.freight import pages as freight_pages
from app.impact import api as impact_api
from app.impact import pages as impact_pages
from app.ledger import api as ledger_api
from app.ledger import pages as ledger_pages
from app.ledger import statement_api
from app.middleware import Around
from app.opendata import api as opendata_api
from app.opendata import pages as opendata_pages
from app.organisations import api as organisations_api
from app.organisations import pages as organisations_pages
from app.pages import error_page
from app.parcels import api as parcels_api
from app.parcels import pages as parcels_pages
from app.payouts import api as payouts_api
from app.payouts import pages as payouts_pages
from app.planning import api as planning_api
from app.planning import pages as planning_pages
from app.plots import api as plots_api
from app.plots import pages as plots_pages
from app.routes import Problem
from app.settings import Settings, settings
from app.shipping import api as shipping_api
from app.shipping import pages as shipping_pages
from app.standing import api as standing_api
from app.standing import pages as standing_pages
from app.stories import api as stories_api
from app.stories import pages as stories_pages
from app.tlog import api as tlog_api
from app.tlog import pages as tlog_pages
from app.trade import api as trade_api
from app.trade import pages as trade_pages
from app.transaction import TransactionalRoute
from app.votes import api as votes_api
from app.votes import pages as votes_pages
from app.webhooks import api as webhooks_api
from app.webhooks import pages as webhooks_pages

DESCRIPTION = """
Everything that a page can do, this API can do. Send a token as `Authorization: Bearer fh_...`
(`fairhaul token EMAIL --scope ...` makes one). Amounts are integers in minor units, weights grams, volumes
cubic centimetres, times UTC. Faults are problem documents (RFC 9457);
a POST can be repeated safely with `Idempotency-Key`.
"""


def create_app(
    given: Settings | None = None, sessions: Sessions | None = None, clock: Clock = utc_now
) -> FastAPI:
    """The whole application. Tests give settings, sessions and a clock; a server needs none of them."""
    config = given or settings()
    logs.configure(as_json=config.log_json)
    sessions = sessions or make_sessions(make_engine(database_url(config)))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        bind = sessions.kw.get("bind")
        if bind is not None and given is None:
            bind.dispose()

    app = FastAPIOffline(
        title="Fairhaul",
        version="1",
        summary="Certify producers, pool small orders, split the cost so that nobody pays more than alone.",
        description=DESCRIPTION,
        docs_url="/docs",
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = config
    app.state.sessions = sessions
    app.state.clock = clock
    app.state.store = files.open_store(config)
    app.router.route_class = TransactionalRoute
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    for slice_api in (
        organisations_api,
        audits_api,
        catalogue_api,
        trade_api,
        claims_api,
        standing_api,
        impact_api,
        shipping_api,
        freight_api,
        planning_api,
        ledger_api,
        statement_api,
        cards_api,
        payouts_api,
        exchange_api,
        epcis_identity_api,
        plots_api,
        stories_api,
        credentials_api,
        complaints_api,
        documents_api,
        consultations_api,
        tlog_api,
        votes_api,
        webhooks_api,
        parcels_api,
        opendata_api,
    ):
        app.include_router(slice_api.router, prefix="/api")
    app.include_router(epcis_api.router)  # where the standard puts it
    for slice_pages in (
        accountability_pages,
        organisations_pages,
        audits_pages,
        credentials_pages,
        catalogue_pages,
        trade_pages,
        claims_pages,
        standing_pages,
        impact_pages,
        shipping_pages,
        freight_pages,
        planning_pages,
        parcels_pages,
        epcis_pages,
        plots_pages,
        stories_pages,
        ledger_pages,
        payouts_pages,
        cards_pages,
        exchange_pages,
        complaints_pages,
        documents_pages,
        consultations_pages,
        tlog_pages,
        votes_pages,
        webhooks_pages,
        opendata_pages,
    ):
        app.include_router(slice_pages.router, include_in_schema=False)
    app.include_router(health.router)
    errors.install(app, error_page)
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.add_middleware(Around)
    describe_problems(app)
    return app


def describe_problems(app: FastAPI) -> None:
    """Put into the API's description what every operation has: the token, and the problem document."""
    original = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        described = original()
        components = described["components"]
        components["schemas"]["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        components["schemas"] |= components["schemas"]["Problem"].pop("$defs")
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{}, {"token": []}]
        return described

    app.openapi = openapi  # type: ignore[method-assign]
