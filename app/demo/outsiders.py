"""The demo answers to outsiders: complaints, documents, consultations, votes."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.complaints import demo as complaints
from app.consultations import demo as consultations
from app.documents import demo as documents
from app.files import Store
from app.organisations.models import Organisation
from app.permissions import Actor
from app.settings import Settings
from app.votes import demo as votes

VOICES: Final = ("producer", "shop-leiden", "shop-gent", "hub-rotterdam")
ADMITTED: Final = VOICES[1:]


def play(
    session: Session,
    store: Store,
    actor: Callable[[Session, str], Actor],
    makers: list[str],
    *,
    settings: Settings,
    now: datetime,
) -> None:
    """`makers`: accounts of certified makers, at least three."""
    subjects = [
        (session.get_one(Organisation, each.organisation_id), each)
        for each in (actor(session, account) for account in makers)
    ]
    complaints.play(
        complaints.Stage(
            session=session,
            store=store,
            subjects=subjects,
            first=actor(session, "ombudsperson"),
            second=actor(session, "ombudsperson-two"),
            now=now,
            deadlines=settings.complaint_deadlines,
        )
    )
    operator = actor(session, "operator")
    documents.play(session, operator, now=now)
    voices = [actor(session, account) for account in VOICES]
    consultations.play(session, actor(session, "programme"), voices, now=now)
    votes.play(
        session,
        operator,
        [each for _, each in subjects],
        [actor(session, account) for account in ADMITTED],
        settings,
        now=now,
    )
