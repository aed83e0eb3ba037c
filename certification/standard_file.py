"""Reads a standard from YAML and refuses every fault with the number of its line."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, ScalarEvent

from certification.criteria import Criterion, Level, Principle, Standard
from certification.profile import AppliesTo, Kind, ProductKind, Size, Trait
from certification.refusal import Refusal

_LARGEST_FILE = 1_000_000
_DEEPEST = 8
_LONGEST_TEXT = 2_000
_MOST_MONTHS = 120
_HEAD = ("scheme", "version", "title", "notice", "effective", "transition_months", "principles", "criteria")
_CRITERION = ("id", "principle", "text", "why", "level", "evidence", "verify", "weight")
_APPLIES_TO = ("kinds", "sizes", "products", "traits")

Choice = TypeVar("Choice", bound=StrEnum)


class StandardFault(Refusal):
    """A standard's file is wrong. Lines count from 1."""

    code = "standard-file"
    template = "{name}, line {line}: {fault}"

    def __init__(self, *, name: str, line: int, fault: str) -> None:
        self.name, self.line, self.fault = name, line, fault
        super().__init__(name=name, line=line, fault=fault)


def load_standard(text: str, name: str) -> Standard:
    """The standard that a file states; `name` is what its faults are reported under.

    Raises `StandardFault` for anything that is not exactly right: YAML, a missing or unknown key, a wrong
    type or value, a repeated id, a principle that is not there or has no criteria.
    """
    if len(text) > _LARGEST_FILE:
        raise StandardFault(name=name, line=1, fault=f"the file is longer than {_LARGEST_FILE} characters")
    try:
        _refuse_tricks(text, name)
        document = YAML(typ="rt").load(StringIO(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StandardFault(name=name, line=line, fault=str(error.problem or "not YAML")) from None
    except (YAMLError, ValueError, TypeError) as error:
        raise StandardFault(name=name, line=1, fault=f"not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(document, CommentedMap):
        raise StandardFault(
            name=name, line=1, fault="the file must be a list of named values, starting with scheme"
        )
    return _standard(_Reader(name, document, 1))


def _refuse_tricks(text: str, name: str) -> None:
    """Nothing but plain lists, named values and texts.

    The reader recurses, so a file of brackets would keep it busy for seconds; tags, anchors and merged
    keys have no use here and lines that cannot be told.
    """
    depth = 0
    for event in YAML(typ="rt").parse(StringIO(text)):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        line = event.start_mark.line + 1
        if depth > _DEEPEST:
            raise StandardFault(name=name, line=line, fault=f"nested more than {_DEEPEST} deep")
        tagged = getattr(event, "tag", None) is not None or getattr(event, "anchor", None) is not None
        if tagged or (isinstance(event, ScalarEvent) and event.value == "<<"):
            raise StandardFault(name=name, line=line, fault="tags, anchors and merged keys are not used here")


class _Reader:
    """A mapping of the file that knows its lines."""

    def __init__(self, name: str, mapping: CommentedMap, line: int) -> None:
        self.name, self.mapping, self.line = name, mapping, line

    def fault(self, key: str | None, sentence: str) -> StandardFault:
        line = self.mapping.lc.key(key)[0] + 1 if key in self.mapping else self.line
        return StandardFault(name=self.name, line=line, fault=sentence)

    def only(self, wanted: Iterable[str], optional: Iterable[str]) -> None:
        known = (*wanted, *optional)
        for key in self.mapping:
            if key not in known:
                raise self.fault(key, f"{key} is not known here; known are {', '.join(known)}")
        for key in wanted:
            if key not in self.mapping:
                raise self.fault(None, f"{key} is missing")

    def text(self, key: str, pattern: str = "") -> str:
        value = self.mapping[key]
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"{key} must be a text")
        words = " ".join(value.split())
        if len(words) > _LONGEST_TEXT:
            raise self.fault(key, f"{key} is longer than {_LONGEST_TEXT} characters")
        if pattern and not re.fullmatch(pattern, words):
            raise self.fault(key, f"{key} {words!r} does not have the form {pattern}")
        return words

    def optional_text(self, key: str) -> str:
        return self.text(key) if key in self.mapping else ""

    def number(self, key: str, least: int, most: int) -> int:
        value = self.mapping[key]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.fault(key, f"{key} must be a whole number from {least} to {most}")
        return int(value)

    def day(self, key: str) -> date:
        value = self.mapping[key]
        if type(value) is not date:
            raise self.fault(key, f"{key} must be a day such as 2026-01-01")
        return value

    def children(self, key: str) -> list["_Reader"]:
        value = self.mapping[key]
        if not isinstance(value, CommentedSeq) or not value:
            raise self.fault(key, f"{key} must be a list that is not empty")
        children = []
        for index, child in enumerate(value):
            line = value.lc.item(index)[0] + 1
            if not isinstance(child, CommentedMap):
                raise StandardFault(
                    name=self.name, line=line, fault=f"each of {key} must be a list of named values"
                )
            children.append(_Reader(self.name, child, line))
        return children

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.mapping[key]
        if not isinstance(value, CommentedSeq) or not value:
            raise self.fault(key, f"{key} must be a list that is not empty")
        for index, one in enumerate(value):
            if not isinstance(one, str) or not one.strip() or len(one) > _LONGEST_TEXT:
                line = value.lc.item(index)[0] + 1
                raise StandardFault(name=self.name, line=line, fault=f"each of {key} must be a text")
        return tuple(" ".join(one.split()) for one in value)

    def choices(self, key: str, enumeration: type[Choice]) -> frozenset[Choice]:
        if key not in self.mapping:
            return frozenset()
        chosen = self.texts(key)
        try:
            return frozenset(enumeration(one) for one in chosen)
        except ValueError:
            known = ", ".join(enumeration)
            raise self.fault(key, f"{key} may hold {known}; found {', '.join(chosen)}") from None


def _unique(readers: list[_Reader], key: str, values: Iterable[object]) -> None:
    seen: set[object] = set()
    for reader, value in zip(readers, values, strict=True):
        if value in seen:
            raise reader.fault(key, f"{key} {value} is there twice")
        seen.add(value)


def _standard(head: _Reader) -> Standard:
    head.only(_HEAD, ("replaces",))
    principle_readers = head.children("principles")
    principles = tuple(_principle(reader) for reader in principle_readers)
    _unique(principle_readers, "number", (one.number for one in principles))
    criterion_readers = head.children("criteria")
    criteria = tuple(_criterion(reader) for reader in criterion_readers)
    _unique(criterion_readers, "id", (one.id for one in criteria))
    numbers = {principle.number for principle in principles}
    for reader, criterion in zip(criterion_readers, criteria, strict=True):
        if criterion.principle not in numbers:
            raise reader.fault("principle", f"there is no principle {criterion.principle}")
    for reader, principle in zip(principle_readers, principles, strict=True):
        if all(criterion.principle != principle.number for criterion in criteria):
            raise reader.fault("number", f"principle {principle.number} has no criteria")
    return Standard(
        scheme=head.text("scheme", "[a-z][a-z0-9]{1,39}"),
        version=head.text("version", r"[0-9]{4}\.[0-9]{1,3}"),
        title=head.text("title"),
        notice=head.text("notice"),
        effective=head.day("effective"),
        transition_months=head.number("transition_months", 0, _MOST_MONTHS),
        replaces=head.text("replaces", r"[0-9]{4}\.[0-9]{1,3}") if "replaces" in head.mapping else None,
        principles=principles,
        criteria=criteria,
    )


def _principle(reader: _Reader) -> Principle:
    reader.only(("number", "title", "text"), ())
    return Principle(
        number=reader.number("number", 1, 99), title=reader.text("title"), text=reader.text("text")
    )


def _criterion(reader: _Reader) -> Criterion:
    reader.only(_CRITERION, ("applies_to", "not_applicable_when"))
    number = reader.number("principle", 1, 99)
    identity = reader.text("id", "[0-9]{1,2}[.][0-9]{1,2}")
    if identity.split(".")[0] != str(number):
        raise reader.fault("id", f"id {identity} does not begin with its principle, {number}")
    level, months = _level(reader)
    return Criterion(
        id=identity,
        principle=number,
        text=reader.text("text"),
        why=reader.text("why"),
        level=level,
        months=months,
        applies_to=_applies_to(reader),
        evidence=reader.texts("evidence"),
        verify=reader.text("verify"),
        weight=reader.number("weight", 1, 3),
        not_applicable_when=reader.optional_text("not_applicable_when"),
    )


def _level(reader: _Reader) -> tuple[Level, int | None]:
    words = reader.text("level")
    if words in (Level.ENTRY, Level.IMPROVEMENT):
        return Level(words), None
    within = re.fullmatch(r"within ([1-9][0-9]{0,2}) months", words)
    if not within or int(within[1]) > _MOST_MONTHS:
        raise reader.fault("level", f"level must be entry, within N months or improvement; found {words!r}")
    return Level.WITHIN, int(within[1])


def _applies_to(reader: _Reader) -> AppliesTo:
    if "applies_to" not in reader.mapping:
        return AppliesTo()
    value = reader.mapping["applies_to"]
    if not isinstance(value, CommentedMap) or not value:
        raise reader.fault("applies_to", f"applies_to must name some of {', '.join(_APPLIES_TO)}")
    inner = _Reader(reader.name, value, reader.mapping.lc.key("applies_to")[0] + 1)
    inner.only((), _APPLIES_TO)
    return AppliesTo(
        kinds=inner.choices("kinds", Kind),
        sizes=inner.choices("sizes", Size),
        products=inner.choices("products", ProductKind),
        traits=inner.choices("traits", Trait),
    )
