"""The self-assessment: answers, what is missing, and the score with its formula."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from certification.criteria import Criterion, Level, Standard, UnknownCriterion
from certification.refusal import Refusal

_LONGEST = 5_000


class AnswerValue(StrEnum):
    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`plan`: what will be done and by when. `reason`: why it is not applicable."""

    value: AnswerValue
    note: str = ""
    plan: str = ""
    reason: str = ""


class AnswerTooLong(Refusal):
    code = "answer-too-long"
    template = "{field} for criterion {criterion} has {length} characters; {most} fit."


class MustBeAnswered(Refusal):
    code = "answer-not-applicable"
    template = "Criterion {criterion} applies to everybody it is asked of: answer met, partly or not met."


class Want(StrEnum):
    ANSWER = "answer"
    REASON = "reason"
    PLAN = "plan"


_WANTED = {
    Want.ANSWER: "Answer criterion {criterion}.",
    Want.REASON: "Say why criterion {criterion} does not apply to you.",
    Want.PLAN: "Say what you will do about criterion {criterion}, and by when.",
}


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing to do before the self-assessment can be handed in."""

    criterion: str
    want: Want

    @property
    def template(self) -> str:
        return _WANTED[self.want]

    @property
    def sentence(self) -> str:
        return self.template.format(criterion=self.criterion)


def check_answer(criterion: Criterion, answer: Answer) -> None:
    """Refuses an answer that could not be kept, even while the self-assessment is not finished."""
    for field in ("note", "plan", "reason"):
        length = len(getattr(answer, field))
        if length > _LONGEST:
            raise AnswerTooLong(field=field, criterion=criterion.id, length=length, most=_LONGEST)
    if answer.value is AnswerValue.NOT_APPLICABLE and not criterion.not_applicable_when:
        raise MustBeAnswered(criterion=criterion.id)


def check_answers(criteria: Sequence[Criterion], answers: Mapping[str, Answer], standard_key: str) -> None:
    """Refuses answers to criteria that are not asked, then each answer that cannot be kept."""
    asked = {criterion.id: criterion for criterion in criteria}
    for criterion_id, answer in answers.items():
        if criterion_id not in asked:
            raise UnknownCriterion(criterion=criterion_id, standard=standard_key)
        check_answer(asked[criterion_id], answer)


def missing(criteria: Sequence[Criterion], answers: Mapping[str, Answer]) -> tuple[Missing, ...]:
    """What is still to do, in the order of the standard; empty when it can be handed in."""
    tasks = []
    for criterion in criteria:
        want = _want(criterion, answers.get(criterion.id))
        if want:
            tasks.append(Missing(criterion=criterion.id, want=want))
    return tuple(tasks)


def _want(criterion: Criterion, answer: Answer | None) -> Want | None:
    if answer is None:
        return Want.ANSWER
    if answer.value is AnswerValue.NOT_APPLICABLE:
        if not criterion.not_applicable_when:
            return Want.ANSWER
        return None if answer.reason.strip() else Want.REASON
    if answer.value is AnswerValue.MET or criterion.level is Level.IMPROVEMENT or answer.plan.strip():
        return None
    return Want.PLAN


SCORE_FORMULA = (
    "Score of a principle = 100 × sum of (weight × value) ÷ sum of weights, over its criteria that apply; "
    "the value is 1 for met, 1/2 for partly, 0 for not met or not answered; criteria answered as not "
    "applicable are left out; rounded to the nearest whole, halves up."
)

_HALVES = {AnswerValue.MET: 2, AnswerValue.PARTLY: 1, AnswerValue.NOT_MET: 0}


@dataclass(frozen=True, kw_only=True)
class Score:
    """`achieved` and `possible` count half weights, so that they are whole numbers."""

    principle: int
    achieved: int
    possible: int

    @property
    def percent(self) -> int | None:
        """None when nothing of the principle applies."""
        if not self.possible:
            return None
        return (200 * self.achieved + self.possible) // (2 * self.possible)


def scores(
    standard: Standard, criteria: Sequence[Criterion], answers: Mapping[str, Answer]
) -> tuple[Score, ...]:
    """One score a principle of the standard, by `SCORE_FORMULA`."""
    result = []
    for principle in standard.principles:
        achieved = possible = 0
        for criterion in criteria:
            answer = answers.get(criterion.id)
            if criterion.principle != principle.number or (
                answer is not None and answer.value is AnswerValue.NOT_APPLICABLE
            ):
                continue
            possible += 2 * criterion.weight
            achieved += criterion.weight * (_HALVES[answer.value] if answer else 0)
        result.append(Score(principle=principle.number, achieved=achieved, possible=possible))
    return tuple(result)
