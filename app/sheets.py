"""Tables that people fill in without a connection: out as XLSX or CSV, and back with each fault at its cell.

What comes back is read as text. Formulas and macros are refused, not evaluated; text that a spreadsheet would
take for a formula goes out so that it stays text.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from app import files
from app.errors import Faulty
from app.screening import screen

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS: Final = 2_000
MOST_COLUMNS: Final = 40
MOST_FAULTS: Final = 100
LONGEST: Final = 32_000
"""Characters in a cell; a spreadsheet holds 32,767."""
OURS: Final = "Send the one that you downloaded."
_RISKY: Final = "=+-@\t\r'"
_HEAD: Final = PatternFill("solid", fgColor="1F4D3A")
_OPEN: Final = PatternFill("solid", fgColor="FFF8E6")


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is our name for it; `title` stands in the first row and is how it is found again.

    `choices`: value -> word of a list. `fill`: people write in it; all other columns are locked.
    """

    key: str
    title: str
    width: int = 14
    choices: Mapping[str, str] = field(default_factory=dict)
    fill: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, str]]
    narrowed: Mapping[tuple[int, str], Sequence[str]] = field(default_factory=dict)
    """Where a cell (row from 0, key) may take fewer values than its column."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line that came back: `number` as the spreadsheet counts, from 1."""

    table: str  # empty in CSV
    number: int
    values: Mapping[str, str]
    columns: Mapping[str, tuple[str, str]]  # key -> (letter, title)

    def place(self, key: str) -> str:
        letter = self.columns[key][0] if key in self.columns else "?"
        return f"/{self.table or 'rows'}/{self.number}/{letter}"

    def words(self, key: str, said: str) -> str:
        letter, title = self.columns.get(key, ("?", key))
        sheet = f"Sheet {self.table}, row" if self.table else "Row"
        return f"{sheet} {self.number}, column {letter} ({title}): {said}"


class Faults:
    """All that is wrong with what came back, so that it can be mended in one go."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}

    def at(self, row: Row, key: str, said: str) -> None:
        self.fields.setdefault(row.place(key), row.words(key, said))

    def check(self) -> None:
        """Faulty, with the first 100 faults, by cell."""
        if not self.fields:
            return
        some = dict(list(self.fields.items())[:MOST_FAULTS])
        if len(self.fields) > MOST_FAULTS:
            some["/more"] = f"And {len(self.fields) - MOST_FAULTS} more faults."
        raise Faulty(fields=some)


def clean(text: str) -> str:
    """Text as it comes back: lines end with a line feed, nothing that XML cannot hold, no space around."""
    return ILLEGAL_CHARACTERS_RE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def workbook(table: Table, *, instructions: Sequence[str], more: Sequence[Table] = ()) -> bytes:
    """XLSX: how to fill it in, the table with its lists and locked cells, and other tables to read."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "Read me first"
    first.column_dimensions["A"].width = 100
    for line in instructions:
        _text(first.cell(first.max_row + 1 if first["A1"].value else 1, 1), line)
    first["A1"].font = Font(bold=True, size=14)
    first.protection.enable()
    sheet = book.create_sheet(table.title)
    _fill_in(sheet, table)
    _lists(book, sheet, table)
    sheet.protection.enable()
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # people may widen
    for each in more:
        other = book.create_sheet(each.title)
        _fill_in(other, each)
        other.protection.enable()
    book.active = 1
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def _text(cell: Any, said: str, *, bold: bool = False) -> None:
    cell.value = clean(said)[:LONGEST]
    if cell.value:
        cell.data_type = "s"  # "=1+1" is text, whoever wrote it
        cell.quotePrefix = said[:1] in _RISKY
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if bold:
        cell.font = Font(bold=True, color="FFFFFF")


def _fill_in(sheet: Worksheet, table: Table) -> None:
    for place, column in enumerate(table.columns, 1):
        head = sheet.cell(1, place)
        _text(head, column.title, bold=True)
        head.fill = _HEAD
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width, dimension.hidden = column.width, column.hidden
        for number, row in enumerate(table.rows, 2):
            cell = sheet.cell(number, place)
            said = row.get(column.key, "")
            _text(cell, column.choices.get(said, said))
            if column.fill:
                cell.fill, cell.protection = _OPEN, Protection(locked=False)
    sheet.freeze_panes = "C2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _lists(book: Workbook, sheet: Worksheet, table: Table) -> None:
    """A list at each cell that has choices; its words lie in a hidden sheet, so they may hold commas."""
    lists, sources = book.create_sheet("Lists"), dict[tuple[str, ...], str]()
    lists.sheet_state = "hidden"
    for place, column in enumerate(table.columns, 1):
        if not column.choices:
            continue
        letter = get_column_letter(place)
        by_words: dict[tuple[str, ...], list[str]] = {}
        for number in range(len(table.rows)):
            allowed = table.narrowed.get((number, column.key), tuple(column.choices))
            by_words.setdefault(tuple(column.choices[each] for each in allowed), []).append(
                f"{letter}{number + 2}"
            )
        for words, cells in by_words.items():
            if words not in sources:
                at = get_column_letter(len(sources) + 1)
                for line, word in enumerate(words, 1):
                    _text(lists[f"{at}{line}"], word)
                sources[words] = f"Lists!${at}$1:${at}${len(words)}"
            rule = DataValidation(
                type="list", formula1=sources[words], allow_blank=True, showErrorMessage=True
            )
            rule.errorTitle, rule.error = column.title, "Choose from the list: " + ", ".join(words)
            rule.sqref = " ".join(cells)
            sheet.add_data_validation(rule)


def comma_separated(table: Table) -> bytes:
    """CSV as UTF-8 with its mark, so that Excel reads the letters right."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        writer.writerow(
            [
                neutral(clean(column.choices.get(row.get(column.key, ""), row.get(column.key, ""))))
                for column in table.columns
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def neutral(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe before what would begin a formula."""
    return f"'{text}" if text[:1] in _RISKY and text else text


def plain(text: str) -> str:
    """The inverse of `neutral`; an apostrophe that somebody typed before a letter stays."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1:2] in _RISKY else text


def read(held: bytes, title: str, columns: Sequence[Column]) -> list[Row]:
    """The lines of what came back, as XLSX or CSV. Faulty: what is wrong, at which cell, and what to do.

    A choice comes back as its value, whether the word or the value was written. Lines without any text are
    left out.
    """
    if held.startswith(b"PK"):
        screen(BytesIO(held), files.measure(BytesIO(held), len(held)))
        return _read_workbook(held, title, columns)
    if held.startswith((b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise Faulty(fields={"file": "This is not the table. Save it as .xlsx or as CSV and send it again."})
    return _read_csv(held, columns)


def _read_workbook(held: bytes, title: str, columns: Sequence[Column]) -> list[Row]:
    try:
        lines = _lines(held, title)
    except Exception as fault:  # openpyxl raises whatever a malformed sheet makes it stumble over
        raise Faulty(
            fields={"file": "This workbook cannot be read. Save it again as .xlsx and send it."}
        ) from fault
    if lines is None:
        raise Faulty(fields={"file": f"There is no sheet “{title}” in this workbook. {OURS}"})
    return _rows(lines, title, columns)


def _lines(held: bytes, title: str) -> list[list[tuple[str, str]]] | None:
    """The cells of a sheet; None: there is no such sheet."""
    book = load_workbook(BytesIO(held), read_only=True, data_only=False, keep_links=False)
    try:
        if title not in book.sheetnames:
            return None
        sheet = book[title]
        sheet.reset_dimensions()
        some = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS)
        return [[_cell(each) for each in cells] for cells in some]
    finally:
        book.close()


def _cell(cell: Cell | Any) -> tuple[str, str]:
    """(text, what is wrong with it)."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type == "f" or not isinstance(value, (str, int, float, bool, date, datetime)):
        return "", "This is a formula. Write what it shows, as text."
    if cell.data_type == "e":
        return "", "This cell shows an error. Write the text that belongs here."
    if isinstance(value, bool):
        return ("yes" if value else "no"), ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value)), ""
    if isinstance(value, datetime):
        return (value.date() if value.time() == datetime.min.time() else value).isoformat(), ""
    return str(value), ""


def _read_csv(held: bytes, columns: Sequence[Column]) -> list[Row]:
    try:
        text = held.decode("utf-16" if held[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Faulty(
            fields={
                "file": "The letters of this file cannot be read. Save it as CSV UTF-8 and send it again."
            }
        ) from fault
    if "\0" in text:
        raise Faulty(fields={"file": "This is not the table. Save it as .xlsx or as CSV and send it again."})
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    lines: list[list[tuple[str, str]]] = []
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=mark):
            if len(lines) > MOST_ROWS:
                break
            lines.append([_csv_cell(each) for each in cells[:MOST_COLUMNS]])
    except csv.Error as fault:
        raise Faulty(
            fields={"file": f"Row {len(lines) + 1} cannot be read as CSV. Save it again as CSV UTF-8."}
        ) from fault
    return _rows(lines, "", columns)


def _csv_cell(typed: str) -> tuple[str, str]:
    if typed.startswith("="):
        return "", "This is a formula. Write what it shows, as text."
    return plain(typed), ""


def _rows(lines: Sequence[Sequence[tuple[str, str]]], title: str, columns: Sequence[Column]) -> list[Row]:
    if len(lines) > MOST_ROWS:
        raise Faulty(fields={"file": f"This table has more than {MOST_ROWS} rows. {OURS}"})
    found = {clean(text).casefold(): place for place, (text, _) in enumerate(lines[0] if lines else ())}
    where = {
        column.key: (found[column.title.casefold()], column)
        for column in columns
        if column.title.casefold() in found
    }
    missing = [
        column.title for column in columns if column.key not in where and (column.fill or column.hidden)
    ]
    if missing or not where:
        raise Faulty(fields={"file": f"Row 1: these columns are missing: {', '.join(missing)}. {OURS}"})
    letters = {key: (get_column_letter(place + 1), column.title) for key, (place, column) in where.items()}
    faults, rows = Faults(), []
    for number, line in enumerate(lines[1:], 2):
        if not any(text.strip() or wrong for text, wrong in line):
            continue
        values: dict[str, str] = {}
        row = Row(title, number, values, letters)
        for key, (place, column) in where.items():
            text, wrong = line[place] if place < len(line) else ("", "")
            values[key] = clean(text)
            if wrong:
                faults.at(row, key, wrong)
            elif column.choices and values[key]:
                _choose(row, column, values, faults)
        rows.append(row)
    faults.check()
    if not rows:
        raise Faulty(fields={"file": f"There is no row in this table. {OURS}"})
    return rows


def _choose(row: Row, column: Column, values: dict[str, str], faults: Faults) -> None:
    said = values[column.key].casefold()
    chosen = next(
        (value for value, word in column.choices.items() if said in {value.casefold(), word.casefold()}), None
    )
    if chosen is None:
        faults.at(row, column.key, f"Choose one of: {', '.join(column.choices.values())}.")
    else:
        values[column.key] = chosen


_ID: Final = re.compile(r"C?(\d{1,3}\.\d{1,3})", re.IGNORECASE)


def criterion_cell(criterion_id: str) -> str:
    """C3.10, with its letter: a spreadsheet takes 3.10 for a number and gives 3.1 back, another criterion."""
    return f"C{criterion_id}"


def criterion_of(cell: str) -> str:
    """The id in such a cell; empty: there is none."""
    found = _ID.fullmatch(cell.strip())
    return found[1] if found else ""


def each_once(rows: Sequence[Row], faults: Faults) -> Iterator[tuple[str, Row]]:
    """(criterion, row), with a fault where a row names none, or one that was named before."""
    seen: dict[str, int] = {}
    for row in rows:
        criterion = criterion_of(row.values.get("criterion", ""))
        if not criterion:
            faults.at(row, "criterion", "Leave the criterion as it was, like C3.10.")
        elif criterion in seen:
            faults.at(
                row, "criterion", f"This criterion stands in row {seen[criterion]} too. Keep one of them."
            )
        else:
            seen[criterion] = row.number
            yield criterion, row
