"""Pages for everybody: the front page, and how the platform answers to outsiders."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from app.accountability import figures, held
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
"""The newest, on the front page the largest share first: currencies cannot be ranked by amounts."""


@router.get("/")
def front(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    known = figures.figures(db, now)
    lang = language_of(request)
    _ = lang.text
    return page(
        request,
        "accountability/front.html",
        known=known,
        rows=_savings(sorted(known.savings[:SHOWN_SAVINGS], key=lambda each: -each.share), lang),
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
    config: Settings = request.app.state.settings
    today = held.today(db, config, now=now)
    return page(
        request,
        "accountability/accountability.html",
        known=known,
        today=today,
        promises=_promises(today, config, lang),
        missing=[
            {
                "text": missing_words(lang)[each.what] % {"which": ", ".join(map(lang.text, each.which))},
                "href": each.href,
            }
            for each in held.missing(db, today, now=now)
        ],
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


def _promises(today: held.Today, config: Settings, lang: Language) -> list[list[Any]]:
    """A line for each area: what was promised, how it stands, what is overdue."""
    _, number = lang.text, lang.number
    lines = [
        (
            _("Documents"),
            "/documents",
            _("published within %(n)s days of adoption") % {"n": config.publish_days},
            _("%(n)s published, %(late)s of them late; %(waiting)s waiting")
            % {
                "n": number(today.documents_published),
                "late": number(today.documents_late),
                "waiting": number(today.documents_waiting),
            },
            today.documents_overdue,
        ),
        (
            _("Consultations"),
            "/consultations",
            _("answered within %(n)s days of their end") % {"n": config.consultation_rules.answer_days},
            _("%(n)s open to comments") % {"n": number(today.consultations_open)},
            today.consultations_overdue,
        ),
        (
            _("Complaints"),
            "/complaints",
            _("a deadline for each stage"),
            _("%(n)s open") % {"n": number(today.complaints_open)},
            today.complaints_overdue,
        ),
        (
            _("Votes"),
            "/votes",
            _("counted on the day after they end; nobody stays beyond a term"),
            _("%(n)s open; %(members)s full members")
            % {"n": number(today.votes_open), "members": number(today.members)},
            today.votes_overdue + today.terms_over,
        ),
        (
            _("Corrections after audits"),
            "/registry",
            _("verified by the day that was set"),
            "",
            today.corrections_overdue,
        ),
        (
            _("Transparency log"),
            "/log",
            _("signed within the hour, hashed again each day"),
            _("%(n)s entries, signed %(when)s")
            % {
                "n": number(today.log_size),
                "when": lang.moment(today.log_signed_at) if today.log_signed_at else _("never"),
            },
            today.log_overdue + today.log_faults,
        ),
        (
            _("Witnesses of the log"),
            "/log/witnesses",
            _("outsiders who sign that it only grows"),
            _("%(n)s, of whom %(signed)s signed the newest")
            % {"n": number(today.witnesses), "signed": number(today.witnessed)},
            0,
        ),
    ]
    return [
        [
            {"text": label, "href": href},
            promise,
            stands or "–",
            {"text": number(late), "tag": "bad"} if late else {"text": _("none"), "tag": "good"},
        ]
        for label, href, promise, stands, late in lines
    ]


def missing_words(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {
        "no constitution": _("No constitution is published."),
        "no rules": _("No rules are published."),
        "no minutes": _("No minutes of a meeting are published."),
        "standard not consulted on": _(
            "The standard in force, %(which)s, was not adopted after a consultation here."
        ),
        "no board": _("No board is elected now for: %(which)s."),
        "no member": _("No full member, so no vote, in: %(which)s."),
        "no witness": _("Nobody outside watches the transparency log yet. Anybody can."),
        "no cosignature": _("No witness has signed the newest checkpoint of the log."),
        "log never checked": _("The log has not been hashed again yet."),
        "no shelf price": _(
            "What shops ask for the goods is not known here: prices are told from maker to buyer."
        ),
    }


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


def _savings(savings: Sequence[figures.Saving], lang: Language) -> list[SimpleNamespace]:
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
