"""JSON routes of documents."""

from typing import Annotated

from fastapi import Depends, File, Query, Request, UploadFile
from sqlalchemy.orm import Session

from app.documents import schemas, service
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("documents")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Publisher = Annotated[Actor, Depends(Needs("document.publish"))]
Number = Annotated[int, Query(ge=1, le=1_000_000)]


def version_out(edition: service.Edition, *, whole: bool) -> schemas.VersionOut:
    version = edition.version
    return schemas.VersionOut(
        number=version.number,
        adopted_on=version.adopted_on,
        adopted_by=version.adopted_by,
        published_at=version.published_at,
        days=edition.days,
        target_days=version.target_days,
        late=edition.late,
        change=version.change,
        source=version.source if whole and version.published_at else None,
        pdf_sha256=version.pdf_sha256 if version.published_at else None,
    )


def document_out(session: Session, slug: str, now: Now) -> schemas.DocumentOut:
    found = service.document(session, slug)
    return schemas.DocumentOut(
        slug=found.slug,
        title=found.title,
        kind=service.Kind(found.kind),
        versions=[
            version_out(each, whole=True)
            for each in service.editions(session, today=now.date(), slug=found.slug)
        ],
    )


@router.get("/documents", summary="Governing documents and their versions")
def everything(_visitor: Visitor, db: Db, now: Now) -> schemas.DocumentsOut:
    by_slug: dict[str, list[service.Edition]] = {}
    for each in service.editions(db, today=now.date()):
        by_slug.setdefault(each.document.slug, []).append(each)
    return schemas.DocumentsOut(
        documents=[
            schemas.DocumentOut(
                slug=slug,
                title=found[0].document.title,
                kind=service.Kind(found[0].document.kind),
                versions=[version_out(each, whole=False) for each in found],
            )
            for slug, found in sorted(by_slug.items())
        ]
    )


@router.get("/documents/{document}", summary="One document with the text of its versions")
def one(document: str, _visitor: Visitor, db: Db, now: Now) -> schemas.DocumentOut:
    return document_out(db, document, now)


@router.get("/documents/{document}/difference", summary="What differs between two versions")
def difference(
    document: str, _visitor: Visitor, db: Db, now: Now, *, old: Number = 1, new: Number = 2
) -> schemas.DifferenceOut:
    found = service.difference(db, document, old, new, today=now.date())
    return schemas.DifferenceOut(
        old=old,
        new=new,
        paragraphs=[
            schemas.ParagraphOut(
                change=each.change,
                pieces=[schemas.PieceOut(change=piece.change, text=piece.text) for piece in each.pieces],
            )
            for each in found
        ],
    )


@router.post("/documents", status_code=201, summary="Add a document")
def add(said: schemas.DocumentIn, actor: Publisher, db: Db, now: Now) -> schemas.DocumentOut:
    made = service.add(db, actor, kind=said.kind, title=said.title, now=now)
    return document_out(db, made.slug, now)


@router.post("/documents/{document}/versions", status_code=201, summary="Tell that a version was adopted")
def enter(
    document: str, said: schemas.VersionIn, request: Request, *, actor: Publisher, db: Db, now: Now
) -> schemas.DocumentOut:
    service.enter(
        db,
        actor,
        document,
        adopted_on=said.adopted_on,
        adopted_by=said.adopted_by,
        target=request.app.state.settings.publish_days,
        now=now,
    )
    return document_out(db, document, now)


@router.put("/documents/{document}/versions/{version_number}/pdf", summary="The PDF, before publication")
def attach(
    document: str,
    version_number: int,
    request: Request,
    _actor: Publisher,
    *,
    db: Db,
    now: Now,
    file: Annotated[UploadFile, File()],
) -> schemas.DocumentOut:
    service.attach_pdf(
        db,
        request.app.state.store,
        document,
        min(version_number, 1_000_000),
        file.file,
        limit=request.app.state.settings.evidence_limit_bytes,
    )
    return document_out(db, document, now)


@router.post("/documents/{document}/versions/{version_number}/publication", summary="Publish the text")
def publish(
    document: str, version_number: int, said: schemas.PublicationIn, *, actor: Publisher, db: Db, now: Now
) -> schemas.DocumentOut:
    service.publish(
        db, actor, document, min(version_number, 1_000_000), source=said.source, change=said.change, now=now
    )
    return document_out(db, document, now)
