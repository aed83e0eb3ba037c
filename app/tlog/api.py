"""JSON routes of the log: its head, entries, proofs; witnesses and what they sign."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.tlog import checking, reading, schemas, service, witnessing
from app.tlog.keys import signer
from app.tlog.models import LogWitness
from app.transaction import Db, Now

router = api_router("transparency log")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Cosigner = Annotated[Actor | None, Depends(Anybody("log.cosign"))]
Keeper = Annotated[Actor, Depends(Needs("log.witness"))]
Index = Annotated[int, Path(ge=0, le=2**63 - 1)]


@router.get("/log")
def log(request: Request, db: Db, _visitor: Visitor) -> schemas.LogOut:
    """The newest signed checkpoint, who cosigned it, and when everything was hashed again."""
    head, check = service.head(db), checking.latest(db)
    key = signer(db, request.app.state.settings)
    return schemas.LogOut(
        origin=key.name,
        log_key=str(key.verifier),
        size=head.size if head else 0,
        root=head.root.hex() if head else None,
        signed_at=head.signed_at if head else None,
        checkpoint=service.note_of(db, head) if head else None,
        cosignatures=[
            schemas.CosignatureOut(witness=who.name, run_by=who.run_by, cosigned_at=line.cosigned_at)
            for who, line in (service.cosigned(db, head) if head else ())
        ],
        waiting=reading.waiting(db),
        checked_at=check.at if check else None,
        faults=check.faults if check else [],
    )


@router.get("/log/entries")
def entries(
    db: Db,
    _visitor: Visitor,
    *,
    kind: Annotated[str, Query(max_length=64, description="like certificate.granted")] = "",
    before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> schemas.EntriesOut:
    """Entries, the newest first."""
    found, following = reading.entries(db, before=before, kind=kind, most=100)
    return schemas.EntriesOut(entries=[_entry(each) for each in found], before=following)


@router.get("/log/entries/{index}")
def entry(index: Index, db: Db, _visitor: Visitor) -> schemas.EntryOut:
    found = service.find(db, index)
    return _entry((found.row, found.statement))


def _entry(told: reading.Told) -> schemas.EntryOut:
    row, said = told
    assert row.index is not None
    return schemas.EntryOut(
        index=row.index,
        kind=row.kind,
        at=row.at,
        entry=row.entry.decode(),
        leaf_hash=row.leaf.hex(),
        statement=said.as_json() if said else None,
    )


@router.get(
    "/log/entries/{index}/proof",
    summary="The file that proves an entry without us (fairhaul-log-proof/1)",
    response_class=JSONResponse,
)
def proof(request: Request, index: Index, db: Db, _visitor: Visitor) -> Response:
    """Check it with `fairhaul log verify FILE --key KEY`. Its proof is a C2SP tlog-proof."""
    return proof_file(request, index, db)


def proof_file(request: Request, index: int, db: Db) -> Response:
    made = service.bundle(db, request.app.state.settings, service.find(db, index))
    name = f'attachment; filename="log-entry-{index}.json"'
    return JSONResponse(made, headers={"Content-Disposition": name})


@router.post("/log/cosignatures")
def cosignatures(wish: schemas.NoteIn, db: Db, now: Now, _visitor: Cosigner) -> schemas.KeptOut:
    """What a witness signed. Kept where the witness is on our list and the checkpoint is ours."""
    kept = witnessing.take(db, wish.note, now=now)
    return schemas.KeptOut(size=kept[0].size, kept=len(kept))


@router.get("/log/witnesses")
def witnesses(db: Db, _visitor: Visitor) -> schemas.WitnessesOut:
    return schemas.WitnessesOut(witnesses=[_witness(*each) for each in reading.witnesses(db)])


def _witness(row: LogWitness, size: int | None) -> schemas.WitnessOut:
    return schemas.WitnessOut(
        id=row.id,
        name=row.name,
        key=row.key,
        run_by=row.run_by,
        address=row.address,
        since=row.since,
        newest_size=size,
    )


@router.post("/log/witnesses", status_code=201)
def add_witness(wish: schemas.WitnessIn, db: Db, now: Now, actor: Keeper) -> schemas.WitnessOut:
    row = witnessing.add_witness(db, actor, key=wish.key, run_by=wish.run_by, address=wish.address, now=now)
    return _witness(row, None)


@router.delete("/log/witnesses/{witness_id}", status_code=204)
def end_witness(witness_id: UUID, db: Db, now: Now, actor: Keeper) -> None:
    """It signs no more for this log; what it signed stays."""
    witnessing.end_witness(db, actor, witness_id, now=now)
