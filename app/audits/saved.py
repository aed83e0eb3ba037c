"""Views of the queue that a person keeps under a name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audits.models_console import SavedFilter
from app.audits.queue import read_question
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor

MOST: Final = 30
LONGEST_NAME: Final = 60
LONGEST_QUESTION: Final = 500  # letters of other scripts take several each


def of(session: Session, actor: Actor) -> Sequence[SavedFilter]:
    """What this person has kept, by name."""
    return session.scalars(
        select(SavedFilter).filter_by(person_id=actor.person_id).order_by(SavedFilter.name)
    ).all()


def save(session: Session, actor: Actor, name: str, question: str, *, now: datetime) -> SavedFilter:
    """Keep a view; under a name that is there already, this one takes its place."""
    name = " ".join(name.split())
    if not name:
        raise Faulty(fields={"name": "Enter a name for this view."})
    if len(name) > LONGEST_NAME:
        raise Faulty(fields={"name": f"Use at most {LONGEST_NAME} characters."})
    asked = read_question(question).question
    if len(asked) > LONGEST_QUESTION:
        raise Faulty(fields={"name": "Look for fewer words: this view is too long to keep."})
    known = {each.name for each in of(session, actor)}
    if name not in known and len(known) >= MOST:
        raise Refusal(
            f"You keep {MOST} views already. Remove one first.", code="too-many-views", title="No more views"
        )
    values = {"name": name, "question": asked}
    query = (
        insert(SavedFilter)
        .values(id=uuid7(now), person_id=actor.person_id, created_at=now, **values)
        .on_conflict_do_update(index_elements=["person_id", "name"], set_=values)
        .returning(SavedFilter)
    )
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def remove(session: Session, actor: Actor, saved_id: UUID) -> None:
    """Missing: there is none, or it is another person's."""
    row = session.get(SavedFilter, saved_id)
    if row is None or row.person_id != actor.person_id:
        raise Missing
    session.delete(row)
    session.flush()
