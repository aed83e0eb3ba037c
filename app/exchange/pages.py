"""The page of exchange rates: which are used, where they are from, and how old they are."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from app.exchange import service
from app.pages import language_of, page
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.transaction import Db, Now

router = page_router()


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
