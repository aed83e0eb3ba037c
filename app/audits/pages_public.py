"""Pages for everybody: the registry, a certificate, and the standards that it speaks of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import Response, StreamingResponse

import certification as engine
from app.audits import evidence, registry, registry_files, registry_search
from app.audits.api_public import find_standard
from app.audits.registry import Entry
from app.audits.showing import shown
from app.audits.views_public import clear_of
from app.audits.words import Words, meant
from app.complaints import service as complaints
from app.complaints.words import outcomes, states
from app.credentials import serving
from app.credentials.papers import qr
from app.credentials.service import page_of
from app.forms import Form
from app.organisations.places import points
from app.organisations.regions import REGION_OF, Region
from app.pages import language_of
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.tlog import service as tlog
from app.transaction import Db, Now
from certification import ProductKind, PublicState, Verdict

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question in the address of a registry page: as typed, and as it is looked for."""

    typed: dict[str, str]
    wish: registry_search.Search

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in self.typed.items() if value})

    def but(self, **other: str) -> str:
        """The address of the page that asks the same, but for this."""
        changed = self.typed | other
        return "/registry?" + urlencode({name: value for name, value in changed.items() if value})


def asked(
    request: Request,
    *,
    q: str = "",
    region: str = "",
    country: str = "",
    state: str = "",
    product: str = "",
    clear: str = "",
    after: str = "",
) -> Asked:
    """Choices that are not known are left out of the search, so that an old link still finds something."""
    principles = {str(each.number) for each in _principles()}
    wish = registry_search.Search(
        words=q[:200],
        region=region if region in set(Region) else "",
        country=country if country in REGION_OF else "",
        state=PublicState(state) if state in set(PublicState) else None,
        product=ProductKind(product) if product in set(ProductKind) else None,
        clear=int(clear) if clear in principles else 0,
        after=registry_search.read_cursor(after) if after else None,
    )
    wish = replace(wish, named=meant(wish.each_word, language_of(request)))
    typed = {
        "q": wish.words,
        "region": wish.region,
        "country": wish.country,
        "state": wish.state or "",
        "product": wish.product or "",
        "clear": str(wish.clear or ""),
    }
    return Asked(typed, wish)


Question = Annotated[Asked, Depends(asked)]


def _principles() -> Sequence[engine.Principle]:
    return engine.standards()[-1].principles


@router.get("/registry")
def search(request: Request, question: Question, _visitor: Visitor, db: Db, now: Now) -> Response:
    lang, wish = language_of(request), question.wish
    entries, following = registry_search.search(db, wish, now=now)
    tallies = registry_search.tally(db, wish, now=now)
    standing = [each for name, each in question.typed.items() if name != "q" and each]
    return shown(
        request,
        "registry/registry.html",
        form=Form.empty(**question.typed),
        entries=entries,
        question=question,
        filtered=bool(standing),
        found=sum(each.found for each in tallies),
        certified=sum(each.certified for each in tallies),
        by_region=_by_region(tallies),
        tallies=tallies,
        points=points(),
        clear_of=clear_of,
        next_href=question.but(after=following) if following else None,
        first_href=question.but() if wish.after else None,
        regions=[(each.value, lang.text(each.value)) for each in Region],
        countries=sorted(
            ((code, lang.country(code)) for code in registry.countries(db)), key=lambda each: each[1]
        ),
        states=[(each, words[0]) for each, words in Words(lang).public_states.items()],
        goods=[(each.value, Words(lang).goods[each]) for each in ProductKind],
        principles=[(str(each.number), f"{each.number} {each.title}") for each in _principles()],
    )


def _by_region(tallies: list[registry_search.Tally]) -> list[tuple[Region, int, int]]:
    """Region, how many were found, how many of them are certified; those where nobody was found left out."""
    found = []
    for region in Region:
        here = [each for each in tallies if each.region == region]
        if here:
            found.append((region, sum(each.found for each in here), sum(each.certified for each in here)))
    return found


@router.get("/registry.csv")
def as_csv(request: Request, question: Question, _visitor: Visitor, now: Now) -> Response:
    """All that the search finds, for a spreadsheet."""
    lines = registry_files.as_csv(_everything(request, question, now))
    return StreamingResponse(lines, media_type="text/csv", headers=_attached("csv"))


@router.get("/registry.json")
def as_json(request: Request, question: Question, _visitor: Visitor, now: Now) -> Response:
    """All that the search finds, for a program."""
    lines = registry_files.as_json(_everything(request, question, now), now=now)
    return StreamingResponse(lines, media_type="application/json", headers=_attached("json"))


def _everything(request: Request, question: Asked, now: Now) -> Iterator[Entry]:
    return registry_search.everything(request.app.state.sessions, question.wish, now=now)


def _attached(kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="fairhaul-registry.{kind}"'}


@router.get("/registry/organisations/{slug}")
def organisation(request: Request, slug: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    """Somebody who is certified, was, or is on the way: how it stands and what became of each certificate."""
    story, lang = registry.story(db, slug, now=now), language_of(request)
    return shown(
        request,
        "registry/organisation.html",
        story=story,
        entry=story.entry,
        clear_of=clear_of,
        pictures=evidence.pictures_of(db, story.entry.organisation.id),
        complaints=complaints.of_organisation(db, story.entry.organisation.id, today=now.date()),
        complaint_outcomes=outcomes(lang),
        complaint_states=states(lang),
    )


@router.get("/registry/{number}")
def certificate(request: Request, number: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    """The page, or by the Accept header any other form of the certificate."""
    form = serving.chosen(request)
    found = registry.holder(db, number, now=now)
    if form is not serving.Form.PAGE:
        return serving.in_form(request, db, found, form, now=now, negotiated=True)
    titles = {each.number: each.title for each in found.standard.principles}
    address = page_of(request.app.state.settings, found.certificate.number)
    reply = shown(
        request,
        "registry/certificate.html",
        found=found,
        holds=found.certificate.value.holds(now.date()),
        newer_holds=found.newer is not None and found.newer.value.holds(now.date()),
        log_entries=tlog.entries_about(db, found.certificate),
        address=address,
        qr=qr(address),
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
    reply.headers["Vary"] = "Accept, Cookie, Accept-Language"
    return reply


@router.get("/standards")
def standards(request: Request, _visitor: Visitor) -> Response:
    return shown(request, "registry/standards.html", standards=engine.standards())


@router.get("/standards/{key}")
def standard(request: Request, key: str, _visitor: Visitor) -> Response:
    found = find_standard(key)
    before = engine.replaced_by(found, engine.standards())
    after = next((each for each in engine.standards() if _replaces(each, found)), None)
    return shown(
        request,
        "registry/standard.html",
        standard=found,
        before=before,
        after=after,
        differences=engine.differences(before, found) if before else (),
    )


def _replaces(newer: engine.Standard, older: engine.Standard) -> bool:
    return engine.replaced_by(newer, (older,)) is not None
