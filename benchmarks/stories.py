"""How light a product's story is: bytes as they travel, and requests, of the page that a code leads to.

    python -m benchmarks.stories                 the demo's lot, loaded into an embedded server of its own
    python -m benchmarks.stories https://.../lots/L-7K3M9QX

Counted is what a browser without anything in its cache asks for: page, style, scripts and pictures, gzip as
it is sent. The demo's page is counted as it is, and with a photograph that is hard to make small.
"""

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin

import httpx
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from app.catalogue import photos
from app.commands.database import upgrade
from app.db import make_engine, make_sessions
from app.demo import story as demo
from app.embedded import create_database, ensure_running
from app.files import open_store
from app.identity import acting
from app.main import create_app
from app.organisations.models import Membership
from app.settings import Settings
from app.stories.demo import SCARF
from app.stories.models import Lot

SIZE = (1600, 1200)
Fetch = Callable[[str], tuple[bytes, int]]
"""An address -> its body, and how many bytes of it travelled."""


class Wanted(HTMLParser):
    """What a page makes a browser ask for at once."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        found = told.get("src") if tag in {"img", "script"} else None
        if tag == "image" or (tag == "link" and told.get("rel") in {"stylesheet", "icon"}):
            found = told.get("href")
        if found and not found.startswith("data:") and found not in self.addresses:
            self.addresses.append(found)


def measure(address: str, fetch: Fetch) -> dict[str, int]:
    """Bytes by address, the page first."""
    body, size = fetch(address)
    page = Wanted()
    page.feed(body.decode())
    return {address: size} | {each: fetch(urljoin(address, each))[1] for each in page.addresses}


def over_the_network(address: str) -> tuple[bytes, int]:
    with httpx.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as reply:
        reply.raise_for_status()
        body = reply.read()
        return body, reply.num_bytes_downloaded


def show(name: str, found: dict[str, int]) -> None:
    print(f"{name}: {sum(found.values()) / 1000:.1f} kB, {len(found)} requests")
    for address, size in found.items():
        print(f"  {size:>6} {address}")


def hard_to_make_small() -> BytesIO:
    """A photograph of noise over a gradient."""
    noise = Image.effect_noise(SIZE, 90).convert("RGB")
    ground = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    out = BytesIO()
    Image.blend(noise, ground, 0.5).save(out, "JPEG", quality=90)
    out.seek(0)
    return out


def of_the_demo() -> None:
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="fairhaul-stories-") as folder:
        server = ensure_running(Path(folder) / "postgres", durable=False)
        url = create_database(server, "stories")
        upgrade(url)
        config = Settings(data=Path(folder), database_url=url, demo=True)
        engine = make_engine(url)
        sessions = make_sessions(engine)
        demo.load(sessions, config, now=now)
        client = TestClient(create_app(config, sessions), headers={"Accept-Encoding": "gzip"})

        def in_process(address: str) -> tuple[bytes, int]:
            reply = client.get(address)
            reply.raise_for_status()
            return reply.content, int(reply.headers["content-length"])

        with sessions.begin() as session:
            lot = session.scalars(select(Lot).filter_by(title=SCARF)).first()
            assert lot is not None
            show("as in the demo", measure(f"/lots/{lot.code}", in_process))
            person = session.scalars(
                select(Membership.person_id).filter_by(organisation_id=lot.organisation_id)
            ).first()
            assert person is not None
            maker = acting(session, person, lot.organisation_id)
            assert maker is not None
            photos.add(
                session, open_store(config), maker, lot.offer_id, hard_to_make_small(), "Noise", now=now
            )
        show("with a photograph of noise", measure(f"/lots/{lot.code}", in_process))
        engine.dispose()
        server.remove()


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?")
    address = parser.parse_args().address
    if address:
        show(address, measure(address, over_the_network))
    else:
        of_the_demo()


if __name__ == "__main__":
    main()
