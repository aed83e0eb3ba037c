"""Asks a virus scanner that speaks clamd's INSTREAM. Configured but silent: nothing is kept meanwhile."""

import socket
import struct
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from app.errors import Faulty, Refusal

SECONDS: Final = 60
PIECE: Final = 1 << 16


def scan(source: BinaryIO, scanner: str | None) -> bool:
    """Whether `source` was scanned and found clean; False: no scanner is configured.

    Faulty, at `file`: something was found. Refusal (503): the scanner did not answer or did not finish. Then
    the file is not kept: who configures a scanner does not want files that it never saw.
    """
    if not scanner:
        return False
    source.seek(0)
    try:
        answer = _ask(source, scanner)
    except (OSError, ValueError) as fault:
        raise _silent() from fault
    finally:
        source.seek(0)
    if answer.endswith("OK"):
        return True
    if answer.endswith("FOUND"):
        name = answer.removeprefix("stream:").removesuffix("FOUND").strip()
        raise Faulty(
            fields={
                "file": f"The virus scanner found “{name[:80]}” in this file, so it was not kept. "
                "Clean the device that it comes from, then send a clean copy."
            }
        )
    raise _silent()


def _silent() -> Refusal:
    return Refusal(
        "The virus scanner does not answer, so no file is kept at the moment. Try again in a few minutes; "
        "an upload goes on where it stopped.",
        code="scanner-silent",
        title="Not scanned",
        status=503,
    )


def _ask(source: BinaryIO, scanner: str) -> str:
    with _connect(scanner) as line:
        line.sendall(b"zINSTREAM\0")
        while piece := source.read(PIECE):
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
        answer = b""
        while not answer.endswith(b"\0") and (more := line.recv(4096)):
            answer += more
    return answer.decode("utf-8", "replace").rstrip("\0\n ")


def _connect(scanner: str) -> socket.socket:
    where = urlsplit(scanner)
    if where.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS)
        try:
            line.connect(where.path)
        except OSError:
            line.close()
            raise
        return line
    return socket.create_connection((where.hostname or "127.0.0.1", where.port or 3310), SECONDS)
