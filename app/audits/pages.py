"""Pages of certification."""

from app.audits import pages_assessment, pages_evidence, pages_producer
from app.routes import page_router

router = page_router()
for part in (pages_producer, pages_assessment, pages_evidence):
    router.include_router(part.router)
