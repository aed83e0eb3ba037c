"""Whether a database has the demo: asked at each start, before the story and all that it plays is read."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation

MARK: Final = "demo-platform"
"""Slug of the organisation by which a database is known to have the demo."""


def stands(session: Session) -> bool:
    return session.scalars(select(Organisation.id).filter_by(slug=MARK)).first() is not None
