"""Duties, preferences, origin and papers. Pure: values and tables in, answers with their sources out."""

from logistics.customs.assessing import Assessment, Preference, assess, old, papers_for, within_union
from logistics.customs.codes import shown, tidy
from logistics.customs.duties import Duty, Goods, Unit, read_duty
from logistics.customs.faults import (
    CodeTooShort,
    CustomsFault,
    LineMissing,
    MeasureMissing,
    NotComputable,
    TableFault,
    UnknownDestination,
    UnreadableCode,
    UnreadableDuty,
)
from logistics.customs.origin import QUESTIONS, Answer, Finding, Outcome, Question, find_origin
from logistics.customs.proofs import REX_LIMIT_CENTS, STATEMENTS, Proof, Statement
from logistics.customs.reading import cited_tariff, read_tariff
from logistics.customs.tariff import (
    CURRENCY,
    MEMBERS,
    Caution,
    Destination,
    Line,
    Programme,
    Source,
    Standing,
    Tariff,
    destination_of,
)

__all__ = [
    "CURRENCY",
    "MEMBERS",
    "QUESTIONS",
    "REX_LIMIT_CENTS",
    "STATEMENTS",
    "Answer",
    "Assessment",
    "Caution",
    "CodeTooShort",
    "CustomsFault",
    "Destination",
    "Duty",
    "Finding",
    "Goods",
    "Line",
    "LineMissing",
    "MeasureMissing",
    "NotComputable",
    "Outcome",
    "Preference",
    "Programme",
    "Proof",
    "Question",
    "Source",
    "Standing",
    "Statement",
    "TableFault",
    "Tariff",
    "Unit",
    "UnknownDestination",
    "UnreadableCode",
    "UnreadableDuty",
    "assess",
    "cited_tariff",
    "destination_of",
    "find_origin",
    "old",
    "papers_for",
    "read_duty",
    "read_tariff",
    "shown",
    "tidy",
    "within_union",
]
