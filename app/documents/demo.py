"""The demo's documents, adopted and published on their days. Plainly a demonstration's."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.documents import service
from app.documents.service import Kind
from app.permissions import Actor
from governance.documents import PUBLISH_DAYS

DAY: Final = timedelta(days=1)

CONSTITUTION: Final = """# Demo constitution

## 1 Who we are

This is the constitution of a demonstration. The organisation is a co-operative of its members: producers,
buyers, hubs and friends of fair trade.

## 2 Members

Each member has one vote, whatever its size, its turnover or the country that it is in.

A member that is suspended keeps its seat in the meeting but does not vote.

## 3 General meeting

The general meeting comes together once a year. It decides on the accounts, on this constitution and on the
board. It can decide when a quarter of the members take part.

## 4 Board

The board has seven members, of whom at least four work for producers.

## 5 Answering to others

Anybody can complain. An ombudsperson who has no part in the matter looks at it.
"""
_CHANGES: Final = (
    (
        "when a quarter of the members take part",
        "when a third of the members take part, in person or by post",
    ),
    (
        "The board has seven members, of whom at least four work for producers.",
        "The board has nine members, of whom at least five work for producers, one at least of each region.",
    ),
)
RULES: Final = """# Demo rules of complaints

- Anybody can complain, without a name too.
- The ombudsperson takes a complaint within five days.
- Those it is about are heard before anything is found.
- What is ordered has a day, and somebody looks whether it was done.
"""
MINUTES: Final = """# Demo minutes of the general meeting

Present: 41 of 60 members, by 6 of 6 kinds and from all five regions.

| item | for | against |
| --- | --- | --- |
| Accounts of the year | 40 | 1 |
| Change of the constitution | 35 | 6 |

The meeting thanked those who came by night train.
"""
REPORT: Final = """# Demo report of the year

In this demonstration nothing was sold and nobody was paid. The figures of the other pages are made up in the
same way, and add up.
"""


def play(session: Session, actor: Actor, *, now: datetime, target: int = PUBLISH_DAYS) -> None:
    second = CONSTITUTION
    for old, new in _CHANGES:
        second = second.replace(old, new)
    for kind, title, versions in (
        (
            Kind.CONSTITUTION,
            "Constitution",
            (
                (380, 9, CONSTITUTION, ""),
                (60, 6, second, "A third must take part, and the board has nine seats."),
            ),
        ),
        (Kind.RULES, "Rules of complaints", ((300, 12, RULES, ""),)),
        (Kind.MINUTES, "Minutes of the general meeting", ((60, 31, MINUTES, ""),)),
        (Kind.REPORT, "Report of the year", ((90, 10, REPORT, ""),)),
    ):
        made = service.add(session, actor, kind=kind, title=title, now=now - versions[0][0] * DAY)
        for adopted, took, source, change in versions:
            _version(session, actor, made.slug, now - adopted * DAY, took, source, change, target)
    service.enter(
        session,
        actor,
        "rules-of-complaints",
        adopted_on=(now - 5 * DAY).date(),
        adopted_by="Demo board",
        target=target,
        now=now - 4 * DAY,
    )


def _version(
    session: Session,
    actor: Actor,
    slug: str,
    adopted: datetime,
    took: int,
    source: str,
    change: str,
    target: int,
) -> None:
    made = service.enter(
        session,
        actor,
        slug,
        adopted_on=adopted.date(),
        adopted_by="Demo general meeting",
        target=target,
        now=adopted + DAY,
    )
    service.publish(session, actor, slug, made.number, source=source, change=change, now=adopted + took * DAY)
