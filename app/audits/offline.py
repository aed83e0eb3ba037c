"""The self-assessment without a connection: out as a table, filled in, and back, all of it or nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

import certification as engine
from app import sheets
from app.audits import application
from app.audits.kept import Kept, ruled
from app.audits.words import Words
from app.errors import Faulty
from app.permissions import Actor
from app.sheets import Column, Faults, Row, Table
from certification import AnswerValue

SHEET: Final = "Answers"
FIELDS: Final = ("value", "note", "plan", "reason")


@dataclass(frozen=True, slots=True)
class Change:
    """What a row would change on one criterion. `meanwhile`: it was changed here after the table was
    downloaded, so it stays as it is now.
    """

    criterion: str
    before: engine.Answer | None
    after: engine.Answer
    row: int
    meanwhile: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a table would do. `same`: rows that say what is known."""

    changes: Sequence[Change]
    same: int

    @property
    def applied(self) -> Sequence[Change]:
        return [each for each in self.changes if not each.meanwhile]

    @property
    def left(self) -> Sequence[Change]:
        return [each for each in self.changes if each.meanwhile]


def columns(words: Words) -> list[Column]:
    _ = words.lang.text
    return [
        Column("criterion", _("Criterion"), 10),
        Column("principle", _("Principle"), 22),
        Column("text", _("What is asked"), 48),
        Column(
            "answer",
            _("Answer"),
            16,
            {key: label for key, (label, _tone) in words.answers.items()},
            fill=True,
        ),
        Column("note", _("In your own words"), 44, fill=True),
        Column("plan", _("Improvement plan: what, and by when"), 36, fill=True),
        Column("reason", _("Why it does not apply"), 30, fill=True),
        Column("why", _("Why it matters"), 40),
        Column("level", _("When it must be met"), 18),
        Column("evidence", _("Evidence wanted"), 44),
        Column("case", "case", 10, hidden=True),
        Column("standard", "standard", 10, hidden=True),
        Column("known", "known", 10, hidden=True),
    ]


def token(answer: engine.Answer | None) -> str:
    """Twelve signs by which a row tells whether an answer is still the one that it was made from."""
    if answer is None:
        return "none"
    said = "\x1f".join(sheets.clean(getattr(answer, name)) for name in FIELDS)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def table(kept: Kept, words: Words) -> Table:
    titles = {each.number: each.title for each in kept.standard.principles}
    rows, narrowed = [], {}
    for number, criterion in enumerate(kept.dossier.criteria):
        said = kept.dossier.answers.get(criterion.id)
        rows.append(
            {
                "criterion": sheets.criterion_cell(criterion.id),
                "principle": f"{criterion.principle}. {titles[criterion.principle]}",
                "text": criterion.text,
                "answer": said.value.value if said else "",
                "note": said.note if said else "",
                "plan": said.plan if said else "",
                "reason": said.reason if said else "",
                "why": criterion.why,
                "level": words.level(criterion),
                "evidence": "; ".join(criterion.evidence),
                "case": str(kept.row.id),
                "standard": kept.standard.key,
                "known": token(said),
            }
        )
        if not criterion.not_applicable_when:
            narrowed[number, "answer"] = [
                each.value for each in AnswerValue if each != AnswerValue.NOT_APPLICABLE
            ]
    return Table(SHEET, columns(words), rows, narrowed)


def as_workbook(kept: Kept, words: Words, *, now: datetime) -> bytes:
    _ = words.lang.text
    titles = {each.number: each.title for each in kept.standard.principles}
    scores = Table(
        "Scores",
        [Column("principle", _("Principle"), 60), Column("score", _("Score of 100"), 14)],
        [
            {
                "principle": f"{each.principle}. {titles[each.principle]}",
                "score": "–" if each.percent is None else str(each.percent),
            }
            for each in engine.scores(kept.standard, kept.dossier.criteria, kept.dossier.answers)
        ]
        + [{"principle": engine.SCORE_FORMULA}],
    )
    return sheets.workbook(
        table(kept, words),
        instructions=[
            _("Self-assessment of {name}").format(name=kept.organisation.name),
            _("{standard}, version {version}. Downloaded on {day}.").format(
                standard=kept.standard.title, version=kept.standard.version, day=words.lang.day(now.date())
            ),
            _("Case {id}").format(id=kept.row.id),
            "",
            _("1. Open the sheet “Answers”. Write only in the light yellow cells; the others are locked."),
            _("2. Choose an answer from the list, and say how you do it and where it can be seen."),
            _("3. Where something is partly met or not met, write what you will do and by when."),
            _("4. Where a criterion does not apply, say why."),
            _("5. Save the file. You can stop and go on at any time, without a connection."),
            _("6. With a connection, read it back on the page where you got it. You see every change first."),
            "",
            _("Write text, not formulas. Rows without an answer change nothing. Leave the hidden columns."),
            _("An answer that was changed on the page after you downloaded this file stays as it is there."),
        ],
        more=[scores],
    )


def as_csv(kept: Kept, words: Words) -> bytes:
    return sheets.comma_separated(table(kept, words))


def look(kept: Kept, held: bytes, words: Words) -> Look:
    """What a table that came back would change. Faulty: every fault by its cell; nothing is changed."""
    rows, faults = sheets.read(held, SHEET, columns(words)), Faults()
    of_another_case(kept, rows)
    asked = {each.id: each for each in kept.dossier.criteria}
    changes, same = [], 0
    for criterion_id, row in sheets.each_once(rows, faults):
        criterion = asked.get(criterion_id)
        if criterion is None:
            faults.at(row, "criterion", "This criterion is not asked of you. Remove the row.")
            continue
        answer = _answer(row, faults)
        if answer is None:
            continue
        before = kept.dossier.answers.get(criterion_id)
        if token(answer) == token(before):
            same += 1
            continue
        try:
            with ruled():
                engine.check_answer(criterion, answer)
        except Faulty as refusal:
            for name, said in refusal.fields.items():
                faults.at(row, "answer" if name == "value" else name, said)
            continue
        meanwhile = row.values["known"] != token(before)
        changes.append(Change(criterion_id, before, answer, row.number, meanwhile))
    faults.check()
    return Look(changes, same)


def of_another_case(kept: Kept, rows: Sequence[Row]) -> None:
    """Faulty: a row says that it belongs to another case, or to another version of the standard."""
    faults = Faults()
    for row in rows:
        if row.values["case"] != str(kept.row.id):
            faults.at(row, "case", "This row belongs to another case. Download the table of this one.")
        elif row.values["standard"] != kept.standard.key:
            faults.at(
                row, "standard", f"This case is judged by {kept.standard.key}. Download the table again."
            )
    faults.check()


def _answer(row: Row, faults: Faults) -> engine.Answer | None:
    """None: the row says nothing, or a fault was noted."""
    note, plan, reason = (row.values[name] for name in ("note", "plan", "reason"))
    if not row.values["answer"]:
        if note or plan or reason:
            faults.at(row, "answer", "Choose an answer from the list, or empty the row.")
        return None
    return engine.Answer(value=AnswerValue(row.values["answer"]), note=note, plan=plan, reason=reason)


def apply(session: Session, actor: Actor, held: bytes, words: Words, *, now: datetime) -> Look:
    """Store what the table changes, in one step. What was changed meanwhile stays, and is in the answer."""
    kept = application.need_case(session, actor)
    seen = look(kept, held, words)
    if seen.applied:
        application.save_answers(
            session, actor, {each.criterion: each.after for each in seen.applied}, now=now
        )
    return seen
