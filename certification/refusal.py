"""How the engine says no: a named refusal with a stable code, the facts, and a plain sentence."""

from collections.abc import Mapping
from typing import ClassVar

Fact = str | int | tuple[str, ...]


class Refusal(Exception):  # noqa: N818 - it is an answer of the rules, not a fault of the program
    """A rule says no. Each rule has a subclass that stands beside it.

    `code` is stable and kebab-case; `template` is an English `str.format` sentence for the person who
    asked, kept apart from the facts so that it can be translated.
    """

    code: ClassVar[str]
    template: ClassVar[str]

    def __init__(self, **facts: Fact) -> None:
        self.facts: dict[str, Fact] = dict(facts)
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        return fill(self.template, self.facts)


def fill(template: str, facts: Mapping[str, Fact]) -> str:
    """The template with its facts; a list is written with commas."""
    return template.format(
        **{key: ", ".join(fact) if isinstance(fact, tuple) else fact for key, fact in facts.items()}
    )
