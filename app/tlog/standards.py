"""Versions of standards in the log: they come with the program, so they are entered when first seen."""

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

ADOPTED: Final = "standard.adopted"
CHANGED: Final = "standard.changed"
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
            .where(LogEntry.subject_id == about.id, LogEntry.kind.in_((ADOPTED, CHANGED)))
            .order_by(LogEntry.at.desc(), LogEntry.arrived.desc())
            .limit(1)
        ).first()
        if said is not None and json.loads(said)["sha256"] == digest:
            continue
        service.append(
            session,
            ADOPTED if said is None else CHANGED,
            about,
            {
                "standard": standard.key,
                "title": standard.title,
                "effective": standard.effective.isoformat(),
                "file": name,
                "sha256": digest,
            },
            now=now,
        )
