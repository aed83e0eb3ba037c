"""Small rules from which the form of an EPCIS document is put together: each adds the faults it finds."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

MOST_FAULTS: Final = 20
URI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:"
    r"(?:(?!//)|//(?:(?:[\w\-.~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:\[[0-9A-Fa-f:.v]+\]|(?:[\w\-.~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?(?=[/?#]|$))"
    r"(?:[\w\-.~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[\w\-.~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[\w\-.~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?",
    re.ASCII,
)
"""RFC 3986, with its scheme."""
MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:(?P<second>\d{2})(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
"""RFC 3339."""


@dataclass
class Faults:
    """What is wrong, by JSON pointer; at most MOST_FAULTS are told."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, at: str, words: str) -> None:
        if len(self.found) < MOST_FAULTS:
            self.found.setdefault(at or "/", words)


Rule: TypeAlias = Callable[[Any, str, Faults], None]


def below(at: str, name: str) -> str:
    """The JSON pointer (RFC 6901) of a field."""
    return f"{at}/{name.replace('~', '~0').replace('/', '~1')}"


def is_uri(value: Any) -> bool:
    return isinstance(value, str) and URI.fullmatch(value) is not None


def text(value: Any, at: str, faults: Faults) -> None:
    if not isinstance(value, str):
        faults.add(at, "This must be text.")


def number(value: Any, at: str, faults: Faults) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        faults.add(at, "This must be a number.")


def truth(value: Any, at: str, faults: Faults) -> None:
    if not isinstance(value, bool):
        faults.add(at, "This must be true or false.")


def uri(value: Any, at: str, faults: Faults) -> None:
    if not is_uri(value):
        faults.add(at, "This must be a URI with its scheme, like https://… or urn:….")


def moment(value: Any, at: str, faults: Faults) -> None:
    if not isinstance(value, str) or not _is_moment(value):
        faults.add(at, "This must be a date and time with its zone, like 2026-01-05T12:00:00Z.")


def _is_moment(value: str) -> bool:
    found = MOMENT.fullmatch(value)
    if not found:
        return False
    if found["second"] == "60":  # a leap second, at the end of a UTC day
        value = value[:17] + "59" + value[19:]
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


def matching(pattern: str, words: str) -> Rule:
    """Text of a form; `words` say which."""
    compiled = re.compile(pattern, re.ASCII)

    def rule(value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            faults.add(at, words)

    return rule


def one_of(words: Collection[str], *, not_below: tuple[str, ...] | None = None) -> Rule:
    """A word of a list; with `not_below` also any URI that does not begin so: there bare words are wanted."""
    known = ", ".join(sorted(words)[:4]) + (", …" if len(words) > 4 else "")

    def rule(value: Any, at: str, faults: Faults) -> None:
        if isinstance(value, str) and value in words:
            return
        if not_below is None or not is_uri(value):
            faults.add(at, f"Use one of {known}" + ("." if not_below is None else ", or a URI of your own."))
        elif value.startswith(not_below):
            faults.add(at, f"Write a word of the standard bare: one of {known}.")

    return rule


def many(item: Rule, *, least: int = 0, unique: bool = False) -> Rule:
    """A list of what `item` takes."""

    def rule(value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, list):
            faults.add(at, "This must be a list.")
            return
        if len(value) < least:
            faults.add(at, f"This list needs {least} or more.")
        for place, each in enumerate(value):
            item(each, f"{at}/{place}", faults)
        if unique:
            seen: set[str] = set()
            for place, each in enumerate(value):
                if isinstance(each, str) and each in seen:
                    faults.add(f"{at}/{place}", "This stands in the list already.")
                elif isinstance(each, str):
                    seen.add(each)

    return rule


def either(*rules: Rule) -> Rule:
    """What one of the rules takes; the faults told are those of the last."""

    def rule(value: Any, at: str, faults: Faults) -> None:
        tried = Faults()
        for each in rules:
            tried = Faults()
            each(value, at, tried)
            if not tried.found:
                return
        for where, words in tried.found.items():
            faults.add(where, words)

    return rule


def record(
    fields: Mapping[str, Rule],
    required: Collection[str] = (),
    *,
    others: str = "none",
    more: Rule | None = None,
) -> Rule:
    """An object. `others`: which further fields it may have: "none", "any", or "uri" (with a prefix).

    `more`: a rule over the whole object, asked at the end.
    """

    def rule(value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            faults.add(at, "This must be an object.")
            return
        for name in required:
            if name not in value:
                faults.add(below(at, name), "Add this field.")
        for name, inner in value.items():
            if name in fields:
                fields[name](inner, below(at, name), faults)
            elif others == "none":
                faults.add(below(at, name), "This field is not known here. Remove it.")
            elif others == "uri" and not is_uri(name):
                faults.add(
                    below(at, name),
                    "This field is not known here. Extensions need a prefix, like example:name.",
                )
        if more is not None:
            more(value, at, faults)

    return rule
