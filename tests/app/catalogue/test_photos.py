"""Photographs of goods: drawn anew without their place, shown in lists, the maker's to change alone."""

import re
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from tests.app.catalogue import scene
from tests.app.catalogue.conftest import Market
from tests.conftest import FixedClock, SignIn


def picture(colour: str, size: tuple[int, int] = (2400, 1800)) -> bytes:
    made = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Canary camera"
    exif.get_ifd(0x8825)[1] = "N"
    Image.new("RGB", size, colour).save(made, "JPEG", exif=exif)
    return made.getvalue()


@pytest.fixture
def bowl(session: Session, market: Market, clock: FixedClock) -> Offer:
    return scene.offer(session, market.maker.actor, clock.now)


def test_photographs_are_added_ordered_shown_and_removed(
    market: Market, bowl: Offer, as_person: SignIn
) -> None:
    browser = as_person(market.maker.person.id)
    address = f"/offers/{bowl.id}/photos"
    for colour in ("red", "blue"):
        added = browser.post(
            address, data={"alt": f"A {colour} bowl"}, files={"file": ("IMG.jpg", picture(colour))}
        )
        assert added.status_code == 303
    shown = re.findall(r'src="(/photos/[0-9a-f-]+)" alt="([^"]+)"', browser.get(address).text)
    assert [alt for _, alt in shown] == ["A red bowl", "A blue bowl"]
    red, blue = (src for src, _ in shown)
    kept = browser.get(red)
    assert kept.headers["content-type"] == "image/jpeg"
    assert b"Canary" not in kept.content
    with Image.open(BytesIO(kept.content)) as copy:
        assert not copy.getexif()
        assert max(copy.size) == 1600
    assert red in browser.get("/goods").text
    assert browser.post(f"{address}/{blue.rsplit('/', 1)[1]}/first").status_code == 303
    assert blue in browser.get("/goods").text
    assert browser.get(f"/goods/{bowl.id}").text.index(blue) < browser.get(f"/goods/{bowl.id}").text.index(
        red
    )
    assert browser.post(f"{address}/{blue.rsplit('/', 1)[1]}/remove").status_code == 303
    assert browser.get(blue).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "alt", "words"),
    [
        ("a.jpg", b"", "A bowl", "Choose a picture|This file is empty"),
        ("a.jpg", b"no picture at all", "A bowl", "Only pictures can be made public"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "A bowl", "Only pictures"),
        ("a.jpg", picture("red", (60, 40)), "", "Say in a few words what it shows"),
        ("a.jpg", picture("red", (60, 40))[:200], "A bowl", "picture|damaged|broken|cannot"),
    ],
)
def test_what_is_no_good_picture_is_refused(
    market: Market, bowl: Offer, as_person: SignIn, name: str, content: bytes, alt: str, words: str
) -> None:
    browser = as_person(market.maker.person.id)
    address = f"/offers/{bowl.id}/photos"
    reply = browser.post(address, data={"alt": alt}, files={"file": (name, content)})
    assert reply.status_code == 422
    assert re.search(words, reply.text)
    if alt:
        assert f'value="{alt}"' in reply.text
    assert 'src="/photos/' not in browser.get(address).text


def test_the_same_twice_and_a_seventh_are_refused(market: Market, bowl: Offer, as_person: SignIn) -> None:
    browser = as_person(market.maker.person.id)
    address = f"/offers/{bowl.id}/photos"
    colours = ("red", "red", "blue", "green", "black", "white", "grey", "pink")
    replies = [
        browser.post(address, data={"alt": "A bowl"}, files={"file": ("a.jpg", picture(each, (40, 30)))})
        for each in colours
    ]
    assert [reply.status_code for reply in replies] == [303, 422, 303, 303, 303, 303, 303, 422]
    assert "is there already" in replies[1].text
    assert "There are 6 already" in replies[-1].text


def test_nobody_else_changes_them(market: Market, bowl: Offer, as_person: SignIn) -> None:
    stranger = as_person(market.applicant.person.id)
    address = f"/offers/{bowl.id}/photos"
    assert stranger.get(address).status_code == 404
    reply = stranger.post(address, data={"alt": "x"}, files={"file": ("a.jpg", picture("red", (40, 30)))})
    assert reply.status_code == 404
