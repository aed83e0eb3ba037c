"""JSON routes of bank statements: what one would book, and booked."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, File, Form, UploadFile
from pydantic import BaseModel, ConfigDict

from app import sheets_held
from app.errors import Faulty
from app.files import too_large
from app.ledger import reconciling
from app.ledger.reconciling import Verdict
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("money")

Receiver = Annotated[Actor, Depends(Needs("payment.receive"))]
LINE: dict[str, Any] = {
    "place": "Entry 3",
    "day": "2026-01-26",
    "amount": 45024,
    "currency": "USD",
    "text": "RF19 O7K3 M9QX",
    "bank_reference": "2026-017/3",
    "verdict": "match",
    "order": "O-7K3M9QX",
}


class StatementLineOut(BaseModel):
    """A line of a statement and what it is. `amount` in minor units, below 0: it went out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [LINE]})

    place: str
    day: date
    amount: int
    currency: str
    text: str
    bank_reference: str
    verdict: Verdict
    order: str | None


class StatementOut(BaseModel):
    """`booked`: how many payments; without `apply` none. `faults`: lines that cannot be read."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"booked": 1, "lines": [LINE], "faults": []}]}
    )

    booked: int
    lines: list[StatementLineOut]
    faults: list[str]


@router.post("/statements", summary="Read a bank statement: say what it would book, or book it")
def read_statement(
    file: Annotated[UploadFile, File(description="camt.053 (001.02, 001.08) or CSV")],
    db: Db,
    now: Now,
    actor: Receiver,
    *,
    apply: Annotated[bool, Form(description="false: only say what it would book")] = False,
) -> StatementOut:
    """All matches are booked, or none. What was booked before is not booked again."""
    content = file.file.read(sheets_held.LARGEST + 1)
    if len(content) > sheets_held.LARGEST:
        raise Faulty(fields={"file": too_large(sheets_held.LARGEST)})
    found = reconciling.look(db, content)
    booked = reconciling.apply(db, actor, content, now=now) if apply else 0
    own = "place day amount currency text bank_reference"
    return StatementOut(
        booked=booked,
        lines=[
            StatementLineOut(
                **{name: getattr(row.line, name) for name in own.split()},
                verdict=row.verdict,
                order=row.order.number if row.order else None,
            )
            for row in found.rows
        ],
        faults=[f"{place}: {words}" for place, words in found.faults],
    )
