"""A witness of a transparency log: it signs that the log only ever grew, and refuses when it did not.

One file; it needs Python 3.10 or newer and the library `cryptography`. Run it anywhere but beside the log:

    python3 witness.py new-key witness.example.org/mine    # makes witness.key: keep it to yourself
    python3 witness.py show-key                            # this line goes to whoever runs the log
    python3 witness.py follow https://fairhaul.example --log-key 'NAME+ID+KEY'
    python3 witness.py serve --log-key 'NAME+ID+KEY' --port 8400

`follow` looks once (let it run every few minutes): it fetches the newest checkpoint, proves from the log's
own tiles that it continues the one it signed last, signs it (C2SP tlog-cosignature) and posts that to it.
`serve` lets the log come to you instead (C2SP tlog-witness). What was signed last is kept in witness.state:
without it nobody can tell that the log was forked. Exit code 3: the log contradicts itself. Then publish what
is printed: both checkpoints are signed by the log, and prove what it did.
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DASH = "\u2014 "
LARGEST = 1 << 20
NodeReader = Callable[[int, int], bytes]


class Contradiction(Exception):  # noqa: N818 - it is the log's, not an error of ours
    """The log says what cannot be true beside what it said before."""


def pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def over(start: int, end: int, node: NodeReader) -> bytes:
    """The Merkle tree hash (RFC 6962, section 2.1) over leaves; `node` gives those of perfect subtrees."""
    size = end - start
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, start // size)
    middle = start + split(size)
    return pair(over(start, middle, node), over(middle, end, node))


def proof_of(old: int, start: int, end: int, node: NodeReader, *, known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if old == end - start:
        return [] if known else [over(start, end, node)]
    middle = start + split(end - start)
    if old <= middle - start:
        return [*proof_of(old, start, middle, node, known=known), over(middle, end, node)]
    right = proof_of(old - (middle - start), middle, end, node, known=False)
    return [*right, over(start, middle, node)]


def roots(old: int, new: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """The roots that a consistency proof leads to, of the old tree and the new; `known`: the old one's."""
    if old == new:
        (only,) = proof if known is None else [known, *proof]
        return only, only
    k, (*rest, last) = split(new), proof
    if old <= k:
        was, is_now = roots(old, k, rest, known)
        return was, pair(is_now, last)
    was, is_now = roots(old - k, new - k, rest, None)
    return pair(last, was), pair(last, is_now)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def key_line(name: str, kind: int, public: bytes) -> str:
    material = base64.b64encode(bytes([kind]) + public).decode()
    return f"{name}+{key_id(name, kind, public).hex()}+{material}"


def read_key(line: str, kind: int) -> tuple[str, bytes]:
    """Name and 32 bytes of a key; kind 1: of a log, 4: of a witness."""
    name, _, material = line.strip().removeprefix("PRIVATE+KEY+").split("+", 2)
    raw = base64.b64decode(material)
    if raw[:1] != bytes([kind]) or len(raw) != 33:
        raise ValueError(f"this is not a key of type {kind}")
    return name, raw[1:]


def read_secret(line: str) -> tuple[str, Ed25519PrivateKey, str]:
    """Name, private key and public line of a witness's key."""
    name, seed = read_key(line, 4)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return name, key, key_line(name, 4, key.public_key().public_bytes_raw())


class Witness:
    """A key, the log that it watches, and what it signed last."""

    def __init__(self, secret: str, log_key: str, state: Path) -> None:
        self.name, self.key, self.public_line = read_secret(secret)
        self.origin, self.log_public = read_key(log_key, 1)
        self.state, self.lock = state, threading.Lock()

    def open(self, note: str) -> tuple[str, int, bytes]:
        """(text, size, root) of a checkpoint. ValueError: the log did not sign it."""
        text, _, lines = note.rpartition("\n\n")
        text += "\n"
        wanted = key_id(self.origin, 1, self.log_public)
        for line in lines.splitlines():
            name, _, value = line.removeprefix(DASH).partition(" ")
            raw = base64.b64decode(value)
            if name == self.origin and raw[:4] == wanted:
                try:
                    Ed25519PublicKey.from_public_bytes(self.log_public).verify(raw[4:], text.encode())
                except InvalidSignature:
                    break
                origin, size, root = text.split("\n")[:3]
                if origin == self.origin:
                    return text, int(size), base64.b64decode(root)
        raise ValueError("the checkpoint is not signed by the log")

    def last(self) -> str | None:
        """The checkpoint that was signed last."""
        return self.state.read_text("utf-8") if self.state.exists() else None

    def sign(self, note: str, prove: Callable[[int, int], list[bytes]], now: int) -> str:
        """Check `note` against what was signed last, remember it, then sign it: one cosignature line."""
        with self.lock:
            text, size, root = self.open(note)
            earlier = self.last()
            if earlier is not None:
                _, old, old_root = self.open(earlier)
                both = f"\n\nsigned before:\n{earlier}\nsigned now:\n{note}"
                if size < old:
                    raise Contradiction(f"the log went back from {old} entries to {size}{both}")
                if size == old and root != old_root:
                    raise Contradiction(f"two checkpoints of {size} entries{both}")
                if old:
                    try:
                        good = roots(old, size, prove(old, size), old_root) == (old_root, root)
                    except ValueError:
                        good = False
                    if not good:
                        raise Contradiction(f"the {size} entries do not begin with the {old} signed{both}")
            fresh = self.state.with_suffix(".new")
            with fresh.open("w", encoding="utf-8") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.state)
            signature = self.key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
            public = self.key.public_key().public_bytes_raw()
            value = key_id(self.name, 4, public) + now.to_bytes(8, "big") + signature
            return f"{DASH}{self.name} {base64.b64encode(value).decode()}\n"


def fetch(address: str, body: bytes | None = None) -> bytes:
    if not address.startswith(("https://", "http://")):
        raise ValueError("the address of the log begins with https://")
    asked = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310 - as checked
    with urllib.request.urlopen(asked, timeout=30) as reply:  # noqa: S310 - as checked
        return bytes(reply.read(LARGEST))


def tile_path(level: int, number: int, width: int) -> str:
    digits = str(number).zfill(-(-len(str(number)) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return (
        f"{level}/"
        + "/".join([*("x" + each for each in groups[:-1]), groups[-1]])
        + ("" if width == 256 else f".p/{width}")
    )


def nodes_of(log: str, size: int) -> NodeReader:
    """Reads nodes of the log's tree of `size` entries from its tiles (C2SP tlog-tiles)."""
    tiles: dict[str, bytes] = {}

    def node(level: int, index: int) -> bytes:
        high, low = divmod(level, 8)
        number, place = divmod(index, 256 >> low)
        path = tile_path(high, number, min(256, (size >> (8 * high)) - 256 * number))
        if path not in tiles:
            tiles[path] = fetch(f"{log}/log/tile/{path}")
        return fold(tiles[path], place << low, 1 << low)

    return node


def fold(tile: bytes, first: int, count: int) -> bytes:
    """The hash over `count` (a power of two) hashes of a tile."""
    if count == 1:
        return tile[32 * first : 32 * first + 32]
    half = count // 2
    return pair(fold(tile, first, half), fold(tile, first + half, half))


def follow(witness: Witness, log: str, now: int) -> None:
    """Look once: fetch, check, sign, post."""
    note = fetch(f"{log}/log/checkpoint").decode()
    text, _, _ = witness.open(note)
    line = witness.sign(note, lambda old, new: proof_of(old, 0, new, nodes_of(log, new)), now)
    fetch(f"{log}/api/log/cosignatures", json.dumps({"note": f"{text}\n{line}"}).encode())
    sys.stdout.write(line)


def server(witness: Witness, port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """`add-checkpoint` of C2SP tlog-witness, on a port."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: str = "", kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            if self.path != "/add-checkpoint":
                return self.answer(404)
            try:
                length = min(int(self.headers.get("Content-Length", "0")), LARGEST)
                head, _, note = self.rfile.read(length).decode().partition("\n\n")
                first, *lines = head.split("\n")
                old, proof = int(first.removeprefix("old ")), [base64.b64decode(each) for each in lines]
            except ValueError:
                return self.answer(400)
            if not note.startswith(witness.origin + "\n"):
                return self.answer(404)
            try:
                _, size, root = witness.open(note)
            except ValueError:
                return self.answer(403)
            earlier = witness.last()
            _, signed, signed_root = witness.open(earlier) if earlier else ("", 0, b"")
            if old > size:
                return self.answer(400)
            if old != signed or (size == signed and earlier and root != signed_root):
                return self.answer(409, f"{signed}\n", "text/x.tlog.size")
            try:
                line = witness.sign(note, lambda _old, _new: proof, int(time.time()))
            except Contradiction as fault:
                sys.stderr.write(f"{fault}\n")
                return self.answer(422)
            return self.answer(200, line)

        def log_message(self, *_: object) -> None:
            """Nothing but what is wrong is worth a line."""

    return ThreadingHTTPServer((host, port), Handler)


def main(given: list[str] | None = None) -> int:
    first, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["new-key", "show-key", "follow", "serve"])
    parser.add_argument(
        "what", nargs="?", default="", help="the new key's name, or the address of the platform"
    )
    parser.add_argument("--log-key", default="", help="the log's public key, as its page shows it")
    parser.add_argument("--key", type=Path, default=Path("witness.key"))
    parser.add_argument("--state", type=Path, default=Path("witness.state"))
    parser.add_argument("--port", type=int, default=8400)
    asked = parser.parse_args(given)
    if asked.command == "new-key":
        material = base64.b64encode(bytes([4]) + secrets.token_bytes(32)).decode()
        _, key, _ = read_secret(f"{asked.what}++{material}")
        number = key_id(asked.what, 4, key.public_key().public_bytes_raw()).hex()
        with os.fdopen(os.open(asked.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"PRIVATE+KEY+{asked.what}+{number}+{material}\n")
    secret = asked.key.read_text("utf-8")
    if asked.command in {"new-key", "show-key"}:
        sys.stdout.write(read_secret(secret)[2] + "\n")
        return 0
    witness = Witness(secret, asked.log_key, asked.state)
    try:
        if asked.command == "follow":
            follow(witness, asked.what.rstrip("/"), int(time.time()))
        else:
            server(witness, asked.port).serve_forever()
    except Contradiction as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except urllib.error.HTTPError as fault:
        sys.stderr.write(f"the log answered {fault.code}: {fault.read(1000).decode('utf-8', 'replace')}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
