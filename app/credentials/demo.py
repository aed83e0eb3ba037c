"""The demo's certificates, signed."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.credentials import service
from app.settings import Settings


def sign(session: Session, settings: Settings, *, now: datetime) -> None:
    """Sign what the demo's certification issued, as the worker would."""
    service.issue_missing(session, settings, now=now)
