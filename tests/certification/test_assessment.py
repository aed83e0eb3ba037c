"""Answers, the list of what is missing, and the score."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification import (
    SCORE_FORMULA,
    Answer,
    AnswerValue,
    Level,
    Want,
    check_answer,
    check_answers,
    missing,
    scores,
    standard,
)
from certification.assessment import AnswerTooLong, MustBeAnswered
from certification.criteria import UnknownCriterion
from tests.certification.cast import CRITERIA, LOOM

FAIRHAUL = standard("fairhaul-2026.1")
IDS = [one.id for one in FAIRHAUL.criteria]

answer = st.builds(
    Answer,
    value=st.sampled_from(AnswerValue),
    plan=st.sampled_from(["", "  ", "By June."]),
    reason=st.sampled_from(["", " ", "No food."]),
)
answers = st.dictionaries(st.sampled_from(IDS), answer, max_size=len(IDS))


def test_nothing_answered_asks_for_everything_in_order() -> None:
    tasks = missing(CRITERIA, {})
    assert [task.criterion for task in tasks] == [one.id for one in CRITERIA]
    assert {task.want for task in tasks} == {Want.ANSWER}
    assert tasks[0].sentence == "Answer criterion 1.1."


@pytest.mark.parametrize(
    ("criterion", "given_answer", "want"),
    [
        ("1.1", Answer(value=AnswerValue.MET), None),
        ("1.1", Answer(value=AnswerValue.PARTLY), Want.PLAN),
        ("1.1", Answer(value=AnswerValue.NOT_MET, plan="By June."), None),
        ("1.2", Answer(value=AnswerValue.NOT_MET), None),
        ("2.1", Answer(value=AnswerValue.NOT_MET, plan=" "), Want.PLAN),
        ("2.1", Answer(value=AnswerValue.NOT_APPLICABLE, reason="No tags."), Want.ANSWER),
        ("2.2", Answer(value=AnswerValue.NOT_APPLICABLE), Want.REASON),
        ("2.2", Answer(value=AnswerValue.NOT_APPLICABLE, reason="Undyed."), None),
    ],
)
def test_what_an_answer_still_wants(criterion: str, given_answer: Answer, want: Want | None) -> None:
    tasks = missing((LOOM.criterion(criterion),), {criterion: given_answer})
    assert [task.want for task in tasks] == ([want] if want else [])


@given(answers)
def test_each_criterion_is_missing_at_most_once_and_answers_only_help(
    given_answers: dict[str, Answer],
) -> None:
    tasks = missing(FAIRHAUL.criteria, given_answers)
    named = [task.criterion for task in tasks]
    assert len(set(named)) == len(named)
    assert set(IDS) - set(given_answers) <= set(named)
    healed = {**given_answers, **{one: Answer(value=AnswerValue.MET) for one in named}}
    assert missing(FAIRHAUL.criteria, healed) == ()


def test_not_applicable_needs_leave_of_the_standard() -> None:
    with pytest.raises(MustBeAnswered):
        check_answer(LOOM.criterion("1.1"), Answer(value=AnswerValue.NOT_APPLICABLE, reason="Why?"))
    check_answer(LOOM.criterion("2.2"), Answer(value=AnswerValue.NOT_APPLICABLE))


@pytest.mark.parametrize("field", ["note", "plan", "reason"])
def test_a_text_can_be_too_long(field: str) -> None:
    fits = Answer(value=AnswerValue.MET, **{field: "x" * 5_000})
    check_answer(CRITERIA[0], fits)
    with pytest.raises(AnswerTooLong) as caught:
        check_answer(CRITERIA[0], Answer(value=AnswerValue.MET, **{field: "x" * 5_001}))
    assert caught.value.facts["field"] == field


def test_an_answer_to_another_standards_criterion_is_refused() -> None:
    met = Answer(value=AnswerValue.MET)
    check_answers(CRITERIA, {"1.1": met}, LOOM.key)
    with pytest.raises(UnknownCriterion, match=r"3\.2 is not in the standard loom-2026\.1"):
        check_answers(CRITERIA, {"1.1": met, "3.2": met}, LOOM.key)
    with pytest.raises(MustBeAnswered):
        check_answers(CRITERIA, {"1.1": Answer(value=AnswerValue.NOT_APPLICABLE)}, LOOM.key)


@given(answers)
def test_the_score_is_what_the_formula_says(given_answers: dict[str, Answer]) -> None:
    worth = {AnswerValue.MET: Fraction(1), AnswerValue.PARTLY: Fraction(1, 2)}
    for score in scores(FAIRHAUL, FAIRHAUL.criteria, given_answers):
        counted = [
            one
            for one in FAIRHAUL.of_principle(score.principle)
            if one.id not in given_answers or given_answers[one.id].value is not AnswerValue.NOT_APPLICABLE
        ]
        total = sum(one.weight for one in counted)
        reached = sum(
            (
                one.weight * worth.get(given_answers[one.id].value, Fraction(0))
                for one in counted
                if one.id in given_answers
            ),
            Fraction(0),
        )
        if not total:
            assert score.percent is None
        else:
            exact = 100 * reached / total
            assert score.percent is not None
            assert -Fraction(1, 2) < score.percent - exact <= Fraction(1, 2)


def test_the_ends_of_the_score() -> None:
    def percents(value: AnswerValue) -> set[int | None]:
        given_answers = {one: Answer(value=value) for one in IDS}
        return {one.percent for one in scores(FAIRHAUL, FAIRHAUL.criteria, given_answers)}

    assert percents(AnswerValue.MET) == {100}
    assert percents(AnswerValue.PARTLY) == {50}
    assert percents(AnswerValue.NOT_MET) == {0}
    assert percents(AnswerValue.NOT_APPLICABLE) == {None}
    assert "1/2 for partly" in SCORE_FORMULA


@given(answers, st.sampled_from(IDS))
def test_a_better_answer_never_lowers_a_score(given_answers: dict[str, Answer], criterion: str) -> None:
    order = (AnswerValue.NOT_MET, AnswerValue.PARTLY, AnswerValue.MET)
    percents = []
    for value in order:
        changed = {**given_answers, criterion: Answer(value=value)}
        number = FAIRHAUL.criterion(criterion).principle
        percents.append(
            next(
                one.percent or 0
                for one in scores(FAIRHAUL, FAIRHAUL.criteria, changed)
                if one.principle == number
            )
        )
    assert percents == sorted(percents)


def test_only_improvement_criteria_go_without_a_plan() -> None:
    not_met = {one: Answer(value=AnswerValue.NOT_MET) for one in IDS}
    wanted = {task.criterion for task in missing(FAIRHAUL.criteria, not_met)}
    assert wanted == {one.id for one in FAIRHAUL.criteria if one.level is not Level.IMPROVEMENT}
