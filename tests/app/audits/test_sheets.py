"""Tables that people fill in: what goes out comes back, and what is wrong with it is told by its cell."""

import csv
from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app import sheets
from app.errors import Faulty
from app.sheets import Column, Table
from tests.app.audits.hostile_files import REFUSED, workbook

COLUMNS = [
    Column("criterion", "Criterion"),
    Column("answer", "Answer", choices={"met": "Met, wholly", "no": "No"}, fill=True),
    Column("note", "Note", fill=True),
]


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40) | st.sampled_from(
    ["=1+1", "+x", "-x", "@x", "'x", "''=x", "'", "a\nb", '"', ";", "=cmd|'/c calc'!A1", "\u202e", "1.10"]
)


def saved(book: Workbook) -> bytes:
    made = BytesIO()
    book.save(made)
    return made.getvalue()


@settings(max_examples=25)
@given(notes=st.lists(texts, min_size=1, max_size=4))
def test_what_goes_out_comes_back(notes: list[str]) -> None:
    rows = [{"criterion": f"C1.{number}", "answer": "met", "note": note} for number, note in enumerate(notes)]
    table = Table("Answers", COLUMNS, rows)
    wanted = [row | {"note": sheets.clean(row["note"])} for row in rows]
    for held in (sheets.workbook(table, instructions=["Read"]), sheets.comma_separated(table)):
        back = sheets.read(held, "Answers", COLUMNS)
        assert [each.values for each in back] == wanted
        assert [each.number for each in back] == list(range(2, len(rows) + 2))


@settings(max_examples=25)
@given(note=texts)
def test_no_cell_that_goes_out_is_a_formula(note: str) -> None:
    table = Table("Answers", COLUMNS, [{"criterion": "C1.1", "answer": "", "note": note}])
    for line in csv.reader(StringIO(sheets.comma_separated(table).decode("utf-8-sig"))):
        assert all(cell[:1] not in {"=", "+", "-", "@", "\t", "\r"} or not cell for cell in line)
    for row in load_workbook(BytesIO(sheets.workbook(table, instructions=["=1+1"])))["Answers"].iter_rows():
        assert all(cell.data_type != "f" for cell in row)


def test_a_choice_may_be_written_as_word_or_value_in_any_case() -> None:
    head = "Criterion,Answer,Note\n"
    for said in ("met", "MET", "Met, wholly", "met, WHOLLY"):
        back = sheets.read(f'{head}C1.1,"{said}",x\n'.encode(), "Answers", COLUMNS)
        assert back[0].values["answer"] == "met"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_of_other_habits_is_read(mark: str, code: str) -> None:
    held = f"Criterion{mark}Answer{mark}Note\r\nC1.1{mark}no{mark}ngày\r\n".encode(code)
    assert sheets.read(held, "", COLUMNS)[0].values["note"] == "ngày"


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (b"", "columns are missing"),
        (b"a,b\n1,2\n", "columns are missing: Answer, Note"),
        (b"Criterion,Answer,Note\n", "no row"),
        (
            b"Criterion,Answer,Note\nC1.1,perhaps,x\n",
            "Row 2, column B (Answer): Choose one of",
        ),
        (b"Criterion,Answer,Note\n\nC1.1,met,=1+1\n", "column C (Note): This is a formula."),
        (b"Criterion,Answer,Note\n" + b"C1.1,met,x\n" * 2_100, "more than 2000 rows"),
        (b"%PDF-1.7", "not the table"),
        (b"\xd0\xcf\x11\xe0 old", "not the table"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"Criterion\0", "not the table"),
        (b"caf\xe9,b", "CSV UTF-8"),
        (b'Criterion,Answer,Note\nC1.1,met,"' + b"x" * 200_000 + b'"\n', "Row 2 cannot be read"),
        (workbook(), "no sheet “Answers”"),
        (workbook(xl__workbook_dot_xml=b"<nothing"), "cannot be read"),
        *((held, ".") for what, _, held in REFUSED if what.startswith(("workbook", "zip"))),
    ],
)
def test_what_cannot_be_read_is_told(held: bytes, words: str) -> None:
    with pytest.raises(Faulty) as told:
        sheets.read(held, "Answers", COLUMNS)
    assert words in " ".join(told.value.fields.values())


def test_a_sheet_that_says_it_is_endless_is_not_walked() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Answers"
    for place, column in enumerate(COLUMNS, 1):
        sheet.cell(1, place, column.title)
    sheet.cell(1_048_576, 1, "C1.1")
    with pytest.raises(Faulty):
        sheets.read(saved(book), "Answers", COLUMNS)


def test_cells_of_other_kinds_are_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Answers"
    sheet.append(["Criterion", "Answer", "Note"])
    sheet.append(["C1.1", "met", 12.0])
    sheet.append(["C1.2", "met", True])
    sheet.append(["C1.3", "met", "words"])
    assert [each.values["note"] for each in sheets.read(saved(book), "Answers", COLUMNS)] == [
        "12",
        "yes",
        "words",
    ]
    sheet["C2"] = "=1+1"
    with pytest.raises(Faulty) as told:
        sheets.read(saved(book), "Answers", COLUMNS)
    assert told.value.fields == {
        "/Answers/2/C": "Sheet Answers, row 2, column C (Note): This is a formula. "
        "Write what it shows, as text."
    }
