"""What entries say, for people."""

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from app.language import Language
from app.tlog.models import LogEntry, LogStatement
from governance.log.statements import ERASED

Text = Callable[[str], str]
HASH: Final = re.compile(r"[0-9a-f]{64}")
AMOUNTS: Final = ("charged_for_shipping", "alone")
"""Names of amounts in minor units of the statement's currency."""


def kinds(_: Text) -> dict[str, str]:
    return {
        "certificate.granted": _("Certificate granted"),
        "certificate.suspended": _("Certificate suspended"),
        "certificate.reinstated": _("Certificate reinstated"),
        "certificate.withdrawn": _("Certificate withdrawn"),
        "certificate.expired": _("Certificate expired"),
        "standard.published": _("Text of a standard published"),
        "standard.adopted": _("Standard adopted"),
        "standard.changed": _("Text of a standard changed"),
        "pool.split": _("Cost of a pool split"),
        "pool.settled": _("Pool settled"),
        "complaint.decided": _("Complaint decided"),
        "vote.opened": _("Vote opened, its roll fixed"),
        "vote.counted": _("Vote counted"),
        ERASED: _("What an entry said was erased"),
    }


def names(_: Text) -> dict[str, str]:
    """What is in a statement, by its names, in the order in which a page shows it."""
    return {
        "certificate": _("Certificate"),
        "organisation": _("Organisation"),
        "country": _("Country"),
        "status": _("Status"),
        "reasons": _("Reasons"),
        "standard": _("Standard"),
        "title": _("Title"),
        "effective": _("In force from"),
        "sites": _("Sites"),
        "products": _("Goods"),
        "conditions": _("Conditions"),
        "valid_from": _("Valid from"),
        "valid_until": _("Valid until"),
        "pool": _("Pool"),
        "orders": _("Orders"),
        "charged_for_shipping": _("Charged for shipping"),
        "alone": _("Each alone"),
        "complaint": _("Complaint"),
        "state": _("State"),
        "vote": _("Vote"),
        "members": _("Members"),
        "ballots": _("Ballots"),
        "until": _("Until"),
        "outcome": _("Outcome"),
        "entry": _("Entry"),
        "reason": _("Reason"),
        "file": _("File"),
        "sha256": _("SHA-256"),
    }


def rows(statement: LogStatement, lang: Language) -> list[tuple[str, Any]]:
    """Label and value of everything in a statement; a hash in letters of one width."""
    said, known = statement.as_json(), names(lang.text)
    order = list(known)
    currency = said.get("currency")
    shown: list[tuple[str, Any]] = []
    for name in sorted(said, key=lambda each: (order.index(each) if each in known else len(order), each)):
        value, label = said[name], known.get(name, name)
        if name in {"kind", "at"} or (name == "currency" and set(AMOUNTS) & set(said)):
            continue  # in the page's head; with the amounts
        if name in AMOUNTS and isinstance(value, int) and isinstance(currency, str):
            shown.append((label, lang.money(value, currency)))
        elif isinstance(value, dict):
            shown += [(f"{label}: {inner}", _shown(each)) for inner, each in value.items()]
        else:
            shown.append(
                (
                    label,
                    [_shown(each) for each in value] if isinstance(value, list) and value else _shown(value),
                )
            )
    return shown


def _shown(value: Any) -> str:
    if isinstance(value, str) and HASH.fullmatch(value):
        return Markup('<span class="mono">{}</span>').format(value)
    if isinstance(value, str) and value:
        return value
    return json.dumps(value, ensure_ascii=False) if value else "–"


def address(row: LogEntry, statement: LogStatement | None) -> str | None:
    """Where the thing that an entry is about has its page."""
    said = statement.as_json() if statement else {}
    match row.subject_kind:
        case "pool":
            return f"/pools/{row.subject_id}/documents"
        case "certificate" if isinstance(said.get("certificate"), str):
            return f"/registry/{quote(said['certificate'])}"
        case "vote" if isinstance(said.get("vote"), str):
            return f"/votes/{quote(said['vote'])}"
        case "standard" if isinstance(said.get("standard"), str):
            return f"/standards/{quote(said['standard'])}"
    return None


def title(row: LogEntry, statement: LogStatement | None, _: Text) -> str:
    """One line that tells entries apart."""
    said = statement.as_json() if statement else {}
    about = next(
        (said[name] for name in ("organisation", "title", "pool", "complaint", "vote") if said.get(name)), ""
    )
    kind = kinds(_).get(row.kind, row.kind)
    return f"{kind}: {about}" if about else kind
