"""Pages of documents."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import Response

from app.documents import guides, rendering, service
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.serving import served
from app.transaction import Db, Now

router = page_router()
router.include_router(guides.router)

Visitor = Annotated[Actor | None, Depends(Anybody())]
Publisher = Annotated[Actor, Depends(Needs("document.publish"))]
FormData = Annotated[Form, Depends(Form.read)]
CHARTED: Final = 12


@dataclass(frozen=True, slots=True)
class Pdf:
    name: str
    media_type: str
    sha256: str


def kinds(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {
        "constitution": _("Constitution"),
        "rules": _("Rules"),
        "standard": _("Standards"),
        "minutes": _("Minutes"),
        "report": _("Reports"),
    }


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else None


def told(request: Request, form: Form, refusal: Refusal) -> int:
    if isinstance(refusal, Faulty) and refusal.fields:
        form.take(refusal)
    else:
        form.fault("", language_of(request).text(refusal.detail))
    return int(refusal.status)


@router.get("/documents")
def everything(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    found = service.editions(db, today=now.date())
    newest: dict[str, service.Edition] = {}
    for each in sorted(found, key=lambda each: each.version.number, reverse=True):
        if each.published:
            newest.setdefault(each.document.slug, each)
    return page(
        request,
        "documents/documents.html",
        kinds=kinds(language_of(request)),
        newest=sorted(
            newest.values(),
            key=lambda each: (
                list(service.Kind).index(service.Kind(each.document.kind)),
                each.document.title,
            ),
        ),
        waiting=[each for each in found if not each.published],
        charted=[each for each in found if each.published][:CHARTED],
        target=request.app.state.settings.publish_days,
    )


@router.get("/documents/feed.xml")
def feed(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    text = rendering.atom(service.editions(db, today=now.date()), request.app.state.settings.address)
    return Response(text, media_type="application/atom+xml")


@router.get("/documents/new")
def new(request: Request, _actor: Publisher) -> Response:
    return _new(request, Form.empty())


def _new(request: Request, form: Form, status: int = 200) -> Response:
    options = list(kinds(language_of(request)).items())
    return page(request, "documents/new.html", status=status, form=form, options=options)


@router.post("/documents/new")
def add(request: Request, form: FormData, actor: Publisher, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    kind = form.choice("kind", set(service.Kind), _("Choose a kind."))
    title = form.text("title", _("Enter its name."), most=120, least=2)
    try:
        form.check()
        made = service.add(db, actor, kind=service.Kind(kind), title=title, now=now)
    except Refusal as refusal:
        return _new(request, form, told(request, form, refusal))
    return go(f"/documents/{made.slug}/versions", "saved")


@router.get("/documents/{document}")
def one(
    request: Request, document: str, _visitor: Visitor, db: Db, now: Now, *, version: str = ""
) -> Response:
    found = service.document(db, document)
    editions = service.editions(db, today=now.date(), slug=document)
    published = [each for each in editions if each.published]
    if version and _number(version) is None:
        raise Missing
    shown = (
        service.version(db, document, _number(version), today=now.date()) if published or version else None
    )
    earlier = [
        each.version.number for each in published if shown and each.version.number < shown.version.number
    ]
    return page(
        request,
        "documents/one.html",
        document=found,
        kinds=kinds(language_of(request)),
        editions=editions,
        shown=shown,
        newest=max((each.version.number for each in published), default=0),
        before=max(earlier, default=None),
        text=rendering.rendered(shown.version.source) if shown else "",
    )


@router.get("/documents/{document}/difference")
def difference(
    request: Request, document: str, _visitor: Visitor, db: Db, now: Now, *, old: str = "", new: str = ""
) -> Response:
    found = service.document(db, document)
    published = sorted(
        each.version.number
        for each in service.editions(db, today=now.date(), slug=document)
        if each.published
    )
    if len(published) < 2:
        raise Missing
    before, after = _number(old) or published[-2], _number(new) or published[-1]
    return page(
        request,
        "documents/difference.html",
        document=found,
        old=before,
        new=after,
        numbers=published,
        form=Form.empty(old=before, new=after),
        paragraphs=service.difference(db, document, before, after, today=now.date()),
    )


@router.get("/documents/{document}/versions/{version_number}/pdf")
def pdf(
    request: Request, document: str, version_number: int, _visitor: Visitor, db: Db, *, now: Now
) -> Response:
    found = service.version(db, document, version_number, today=now.date())
    if found.version.pdf_sha256 is None:
        raise Missing
    name = f"{found.document.slug}-{found.version.number}.pdf"
    return served(request.app.state.store, Pdf(name, service.PDF, found.version.pdf_sha256))


@router.get("/documents/{document}/versions")
def versions(request: Request, document: str, _actor: Publisher, db: Db, now: Now) -> Response:
    return _versions(request, db, now, document, Form.empty(adopted_on=now.date()))


def _versions(request: Request, db: Db, now: Now, document: str, form: Form, status: int = 200) -> Response:
    found = service.document(db, document)
    editions = service.editions(db, today=now.date(), slug=document)
    last = next((each for each in editions if each.published), None)
    if last and not form.raw("source") and not form.errors:
        form.values["source"] = last.version.source
    return page(
        request,
        "documents/versions.html",
        status=status,
        document=found,
        waiting=next((each for each in editions if not each.published), None),
        editions=editions,
        form=form,
        target=request.app.state.settings.publish_days,
        limit=request.app.state.settings.evidence_limit_bytes // (1 << 20),
    )


@router.post("/documents/{document}/versions")
def enter(request: Request, document: str, form: FormData, *, actor: Publisher, db: Db, now: Now) -> Response:
    _ = language_of(request).text
    service.document(db, document)
    adopted_on = form.day("adopted_on", _("Enter the day of adoption."))
    adopted_by = form.text("adopted_by", _("Say which body adopted it."), most=120)
    try:
        form.check()
        assert adopted_on
        service.enter(
            db,
            actor,
            document,
            adopted_on=adopted_on,
            adopted_by=adopted_by,
            target=request.app.state.settings.publish_days,
            now=now,
        )
    except Refusal as refusal:
        db.rollback()
        return _versions(request, db, now, document, form, told(request, form, refusal))
    return go(f"/documents/{document}/versions", "saved")


@router.post("/documents/{document}/versions/{version_number}/publication")
def publish(
    request: Request,
    document: str,
    version_number: int,
    form: FormData,
    *,
    actor: Publisher,
    db: Db,
    now: Now,
) -> Response:
    service.document(db, document)
    source = form.text("source", most=service.LONGEST)
    change = form.text("change", most=1000)
    file = form.files.get("file")
    number = min(version_number, 1_000_000)
    try:
        form.check()
        if file:
            limit = request.app.state.settings.evidence_limit_bytes
            service.attach_pdf(db, request.app.state.store, document, number, file.file, limit=limit)
        service.publish(db, actor, document, number, source=source, change=change, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        return _versions(request, db, now, document, form, told(request, form, refusal))
    return go(f"/documents/{document}", "published")
