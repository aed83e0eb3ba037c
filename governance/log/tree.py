"""The Merkle tree of RFC 6962 and RFC 9162, section 2.1: hashes, roots, and proofs made from them.

A node is named by (level, index): the root of the perfect subtree over the leaves
[index * 2**level, (index + 1) * 2**level). A tree of any size is made of such nodes, so proofs only ever
ask for them, wherever they are kept.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
NodeReader: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the node (level, index)."""


class ProofError(ValueError):
    """A proof, or what it is asked for, does not hold; the text says why."""


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over `hashes`, taken as the leaves of a tree of their own; of none: the hash of nothing."""
    if not hashes:
        return EMPTY_ROOT
    row, sha256 = list(hashes), hashlib.sha256
    while len(row) > 1:
        # A last hash without a partner goes up unchanged: that is what splitting at the largest power of
        # two comes to.
        paired = [sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        row = paired + row[len(paired) * 2 :]
    return row[0]


def spanning(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The nodes, left to right, of which the subtree over the leaves [start, end) is made.

    `start` must be a multiple of the least power of two that is not below end - start.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def subtree(start: int, end: int, read: NodeReader) -> bytes:
    """The hash over the leaves [start, end), as in `spanning`."""
    nodes = [read(*node) for node in spanning(start, end)]
    total = nodes.pop()
    while nodes:
        total = node_hash(nodes.pop(), total)
    return total


def root(size: int, read: NodeReader) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return subtree(0, size, read) if size else EMPTY_ROOT


def split(size: int) -> int:
    """The largest power of two below `size` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """The hashes beside the way from leaf `index` up to the root of `size` leaves, the leaf's sibling first.

    ProofError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"there is no entry {index} among {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(subtree(middle, end, read))
            end = middle
        else:
            path.append(subtree(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """The hashes that show that the tree of `old` leaves begins the tree of `new` ones; equal sizes: none.

    ProofError: `old` is not between 1 and `new`.
    """
    if not 0 < old <= new:
        raise ProofError(f"{old} entries are no beginning of {new}")
    start, end, path, whole = 0, new, [], True
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            path.append(subtree(middle, end, read))
            end = middle
        else:
            path.append(subtree(start, middle, read))
            start, whole = middle, False
    if not whole:
        path.append(subtree(start, end, read))
    return path[::-1]


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that `proof` leads to from the hash of leaf `index` (RFC 9162, section 2.1.3.2).

    ProofError: the proof has not the length that such a tree needs.
    """
    return climb(leaf, index, size, proof)[-1]


def climb(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> list[bytes]:
    """Every hash on the way from a leaf to the root, both included; as `root_by_inclusion`."""
    if not 0 <= index < size:
        raise ProofError(f"there is no entry {index} among {size}")
    way = [leaf]
    for beside, from_left in zip(proof, sides(index, size), strict=False):
        way.append(node_hash(beside, way[-1]) if from_left else node_hash(way[-1], beside))
    if len(proof) != len(sides(index, size)):
        raise ProofError(f"the proof has {len(proof)} hashes instead of {len(sides(index, size))}")
    return way


def sides(index: int, size: int) -> list[bool]:
    """For each hash of an inclusion proof, whether it stands to the left."""
    found, last = [], size - 1
    while last:
        if index & 1:
            found.append(True)
        elif index < last:
            found.append(False)
        index, last = index >> 1, last >> 1
    return found


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """ProofError: the leaf hash is not at `index` of the tree of `size` leaves with the root `expected`."""
    if root_by_inclusion(leaf, index, size, proof) != expected:
        raise ProofError(f"the proof of entry {index} does not lead to the root")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """ProofError: the tree (old, old_root) does not begin the tree (new, new_root) (RFC 9162, 2.1.4.2)."""
    if old == new:
        if proof:
            raise ProofError("trees of one size need no proof")
        if old_root != new_root:
            raise ProofError(f"two roots for the same {old} entries")
        return
    if not 0 < old < new:
        raise ProofError(f"{old} entries are no beginning of {new}")
    hashes = list(proof)
    if old & (old - 1) == 0:  # a perfect tree is a node of the new one, and the verifier knows its hash
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofError("the proof has too few hashes")
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    was = is_now = hashes[0]
    for beside in hashes[1:]:
        if not last:
            raise ProofError("the proof has too many hashes")
        if index & 1 or index == last:
            was, is_now = node_hash(beside, was), node_hash(beside, is_now)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            is_now = node_hash(is_now, beside)
        index, last = index >> 1, last >> 1
    if last:
        raise ProofError("the proof has too few hashes")
    if was != old_root:
        raise ProofError(f"the proof does not lead to the root of the first {old} entries")
    if is_now != new_root:
        raise ProofError(f"the proof does not lead to the root of the {new} entries")
