"""The layout of C2SP tlog-tiles: hashes in rows of 256, entries in bundles of 256, and their addresses."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from governance.log.tree import HASH_BYTES, NodeReader, ProofError, fold, node_hash

WIDTH: Final = 256
HEIGHT: Final = 8
LARGEST_ENTRY: Final = 0xFFFF
ENTRIES: Final = "entries"
ADDRESS: Final = re.compile(
    r"(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """`width` consecutive hashes of the nodes of level 8 * `level`, from index `number` * 256 on.

    `level` None: the bundle of the entries of a tile of level 0.
    """

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def address(self) -> str:
        """Its path below <prefix>/tile/."""
        digits = f"{self.number:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        path = "/".join([*(f"x{each}" for each in groups[:-1]), groups[-1]])
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"{ENTRIES if self.level is None else self.level}/{path}{partial}"

    def within(self, size: int) -> bool:
        """Whether a tree of `size` leaves has all of these hashes."""
        return self.number * WIDTH + self.width <= size >> (HEIGHT * (self.level or 0))


def tile_at(address: str) -> Tile | None:
    """The tile of a path below <prefix>/tile/; None where the path is none, or not the shortest."""
    match = ADDRESS.fullmatch(address)
    if match is None or len(address) > 80:
        return None
    level, path, width = match.groups()
    tile = Tile(
        None if level == ENTRIES else int(level),
        int(path.replace("/", "").replace("x", "")),
        int(width) if width else WIDTH,
    )
    return tile if tile.address == address and (tile.level or 0) < 64 else None


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of hashes of a tree of `size` leaves, full and partial, level by level."""
    level = 0
    while count := size >> (HEIGHT * level):
        yield from (Tile(level, number) for number in range(count // WIDTH))
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)
        level += 1


def grown(
    size: int, leaves: Sequence[bytes], last_tiles: dict[int, bytes]
) -> Iterator[tuple[int, int, bytes]]:
    """The tiles (level, number, hashes) that change when `leaves` (hashes) follow `size` leaves.

    `last_tiles`: by level, the hashes of the partial tile of the tree so far, where there is one.
    """
    level, begin, fresh = 0, size, list(leaves)
    while fresh:
        number, offset = divmod(begin, WIDTH)
        row = last_tiles.get(level, b"")[: offset * HASH_BYTES] if offset else b""
        if len(row) != offset * HASH_BYTES:
            raise ProofError(f"tile {level}/{number} lacks hashes that were there")
        row += b"".join(fresh)
        step, above = WIDTH * HASH_BYTES, []
        for at in range(0, len(row), step):
            piece = row[at : at + step]
            yield level, number + at // step, piece
            if len(piece) == step:
                above.append(tile_root(piece))
        fresh, begin, level = above, number, level + 1


def tile_root(hashes: bytes) -> bytes:
    return fold([hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)])


TileReader: TypeAlias = Callable[[int, int], bytes]
"""Gives the hashes, one after the other, of the tile (level, number), as many as it has."""


def nodes_in(read_tile: TileReader, keep: int = 64) -> NodeReader:
    """Reads nodes of the tree out of tiles; the last `keep` tiles are kept.

    ProofError: a tile has fewer hashes than the node needs.
    """

    @lru_cache(maxsize=keep)
    def rows(level: int, number: int) -> list[list[bytes]]:
        """A tile's hashes, then their parents, and so on while there are pairs."""
        hashes = read_tile(level, number)
        row = [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]
        found = [row]
        while len(row) > 1:
            row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
            found.append(row)
        return found

    def read(level: int, index: int) -> bytes:
        above = level % HEIGHT
        number, place = divmod(index, WIDTH >> above)
        found = rows(level // HEIGHT, number)
        if above >= len(found) or place >= len(found[above]):
            raise ProofError(f"tile {level // HEIGHT}/{number} is too short")
        return found[above][place]

    return read


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle: each with its length before it, two bytes, big-endian. ValueError: too large."""
    if any(len(entry) > LARGEST_ENTRY for entry in entries):
        raise ValueError(f"an entry has more than {LARGEST_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(document: bytes) -> list[bytes]:
    """ValueError: the bundle ends within an entry."""
    entries, at = [], 0
    while at < len(document):
        length = int.from_bytes(document[at : at + 2], "big")
        entries.append(document[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(document):
        raise ValueError("the bundle ends within an entry")
    return entries
