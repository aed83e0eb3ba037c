"""Files that are made to harm, each built here from its parts: (what it is, its name, its bytes)."""

import bz2
import gzip
import lzma
import stat
import struct
import zipfile
import zlib
from io import BytesIO

from openpyxl import Workbook
from PIL import Image

ZEROS = bytes(1 << 20)
SCRIPT = b"<script>alert(document.cookie)</script>"
XXE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">&e;</w:document>'
)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><x>&j;</x>"
)
TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def zipped(entries: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, held in entries.items():
            archive.writestr(name, held)
    return made.getvalue()


def zip_with(info: zipfile.ZipInfo, held: bytes = b"x") -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(info, held)
    return made.getvalue()


def zip_with_link() -> bytes:
    info = zipfile.ZipInfo("accounts.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zip_with(info, b"/etc/passwd")


def zip_bomb(count: int = 1) -> bytes:
    return zipped({f"{number}.txt": ZEROS * 12 for number in range(count)})


def zip_that_lies() -> bytes:
    """Says of itself that it is small: the size in both lists is 10 bytes."""
    held = bytearray(zipped({"a.txt": ZEROS * 12}))
    size = struct.pack("<I", len(ZEROS) * 12)
    while (at := held.find(size)) >= 0:
        held[at : at + 4] = struct.pack("<I", 10)
    return bytes(held)


def zip_overlapping() -> bytes:
    """Ten entries that all point at the same packed bytes."""
    one = zipped({"a": ZEROS})
    end = one.index(b"PK\x01\x02")
    central = one[end : one.index(b"PK\x05\x06")]
    return (
        one[:end]
        + central * 10
        + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 10, 10, len(central) * 10, end, 0)
    )


def zip_with_password() -> bytes:
    held = bytearray(zipped({"a.txt": b"secret"}, method=zipfile.ZIP_STORED))
    held[6] |= 1
    held[held.index(b"PK\x01\x02") + 8] |= 1
    return bytes(held)


def picture(kind: str = "PNG", width: int = 64, height: int = 64) -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), "green").save(made, kind)
    return made.getvalue()


def chunk(name: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held))


def png_of(width: int, height: int, packed: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    held = bytearray(picture("JPEG"))
    at = held.index(b"\xff\xc0") + 5
    held[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(held)


def gif_of(width: int, height: int) -> bytes:
    held = bytearray(picture("GIF"))
    held[6:10] = struct.pack("<HH", width, height)
    return bytes(held)


def gif_of_frames(count: int) -> bytes:
    made = BytesIO()
    frames = [Image.new("L", (2, 2), number % 250) for number in range(count)]
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:], duration=1)
    return made.getvalue()


def workbook(**more: bytes) -> bytes:
    """A good workbook with other entries put in, or in the place of its own."""
    made = BytesIO()
    Workbook().save(made)
    with zipfile.ZipFile(made) as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    return zipped(
        entries | {name.replace("__", "/").replace("_dot_", "."): held for name, held in more.items()}
    )


def document(body: bytes, **more: bytes) -> bytes:
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": body} | more)


REFUSED: list[tuple[str, str, bytes]] = [
    ("zip bomb", "a.zip", zip_bomb()),
    ("zip bomb of many", "a.zip", zip_bomb(20)),
    ("zip that lies about its size", "a.zip", zip_that_lies()),
    ("zip whose entries overlap", "a.zip", zip_overlapping()),
    ("zip in a zip", "a.zip", zipped({"b.zip": zipped({"c.zip": zip_bomb()})})),
    ("gzip in a zip", "a.zip", zipped({"b": gzip.compress(b"x")})),
    ("zip of 10,000 files", "a.zip", zipped({f"{n}.txt": b"" for n in range(10_000)})),
    ("zip that climbs out", "a.zip", zipped({"../../etc/cron.d/x": b"x"})),
    ("zip with a Windows way out", "a.zip", zip_with(zipfile.ZipInfo("..\\..\\x"))),
    ("zip with an absolute path", "a.zip", zipped({"/etc/passwd": b"x"})),
    ("zip with a drive", "a.zip", zipped({"C:/x": b"x"})),
    ("zip with a name that turns round", "a.zip", zipped({"a\u202efdp.exe": b"x"})),
    ("zip with a very long name", "a.zip", zipped({"x" * 60_000: b"x"})),
    ("zip with a link", "a.zip", zip_with_link()),
    ("zip with a password", "a.zip", zip_with_password()),
    ("zip that is cut off", "a.zip", zipped({"a": bytes(range(256)) * 40})[:-30]),
    ("zip with a program", "a.zip", zipped({"report.pdf": b"MZ" + bytes(50)})),
    ("gzip bomb", "a.gz", gzip.compress(ZEROS * 40)),
    ("gzip in a gzip", "a.gz", gzip.compress(gzip.compress(b"x"))),
    ("gzip that is cut off", "a.gz", gzip.compress(bytes(range(256)) * 9)[:-9]),
    ("bzip2 bomb", "a.bz2", bz2.compress(ZEROS * 40)),
    ("xz bomb", "a.xz", lzma.compress(ZEROS * 40)),
    ("7z", "a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60)),
    ("RAR", "a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(60)),
    ("PNG bomb", "a.png", png_of(50_000, 50_000, zlib.compress(ZEROS * 8))),
    ("PNG of 2^31 pixels a side", "a.png", png_of(2**31 - 1, 2**31 - 1)),
    ("PNG of nothing", "a.png", png_of(10, 10)),
    ("JPEG bomb", "a.jpg", jpeg_of(65_000, 65_000)),
    ("GIF bomb", "a.gif", gif_of(65_535, 65_535)),
    ("GIF of 600 frames", "a.gif", gif_of_frames(600)),
    ("PNG that is cut off", "a.png", picture("PNG", 300, 300)[:200]),
    ("JPEG that is cut off", "a.jpg", picture("JPEG", 900, 900)[:-4000]),
    ("GIF that is a script", "a.gif", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//"),
    ("JPEG that is a page", "a.jpg", b"\xff\xd8\xff\xe0" + SCRIPT),
    ("workbook with macros", "a.xlsx", workbook(xl__vbaProject_dot_bin=b"x")),
    (
        "old document with macros",
        "a.doc",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"),
    ),
    ("workbook that reads files", "a.xlsx", workbook(xl__workbook_dot_xml=XXE)),
    ("workbook that laughs", "a.xlsx", workbook(xl__sharedStrings_dot_xml=LAUGHS)),
    ("workbook bomb", "a.xlsx", workbook(xl__media__image1_dot_bmp=ZEROS * 40)),
    ("document that reads files", "a.docx", document(XXE)),
    ("document that reads files, in UTF-16", "a.docx", document(XXE.decode().encode("utf-16"))),
    ("program", "invoice.pdf.exe", b"MZ" + bytes(100)),
    ("Linux program named as a picture", "photo.jpg", b"\x7fELF" + bytes(100)),
    ("shell script", "run.txt", b"#!/bin/sh\nrm -rf ~\n"),
    ("Windows shortcut", "photo.lnk", b"\x4c\x00\x00\x00\x01\x14\x02\x00" + bytes(100)),
    ("nothing", "a.txt", b""),
]

INERT: list[tuple[str, str, bytes]] = [
    ("page", "a.html", b"<!doctype html>" + SCRIPT),
    ("page named as a picture", "a.png", b"<html>" + SCRIPT),
    ("page with double ending", "photo.jpg.html", b"\n\n<HTML>" + SCRIPT),
    ("SVG with a script", "a.svg", b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"),
    ("SVG that loads", "a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    ("SVG that reads files", "a.svg", XXE.replace(b"w:document", b"svg")),
    ("XML that laughs", "a.xml", LAUGHS),
    ("XSLT", "a.xsl", b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#"?><x/>'),
    (
        "PDF with a script",
        "a.pdf",
        b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF",
    ),
    ("PDF that is a page", "a.pdf", b"%PDF-1.7\n<html>" + SCRIPT + b"\n%%EOF"),
    ("PNG with a page in a comment", "a.png", picture().replace(b"IEND", b"IEND", 1) + SCRIPT),
    (
        "PNG with a text chunk",
        "a.png",
        picture()[:33] + chunk(b"tEXt", b"Comment\0" + SCRIPT) + picture()[33:],
    ),
    ("JPEG with an archive behind it", "a.jpg", picture("JPEG") + zipped({"a.txt": b"x"})),
    ("script", "a.js", b"alert(1)"),
    ("style sheet", "a.css", b"body{background:url(//evil.example)}"),
    ("mail", "a.eml", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + SCRIPT),
    (
        "web archive",
        "a.mht",
        b"From: <x>\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n" + SCRIPT,
    ),
    ("formula", "a.csv", b'=HYPERLINK("http://evil.example","x")\n=cmd|\'/c calc\'!A1\n'),
    ("UTF-7 page", "a.txt", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    ("NUL bytes", "a.bin", bytes(1000)),
    ("a climbing name", "../../../etc/passwd", b"climbs"),
    ("a Windows path", "C:\\Windows\\System32\\x.dll", b"windows"),
    ("a device's name", "CON.txt", b"device"),
    ("a device's name, small", "lpt1.pdf", b"printer"),
    ("a name that turns round", "report\u202efdp.exe", b"turns"),
    ("a very long name", "x" * 3000 + ".pdf", b"long"),
    ("a name of dots", "....", b"dots"),
    ("a name that ends the header", 'a"; filename="b.html', b"header"),
    ("a name with marks of a page", "<img src=x onerror=alert(1)>.txt", b"marks"),
]
