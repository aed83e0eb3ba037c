"""How a complaint goes its way: stages, deadlines, who may handle it, and what may be said in public.

Time, chance and actor are arguments. The deadlines are Fairhaul's own configuration: no public deadline of
another scheme was found, and none is claimed.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from governance.refusal import Refusal


class State(StrEnum):
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ADMITTED = "admitted"
    REFUSED = "refused"
    EXAMINED = "examined"
    ANSWERED = "answered"
    REMEDIED = "remedied"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class About(StrEnum):
    MEMBER = "member"
    DECISION = "decision"
    PLATFORM = "platform"


class Outcome(StrEnum):
    UPHELD = "upheld"
    PARTLY = "partly upheld"
    NOT_UPHELD = "not upheld"


class Part(StrEnum):
    """As what somebody acts on a complaint."""

    COMPLAINANT = "complainant"
    SUBJECT = "subject"
    OMBUDSPERSON = "ombudsperson"
    APPEAL = "appeal"


class Action(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    ADMIT = "admit"
    REFUSE = "refuse"
    EXAMINE = "examine"
    ANSWER = "answer"
    REMEDY = "remedy"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    OVERTURN = "overturn"


OPEN: Final = frozenset(
    {State.RECEIVED, State.ACKNOWLEDGED, State.ADMITTED, State.EXAMINED, State.ANSWERED, State.REMEDIED}
)
NAMED: Final = frozenset({State.ADMITTED, State.EXAMINED, State.ANSWERED, State.REMEDIED, State.CLOSED})
"""Stages in which the public register names whom the complaint is about (unless it was never admitted)."""
APPEALABLE: Final = frozenset({State.REFUSED, State.ANSWERED, State.REMEDIED})


@dataclass(frozen=True, slots=True)
class Transition:
    before: frozenset[State]
    after: State | None  # None: the stage stays
    parts: frozenset[Part]


def _by(*parts: Part) -> frozenset[Part]:
    return frozenset(parts)


TRANSITIONS: Final[Mapping[Action, Transition]] = MappingProxyType(
    {
        Action.ACKNOWLEDGE: Transition(
            frozenset({State.RECEIVED}), State.ACKNOWLEDGED, _by(Part.OMBUDSPERSON)
        ),
        Action.ADMIT: Transition(frozenset({State.ACKNOWLEDGED}), State.ADMITTED, _by(Part.OMBUDSPERSON)),
        Action.REFUSE: Transition(frozenset({State.ACKNOWLEDGED}), State.REFUSED, _by(Part.OMBUDSPERSON)),
        Action.EXAMINE: Transition(frozenset({State.ADMITTED}), State.EXAMINED, _by(Part.OMBUDSPERSON)),
        Action.ANSWER: Transition(frozenset({State.EXAMINED}), State.ANSWERED, _by(Part.OMBUDSPERSON)),
        Action.REMEDY: Transition(frozenset({State.ANSWERED}), State.REMEDIED, _by(Part.OMBUDSPERSON)),
        Action.CLOSE: Transition(APPEALABLE, State.CLOSED, _by(Part.OMBUDSPERSON)),
        Action.WITHDRAW: Transition(
            frozenset({State.RECEIVED, State.ACKNOWLEDGED, State.ADMITTED, State.EXAMINED}),
            State.WITHDRAWN,
            _by(Part.COMPLAINANT),
        ),
        Action.APPEAL: Transition(APPEALABLE, None, _by(Part.COMPLAINANT, Part.SUBJECT)),
        Action.UPHOLD: Transition(APPEALABLE, None, _by(Part.APPEAL)),
        Action.OVERTURN: Transition(APPEALABLE, State.ACKNOWLEDGED, _by(Part.APPEAL)),
    }
)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Calendar days for each stage, counted from the step before; `statement`: for the subject to answer."""

    acknowledge: int = 5
    admit: int = 10
    statement: int = 21
    examine: int = 45
    answer: int = 15
    appeal: int = 30
    decide_appeal: int = 45
    close: int = 7
    remind_before: int = 3
    interest_years: int = 2

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1 day")

    def of(self, state: State) -> int | None:
        """Days in which the next step after `state` is due; None: nothing is due."""
        return {
            State.RECEIVED: self.acknowledge,
            State.ACKNOWLEDGED: self.admit,
            State.ADMITTED: self.examine,
            State.EXAMINED: self.answer,
            State.ANSWERED: self.appeal + self.close,
            State.REMEDIED: self.appeal + self.close,
            State.REFUSED: self.appeal + self.close,
        }.get(state)


DEADLINES: Final = Deadlines()
REASONS_LENGTH: Final = 20


@dataclass(frozen=True, slots=True)
class Redress:
    """What somebody owes: `proof` told, and verified or not."""

    due: date
    proof: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as the rules see it. `since`: the day of the step that led to `state`."""

    state: State
    since: date
    respondent: UUID | None = None  # the organisation that answers
    heard: bool = False  # it has made its statement
    redress: tuple[Redress, ...] = ()
    appealed: date | None = None  # an appeal that is not decided
    appeals: int = 0
    handlers: frozenset[UUID] = frozenset()  # everybody who ever handled it, never shrinks
    current: frozenset[tuple[UUID, Part]] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """What to write down of a step."""

    action: Action
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties a person to the matter. `organisations`: a member now, or in the years that count."""

    person: UUID
    organisations: frozenset[UUID] = frozenset()
    interests: tuple[str, ...] = ()
    declared: bool = False
    took_part: bool = False  # evaluated or decided in the certification that the complaint is about


class NotNow(Refusal):
    code = "complaint-not-now"
    template = "This step is not possible while the complaint is {state}."


class NotYours(Refusal):
    code = "complaint-not-yours"
    template = "This step is for somebody else: {parts}."


class Employed(Refusal):
    code = "complaint-own-organisation"
    template = (
        "You belong, or lately belonged, to an organisation that the complaint is about. "
        "Somebody else must take it."
    )


class Interested(Refusal):
    code = "complaint-conflict"
    template = "You declared an interest in the organisation ({interests}). Somebody else must take it."


class TookPart(Refusal):
    code = "complaint-took-part"
    template = "You took part in the certification that the complaint is about. Somebody else must take it."


class NotDeclared(Refusal):
    code = "complaint-not-declared"
    template = "Say first whether you have an interest in the organisation that the complaint is about."


class HandledBefore(Refusal):
    code = "complaint-handled-before"
    template = "You handled this complaint before, so somebody else must decide the appeal."


class NotHeard(Refusal):
    code = "complaint-not-heard"
    template = "The organisation has not answered yet and has until {until} to do so. Examine it after that."


class RedressOpen(Refusal):
    code = "complaint-redress-open"
    template = "Of what was ordered, {open} of {all} is not verified yet."


class NoRedress(Refusal):
    code = "complaint-no-redress"
    template = "Nothing was ordered, so there is nothing to verify. Close the complaint instead."


class AppealOpen(Refusal):
    code = "complaint-appeal-open"
    template = "An appeal is being decided. Wait for its result."


class AppealPossible(Refusal):
    code = "complaint-appeal-possible"
    template = "An appeal can be made until {until}. Close the complaint after that."


class TooLate(Refusal):
    code = "complaint-appeal-late"
    template = "An appeal could be made until {until}."


class AppealedBefore(Refusal):
    code = "complaint-appealed-before"
    template = "There has been an appeal. Its result stands."


class NoAppeal(Refusal):
    code = "complaint-no-appeal"
    template = "There is no appeal to decide."


class SayWhy(Refusal):
    code = "complaint-say-why"
    template = "Say it in at least {least} characters. {given} were given."


class NameIt(Refusal):
    code = "complaint-name-it"
    template = "Say which organisation answers to this complaint."


class Quotes(Refusal):
    code = "complaint-quotes"
    template = (
        "This text can be read by others and repeats what only the person who complained said: {words}. "
        "Say it in your own words."
    )


def conflict(ties: Ties, subjects: Iterable[UUID], *, named: bool) -> Refusal | None:
    """Why a person may not handle a complaint about `subjects`; None: nothing stands in the way.

    `named`: whether it is known yet whom the complaint is about; without that no declaration can be asked.
    """
    if ties.organisations & frozenset(subjects):
        return Employed()
    if ties.interests:
        return Interested(interests=", ".join(ties.interests))
    if ties.took_part:
        return TookPart()
    if named and not ties.declared:
        return NotDeclared()
    return None


def may_take(
    complaint: Complaint, ties: Ties, subjects: Iterable[UUID], *, part: Part, named: bool
) -> Refusal | None:
    """Why a person may not become the ombudsperson or the appeal panel of a complaint."""
    if part is Part.APPEAL:
        if complaint.appealed is None:
            return NoAppeal()
        if ties.person in complaint.handlers:
            return HandledBefore()
    return conflict(ties, subjects, named=named)


def refusal(
    complaint: Complaint,
    action: Action,
    actor: tuple[UUID | None, Part],
    on: date,
    deadlines: Deadlines = DEADLINES,
) -> Refusal | None:
    """Why `action` may not be taken by `actor` today; None: it may."""
    row = TRANSITIONS[action]
    person, part = actor
    if part not in row.parts or (
        part in {Part.OMBUDSPERSON, Part.APPEAL} and (person, part) not in complaint.current
    ):
        return NotYours(parts=", ".join(sorted(row.parts)))
    if complaint.state not in row.before:
        return NotNow(state=complaint.state)
    if action in {Action.UPHOLD, Action.OVERTURN}:
        return None if complaint.appealed else NoAppeal()
    if complaint.appealed and action is not Action.REMEDY:
        return AppealOpen()
    until = complaint.since + timedelta(days=deadlines.appeal)
    match action:
        case Action.EXAMINE:
            heard_until = complaint.since + timedelta(days=deadlines.statement)
            return None if complaint.heard or on > heard_until else NotHeard(until=heard_until.isoformat())
        case Action.REMEDY:
            return _redress(complaint) if complaint.redress else NoRedress()
        case Action.CLOSE:
            if complaint.redress and complaint.state is State.ANSWERED:
                return _redress(complaint) or NotNow(state=complaint.state)
            return AppealPossible(until=until.isoformat()) if on <= until and not complaint.appeals else None
        case Action.APPEAL:
            if complaint.appeals:
                return AppealedBefore()
            return TooLate(until=until.isoformat()) if on > until else None
        case _:
            return None


def _redress(complaint: Complaint) -> Refusal | None:
    waiting = sum(not each.verified for each in complaint.redress)
    return RedressOpen(open=waiting, all=len(complaint.redress)) if waiting else None


def take(
    complaint: Complaint,
    action: Action,
    actor: tuple[UUID | None, Part],
    *,
    words: str = "",
    respondent: UUID | None = None,
    on: date,
    deadlines: Deadlines = DEADLINES,
) -> tuple[Complaint, Step]:
    """Take a step. The words are public, except an appeal's grounds. Refusal: a rule says no.

    `respondent`: with ADMIT, the organisation that answers.
    """
    no = refusal(complaint, action, actor, on, deadlines)
    if no:
        raise no
    said = need_words(words) if action not in {Action.ACKNOWLEDGE, Action.WITHDRAW, Action.CLOSE} else words
    state = TRANSITIONS[action].after or complaint.state
    made = replace(complaint, state=state, since=complaint.since if state is complaint.state else on)
    if action is Action.ADMIT:
        if respondent is None:
            raise NameIt
        made = replace(made, respondent=respondent, heard=False)
    if action is Action.APPEAL:
        made = replace(made, appealed=on, appeals=complaint.appeals + 1)
    if action in {Action.UPHOLD, Action.OVERTURN}:
        made = replace(made, appealed=None)
    if action is Action.OVERTURN:
        # Whose result was overturned does not begin anew with the same complaint.
        going_on = frozenset(
            (who, Part.OMBUDSPERSON) for who, part in complaint.current if part is Part.APPEAL
        )
        made = replace(made, current=going_on, redress=(), heard=False)
    return made, Step(action, state, said)


def due(complaint: Complaint, deadlines: Deadlines = DEADLINES) -> date | None:
    """The day by which the next step is due; None: the complaint is at its end."""
    if complaint.appealed:
        return complaint.appealed + timedelta(days=deadlines.decide_appeal)
    waiting = [each.due for each in complaint.redress if not each.verified]
    if complaint.state is State.ANSWERED and waiting:
        return max(waiting)
    days = deadlines.of(complaint.state)
    return None if days is None else complaint.since + timedelta(days=days)


def need_words(words: str) -> str:
    said = words.strip()
    given = len(" ".join(said.split()))
    if given < REASONS_LENGTH:
        raise SayWhy(least=REASONS_LENGTH, given=given)
    return said


# What may be said where others read it


RUN: Final = 6
"""So many words in a row are a quotation."""
_WORD: Final = re.compile(r"[^\W_]+(?:['’.@-][^\W_]+)*")


def quotations(confidential: Sequence[str], contact: str, proposed: str) -> tuple[str, ...]:
    """What of `proposed` only the complainant can have said: runs of words, pieces of the contact details.

    A guard against a slip, not a proof: who writes still has to think of what gives a person away.
    """
    told = [word.casefold() for word in _WORD.findall(proposed)]
    found: list[str] = []
    runs = {
        tuple(words[at : at + RUN])
        for text in confidential
        for words in [[word.casefold() for word in _WORD.findall(text)]]
        for at in range(len(words) - RUN + 1)
    }
    at = 0
    while at <= len(told) - RUN:
        if tuple(told[at : at + RUN]) in runs:
            found.append(" ".join(told[at : at + RUN]))
            at += RUN
        else:
            at += 1
    secret = {word.casefold() for word in _WORD.findall(contact) if len(word) >= 4 or word.isdigit()}
    found += sorted({word for word in told if word in secret})
    return tuple(found)


def need_own_words(confidential: Sequence[str], contact: str, proposed: str) -> None:
    """Quotes: the text repeats what the complainant said."""
    found = quotations(confidential, contact, proposed)
    if found:
        raise Quotes(words="; ".join(f"“{each}”" for each in found[:3]))


def public_day(day: date) -> date:
    """The Monday of its week: the day that others are told, so that nobody is known by the day they wrote."""
    return day - timedelta(days=day.weekday())


# The receipt


ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""30 signs that are not taken for another when written by hand: no 0 or O, 1, I or L, U."""
LENGTH: Final = 20
"""20 signs of 30 are 98 bits."""


def receipt(chance: bytes) -> str:
    """A receipt code from at least 16 bytes of chance: the same chance, the same code.

    ValueError: fewer bytes. The number is reduced modulo 30**20, which over 256 bits is even to within
    2**-158.
    """
    if len(chance) < 16:
        raise ValueError("a receipt needs at least 128 bits of chance")
    number = int.from_bytes(hashlib.sha256(b"fairhaul receipt\0" + chance).digest(), "big")
    signs = []
    for _ in range(LENGTH):
        number, sign = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[sign])
    return grouped("".join(signs))


def grouped(signs: str) -> str:
    """In fours, as people write it down: "7K3M-..."."""
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))


def plain_receipt(typed: str) -> str:
    """What somebody typed, as a code's signs alone: spaces, dashes and small letters do not matter."""
    return re.sub(r"[^0-9A-Z]", "", typed.upper())


def receipt_hash(code: str) -> bytes:
    """What is kept of a code. Over 98 bits of chance a plain hash cannot be tried out."""
    return hashlib.sha256(b"receipt\0" + plain_receipt(code).encode()).digest()


def last_four(code: str, typed: str) -> bool:
    """Whether the end of the code was typed, which shows that it was written down."""
    return plain_receipt(typed)[-4:] == plain_receipt(code)[-4:] and len(plain_receipt(typed)) >= 4
