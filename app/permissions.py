"""Who may do what: one table. Every route names one row of it, and a test walks all routes.

A row answers "may this role do this at all?". Whether the thing is theirs is asked by the use case, which
treats foreign and missing alike.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from fastapi import Request

from app.errors import NotAllowed, NotSignedIn


class Role(StrEnum):
    """What a person does for an organisation."""

    PRODUCER = "producer"
    BUYER = "buyer"
    AUDITOR = "auditor"
    PEER = "peer"  # of a member organisation: visits another one, beside its auditors
    DECISION_MAKER = "decision maker"
    APPEAL = "appeal panel"  # the third group: neither evaluates nor decides what it hears
    PROGRAMME = "programme manager"  # assigns auditors
    HUB = "hub operator"
    OMBUDSPERSON = "ombudsperson"
    OPERATOR = "operator"  # runs the platform: transfers, payouts, health


@dataclass(frozen=True, slots=True)
class Rule:
    """`roles` None: anybody signed in. `public`: anybody. `scope`: what a token must carry."""

    roles: frozenset[Role] | None = None
    public: bool = False
    scope: str = "read"


def _public() -> Rule:
    return Rule(public=True)


def _signed_in(scope: str) -> Rule:
    return Rule(scope=scope)


def _only(scope: str, *roles: Role) -> Rule:
    return Rule(frozenset(roles), scope=scope)


PERMISSIONS: Final[dict[str, Rule]] = {
    # anybody
    "public.read": _public(),
    "account.sign-up": _public(),
    "account.sign-in": _public(),
    "account.reset-password": _public(),
    "account.sign-out": _public(),
    "health.read": _public(),
    "log.cosign": _public(),  # by its signature: only witnesses on our list are kept
    # anybody signed in
    "account.own": _signed_in("account"),
    "organisation.read-own": _signed_in("organisation"),
    "organisation.describe": _signed_in("organisation"),
    # certification
    "case.read-own": _only("certification", Role.PRODUCER),
    "case.answer": _only("certification", Role.PRODUCER),
    "case.correct": _only("certification", Role.PRODUCER),
    "case.appeal": _only("certification", Role.PRODUCER),
    "evidence.read": _only(
        "certification",
        Role.PRODUCER,
        Role.AUDITOR,
        Role.PEER,
        Role.DECISION_MAKER,
        Role.PROGRAMME,
        Role.APPEAL,
    ),
    "case.read": _only("audit", Role.AUDITOR, Role.PEER, Role.DECISION_MAKER, Role.PROGRAMME, Role.APPEAL),
    "case.assign": _only("audit", Role.PROGRAMME),
    "case.audit": _only("audit", Role.AUDITOR, Role.PEER),
    # The auditor may come to the decision page: it tells them why the button is not theirs.
    "case.decide": _only("audit", Role.DECISION_MAKER, Role.AUDITOR),
    "case.hear": _only("audit", Role.APPEAL),
    "case.review": _only("audit", Role.DECISION_MAKER, Role.APPEAL),
    "programme.read": _only("audit", Role.DECISION_MAKER, Role.PROGRAMME),
    "interest.declare": _only("audit", Role.AUDITOR, Role.PEER, Role.DECISION_MAKER, Role.APPEAL),
    # catalogue
    "offer.read-own": _only("catalogue", Role.PRODUCER),
    "offer.write": _only("catalogue", Role.PRODUCER),
    # trade
    "pool.open": _only("trade", Role.HUB),
    "pool.close": _only("trade", Role.HUB),
    "pool.invite": _only("trade", Role.HUB, Role.BUYER),  # of the pool: the use case asks
    "pool.steps": _only("trade", Role.HUB, Role.OPERATOR),
    "planning.run": _only("trade", Role.HUB),
    "order.join": _only("trade", Role.BUYER),
    "order.read-own": _only("trade", Role.BUYER),
    "order.receive": _only("trade", Role.BUYER),
    "consignment.read-own": _only("trade", Role.PRODUCER),
    "delivery.count": _only("trade", Role.HUB),
    "claim.file": _only("trade", Role.BUYER),
    "claim.read": _only("trade", Role.BUYER, Role.PRODUCER, Role.HUB),  # of the claim: the use case asks
    "claim.answer": _only("trade", Role.PRODUCER, Role.HUB),
    "standing.own": _only("trade", Role.BUYER),
    "standing.read": _only("trade", Role.PRODUCER),
    # shipping
    "rate-card.read": _only("shipping", Role.HUB, Role.OPERATOR),
    "rate-card.write": _only("shipping", Role.HUB),
    "tariff.write": _only("shipping", Role.OPERATOR),
    "shipment.read-own": _only("shipping", Role.HUB, Role.BUYER, Role.PRODUCER, Role.OPERATOR),
    "shipment.pack": _only("shipping", Role.HUB, Role.PRODUCER),
    "milestone.set": _only("shipping", Role.HUB),
    "due-diligence.read": _only("trade", Role.PRODUCER, Role.BUYER),  # of a lot: the use case asks whose
    # what happened to goods, as EPCIS events: one's own, and those of shipments one is part of
    "epcis.capture": _signed_in("epcis"),
    "epcis.read": _signed_in("epcis"),
    # what other systems of one's own are told
    "webhook.own": _signed_in("webhooks"),
    # money
    "money.read-own": _only("money", Role.PRODUCER, Role.BUYER, Role.HUB),
    "money.advance": _only("money", Role.PRODUCER),
    "money.receive": _only("money", Role.PRODUCER, Role.BUYER, Role.HUB),  # where, and whether it came
    "money.pool": _only("money", Role.PRODUCER, Role.BUYER, Role.HUB, Role.OPERATOR),
    "card.use": _only("money", Role.BUYER),
    "card.event": _public(),  # signed by Stripe
    "money.read": _only("money", Role.OPERATOR),
    "payment.receive": _only("money", Role.OPERATOR),
    "payout.make": _only("money", Role.OPERATOR),
    "payout.release": _only("money", Role.OPERATOR),  # of another person than proposed it
    # answers to outsiders; what anybody may send stands under "public.read"
    "complaint.handle": _only("accountability", Role.OMBUDSPERSON),
    "complaint.answer": _signed_in("accountability"),
    "document.publish": _only("accountability", Role.PROGRAMME, Role.OPERATOR),
    "consultation.run": _only("accountability", Role.PROGRAMME, Role.OPERATOR),
    "vote.cast": _signed_in("accountability"),
    "vote.run": _only("accountability", Role.PROGRAMME, Role.OPERATOR),
    # platform
    "platform.read": _only("platform", Role.OPERATOR),
    "log.witness": _only("platform", Role.OPERATOR),
}

SCOPES: Final = tuple(sorted({rule.scope for rule in PERMISSIONS.values() if not rule.public}))


@dataclass(frozen=True, slots=True)
class ActsFor:
    """An organisation that a person may act for."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, acting for one organisation. `scopes` None: all that its roles allow."""

    person_id: UUID
    name: str
    email: str
    locale: str
    organisation_id: UUID
    organisation_name: str
    organisation_kind: str
    roles: frozenset[Role]
    session_id: UUID | None = None
    scopes: frozenset[str] | None = None
    organisations: tuple[ActsFor, ...] = ()

    @property
    def who(self) -> dict[str, UUID]:
        """The two arguments of `history.record`."""
        return {"person_id": self.person_id, "organisation_id": self.organisation_id}


def may(actor: Actor | None, action: str) -> bool:
    """Whether the table lets `actor` do `action`. KeyError: the table has no such row."""
    rule = PERMISSIONS[action]
    if rule.public:
        return True
    if actor is None or (actor.scopes is not None and rule.scope not in actor.scopes):
        return False
    return rule.roles is None or bool(rule.roles & actor.roles)


class Needs:
    """A route's permission, as its dependency: `actor: Annotated[Actor, Depends(Needs("order.join"))]`."""

    def __init__(self, action: str) -> None:
        self.rule = PERMISSIONS[action]
        self.action = action

    # Asynchronous though it waits for nothing: else each request would pay a thread for it.
    async def __call__(self, request: Request) -> Actor:
        actor: Actor | None = request.state.actor
        if actor is None:
            raise NotSignedIn
        if not may(actor, self.action):
            raise NotAllowed(facts={"action": self.action})
        return actor


class Anybody:
    """The permission of a public route; gives the actor where there is one."""

    def __init__(self, action: str = "public.read") -> None:
        if not PERMISSIONS[action].public:
            raise ValueError(f"{action} is not public")
        self.action = action

    async def __call__(self, request: Request) -> Actor | None:
        actor: Actor | None = getattr(request.state, "actor", None)  # /health asks no database who it is
        return actor
