"""JSON routes for everybody: the registry and the standards."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query, Request

import certification as engine
from app.audits import registry, registry_search, views_public
from app.audits.words import meant
from app.errors import Missing
from app.organisations.regions import Region
from app.pages import language_of
from app.permissions import Actor, Anybody
from app.routes import api_router
from app.transaction import Db, Now
from certification import ProductKind, PublicState

router = api_router("registry")

Visitor = Annotated[Actor | None, Depends(Anybody())]


@router.get("/registry")
def search(
    request: Request,
    _visitor: Visitor,
    db: Db,
    now: Now,
    *,
    q: Annotated[str, Query(max_length=200, description="words in name, place, goods or number")] = "",
    region: Region | None = None,
    country: Annotated[str, Query(pattern="^([A-Z]{2})?$")] = "",
    state: PublicState | None = None,
    product: ProductKind | None = None,
    clear: Annotated[int, Query(ge=0, le=99, description="a principle without a nonconformity")] = 0,
    after: Annotated[str, Query(max_length=1000, description="from the page before")] = "",
) -> views_public.RegistryOut:
    """Organisations by name, with how they stand today. `/registry.json` and `.csv` give all at once."""
    wish = registry_search.Search(
        words=q,
        region=region or "",
        country=country,
        state=state,
        product=product,
        clear=clear,
        after=registry_search.read_cursor(after) if after else None,
    )
    wish = replace(wish, named=meant(wish.each_word, language_of(request)))
    entries, following = registry_search.search(db, wish, now=now)
    return views_public.RegistryOut(
        entries=[views_public.entry_out(each) for each in entries], after=following
    )


@router.get("/registry/organisations/{slug}")
def organisation(slug: str, _visitor: Visitor, db: Db, now: Now) -> views_public.EntryOut:
    """One organisation that is certified, or that is on the way and may be shown."""
    return views_public.entry_out(registry.by_slug(db, slug, now=now))


@router.get("/registry/{number}")
def certificate(number: str, _visitor: Visitor, db: Db, now: Now) -> views_public.CertificateOut:
    """One certificate, with its history and the findings by principle."""
    return views_public.certificate_out(registry.holder(db, number, now=now))


@router.get("/standards")
def standards(_visitor: Visitor) -> views_public.StandardsOut:
    """Every standard that is known, with its criteria."""
    return views_public.StandardsOut(
        standards=[views_public.standard_out(each) for each in engine.standards()]
    )


@router.get("/standards/{key}")
def standard(key: str, _visitor: Visitor) -> views_public.StandardOut:
    return views_public.standard_out(find_standard(key))


def find_standard(key: str) -> engine.Standard:
    try:
        return engine.standard(key)
    except engine.Refusal as no:
        raise Missing(no.sentence) from no
