"""Pages of open data: the list, one data set with its dictionary, its files, a report by year, the feed."""

from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response, StreamingResponse

from app.accountability import figures
from app.accountability.pages import outcomes
from app.errors import Missing
from app.opendata import changes, files, report
from app.opendata.datasets import DATASETS, LEAST, LICENCE, LICENCE_ADDRESS, Dataset
from app.pages import language_of, page
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.transaction import Db, Now

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]


def _one(name: str) -> Dataset:
    if name not in DATASETS:
        raise Missing
    return DATASETS[name]


def _shown(request: Request, template: str, **context: Any) -> Response:
    return page(
        request,
        f"opendata/{template}",
        datasets=list(DATASETS.values()),
        least=LEAST,
        licence=LICENCE,
        licence_address=LICENCE_ADDRESS,
        **context,
    )


@router.get("/open-data")
def everything(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    found = changes.changes(db, language_of(request), now=now)
    return _shown(request, "everything.html", changes=found[:8], years=report.years(db, now=now))


@router.get("/open-data/changes.xml")
def feed(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    found = changes.changes(db, language_of(request), now=now)
    return Response(
        changes.atom(found, request.app.state.settings.address), media_type="application/atom+xml"
    )


@router.get("/open-data/report/{year}")
def by_year(request: Request, year: int, _visitor: Visitor, db: Db, now: Now) -> Response:
    known = report.years(db, now=now)
    if year not in known:
        raise Missing
    found, lang = report.report(db, year, now=now), language_of(request)
    names = outcomes(lang)
    regions = figures.by_region(db) if year == now.year else {}
    return _shown(
        request,
        "report.html",
        found=found,
        years=known,
        decision_bars=[_bar(lang, names.get(each, each), n) for each, n in found.decisions.items()],
        region_bars=[_bar(lang, lang.text(each), sum(both)) for each, both in regions.items()],
        turnout_bars=[
            SimpleNamespace(
                label=title,
                value=100 * cast / members,
                text=lang.percent(cast / members),
            )
            for title, (members, cast) in found.turnout.items()
        ],
        saved_rows=[
            SimpleNamespace(
                label=currency,
                alone=alone,
                pooled=pooled,
                alone_text=lang.money(alone, currency),
                pooled_text=lang.money(pooled, currency),
                saved_text=lang.money(alone - pooled, currency),
            )
            for currency, (alone, pooled) in found.saved.items()
        ],
    )


def _bar(lang: Any, label: str, count: int) -> SimpleNamespace:
    return SimpleNamespace(label=label, value=count, text=lang.number(count))


@router.get("/open-data/{dataset}")
def one(request: Request, dataset: str, _visitor: Visitor) -> Response:
    return _shown(request, "one.html", dataset=_one(dataset))


@router.get("/open-data/{dataset}/data.csv")
def as_csv(request: Request, dataset: str, _visitor: Visitor, now: Now) -> Response:
    found = _one(dataset)
    rows = found.rows(request.app.state.sessions, now)
    return StreamingResponse(files.as_csv(found, rows), media_type="text/csv", headers=_headers(found, "csv"))


@router.get("/open-data/{dataset}/data.json")
def as_json(request: Request, dataset: str, _visitor: Visitor, now: Now) -> Response:
    found = _one(dataset)
    lines = files.as_json(found, found.rows(request.app.state.sessions, now), now=now)
    return StreamingResponse(lines, media_type="application/json", headers=_headers(found, "json"))


@router.get("/open-data/{dataset}/dictionary.csv")
def dictionary(dataset: str, _visitor: Visitor) -> Response:
    found = _one(dataset)
    return StreamingResponse(
        files.dictionary(found), media_type="text/csv", headers=_headers(found, "dictionary.csv")
    )


def _headers(dataset: Dataset, end: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="fairhaul-{dataset.name}.{end}"',
        "Link": f'<{LICENCE_ADDRESS}>; rel="license"',
    }
