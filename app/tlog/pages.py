"""Pages of the log, and its files as C2SP tlog-tiles wants them."""

from functools import lru_cache
from pathlib import Path as File
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.tlog import api, checking, drawing, reading, service, witnessing, words
from app.tlog.keys import signer
from app.transaction import Db, Now
from governance.log.tiles import tile_at

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]
Keeper = Annotated[Actor, Depends(Needs("log.witness"))]
FormData = Annotated[Form, Depends(Form.read)]
Index = Annotated[int, Path(ge=0, le=2**63 - 1)]
FOR_EVER: Final = "public, max-age=31536000, immutable"
TILES: Final = "/log/tile/"


@router.get("/log")
def log(
    request: Request,
    db: Db,
    _visitor: Visitor,
    *,
    kind: Annotated[str, Query(max_length=64)] = "",
    before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> Response:
    text = language_of(request).text
    known = words.kinds(text)
    chosen = kind if kind in known else ""
    found, following = reading.entries(db, before=before, kind=chosen)
    return page(
        request,
        "tlog/log.html",
        **_head(request, db),
        form=Form.empty(kind=chosen),
        kinds=sorted(known.items(), key=lambda each: each[1]),
        entries=[(row, words.title(row, said, text), said is None) for row, said in found],
        waiting=reading.waiting(db),
        next_href=f"/log?kind={chosen}&before={following}" if following is not None else None,
        first_href=f"/log?kind={chosen}" if before is not None else None,
    )


def _head(request: Request, db: Session) -> dict[str, Any]:
    head = service.head(db)
    return {
        "head": head,
        "cosigned": service.cosigned(db, head) if head else [],
        "check": checking.latest(db),
        "witnesses": reading.witnesses(db),
        "log_key": str(signer(db, request.app.state.settings).verifier),
    }


@router.get("/log/entries/{index}")
def entry(request: Request, index: Index, db: Db, _visitor: Visitor) -> Response:
    found = service.find(db, index)
    lang = language_of(request)
    return page(
        request,
        "tlog/entry.html",
        found=found,
        title=words.title(found.row, found.statement, lang.text),
        about=words.address(found.row, found.statement),
        said=words.rows(found.statement, lang) if found.statement else None,
        steps=drawing.steps(found),
        cosigned=service.cosigned(db, found.checkpoint),
    )


@router.get("/log/entries/{index}/proof.json")
def proof(request: Request, index: Index, db: Db, _visitor: Visitor) -> Response:
    return api.proof_file(request, index, db)


@router.get("/log/verify")
def verify(request: Request, db: Db, _visitor: Visitor) -> Response:
    return page(request, "tlog/verify.html", **_head(request, db), address=request.app.state.settings.address)


@router.get("/log/witnesses")
def witnesses(request: Request, db: Db, _visitor: Visitor) -> Response:
    return _witnesses(request, db, Form.empty())


def _witnesses(request: Request, db: Session, form: Form, status: int = 200) -> Response:
    return page(
        request,
        "tlog/witnesses.html",
        status=status,
        form=form,
        address=request.app.state.settings.address,
        **_head(request, db),
    )


@router.post("/log/witnesses")
def add_witness(request: Request, form: FormData, db: Db, now: Now, actor: Keeper) -> Response:
    _ = language_of(request).text
    key = form.text("key", _("Paste the verifier key of the witness."), most=500)
    run_by = form.text("run_by", _("Say who runs it."), most=120)
    address = form.text("address", most=300)
    try:
        form.check()
        witnessing.add_witness(db, actor, key=key, run_by=run_by, address=address, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _witnesses(request, db, form, 422)
    except Refusal as refusal:
        form.fault("", _(refusal.detail))
        return _witnesses(request, db, form, int(refusal.status))
    return go("/log/witnesses", "saved")


@router.post("/log/witnesses/{witness_id}/end")
def end_witness(witness_id: UUID, db: Db, now: Now, actor: Keeper) -> Response:
    witnessing.end_witness(db, actor, witness_id, now=now)
    return go("/log/witnesses", "saved")


@lru_cache
def _program() -> bytes:
    return (File(__file__).parent / "witness.py").read_bytes()


@router.get("/log/witness.py")
def program(_visitor: Visitor) -> Response:
    """The witness, as one file."""
    return Response(
        _program(),
        media_type="text/plain",
        headers={"Content-Disposition": 'attachment; filename="witness.py"'},
    )


@router.get("/log/checkpoint")
def checkpoint(db: Db, _visitor: Visitor) -> Response:
    """The newest checkpoint (C2SP tlog-checkpoint). Missing: nothing was signed yet."""
    head = service.head(db)
    if head is None:
        raise Missing
    return Response(
        service.note_of(db, head),
        media_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "public, max-age=5"},
    )


@router.get("/log/tile/{level}/{tile}")
@router.get("/log/tile/{level}/{tile}/{more}")
@router.get("/log/tile/{level}/{tile}/{more}/{yet_more}")
@router.get("/log/tile/{level}/{tile}/{more}/{yet_more}/{width}")
def tile(request: Request, db: Db, _visitor: Visitor) -> Response:
    """Hashes, or entries, as C2SP tlog-tiles lays them out; the address is read as a whole."""
    wanted = tile_at(request.url.path.removeprefix(TILES))
    found = wanted and reading.served(db, wanted)
    if not found:
        raise Missing
    return Response(found, media_type="application/octet-stream", headers={"Cache-Control": FOR_EVER})
