"""A market that tests start from: two hubs, a maker, buyers, sailings; by default the paper's own case."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from app.exchange import service as exchange
from app.exchange.published import Published
from app.organisations.models import Kind, Organisation
from app.permissions import Actor, Role
from app.shipping.models import Hub, Sailing, Service
from app.shipping.models_customs import TariffFile, TariffLine
from app.trade import ordering, service
from app.trade.models import Order, Pool
from app.trade.quoting import Wanted
from app.trade.service import PoolSaid
from tests.app.catalogue import scene
from tests.app.making import Making

PAPER: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "logistics" / "examples" / "paper-case.json").read_text()
)
CLOSES = datetime(2026, 1, 22, 18, tzinfo=UTC)


@dataclass
class Market:
    """Everybody of one lane. Days of the paper count from the pool's closing date."""

    session: Session
    make: Making
    hub: Actor = field(init=False)
    operator: Actor = field(init=False)
    origin: Hub = field(init=False)
    destination: Hub = field(init=False)
    makers: list[Actor] = field(default_factory=list)
    decider: UUID = field(init=False)

    def __post_init__(self) -> None:
        make = self.make
        self.decider = make.person(make.organisation(Kind.CERTIFIER), Role.DECISION_MAKER).id
        rotterdam = make.organisation(Kind.HUB, "Test hub Rotterdam", "NL")
        saigon = make.organisation(Kind.HUB, "Test hub Saigon", "VN")
        self.hub = self.actor(rotterdam)
        self.operator = self.actor(make.organisation(Kind.PLATFORM, "Test platform", "NL"))
        self.origin = scene.hub(self.session, saigon)
        self.destination = scene.hub(self.session, rotterdam, "NLRTM", "Rotterdam")
        self.tariff(("441990", "", "Free"))

    def tariff(self, *lines: tuple[str, str, str], into: str = "EU", valid_from: str = "2025-01-01") -> None:
        """A tariff file of (code, programme, rate)."""
        made = TariffFile(
            destination=into,
            form="plain",
            source=f"Test tariff of {valid_from}",
            sha256=f"{into} {valid_from}",
            valid_from=date.fromisoformat(valid_from),
            lines=len(lines),
            read_at=self.now,
        )
        self.session.add(made)
        self.session.flush()
        self.session.add_all(
            TariffLine(file_id=made.id, code=code, programme=programme, rate=rate, row=row)
            for row, (code, programme, rate) in enumerate(lines, start=2)
        )
        self.session.commit()

    def rate(self, base: str, currency: str, value: str, day: str = "2026-01-05") -> None:
        """An exchange rate."""
        exchange.keep(
            self.session,
            [Published(date.fromisoformat(day), base, currency, Decimal(value))],
            "Test bank",
            now=self.now,
        )
        self.session.commit()

    @property
    def now(self) -> datetime:
        return self.make.clock.now

    def actor(self, organisation: Organisation) -> Actor:
        return scene.actor_of(self.session, self.make.person(organisation), organisation)

    def maker(self, name: str = "Test craft maker", **terms: Any) -> Actor:
        """A certified producer with the paper's terms, unless told otherwise."""
        organisation = self.make.organisation(Kind.PRODUCER, name)
        made = scene.terms(self.session, organisation, self.origin, self.now)
        for key, value in terms.items():
            setattr(made, key, value)
        scene.certify(self.session, organisation, self.decider, self.now)
        actor = self.actor(organisation)
        self.makers.append(actor)
        return actor

    def buyer(self, name: str = "") -> Actor:
        return self.actor(self.make.organisation(Kind.BUYER, name, "NL"))

    def offer(self, maker: Actor, **more: Any) -> Offer:
        return scene.offer(self.session, maker, self.now, **more)

    def service(self, form: dict[str, Any], start: date, *, currency: str = "USD") -> Service:
        """A service with its departures, in the form of the pooling problem."""
        made = Service(
            organisation_id=self.hub.organisation_id,
            code=form["id"],
            carrier=f"Test {form['mode']} carrier",
            mode=form["mode"],
            origin_id=self.origin.id,
            destination_id=self.destination.id,
            classes=form["classes"],
            currency=currency,
            tariff=form["tariff"],
            valid_from=start - timedelta(days=30),
            valid_until=start + timedelta(days=365),
        )
        self.session.add(made)
        self.session.flush()
        self.session.add_all(
            Sailing(
                service_id=made.id,
                departs_on=start + timedelta(days=departure["day"]),
                arrives_on=start + timedelta(days=departure["arrives"]),
                capacity_g=departure.get("capacity_g"),
                capacity_cm3=departure.get("capacity_cm3"),
            )
            for departure in form["departures"]
        )
        self.session.commit()
        return made

    def pool(self, **more: Any) -> Pool:
        said: dict[str, Any] = {
            "title": "Lacquerware and baskets, to Rotterdam",
            "origin_id": self.origin.id,
            "hub_id": self.destination.id,
            "currency": "USD",
            "closes_at": CLOSES,
            "latest_arrival_on": CLOSES.date() + timedelta(days=90),
        } | more
        made = service.open_pool(self.session, self.hub, PoolSaid(**said), now=self.now)
        self.session.commit()
        return made

    def join(
        self, buyer: Actor, pool: Pool, *wanted: tuple[Offer, int], needed_by: date | None = None
    ) -> Order:
        made = ordering.join(
            self.session,
            buyer,
            pool.id,
            Wanted({offer.id: quantity for offer, quantity in wanted}, needed_by),
            now=self.now,
        )
        self.session.commit()
        return made


@dataclass
class PaperCase:
    """The paper's maker, sailings and six small buyers, as rows."""

    market: Market
    maker: Actor
    pool: Pool
    offers: list[Offer]
    buyers: list[Actor]
    due: list[date]

    def join_all(self) -> list[Order]:
        return [
            self.market.join(buyer, self.pool, (offer, 1), needed_by=due)
            for buyer, offer, due in zip(self.buyers, self.offers, self.due, strict=True)
        ]


def paper_case(market: Market) -> PaperCase:
    """The six orders, each of one offer that has the value, weight, volume and lead time of its line."""
    maker = market.maker()
    start = CLOSES.date()
    for form in PAPER["services"]:
        market.service(form, start)
    pool = market.pool()
    offers = [
        market.offer(
            maker,
            title=f"Test goods {line['id']}",
            price=line["value"],
            weight_g=line["weight_g"],
            volume_cm3=line["volume_cm3"],
            lead_days=line["ready"],
        )
        for line in PAPER["lines"]
    ]
    buyers = [market.buyer(line["buyer"]) for line in PAPER["lines"]]
    due = [start + timedelta(days=line["due"]) for line in PAPER["lines"]]
    return PaperCase(market, maker, pool, offers, buyers, due)
