"""The standard that comes with the program, and the loader's faults."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification import (
    Kind,
    Level,
    ProductKind,
    Profile,
    Size,
    Standard,
    StandardFault,
    Trait,
    applicable,
    choices,
    load_standard,
    standard,
    standard_for,
    standards,
)
from certification.criteria import NoStandardInForce, UnknownCriterion, UnknownStandard
from certification.profile import ProfileFault
from tests.certification.cast import LOOM, LOOM_TEXT

FAIRHAUL = standard("fairhaul-2026.1")

profiles = st.builds(
    Profile,
    kind=st.sampled_from(Kind),
    people=st.integers(1, 5_000),
    products=st.frozensets(st.sampled_from(ProductKind)),
    traits=st.frozensets(st.sampled_from(Trait)),
)


def test_ten_principles_each_with_entry_criteria_for_a_producer() -> None:
    assert [one.number for one in FAIRHAUL.principles] == list(range(1, 11))
    assert 60 <= len(FAIRHAUL.criteria) <= 80
    alone = applicable(
        FAIRHAUL, Profile(kind=Kind.PRODUCER, people=1, products=frozenset({ProductKind.CRAFTS}))
    )
    entry = {one.principle for one in alone if one.level is Level.ENTRY}
    assert entry >= {1, 2, 3, 4, 5, 6, 7, 9, 10}


def test_it_says_that_it_is_nobody_elses() -> None:
    assert "not the standard of the World Fair Trade Organization" in FAIRHAUL.notice


def test_criteria_are_in_order_and_say_something_of_their_own() -> None:
    ids = [tuple(int(part) for part in one.id.split(".")) for one in FAIRHAUL.criteria]
    assert ids == sorted(ids)
    for number in range(1, 11):
        own = [second for first, second in ids if first == number]
        assert own == list(range(1, len(own) + 1))
    for field in ("text", "why", "verify"):
        texts = [getattr(one, field) for one in FAIRHAUL.criteria]
        assert len(set(texts)) == len(texts)
        assert all(text.endswith(".") and text[0].isupper() for text in texts)


def test_texts_are_one_plain_sentence() -> None:
    for criterion in FAIRHAUL.criteria:
        assert len(re.findall(r"[.!?](?:\s|$)", criterion.text)) == 1, criterion.id
        assert len(criterion.text.split()) <= 36, criterion.id


@pytest.mark.parametrize(
    ("criterion", "words", "products"),
    [
        ("3.2", "at least half", frozenset()),
        ("3.3", "no interest", frozenset({ProductKind.CRAFTS})),
        ("3.4", "Interest on pre-payment for food", frozenset({ProductKind.FOOD})),
        ("3.5", "reaches the makers", frozenset()),
        ("3.6", "cancelled or changed before both sides have talked", frozenset()),
        ("3.7", "the work done", frozenset()),
        ("4.1", "cost of production", frozenset()),
        ("4.2", "floor price", frozenset()),
        ("4.8", "living wage", frozenset()),
    ],
)
def test_what_trade_relies_on(criterion: str, words: str, products: frozenset[ProductKind]) -> None:
    found = FAIRHAUL.criterion(criterion)
    assert words in found.text
    assert found.applies_to.products == products


@given(profiles)
def test_a_profile_gets_what_covers_it_and_nothing_else(profile: Profile) -> None:
    chosen = applicable(FAIRHAUL, profile)
    assert len(chosen) >= 40
    for criterion in FAIRHAUL.criteria:
        limits = criterion.applies_to
        fits = (
            (not limits.kinds or profile.kind in limits.kinds)
            and (not limits.sizes or profile.size in limits.sizes)
            and (not limits.products or not limits.products.isdisjoint(profile.products))
            and all(trait in profile.traits for trait in limits.traits)
        )
        assert (criterion in chosen) == fits


@given(profiles, st.sampled_from(Trait))
def test_another_trait_never_takes_a_criterion_away(profile: Profile, trait: Trait) -> None:
    more = Profile(
        kind=profile.kind,
        people=profile.people,
        products=profile.products,
        traits=profile.traits | {trait},
    )
    assert set(applicable(FAIRHAUL, profile)) <= set(applicable(FAIRHAUL, more))


@pytest.mark.parametrize(
    ("people", "size"),
    [
        (1, Size.MICRO),
        (9, Size.MICRO),
        (10, Size.SMALL),
        (49, Size.SMALL),
        (50, Size.MEDIUM),
        (249, Size.MEDIUM),
        (250, Size.LARGE),
    ],
)
def test_sizes(people: int, size: Size) -> None:
    assert Profile(kind=Kind.PRODUCER, people=people).size is size


def test_nobody_is_no_organisation() -> None:
    with pytest.raises(ProfileFault):
        Profile(kind=Kind.PRODUCER, people=0)


def test_a_size_can_limit_a_criterion() -> None:
    text = LOOM_TEXT.replace("kinds: [producer]", "sizes: [large]")
    limited = load_standard(text, "loom")
    chemicals = frozenset({Trait.CHEMICALS})
    small = applicable(limited, Profile(kind=Kind.TRADER, people=10, traits=chemicals))
    large = applicable(limited, Profile(kind=Kind.TRADER, people=300, traits=chemicals))
    assert "2.2" not in {one.id for one in small}
    assert "2.2" in {one.id for one in large}


def test_another_scheme_loads_the_same_way() -> None:
    assert LOOM.key == "loom-2026.1"
    assert [one.level for one in LOOM.criteria] == [
        Level.ENTRY,
        Level.IMPROVEMENT,
        Level.WITHIN,
        Level.WITHIN,
    ]
    assert [one.months for one in LOOM.criteria] == [None, None, 6, 12]
    assert LOOM.criterion("2.1").due(date(2026, 8, 31)) == date(2027, 2, 28)
    assert LOOM.criterion("2.1").due(None) is None
    assert LOOM.criterion("1.1").due(date(2026, 8, 31)) is None


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownCriterion):
        LOOM.criterion("9.9")
    with pytest.raises(UnknownStandard, match=r"fairhaul-2026\.1"):
        standard("fairhaul-1999.1")


def _old_loom() -> Standard:
    text = LOOM_TEXT.replace('version: "2026.1"', 'version: "2025.1"', 1).replace("2026-03-01", "2025-03-01")
    return load_standard(text.replace('replaces: "2025.1"\n', ""), "old")


def test_the_replaced_version_may_be_chosen_while_the_transition_lasts() -> None:
    known = (LOOM, _old_loom())

    def keys(on: date) -> list[str]:
        return [one.version for one in choices(on, "loom", known)]

    assert keys(date(2026, 2, 28)) == ["2025.1"]
    assert keys(date(2026, 3, 1)) == ["2026.1", "2025.1"]
    assert keys(date(2026, 8, 31)) == ["2026.1", "2025.1"]
    assert keys(date(2026, 9, 1)) == ["2026.1"]
    assert standard_for(date(2026, 3, 1), "loom", known) is LOOM


def test_before_the_first_version_there_is_none() -> None:
    with pytest.raises(NoStandardInForce):
        choices(date(2020, 1, 1))
    assert standard_for(date(2026, 1, 1)) is FAIRHAUL
    assert FAIRHAUL in standards()


def _line_of(needle: str) -> int:
    lines = [number for number, line in enumerate(LOOM_TEXT.splitlines(), 1) if needle in line]
    assert len(lines) == 1, needle
    return lines[0]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("scheme: loom", "scheme: Loom!", "scheme"),
        ('version: "2026.1"', "version: 2026.1", "version must be a text"),
        ("effective: 2026-03-01", "effective: soon", "a day such as"),
        ("effective: 2026-03-01", "effective: 2026-03-01T10:00:00", "a day such as"),
        ("transition_months: 6", "transition_months: -1", "whole number"),
        ("transition_months: 6", "transition_months: true", "whole number"),
        ("  - number: 2", "  - number: 1", "number 1 is there twice"),
        ('  - id: "1.2"', '  - id: "1.1"', "id 1.1 is there twice"),
        ('  - id: "1.2"', '  - id: "3.2"', "does not begin with its principle"),
        ('  - id: "1.2"', '  - id: "one"', "does not have the form"),
        ("    level: improvement", "    level: sometime", "level must be"),
        ("    level: within 6 months", "    level: within 0 months", "level must be"),
        ("    level: within 6 months", "    level: within 999 months", "level must be"),
        ("    level: entry", "    levels: entry", "levels is not known"),
        ("    text: Dyes are listed.", "    text: ''", "text must be a text"),
        ("    text: Dyes are listed.", "    text: [a, b]", "text must be a text"),
        ("    text: Dyes are listed.", "    text: " + "x" * 2001, "longer than"),
        ("    evidence: [Photograph of the tag]", "    evidence: none", "list that is not empty"),
        ("    evidence: [Photograph of the tag]", "    evidence: []", "list that is not empty"),
        ("    evidence: [Photograph of the tag]", "    evidence: [3]", "each of evidence"),
        ("    weight: 3", "    weight: 4", "from 1 to 3"),
        ("    weight: 3", "    weight: heavy", "from 1 to 3"),
        ("      kinds: [producer]", "      kinds: [weaver]", "may hold producer"),
        ("      kinds: [producer]", "      colours: [red]", "colours is not known"),
        (
            "    not_applicable_when: Only undyed yarn is used.",
            "    not_applicable_when: 5",
            "must be a text",
        ),
        ("notice: A made-up mark for tests.", 'title: "Again"', "duplicate key"),
    ],
)
def test_a_fault_names_its_line(before: str, after: str, fault: str) -> None:
    line = _line_of(before)
    with pytest.raises(StandardFault, match=re.escape(fault)) as caught:
        load_standard(LOOM_TEXT.replace(before, after), "my.yaml")
    assert caught.value.name == "my.yaml"
    assert caught.value.sentence.startswith(f"my.yaml, line {caught.value.line}: ")
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("line", "fault", "at"),
    [
        ("    verify: Look at the loom.", "verify is missing", '  - id: "1.1"'),
        ("    title: Known origin", "title is missing", "  - number: 2"),
        ("title: Handloom mark 2026.1", "title is missing", None),
    ],
)
def test_what_is_missing_names_the_line_of_what_lacks_it(line: str, fault: str, at: str | None) -> None:
    with pytest.raises(StandardFault, match=fault) as caught:
        load_standard(LOOM_TEXT.replace(line + "\n", "", 1), "my.yaml")
    assert caught.value.line == (_line_of(at) if at else 1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "list of named values"),
        ("- a\n- b\n", "list of named values"),
        ("a: 1\n  b: 2\n", "mapping values"),
        ("a: 2026-99-99\n", "not YAML"),
        ("\tx", "cannot start any token"),
        ("a: \x00", "not YAML"),
        ("x" * 1_000_001, "longer than"),
        ("[" * 100_000, "nested more than"),
        ("- " * 1_000, "nested more than"),
        ("a: &a [*a]\n", "tags, anchors and merged keys"),
        ("a: !!python/object:os.system {}\n", "tags, anchors and merged keys"),
        ("a: {<<: {b: 1}}\n", "tags, anchors and merged keys"),
        ("? [a]\n: b\n", "is not known here"),
        ("? {a: [b]}\n: b\n", "not YAML"),
    ],
)
def test_what_is_no_standard_at_all(text: str, fault: str) -> None:
    with pytest.raises(StandardFault, match=fault):
        load_standard(text, "my.yaml")


def test_a_principle_must_be_there_and_have_criteria() -> None:
    text = LOOM_TEXT.replace("  - number: 2", "  - number: 3")
    with pytest.raises(StandardFault, match="there is no principle 2") as caught:
        load_standard(text, "my.yaml")
    assert caught.value.line == _line_of('  - id: "2.1"') + 1
    principle = "  - number: 2\n    title: Known origin\n    text: The weaver is known.\n"
    with pytest.raises(StandardFault, match="principle 3 has no criteria") as caught:
        load_standard(LOOM_TEXT.replace(principle, principle + principle.replace("2", "3")), "my.yaml")
    assert caught.value.line == _line_of("  - number: 2") + 3


@given(st.integers(0, len(LOOM_TEXT)), st.text(max_size=6))
def test_damage_is_read_or_refused_and_never_crashes(place: int, junk: str) -> None:
    text = LOOM_TEXT[:place] + junk + LOOM_TEXT[place:]
    line = 1
    try:
        load_standard(text, "my.yaml")
    except StandardFault as refused:
        line = refused.line
    assert 1 <= line <= len(text.splitlines()) + 1
