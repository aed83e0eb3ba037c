"""A lot in each of its forms: page, passport, or the set of links; by Accept header or link type."""

from datetime import datetime
from typing import Any, Final

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

import credentials as engine
from app.audits.words import Words
from app.credentials import negotiation
from app.credentials.models import IssuedPassport
from app.credentials.papers import qr
from app.credentials.service import page_of
from app.credentials.serving import Form, cached
from app.errors import Missing, Refusal
from app.pages import language_of, page
from app.settings import Settings
from app.stories import links, passports, showing
from app.stories.models import Lot
from app.stories.telling import Story, story

FORMS: Final = (Form.PAGE, Form.JSON, Form.TOKEN, Form.LINKED, Form.PLAIN, links.LINKSET)
NOT_HERE: Final = "There is no link of this type from here. Ask for linkType=linkset to see which there are."


def reply(request: Request, session: Session, lot: Lot, *, now: datetime, wanted: str = "") -> Response:
    """The story of a lot, in the form that is asked for. `wanted`: a link type of the query.

    Missing: no link of that type. Refusal 406: no form that the Accept header takes.
    """
    settings: Settings = request.app.state.settings
    told = story(session, settings, lot, now=now)
    here = passports.address_of(settings, lot)
    ways = links.links_of(told, here)
    form = negotiation.best(request.headers.get("accept"), FORMS)
    if wanted in links.ALL or (not wanted and form == links.LINKSET):
        return _varying(cached(request, links.linkset(ways, told.address), links.LINKSET))
    if wanted:
        found = links.asked(ways, wanted)
        if found is None:
            raise Missing(NOT_HERE)
        if found.href != here:
            return RedirectResponse(found.href, 307, {"Access-Control-Allow-Origin": "*"})
    if form is None:
        raise Refusal(
            "This comes as " + ", ".join(FORMS) + ". Ask for one of these.",
            code="not-acceptable",
            title="Not in that form",
            status=406,
        )
    if form != Form.PAGE:
        issued = passports.passport_of(session, settings, told, now=now)
        made = in_form(request, issued, Form(form))
        made.headers["Content-Location"] = (
            f"/lots/{lot.code}/passport.{'jwt' if form == Form.TOKEN else 'json'}"
        )
        return _varying(made)
    return _page(request, told, here)


def in_form(request: Request, issued: IssuedPassport, form: Form) -> Response:
    """A signed document as JSON or as a token."""
    body = issued.jwt if form is Form.TOKEN else engine.as_json(issued.document)
    return cached(request, body.encode(), form)


def _page(request: Request, told: Story, here: str) -> Response:
    settings: Settings = request.app.state.settings
    lang = language_of(request)
    proof = told.proof
    shown: dict[str, Any] = {
        "told": told,
        "lot": told.lot,
        "maker": told.maker,
        "proof": proof,
        "standing": Words(lang).statuses[proof.certificate.status] if proof else None,
        "certificate_qr": qr(page_of(settings, proof.certificate.number)) if proof else "",
        "map": showing.map_of(told, lang),
        "lines": showing.lines_of(told, lang),
        "price": showing.price_of(told, lang),
        "emitted": showing.emitted_of(told, lang),
        "here": f"/lots/{told.lot.code}",
    }
    made = page(request, "stories/story.html", **shown)
    made.headers["Link"] = (
        f'<{told.address}?linkType=linkset>; rel="linkset"; type="{links.LINKSET}", '
        f'<{here}/passport.json>; rel="alternate"; type="application/vc"'
    )
    return _varying(made)


def _varying(made: Response) -> Response:
    made.headers["Vary"] = "Accept, Cookie, Accept-Language"
    return made
