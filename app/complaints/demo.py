"""The demo's complaints: one at each stage, played through the use cases. None of it happened."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app import files
from app.complaints import answering, filing, handling
from app.complaints.messages import COMPLAINANT, SUBJECT, Attached
from app.organisations.models import Organisation
from app.permissions import Actor
from governance import complaints as engine

DAY: Final = timedelta(days=1)
LIMIT: Final = 1 << 20
TICKET: Final = "de" * 32
"""Of the answered complaint, so that its receipt code can be shown to whoever tries the demonstration."""


@dataclass
class Stage:
    """What the complaints are played with. `subjects`: certified makers, and somebody of each."""

    session: Session
    store: files.Store
    subjects: list[tuple[Organisation, Actor]]
    first: Actor  # of the platform's office
    second: Actor  # of an office elsewhere
    now: datetime
    deadlines: engine.Deadlines = engine.DEADLINES

    def file(
        self,
        days_ago: int,
        about: engine.About,
        organisation: Organisation | None,
        what: str,
        wish: str = "",
        ticket: str = "",
    ) -> tuple[UUID, str, datetime]:
        at = self.now - days_ago * DAY
        row, code = filing.file(
            self.session,
            filing.Filing(
                about,
                what,
                whom=organisation.name if organisation else "",
                organisation_id=organisation.id if organisation else None,
                wish=wish,
            ),
            ticket=ticket or filing.new_ticket(),
            now=at,
            deadlines=self.deadlines,
        )
        return row.id, code, at

    def take(self, actor: Actor, complaint_id: UUID, at: datetime) -> None:
        handling.declare(self.session, actor, complaint_id, None, now=at)
        handling.take(self.session, actor, complaint_id, now=at, deadlines=self.deadlines)

    def admit(self, actor: Actor, complaint_id: UUID, whom: str, summary: str, at: datetime) -> None:
        handling.admit(
            self.session,
            actor,
            complaint_id,
            handling.Admission(whom, summary),
            now=at,
            deadlines=self.deadlines,
        )

    def step(
        self,
        actor: Actor,
        complaint_id: UUID,
        action: engine.Action,
        words: str,
        at: datetime,
        outcome: engine.Outcome | None = None,
    ) -> None:
        handling.step(
            self.session,
            actor,
            complaint_id,
            action,
            words,
            outcome=outcome,
            now=at,
            deadlines=self.deadlines,
        )

    def examine(self, actor: Actor, answerer: Actor, complaint_id: UUID, at: datetime) -> None:
        """The other side answers, and what was found is published a week later."""
        answering.answer(
            self.session,
            self.store,
            answerer,
            complaint_id,
            "Demo answer: we looked into our books, and this is how we see it.",
            Attached("demo-list.txt", io.BytesIO(b"Demo list of payments\n")),
            limit=LIMIT,
            now=at,
        )
        self.step(
            actor,
            complaint_id,
            engine.Action.EXAMINE,
            "Demo: both sides were heard, and their lists were compared.",
            at + 7 * DAY,
        )


def play(stage: Stage) -> None:
    for story in (_put_right, _not_admitted, _late, _appealed, _about_the_platform, _answered, _new):
        story(stage)


def _put_right(stage: Stage) -> None:
    """From the first word to the last: upheld, ordered, done, checked, closed."""
    member, answerer = stage.subjects[0]
    me, at = stage.first, stage.now - 160 * DAY
    complaint, code, _ = stage.file(
        160,
        engine.About.MEMBER,
        member,
        "Demo: three deliveries of autumn were not paid when we brought them, and nobody tells us when.",
        "Demo: pay them.",
    )
    stage.take(me, complaint, at + 2 * DAY)
    handling.write(
        stage.session,
        stage.store,
        me,
        complaint,
        COMPLAINANT,
        "Demo: thank you for writing. Do you have a list of what was brought, without names?",
        None,
        limit=LIMIT,
        now=at + 3 * DAY,
    )
    filing.answer(
        stage.session,
        stage.store,
        code,
        "Demo: here it is.",
        Attached("demo-deliveries.txt", io.BytesIO(b"Demo: three deliveries\n")),
        limit=LIMIT,
        now=at + 5 * DAY,
    )
    stage.admit(
        me, complaint, member.name, "Demo: payment of deliveries is said to be outstanding.", at + 6 * DAY
    )
    handling.write(
        stage.session,
        stage.store,
        me,
        complaint,
        SUBJECT,
        "Demo: please send your list of payments of the last two seasons.",
        None,
        limit=LIMIT,
        now=at + 7 * DAY,
    )
    stage.examine(me, answerer, complaint, at + 15 * DAY)
    due = (at + 60 * DAY).date()
    owed = handling.order(
        stage.session,
        me,
        complaint,
        what="Demo: pay what is outstanding, and hang up the days of payment.",
        who="The board",
        due=due,
        now=at + 30 * DAY,
        deadlines=stage.deadlines,
    )
    stage.step(
        me,
        complaint,
        engine.Action.ANSWER,
        "Demo: the payments are outstanding, which the standard does not allow.",
        at + 31 * DAY,
        engine.Outcome.UPHELD,
    )
    proof = "Demo: the bank's statement, and the list on the wall of the store."
    answering.offer_proof(stage.session, answerer, complaint, owed.id, proof, now=at + 50 * DAY)
    handling.verify(stage.session, me, complaint, owed.id, "", now=at + 55 * DAY, deadlines=stage.deadlines)
    stage.step(
        me, complaint, engine.Action.REMEDY, "Demo: all is paid, as two members confirmed.", at + 56 * DAY
    )
    stage.step(me, complaint, engine.Action.CLOSE, "", at + (57 + stage.deadlines.appeal) * DAY)


def _not_admitted(stage: Stage) -> None:
    complaint, _code, at = stage.file(
        95, engine.About.MEMBER, stage.subjects[1][0], "Demo: a parcel came with a broken bowl in it."
    )
    stage.take(stage.second, complaint, at + DAY)
    stage.step(
        stage.second,
        complaint,
        engine.Action.REFUSE,
        "Demo: damage in transport is settled with the seller, whose page says how.",
        at + 4 * DAY,
    )
    closing = at + (6 + stage.deadlines.appeal) * DAY
    stage.step(stage.second, complaint, engine.Action.CLOSE, "", closing)


def _late(stage: Stage) -> None:
    """Admitted, and longer in the works than it should be: everybody sees it."""
    member, _answerer = stage.subjects[1]
    complaint, _code, at = stage.file(
        75, engine.About.MEMBER, member, "Demo: in the dyeing shed there are no gloves and no running water."
    )
    stage.take(stage.second, complaint, at + 3 * DAY)
    stage.admit(
        stage.second,
        complaint,
        member.name,
        "Demo: protection in the dyeing shed is said to be missing.",
        at + 9 * DAY,
    )


def _appealed(stage: Stage) -> None:
    member, answerer = stage.subjects[0]
    complaint, code, at = stage.file(
        60, engine.About.MEMBER, member, "Demo: only some of us were asked before the prices were changed."
    )
    stage.take(stage.first, complaint, at + 2 * DAY)
    stage.admit(
        stage.first, complaint, member.name, "Demo: members are said not to have been asked.", at + 5 * DAY
    )
    stage.examine(stage.first, answerer, complaint, at + 20 * DAY)
    stage.step(
        stage.first,
        complaint,
        engine.Action.ANSWER,
        "Demo: the minutes show a vote of the members.",
        at + 35 * DAY,
        engine.Outcome.NOT_UPHELD,
    )
    filing.appeal(
        stage.session,
        code,
        "Demo: the minutes were written afterwards.",
        now=at + 50 * DAY,
        deadlines=stage.deadlines,
    )
    stage.take(stage.second, complaint, at + 53 * DAY)


def _about_the_platform(stage: Stage) -> None:
    complaint, _code, at = stage.file(
        20, engine.About.PLATFORM, None, "Demo: the page of payments shows no days on my phone."
    )
    stage.take(stage.second, complaint, at + DAY)
    stage.admit(
        stage.second, complaint, "", "Demo: days are said to be missing on small screens.", at + 3 * DAY
    )


def _answered(stage: Stage) -> None:
    """Answered, with something still to be done."""
    member, answerer = stage.subjects[2 % len(stage.subjects)]
    complaint, _code, at = stage.file(
        45,
        engine.About.MEMBER,
        member,
        "Demo: the women of the evening group get less for the same work.",
        ticket=TICKET,
    )
    stage.take(stage.first, complaint, at + DAY)
    stage.admit(
        stage.first, complaint, member.name, "Demo: unequal pay is said to be practised.", at + 4 * DAY
    )
    stage.examine(stage.first, answerer, complaint, at + 12 * DAY)
    stage.step(
        stage.first,
        complaint,
        engine.Action.ANSWER,
        "Demo: in one group the rates differ without a reason.",
        at + 25 * DAY,
        engine.Outcome.PARTLY,
    )
    handling.order(
        stage.session,
        stage.first,
        complaint,
        what="Demo: one rate for the same work, and the difference paid.",
        who="The board",
        due=(stage.now + 14 * DAY).date(),
        now=at + 26 * DAY,
        deadlines=stage.deadlines,
    )


def _new(stage: Stage) -> None:
    taken, _code, at = stage.file(
        6, engine.About.MEMBER, stage.subjects[1][0], "Demo: the scale at the store shows too little."
    )
    stage.take(stage.first, taken, at + DAY)
    stage.file(3, engine.About.DECISION, stage.subjects[0][0], "Demo: nobody visited the second workshop.")
