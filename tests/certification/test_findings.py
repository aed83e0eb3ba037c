"""Verdicts and corrective actions."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification import (
    Action,
    Actor,
    AnswerValue,
    CorrectiveAction,
    Level,
    Outcome,
    State,
    Verdict,
    conclude_audit,
    decide,
    extend_correction,
    findings_summary,
    judge,
    may,
    not_judged,
    offer_proof,
    open_correction,
    open_majors,
    overdue,
    recommend,
    request_corrections,
    standard,
    unanswered,
    verdicts,
    verify_correction,
)
from certification import conditions as must
from certification.correcting import (
    DueFault,
    NoProof,
    NothingToCorrect,
    NotOpen,
    OwnCorrection,
    UnknownCorrection,
)
from certification.criteria import UnknownCriterion
from certification.findings import VerdictNotOpen
from certification.rules import ReasonsTooShort
from certification.who import WrongRole
from tests.certification.cast import (
    AUDITOR,
    CRITERIA,
    DECIDER,
    LOOM,
    MAKER,
    MANAGER,
    NOW,
    PEER,
    WHY,
    Play,
)

FAIRHAUL = standard("fairhaul-2026.1")
TODAY = NOW.date()


@given(st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_an_unmet_entry_criterion_is_always_major_and_an_improvement_never(since: date | None) -> None:
    for one in FAIRHAUL.criteria:
        possible = verdicts(one, since, TODAY)
        assert possible[:2] == (Verdict.CONFORMITY, Verdict.IMPROVEMENT)
        if one.level is Level.ENTRY:
            assert Verdict.MAJOR in possible
            assert Verdict.MINOR not in possible
        elif one.level is Level.IMPROVEMENT:
            assert not {Verdict.MINOR, Verdict.MAJOR} & set(possible)
        else:
            assert Verdict.MINOR in possible
        assert (Verdict.NOT_APPLICABLE in possible) == bool(one.not_applicable_when)


def test_a_criterion_becomes_due() -> None:
    within = LOOM.criterion("2.1")
    assert Verdict.MAJOR not in verdicts(within, None, TODAY)
    assert Verdict.MAJOR not in verdicts(within, TODAY, date(2026, 11, 3))
    assert Verdict.MAJOR in verdicts(within, TODAY, date(2026, 11, 4))


def test_a_verdict_that_is_not_open_is_refused_with_those_that_are() -> None:
    play = Play().to_audit()
    with pytest.raises(VerdictNotOpen) as caught:
        play.judge("1.1", Verdict.MINOR)
    assert caught.value.facts["possible"] == ("conformity", "improvement", "major")
    with pytest.raises(UnknownCriterion, match=r"3\.2 is not in the standard loom-2026\.1"):
        play.judge("3.2", Verdict.CONFORMITY)


def test_anything_but_conformity_needs_facts() -> None:
    play = Play().to_audit()

    def say(verdict: Verdict, facts: str) -> None:
        judge(play.case, AUDITOR, play.dossier, criterion="1.1", verdict=verdict, facts=facts, now=play.now)

    say(Verdict.CONFORMITY, "")
    for verdict in (Verdict.IMPROVEMENT, Verdict.MAJOR):
        with pytest.raises(ReasonsTooShort):
            say(verdict, "Bad.")


def test_a_later_finding_takes_the_place_of_the_one_before() -> None:
    play = Play().to_audit()
    play.judge("1.1", Verdict.MAJOR)
    play.judge("1.1", Verdict.CONFORMITY)
    assert play.dossier.findings["1.1"].verdict is Verdict.CONFORMITY
    assert not_judged(CRITERIA, play.dossier.findings) == ("1.2", "2.1", "2.2")


def test_the_summary_counts_each_criterion_once() -> None:
    play = Play().to_audit()
    play.judge("1.1", Verdict.MAJOR)
    play.judge("2.1", Verdict.MINOR)
    play.judge("2.2", Verdict.CONFORMITY)
    first, second = findings_summary(LOOM, CRITERIA, play.dossier.findings)
    assert (first.title, first.counts[Verdict.MAJOR], first.not_judged) == ("Woven by hand", 1, 1)
    assert (second.counts[Verdict.MINOR], second.counts[Verdict.CONFORMITY], second.not_judged) == (1, 1, 0)
    for line in (first, second):
        asked = [one for one in CRITERIA if one.principle == line.principle]
        assert sum(line.counts.values()) + line.not_judged == len(asked)


def _faulty() -> Play:
    """Audited, with a major on 1.1 and a minor on 2.1."""
    play = Play().to_audit()
    for criterion in CRITERIA:
        play.judge(criterion.id, Verdict.CONFORMITY)
    play.judge("1.1", Verdict.MAJOR)
    play.judge("2.1", Verdict.MINOR)
    play.keep(conclude_audit(play.case, AUDITOR, play.dossier, now=play.now))
    return play


def _open(play: Play, criterion: str, number: int, by: Actor = MAKER, days: int = 30) -> CorrectiveAction:
    play.later()
    return play.keep_correction(
        open_correction(
            play.case,
            by,
            play.dossier,
            id=UUID(int=number),
            criterion=criterion,
            cause=WHY,
            correction=WHY,
            due=play.now.date() + timedelta(days=days),
            now=play.now,
        )
    )


def _prove(play: Play, correction: CorrectiveAction) -> CorrectiveAction:
    return play.keep_correction(
        offer_proof(play.case, MAKER, play.dossier, correction=correction, proof=WHY, now=play.now)
    )


def _verify(play: Play, correction: CorrectiveAction, *, accepted: bool = True) -> CorrectiveAction:
    return play.keep_correction(
        verify_correction(
            play.case,
            AUDITOR,
            play.dossier,
            correction=correction,
            accepted=accepted,
            note=WHY,
            now=play.now,
        )
    )


def test_from_a_major_to_a_certificate() -> None:
    play = _faulty()

    def recommend_it() -> None:
        play.keep(
            recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now)
        )

    assert unanswered(play.dossier.findings, play.dossier.corrections) == ("1.1", "2.1")
    with pytest.raises(must.NonconformityUnanswered):
        request_corrections(play.case, AUDITOR, play.dossier, now=play.now)
    with pytest.raises(must.NonconformityUnanswered):
        recommend_it()
    major, _ = _open(play, "1.1", 1), _open(play, "2.1", 2)
    play.keep(request_corrections(play.case, AUDITOR, play.dossier, now=play.now))
    assert play.case.state is State.CORRECTING
    with pytest.raises(must.OpenMajor):
        recommend_it()
    major = _verify(play, _prove(play, major))
    assert (major.verified_by, major.verified_at) == (AUDITOR.person, play.now)
    recommend_it()
    play.keep(decide(play.case, DECIDER, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now))
    assert play.issue().number


def test_a_refusal_can_be_recommended_over_an_open_major() -> None:
    play = _faulty()
    _open(play, "1.1", 1)
    _open(play, "2.1", 2)
    play.keep(recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.REFUSE, reasons=WHY, now=play.now))
    assert play.case.state is State.RECOMMENDED


def test_an_old_correction_does_not_answer_a_new_major() -> None:
    play = _faulty()
    _verify(play, _prove(play, _open(play, "1.1", 1)))
    assert open_majors(play.dossier.findings, play.dossier.corrections) == ()
    play.judge("1.1", Verdict.MAJOR)
    assert open_majors(play.dossier.findings, play.dossier.corrections) == ("1.1",)
    assert "1.1" in unanswered(play.dossier.findings, play.dossier.corrections)


def test_each_of_two_corrections_must_be_verified() -> None:
    play = _faulty()
    _verify(play, _prove(play, _open(play, "1.1", 1)))
    second = _open(play, "1.1", 2)
    assert open_majors(play.dossier.findings, play.dossier.corrections) == ("1.1",)
    _verify(play, _prove(play, second))
    assert open_majors(play.dossier.findings, play.dossier.corrections) == ()


def test_proof_that_is_sent_back_must_be_offered_again() -> None:
    play = _faulty()
    correction = _open(play, "1.1", 1)
    with pytest.raises(NoProof):
        _verify(play, correction)
    rejected = _verify(play, _prove(play, correction), accepted=False)
    assert (rejected.proof, rejected.verified_by) == ("", None)
    with pytest.raises(NoProof):
        _verify(play, rejected)


def test_nobody_verifies_their_own_and_peers_verify_none() -> None:
    play = _faulty()
    own = _prove(play, _open(play, "1.1", 1, by=AUDITOR))
    with pytest.raises(OwnCorrection):
        _verify(play, own)
    with pytest.raises(WrongRole):
        verify_correction(
            play.case, PEER, play.dossier, correction=own, accepted=True, note=WHY, now=play.now
        )


def test_a_verified_correction_is_closed() -> None:
    play = _faulty()
    done = _verify(play, _prove(play, _open(play, "1.1", 1)))
    with pytest.raises(NotOpen):
        _prove(play, done)
    with pytest.raises(NotOpen):
        _verify(play, done)
    with pytest.raises(NotOpen):
        _extend(play, done, done.due + timedelta(days=1))


def test_only_a_nonconformity_is_corrected() -> None:
    play = _faulty()
    for criterion in ("1.2", "9.9"):
        with pytest.raises(NothingToCorrect):
            _open(play, criterion, 1)


def test_a_foreign_correction_is_refused() -> None:
    play = _faulty()
    correction = _open(play, "1.1", 1)
    with pytest.raises(UnknownCorrection):
        _prove(play, replace(correction, cause="Something else altogether."))


@pytest.mark.parametrize("days", [-1, 366])
def test_a_due_date_has_bounds(days: int) -> None:
    play = _faulty()
    with pytest.raises(DueFault, match="from 2026-05-04 to 2027-05-04"):
        _open(play, "1.1", 1, days=days)


def _extend(play: Play, correction: CorrectiveAction, due: date, reasons: str = WHY) -> CorrectiveAction:
    return play.keep_correction(
        extend_correction(
            play.case,
            AUDITOR,
            play.dossier,
            correction=correction,
            due=due,
            reasons=reasons,
            now=play.now,
        )
    )


def test_an_extension_needs_a_reason_and_a_later_day() -> None:
    play = _faulty()
    correction = _open(play, "1.1", 1)
    with pytest.raises(ReasonsTooShort):
        _extend(play, correction, correction.due + timedelta(days=10), "Late.")
    with pytest.raises(DueFault):
        _extend(play, correction, correction.due)
    with pytest.raises(DueFault):
        _extend(play, correction, play.now.date() + timedelta(days=366))
    longer = _extend(play, correction, correction.due + timedelta(days=10))
    assert longer.due == correction.due + timedelta(days=10)
    assert play.history[-1].facts["before"] == correction.due.isoformat()


def test_what_is_overdue() -> None:
    play = _faulty()
    open_one = _open(play, "1.1", 1)
    _verify(play, _prove(play, _open(play, "2.1", 2)))
    corrections = play.dossier.corrections
    assert overdue(corrections, open_one.due) == ()
    assert overdue(corrections, open_one.due + timedelta(days=1)) == (open_one,)


def test_whoever_verified_took_part() -> None:
    play = _faulty()
    _open(play, "2.1", 2)
    verified = _verify(play, _prove(play, _open(play, "1.1", 1)))
    play.keep(recommend(play.case, AUDITOR, play.dossier, outcome=Outcome.CERTIFY, reasons=WHY, now=play.now))
    by_decider = replace(verified, verified_by=DECIDER.person)
    rest = tuple(one for one in play.dossier.corrections if one.id != verified.id)
    play.learn(corrections=(*rest, by_decider))
    assert may(play.case, Action.DECIDE, DECIDER, play.dossier, now=play.now).code == must.TookPart.code


def test_the_organisation_cannot_judge_itself() -> None:
    play = Play().to_audit()
    with pytest.raises(WrongRole):
        play.judge("1.1", Verdict.CONFORMITY, MAKER)
    with pytest.raises(WrongRole):
        play.judge("1.1", Verdict.CONFORMITY, MANAGER)
    assert play.dossier.answers["1.1"].value is AnswerValue.MET
