"""Bank statements: camt.053 (ISO 20022, 001.02 and 001.08) and CSV into lines. Pure: bytes in, values out.

Both versions of the message say the same in the same elements; what is read here is described in the message
definition reports of ISO 20022 (https://www.iso20022.org/iso-20022-message-definitions, camt.053).
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.errors import Faulty
from app.language import digits

VERSIONS: Final = ("camt.053.001.02", "camt.053.001.08")
COLUMNS: Final = ("date", "amount", "currency", "reference", "bank_reference")
MOST_LINES: Final = 20_000
BOOKED: Final = "BOOK"
# Of a transaction: references and words, and why it came back; of an entry without any: the batch it books.
WORDS: Final = (
    "c:RmtInf/c:Strd/c:CdtrRefInf/c:Ref",
    "c:RmtInf/c:Ustrd",
    "c:Refs/c:EndToEndId",
    "c:Refs/c:PmtInfId",
    "c:RtrInf/c:Rsn/c:Cd",
    "c:RtrInf/c:AddtlInf",
    "c:NtryDtls/c:Btch/c:PmtInfId",
    "c:NtryDtls/c:Btch/c:MsgId",
)
_AMOUNT: Final = re.compile(r"-?\d{1,15}(\.\d{1,5})?")


@dataclass(frozen=True, slots=True)
class BankLine:
    """One transaction. `amount` in minor units: above 0 came in, below went out. `text` is all that was
    written with it; `bank_reference` is the bank's own, `place` where it stands in the file.
    """

    place: str
    day: date
    amount: int
    currency: str
    text: str
    bank_reference: str


@dataclass
class Statement:
    """What a file says, or what is wrong with it, by place."""

    account: str = ""
    lines: list[BankLine] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def keys(self) -> list[str]:
        """One for each line, the same whenever the same transaction is told again: by the bank's reference,
        else by its contents and how many equal ones stand before it.
        """
        seen: dict[str, int] = {}
        made: list[str] = []
        for line in self.lines:
            own = line.bank_reference or line.text
            plain = "\n".join([self.account, line.day.isoformat(), str(line.amount), line.currency, own])
            seen[plain] = seen.get(plain, 0) + 1
            made.append(hashlib.sha256(f"{plain}\n{seen[plain]}".encode()).hexdigest())
        return made


def read(content: bytes) -> Statement:
    """A statement of either form. Faulty: it is neither."""
    if content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        return read_camt(content)
    return read_csv(content)


def read_camt(content: bytes) -> Statement:
    """Booked entries of every statement in a message; an entry of many transactions gives one line each."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise Faulty(fields={"file": "This XML cannot be read. Export the statement again."}) from fault
    space = root.tag.partition("}")[0].removeprefix("{")
    if not space.endswith(VERSIONS) or not root.tag.endswith("}Document"):
        raise Faulty(
            fields={
                "file": f"This is no statement in {' or '.join(VERSIONS)}. Ask your bank for one of these."
            }
        )
    names = {"c": space}
    made = Statement()
    for statement in root.iterfind("c:BkToCstmrStmt/c:Stmt", names):
        made.account = _text(statement, "c:Acct/c:Id/c:IBAN", names) or _text(
            statement, "c:Acct/c:Id/c:Othr/c:Id", names
        )
        for number, entry in enumerate(statement.iterfind("c:Ntry", names), start=1):
            state = _text(entry, "c:Sts/c:Cd", names) or _text(entry, "c:Sts", names)
            if state == BOOKED:
                _take_entry(made, entry, number, names)
    return made


def _take_entry(made: Statement, entry: Element, number: int, names: dict[str, str]) -> None:
    place = f"Ntry {number}"
    try:
        day = date.fromisoformat(
            (_text(entry, "c:BookgDt/c:Dt", names) or _text(entry, "c:BookgDt/c:DtTm", names))[:10]
        )
        sign = {"CRDT": 1, "DBIT": -1}[_text(entry, "c:CdtDbtInd", names)]
        if _text(entry, "c:RvslInd", names) == "true":
            made.faults.append((place, "This takes an earlier entry back: book it by hand."))
            return
        whole = _amount_of(entry.find("c:Amt", names))
        parts = list(entry.iterfind("c:NtryDtls/c:TxDtls", names))
        found = [
            (
                _amount_of(_first(part, ("c:Amt", "c:AmtDtls/c:TxAmt/c:Amt"), names))
                if len(parts) > 1
                else whole,
                part,
            )
            for part in parts
        ] or [(whole, entry)]
    except (ValueError, KeyError, InvalidOperation):
        made.faults.append((place, "Its day, amount or direction cannot be read."))
        return
    if sum(amount for (amount, _), _ in found) != whole[0]:
        made.faults.append((place, "The amounts of its transactions do not sum to its own."))
        return
    own = _text(entry, "c:AcctSvcrRef", names)
    for at, ((amount, currency), part) in enumerate(found, start=1):
        reference = _text(part, "c:Refs/c:AcctSvcrRef", names) or (
            f"{own}/{at}" if own and len(found) > 1 else own
        )
        words = " ".join(
            each.text.strip() for path in WORDS for each in part.iterfind(path, names) if each.text
        ) or _text(entry, "c:AddtlNtryInf", names)
        name = place if len(found) == 1 else f"{place}, transaction {at}"
        made.lines.append(BankLine(name, day, sign * amount, currency, words[:500], reference[:140]))


def _first(at: Element, paths: tuple[str, ...], names: dict[str, str]) -> Element | None:
    return next((found for path in paths if (found := at.find(path, names)) is not None), None)


def _text(at: Element, path: str, names: dict[str, str]) -> str:
    return (at.findtext(path, "", names) or "").strip()


def _amount_of(found: Element | None) -> tuple[int, str]:
    if found is None:
        raise ValueError("no amount")
    currency = found.get("Ccy", "")
    return _minor((found.text or "").strip(), currency), currency


def _minor(typed: str, currency: str) -> int:
    """ValueError: no amount of the currency, or with more decimals than it has."""
    if not _AMOUNT.fullmatch(typed) or not re.fullmatch("[A-Z]{3}", currency):
        raise ValueError(typed)
    scaled = Decimal(typed).scaleb(digits(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(typed)
    return int(scaled)


def read_csv(content: bytes) -> Statement:
    """Columns date, amount, currency, reference, bank_reference, comma or semicolon; dates as
    year-month-day, amounts with a point.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Faulty(fields={"file": "Save the file as UTF-8, or as camt.053."}) from fault
    first = text.split("\n", 1)[0]
    rows = csv.reader(
        io.StringIO(text), strict=True, delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        return _take_rows(rows)
    except csv.Error as fault:
        raise Faulty(fields={"file": "This is no CSV file: a quotation mark is missing in it."}) from fault


def _take_rows(rows: Iterator[list[str]]) -> Statement:
    head = [name.strip().lower() for name in next(rows, [])]
    absent = [name for name in COLUMNS[:4] if name not in head]
    if absent:
        raise Faulty(fields={"file": f"The first line must name these columns: {', '.join(COLUMNS)}."})
    made = Statement()
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = dict(zip(head, (cell.strip() for cell in row), strict=False))
        place = f"line {number}"
        try:
            day = date.fromisoformat(cells.get("date", ""))
            currency = cells.get("currency", "")
            amount = _minor(cells.get("amount", ""), currency)
        except (ValueError, InvalidOperation):
            made.faults.append((place, "Its date, amount or currency cannot be read."))
            continue
        made.lines.append(
            BankLine(
                place,
                day,
                amount,
                currency,
                cells.get("reference", "")[:500],
                cells.get("bank_reference", "")[:140],
            )
        )
    return made
