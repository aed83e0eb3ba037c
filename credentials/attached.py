"""The credential inside a certificate's PDF: the attachment is found without a PDF reader.

ISO 32000-2, 7.11.4: an embedded file is a stream of the type EmbeddedFile. Nothing else of the file is read,
and nothing of it is run.
"""

import re
import zlib
from typing import Final

from credentials.form import CredentialFault

_LARGEST: Final = 1 << 20
_MOST: Final = 20
_EMBEDDED: Final = re.compile(rb"/Type\s*/EmbeddedFile\b")


def attachments(pdf: bytes) -> list[bytes]:
    """What is attached to a PDF, as far as it is Flate-coded or plain; at most 20, of at most 1 MiB each."""
    found: list[bytes] = []
    for mark in _EMBEDDED.finditer(pdf):
        begin = pdf.rfind(b" obj", 0, mark.start())
        stream = re.compile(rb"\bstream\r?\n").search(pdf, mark.end(), mark.end() + 2000)
        if begin < 0 or stream is None:
            continue
        head = pdf[begin : stream.start()]
        end = pdf.find(b"endstream", stream.end())
        body = pdf[stream.end() : end if end >= 0 else len(pdf)]
        if b"/FlateDecode" in head:
            try:
                body = zlib.decompressobj().decompress(body, _LARGEST)
            except zlib.error:
                continue
        found.append(body[:_LARGEST])
        if len(found) == _MOST:
            break
    return found


def credential_in(pdf: bytes) -> bytes:
    """The first attachment that is a JSON object. CredentialFault: there is none."""
    for each in attachments(pdf):
        if each.lstrip()[:1] == b"{":
            return each
    raise CredentialFault("This PDF has no certificate attached. A scan or a print cannot be checked.")
