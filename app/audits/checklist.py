"""The auditor's checklist without a connection: a page that is its own program, or a workbook; and back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

import certification as engine
from app import sheets
from app.audits import evaluation, evidence
from app.audits.evaluation import Judgement
from app.audits.kept import Kept, engine_actor, names_of, ruled
from app.audits.offline import of_another_case
from app.audits.words import Words
from app.errors import Faulty
from app.permissions import Actor
from app.sheets import Column, Faults, Row, Table
from certification import Verdict

SHEET: Final = "Findings"
FORMAT: Final = "fairhaul checklist 1"
_JSON_COLUMNS: Final = {
    key: (key, key) for key in ("criterion", "verdict", "facts", "case", "standard", "known")
}


@dataclass(frozen=True, slots=True)
class Change:
    """A finding that the file would make. `meanwhile`: who changed it here since the checklist was taken
    along; then what stands here stays.
    """

    criterion: str
    before: engine.Finding | None
    verdict: Verdict
    facts: str
    meanwhile: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a checklist would do. `same`: findings that say what is known; `open`: criteria without one."""

    changes: Sequence[Change]
    same: int
    open: int

    @property
    def applied(self) -> Sequence[Change]:
        return [each for each in self.changes if not each.meanwhile]

    @property
    def left(self) -> Sequence[Change]:
        return [each for each in self.changes if each.meanwhile]


def token(verdict: str, facts: str) -> str:
    return hashlib.sha256(f"{verdict}\x1f{sheets.clean(facts)}".encode()).hexdigest()[:12]


def _token(finding: engine.Finding | None) -> str:
    return token(finding.verdict, finding.facts) if finding else "none"


def columns(words: Words) -> list[Column]:
    _ = words.lang.text
    return [
        Column("criterion", _("Criterion"), 10),
        Column("text", _("What is asked"), 44),
        Column("verify", _("How to verify"), 44),
        Column("answer", _("What the organisation answered"), 44),
        Column("evidence", _("Evidence"), 30),
        Column(
            "verdict",
            _("Finding"),
            16,
            {key: word for key, (word, _tone) in words.verdicts.items()},
            fill=True,
        ),
        Column("facts", _("Facts: what you saw, where, in which record"), 60, fill=True),
        Column("case", "case", 10, hidden=True),
        Column("standard", "standard", 10, hidden=True),
        Column("known", "known", 10, hidden=True),
    ]


def as_workbook(session: Session, kept: Kept, words: Words, *, now: datetime) -> bytes:
    _ = words.lang.text
    rows, narrowed = [], {}
    for number, each in enumerate(entries(session, kept, words, now=now)):
        rows.append(
            {
                "criterion": sheets.criterion_cell(each["id"]),
                "text": each["text"],
                "verify": each["verify"],
                "answer": "\n".join(part for part in (each["answer"], each["note"], each["plan"]) if part),
                "evidence": "\n".join(each["files"]),
                "verdict": each["verdict"],
                "facts": each["facts"],
                "case": str(kept.row.id),
                "standard": kept.standard.key,
                "known": each["known"],
            }
        )
        narrowed[number, "verdict"] = [value for value, _label, _tone in each["verdicts"]]
    return sheets.workbook(
        Table(SHEET, columns(words), rows, narrowed),
        instructions=[
            _("Audit checklist: {name}").format(name=kept.organisation.name),
            _("{standard}, version {version}. Downloaded on {day}.").format(
                standard=kept.standard.title, version=kept.standard.version, day=words.lang.day(now.date())
            ),
            _("Case {id}").format(id=kept.row.id),
            "",
            _("1. Open the sheet “Findings”. Write only in the light yellow cells; the others are locked."),
            _("2. Choose a finding from the list, and write what you saw, where and in which record."),
            _("3. Save. With a connection, read it back on the page where you got it; you see it all first."),
            "",
            _("This file is confidential: keep it on a device with a lock, and delete it afterwards."),
        ],
    )


def entries(session: Session, kept: Kept, words: Words, *, now: datetime) -> list[dict[str, Any]]:
    """Each criterion with all that an auditor wants at hand, as plain values."""
    by_criterion: dict[str, list[str]] = {}
    for file in evidence.files_of(session, kept.row.id):
        marks = [words.lang.text("expired")] if file.expired(now.date()) else []
        marks += [words.lang.text("replaced")] if file.replaced_by else []
        for criterion_id in file.criteria:
            by_criterion.setdefault(criterion_id, []).append(
                file.name + (f" ({', '.join(marks)})" if marks else "")
            )
    found = []
    for criterion in kept.dossier.criteria:
        said, finding = kept.dossier.answers.get(criterion.id), kept.dossier.findings.get(criterion.id)
        possible = engine.verdicts(criterion, kept.dossier.in_scheme_since, now.date())
        found.append(
            {
                "id": criterion.id,
                "principle": criterion.principle,
                "text": criterion.text,
                "level": words.level(criterion),
                "verify": criterion.verify,
                "wanted": list(criterion.evidence),
                "answer": words.answers[said.value][0] if said else "",
                "note": "\n".join(part for part in (said.note, said.reason) if part) if said else "",
                "plan": said.plan if said else "",
                "files": by_criterion.get(criterion.id, []),
                "verdict": finding.verdict.value if finding else "",
                "facts": finding.facts if finding else "",
                "known": _token(finding),
                "verdicts": [(each.value, *words.verdicts[each]) for each in possible],
            }
        )
    return found


def data(session: Session, kept: Kept, words: Words, *, now: datetime) -> Mapping[str, Any]:
    """What the downloaded page has in it."""
    return {
        "format": FORMAT,
        "case": str(kept.row.id),
        "standard": kept.standard.key,
        "organisation": kept.organisation.name,
        "taken": now.isoformat(timespec="minutes"),
        "principles": {str(each.number): each.title for each in kept.standard.principles},
        "criteria": entries(session, kept, words, now=now),
    }


def rows_of(held: bytes, words: Words) -> list[Row]:
    """The lines of what came back: the page's JSON, or the workbook, or CSV made of it."""
    if held.lstrip()[:1] != b"{":
        return sheets.read(held, SHEET, columns(words))
    wrong = Faulty(fields={"file": "This is not a checklist. Send the file that the checklist saved."})
    try:
        said = json.loads(held)
    except (ValueError, RecursionError) as fault:
        raise wrong from fault
    lines = said.get("findings") if isinstance(said, dict) and said.get("format") == FORMAT else None
    if not isinstance(lines, list) or len(lines) > sheets.MOST_ROWS:
        raise wrong
    rows, faults = [], Faults()
    for number, line in enumerate(lines, 1):
        values: dict[str, str] = {"case": str(said.get("case")), "standard": str(said.get("standard"))}
        row = Row("", number, values, _JSON_COLUMNS)
        for key in ("criterion", "verdict", "facts", "known"):
            text = line.get(key, "") if isinstance(line, dict) else None
            if not isinstance(text, str) or "\0" in text:
                faults.at(row, key, "This must be text.")
                text = ""
            values[key] = sheets.clean(text)
        if values["verdict"] and values["verdict"] not in set(Verdict):
            faults.at(row, "verdict", f"Use one of: {', '.join(Verdict)}.")
        rows.append(row)
    faults.check()
    return rows


def look(session: Session, actor: Actor, kept: Kept, held: bytes, words: Words, *, now: datetime) -> Look:
    """What a checklist that came back would do. Faulty: each fault by its cell; nothing is changed."""
    rows, faults = rows_of(held, words), Faults()
    of_another_case(kept, rows)
    asked = {each.id for each in kept.dossier.criteria}
    names = names_of(session, {each.by for each in kept.dossier.findings.values()})
    changes, same, open_ones = [], 0, set(asked) - set(kept.dossier.findings)
    for criterion_id, row in sheets.each_once(rows, faults):
        verdict, facts = row.values["verdict"], row.values["facts"]
        if criterion_id not in asked:
            faults.at(row, "criterion", "This criterion is not part of this case. Remove the row.")
            continue
        if not verdict:
            if facts:
                faults.at(row, "verdict", "Choose a finding, or take the facts out.")
            continue
        open_ones.discard(criterion_id)
        before = kept.dossier.findings.get(criterion_id)
        if token(verdict, facts) == _token(before):
            same += 1
            continue
        _try(kept, actor, Judgement(criterion_id, Verdict(verdict), facts), row, faults, now=now)
        meanwhile = ""
        if row.values["known"] != _token(before):
            meanwhile = names.get(before.by, "?") if before else "?"
        changes.append(Change(criterion_id, before, Verdict(verdict), facts, meanwhile))
    faults.check()
    return Look(changes, same, len(open_ones))


def _try(kept: Kept, actor: Actor, said: Judgement, row: Row, faults: Faults, *, now: datetime) -> None:
    """Ask the engine beforehand. A fault of the row is noted; that nobody may judge now is raised."""
    try:
        with ruled(reasons="facts"):
            engine.judge(
                kept.case,
                engine_actor(actor),
                kept.dossier,
                criterion=said.criterion,
                verdict=said.verdict,
                facts=said.facts,
                now=now,
            )
    except Faulty as refusal:
        for name, words in refusal.fields.items():
            faults.at(row, name if name in row.values else "verdict", words)
    if len(said.facts) > 4_000:
        faults.at(row, "facts", f"Use at most 4000 characters; this has {len(said.facts)}.")


def apply(session: Session, actor: Actor, case_id: UUID, held: bytes, words: Words, *, now: datetime) -> Look:
    """Keep all findings of a checklist, or none. What was changed meanwhile stays, and is in the answer."""
    kept = evaluation.seen(session, actor, case_id, lock=True)
    seen = look(session, actor, kept, held, words, now=now)
    said = [Judgement(each.criterion, each.verdict, each.facts) for each in seen.applied]
    evaluation.judge_each(session, actor, case_id, said, now=now)
    return seen


def may_judge(kept: Kept, actor: Actor, *, now: datetime) -> engine.Permission:
    return engine.may(kept.case, engine.Action.JUDGE, engine_actor(actor), kept.dossier, now=now)
