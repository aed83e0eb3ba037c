"""Pages of certification."""

from app.audits import (
    pages_assessment,
    pages_console,
    pages_decision,
    pages_evidence,
    pages_producer,
    pages_programme,
    pages_public,
    pages_queue,
    pages_steps,
)
from app.routes import page_router

router = page_router()
for part in (
    pages_producer,
    pages_assessment,
    pages_evidence,
    pages_queue,
    pages_console,
    pages_programme,
    pages_steps,
    pages_decision,
    pages_public,
):
    router.include_router(part.router)
