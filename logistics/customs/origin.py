"""Do goods originate? The rules of preference as four questions, and what the answers lead to.

After the common frame of the EU's Generalised Scheme of Preferences (Delegated Regulation (EU) 2015/2446,
articles 41 to 58) and the UK's Developing Countries Trading Scheme. What a product's own rule asks is not
decided here: that answer is "ask", with what to ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Outcome(StrEnum):
    YES = "yes"
    NO = "no"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Question:
    key: str
    words: str
    help: str


OBTAINED: Final = Question(
    "wholly_obtained",
    "Was everything in it grown, gathered, raised or dug up in your country?",
    "Coffee, honey, clay from your own pit, baskets of grass that you cut: yes. One dye, clasp or thread "
    "from abroad: no.",
)
WORKED: Final = Question(
    "sufficiently_worked",
    "Was what came from abroad made into something really new in your country?",
    "Weaving yarn into cloth or carving a log into a bowl may be enough. Each product has its own rule in "
    "the tariff: look it up, or ask your customs office.",
)
MINIMAL: Final = Question(
    "more_than_minimal",
    "Did you do more to it than sort, wash, pack, label, iron, or put simple parts together?",
    "Such small work never gives origin, whatever else is true.",
)
DIRECT: Final = Question(
    "unaltered_on_the_way",
    "Does it reach the buyer's country unchanged, under customs control wherever it is stored?",
    "Loading, unloading, splitting and keeping it in good condition are allowed. Keep the bills of lading.",
)
QUESTIONS: Final = (OBTAINED, WORKED, MINIMAL, DIRECT)


@dataclass(frozen=True, slots=True)
class Finding:
    """`criterion`: the letter that a statement on origin wants, P or W; empty where there is none."""

    outcome: Outcome
    why: str
    criterion: str = ""


def find_origin(answers: Mapping[str, Answer]) -> Finding:
    """What the answers lead to; a question that was not answered counts as unsure. Never "yes" on a doubt."""

    def said(question: Question) -> Answer:
        return answers.get(question.key, Answer.UNSURE)

    if said(DIRECT) == Answer.NO:
        return Finding(
            Outcome.NO, "Goods that are changed on the way, or leave customs control, lose the preference."
        )
    if said(OBTAINED) == Answer.YES:
        if said(DIRECT) == Answer.YES:
            return Finding(Outcome.YES, "Wholly obtained goods originate.", "P")
        return Finding(Outcome.ASK, "It originates. Ask the carrier that it stays unchanged on the way.", "P")
    if said(MINIMAL) == Answer.NO:
        if said(OBTAINED) == Answer.NO:
            return Finding(Outcome.NO, "Work that small never gives origin to what came from abroad.")
        return Finding(Outcome.ASK, "Find out first whether anything in it came from abroad.")
    if said(WORKED) == Answer.NO:
        if said(OBTAINED) == Answer.NO:
            return Finding(
                Outcome.NO,
                "What came from abroad was not worked enough. Materials of some neighbour countries may "
                "count as your own (cumulation): ask your customs office.",
            )
        return Finding(Outcome.ASK, "Find out first whether anything in it came from abroad.")
    if all(said(each) == Answer.YES for each in (WORKED, MINIMAL, DIRECT)):
        return Finding(Outcome.YES, "Sufficiently worked goods originate.", "W")
    return Finding(
        Outcome.ASK, "Ask your customs office about what you were unsure of, and show them this page."
    )
