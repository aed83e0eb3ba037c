"""Everything that is kept of a log, hashed again from the statements up, before a head is signed over it.

Each thing is held twice or more: a statement by its commitment, an entry by its leaf hash, that by a tile,
tiles by tiles above them, and all of it by the heads that were signed. So whatever is changed in one place
disagrees with another one, and the fault says which entry it is.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from governance.log.checkpoints import opened
from governance.log.notes import NoteError, Verifier
from governance.log.statements import ERASED, Entry, StatementError, commitment
from governance.log.tiles import HEIGHT, WIDTH, TileReader, nodes_in, tile_root
from governance.log.tree import EMPTY_ROOT, HASH_BYTES, leaf_hash, root

MOST_FAULTS: Final = 50


@dataclass(frozen=True, slots=True)
class Held:
    """An entry as it is kept. `statement` and `salt` are both None when they were erased."""

    index: int
    entry: bytes
    leaf: bytes
    statement: str | None
    salt: bytes | None


@dataclass(slots=True)
class Report:
    """What was found; no `faults`: all is well. `root`: over all entries, from what was hashed just now."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    faults: list[str] = field(default_factory=list)

    def add(self, fault: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        elif len(self.faults) == MOST_FAULTS:
            self.faults.append("and more")


def check(
    rows: Iterable[Held],
    tiles: TileReader,
    heads: Sequence[str],
    key: Verifier,
    waiting: Iterable[Held] = (),
) -> Report:
    """`rows` by index; `tiles` gives b"" where there is none; `heads`: signed checkpoints, smallest first;
    `waiting`: what is not part of the tree yet, its index unused.
    """
    report = Report()
    found, erased = bytearray(), []
    announced: dict[int, str] = {}  # erased entry -> which entry says so
    for row in waiting:
        if (fault := fault_of(row.entry, row.statement, row.salt)) or leaf_hash(row.entry) != row.leaf:
            report.add(f"an entry that waits: {fault or 'its leaf hash is not of its entry'}")
        if (target := erasure_in(row)) is not None:
            announced[target] = "that waits"
    for row in rows:
        for gap in range(report.size, min(row.index, report.size + MOST_FAULTS)):
            report.add(f"entry {gap} is missing")
        if row.index < report.size:
            report.add(f"entry {row.index} is there twice")
        report.size = row.index + 1
        found.extend(bytes((row.index + 1) * HASH_BYTES - len(found) - HASH_BYTES))
        if fault := fault_of(row.entry, row.statement, row.salt):
            report.add(f"entry {row.index}: {fault}")
        leaf = leaf_hash(row.entry)
        if leaf != row.leaf:
            report.add(f"entry {row.index}: its leaf hash is not of its entry")
        found[row.index * HASH_BYTES :] = leaf
        if row.statement is None:
            erased.append(row.index)
        elif (target := erasure_in(row)) is not None:
            announced[target] = str(row.index)
    for index in erased:
        if index not in announced:
            report.add(f"entry {index}: its statement is gone, and no entry says that it was erased")
    gone = set(erased)
    for target, by in announced.items():
        if target not in gone:
            report.add(f"entry {target} is still there, though entry {by} says that it was erased")
    computed = _compare_tiles(report, bytes(found), tiles)
    _compare_heads(report, computed, heads, key)
    return report


def fault_of(entry: bytes, statement: str | None, salt: bytes | None) -> str | None:
    """What is wrong with an entry by itself; None: nothing."""
    try:
        read = Entry.read(entry)
        if statement is None and salt is None:
            return "its statement cannot be erased" if read.kind == ERASED else None
        if statement is None or salt is None:
            return "only one of statement and salt is there"
        if commitment(salt, statement) != read.commitment:
            return "its statement or salt is not what was entered"
    except StatementError as fault:
        return str(fault)
    return None


def erasure_in(row: Held) -> int | None:
    """Of which entry a row says that it was erased."""
    if row.statement is None or f'"kind":"{ERASED}"'.encode() not in row.entry:
        return None
    try:
        target = json.loads(row.statement)["entry"]
    except (ValueError, KeyError, TypeError):
        return None
    return target if isinstance(target, int) else None


def _compare_tiles(report: Report, leaves: bytes, tiles: TileReader) -> TileReader:
    """Build the tiles again and lay them beside those that are kept; gives the ones built."""
    built: dict[tuple[int, int], bytes] = {}
    level, row, step = 0, leaves, WIDTH * HASH_BYTES
    while row:
        above = []
        for at in range(0, len(row), step):
            number, piece = at // step, row[at : at + step]
            built[level, number] = piece
            if (kept := tiles(level, number)) != piece:
                _name_differences(report, level, number, piece, kept)
            if len(piece) == step:
                above.append(tile_root(piece))
        if tiles(level, (len(row) - 1) // step + 1):
            report.add(f"tile {level}/{(len(row) - 1) // step + 1} has hashes of entries that are not there")
        row, level = b"".join(above), level + 1
    return lambda level, number: built.get((level, number), b"")


def _name_differences(report: Report, level: int, number: int, built: bytes, kept: bytes) -> None:
    for at in range(0, max(len(built), len(kept)), HASH_BYTES):
        if built[at : at + HASH_BYTES] == kept[at : at + HASH_BYTES]:
            continue
        first = (number * WIDTH + at // HASH_BYTES) << (HEIGHT * level)
        last = first + (1 << (HEIGHT * level)) - 1
        name = f"entry {first}" if level == 0 else f"entries {first} to {last}"
        report.add(f"{name}: the hash in tile {level}/{number} is not theirs")


def _compare_heads(report: Report, built: TileReader, heads: Sequence[str], key: Verifier) -> None:
    read, good = nodes_in(built, keep=256), 0
    for document in heads:
        try:
            head, _ = opened(document, key)
        except NoteError as fault:
            report.add(f"a signed checkpoint: {fault}")
            continue
        if head.size > report.size:
            report.add(f"entries {report.size} to {head.size - 1} are missing: a checkpoint has {head.size}")
        elif (EMPTY_ROOT if head.size == 0 else root(head.size, read)) != head.root:
            report.add(f"entries {good} to {head.size - 1}: not as the checkpoint of {head.size} signs them")
        else:
            good = head.size
    if report.size:
        report.root = root(report.size, read)
