"""Pages for everybody: the registry, a certificate, and the standards that it speaks of."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import Response

import certification as engine
from app.audits import registry
from app.audits.api_public import find_standard
from app.audits.showing import shown
from app.audits.words import Words
from app.forms import Form
from app.organisations.regions import REGION_OF, Region
from app.pages import go, language_of
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.transaction import Db, Now
from certification import PublicState, Verdict

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]


@router.get("/registry")
def search(
    request: Request,
    _visitor: Visitor,
    db: Db,
    now: Now,
    *,
    q: str = "",
    region: str = "",
    country: str = "",
    state: str = "",
    after: str = "",
) -> Response:
    """Choices that are not known are left out of the search, so that an old link still finds something."""
    lang = language_of(request)
    wish = registry.Search(
        words=q[:200],
        region=region if region in set(Region) else "",
        country=country if country in REGION_OF else "",
        state=PublicState(state) if state in set(PublicState) else None,
        after=registry.read_cursor(after) if after else None,
    )
    entries, following = registry.search(db, wish, now=now)
    chosen = {"q": wish.words, "region": wish.region, "country": wish.country, "state": wish.state or ""}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return shown(
        request,
        "registry/registry.html",
        form=Form.empty(**chosen),
        entries=entries,
        filtered=bool(wish.region or wish.country or wish.state),
        next_href=f"/registry?{query}&after={following}" if following else None,
        first_href=f"/registry?{query}" if after else None,
        regions=[(each.value, lang.text(each.value)) for each in Region],
        countries=sorted(
            ((code, lang.country(code)) for code in registry.countries(db)), key=lambda each: each[1]
        ),
        states=[(each, words[0]) for each, words in Words(lang).public_states.items()],
    )


@router.get("/registry/organisations/{slug}")
def organisation(request: Request, slug: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    """Somebody who is on the way; whoever has a certificate is shown by it."""
    entry = registry.by_slug(db, slug, now=now)
    if entry.certificate:
        return go(f"/registry/{entry.certificate.number}")
    return shown(request, "registry/organisation.html", entry=entry)


@router.get("/registry/{number}")
def certificate(request: Request, number: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    found = registry.holder(db, number, now=now)
    titles = {each.number: each.title for each in found.standard.principles}
    return shown(
        request,
        "registry/certificate.html",
        found=found,
        holds=found.certificate.value.holds(now.date()),
        summary=[
            {
                "principle": each["principle"],
                "title": titles[each["principle"]],
                "counts": each["counts"],
                "judged": sum(each["counts"].values()) - each["counts"][Verdict.NOT_APPLICABLE],
            }
            for each in found.certificate.summary
        ],
    )


@router.get("/standards")
def standards(request: Request, _visitor: Visitor) -> Response:
    return shown(request, "registry/standards.html", standards=engine.standards())


@router.get("/standards/{key}")
def standard(request: Request, key: str, _visitor: Visitor) -> Response:
    return shown(request, "registry/standard.html", standard=find_standard(key))
