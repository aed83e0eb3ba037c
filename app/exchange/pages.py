"""The page of exchange rates: which are used, where they are from, and how old they are."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Faulty
from app.exchange import buying, service
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.transaction import Db, Now

router = page_router()
FormData = Annotated[Form, Depends(Form.read)]
Treasurer = Annotated[Actor, Depends(Needs("payout.make"))]


@router.get("/exchange-rates")
def rates(
    request: Request, db: Db, now: Now, _actor: Annotated[Actor | None, Depends(Anybody())]
) -> Response:
    lang = language_of(request)
    rows = []
    for each in service.latest(db):
        age = (now.date() - each.day).days
        words = lang.texts_by_number("%(num)s day old", "%(num)s days old", age) % {"num": age}
        rows.append(
            [
                {"text": each.currency, "sub": lang.locale.currencies.get(each.currency, "")},
                f"{each.base} 1 = {each.currency} {lang.number(each.rate, 4 if each.rate < 1000 else 2)}",
                lang.day(each.day),
                {"text": words, "tag": "warn" if age > service.OLD_DAYS else ""},
                each.source,
            ]
        )
    return page(request, "exchange/rates.html", rows=rows, old_days=service.OLD_DAYS)


@router.get("/exchange-rates/bought")
def bought(request: Request, db: Db, now: Now, _actor: Treasurer) -> Response:
    return _bought(request, db, Form.empty(on=str(now.date())))


@router.post("/exchange-rates/bought")
def book_bought(request: Request, form: FormData, db: Db, now: Now, actor: Treasurer) -> Response:
    _ = language_of(request).text
    known = {code for code, _name in _currencies(db, request)}
    sold_in = form.choice("sold_in", known, _("Choose the currency that was sold."))
    bought_in = form.choice("bought_in", known, _("Choose the currency that was bought."))
    sold = form.money("sold", sold_in, _("Enter what was sold."), most=buying.LARGEST) if sold_in else 0
    got = (
        form.money("bought", bought_in, _("Enter what was bought."), most=buying.LARGEST) if bought_in else 0
    )
    on = form.day("on", _("Enter the day."))
    try:
        form.check()
        assert on is not None
        said = buying.BoughtSaid(sold, sold_in, got, bought_in, on, form.raw("reference"))
        buying.book(db, actor, said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _bought(request, db, form, 422)
    return go("/exchange-rates/bought", "saved")


def _currencies(db: Session, request: Request) -> list[tuple[str, str]]:
    """Those of rates, which are all that can be exchanged."""
    names = language_of(request).locale.currencies
    codes = {code for each in service.latest(db) for code in (each.base, each.currency)}
    return [(code, f"{code}, {names.get(code, code)}") for code in sorted(codes)]


def _bought(request: Request, db: Session, form: Form, status: int = 200) -> Response:
    return page(
        request,
        "exchange/bought.html",
        status=status,
        form=form,
        positions=buying.positions(db),
        currencies=_currencies(db, request),
    )
