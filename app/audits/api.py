"""JSON routes of certification."""

from app.audits import (
    api_cases,
    api_console,
    api_life,
    api_offline,
    api_producer,
    api_public,
    api_uploads,
    pages_report,
)
from app.routes import api_router

router = api_router("certification")
for part in (api_producer, api_uploads, api_cases, api_console, api_life, api_offline, api_public):
    router.include_router(part.router)
router.include_router(pages_report.api)
