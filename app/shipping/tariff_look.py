"""What an official file of duties would change, before it is taken: row by row, all of it or nothing."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Faulty
from app.shipping.customs import file_for, keep_file
from app.shipping.models_customs import TariffFile, TariffLine
from app.shipping.tariff_files import File, read_file
from logistics.customs import Destination, cited_tariff

MOST_SHOWN: Final = 100
LONGEST_SOURCE: Final = 300


@dataclass(frozen=True, slots=True)
class Change:
    """One rate that is new, another, or gone. `row` of the file; None: it is not in it any more."""

    row: int | None
    code: str
    programme: str
    description: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Look:
    """`against`: what is used now for that day. Of `changes` at most `MOST_SHOWN` are listed."""

    destination: Destination
    source: str
    valid_from: date
    form: str
    general: int
    preferences: int
    left_out: int
    not_computable: tuple[str, ...]
    against: str
    changes: tuple[Change, ...]
    new: int
    changed: int
    gone: int
    same: int

    @property
    def more(self) -> int:
        return self.new + self.changed + self.gone - len(self.changes)


def read(content: bytes, into: str, source: str) -> tuple[File, Destination]:
    """The file as it is. Faulty: no such destination, no source, no text, or faults, each with its row."""
    fields: dict[str, str] = {}
    if into not in set(Destination):
        fields["into"] = "Choose whose tariff it is."
    if not source.strip():
        fields["source"] = "Say who published the file, and where."
    elif len(source) > LONGEST_SOURCE:
        fields["source"] = f"Use at most {LONGEST_SOURCE} characters."
    text = ""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        fields["file"] = "The file is not UTF-8 text. Save it as CSV UTF-8."
    if "\x00" in text:
        fields["file"] = "The file is not text. Save it as CSV UTF-8."
    if fields:
        raise Faulty(fields=fields)
    found = read_file(text.splitlines(keepends=True), Destination(into))
    if found.faults:
        raise Faulty(fields={f"/rows/{number}": words for number, words in enumerate(found.faults)})
    return found, Destination(into)


def look(session: Session, content: bytes, *, into: str, source: str, valid_from: date) -> Look:
    """What the file would change against what is used on its day. Nothing is stored. Faulty: see `read`."""
    file, destination = read(content, into, source)
    held = file_for(session, destination, valid_from)
    before = _held(session, held) if held else _cited(destination)
    after = {(each.code, each.programme): each for each in file.lines}
    changes = [
        Change(each.row, each.code, each.programme, each.description, before.get(key, ""), each.rate)
        for key, each in after.items()
        if before.get(key) != each.rate
    ]
    gone = [Change(None, *key, "", rate, "") for key, rate in before.items() if key not in after]
    return Look(
        destination=destination,
        source=source.strip(),
        valid_from=valid_from,
        form=file.form,
        general=sum(1 for each in file.lines if not each.programme),
        preferences=sum(1 for each in file.lines if each.programme),
        left_out=file.left_out,
        not_computable=tuple(file.not_computable),
        against=f"{held.source}, from {held.valid_from.isoformat()}" if held else "the small cited table",
        changes=tuple([*changes, *gone][:MOST_SHOWN]),
        new=sum(1 for each in changes if not each.before),
        changed=sum(1 for each in changes if each.before),
        gone=len(gone),
        same=len(after) - len(changes),
    )


def take(
    session: Session, content: bytes, *, into: str, source: str, valid_from: date, now: datetime
) -> TariffFile:
    """Store the file, whole. Faulty: see `read`. Refusal: another begins on that day."""
    file, destination = read(content, into, source)
    return keep_file(
        session,
        file,
        destination,
        source=source.strip(),
        sha256=hashlib.sha256(content).hexdigest(),
        valid_from=valid_from,
        now=now,
    )


def _held(session: Session, file: TariffFile) -> dict[tuple[str, str], str]:
    rows = session.execute(
        select(TariffLine.code, TariffLine.programme, TariffLine.rate).where(TariffLine.file_id == file.id)
    )
    return {(row.code, row.programme): row.rate for row in rows}


def _cited(destination: Destination) -> dict[tuple[str, str], str]:
    """General duties only: the cited preferences stay beside a file."""
    return {
        (line.code, ""): line.rate
        for line in cited_tariff().lines
        if line.destination == destination and not line.programme
    }
