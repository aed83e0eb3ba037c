"""How a consultation is held: how long, who was heard, and what a standard version waits for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from governance.refusal import Refusal


class State(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Rules:
    """Days; `remind_before`: before the end; `least_share_percent`: of the comments, or it is missing."""

    least_days: int = 30
    remind_before: tuple[int, ...] = (14, 3)
    answer_days: int = 60
    least_share_percent: int = 25
    reasons_length: int = 10

    def __post_init__(self) -> None:
        if self.least_days < 1 or self.answer_days < 1:
            raise ValueError("a consultation lasts at least a day, and so does answering it")
        if not 0 <= self.least_share_percent <= 100:
            raise ValueError("a share is between 0 and 100 percent")
        if any(days < 0 for days in self.remind_before):
            raise ValueError("a reminder comes before the end")


RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Theme:
    """What many comments say, and the answer to it."""

    title: str
    answer: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Consultation:
    state: State
    opens: date
    closes: date  # the last day on which people can comment
    standard: str | None = None  # key of the version that it is about
    themes: tuple[Theme, ...] = ()
    unsorted: int = 0  # confirmed comments that belong to no theme yet

    def open_on(self, day: date) -> bool:
        return self.state is State.OPEN and self.opens <= day <= self.closes


class TooShort(Refusal):
    code = "consultation-too-short"
    template = "People need at least {least} days. From {opens} to {closes} are {given}."


class BeginsInThePast(Refusal):
    code = "consultation-past"
    template = "A consultation cannot begin before today."


class NotOpen(Refusal):
    code = "consultation-not-open"
    template = "Comments can be sent from {opens} to {closes}."


class StillOpen(Refusal):
    code = "consultation-still-open"
    template = "People can comment until {closes}. Answer after that."


class NoAnswer(Refusal):
    code = "consultation-no-answer"
    template = "The theme “{theme}” has no answer, or does not say what changed."


class NotSorted(Refusal):
    code = "consultation-not-sorted"
    template = "{count} comments belong to no theme yet. Each is answered under a theme."


class NotADraft(Refusal):
    code = "consultation-not-a-draft"
    template = "The question is published, so it stays as it is."


class NotConsulted(Refusal):
    code = "standard-not-consulted"
    template = (
        "A standard version is adopted after a consultation about it that is closed and answered. {why}"
    )


class SayWhyRemoved(Refusal):
    code = "comment-say-why"
    template = "Say in public why it is removed, in at least {least} characters."


def open_(consultation: Consultation, on: date, rules: Rules = RULES) -> Consultation:
    """Publish the question. Refusal: too short a time, or it began before today."""
    if consultation.state is not State.DRAFT:
        raise NotADraft
    if consultation.opens < on:
        raise BeginsInThePast
    given = (consultation.closes - consultation.opens).days + 1
    if given < rules.least_days:
        raise TooShort(
            least=rules.least_days,
            opens=consultation.opens.isoformat(),
            closes=consultation.closes.isoformat(),
            given=max(given, 0),
        )
    return replace(consultation, state=State.OPEN)


def need_open(consultation: Consultation, on: date) -> None:
    if not consultation.open_on(on):
        raise NotOpen(opens=consultation.opens.isoformat(), closes=consultation.closes.isoformat())


def may_answer(consultation: Consultation, on: date) -> Refusal | None:
    """Why the answers cannot be published today; None: they can."""
    if consultation.state is not State.OPEN:
        return NotADraft()
    if on <= consultation.closes:
        return StillOpen(closes=consultation.closes.isoformat())
    if consultation.unsorted:
        return NotSorted(count=consultation.unsorted)
    for theme in consultation.themes:
        if not theme.answer.strip() or not theme.changed.strip():
            return NoAnswer(theme=theme.title)
    return None


def answer(consultation: Consultation, on: date) -> Consultation:
    no = may_answer(consultation, on)
    if no:
        raise no
    return replace(consultation, state=State.ANSWERED)


def answer_due(consultation: Consultation, rules: Rules = RULES) -> date:
    return consultation.closes + timedelta(days=rules.answer_days)


def reminders(consultation: Consultation, rules: Rules = RULES) -> tuple[date, ...]:
    """The days on which people are reminded that it ends."""
    days = {consultation.closes - timedelta(days=each) for each in rules.remind_before}
    return tuple(sorted(day for day in days if day > consultation.opens))


def may_adopt(standard: str, consultations: Iterable[Consultation], on: date) -> Refusal | None:
    """The gate: why a standard version may not be adopted today; None: it may."""
    about = [each for each in consultations if each.standard == standard]
    if any(each.state is State.ANSWERED and each.closes < on for each in about):
        return None
    if not about:
        return NotConsulted(why="There has been none.")
    last = max(about, key=lambda each: each.closes)
    if last.state is State.DRAFT:
        return NotConsulted(why="It is a draft.")
    if on <= last.closes:
        return NotConsulted(why=f"It is open until {last.closes.isoformat()}.")
    return NotConsulted(why="It is closed, and its answers are not published yet.")


@dataclass(frozen=True, slots=True)
class Voice:
    """Where one comment comes from. `kind`: what its author says to be."""

    region: str
    kind: str


@dataclass(frozen=True, slots=True)
class Heard:
    """How many comments by region and kind; `missing`: whose voice is not there, or hardly."""

    total: int
    by_region: Mapping[str, int]
    by_kind: Mapping[str, int]
    missing: tuple[str, ...]


SOUTH: Final = "the South"
PRODUCERS: Final = "producers"


def heard(
    voices: Sequence[Voice],
    *,
    regions: Sequence[str],
    kinds: Sequence[str],
    south: frozenset[str],
    producers: frozenset[str],
    rules: Rules = RULES,
) -> Heard:
    """Who was heard. `south`, `producers`: which regions and kinds count as such."""
    by_region = Counter(each.region for each in voices)
    by_kind = Counter(each.kind for each in voices)
    total = len(voices)

    def few(count: int) -> bool:
        return count == 0 or count * 100 < total * rules.least_share_percent

    missing = []
    if few(sum(by_region[each] for each in south)):
        missing.append(SOUTH)
    if few(sum(by_kind[each] for each in producers)):
        missing.append(PRODUCERS)
    told = south if SOUTH in missing else frozenset()
    missing += [region for region in regions if not by_region[region] and region not in told]
    return Heard(
        total,
        {each: by_region[each] for each in regions},
        {each: by_kind[each] for each in kinds},
        tuple(missing),
    )


def need_reason(reason: str, rules: Rules = RULES) -> str:
    """The public reason for which a comment is removed."""
    said = " ".join(reason.split())
    if len(said) < rules.reasons_length:
        raise SayWhyRemoved(least=rules.reasons_length)
    return said
