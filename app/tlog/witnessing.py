"""Witnesses: who is listed, what they sent us, and new heads offered to those that have an address."""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import history
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor
from app.tlog import service
from app.tlog.models import LogCheckpoint, LogCosignature, LogWitness
from governance.log.checkpoints import Checkpoint, cosigned_at, witness_key
from governance.log.notes import Note, NoteError, Signature, Verifier
from governance.log.tiles import nodes_in
from governance.log.tree import consistency_proof
from governance.log.witnessing import SIZE_TYPE, AddCheckpoint, cosignatures_in, size_in

log = structlog.get_logger()
PATIENCE: Final = 5.0
"""Seconds that a witness has to answer."""
LARGEST_ANSWER: Final = 20_000


def add_witness(
    session: Session, actor: Actor, *, key: str, run_by: str, address: str, now: datetime
) -> LogWitness:
    """List a witness, so that what it signs is kept and shown. Faulty: not such a key, or no address."""
    fields = {}
    key = key.strip()
    try:
        key = str(witness_key(key))
    except NoteError as fault:
        fields["key"] = f"Paste the verifier key as the witness prints it: {fault}."
    if not run_by.strip():
        fields["run_by"] = "Say who runs it."
    address = address.strip().rstrip("/")
    parts = urlsplit(address) if "[" not in address else urlsplit("")
    if address and (parts.scheme not in {"http", "https"} or not parts.hostname):
        fields["address"] = "Use an address that begins with https://, or leave it empty."
    if fields:
        raise Faulty(fields=fields)
    if session.scalars(select(LogWitness.id).filter_by(key=key, ended_at=None)).first():
        raise Refusal("This witness is listed already.", code="listed-already")
    row = LogWitness(key=key, run_by=run_by.strip(), address=address, since=now, added_by=actor.person_id)
    session.add(row)
    session.flush()
    history.record(session, row, "witness listed", now=now, **actor.who, key=key)
    return row


def end_witness(session: Session, actor: Actor, witness_id: UUID, *, now: datetime) -> None:
    """Take a witness off the list; what it signed stays."""
    row = session.scalars(
        select(LogWitness).filter_by(id=witness_id, ended_at=None).with_for_update()
    ).one_or_none()
    if row is None:
        raise Missing
    row.ended_at = now
    history.record(session, row, "witness taken off", now=now, **actor.who)


def take(session: Session, document: str, *, now: datetime) -> list[LogCosignature]:
    """Keep the cosignatures in a note over one of our checkpoints, as a witness sends it.

    Faulty: not a note, or no listed witness signed it. Missing: we have no checkpoint of that size.
    Refusal: ours of that size says something else.
    """
    try:
        note = Note.read(document)
        head = Checkpoint.read(note.text)
    except NoteError as fault:
        raise Faulty(fields={"note": f"This is not a signed checkpoint: {fault}."}) from fault
    row = session.get(LogCheckpoint, head.size)
    if row is None:
        raise Missing("We signed no checkpoint of this size.")
    if Note.read(row.note).text != note.text:
        log.error("another checkpoint of our size", size=head.size, text=note.text)
        raise Refusal(
            "Our checkpoint of this size says something else. If yours carries our signature too, publish "
            "both: they prove that this log was forked.",
            code="another-checkpoint",
        )
    kept = []
    for witness in service.witnesses(session):
        key = Verifier.read(witness.key)
        for line in note.signatures:
            at = cosigned_at(note.text, line, key)
            if at is not None:
                kept.append(_keep(session, row, witness, at, line, now=now))
    if not kept:
        raise Faulty(fields={"note": "No witness of our list signed this. Ask the operator to list yours."})
    return kept


def _keep(
    session: Session,
    checkpoint: LogCheckpoint,
    witness: LogWitness,
    at: int,
    line: Signature,
    *,
    now: datetime,
) -> LogCosignature:
    """The first cosignature on a head is the one that is kept; a clock that is ahead is set to ours."""
    when = min(datetime.fromtimestamp(min(at, int(now.timestamp())), UTC), now)
    session.execute(
        insert(LogCosignature)
        .values(size=checkpoint.size, witness_id=witness.id, line=str(line), cosigned_at=when)
        .on_conflict_do_nothing()
    )
    return session.get_one(LogCosignature, (checkpoint.size, witness.id))


def offer(session: Session, *, now: datetime) -> int:
    """Send the newest head to each listed witness that has an address and has not signed it; how many did.

    A witness that does not answer, or refuses, is logged and asked again next time.
    """
    head = service.head(session)
    if head is None or head.size == 0:
        return 0
    signed = {witness.id for witness, _ in service.cosigned(session, head)}
    asked = [each for each in service.witnesses(session) if each.address and each.id not in signed]
    if not asked:
        return 0
    good = 0
    with httpx.Client(timeout=PATIENCE, follow_redirects=False) as web:
        for witness in asked:
            try:
                good += _ask(session, web, witness, head, now=now)
            except (httpx.HTTPError, NoteError, ValueError) as fault:
                log.warning("witness", name=witness.name, fault=f"{type(fault).__name__}: {fault}")
    return good


def _ask(
    session: Session, web: httpx.Client, witness: LogWitness, head: LogCheckpoint, *, now: datetime
) -> bool:
    """`add-checkpoint` of C2SP tlog-witness. A witness at another size says which, and is asked again."""
    old = (
        session.scalar(select(func.max(LogCosignature.size)).where(LogCosignature.witness_id == witness.id))
        or 0
    )
    note = Note.read(head.note)
    status = 0
    for _ in range(2):
        proof = (
            consistency_proof(old, head.size, nodes_in(lambda *place: service.tile(session, *place)))
            if 0 < old < head.size
            else ()
        )
        reply = web.post(
            f"{witness.address}/add-checkpoint", content=AddCheckpoint(old, tuple(proof), note).body()
        )
        status, body = reply.status_code, reply.content[:LARGEST_ANSWER]
        if status == httpx.codes.OK:
            found = cosignatures_in(body, note.text, Verifier.read(witness.key))
            for at, line in found:
                _keep(session, head, witness, at, line, now=now)
            return bool(found)
        size = size_in(body) if reply.headers.get("content-type") == SIZE_TYPE else None
        if status != httpx.codes.CONFLICT or size is None or size > head.size:
            break
        old = size
    log.warning("witness", name=witness.name, status=status)
    return False
