"""What a file is by its contents, and whether it is kept: bombs, programs and broken pictures are not.

Nothing here trusts a name, a stated type or a length that a file says of itself: what is packed is
unpacked, up to a limit. Anything that is kept is served as an attachment in any case (`serving`).
"""

import bz2
import gzip
import lzma
import re
import stat
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from PIL import Image

from app import files
from app.errors import Faulty

MOST_PIXELS: Final = 50_000_000
"""A picture of a modern phone at its finest; unpacked some 200 MB."""
MOST_FRAMES: Final = 500
MOST_ENTRIES: Final = 2_000
MOST_UNPACKED: Final = 200 << 20
MOST_RATIO: Final = 120
"""Unpacked to packed size. Text packs to a tenth, sheets of zeros to a fiftieth; bombs to a thousandth."""
SMALL: Final = 4 << 20
"""Bytes that may be unpacked whatever the ratio: a nearly empty sheet packs very well."""
LONGEST_NAME: Final = 400

SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT_DOCUMENT: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SLIDES: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ZIP: Final = "application/zip"
PDF: Final = "application/pdf"
OLE: Final = "application/x-ole-storage"
PICTURES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
SCRIPT: Final = "script"
"""Note on a file: it holds a script, so its reader should not let it run."""

_OFFICE: Final = (("word/", TEXT_DOCUMENT), ("xl/", SHEET), ("ppt/", SLIDES))
_PROGRAMS: Final = (
    b"MZ",
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"#!",
    b"\x4c\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
    b"dex\n",
)
_CLOSED: Final = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"MSCF": "CAB",
}
_PACKED: Final = {
    b"\x1f\x8b": "application/gzip",
    b"BZh": "application/x-bzip2",
    b"\xfd7zXZ\x00": "application/x-xz",
}
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES: Final = (b"PK\x03\x04", *_CLOSED, *_PACKED)
_PICTURE_STARTS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_PDF_SCRIPT: Final = re.compile(rb"/(JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile|RichMedia)\b")
_MARKUP: Final = re.compile(rb"<\s*(script|svg|html|!doctype|iframe|object|embed)\b", re.IGNORECASE)
_DTD: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Screened:
    """The media type by content, and what its readers should know."""

    media_type: str
    notes: tuple[str, ...] = ()


def screen(source: BinaryIO, found: files.Measured) -> Screened:
    """Look at a whole file. Faulty, at `file`: it is not kept, with what to do instead."""
    source.seek(0)
    try:
        return _screen(source, found)
    finally:
        source.seek(0)


def _screen(source: BinaryIO, found: files.Measured) -> Screened:
    head = found.head
    if head.startswith(_PROGRAMS):
        raise _no("This is a program, not evidence. Send the document or the picture itself.")
    for start, name in _CLOSED.items():
        if head.startswith(start):
            raise _no(f"We cannot look into {name} archives. Pack the files as ZIP, or send them one by one.")
    for start, media_type in _PACKED.items():
        if head.startswith(start):
            _unpack(source, media_type, found.size)
            return Screened(media_type)
    if head.startswith(_PICTURE_STARTS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return _picture(source)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip(source, found.size)
    if head.startswith(_OLE):
        return _old_office(source)
    if b"%PDF-" in head[:1024]:
        return _pdf(source)
    media_type = files.sniff(head)
    if zipfile.is_zipfile(source):  # an archive behind something else: packed all the same
        _zip(source, found.size)
        return Screened(files.UNKNOWN)
    return Screened(media_type, (SCRIPT,) if _MARKUP.search(head) else ())


def _no(words: str) -> Faulty:
    return Faulty(fields={"file": words})


def _picture(source: BinaryIO) -> Screened:
    """Decodes it once: a picture whose data end early, or that is something else too, is told at once."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our limit is lower
            with Image.open(source, formats=tuple(PICTURES)) as picture:
                kind = picture.format or ""
                if picture.width * picture.height > MOST_PIXELS:
                    raise _no(
                        f"This picture has more than {MOST_PIXELS // 1_000_000} million pixels. "
                        "Make it smaller, or take it at a lower setting."
                    )
                if getattr(picture, "n_frames", 1) > MOST_FRAMES:
                    raise _no("This picture has too many frames. Send one frame, or a film.")
                if kind == "JPEG":
                    picture.draft("RGB", (1000, 1000))  # reads all of it, unpacks an eighth
                picture.load()
    except Image.DecompressionBombError as fault:
        raise _no("This picture is far too large when it is opened. Make it smaller.") from fault
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, zlib.error) as fault:
        raise _no("This picture is not whole or not a picture. Take or save it again.") from fault
    return Screened(PICTURES[kind])


def _pdf(source: BinaryIO) -> Screened:
    """A PDF is kept with a script in it; its readers are told. Scripts in packed streams are not found."""
    before = b""
    while chunk := source.read(files.CHUNK):
        if _PDF_SCRIPT.search(before[-40:] + chunk):
            return Screened(PDF, (SCRIPT,))
        before = chunk
    return Screened(PDF)


def _old_office(source: BinaryIO) -> Screened:
    """Word and Excel before 2007. Their macros lie in a storage of a fixed name."""
    wanted, before = "_VBA_PROJECT".encode("utf-16-le"), b""
    while chunk := source.read(files.CHUNK):
        if wanted in before[-64:] + chunk:
            raise _no(MACROS)
        before = chunk
    return Screened(OLE)


MACROS: Final = "This document has macros. Save it without them (as .docx, .xlsx or PDF) and send it again."
BOMB: Final = "This archive is far larger unpacked than packed. Send the files that you mean, one by one."
BROKEN: Final = "This archive is not whole. Pack it again."


def _unpack(source: BinaryIO, media_type: str, size: int) -> None:
    budget, first = _Budget(size), b""
    try:
        with _opened(source, media_type) as packed:
            while chunk := packed.read(1 << 18):
                first = first or chunk[:8]
                budget.spend(len(chunk))
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as fault:
        raise _no(BROKEN) from fault
    _no_archive_inside(first)


def _opened(source: BinaryIO, media_type: str) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if media_type == "application/gzip":
        return gzip.GzipFile(fileobj=source, mode="rb")
    return bz2.BZ2File(source) if media_type == "application/x-bzip2" else lzma.LZMAFile(source)


@dataclass
class _Budget:
    """How much may still be unpacked from `packed` bytes."""

    packed: int
    spent: int = 0

    def spend(self, count: int) -> None:
        self.spent += count
        if self.spent > MOST_UNPACKED or self.spent > max(SMALL, self.packed * MOST_RATIO):
            raise _no(BOMB)


def _no_archive_inside(head: bytes) -> None:
    if head.startswith(_ARCHIVES):
        raise _no("There is an archive inside this archive. Unpack the inner one first.")


def _zip(source: BinaryIO, size: int) -> Screened:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise _no(f"This archive holds more than {MOST_ENTRIES} files. Send those that matter.")
            for entry in entries:
                _entry(entry)
            _no_overlap(entries, size)
            media_type = _office(entries)
            budget = _Budget(size)
            for entry in entries:
                if not entry.is_dir():
                    _contents(archive, entry, budget, office=media_type != ZIP)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as fault:
        raise _no(BROKEN) from fault
    except (NotImplementedError, RuntimeError) as fault:
        raise _no(
            "This archive is packed in a way that we cannot look into. Pack it as a plain ZIP."
        ) from fault
    return Screened(media_type)


def _entry(entry: zipfile.ZipInfo) -> None:
    """What stands in the archive's list: no way out of a folder, no links, nothing locked."""
    raw = entry.orig_filename
    name = raw.replace("\\", "/")
    if (
        name.startswith("/")
        or ".." in name.split("/")
        or re.match(r"[A-Za-z]:", name)
        or not name.isprintable()
        or len(name) > LONGEST_NAME
    ):
        raise _no(
            "A name inside this archive leads out of it or cannot be shown. Pack the plain files again."
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _no("This archive holds links instead of files. Pack the files themselves.")
    if entry.flag_bits & 1:
        raise _no("This archive has a password. Pack it without: only those who audit and decide see it.")


def _no_overlap(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Entries that share their packed bytes are a bomb whatever each of them says (Fifield, 2019)."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end or entry.header_offset + entry.compress_size > size:
            raise _no(BOMB)
        end = entry.header_offset + 30 + entry.compress_size


def _office(entries: list[zipfile.ZipInfo]) -> str:
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" not in names:
        return ZIP
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _no(MACROS)
    return next((kind for start, kind in _OFFICE if any(name.startswith(start) for name in names)), ZIP)


def _contents(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget, *, office: bool) -> None:
    first, before = b"", b""
    xml = office and entry.filename.lower().endswith((".xml", ".rels"))
    for chunk in _read(archive, entry):
        budget.spend(len(chunk))
        if not first:
            first = chunk[:64]
            if not office or not entry.filename.lower().endswith((".xlsx", ".docx", ".pptx")):
                _no_archive_inside(first)
            if first.startswith(_PROGRAMS) and not xml:
                raise _no("There is a program in this archive. Send the documents and pictures alone.")
        if xml and _DTD.search((before[-20:] + chunk).replace(b"\0", b"")):
            raise _no("This document refers to things outside it. Save it again with an office program.")
        before = chunk


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as packed:
        while chunk := packed.read(1 << 16):
            yield chunk
