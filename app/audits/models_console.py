"""What people of the console keep for themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class SavedFilter(Base):
    """A view of the queue that a person gave a name: the same question, asked again tomorrow."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        UniqueConstraint("person_id", "name"),
        CheckConstraint("length(name) BETWEEN 1 AND 60 AND length(question) <= 500", name="lengths"),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    question: Mapped[str]  # the query of the queue's address, as `queue.question_of` writes it
    created_at: Mapped[datetime]
