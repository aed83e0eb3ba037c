"""Public pages of customs: what duty is due on a lane, whether goods originate, and a guide for producers."""

from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from app.catalogue.service import CURRENCIES
from app.errors import Faulty, Refusal
from app.forms import Form
from app.language import Language
from app.pages import language_of, page
from app.permissions import Anybody
from app.routes import page_router
from app.shipping import customs, customs_words
from app.transaction import Db, Now
from logistics.customs import (
    MEMBERS,
    QUESTIONS,
    Answer,
    CodeTooShort,
    CustomsFault,
    Destination,
    destination_of,
    find_origin,
    shown,
    within_union,
)

router = page_router()
LARGEST_WEIGHT: Final = 10**9
PUBLIC = [Depends(Anybody())]
Typed = Annotated[str, Query(max_length=40)]
# What people look for, and the code from which they go on
EXAMPLES: Final = (
    ("090111", "Coffee, green"),
    ("090121", "Coffee, roasted"),
    ("180100", "Cocoa beans"),
    ("180500", "Cocoa powder"),
    ("090230", "Black tea"),
    ("040900", "Honey"),
    ("080132", "Cashew nuts"),
    ("630130", "Cotton blankets"),
    ("460219", "Baskets"),
    ("441990", "Wooden tableware"),
    ("442019", "Wood carvings"),
)


@router.get("/duties", dependencies=PUBLIC)
def duties(
    request: Request,
    db: Db,
    now: Now,
    *,
    hs_code: Typed = "",
    origin: Typed = "",
    to: Typed = "",
    value: Typed = "",
    currency: Typed = "USD",
    weight: Typed = "",
    pieces: Typed = "",
    on: Typed = "",
) -> Response:
    lang = language_of(request)
    form = Form(
        {
            "hs_code": hs_code,
            "origin": origin,
            "to": to,
            "value": value,
            "currency": currency,
            "weight": weight,
            "pieces": pieces,
            "on": on or str(now.date()),
        },
        text=lang.text,
    )
    shows: dict[str, Any] = {"answer": None, "choices": []}
    status = 200
    if hs_code or to:
        try:
            shows |= _answer(db, form, lang, now.date())
        except Refusal as refusal:
            if isinstance(refusal, Faulty):
                form.take(refusal)
            else:
                form.fault("", lang.text(refusal.detail))
            status = 422
    return page(
        request,
        "shipping/duties.html",
        status=status,
        form=form,
        currencies=[(each, each) for each in CURRENCIES],
        origins=customs_words.origins(lang),
        destinations=_destinations(lang),
        examples=[(code, lang.text(words)) for code, words in EXAMPLES],
        **shows,
    )


def _answer(db: Db, form: Form, lang: Language, today: date) -> dict[str, Any]:
    _ = lang.text
    to = form.choice("to", {code for code, _name in _destinations(lang)}, _("Choose where the goods go."))
    origin = form.choice(
        "origin", {code for code, _name in customs_words.origins(lang)}, _("Choose where they were made.")
    )
    currency = form.choice("currency", set(CURRENCIES), _("Choose a currency."))
    value = form.money("value", currency, _("Enter what the goods are worth.")) if currency else 0
    weight: int | None = None
    if form.raw("weight"):
        weight = form.measure("weight", "", to_base=1000, unit="kg", most=LARGEST_WEIGHT)
    pieces = form.integer("pieces") if form.raw("pieces") else None
    on = form.day("on", _("Enter the day on which they arrive."))
    form.check()
    assert on is not None
    if within_union(origin, to):
        form.fault("to", _("Goods that stay within one customs territory bear no duty."))
        form.check()
    hs_code = form.raw("hs_code")
    try:
        found, rate = customs.answer(
            db,
            hs_code=hs_code,
            origin=origin,
            to=to,
            value=value,
            currency=currency,
            weight_g=weight,
            pieces=pieces,
            on=on,
            today=today,
        )
    except CodeTooShort as short:
        form.fault("hs_code", customs_words.fault_words(short, lang))
        return {"choices": _choices(db, form, hs_code, destination_of(to), on)}
    except CustomsFault as fault:
        form.fault("hs_code", customs_words.fault_words(fault, lang))
        form.check()
        raise
    return {"answer": customs_words.result(found, rate, lang)}


def _choices(
    db: Db, form: Form, hs_code: str, destination: Destination, on: date
) -> list[tuple[str, str, str]]:
    """(address, code, words) of each line below a code."""
    tariff = customs.tariff_for(db, destination, hs_code, on)
    return [
        (
            "/duties?" + urlencode({**form.values, "hs_code": line.code}),
            shown(line.code),
            line.description,
        )
        for line in tariff.choices(destination, hs_code, on)
    ]


def _destinations(lang: Language) -> list[tuple[str, str]]:
    return sorted(((code, lang.country(code)) for code in (*MEMBERS, "US", "GB")), key=lambda each: each[1])


@router.get("/duties/guide", dependencies=PUBLIC)
def guide(request: Request, db: Db) -> Response:
    return page(request, "shipping/customs_guide.html", files=customs.files_held(db))


@router.get("/duties/origin", dependencies=PUBLIC)
def origin(
    request: Request,
    *,
    wholly_obtained: Typed = "",
    sufficiently_worked: Typed = "",
    more_than_minimal: Typed = "",
    unaltered_on_the_way: Typed = "",
) -> Response:
    lang = language_of(request)
    typed = {
        "wholly_obtained": wholly_obtained,
        "sufficiently_worked": sufficiently_worked,
        "more_than_minimal": more_than_minimal,
        "unaltered_on_the_way": unaltered_on_the_way,
    }
    answers = {key: Answer(value) for key, value in typed.items() if value in set(Answer)}
    found = find_origin(answers) if answers else None
    return page(
        request,
        "shipping/origin.html",
        form=Form(typed, text=lang.text),
        questions=[(each.key, lang.text(each.words), lang.text(each.help)) for each in QUESTIONS],
        options=[(each, customs_words.answer_words(each, lang)) for each in Answer],
        finding=found and lang.text(found.why),
        criterion=found.criterion if found else "",
        verdict=found and customs_words.outcome_words(found.outcome, lang),
        tone=found and customs_words.TONES[found.outcome],
    )
