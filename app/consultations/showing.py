"""What the pages of consultations share."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from app.errors import Faulty, Refusal
from app.forms import Form
from app.language import Language
from app.pages import language_of, page

FormData = Annotated[Form, Depends(Form.read)]


def kinds(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {
        "producer": _("Maker or grower"),
        "worker": _("Worker"),
        "buyer": _("Buyer, shop or brand"),
        "hub": _("Hub"),
        "certification body": _("Certification body"),
        "civil society": _("Civil society, union or research"),
        "authority": _("Public authority"),
        "person": _("Somebody else"),
        "platform": _("The platform"),
    }


def missing(lang: Language) -> dict[str, str]:
    """Whose voice is missing, in words."""
    _ = lang.text
    return {
        "the South": _("people of Africa, Asia and Latin America"),
        "producers": _("makers, growers and workers"),
    }


def shown(request: Request, template: str, *, status: int = 200, **context: object) -> Response:
    lang = language_of(request)
    return page(
        request,
        f"consultations/{template}",
        status=status,
        kinds=kinds(lang),
        missing_words=missing(lang),
        rules=request.app.state.settings.consultation_rules,
        **context,
    )


def told(request: Request, form: Form, refusal: Refusal) -> int:
    if isinstance(refusal, Faulty) and refusal.fields:
        form.take(refusal)
    else:
        form.fault("", language_of(request).text(refusal.detail))
    return int(refusal.status)
