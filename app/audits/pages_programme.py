"""The programme in figures: how long decisions take, what audits find, what is late, who is certified."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

import certification as engine
from app.audits import figures
from app.audits.showing import shown
from app.forms import Form
from app.organisations.regions import Region
from app.pages import language_of
from app.permissions import Actor, Needs
from app.routes import page_router
from app.transaction import Db, Now
from certification import Verdict

router = page_router()

Reader = Annotated[Actor, Depends(Needs("programme.read"))]


@router.get("/programme")
def programme(request: Request, _actor: Reader, db: Db, now: Now, *, region: str = "") -> Response:
    where = region if region in set(Region) else ""
    lang, on = language_of(request), now.date()
    late, late_in_all = figures.overdue(db, where, on=on)
    found = figures.by_principle(db, where)
    standings = figures.certificates(db, where, on=on)
    return shown(
        request,
        "audits/programme.html",
        form=Form.empty(region=where),
        where=where,
        regions=[(each.value, lang.text(each.value)) for each in Region],
        durations=figures.durations(db, where),
        width=figures.WIDTH,
        late=late,
        late_in_all=late_in_all,
        principles=_principles(found),
        found_regions=_regions(found),
        standings=standings,
        active=sum(each.active for each in standings),
    )


def _principles(found: dict[tuple[int, str], dict[Verdict, int]]) -> list[dict[str, Any]]:
    """Findings of each principle over all regions; the titles are those of the newest standard."""
    titles = {each.number: each.title for each in engine.standards()[-1].principles}
    return [
        {
            "label": f"{number} {titles.get(number, '')}".strip(),
            "counts": _added(counts for (of, _), counts in found.items() if of == number),
        }
        for number in sorted({number for number, _ in found})
    ]


def _regions(found: dict[tuple[int, str], dict[Verdict, int]]) -> list[dict[str, Any]]:
    return [
        {
            "region": region,
            "counts": _added(counts for (_, where), counts in found.items() if where == region),
        }
        for region in sorted({where for _, where in found})
    ]


def _added(several: Any) -> dict[Verdict, int]:
    total = dict.fromkeys(Verdict, 0)
    for counts in several:
        for verdict, count in counts.items():
            total[verdict] += count
    return total
