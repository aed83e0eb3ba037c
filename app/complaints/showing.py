"""What the pages of complaints share."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from app.complaints import words
from app.complaints.messages import Attached
from app.errors import Faulty, Refusal
from app.forms import Form
from app.pages import language_of, page

FormData = Annotated[Form, Depends(Form.read)]


def shown(request: Request, template: str, *, status: int = 200, **context: object) -> Response:
    lang = language_of(request)
    return page(
        request,
        f"complaints/{template}",
        status=status,
        states=words.states(lang),
        actions=words.actions(lang),
        abouts=words.abouts(lang),
        outcomes=words.outcomes(lang),
        deadlines=request.app.state.settings.complaint_deadlines,
        **context,
    )


def told(request: Request, form: Form, refusal: Refusal) -> int:
    """Put a refusal into the form; give the status."""
    if isinstance(refusal, Faulty) and refusal.fields:
        form.take(refusal)
    else:
        form.fault("", language_of(request).text(refusal.detail))
    return int(refusal.status)


def attached(form: Form) -> Attached | None:
    file = form.files.get("file")
    return Attached(file.filename or "", file.file) if file else None
