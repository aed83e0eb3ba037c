"""A table that somebody read in, held between the look at what it would change and the word to do it."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import obstore
from obstore.exceptions import NotFoundError

from app import files
from app.errors import Faulty, Missing

HELD_FOR: Final = timedelta(days=2)
FOLDER: Final = "sheets"
LARGEST: Final = 3 << 20


def hold(store: files.Store, case_id: UUID, held: bytes) -> str:
    """Keep it for two days; gives the word by which `held` finds it again. Faulty: empty or too large."""
    if not held:
        raise Faulty(fields={"file": files.EMPTY})
    if len(held) > LARGEST:
        raise Faulty(fields={"file": files.too_large(LARGEST)})
    word = hashlib.sha256(held).hexdigest()
    obstore.put(store, f"{FOLDER}/{case_id}/{word}", held)
    return word


def held(store: files.Store, case_id: UUID, word: str) -> bytes:
    """Missing: it was not held for this case, or not lately."""
    if not re.fullmatch(r"[0-9a-f]{64}", word):
        raise Missing
    try:
        return bytes(obstore.get(store, f"{FOLDER}/{case_id}/{word}").bytes())
    except (NotFoundError, FileNotFoundError) as fault:
        raise Missing from fault


def forget_old_sheets(store: files.Store, *, now: datetime) -> int:
    old = [
        each["path"]
        for batch in obstore.list(store, FOLDER)
        for each in batch
        if each["last_modified"] < now - HELD_FOR
    ]
    if old:
        obstore.delete(store, old)
    return len(old)
