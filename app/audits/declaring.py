"""Interests: what people declare of themselves, and what is found out about them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

import certification as engine
from app import history
from app.audits import models as rows
from app.errors import Faulty
from app.organisations.models import Kind, Organisation, Person
from app.permissions import Actor


def declare(
    session: Session,
    actor: Actor,
    organisation_id: UUID,
    interests: Sequence[engine.Interest],
    *,
    now: datetime,
) -> rows.Declaration:
    """A person's word on one organisation; without interests: that there are none.

    An interest that comes out after the person had a hand in a case marks what was decided for review.
    """
    from app.audits import reviews

    row = declared(session, actor, organisation_id, interests, about=actor.person_id, now=now)
    reviews.after_declaring(session, actor, row, now=now)
    return row


def declared(
    session: Session,
    actor: Actor,
    organisation_id: UUID,
    interests: Sequence[engine.Interest],
    *,
    about: UUID,
    now: datetime,
) -> rows.Declaration:
    """Keep what is known of the interests of one person (`about`) in one organisation."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None or organisation.kind != Kind.PRODUCER:
        raise Faulty(fields={"organisation_id": "Choose an organisation from the list."})
    if session.get(Person, about) is None:
        raise Faulty(fields={"person_id": "Choose a person from the list."})
    row = rows.Declaration(
        person_id=about,
        organisation_id=organisation_id,
        interests=[
            {
                "kind": each.kind.value,
                "until": each.until.isoformat() if each.until else None,
                "note": each.note,
            }
            for each in interests
        ],
        at=now,
    )
    session.add(row)
    session.flush()
    kinds = [each.kind.value for each in interests]
    history.record(
        session,
        row,
        "declared" if about == actor.person_id else "interest found",
        now=now,
        **actor.who,
        organisation=organisation_id,
        person=about,
        interests=kinds,
    )
    return row
