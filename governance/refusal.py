"""How a rule says no: a named refusal with a stable code, its facts, and a plain sentence."""

from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - an answer of the rules, not a fault of the program
    """Each rule has a subclass beside it. `template` is English `str.format`, kept apart from the facts."""

    code: ClassVar[str]
    template: ClassVar[str]

    def __init__(self, **facts: str | int) -> None:
        self.facts = dict(facts)
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        return self.template.format(**self.facts)
