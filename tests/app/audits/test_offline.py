"""Work without a connection: tables and checklists go out, are filled in, come back whole or not at all."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audits.demo import Stage, bring_to
from app.audits.models import Answer
from app.files import Store
from tests.app.audits.conftest import Cast
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]
TABLE = "/api/certification/assessment/table"


def xlsx(reply_or_bytes: Any) -> Workbook:
    held = reply_or_bytes if isinstance(reply_or_bytes, bytes) else reply_or_bytes.content
    return load_workbook(BytesIO(held))


def saved(book: Workbook) -> bytes:
    made = BytesIO()
    book.save(made)
    return made.getvalue()


@dataclass
class Maker:
    browser: TestClient

    def table(self) -> Workbook:
        reply = self.browser.get(TABLE)
        assert reply.status_code == 200
        assert reply.headers["content-disposition"] == 'attachment; filename="self-assessment.xlsx"'
        return xlsx(reply)

    def read(self, held: bytes, status: int = 200, *, apply: bool = False) -> dict[str, Any]:
        reply = self.browser.post(TABLE, files={"file": ("t.xlsx", held)}, data={"apply": str(apply).lower()})
        assert reply.status_code == status, reply.text
        return dict(reply.json())

    def answers(self) -> dict[str, Any]:
        asked = self.browser.get("/api/certification/assessment").json()["criteria"]
        return {each["id"]: each["answer"] for each in asked}


@pytest.fixture
def maker(session: Session, store: Store, cast: Cast, clock: FixedClock, as_person: SignIn) -> Maker:
    bring_to(session, store, cast.organisation, Stage.ASSESSING, people=cast.people, start=clock.now)
    session.commit()
    clock.now += timedelta(days=20)
    return Maker(as_person(cast.people.producer.person_id))


def column(sheet: Any, title: str) -> str:
    return str(next(cell.column_letter for cell in sheet[1] if cell.value == title))


def row_of(sheet: Any, criterion: str) -> int:
    return int(next(cell.row for cell in sheet["A"] if cell.value == f"C{criterion}"))


class TestSelfAssessment:
    def test_the_workbook_carries_all_that_is_needed(self, maker: Maker) -> None:
        book = maker.table()
        assert book.sheetnames == ["Read me first", "Answers", "Lists", "Scores"]
        sheet, answers = book["Answers"], maker.answers()
        assert sheet.max_row == len(answers) + 1
        assert sheet.protection.sheet
        answer, text = column(sheet, "Answer"), column(sheet, "What is asked")
        assert not sheet[f"{answer}2"].protection.locked
        assert sheet[f"{text}2"].protection.locked
        ruled = {cell for rule in sheet.data_validations.dataValidation for cell in str(rule.sqref).split()}
        assert len(ruled) >= 1
        assert all(rule.type == "list" for rule in sheet.data_validations.dataValidation)
        read_me = " ".join(str(cell.value) for cell in book["Read me first"]["A"])
        assert "Fairhaul standard 2026.1" in read_me
        assert re.search(r"Case [0-9a-f-]{36}", read_me)
        assert "Score of a principle = 100" in " ".join(str(cell.value) for cell in book["Scores"]["A"])

    def test_unchanged_it_changes_nothing(self, maker: Maker) -> None:
        before = maker.answers()
        for held in (
            maker.browser.get(TABLE).content,
            maker.browser.get(TABLE, params={"form": "csv"}).content,
        ):
            said = maker.read(held, apply=True)
            assert said["changes"] == []
            assert said["same"] == sum(each is not None for each in before.values())
        assert maker.answers() == before

    def test_changes_are_shown_first_and_then_stored(self, maker: Maker) -> None:
        book, before = maker.table(), maker.answers()
        sheet = book["Answers"]
        wanted = next(each for each, said in before.items() if said is None)
        row = row_of(sheet, wanted)
        sheet[f"{column(sheet, 'Answer')}{row}"] = "Partly met"
        sheet[f"{column(sheet, 'In your own words')}{row}"] = "We began in March."
        sheet[f"{column(sheet, 'Improvement plan: what, and by when')}{row}"] = "All by July."
        look = maker.read(saved(book))
        assert look["applied"] is False
        assert [(each["criterion"], each["row"], each["before"]) for each in look["changes"]] == [
            (wanted, row, None)
        ]
        assert maker.answers() == before
        maker.read(saved(book), apply=True)
        after = {"value": "partly", "note": "We began in March.", "plan": "All by July.", "reason": ""}
        assert maker.answers() == before | {wanted: after}

    def test_one_fault_stops_all_and_names_its_cell(self, maker: Maker) -> None:
        book, before = maker.table(), maker.answers()
        sheet = book["Answers"]
        answer, note = column(sheet, "Answer"), column(sheet, "In your own words")
        sheet[f"{note}2"] = "Changed, and right."
        sheet[f"{answer}3"] = "sometimes"
        sheet[f"{note}4"] = "=1+1"
        told = {
            each["pointer"]: each["detail"] for each in maker.read(saved(book), 422, apply=True)["errors"]
        }
        assert set(told) == {f"/Answers/3/{answer}", f"/Answers/4/{note}"}
        assert told[f"/Answers/3/{answer}"].startswith(
            "Sheet Answers, row 3, column D (Answer): Choose one of"
        )
        assert maker.answers() == before

    def test_every_other_fault_of_a_row_has_its_words(self, maker: Maker) -> None:
        book = maker.table()
        sheet = book["Answers"]
        answer, note = column(sheet, "Answer"), column(sheet, "In your own words")
        sheet["A2"], sheet["A3"], sheet["A4"] = "C99.9", "nonsense", sheet["A5"].value
        sheet[f"{answer}6"], sheet[f"{note}6"] = None, "No answer, but words."
        sheet[f"{note}7"] = "x" * 6_000
        sheet[f"{answer}8"] = "Not applicable"
        told = " ".join(each["detail"] for each in maker.read(saved(book), 422)["errors"])
        for words in (
            "is not asked of you",
            "Leave the criterion as it was",
            "stands in row 4 too",
            "Choose an answer from the list",
            "characters",
            "applies to everybody",
        ):
            assert words.lower() in told.lower(), (words, told)

    def test_a_table_of_another_case_or_standard_is_refused(self, maker: Maker) -> None:
        for title, value, words in (
            ("case", "0" * 36, "another case"),
            ("standard", "fairhaul-2020.1", "judged by"),
        ):
            book = maker.table()
            sheet = book["Answers"]
            sheet[f"{column(sheet, title)}5"] = value
            told = maker.read(saved(book), 422, apply=True)["errors"]
            assert len(told) == 1
            assert words in told[0]["detail"]

    def test_what_changed_here_meanwhile_stays_and_is_shown(self, maker: Maker) -> None:
        book, before = maker.table(), maker.answers()
        sheet = book["Answers"]
        first, second = list(before)[:2]
        for each in (first, second):
            sheet[f"{column(sheet, 'In your own words')}{row_of(sheet, each)}"] = "Written in the village."
        now = before[first] | {"note": "Written here meanwhile."}
        assert (
            maker.browser.put(
                "/api/certification/answers", json={"answers": [{"criterion": first} | now]}
            ).status_code
            == 200
        )
        look = maker.read(saved(book), apply=True)
        assert {each["criterion"]: each["meanwhile"] for each in look["changes"]} == {
            first: True,
            second: False,
        }
        assert maker.answers()[first]["note"] == "Written here meanwhile."
        assert maker.answers()[second]["note"] == "Written in the village."

    def test_on_the_page(self, maker: Maker) -> None:
        page = maker.browser.get("/certification/offline").text
        assert "/certification/offline/answers.xlsx" in page
        assert maker.browser.get("/certification/offline/answers.csv").content.startswith(b"\xef\xbb\xbf")
        book = xlsx(maker.browser.get("/certification/offline/answers.xlsx"))
        sheet = book["Answers"]
        sheet[f"{column(sheet, 'In your own words')}2"] = "Seen <b>in</b> the list."
        preview = maker.browser.post("/certification/offline", files={"file": ("t.xlsx", saved(book))})
        assert preview.status_code == 200
        assert "One answer would change. Nothing is stored yet." in preview.text
        assert "Seen &lt;b&gt;in&lt;/b&gt; the list." in preview.text
        assert maker.answers()["1.1"]["note"] != "Seen <b>in</b> the list."
        word = re.search(r'name="word" value="(\w+)"', preview.text)
        assert word is not None
        done = maker.browser.post("/certification/offline/apply", data={"word": word[1]})
        assert done.status_code == 303
        assert maker.answers()["1.1"]["note"] == "Seen <b>in</b> the list."
        assert maker.browser.post("/certification/offline/apply", data={"word": "0" * 64}).status_code == 404
        sheet[f"{column(sheet, 'Answer')}3"] = sheet[f"{column(sheet, 'Answer')}4"] = "?"
        wrong = maker.browser.post("/certification/offline", files={"file": ("t.xlsx", saved(book))})
        assert wrong.status_code == 422
        assert "2 places are to be mended" in wrong.text
        assert "Sheet Answers, row 4, column D" in wrong.text
        assert maker.browser.post("/certification/offline", files={"other": ("x", b"x")}).status_code == 422


@dataclass
class Visitor:
    browser: TestClient
    case: str

    def checklist(self) -> dict[str, Any]:
        """The data in the downloaded page, as its script has it."""
        reply = self.browser.get(f"/cases/{self.case}/offline/checklist.html")
        assert reply.status_code == 200
        assert reply.headers["content-disposition"].startswith("attachment")
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', reply.text, re.DOTALL)
        assert found is not None
        assert not re.search(r'(src|href)="?(https?:|/)', reply.text)  # needs nothing but itself
        return dict(json.loads(found[1]))

    def saved(self, data: dict[str, Any], **said: tuple[str, str]) -> bytes:
        """What its button saves. `said`: criterion with _ for the point -> (verdict, facts)."""
        findings = [
            {
                "criterion": each["id"],
                "verdict": each["verdict"],
                "facts": each["facts"],
                "known": each["known"],
            }
            for each in data["criteria"]
        ]
        for each in findings:
            name = "c" + each["criterion"].replace(".", "_")
            if name in said:
                each["verdict"], each["facts"] = said[name]
        head = {name: data[name] for name in ("format", "case", "standard", "taken")}
        return json.dumps(head | {"findings": findings}).encode()

    def read(self, held: bytes, status: int = 200, *, apply: bool = False) -> dict[str, Any]:
        reply = self.browser.post(
            f"/api/cases/{self.case}/checklist",
            files={"file": ("c.json", held)},
            data={"apply": str(apply).lower()},
        )
        assert reply.status_code == status, reply.text
        return dict(reply.json())

    def findings(self) -> dict[str, tuple[str, str]]:
        found = self.browser.get(f"/api/cases/{self.case}").json()["findings"]
        return {each["criterion"]: (each["verdict"], each["facts"]) for each in found}


@pytest.fixture
def visitor(session: Session, store: Store, cast: Cast, clock: FixedClock, as_person: SignIn) -> Visitor:
    case = bring_to(
        session, store, cast.organisation, Stage.AUDIT_PLANNED, people=cast.people, start=clock.now
    )
    assert case is not None
    session.commit()
    clock.now += timedelta(days=21)
    return Visitor(as_person(cast.people.auditor.person_id), str(case.id))


FACTS = "Seen in the pay list of March, page 2, in the office."


class TestChecklist:
    def test_it_has_everything_and_comes_back(self, visitor: Visitor) -> None:
        data = visitor.checklist()
        assert len(data["criteria"]) > 40
        one = data["criteria"][0]
        assert one["answer"]
        assert one["verify"]
        assert any(each["files"] for each in data["criteria"])
        held = visitor.saved(data, c1_1=("conformity", ""), c1_2=("improvement", FACTS))
        look = visitor.read(held)
        assert [(each["criterion"], each["after"]) for each in look["changes"]] == [
            ("1.1", "conformity"),
            ("1.2", "improvement"),
        ]
        assert look["open"] == len(data["criteria"]) - 2
        assert visitor.findings() == {}
        visitor.read(held, apply=True)
        assert visitor.findings() == {"1.1": ("conformity", ""), "1.2": ("improvement", FACTS)}
        assert visitor.read(held, apply=True)["changes"] == []

    def test_the_workbook_says_the_same(self, visitor: Visitor) -> None:
        book = xlsx(visitor.browser.get(f"/cases/{visitor.case}/offline/checklist.xlsx"))
        sheet = book["Findings"]
        sheet[f"{column(sheet, 'Finding')}2"] = "Conformity"
        visitor.read(saved(book), apply=True)
        assert visitor.findings() == {"1.1": ("conformity", "")}
        sheet[f"{column(sheet, 'Finding')}3"] = "Splendid"
        told = visitor.read(saved(book), 422)["errors"]
        assert told[0]["detail"].startswith("Sheet Findings, row 3, column F (Finding): Choose one of")

    def test_one_fault_stops_all(self, visitor: Visitor) -> None:
        data = visitor.checklist()
        held = visitor.saved(
            data, c1_1=("conformity", ""), c1_2=("splendid", ""), c1_3=("", "Facts alone"), c1_4=("major", "")
        )
        assert len(visitor.read(held, 422, apply=True)["errors"]) >= 1
        assert visitor.findings() == {}

    def test_what_another_auditor_found_meanwhile_stays(self, visitor: Visitor) -> None:
        held = visitor.saved(visitor.checklist(), c1_1=("improvement", FACTS), c1_2=("conformity", ""))
        said = {"verdict": "conformity", "facts": "Found at the desk meanwhile."}
        assert visitor.browser.put(f"/api/cases/{visitor.case}/findings/1.1", json=said).status_code == 200
        look = visitor.read(held, apply=True)
        assert {each["criterion"]: bool(each["meanwhile"]) for each in look["changes"]} == {
            "1.1": True,
            "1.2": False,
        }
        assert visitor.findings()["1.1"] == ("conformity", "Found at the desk meanwhile.")
        assert visitor.findings()["1.2"] == ("conformity", "")

    @pytest.mark.parametrize(
        "held",
        [
            b"{",
            b"{}",
            b'{"format": "fairhaul checklist 1"}',
            b'{"format": "fairhaul checklist 1", "findings": [1]}',
            b'{"format": "fairhaul checklist 1", "findings": [{"criterion": 1}]}',
            b'{"format": "other", "findings": []}',
            b"[" * 9000,
            b'{"a":' * 9000,
            b"",
        ],
    )
    def test_what_is_no_checklist_is_told(self, visitor: Visitor, held: bytes) -> None:
        assert visitor.read(held, 422)["type"] == "/problems/faulty-input"

    def test_a_checklist_of_another_case_is_refused(self, visitor: Visitor) -> None:
        data = visitor.checklist() | {"case": "0" * 36}
        told = visitor.read(visitor.saved(data, c1_1=("conformity", "")), 422)["errors"]
        assert "another case" in told[0]["detail"]

    def test_no_answer_ends_the_page_it_stands_in(self, visitor: Visitor, session: Session) -> None:
        hostile = "</script><script>alert(1)</script><!--"
        row = session.scalars(select(Answer).filter_by(criterion="1.1")).one()
        row.note = hostile
        session.commit()
        assert visitor.checklist()["criteria"][0]["note"] == hostile
        page = visitor.browser.get(f"/cases/{visitor.case}/offline/checklist.html").text
        assert hostile not in page

    def test_on_the_page(self, visitor: Visitor) -> None:
        assert "Download the checklist" in visitor.browser.get(f"/cases/{visitor.case}/offline").text
        held = visitor.saved(visitor.checklist(), c1_1=("improvement", FACTS))
        preview = visitor.browser.post(f"/cases/{visitor.case}/offline", files={"file": ("c.json", held)})
        assert "One finding would be stored. Nothing is stored yet." in preview.text
        word = re.search(r'name="word" value="(\w+)"', preview.text)
        assert word is not None
        done = visitor.browser.post(f"/cases/{visitor.case}/offline/apply", data={"word": word[1]})
        assert done.status_code == 303
        assert visitor.findings() == {"1.1": ("improvement", FACTS)}
