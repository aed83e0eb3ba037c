"""The tree against a verifier that shares nothing with it, and against the vectors of RFC 6962's tests."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.log.tiles import Tile, bundle, nodes_in, tile_at, tiles_of, unbundle
from governance.log.tree import (
    EMPTY_ROOT,
    ProofError,
    consistency_proof,
    fold,
    inclusion_proof,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.governance import independent
from tests.governance.log_of import Log, log_of


@pytest.fixture(scope="module")
def ten_thousand() -> Log:
    return log_of(10_000)


def test_an_independent_verifier_accepts_the_proofs_of_10000_leaves(ten_thousand: Log) -> None:
    entries = [row.entry for row in ten_thousand.rows]
    head = independent.mth(entries)
    assert ten_thousand.root() == head
    read = nodes_in(ten_thousand.tile)
    for index, entry in enumerate(entries):
        assert independent.included(entry, index, 10_000, inclusion_proof(index, 10_000, read), head)


def test_an_independent_verifier_finds_each_of_1000_flipped_bits(ten_thousand: Log) -> None:
    chance, read, head = Random(1), nodes_in(ten_thousand.tile), ten_thousand.root()
    for _ in range(1_000):
        index = chance.randrange(10_000)
        entry, proof = ten_thousand.rows[index].entry, inclusion_proof(index, 10_000, read)
        parts = [entry, *proof, head]
        part = chance.randrange(len(parts))
        bit = chance.randrange(len(parts[part]) * 8)
        parts[part] = (int.from_bytes(parts[part], "big") ^ (1 << bit)).to_bytes(len(parts[part]), "big")
        assert not independent.included(parts[0], index, 10_000, parts[1:-1], parts[-1])
        with pytest.raises(ProofError):
            verify_inclusion(independent.leaf(parts[0]), index, 10_000, parts[1:-1], parts[-1])


@given(st.data())
def test_proofs_are_those_of_the_definition(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 600))
    log, entries = log_of(size), []
    entries = [row.entry for row in log.rows]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    read = nodes_in(log.tile)
    assert root(size, read) == independent.mth(entries) == fold([row.leaf for row in log.rows])
    path = inclusion_proof(index, size, read)
    assert path == independent.path(index, entries)
    verify_inclusion(log.rows[index].leaf, index, size, path, log.root())
    steps = consistency_proof(old, size, read)
    assert steps == independent.subproof(old, entries, known=True)
    verify_consistency(old, log.root(old), size, log.root(), steps)
    assert independent.consistent(old, log.root(old), size, log.root(), steps)


@given(st.data())
def test_a_proof_that_was_changed_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    log = log_of(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    read, leaf = nodes_in(log.tile), log.rows[index].leaf
    path, steps = inclusion_proof(index, size, read), consistency_proof(old, size, read)
    for wrong in (path[:-1], [*path, path[0]], [bytes(32), *path[1:]]):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, index, size, wrong, log.root())
        assert independent.rebuilt(leaf, index, size, wrong) != log.root()
    with pytest.raises(ProofError):
        verify_inclusion(leaf, (index + 1) % size, size, path, log.root())
    for wrong in (steps[:-1], [*steps, steps[0]], [*steps[:-1], bytes(32)]):
        with pytest.raises(ProofError):
            verify_consistency(old, log.root(old), size, log.root(), wrong)
    forked = log_of(old).root() if old != size else bytes(32)
    for first, last in ((bytes(32), log.root()), (log.root(old), bytes(32)), (forked, log.root())):
        with pytest.raises(ProofError):
            verify_consistency(old, first, size, last, steps)


def test_no_entry_no_proof() -> None:
    log = log_of(3)
    read = nodes_in(log.tile)
    assert root(0, read) == EMPTY_ROOT == independent.mth([])
    for index in (-1, 3):
        with pytest.raises(ProofError, match=f"no entry {index}"):
            inclusion_proof(index, 3, read)
    for old, new in ((0, 3), (4, 3)):
        with pytest.raises(ProofError, match="no beginning"):
            consistency_proof(old, new, read)
    with pytest.raises(ProofError, match="two roots"):
        verify_consistency(3, bytes(32), 3, log.root(), [])
    with pytest.raises(ProofError, match="no proof"):
        verify_consistency(3, log.root(), 3, log.root(), [bytes(32)])


def test_tiles_of_70000_are_as_the_specification_counts_them() -> None:
    tiles = list(tiles_of(70_000))
    assert sum(tile.level == 0 and tile.width == 256 for tile in tiles) == 273
    assert tiles[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert all(tile.within(70_000) for tile in tiles)
    assert not Tile(0, 273, 113).within(70_000)
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]


@given(st.sampled_from([None, 0, 1, 63]), st.integers(0, 10**12), st.integers(1, 256))
def test_a_tile_is_found_by_its_address(level: int | None, number: int, width: int) -> None:
    tile = Tile(level, number, width)
    assert tile_at(tile.address) == tile


def test_addresses() -> None:
    assert Tile(0, 1_234_067).address == "0/x001/x234/067"
    assert Tile(None, 5, 9).address == "entries/005.p/9"
    for wrong in (
        "0/1",
        "00/001",
        "64/001",
        "0/x000/001",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/09",
        "x/001",
        "",
    ):
        assert tile_at(wrong) is None


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    assert unbundle(bundle(entries)) == entries


def test_a_bundle_that_was_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="within an entry"):
        unbundle(bundle([b"one", b"two"])[:-1])
    with pytest.raises(ValueError, match="more than"):
        bundle([bytes(70_000)])
