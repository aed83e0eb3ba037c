"""A log in memory, of entries that say nothing."""

from dataclasses import dataclass, field
from random import Random

from governance.log.checking import Held
from governance.log.checkpoints import Checkpoint
from governance.log.notes import Signer, sign
from governance.log.statements import Entry, canonical, commitment
from governance.log.tiles import grown, nodes_in
from governance.log.tree import leaf_hash, root

NAME = "log.example/fairhaul"
SIGNER = Signer.from_seed(NAME, bytes(range(32)))


@dataclass
class Log:
    rows: list[Held] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)

    def tile(self, level: int, number: int) -> bytes:
        return self.tiles.get((level, number), b"")

    def node(self, level: int, index: int) -> bytes:
        return nodes_in(self.tile)(level, index)

    def add(self, *made: Held) -> None:
        last = {level: hashes for (level, _), hashes in sorted(self.tiles.items())}
        for level, number, hashes in grown(len(self.rows), [each.leaf for each in made], last):
            self.tiles[level, number] = hashes
        self.rows += made

    def root(self, size: int | None = None) -> bytes:
        return root(len(self.rows) if size is None else size, nodes_in(self.tile))

    def head(self) -> str:
        text = Checkpoint(NAME, len(self.rows), self.root()).text
        self.heads.append(str(sign(text, [SIGNER])))
        return self.heads[-1]


def held(index: int, chance: Random, kind: str = "test") -> Held:
    statement, salt = canonical({"n": index, "of": "a test"}), chance.randbytes(32)
    entry = Entry(kind, commitment(salt, statement)).to_bytes()
    return Held(index, entry, leaf_hash(entry), statement, salt)


def log_of(size: int, *, heads: tuple[int, ...] = ()) -> Log:
    chance, log, at = Random(size), Log(), 0
    for stop in (*heads, size):
        log.add(*(held(index, chance) for index in range(at, stop)))
        if stop:
            log.head()
        at = stop
    return log
