"""Versions of standards in the log: their text, which comes with the program, and their adoption."""

import hashlib
import json
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.tlog import service
from app.tlog.models import LogEntry, LogStatement
from certification import Standard
from certification.standard_file import load_standard

PUBLISHED: Final = "standard.published"
CHANGED: Final = "standard.changed"
ADOPTED: Final = "standard.adopted"
NAMES: Final = UUID("5f0f5a3e-9d0c-4c5a-8c43-0d5f0f1b7a11")


def subject_of(key: str) -> service.Subject:
    """A version of a standard has no row: its id is made from its key."""
    return service.Subject("standard", uuid5(NAMES, key))


@lru_cache
def published() -> tuple[tuple[Standard, str, str], ...]:
    """Each version with the name of its file and the file's SHA-256, the earliest first."""
    folder = files("certification") / "standards"
    found = [
        (load_standard(each.read_text(encoding="utf-8"), each.name), each.name, each.read_bytes())
        for each in folder.iterdir()
        if each.name.endswith(".yaml")
    ]
    return tuple(
        (standard, name, hashlib.sha256(data).hexdigest())
        for standard, name, data in sorted(found, key=lambda one: (one[0].effective, one[0].key))
    )


def enter_standards(session: Session, *, now: datetime) -> None:
    """Enter each version that the log does not have, and each whose file is not the one it has."""
    for standard, name, digest in published():
        about = subject_of(standard.key)
        said = session.scalars(
            select(LogStatement.statement)
            .join(LogEntry, LogEntry.id == LogStatement.entry_id)
            .where(LogEntry.subject_id == about.id, LogEntry.kind.in_((PUBLISHED, CHANGED)))
            .order_by(LogEntry.at.desc(), LogEntry.arrived.desc())
            .limit(1)
        ).first()
        if said is not None and json.loads(said)["sha256"] == digest:
            continue
        service.append(
            session,
            PUBLISHED if said is None else CHANGED,
            about,
            _statement(standard, name, digest),
            now=now,
        )


def enter_adopted(session: Session, key: str, *, now: datetime) -> None:
    """A version was adopted after its consultation: new cases begin with it from its effective day on."""
    found = next((each for each in published() if each[0].key == key), None)
    said = _statement(*found) if found else {"standard": key}
    service.append(session, ADOPTED, subject_of(key), said, now=now)


def _statement(standard: Standard, file: str, digest: str) -> dict[str, str]:
    return {
        "standard": standard.key,
        "title": standard.title,
        "effective": standard.effective.isoformat(),
        "file": file,
        "sha256": digest,
    }
