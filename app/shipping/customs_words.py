"""What customs ask, in the reader's language and with its source."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.exchange.service import Rate
from app.language import Language
from logistics.customs import (
    Answer,
    Assessment,
    CustomsFault,
    Line,
    Outcome,
    Preference,
    Source,
    Standing,
    cited_tariff,
    old,
)

TONES: Final = {Outcome.YES: "good", Outcome.NO: "bad", Outcome.ASK: "warn"}


@dataclass(frozen=True, slots=True)
class Cited:
    """A source as a page shows it: its name, where it is, and how fresh the figure is."""

    name: str
    href: str
    age: str


def cited(source: Source, lang: Language) -> Cited:
    _ = lang.text
    if source.stated_on:
        age = _("stated for {day}").format(day=lang.day(source.stated_on))
    else:
        age = _("the source names no day; read on {day}").format(day=lang.day(source.read_on))
    return Cited(source.name, source.address, age)


def fault_words(fault: CustomsFault | None, lang: Language) -> str:
    """A fault's sentence, with its facts."""
    if fault is None:
        return ""
    return lang.text(fault.template).format(**fault.facts)


def result(found: Assessment, rate: Rate, lang: Language) -> dict[str, Any]:
    """What the calculator's page shows of an answer."""
    _ = lang.text

    def money(minor: int | None) -> str:
        return _("not known") if minor is None else lang.money(minor, found.currency)

    best = found.best
    return {
        "currency": found.currency,
        "duty": money(found.duty),
        "fault": fault_words(found.fault, lang),
        "general": found.general and _line(found.general, found.on, lang),
        "converted": ""
        if rate.source == "same currency"
        else _("Converted by {source}, {day}.").format(source=rate.source, day=lang.day(rate.day)),
        "saved": best and money(best.saved),
        "best": best and best.programme.name,
        "preferences": [_preference(each, found.on, lang, money(each.duty)) for each in found.preferences],
        "cautions": [(_(each.words), cited(each.source, lang)) for each in found.cautions],
        "papers": [_(each) for each in found.papers],
    }


def _line(line: Line, on: date, lang: Language) -> dict[str, Any]:
    return {
        "rate": line.rate,
        "description": line.description,
        "source": cited(line.source, lang),
        "old": old(line, on),
    }


def _preference(each: Preference, on: date, lang: Language, duty: str) -> dict[str, Any]:
    _ = lang.text
    if each.standing == Standing.LAPSED:
        until = each.programme.until_on
        words = _("not in force on this day")
        if until and until < on:
            words = _("lapsed on {day}").format(day=lang.day(until))
        tone = "bad"
    elif each.duty is None:
        words, tone = _("rate not known here: ask"), "warn"
    else:
        words, tone = _("in force"), "good"
    proof = _(each.proof)
    if each.registered_exporter:
        proof += ". " + _(
            "Above EUR 6,000 in a consignment, only a registered exporter (REX) may make the statement."
        )
    elif each.registered_exporter is None:
        proof += ". " + _("Above EUR 6,000 you must be a registered exporter (REX).")
    return {
        "name": each.programme.name,
        "note": _(each.programme.note) if each.programme.note else "",
        "standing": words,
        "tone": tone,
        "rate": each.line.rate if each.line else "",
        "duty": duty,
        "fault": fault_words(each.fault, lang),
        "proof": proof[:1].upper() + proof[1:],
        "source": cited((each.line or each.programme).source, lang),
        "members": cited(each.programme.source, lang),
    }


def origins(lang: Language) -> list[tuple[str, str]]:
    """Countries that a programme names, by name in the reader's language."""
    named = set().union(*(each.countries for each in cited_tariff().programmes)) | {
        "CN",
        "MX",
        "TH",
        "BD",
        "PE",
    }
    return sorted(((code, lang.country(code)) for code in named), key=lambda each: each[1])


def answer_words(answer: Answer, lang: Language) -> str:
    _ = lang.text
    return {Answer.YES: _("Yes"), Answer.NO: _("No"), Answer.UNSURE: _("I am not sure")}[answer]


def outcome_words(outcome: Outcome, lang: Language) -> str:
    _ = lang.text
    return {
        Outcome.YES: _("It originates"),
        Outcome.NO: _("It does not originate"),
        Outcome.ASK: _("Ask before you claim it"),
    }[outcome]
