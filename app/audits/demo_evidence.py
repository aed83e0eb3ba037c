"""Evidence of a demo maker in every state: public, running out, run out, replaced, half sent."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from app.audits import application, evidence, uploads
from app.audits.evidence import About, File
from app.db import Sessions
from app.files import CHUNK, Store
from app.permissions import Actor

DAY: Final = timedelta(days=1)
LIMIT: Final = 10 << 20
HALF: Final = b"Made up for the demo, shows nothing.\n" * 80_000
GPS: Final = 0x8825


def play(sessions: Sessions, store: Store, producer: Actor, *, now: datetime) -> None:
    """What a maker on its way adds in the last days; its case was begun 10 days ago or before."""
    first = now - 3 * DAY

    def add(about: About, held: bytes, at: datetime) -> File:
        with sessions.begin() as session:
            return evidence.add(session, store, producer, BytesIO(held), about, limit=LIMIT, now=at)

    with sessions() as session:
        asked = [each.id for each in application.need_case(session, producer, lock=False).dossier.criteria]
    picture = add(About("Demo workshop.jpg", asked[1:3]), _picture(), first)
    with sessions.begin() as session:
        evidence.publish(session, store, producer, picture.id, public=True, now=first)
    add(About("Demo fire permit.txt", asked[6:7], (now - DAY).date()), _text("permit"), first)
    add(About("Demo lease.txt", asked[8:9], (now + 20 * DAY).date()), _text("lease"), first)
    old = add(About("Demo price list.txt", asked[12:14]), _text("price list of last year"), first)
    add(About("Demo price list, new.txt", replaces=old.id), _text("price list"), first + DAY)
    with sessions.begin() as session:
        begun = uploads.start(
            session, producer, About("Demo film of a meeting.txt"), size=len(HALF), limit=LIMIT, now=now - DAY
        )
    uploads.keep_piece(sessions, store, begun.id, at=0, piece=HALF[:CHUNK], now=now - DAY)


def _text(what: str) -> bytes:
    return f"Demo {what}. Made up for the demo, shows nothing.\n".encode()


def _picture() -> bytes:
    """A drawn workshop, with a position in it as a phone writes it: the public copy has none."""
    drawn = Image.new("RGB", (800, 600), "#e9dfc8")
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((120, 240, 680, 540), fill="#b5713f")
    pen.polygon(((80, 250), (400, 90), (720, 250)), fill="#1f4d3a")
    pen.rectangle((340, 380, 460, 540), fill="#5b3a21")
    pen.text((20, 560), "Demo picture", fill="#23291f")
    told = Image.Exif()
    told[GPS] = {1: "S", 2: (18.0, 0.0, 0.0), 3: "E", 4: (178.0, 0.0, 0.0)}
    made = BytesIO()
    drawn.save(made, "JPEG", quality=85, exif=told)
    return made.getvalue()
