"""Pages for everybody: the front page, and how the platform answers to outsiders."""

from types import SimpleNamespace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from app.accountability import figures
from app.errors import Missing
from app.language import Language
from app.pages import language_of, page
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.settings import Settings
from app.transaction import Db, Now
from certification import standards

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]
SHOWN_SAVINGS = 6


@router.get("/")
def front(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    known = figures.figures(db, now)
    lang = language_of(request)
    _ = lang.text
    return page(
        request,
        "accountability/front.html",
        known=known,
        rows=_savings(known.savings[:SHOWN_SAVINGS], lang),
        saved_stats=[
            {
                "value": lang.money(amount, currency),
                "label": _("saved by pooling so far"),
                "href": "/accountability",
            }
            for currency, amount in known.saved().items()
        ],
    )


@router.get("/accountability")
def accountability(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    known = figures.figures(db, now)
    lang = language_of(request)
    decided = figures.decisions(db)
    return page(
        request,
        "accountability/accountability.html",
        known=known,
        rows=_savings(known.savings, lang),
        decided=decided,
        outcome_rows=[
            [outcomes(lang).get(outcome, outcome), lang.number(count)]
            for outcome, count in decided.outcomes.items()
        ],
        region_rows=[
            [lang.text(region), lang.number(producers), lang.number(others)]
            for region, (producers, others) in figures.by_region(db).items()
        ],
        standards=standards(),
    )


@router.get("/design")
def design(request: Request, _visitor: Visitor) -> Response:
    """Every part of every page; not in production."""
    config: Settings = request.app.state.settings
    if config.environment == "production":
        raise Missing
    return page(request, "design.html")


def outcomes(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {
        "certify": _("certified"),
        "certify_with_conditions": _("certified with conditions"),
        "refuse": _("refused"),
        "suspend": _("suspended"),
        "reinstate": _("reinstated"),
        "confirm": _("confirmed"),
        "withdraw": _("withdrawn"),
    }


def _savings(savings: tuple[figures.Saving, ...], lang: Language) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            label=each.title,
            alone=each.alone,
            pooled=each.pooled,
            alone_text=lang.money(each.alone, each.currency),
            pooled_text=lang.money(each.pooled, each.currency),
            saved_text=lang.money(each.saved, each.currency),
        )
        for each in savings
    ]
