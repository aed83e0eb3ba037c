"""The operator sees row by row what a tariff file would change, then takes all of it or nothing."""

from collections.abc import Callable
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.organisations.models import Kind
from app.shipping.models_customs import TariffFile
from tests.app.making import Making

HEADS = "hs_code,programme,rate,description,from_on,until_on\n"
FIRST = HEADS + "460219,,3.7%,Baskets,,\n090121,,9%,Coffee roasted,,\n180690,,8% + EA,Chocolate,,\n"
SECOND = HEADS + '460219,,4%,"Baskets",,\n460219,eu-vietnam,0%,Baskets,,\n'


def test_look_first_then_all_of_it(
    session: Session, make: Making, as_person: Callable[[UUID], TestClient]
) -> None:
    operator = as_person(make.member(Kind.PLATFORM))
    maker = as_person(make.member(Kind.PRODUCER))
    assert maker.get("/tariffs").status_code == 403

    def send(text: str, valid_from: str, source: str = "Test tariff") -> str:
        said = {"into": "EU", "source": source, "valid_from": valid_from}
        shown = operator.post("/tariffs", data=said, files={"file": ("t.csv", text.encode(), "text/csv")})
        return shown.text

    broken = send(HEADS + "460219,,3.7%,,,\nbaskets,,1%,,,\n090121,,,,1 May,\n", "2026-01-01")
    for words in ("Row 3, column hs_code", "Row 4, column rate", "Row 4, column from_on"):
        assert words in broken, "each fault at its row"
    assert "Say who published" in send(FIRST, "2026-01-01", source="")
    shown = send(FIRST, "2026-01-01")
    for words in ("7.5%", "9%", "row 3", "1 changed", "gone", "8% + EA"):
        assert words in shown, words
    assert session.scalar(select(func.count()).select_from(TariffFile)) == 0, "nothing is stored yet"
    word = shown.split('name="word" value="')[1].split('"')[0]
    said = {"word": word, "into": "EU", "source": "Test tariff", "valid_from": "2026-01-01"}
    assert operator.post("/tariffs/apply", data=said).status_code == 303
    assert session.scalars(select(TariffFile)).one().lines == 3
    assert operator.post("/tariffs/apply", data=said | {"word": "0" * 64}).status_code == 404

    wish = {"into": "EU", "source": "Test tariff", "valid_from": "2026-06-01", "content": SECOND}
    look = operator.post("/api/duties/tariffs/preview", json=wish).json()
    assert (look["new"], look["changed"], look["gone"], look["same"]) == (1, 1, 2, 0)
    assert look["changes"][0] | {"description": ""} == {
        "row": 2,
        "code": "460219",
        "programme": "",
        "description": "",
        "before": "3.7%",
        "after": "4%",
    }
    assert operator.post("/api/duties/tariffs", json=wish).status_code == 201
    assert operator.post("/api/duties/tariffs", json=wish | {"content": FIRST}).status_code == 409
    faulty = operator.post("/api/duties/tariffs", json=wish | {"content": HEADS + "1,,1%,,,\n"})
    assert faulty.status_code == 422
    assert "Row 2" in faulty.text
