"""Whatever of a log is changed where it is kept is found, and the entry is named."""

import re
from dataclasses import replace
from random import Random

from governance.log.checking import Held, Report, check
from governance.log.checkpoints import Checkpoint
from governance.log.notes import Signer, sign
from governance.log.statements import ERASED, Entry, canonical, commitment
from governance.log.tree import leaf_hash
from tests.governance.log_of import NAME, SIGNER, Log, held, log_of

SIZE = 260


def report_of(log: Log) -> Report:
    return check(log.rows, log.tile, log.heads, SIGNER.verifier)


def flipped(data: bytes, chance: Random) -> bytes:
    return (int.from_bytes(data, "big") ^ (1 << chance.randrange(len(data) * 8))).to_bytes(len(data), "big")


def named(report: Report) -> set[int]:
    """The entries that the faults name."""
    found: set[int] = set()
    for fault in report.faults:
        if match := re.match(r"entr(?:y|ies) (\d+)(?: to (\d+))?", fault):
            found |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    return found


def test_a_log_as_it_was_made_is_well() -> None:
    log = log_of(SIZE, heads=(1, 100, 256))
    report = report_of(log)
    assert report.faults == []
    assert (report.size, report.root) == (SIZE, log.root())
    assert report_of(Log()).faults == []


def test_each_of_1000_flipped_bits_is_found_and_named() -> None:
    chance, log = Random(7), log_of(SIZE, heads=(100,))
    for round_ in range(1_000):
        index = chance.randrange(SIZE)
        row, tiles = log.rows[index], dict(log.tiles)
        assert row.statement is not None
        assert row.salt is not None
        what = ("statement", "salt", "entry", "leaf", "tile")[round_ % 5]
        changed = row
        if what == "statement":
            changed = replace(row, statement=flipped(row.statement.encode(), chance).decode("latin-1"))
        elif what == "salt":
            changed = replace(row, salt=flipped(row.salt, chance))
        elif what == "entry":
            changed = replace(row, entry=flipped(row.entry, chance))
        elif what == "leaf":
            changed = replace(row, leaf=flipped(row.leaf, chance))
        else:
            level = chance.randrange(2)
            place = level, (index >> 8) if level == 0 else 0
            at = (index % 256) * 32 if level == 0 else 0
            tile = tiles[place]
            tiles[place] = tile[:at] + flipped(tile[at : at + 32], chance) + tile[at + 32 :]
            index = index if level == 0 else 0
        rows = [*log.rows[: row.index], changed, *log.rows[row.index + 1 :]]
        report = report_of(Log(rows, tiles, log.heads))
        assert index in named(report), (what, report.faults)


def test_a_removed_row_is_named() -> None:
    log = log_of(20)
    log.rows.pop(7)
    assert "entry 7 is missing" in report_of(log).faults
    log = log_of(20)
    log.rows.pop()
    assert {19} <= named(report_of(log))
    shorter = Log()
    shorter.add(*log.rows)
    log.tiles = shorter.tiles
    assert report_of(log).faults == ["entries 19 to 19 are missing: a checkpoint has 20"]


def test_rows_that_changed_places_are_named() -> None:
    log = log_of(20)
    log.rows[3], log.rows[9] = replace(log.rows[9], index=3), replace(log.rows[3], index=9)
    assert named(report_of(log)) >= {3, 9}


def test_what_was_changed_everywhere_at_once_disagrees_with_what_was_signed() -> None:
    log, other = log_of(20, heads=(5, 10)), held(7, Random(0))
    rows = [*log.rows[:7], other, *log.rows[8:]]
    rebuilt = Log()
    rebuilt.add(*rows)
    rebuilt.heads = log.heads
    assert report_of(rebuilt).faults == [
        "entries 5 to 9: not as the checkpoint of 10 signs them",
        "entries 5 to 19: not as the checkpoint of 20 signs them",
    ]


def test_a_head_of_another_key_or_log_is_a_fault() -> None:
    log = log_of(4)
    text = Checkpoint(NAME, 4, log.root()).text
    log.heads = [str(sign(text, [Signer.from_seed(NAME, bytes(32))]))]
    assert "is not signed" in report_of(log).faults[0]
    log.heads = [log_of(4).heads[0].replace("log.example", "lag.example", 1)]
    assert report_of(log).faults


def erasing(log: Log, target: int) -> Held:
    statement, salt = canonical({"entry": target, "reason": "asked for"}), bytes(32)
    entry = Entry(ERASED, commitment(salt, statement)).to_bytes()
    return Held(len(log.rows), entry, leaf_hash(entry), statement, salt)


def test_an_erased_statement_is_well_when_an_entry_says_so() -> None:
    log = log_of(10)
    log.add(erasing(log, 4))
    assert report_of(log).faults == ["entry 4 is still there, though entry 10 says that it was erased"]
    log.rows[4] = replace(log.rows[4], statement=None, salt=None)
    log.head()
    assert report_of(log).faults == []
    log.rows[5] = replace(log.rows[5], statement=None, salt=None)
    assert report_of(log).faults == ["entry 5: its statement is gone, and no entry says that it was erased"]
    log.rows[5] = replace(log_of(10).rows[5], salt=None)
    assert report_of(log).faults == ["entry 5: only one of statement and salt is there"]


def test_that_something_was_erased_is_never_erased() -> None:
    log, index = log_of(10), 10
    log.add(erasing(log, 4))
    log.rows[4] = replace(log.rows[4], statement=None, salt=None)
    log.rows[index] = replace(log.rows[index], statement=None, salt=None)
    assert f"entry {index}: its statement cannot be erased" in report_of(log).faults
