"""Open data: files that say what they hold, run no formula, and tell nobody's own figures."""

import csv
import io
import json
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accountability import figures
from app.accountability.figures import Saving
from app.audits.registry_files import _FORMULA
from app.db import Sessions, uuid7
from app.opendata import files
from app.opendata.datasets import DATASETS, LEAST, Column, Dataset
from tests.app.conftest import World
from tests.conftest import NOON

SAID = {
    "registry",
    "prices",
    "savings",
    "time-to-decision",
    "complaints",
    "documents",
    "consultations",
    "votes",
}


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_set_is_the_same_as_csv_as_json_and_by_its_dictionary(world: World) -> None:
    assert set(DATASETS) == SAID
    page = world.visitor.get("/open-data")
    assert page.status_code == 200
    assert "CC BY 4.0" in page.text
    for name, dataset in DATASETS.items():
        assert f"/open-data/{name}" in page.text
        assert world.visitor.get(f"/open-data/{name}").status_code == 200
        lines = read(world.visitor.get(f"/open-data/{name}/data.csv").text)
        reply = world.visitor.get(f"/open-data/{name}/data.json")
        told = reply.json()
        assert "creativecommons.org/licenses/by/4.0" in reply.headers["link"]
        assert told["licence"] == "CC BY 4.0"
        assert world.visitor.get(f"/api/open-data/{name}").json()["rows"] == told["rows"]
        columns = [each["name"] for each in told["columns"]]
        words = read(world.visitor.get(f"/open-data/{name}/dictionary.csv").text)
        assert [each["column"] for each in words] == columns
        assert all(each["meaning"] for each in words)
        assert lines, f"the demo has nothing for {name}"
        assert len(lines) == len(told["rows"])
        kinds = {"text": str, "date": str, "integer": int, "boolean": bool}
        for line, row in zip(lines, told["rows"], strict=True):
            assert list(line) == list(row) == columns
            for column in dataset.columns:
                value = row[column.name]
                assert value is None or type(value) is kinds[column.kind]
                if column.kind == "date" and value:
                    date.fromisoformat(str(value))
    assert world.visitor.get("/open-data/nothing").status_code == 404
    assert world.visitor.get("/open-data/nothing/data.csv").status_code == 404


@given(st.lists(st.one_of(st.text(), st.sampled_from(_FORMULA).map(lambda sign: f"{sign}cmd()")), max_size=5))
def test_no_cell_is_a_formula_and_csv_is_read_back(words: list[str]) -> None:
    dataset = Dataset(
        "x", "x", "x", (Column("a", "text", "x"), Column("b", "integer", "x")), lambda *_: iter(())
    )
    rows = [(word, place) for place, word in enumerate(words)]
    text = "".join(files.as_csv(dataset, rows))
    found = read(text)
    assert [each["a"].removeprefix("'") for each in found] == [word.removeprefix("'") for word in words]
    assert not [each["a"] for each in found if each["a"].lstrip(" \u00a0").startswith(_FORMULA)]
    told = json.loads("".join(files.as_json(dataset, rows, now=NOON)))
    assert [(each["a"], each["b"]) for each in told["rows"]] == rows


@pytest.mark.parametrize("buyers", range(1, LEAST + 2))
def test_the_figures_of_few_are_left_out(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, buyers: int
) -> None:
    saving = Saving(uuid7(NOON), "Pool", "Hub", "USD", 900, 400, buyers, NOON.date())
    monkeypatch.setattr(figures, "savings", lambda _session: [saving])
    dataset = DATASETS["savings"]
    (row,) = dataset.rows(sessions, NOON)
    told = dict(zip((each.name for each in dataset.columns), row, strict=True))
    few = buyers < LEAST
    assert told["suppressed"] is few
    assert [told[each] for each in ("buyers", "alone", "pooled", "saved")] == (
        [None] * 4 if few else [buyers, 900, 400, 500]
    )


def test_a_region_that_is_left_out_cannot_be_had_from_the_rest(world: World) -> None:
    rows = world.visitor.get("/open-data/time-to-decision/data.json").json()["rows"]
    for year in {each["year"] for each in rows}:
        here = [each for each in rows if each["year"] == year]
        few = [each for each in here if each["region"] != "all" and each["suppressed"]]
        whole = next(each for each in here if each["region"] == "all")
        assert all(each["cases"] is None or each["cases"] >= LEAST for each in here)
        assert len(few) != 1 or whole["suppressed"]


def test_the_feed_is_atom_and_leads_to_pages(world: World) -> None:
    reply = world.visitor.get("/open-data/changes.xml")
    assert reply.headers["content-type"].startswith("application/atom+xml")
    spaces = {"a": "http://www.w3.org/2005/Atom"}
    root = ET.fromstring(reply.content)
    entries = root.findall("a:entry", spaces)
    ids = [each.findtext("a:id", "", spaces) for each in entries]
    assert len(set(ids)) == len(ids) > 10
    titles = " ".join(each.findtext("a:title", "", spaces) for each in entries)
    for word in (
        "Certificate granted",
        "Document published",
        "Consultation open",
        "Complaint decided",
        "Vote counted",
    ):
        assert word in titles
    for each in entries[:20]:
        link = each.find("a:link", spaces)
        assert link is not None
        assert world.visitor.get(link.attrib["href"]).status_code == 200
    times = [each.findtext("a:updated", "", spaces) for each in entries]
    assert times == sorted(times, reverse=True)


def test_a_report_of_each_year(world: World) -> None:
    year = world.clock.now.year
    page = world.visitor.get(f"/open-data/report/{year - 1}")
    assert page.status_code == 200
    assert page.text.count("<svg") >= 4
    assert "See this as a table" in page.text
    assert world.visitor.get(f"/open-data/report/{year + 1}").status_code == 404
    assert world.visitor.get("/open-data/report/x").status_code == 404


def test_held_to_account_counts_what_is_overdue(world: World) -> None:
    page = world.visitor.get("/accountability").text
    assert "What is missing" in page
    assert "No board is elected now for: Africa" in page
    before = page.count('class="tag bad"')
    world.clock.now += timedelta(days=400)
    later = world.visitor.get("/accountability").text
    assert later.count('class="tag bad"') > before
    assert "things are overdue today" in later
