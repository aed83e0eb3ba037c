"""The audit report as a PDF, on a page's address and the API's."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import Response

from app.audits import report
from app.permissions import Actor, Needs
from app.routes import api_router, page_router
from app.serving import SEALED
from app.transaction import Db

router = page_router()
api = api_router("certification")

Reader = Annotated[Actor, Depends(Needs("evidence.read"))]


@router.get("/cases/{case_id}/report.pdf")
def as_paper(case_id: UUID, actor: Reader, db: Db) -> Response:
    return _paper(case_id, actor, db)


@api.get(
    "/cases/{case_id}/report",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The report"}},
)
def report_file(case_id: UUID, actor: Reader, db: Db) -> Response:
    """The audit report as a PDF, once the audit is concluded."""
    return _paper(case_id, actor, db)


def _paper(case_id: UUID, actor: Actor, db: Db) -> Response:
    kept = report.readable(db, actor, case_id)
    return Response(
        report.audit_report(db, kept),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="audit-report-{kept.organisation.slug}.pdf"',
            "Content-Security-Policy": SEALED,
        },
    )
