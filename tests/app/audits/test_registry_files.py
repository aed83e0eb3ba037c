"""The registry at size: every filter, what goes out as CSV and JSON to the letter, and hostile searches."""

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from app.audits import models as rows
from app.audits import registry_files
from app.audits.registry_search import Search, search, tally
from app.audits.views_public import clear_of
from app.demo import scale
from app.folding import FOLD, fold
from app.organisations.models import Organisation
from certification import ProductKind, PublicState
from tests.app.audits.test_console_pages import counted
from tests.conftest import NOON

SIZE = 90


@pytest.fixture
def many(session: Session) -> None:
    scale.fill(session, certified=SIZE, now=NOON)
    session.commit()


def everybody(session: Session, wish: Search) -> list[str]:
    entries, following = search(session, wish, now=NOON, most=SIZE + 1)
    assert following is None
    return [each.organisation.name for each in entries]


@pytest.mark.usefixtures("many")
def test_filters_find_what_they_say_and_the_map_agrees(session: Session) -> None:
    organisations = {each.name: each for each in session.scalars(select(Organisation))}
    certificates = {each.organisation_id: each for each in session.scalars(select(rows.Certificate))}

    def among(test: object) -> set[str]:
        return {name for name, each in organisations.items() if test(each, certificates[each.id])}  # type: ignore[operator]

    def clean(certificate: rows.Certificate, number: int) -> bool:
        (counts,) = (each["counts"] for each in certificate.summary if each["principle"] == number)
        return not counts["minor"] and not counts["major"]

    expected = {
        Search(): among(lambda _o, _c: True),
        Search(region="Africa"): among(lambda o, _: o.region == "Africa"),
        Search(country="PE"): among(lambda o, _: o.country == "PE"),
        Search(product=ProductKind.FOOD): among(lambda _, c: "food" in c.product_categories),
        Search(state=PublicState.SUSPENDED): among(lambda _, c: c.status == "suspended"),
        Search(clear=3): among(lambda _, c: clean(c, 3)),
        Search(words="DA NANG"): among(lambda o, _: o.place == "Đà Nẵng"),
        Search(words="fes potters"): among(lambda o, _: o.place == "Fès" and "potters" in o.name),
        Search(words="Potosí"): among(lambda o, _: o.place == "Potosí"),
        Search(words="%"): set(),
        Search(words="workshop"): set(organisations),
        Search(words="o'; DROP TABLE organisation;--"): set(),
    }
    for wish, names in expected.items():
        assert set(everybody(session, wish)) == names, wish
        tallies = tally(session, wish, now=NOON)
        assert sum(each.found for each in tallies) == len(names), wish
        countries = {each.country: each for each in tallies}
        for country, each in countries.items():
            here = [organisations[name] for name in names if organisations[name].country == country]
            holding = [each for each in here if certificates[each.id].value.holds(NOON.date())]
            assert (each.found, each.certified) == (len(here), len(holding))
    assert 0 < len(expected[Search(clear=3)]) < SIZE


@pytest.mark.usefixtures("many")
def test_a_word_that_names_a_country_or_goods_in_the_readers_language_finds_it(client: TestClient) -> None:
    assert "of Kisumu" in client.get("/registry?q=kenya").text
    assert "of Fès" in client.get("/registry?q=morocco").text
    assert "Nobody was found" in client.get("/registry?q=finland").text
    assert client.get("/api/registry?q=crafts+kisumu").json()["entries"]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "query", ["", "q=potters", "region=Asia&product=crafts&clear=2", "state=withdrawn&country=VN"]
)
def test_files_hold_exactly_what_the_list_shows_on_all_its_pages(client: TestClient, query: str) -> None:
    pages: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        reply = client.get(f"/api/registry?{query}&after={after}").json()
        pages += reply["entries"]
        after = reply["after"]
    as_json = client.get(f"/registry.json?{query}")
    assert as_json.json() == {"as_of": NOON.isoformat(), "entries": pages}
    as_csv = client.get(f"/registry.csv?{query}")
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert as_csv.headers["content-disposition"] == 'attachment; filename="fairhaul-registry.csv"'
    lines = list(csv.DictReader(io.StringIO(as_csv.text, newline="")))
    assert lines == [
        {
            name: " ".join(each[name]) if name == "product_categories" else str(each[name] or "")
            for name in registry_files.COLUMNS
        }
        for each in pages
    ]
    assert query or len(pages) == SIZE


def test_no_cell_of_the_csv_is_a_formula(client: TestClient, session: Session) -> None:
    scale.fill(session, certified=3, now=NOON)
    hostile = ['=HYPERLINK("https://example.org","x")', "\t@SUM(1+1)|cmd", ' -2+3,"quoted"\nnew line']
    for name, organisation in zip(hostile, session.scalars(select(Organisation)), strict=False):
        organisation.name = name
    session.commit()
    lines = list(csv.DictReader(io.StringIO(client.get("/registry.csv").text, newline="")))
    assert sorted(each["organisation"] for each in lines) == sorted(f"'{name}" for name in hostile)
    assert {each["organisation"] for each in client.get("/registry.json").json()["entries"]} == set(hostile)


@given(st.text(max_size=40))
def test_a_neutral_cell_keeps_every_character_and_begins_no_formula(said: str) -> None:
    cell = registry_files.neutral(said)
    assert cell in {said, f"'{said}"}
    assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize(
    "said", ["Huế", "ĐÀ NẴNG", "Łódź", "São Tomé", "ﬁnest Ｈoney", "İstanbul ı", "Côte d’Ivoire"]
)
def test_python_folds_as_the_database_does(session: Session, said: str) -> None:
    assert session.scalar(select(text(FOLD.format(":said"))).params(said=said)) == fold(said)


HOSTILE = [
    "' OR 1=1 --",
    "%_\\",
    "\0\0",
    "(((((((((",
    "\u202eevil",
    "a" * 5_000,
    "\u0301",
    " ".join("abcdefghijklmnop"),
    "<script>alert(1)</script>",
    "😀",
]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_words_are_only_words(client: TestClient, session: Session, said: str) -> None:
    for address in ("/registry", "/registry.csv", "/registry.json"):
        reply = client.get(f"{address}?q={quote(said)}")
        assert reply.status_code == 200
        assert "<script>alert" not in reply.text
    assert session.scalar(select(func.count()).select_from(Organisation)) == SIZE


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "query", ["", "q=potters+kenya&region=Africa&product=crafts&clear=3&state=guaranteed"]
)
def test_a_page_of_the_registry_takes_few_queries_and_few_bytes(
    client: TestClient, engine: Engine, query: str
) -> None:
    with counted(engine) as said:
        shown = client.get(f"/registry?{query}")
    assert len(said) <= 12, "\n\n".join(said)
    assert len(shown.content) < 120_000  # some 8 kB as they travel: tests/browser holds them to the budget


@pytest.mark.usefixtures("many")
def test_an_organisation_tells_its_history_newest_first(client: TestClient, session: Session) -> None:
    suspended = session.scalars(select(rows.Certificate).filter_by(status="suspended").limit(1)).one()
    slug = session.get_one(Organisation, suspended.organisation_id).slug
    shown = client.get(f"/registry/organisations/{slug}").text
    history = shown.split("What became of its certificates")[1]
    assert history.index("Suspended: Demo: made up.") < history.index("In force")
    assert f'href="/registry/{suspended.number}"' in shown
    assert f"{clear_of(suspended)} of 10 principles without a nonconformity" in shown
