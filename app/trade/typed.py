"""Typed values that forms of trade share."""

from datetime import UTC, datetime

from app.forms import Form


def moment(form: Form, name: str, missing: str) -> datetime | None:
    """A day and time as browsers send it, 2026-01-22T18:00, in UTC."""
    typed = form.raw(name)
    if not typed:
        form.fault(name, missing)
        return None
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        form.fault(name, missing)
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
