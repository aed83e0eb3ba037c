"""What may be missing or unreadable about duties: always named, never taken for nothing to pay."""

from typing import Final


class CustomsFault(ValueError):  # noqa: N818 - it is told to people, as a refusal
    """`code` is stable; `template` is a sentence that the facts fill."""

    code = "customs"
    template = ""

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))


class UnreadableCode(CustomsFault):
    code = "hs-code"
    template = "“{code}” is not a customs code: write 6 to 10 figures, like 4602.19."


class UnreadableDuty(CustomsFault):
    code = "duty-unreadable"
    template = "The duty “{rate}” has a part that this reader does not know: “{part}”."


class NotComputable(CustomsFault):
    """The source states a duty, but it does not follow from value, weight and pieces."""

    code = "duty-not-computable"
    template = "The duty “{rate}” needs more than value, weight and pieces: ask a customs agent."


class MeasureMissing(CustomsFault):
    code = "measure-missing"
    template = "The duty “{rate}” is counted by {unit}: enter it."


class UnknownDestination(CustomsFault):
    code = "destination-unknown"
    template = "No tariff is held for imports into {country}: only for the US, the EU and the UK."


class LineMissing(CustomsFault):
    code = "tariff-line-missing"
    template = "No general duty is known for {hs_code} into {destination} on {on}. It may well be due."


class CodeTooShort(CustomsFault):
    """More figures are needed: `choices` are the lines under the code."""

    code = "code-too-short"
    template = "{hs_code} is divided further in the tariff of {destination}: choose one of its lines."


class TableFault(CustomsFault):
    """A file of figures is wrong. Rows count from 1, the heads included."""

    code = "tariff-table"
    template = "{name}, row {row}, column {column}: {fault}"


CODES: Final = frozenset(
    each.code
    for each in (
        UnreadableCode,
        UnreadableDuty,
        NotComputable,
        MeasureMissing,
        UnknownDestination,
        LineMissing,
        CodeTooShort,
    )
)
"""Of what may be missing or unreadable about the duty of some goods."""
