"""A verifier written from the recursive definitions of RFC 6962, section 2.1. It shares nothing with ours."""

from hashlib import sha256


def leaf(data: bytes) -> bytes:
    return sha256(bytes([0]) + data).digest()


def parent(a: bytes, b: bytes) -> bytes:
    return sha256(bytes([1]) + a + b).digest()


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: list[bytes]) -> bytes:
    """MTH(D[n])."""
    if not d:
        return sha256().digest()
    if len(d) == 1:
        return leaf(d[0])
    k = largest_power_below(len(d))
    return parent(mth(d[:k]), mth(d[k:]))


def path(m: int, d: list[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(d) == 1:
        return []
    k = largest_power_below(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: list[bytes], known: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b); PROOF(m, D[n]) is SUBPROOF(m, D[n], true)."""
    if m == len(d):
        return [] if known else [mth(d)]
    k = largest_power_below(len(d))
    if m <= k:
        return [*subproof(m, d[:k], known), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def rebuilt(hash_of_leaf: bytes, m: int, n: int, audit: list[bytes]) -> bytes | None:
    """The root that an audit path leads to, read from its far end; None: it has not the right length."""
    if n == 1:
        return None if audit or m else hash_of_leaf
    if not audit or m >= n:
        return None
    k = largest_power_below(n)
    if m < k:
        below = rebuilt(hash_of_leaf, m, k, audit[:-1])
        return below and parent(below, audit[-1])
    below = rebuilt(hash_of_leaf, m - k, n - k, audit[:-1])
    return below and parent(audit[-1], below)


def included(data: bytes, m: int, n: int, audit: list[bytes], root: bytes) -> bool:
    return rebuilt(leaf(data), m, n, audit) == root


def both(m: int, n: int, proof: list[bytes], old: bytes | None) -> tuple[bytes, bytes] | None:
    """(old root, new root) as a consistency proof has them; `old` given: the first tree is known here."""
    if m == n:
        if old is not None:
            return None if proof else (old, old)
        return (proof[0], proof[0]) if len(proof) == 1 else None
    if not proof:
        return None
    k = largest_power_below(n)
    if m <= k:
        below = both(m, k, proof[:-1], old)
        return below and (below[0], parent(below[1], proof[-1]))
    below = both(m - k, n - k, proof[:-1], None)
    return below and (parent(proof[-1], below[0]), parent(proof[-1], below[1]))


def consistent(m: int, old: bytes, n: int, new: bytes, proof: list[bytes]) -> bool:
    return both(m, n, proof, old) == (old, new)
