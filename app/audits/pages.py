"""Pages of certification."""

from app.audits import (
    pages_assessment,
    pages_certificate,
    pages_console,
    pages_decision,
    pages_evidence,
    pages_life,
    pages_offline,
    pages_producer,
    pages_programme,
    pages_public,
    pages_queue,
    pages_report,
    pages_steps,
)
from app.routes import page_router

router = page_router()
for part in (
    pages_producer,
    pages_assessment,
    pages_evidence,
    pages_offline,
    pages_queue,
    pages_console,
    pages_programme,
    pages_steps,
    pages_report,
    pages_decision,
    pages_life,
    pages_certificate,
    pages_public,
):
    router.include_router(part.router)
