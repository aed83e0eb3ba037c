"""What the pages of this slice share: who may, how a page is shown, how a refusal is told in a form."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

import certification as engine
from app.audits.words import Words
from app.errors import Faulty, Refusal
from app.forms import Form
from app.pages import language_of, page
from app.permissions import Actor, Needs

Reader = Annotated[Actor, Depends(Needs("case.read-own"))]
Answerer = Annotated[Actor, Depends(Needs("case.answer"))]
CaseReader = Annotated[Actor, Depends(Needs("case.read"))]
Manager = Annotated[Actor, Depends(Needs("case.assign"))]
Auditor = Annotated[Actor, Depends(Needs("case.audit"))]
Decider = Annotated[Actor, Depends(Needs("case.decide"))]
Declarer = Annotated[Actor, Depends(Needs("interest.declare"))]
Corrector = Annotated[Actor, Depends(Needs("case.correct"))]
Owner = Annotated[Actor, Depends(Needs("case.appeal"))]
Hearer = Annotated[Actor, Depends(Needs("case.hear"))]
Reviewer = Annotated[Actor, Depends(Needs("case.review"))]


async def read_form(request: Request) -> AsyncIterator[Form]:
    """What was typed; files that came with it are closed after the reply."""
    try:
        yield await Form.read(request)
    finally:
        await request.close()


FormData = Annotated[Form, Depends(read_form)]


def shown(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page of this slice: with its words."""
    return page(request, template, status=status, words=Words(language_of(request)), engine=engine, **context)


def told(request: Request, form: Form, refusal: Refusal) -> int:
    """Take a refusal into a form that is shown again; gives the status of the reply."""
    if isinstance(refusal, Faulty):
        form.take(refusal)
    else:
        form.fault("", Words(language_of(request)).refusal(refusal))
    return int(refusal.status)


def named(step: Callable[[], object], **fields: str) -> Callable[[], object]:
    """The same step, its faults told at these fields: several forms of a page ask for reasons."""

    def renamed() -> object:
        try:
            return step()
        except Faulty as refusal:
            raise Faulty(
                fields={fields.get(name, name): words for name, words in refusal.fields.items()}
            ) from refusal

    return renamed
