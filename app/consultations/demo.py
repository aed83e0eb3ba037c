"""The demo's consultations: one answered, by which a standard version was adopted; one open; a draft."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.complaints.filing import new_ticket
from app.consultations import commenting, service
from app.consultations.commenting import Said
from app.permissions import Actor
from certification import standards
from governance.consultations import RULES

DAY: Final = timedelta(days=1)


def play(session: Session, runner: Actor, voices: list[Actor], *, now: datetime) -> None:
    """`voices`: people whose organisations comment."""
    _answered(session, runner, voices, now - 200 * DAY)
    _open(session, runner, voices, now - 12 * DAY)
    service.save(
        session,
        runner,
        service.Question(
            "Demo: how should regional boards be chosen?",
            "By lot, by vote, or both?",
            "Demo: the general meeting asked for it.",
            (now + 10 * DAY).date(),
            (now + 60 * DAY).date(),
        ),
        now=now,
    )


def _ask(session: Session, runner: Actor, question: service.Question, at: datetime) -> str:
    made = service.save(session, runner, question, now=at)
    service.publish(session, runner, made.slug, rules=RULES, now=at)
    return made.slug


def _say(session: Session, slug: str, said: Said, at: datetime) -> None:
    made, _code = commenting.by_receipt(session, slug, said, ticket=new_ticket(), now=at)
    commenting.confirm(session, service.load(session, slug), made, now=at)


def _answered(session: Session, runner: Actor, voices: list[Actor], at: datetime) -> None:
    slug = _ask(
        session,
        runner,
        service.Question(
            "Demo: time to reach a living wage",
            "How soon can a small workshop pay a living wage?",
            "Demo: the draft asked for it within a year.\n\nWhat would it take where you work?",
            at.date(),
            (at + 45 * DAY).date(),
            standards()[-1].key,
        ),
        at,
    )
    for number, actor in enumerate(voices):
        words = f"Demo comment {number + 1}: one year is short where prices were agreed before."
        commenting.as_organisation(session, actor, slug, words, now=at + (3 + number) * DAY)
    _say(
        session,
        slug,
        Said("Demo: and tell us the figure in our own money, please.", "worker", "KE"),
        at + 9 * DAY,
    )
    _say(session, slug, Said("Demo: buy cheap watches here", "person", "US", "Demo spam"), at + 10 * DAY)
    themes = [
        service.add_theme(session, runner, slug, title, now=at + 50 * DAY)
        for title in ("Demo: more time for small workshops", "Demo: figures people can use")
    ]
    for comment in service.comments(session, service.load(session, slug)):
        if comment.name == "Demo spam":
            reason = "Advertising that has nothing to do with the question."
            service.remove(session, runner, slug, comment.id, reason, rules=RULES, now=at + 51 * DAY)
        else:
            theme = themes[1 if comment.kind == "worker" else 0]
            service.sort(session, runner, slug, comment.id, theme.id, now=at + 51 * DAY)
    for theme, answer, changed in zip(
        themes,
        (
            "Demo: you asked for more time. We agree, where prices were agreed before.",
            "Demo: you asked for figures in your own money. We agree.",
        ),
        (
            "Demo: two years instead of one for micro and small organisations.",
            "Demo: the guidance names a figure for each country.",
        ),
        strict=True,
    ):
        service.answer_theme(
            session, runner, slug, theme.id, answer=answer, changed=changed, now=at + 70 * DAY
        )
    service.publish_answers(session, runner, slug, now=at + 80 * DAY)
    service.adopt(session, runner, standards()[-1].key, now=at + 100 * DAY)


def _open(session: Session, runner: Actor, voices: list[Actor], at: datetime) -> None:
    slug = _ask(
        session,
        runner,
        service.Question(
            "Demo: pesticides in the next standard",
            "Which pesticides should nobody use, and what do you use instead?",
            "Demo: the next version of the standard gets a list.\n\n"
            "The draft follows the list of highly hazardous pesticides. What does that mean for your crop?",
            at.date(),
            (at + 60 * DAY).date(),
            "fairhaul-2028.1",
        ),
        at,
    )
    service.add_theme(session, runner, slug, "Demo: what to use instead", now=at + 5 * DAY)
    for number, actor in enumerate(voices[-2:]):
        words = f"Demo comment {number + 1}: shops ask us for this list every week."
        commenting.as_organisation(session, actor, slug, words, now=at + (2 + number) * DAY)
    _say(session, slug, Said("Demo: I study soils and can help.", "civil society", "DE"), at + 4 * DAY)
