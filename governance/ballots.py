"""Secret ballots: one member, one vote; sealed while the vote is open, counted in public afterwards.

A ballot is a mark, which only its receipt code gives, and a choice sealed for the box. When the box is
opened, all marks with their choices, in the order of the marks, are the board; anybody can count it again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from governance.complaints import plain_receipt
from governance.refusal import Refusal

FORMAT: Final = "fairhaul-ballot-board/1"
MARK: Final = 32  # bytes
MASK: Final = 8  # bytes: one bit an option, so that every envelope has one length
MOST_OPTIONS: Final = 8 * MASK
MOTION: Final = ("yes", "no", "abstain")
LEAST_BALLOTS: Final = 3
"""With fewer the box is never opened: a result would tell who voted how."""
LEAST_DAYS: Final = 7
MOST_DAYS: Final = 90
QUORUM_PERCENT: Final = 33


class Kind(StrEnum):
    MOTION = "motion"
    ELECTION = "election"


class Majority(StrEnum):
    SIMPLE = "simple"  # more yes than no
    TWO_THIRDS = "two thirds"  # of yes and no


class NoSuchOption(Refusal):
    code = "no-such-option"
    template = "The ballot paper has no option “{option}”."


class TooMany(Refusal):
    code = "too-many-options"
    template = "Choose {seats} at most."


class OneAnswer(Refusal):
    code = "one-answer"
    template = "Choose yes, no or abstain."


@dataclass(frozen=True, slots=True)
class Option:
    """`key` stands on ballots; `of`: where a candidate comes from."""

    key: str
    name: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is voted on. `vote` names it for ever; `seats`: 1 for a motion."""

    vote: str
    kind: Kind
    options: tuple[Option, ...]
    seats: int = 1
    majority: Majority = Majority.SIMPLE
    quorum_percent: int = QUORUM_PERCENT

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(each.key for each in self.options)


def choice_of(paper: Paper, chosen: Collection[str]) -> tuple[str, ...]:
    """The choice in the order of the paper. No candidate: a blank ballot. Refusal: not on the paper."""
    for each in chosen:
        if each not in paper.keys:
            raise NoSuchOption(option=each[:40])
    ordered = tuple(key for key in paper.keys if key in chosen)
    if paper.kind is Kind.MOTION and len(ordered) != 1:
        raise OneAnswer
    if len(ordered) > paper.seats:
        raise TooMany(seats=paper.seats)
    return ordered


def mark_of(vote: str, code: str) -> bytes:
    """What the board shows of a receipt code: nobody gets from the one to the other without the code."""
    said = f"fairhaul ballot\0{vote}\0{plain_receipt(code)}"
    return hashlib.sha256(said.encode()).digest()


@dataclass(frozen=True, slots=True)
class BoxKey:
    """The key of a box. It is destroyed when the box is opened."""

    private: bytes  # 32 bytes of chance

    @property
    def public(self) -> bytes:
        return X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()


def _cipher(shared: bytes, public: bytes, once: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, once + public, b"fairhaul ballot envelope").derive(shared))


def seal(paper: Paper, public: bytes, mark: bytes, choice: Sequence[str], chance: bytes) -> bytes:
    """An envelope: the mark, a key used once (of 32 bytes of `chance`), and the sealed choice. 88 bytes."""
    mask = sum(1 << paper.keys.index(each) for each in choice)
    own = X25519PrivateKey.from_private_bytes(chance)
    once = own.public_key().public_bytes_raw()
    cipher = _cipher(own.exchange(X25519PublicKey.from_public_bytes(public)), public, once)
    return mark + once + cipher.encrypt(bytes(12), mask.to_bytes(MASK, "big"), mark)


class UnreadableEnvelope(Exception):  # noqa: N818 - says what was found
    """An envelope that the box's key does not open: it was changed."""


def unseal(paper: Paper, key: BoxKey, envelope: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Mark and choice."""
    mark, once, sealed = envelope[:MARK], envelope[MARK : MARK + 32], envelope[MARK + 32 :]
    try:
        shared = X25519PrivateKey.from_private_bytes(key.private).exchange(
            X25519PublicKey.from_public_bytes(once)
        )
        mask = int.from_bytes(_cipher(shared, key.public, once).decrypt(bytes(12), sealed, mark), "big")
        chosen = [each for place, each in enumerate(paper.keys) if mask >> place & 1]
        return mark, choice_of(paper, chosen)
    except (InvalidTag, ValueError, Refusal) as fault:
        raise UnreadableEnvelope(mark.hex()) from fault


@dataclass(frozen=True, slots=True)
class Turnout:
    """Of a region, or of all: how many are on the roll, how many voted."""

    members: int
    voted: int


@dataclass(frozen=True, slots=True)
class Result:
    """`quorum`: ballots needed. `votes` empty and nothing decided: too few took part."""

    quorum: int
    reached: bool
    votes: Mapping[str, int]
    carried: bool | None = None  # of a motion
    elected: tuple[str, ...] = ()
    by_lot: tuple[str, ...] = ()  # of the elected: the lot preferred them to others with as many votes


def quorum_of(paper: Paper, members: int) -> int:
    """Ballots that are needed: the share of the roll, rounded up, and never fewer than LEAST_BALLOTS."""
    return max(-(-members * paper.quorum_percent // 100), LEAST_BALLOTS)


def lot(marks: Collection[str], option: str) -> str:
    """The place in a draw between options with as many votes: the smallest hash goes first.

    All marks together are the chance: nobody knows it before the last ballot, and all can draw again.
    """
    return hashlib.sha256("\n".join(["fairhaul lot", *sorted(marks), option]).encode()).hexdigest()


def count(paper: Paper, ballots: Mapping[str, Sequence[str]], members: int) -> Result:
    """Count `ballots` (mark in hexadecimal -> choice) of a roll of `members`.

    Motion: carried by more yes than no, or by two thirds of both; a tie is not carried. Election: most votes;
    nobody without a vote is elected; ties for the last seats by `lot`.
    """
    needed = quorum_of(paper, members)
    if len(ballots) < needed:
        return Result(needed, reached=False, votes={})
    found = Counter(each for choice in ballots.values() for each in choice)
    votes = {key: found[key] for key in paper.keys}
    if paper.kind is Kind.MOTION:
        yes, no = votes["yes"], votes["no"]
        enough = yes > no if paper.majority is Majority.SIMPLE else yes > 0 and 3 * yes >= 2 * (yes + no)
        return Result(needed, reached=True, votes=votes, carried=enough)
    order = sorted((key for key in votes if votes[key]), key=lambda key: (-votes[key], lot(ballots, key)))
    elected = tuple(order[: paper.seats])
    left = {votes[key] for key in order[paper.seats :]}
    return Result(
        needed,
        reached=True,
        votes=votes,
        elected=elected,
        by_lot=tuple(key for key in elected if votes[key] in left),
    )


@dataclass(frozen=True, slots=True)
class Board:
    """All that is needed to count again. `roll`: (slug, region) of each; who of them voted is not told."""

    paper: Paper
    title: str
    body: str
    opens: date
    closes: date
    roll: tuple[tuple[str, str], ...]
    turnout: Mapping[str, Turnout]  # by region
    ballots: Mapping[str, tuple[str, ...]]  # empty where the quorum was not reached
    cast: int
    result: Result


def write(board: Board) -> str:
    """The board as JSON, always the same to the byte for the same board."""
    paper = board.paper
    said = {
        "format": FORMAT,
        "vote": paper.vote,
        "title": board.title,
        "body": board.body,
        "kind": paper.kind.value,
        "options": [asdict(each) for each in paper.options],
        "seats": paper.seats,
        "majority": paper.majority.value,
        "quorum_percent": paper.quorum_percent,
        "opens": board.opens.isoformat(),
        "closes": board.closes.isoformat(),
        "roll": [list(each) for each in sorted(board.roll)],
        "turnout": {region: asdict(each) for region, each in board.turnout.items()},
        "cast": board.cast,
        "ballots": [[mark, list(board.ballots[mark])] for mark in sorted(board.ballots)],
        "result": asdict(board.result),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


class BoardError(ValueError):
    """A file that is no board, or one that does not agree with itself; the text says where."""


def read(document: str | bytes) -> Board:
    """Read a board and check all that it says of itself. BoardError: something does not agree."""
    try:
        said = json.loads(document)
        if said["format"] != FORMAT:
            raise BoardError(f"not of the form {FORMAT}")
        board = _board(said)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        if isinstance(fault, BoardError):
            raise
        raise BoardError(f"unreadable: {fault}") from fault
    _agree(board, said)
    return board


def _board(said: Mapping[str, Any]) -> Board:
    paper = Paper(
        said["vote"],
        Kind(said["kind"]),
        tuple(Option(**each) for each in said["options"]),
        int(said["seats"]),
        Majority(said["majority"]),
        int(said["quorum_percent"]),
    )
    lines = [(str(mark), tuple(choice)) for mark, choice in said["ballots"]]
    if len({mark for mark, _ in lines}) != len(lines):
        raise BoardError("a mark stands on the board twice")
    for mark, choice in lines:
        if choice_of_board(paper, choice) != choice or len(bytes.fromhex(mark)) != MARK:
            raise BoardError(f"the ballot {mark} is not one of this paper")
    told = said["result"]
    return Board(
        paper,
        str(said["title"]),
        str(said["body"]),
        date.fromisoformat(said["opens"]),
        date.fromisoformat(said["closes"]),
        tuple((slug, region) for slug, region in said["roll"]),
        {region: Turnout(**each) for region, each in said["turnout"].items()},
        dict(lines),
        int(said["cast"]),
        Result(**{**told, "elected": tuple(told["elected"]), "by_lot": tuple(told["by_lot"])}),
    )


def choice_of_board(paper: Paper, choice: Sequence[str]) -> tuple[str, ...]:
    """A choice as a ballot may say it. BoardError: as none may."""
    try:
        return choice_of(paper, choice)
    except Refusal as no:
        raise BoardError(no.sentence) from no


def _agree(board: Board, said: Mapping[str, Any]) -> None:
    """BoardError: counts that do not agree with each other."""
    regions = Counter(region for _, region in board.roll)
    if len(dict(board.roll)) != len(board.roll):
        raise BoardError("a member stands on the roll twice")
    if {region: each.members for region, each in board.turnout.items() if each.members} != dict(regions):
        raise BoardError("the turnout does not agree with the roll")
    if any(not 0 <= each.voted <= each.members for each in board.turnout.values()):
        raise BoardError("more voted in a region than are on the roll there")
    if sum(each.voted for each in board.turnout.values()) != board.cast:
        raise BoardError("there are more or fewer ballots than members who voted")
    if len(board.ballots) != (board.cast if board.result.reached else 0):
        raise BoardError("the ballots on the board are not as many as were cast")
    if board.result.reached:
        recount = count(board.paper, board.ballots, len(board.roll))
    else:
        recount = Result(quorum_of(board.paper, len(board.roll)), reached=False, votes={})
    if recount != board.result or board.result.reached != (board.cast >= recount.quorum):
        raise BoardError("the count gives another result than the board says")
    if json.loads(write(board)) != said:
        raise BoardError("the board holds more than a board says")


def digest(document: str) -> str:
    """SHA-256 of a board as it was written: what the log's entry says of it."""
    return hashlib.sha256(document.encode()).hexdigest()
