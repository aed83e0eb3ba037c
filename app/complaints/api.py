"""JSON routes of complaints: everything that the pages do."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Header, Query, Request, Response, UploadFile
from fastapi import Form as Field
from sqlalchemy.orm import Session

from app.complaints import answering, filing, handling, messages, register, schemas
from app.complaints import models as rows
from app.complaints.kept import load
from app.complaints.messages import COMPLAINANT, SUBJECT, Attached
from app.errors import Faulty
from app.pacing import Pace
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.serving import served
from app.transaction import Db, Now
from governance import complaints as engine

router = api_router("complaints")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Answerer = Annotated[Actor, Depends(Needs("complaint.answer"))]
Handler = Annotated[Actor, Depends(Needs("complaint.handle"))]


def _deadlines(request: Request) -> engine.Deadlines:
    found: engine.Deadlines = request.app.state.settings.complaint_deadlines
    return found


Deadlines = Annotated[engine.Deadlines, Depends(_deadlines)]


def said_out(session: Session, complaint_id: UUID, side: str) -> list[schemas.MessageOut]:
    return [
        schemas.MessageOut(
            incoming=each.message.incoming,
            words=each.message.words,
            on=each.message.on,
            files=[
                schemas.FileOut(
                    id=file.id,
                    name=file.name,
                    media_type=file.media_type,
                    size=file.size,
                    sha256=file.sha256,
                )
                for file in each.files
            ],
        )
        for each in messages.conversation(session, complaint_id, side)
    ]


def entry_out(entry: register.Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in schemas.EntryOut.model_fields}


def told_out(session: Session, number: str, now: Now) -> schemas.ToldOut:
    told = register.one(session, number, today=now.date())
    return schemas.ToldOut.model_validate(
        entry_out(told.entry)
        | {
            "summary": told.summary,
            "stages": [
                {
                    "action": each.action,
                    "state": each.state,
                    "on": each.on,
                    "words": each.words,
                    "days_late": each.late,
                }
                for each in told.stages
            ],
            "redress": [redress_out(each) for each in told.redress],
            "due_on": told.due_on,
        }
    )


def redress_out(owed: rows.ComplaintRedress) -> schemas.RedressOut:
    return schemas.RedressOut(
        id=owed.id,
        what=owed.what,
        who=owed.who,
        due_on=owed.due_on,
        proof=owed.proof if owed.verified_on else "",
        verified_on=owed.verified_on,
    )


# Everybody


@router.get("/complaints", summary="The public register")
def everybody(
    _visitor: Visitor,
    db: Db,
    now: Now,
    *,
    year: Annotated[int | None, Query(ge=2000, le=9999)] = None,
    open_only: bool = False,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> schemas.RegisterOut:
    entries, following = register.entries(db, year=year, open_only=open_only, before=after, today=now.date())
    return schemas.RegisterOut(
        complaints=[schemas.EntryOut.model_validate(entry_out(each)) for each in entries], after=following
    )


@router.get("/complaints/figures", summary="Complaints by year, and the deadlines")
def figures(_visitor: Visitor, db: Db, now: Now, deadlines: Deadlines) -> schemas.FiguresOut:
    return schemas.FiguresOut(
        years=[
            schemas.YearOut.model_validate(
                {name: getattr(each, name) for name in schemas.YearOut.model_fields}
            )
            for each in register.figures(db, today=now.date())
        ],
        deadlines={name: getattr(deadlines, name) for name in deadlines.__dataclass_fields__},
    )


@router.get("/complaints/{case_number}", summary="One complaint as the public may read it")
def one(case_number: str, _visitor: Visitor, db: Db, now: Now) -> schemas.ToldOut:
    return told_out(db, case_number, now)


# Who complains: by the receipt code, which stands in the body and never in an address


@router.post("/complaints", status_code=201, summary="File a complaint; the code is shown once")
def file(
    said: schemas.ComplaintIn,
    request: Request,
    _visitor: Visitor,
    *,
    db: Db,
    now: Now,
    deadlines: Deadlines,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> schemas.ReceiptOut:
    """Nothing is kept of who sends it. A repeat with the same Idempotency-Key and body is told by 409."""
    Pace.of(request).need("complaint", now)
    row, code = filing.file(
        db,
        filing.Filing(**said.model_dump()),
        ticket=filing.new_ticket(),
        now=now,
        deadlines=deadlines,
        repeat=f"{idempotency_key}\0{said.model_dump_json()}".encode() if idempotency_key else None,
    )
    return schemas.ReceiptOut(number=row.number, code=code)


@router.post("/complaints/receipt", summary="Your complaint, by its code")
def mine(said: schemas.CodeIn, _visitor: Visitor, db: Db, now: Now) -> schemas.MineOut:
    return mine_out(db, filing.by_code(db, said.code), now)


def mine_out(session: Session, row: rows.Complaint, now: Now) -> schemas.MineOut:
    return schemas.MineOut(
        complaint=told_out(session, row.number, now),
        whom=row.whom,
        what_happened=row.what_happened,
        wish=row.wish,
        messages=said_out(session, row.id, COMPLAINANT),
    )


@router.post("/complaints/receipt/messages", status_code=201, summary="Write to the ombudsperson")
def write(said: schemas.MessageIn, request: Request, _visitor: Visitor, db: Db, now: Now) -> schemas.MineOut:
    row = filing.answer(db, request.app.state.store, said.code, said.words, None, limit=0, now=now)
    return mine_out(db, row, now)


@router.post("/complaints/receipt/files", status_code=201, summary="Send the ombudsperson a file")
def attach(
    request: Request,
    _visitor: Visitor,
    db: Db,
    now: Now,
    *,
    file: Annotated[UploadFile, File()],
    code: Annotated[str, Field(max_length=60)] = "",
    words: Annotated[str, Field(max_length=filing.LONGEST)] = "",
) -> schemas.MineOut:
    row = filing.answer(
        db,
        request.app.state.store,
        code,
        words,
        Attached(file.filename or "", file.file),
        limit=request.app.state.settings.evidence_limit_bytes,
        now=now,
    )
    return mine_out(db, row, now)


@router.post("/complaints/receipt/files/{file_id}", summary="A file of yours, or one from the ombudsperson")
def own_file(request: Request, file_id: UUID, said: schemas.CodeIn, _visitor: Visitor, db: Db) -> Response:
    return served(request.app.state.store, filing.file_for(db, said.code, file_id))


@router.post("/complaints/receipt/appeal", summary="Ask another ombudsperson to look at the result")
def appeal(
    said: schemas.AppealIn, _visitor: Visitor, db: Db, now: Now, deadlines: Deadlines
) -> schemas.MineOut:
    return mine_out(db, filing.appeal(db, said.code, said.grounds, now=now, deadlines=deadlines), now)


@router.post("/complaints/receipt/withdrawal", summary="Take the complaint back")
def withdraw(
    said: schemas.CodeIn, _visitor: Visitor, db: Db, now: Now, deadlines: Deadlines
) -> schemas.MineOut:
    return mine_out(db, filing.withdraw(db, said.code, now=now, deadlines=deadlines), now)


# Whom it is about


@router.get("/complaints-about-us", summary="Admitted complaints that your organisation answers to")
def about_us(actor: Answerer, db: Db, now: Now) -> schemas.AboutUsListOut:
    return schemas.AboutUsListOut(
        complaints=[about_us_out(db, each, now) for each in answering.about_us(db, actor)]
    )


def about_us_out(session: Session, row: rows.Complaint, now: Now) -> schemas.AboutUsOut:
    return schemas.AboutUsOut(
        id=row.id,
        complaint=told_out(session, row.number, now),
        heard=row.heard,
        messages=said_out(session, row.id, SUBJECT),
    )


@router.get("/complaints-about-us/{complaint_id}")
def about_us_one(complaint_id: UUID, actor: Answerer, db: Db, now: Now) -> schemas.AboutUsOut:
    return about_us_out(db, answering.one(db, actor, complaint_id), now)


@router.post("/complaints-about-us/{complaint_id}/messages", status_code=201, summary="Answer")
def answer(
    complaint_id: UUID, said: schemas.WordsIn, request: Request, *, actor: Answerer, db: Db, now: Now
) -> schemas.AboutUsOut:
    row = answering.answer(
        db, request.app.state.store, actor, complaint_id, said.words, None, limit=0, now=now
    )
    return about_us_out(db, row, now)


@router.put("/complaints-about-us/{complaint_id}/redress/{redress_id}/proof", summary="Say that it is done")
def prove(
    complaint_id: UUID, redress_id: UUID, said: schemas.ProofIn, *, actor: Answerer, db: Db, now: Now
) -> schemas.RedressOut:
    return redress_out(answering.offer_proof(db, actor, complaint_id, redress_id, said.proof, now=now))


@router.post("/complaints-about-us/{complaint_id}/appeal", summary="Appeal")
def appeal_of_subject(
    complaint_id: UUID, said: schemas.GroundsIn, actor: Answerer, db: Db, now: Now, *, deadlines: Deadlines
) -> schemas.AboutUsOut:
    row = answering.appeal(db, actor, complaint_id, said.grounds, now=now, deadlines=deadlines)
    return about_us_out(db, row, now)


# The ombudsperson


@router.get("/ombudsperson/complaints", summary="What is open, the first due first")
def queue(actor: Handler, db: Db, now: Now, deadlines: Deadlines) -> schemas.QueueOut:
    return schemas.QueueOut(
        complaints=[
            schemas.QueueEntryOut(
                id=each.row.id,
                number=each.row.number,
                state=engine.State(each.row.state),
                due_on=each.row.due_on,
                part=each.part,
                handled=each.handler,
            )
            for each in handling.queue(db, actor, now=now, deadlines=deadlines)
        ]
    )


def desk_out(
    session: Session, actor: Actor, complaint_id: UUID, now: Now, deadlines: engine.Deadlines
) -> schemas.DeskOut:
    row = load(session, complaint_id, lock=False)
    desk = handling.desk(session, actor, row, now=now, deadlines=deadlines)
    mine_ = desk.part is not None
    return schemas.DeskOut(
        id=row.id,
        complaint=told_out(session, row.number, now),
        part=desk.part,
        cannot_take=desk.cannot_take.sentence if desk.cannot_take else None,
        handled=desk.handler,
        organisations=[each.name for each in desk.subjects],
        whom=row.whom if mine_ else "",
        what_happened=row.what_happened if mine_ else "",
        wish=row.wish if mine_ else "",
        relation=row.relation if mine_ else "",
        contact=row.contact if mine_ else "",
        grounds=row.grounds if mine_ else "",
        with_complainant=said_out(session, row.id, COMPLAINANT) if mine_ else [],
        with_subject=said_out(session, row.id, SUBJECT) if mine_ else [],
    )


@router.get("/ombudsperson/complaints/{complaint_id}", summary="One complaint; its words for who handles it")
def desk(complaint_id: UUID, actor: Handler, db: Db, now: Now, deadlines: Deadlines) -> schemas.DeskOut:
    return desk_out(db, actor, complaint_id, now, deadlines)


@router.post("/ombudsperson/complaints/{complaint_id}/declaration", summary="Declare an interest, or none")
def declare(
    complaint_id: UUID, said: schemas.DeclarationIn, actor: Handler, *, db: Db, now: Now, deadlines: Deadlines
) -> schemas.DeskOut:
    handling.declare(db, actor, complaint_id, said.interest, now=now)
    return desk_out(db, actor, complaint_id, now, deadlines)


@router.post("/ombudsperson/complaints/{complaint_id}/handler", summary="Take it, or the appeal in it")
def take(complaint_id: UUID, actor: Handler, db: Db, now: Now, deadlines: Deadlines) -> schemas.DeskOut:
    handling.take(db, actor, complaint_id, now=now, deadlines=deadlines)
    return desk_out(db, actor, complaint_id, now, deadlines)


@router.delete("/ombudsperson/complaints/{complaint_id}/handler", summary="Give it back")
def release(complaint_id: UUID, actor: Handler, db: Db, now: Now, deadlines: Deadlines) -> schemas.DeskOut:
    handling.release(db, actor, complaint_id, now=now)
    return desk_out(db, actor, complaint_id, now, deadlines)


@router.post("/ombudsperson/complaints/{complaint_id}/admission", summary="Admit it, with a public summary")
def admit(
    complaint_id: UUID, said: schemas.AdmissionIn, actor: Handler, *, db: Db, now: Now, deadlines: Deadlines
) -> schemas.DeskOut:
    handling.admit(
        db,
        actor,
        complaint_id,
        handling.Admission(said.whom, said.summary, said.no_interest),
        now=now,
        deadlines=deadlines,
    )
    return desk_out(db, actor, complaint_id, now, deadlines)


@router.post("/ombudsperson/complaints/{complaint_id}/steps", summary="Every other step, with public words")
def step(
    complaint_id: UUID, said: schemas.StepIn, actor: Handler, *, db: Db, now: Now, deadlines: Deadlines
) -> schemas.DeskOut:
    handling.step(
        db,
        actor,
        complaint_id,
        said.action,
        said.words,
        outcome=said.outcome,
        now=now,
        deadlines=deadlines,
    )
    return desk_out(db, actor, complaint_id, now, deadlines)


@router.post("/ombudsperson/complaints/{complaint_id}/messages", status_code=201)
def write_to(
    complaint_id: UUID,
    said: schemas.ToSideIn,
    request: Request,
    actor: Handler,
    *,
    db: Db,
    now: Now,
    deadlines: Deadlines,
) -> schemas.DeskOut:
    """Write to the person who complained, or to those it is about."""
    if said.side not in {COMPLAINANT, SUBJECT}:
        raise Faulty(fields={"side": "Use complainant or subject."})
    handling.write(
        db,
        request.app.state.store,
        actor,
        complaint_id,
        said.side,
        said.words,
        None,
        limit=0,
        now=now,
    )
    return desk_out(db, actor, complaint_id, now, deadlines)


@router.post("/ombudsperson/complaints/{complaint_id}/redress", status_code=201, summary="Order a redress")
def order(
    complaint_id: UUID, said: schemas.RedressIn, actor: Handler, *, db: Db, now: Now, deadlines: Deadlines
) -> schemas.RedressOut:
    return redress_out(
        handling.order(
            db,
            actor,
            complaint_id,
            what=said.what,
            who=said.who,
            due=said.due_on,
            now=now,
            deadlines=deadlines,
        )
    )


@router.post("/ombudsperson/complaints/{complaint_id}/redress/{redress_id}/verification")
def verify(
    complaint_id: UUID,
    redress_id: UUID,
    said: schemas.ProofIn,
    actor: Handler,
    *,
    db: Db,
    now: Now,
    deadlines: Deadlines,
) -> schemas.RedressOut:
    """Confirm that it was done; with an empty proof, by what the organisation wrote."""
    return redress_out(
        handling.verify(db, actor, complaint_id, redress_id, said.proof, now=now, deadlines=deadlines)
    )


@router.get("/ombudsperson/complaints/{complaint_id}/files/{file_id}")
def file_of(
    complaint_id: UUID, file_id: UUID, request: Request, actor: Handler, db: Db, now: Now
) -> Response:
    """A file of either side, as an attachment."""
    return served(request.app.state.store, handling.file_for(db, actor, complaint_id, file_id, now=now))
