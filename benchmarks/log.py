"""The transparency log at size: built, proven, hashed again; beside hashing its leaves with hashlib alone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from governance.log.checking import Held, check
from governance.log.checkpoints import Checkpoint
from governance.log.notes import Signer, sign
from governance.log.statements import Entry, canonical, commitment
from governance.log.tiles import grown, nodes_in
from governance.log.tree import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

BATCH: Final = 10_000
"""Entries that are signed at a time while the log is built."""
PROOFS: Final = 2_000
NAME: Final = "benchmark.example/log"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds, bytes, and proofs a second. `baseline`: the leaves of all entries hashed, nothing else."""

    leaves: int
    baseline: float
    build: float
    recheck: float
    entry_bytes: int
    tile_bytes: int
    inclusion_made: float
    inclusion_made_warm: float
    inclusion_verified: float
    consistency_made: float
    consistency_verified: float
    inclusion_bytes: int

    def rows(self) -> list[tuple[str, str, str]]:
        """What, how much, and that relative to the baseline of the same run."""
        a_leaf = self.baseline / self.leaves

        def each(rate: float) -> tuple[str, str]:
            return f"{rate:,.0f} a second", f"{1 / rate / a_leaf:,.0f} leaf hashes each"

        return [
            ("leaves hashed with hashlib alone", f"{self.baseline:.1f} s", "1"),
            ("tree built, in batches of 10,000", f"{self.build:.1f} s", f"{self.build / self.baseline:.2f}"),
            (
                "all hashed again from the statements up, compared and the head verified",
                f"{self.recheck:.1f} s",
                f"{self.recheck / self.baseline:.1f}",
            ),
            (
                "tiles",
                f"{self.tile_bytes / 1e6:.1f} MB",
                f"{self.tile_bytes / self.entry_bytes:.2f} of the entries' {self.entry_bytes / 1e6:.0f} MB",
            ),
            ("inclusion proofs made, each from tiles read anew", *each(self.inclusion_made)),
            ("inclusion proofs made, tiles kept in memory", *each(self.inclusion_made_warm)),
            ("inclusion proofs verified", *each(self.inclusion_verified)),
            ("consistency proofs made", *each(self.consistency_made)),
            ("consistency proofs verified", *each(self.consistency_verified)),
            ("an inclusion proof", f"{self.inclusion_bytes} bytes", ""),
        ]


def statement(index: int) -> tuple[str, bytes]:
    """What entry `index` says, and its salt: the same in each run."""
    said = canonical({"certificate": f"FH-{index:09}", "kind": "certificate.granted"})
    return said, hashlib.sha256(index.to_bytes(8, "big")).digest()


def held(index: int) -> Held:
    said, salt = statement(index)
    entry = Entry("certificate.granted", commitment(salt, said)).to_bytes()
    return Held(index, entry, leaf_hash(entry), said, salt)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


def measure(leaves: int) -> Figures:
    """Build a log of `leaves` entries (some 0.6 GB for a million) and measure everything on it once."""
    rows = [held(index) for index in range(leaves)]
    entries = [row.entry for row in rows]
    sha256 = hashlib.sha256
    baseline, plain = timed(lambda: [sha256(b"\0" + entry).digest() for entry in entries])
    assert plain == [row.leaf for row in rows]
    tiles: dict[tuple[int, int], bytes] = {}

    def build() -> None:
        last: dict[int, bytes] = {}
        for start in range(0, leaves, BATCH):
            fresh = [leaf_hash(entry) for entry in entries[start : start + BATCH]]
            for level, number, hashes in grown(start, fresh, last):
                tiles[level, number] = last[level] = hashes

    build_seconds, _ = timed(build)

    def tile(level: int, number: int) -> bytes:
        return tiles.get((level, number), b"")

    read = nodes_in(tile)
    head = root(leaves, read)
    signer = Signer.from_seed(NAME, bytes(32))
    note = str(sign(Checkpoint(NAME, leaves, head).text, [signer]))
    recheck, report = timed(lambda: check(rows, tile, [note], signer.verifier))
    assert (report.faults, report.root) == ([], head)
    chance = Random(1)
    places = [chance.randrange(leaves) for _ in range(PROOFS)]
    olds = [chance.randrange(1, leaves) for _ in range(PROOFS)]
    old_roots = [root(old, read) for old in olds]
    making, proofs = timed(lambda: [inclusion_proof(index, leaves, nodes_in(tile)) for index in places])
    kept = nodes_in(tile, keep=len(tiles))
    for index in range(0, leaves, 256):
        inclusion_proof(index, leaves, kept)
    making_warm, _ = timed(lambda: [inclusion_proof(index, leaves, kept) for index in places])

    def verify_all() -> None:
        for index, proof in zip(places, proofs, strict=True):
            verify_inclusion(plain[index], index, leaves, proof, head)

    verifying, _ = timed(verify_all)
    joining, steps = timed(lambda: [consistency_proof(old, leaves, nodes_in(tile)) for old in olds])

    def compare_all() -> None:
        for old, old_root, proof in zip(olds, old_roots, steps, strict=True):
            verify_consistency(old, old_root, leaves, head, proof)

    comparing, _ = timed(compare_all)
    return Figures(
        leaves=leaves,
        baseline=baseline,
        build=build_seconds,
        recheck=recheck,
        entry_bytes=sum(map(len, entries)),
        tile_bytes=sum(map(len, tiles.values())),
        inclusion_made=PROOFS / making,
        inclusion_made_warm=PROOFS / making_warm,
        inclusion_verified=PROOFS / verifying,
        consistency_made=PROOFS / joining,
        consistency_verified=PROOFS / comparing,
        inclusion_bytes=32 * max(map(len, proofs)),
    )
