"""Numbers with their check digit, validity, and what the public sees."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from certification import (
    Case,
    CaseKind,
    Certificate,
    CertificateStatus,
    PublicState,
    Scope,
    State,
    certificate_number,
    last_day,
    may_use_label,
    parse_number,
    public_state,
)
from certification.certificate import NumberFault, ScopeFault, SequenceFault, ValidityFault
from tests.certification.cast import CASE, LOOM, NOW, ORGANISATION, SCOPE

years = st.integers(2000, 9999)
sequences = st.integers(1, 999_999)
PLACES = [index for index, sign in enumerate("FH-2026-000123-4") if sign.isdigit()]


def test_how_a_number_looks() -> None:
    # Damm's own example: the check digit of 572 is 4. Leading zeros do not change it.
    assert certificate_number(2026, 123).startswith("FH-2026-000123-")
    assert parse_number(" " + certificate_number(2026, 123).lower() + "\n") == (2026, 123)


def test_damms_own_example() -> None:
    from certification.certificate import _check_digit

    assert _check_digit("572") == "4"


@given(years, sequences)
def test_a_number_reads_back(year: int, sequence: int) -> None:
    assert parse_number(certificate_number(year, sequence)) == (year, sequence)


@given(years, sequences, st.sampled_from(PLACES), st.integers(1, 9))
def test_one_wrong_digit_is_found(year: int, sequence: int, place: int, shift: int) -> None:
    number = certificate_number(year, sequence)
    wrong = str((int(number[place]) + shift) % 10)
    with pytest.raises(NumberFault):
        parse_number(number[:place] + wrong + number[place + 1 :])


@given(years, sequences, st.integers(0, len(PLACES) - 2))
def test_two_swapped_neighbours_are_found(year: int, sequence: int, index: int) -> None:
    number = list(certificate_number(year, sequence))
    first, second = PLACES[index], PLACES[index + 1]
    assume(number[first] != number[second])
    number[first], number[second] = number[second], number[first]
    with pytest.raises(NumberFault):
        parse_number("".join(number))


@pytest.mark.parametrize(
    "text", ["", "FH", "FH-2026-123-4", "XX-2026-000123-4", "FH-2026-000000-0", "９" * 16]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(NumberFault) as caught:
        parse_number(text)
    example = caught.value.sentence.split("They look like ")[1].split(";")[0]
    assert parse_number(example) == (2026, 123)


@pytest.mark.parametrize(("year", "sequence"), [(1999, 1), (10_000, 1), (2026, 0), (2026, 1_000_000)])
def test_numbers_run_out(year: int, sequence: int) -> None:
    with pytest.raises(SequenceFault):
        certificate_number(year, sequence)


@given(st.dates(date(2000, 1, 1), date(2900, 1, 1)), st.integers(1, 10))
def test_the_last_day_is_one_before_the_anniversary(start: date, years_: int) -> None:
    after = last_day(start, years_) + timedelta(days=1)
    assert after.year == start.year + years_
    if (start.month, start.day) != (2, 29):
        assert (after.month, after.day) == (start.month, start.day)
    else:
        assert (after.month, after.day) in {(2, 28), (2, 29)}


def test_validity_and_scope_have_bounds() -> None:
    for years_ in (0, 11):
        with pytest.raises(ValidityFault):
            last_day(date(2026, 1, 1), years_)
    with pytest.raises(ScopeFault):
        Scope(sites=(), product_categories=("Baskets",))
    with pytest.raises(ScopeFault):
        Scope(sites=("Workshop",), product_categories=())


CERTIFICATE = Certificate(
    number=certificate_number(2026, 1),
    case=CASE,
    organisation=ORGANISATION,
    standard=LOOM.key,
    scope=SCOPE,
    valid_from=NOW.date(),
    valid_until=NOW.date() + timedelta(days=1),
)
OWN = Case(id=CASE, organisation=ORGANISATION, standard=LOOM.key, opened_at=NOW, state=State.CERTIFIED)
RENEWAL = replace(OWN, id=UUID(int=9), kind=CaseKind.RENEWAL, cycle=2, state=State.SELF_ASSESSED)
ANEW = replace(OWN, id=UUID(int=9), cycle=2, state=State.SELF_ASSESSED)


def test_a_certificate_holds_on_its_first_and_last_day() -> None:
    days = [NOW.date() + timedelta(days=offset) for offset in (-1, 0, 1, 2)]
    assert [CERTIFICATE.holds(day) for day in days] == [False, True, True, False]
    assert not CERTIFICATE.with_status(CertificateStatus.SUSPENDED).holds(NOW.date())


@pytest.mark.parametrize(
    ("case", "status", "days", "shown"),
    [
        (OWN, CertificateStatus.ACTIVE, 0, PublicState.GUARANTEED),
        (OWN, CertificateStatus.ACTIVE, 1, PublicState.GUARANTEED),
        (OWN, CertificateStatus.ACTIVE, 2, PublicState.DEMOTED),
        (replace(OWN, state=State.SURVEILLANCE), CertificateStatus.ACTIVE, 0, PublicState.GUARANTEED),
        (OWN, CertificateStatus.SUSPENDED, 0, PublicState.SUSPENDED),
        (OWN, CertificateStatus.WITHDRAWN, 0, PublicState.WITHDRAWN),
        (OWN, CertificateStatus.EXPIRED, 0, PublicState.DEMOTED),
        (RENEWAL, CertificateStatus.ACTIVE, 0, PublicState.RENEWAL_IN_PROGRESS),
        (RENEWAL, CertificateStatus.SUSPENDED, 0, PublicState.SUSPENDED),
        (RENEWAL, CertificateStatus.ACTIVE, 2, PublicState.DEMOTED),
        (replace(RENEWAL, state=State.REFUSED), CertificateStatus.ACTIVE, 0, PublicState.DEMOTED),
        (replace(RENEWAL, state=State.RETRACTED), CertificateStatus.ACTIVE, 0, PublicState.GUARANTEED),
        (RENEWAL, CertificateStatus.WITHDRAWN, 0, PublicState.WITHDRAWN),
        (ANEW, CertificateStatus.WITHDRAWN, 0, PublicState.PROVISIONAL),
        (replace(ANEW, state=State.APPLIED), CertificateStatus.WITHDRAWN, 0, PublicState.WITHDRAWN),
    ],
)
def test_what_the_public_sees_with_a_certificate(
    case: Case, status: CertificateStatus, days: int, shown: PublicState
) -> None:
    now = NOW + timedelta(days=days)
    assert public_state(case, CERTIFICATE.with_status(status), now) is shown


@pytest.mark.parametrize("state", State)
def test_what_the_public_sees_without_a_certificate(state: State) -> None:
    case = replace(OWN, state=state)
    shown = public_state(case, None, NOW)
    closed = {State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED, State.APPLIED}
    assert shown is (None if state in closed else PublicState.PROVISIONAL)
    with_consent = public_state(case, None, NOW, consent=True)
    assert with_consent is (PublicState.APPLICANT if state is State.APPLIED else shown)
    assert not may_use_label(shown)


def test_who_may_use_the_label() -> None:
    may = {state for state in PublicState if may_use_label(state)}
    assert may == {PublicState.GUARANTEED, PublicState.RENEWAL_IN_PROGRESS}
    assert not may_use_label(None)


@given(
    st.sampled_from(State),
    st.sampled_from(CertificateStatus),
    st.booleans(),
    st.sampled_from(CaseKind),
    st.integers(-2, 5),
)
def test_the_label_never_outlives_the_certificate(
    state: State, status: CertificateStatus, own: bool, kind: CaseKind, days: int
) -> None:
    now = NOW + timedelta(days=days)
    case = replace(OWN if own else RENEWAL, state=state, kind=kind)
    certificate = CERTIFICATE.with_status(status)
    if may_use_label(public_state(case, certificate, now)):
        assert certificate.holds(now.date()) or now.date() < certificate.valid_from
