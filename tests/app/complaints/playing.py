"""A complaint played through the pages, as its people play it."""

import re
from dataclasses import dataclass
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.complaints.models import Complaint
from app.organisations.models import Kind
from app.permissions import Role
from tests.app.making import Making
from tests.conftest import FixedClock, SignIn

# Words that nobody else would use: where one of them shows, somebody is given away.
CANARIES = (
    "Zephyrine",
    "Quillfeather",
    "+84 555 0199",
    "blue rickshaw",
    "nightingale-lantern",
    "grievous-gable",
)
HAPPENED = (
    "I am Zephyrine Quillfeather and I weave in the back room beside the blue rickshaw. "
    "They have not paid us for three deliveries since the nightingale-lantern festival."
)
WISH = "Pay all of us, also my sister in the grievous-gable house."
CONTACT = "Zephyrine Quillfeather, +84 555 0199"
SUMMARY = "Weavers say that three deliveries of last season are still unpaid."


def code_on(page: str) -> str:
    found = re.search(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){4}", page)
    assert found
    return found.group()


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


@dataclass
class Play:
    """`stranger`: a browser without an account. Each step checks that it went on."""

    session: Session
    clock: FixedClock
    make: Making
    as_person: SignIn
    stranger: TestClient

    def __post_init__(self) -> None:
        self.member = self.make.organisation(Kind.PRODUCER, "Test weavers")
        self.answerer = self.make.person(self.member)
        self.office = self.make.organisation(Kind.CIVIL_SOCIETY, "Test watch", country="KE")
        self.first = self.make.person(self.office, Role.OMBUDSPERSON)
        self.second = self.make.person(self.office, Role.OMBUDSPERSON)
        self.sign_in()
        self.code = ""

    @property
    def row(self) -> Complaint:
        self.session.expire_all()
        return (
            self.session.scalars(select(Complaint).order_by(Complaint.sequence.desc())).first() or Complaint()
        )

    def sign_in(self) -> None:
        self.subject = self.as_person(self.answerer.id)
        self.desk, self.other_desk = self.as_person(self.first.id), self.as_person(self.second.id)

    def later(self, days: int) -> None:
        self.clock.now += timedelta(days=days)
        self.sign_in()

    def file(self, **said: str) -> str:
        page = self.stranger.get("/complaints/new").text
        reply = self.stranger.post(
            "/complaints/new",
            data={
                "about": "member",
                "whom": "Test weavers",
                "what_happened": HAPPENED,
                "wish": WISH,
                "contact": CONTACT,
                "relation": "maker",
                "ticket": hidden(page, "ticket"),
            }
            | said,
        )
        assert reply.status_code == 200, reply.text
        self.code = code_on(reply.text)
        entered = self.stranger.post(
            "/complaints/code", data={"code": self.code, "last_four": self.code[-4:].lower()}
        )
        assert entered.headers["location"] == "/complaints/mine"
        return self.code

    def handle(self, desk: TestClient, step: str, /, **data: str) -> None:
        reply = desk.post(f"/ombudsperson/{self.row.id}/{step}", data=data)
        assert reply.status_code == 303, re.sub(r"(?s).*?<main", "<main", reply.text)[:1500]

    def take(self) -> None:
        self.handle(self.desk, "take")

    def admit(self) -> None:
        self.handle(self.desk, "admission", whom="Test weavers", summary=SUMMARY, no_interest="yes")

    def to_answer(self, outcome: str = "upheld") -> None:
        self.later(2)
        reply = self.subject.post(
            f"/complaints-about-us/{self.row.id}/messages",
            data={"words": "We had no money in spring, the bank was slow."},
        )
        assert reply.status_code == 303
        self.handle(self.desk, "step", action="examine", words="The lists of both sides agree: it is unpaid.")
        self.handle(
            self.desk,
            "step",
            action="answer",
            outcome=outcome,
            words="The deliveries are unpaid, which breaks the standard.",
        )
