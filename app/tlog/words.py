"""What entries say, for people."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from app.tlog.models import LogEntry, LogStatement
from governance.log.statements import ERASED

Text = Callable[[str], str]


def kinds(_: Text) -> dict[str, str]:
    return {
        "certificate.granted": _("Certificate granted"),
        "certificate.suspended": _("Certificate suspended"),
        "certificate.reinstated": _("Certificate reinstated"),
        "certificate.withdrawn": _("Certificate withdrawn"),
        "certificate.expired": _("Certificate expired"),
        "standard.adopted": _("Standard adopted"),
        "standard.changed": _("Text of a standard changed"),
        "pool.split": _("Cost of a pool split"),
        "pool.settled": _("Pool settled"),
        "complaint.decided": _("Complaint decided"),
        "vote.counted": _("Vote counted"),
        ERASED: _("What an entry said was erased"),
    }


def names(_: Text) -> dict[str, str]:
    """What is in a statement, by its names."""
    return {
        "kind": _("Kind of event"),
        "at": _("When"),
        "certificate": _("Certificate"),
        "organisation": _("Organisation"),
        "country": _("Country"),
        "standard": _("Standard"),
        "sites": _("Sites"),
        "products": _("Goods"),
        "conditions": _("Conditions"),
        "valid_from": _("Valid from"),
        "valid_until": _("Valid until"),
        "status": _("Status"),
        "reasons": _("Reasons"),
        "title": _("Title"),
        "effective": _("In force from"),
        "file": _("File"),
        "pool": _("Pool"),
        "currency": _("Currency"),
        "orders": _("Orders"),
        "charged_for_shipping": _("Charged for shipping, in minor units"),
        "alone": _("Each alone, in minor units"),
        "entry": _("Entry"),
        "reason": _("Reason"),
    }


def rows(statement: LogStatement, _: Text) -> Iterator[tuple[str, str | list[str]]]:
    """Name and value of everything in a statement, what is inside of something after it."""
    known = names(_)
    for name, value in statement.as_json().items():
        label = known.get(name, name)
        if isinstance(value, dict):
            yield from ((f"{label}: {inner}", _shown(each)) for inner, each in value.items())
        else:
            yield label, [_shown(each) for each in value] or "–" if isinstance(value, list) else _shown(value)


def _shown(value: Any) -> str:
    return (
        value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False) if value else "–"
    )


def title(row: LogEntry, statement: LogStatement | None, _: Text) -> str:
    """One line that tells entries apart."""
    said = statement.as_json() if statement else {}
    about = next(
        (said[name] for name in ("organisation", "title", "pool", "complaint", "vote") if said.get(name)), ""
    )
    kind = kinds(_).get(row.kind, row.kind)
    return f"{kind}: {about}" if about else kind
