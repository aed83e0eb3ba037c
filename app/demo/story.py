"""Loads the demo through the use cases, with the clock turned to when each thing would have happened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import jobs
from app.audits import demo_evidence, peers
from app.audits.demo import People, Stage, bring_to
from app.catalogue import demo as catalogue_demo
from app.catalogue import service as catalogue
from app.catalogue.models import Offer
from app.claims import demo as claims_demo
from app.credentials import demo as credentials_demo
from app.db import Sessions, uuid7
from app.demo import cast, outsiders, world
from app.demo.mark import stands
from app.demo.world import Body, Lane, Wish
from app.files import open_store
from app.freight import demo as freight_demo
from app.identity import acting
from app.ledger import payments
from app.organisations import service as organisations
from app.organisations.models import Kind, Organisation, Person
from app.parcels import demo as parcels_demo
from app.payouts import demo as payouts_demo
from app.permissions import Actor
from app.planning import demo as planning_demo
from app.settings import Settings
from app.shipping import customs_demo
from app.shipping import service as shipping
from app.shipping.models import Hub, Milestone, MilestoneKind, Sailing, Service, Shipment
from app.standing import demo as standing_demo
from app.stories import demo as stories_demo
from app.tlog.demo import sign_demo
from app.trade import demo as trade_demo
from app.trade import jobs as trade_jobs
from app.trade import ordering
from app.trade import service as trade
from app.trade.models import Charge, Order, Pool, PoolState
from app.trade.quoting import Wanted
from certification import standards

CERTIFIED_BEFORE: Final = timedelta(days=300)
HOLDING: Final = (Stage.CERTIFIED, Stage.IN_SURVEILLANCE, Stage.RENEWING)
DAY: Final = timedelta(days=1)
VISITS_OTHERS: Final = "baskets"
"""A maker whose person visits others as a peer."""
# How long ago a case began whose last step was a few days ago
STEP_BEFORE: Final = {
    stage: (days + 4) * DAY
    for stage, days in {
        Stage.ASSESSING: 10,
        Stage.SUBMITTED: 12,
        Stage.AUDIT_PLANNED: 17,
        Stage.AUDITED: 21,
        Stage.CORRECTING: 26,
        Stage.RECOMMENDED: 38,
    }.items()
}
IN_FORCE: Final = datetime.combine(min(each.effective for each in standards()), time(9), UTC)
"""No case begins before there is a standard."""
SAILINGS: Final = 12
LATE: Final = 3
BANK: Final = "DEMO-BANK"

Say = Callable[[str], None]


@dataclass
class Scene:
    """What was made so far, by the keys of `world`."""

    sessions: Sessions
    settings: Settings
    now: datetime
    password_hash: str  # one for all: they share the password
    actors: dict[str, UUID] = field(default_factory=dict)  # account -> person
    bodies: dict[str, UUID] = field(default_factory=dict)  # key -> organisation
    hubs: dict[str, UUID] = field(default_factory=dict)  # code -> hub

    def actor(self, session: Session, account: str) -> Actor:
        person = self.actors[account]
        organisation = next(
            body.key for body in _bodies() for each in body.members if each.account == account
        )
        actor = acting(session, person, self.bodies[organisation])
        assert actor is not None
        return actor


def load(sessions: Sessions, settings: Settings, *, now: datetime, say: Say = lambda _words: None) -> bool:
    """Make the demo; False where it is there already. An interrupted load leaves nothing."""
    with sessions() as session:
        if stands(session):
            return False
    # All of it in one transaction: its inner commits are savepoints.
    bind = sessions.kw["bind"]
    assert isinstance(bind, Engine)
    with bind.connect() as connection, connection.begin():
        inner = Sessions(bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        _play(Scene(inner, settings, now, organisations.hasher().hash(cast.PASSWORD)), say)
    return True


def _play(scene: Scene, say: Say) -> None:
    before = jobs.around.sessions, jobs.around.settings, jobs.around.clock
    try:
        jobs.around.sessions, jobs.around.settings = scene.sessions, scene.settings
        say("organisations and people of five regions")
        with scene.sessions.begin() as session:
            for body in _bodies():
                _body(scene, session, body)
            _places(scene, session)
        say("certification, each maker at another stage")
        for body in world.PRODUCERS:
            with scene.sessions.begin() as session:
                _certify(scene, session, body)
        with scene.sessions.begin() as session:
            credentials_demo.sign(session, scene.settings, now=scene.now)
        with scene.sessions() as session:
            applicant = scene.actor(session, "applicant")
        demo_evidence.play(scene.sessions, open_store(scene.settings), applicant, now=scene.now)
        say("offers and terms")
        with scene.sessions.begin() as session:
            _catalogue(scene, session)
            traders = [each for each in _bodies() if each.kind in (Kind.PRODUCER, Kind.BUYER)]
            actors = [scene.actor(session, each.members[0].account) for each in traders]
            customs_demo.name_all(session, actors, now=scene.now)
        with scene.sessions.begin() as session:
            payees = [(scene.actor(session, _first(key)), said) for key, said in payouts_demo.MAKERS.items()]
            payees.append((scene.actor(session, "hub-callao"), payouts_demo.HUB))
            payouts_demo.give_details(session, payees, scene.settings, now=scene.now - 190 * DAY)
        with scene.sessions.begin() as session:
            for account, prefix in parcels_demo.PREFIXES.items():
                parcels_demo.identify(
                    session, scene.actor(session, account), prefix, now=scene.now - 190 * DAY
                )
            shop = scene.actor(session, "shop-leiden")
            parcels_demo.listen(session, shop, scene.settings, now=scene.now - 100 * DAY)
        say("a delivered pool, one on its way, a planned one, and an open one")
        delivered = _pool(scene, _DELIVERED)
        _pool(scene, _PAID)
        _pool(scene, _PLANNED)
        _pool(scene, _OPEN)
        _plan_together(scene)
        with scene.sessions.begin() as session:
            knitters, coffee = scene.actor(session, "knitters"), scene.actor(session, "coffee")
            stories_demo.play(session, open_store(scene.settings), knitters, coffee, now=scene.now)
        with scene.sessions.begin() as session:
            first, second = scene.actor(session, "shop-gent"), scene.actor(session, "coop-bremen")
            trade_demo.ask(session, first, second, scene.hubs["PECLL"], scene.hubs["NLRTM"], now=scene.now)
        with scene.sessions.begin() as session:
            parcels_demo.capture(session, scene.actor(session, "producer"), now=scene.now)
            parcels_demo.answer_all(session, now=scene.now)
        with scene.sessions.begin() as session:
            _after(scene, session, delivered)
        say("complaints, documents, consultations, votes")
        with scene.sessions.begin() as session:
            outsiders.play(
                session,
                open_store(scene.settings),
                scene.actor,
                [each.members[0].account for each in world.PRODUCERS if each.stage in HOLDING][1:],
                settings=scene.settings,
                now=scene.now,
            )
        say("the transparency log, signed over all of it")
        with scene.sessions.begin() as session:
            sign_demo(session, scene.settings, scene.actor(session, "operator"), now=scene.now)
    finally:
        jobs.around.sessions, jobs.around.settings, jobs.around.clock = before


def _bodies() -> tuple[Body, ...]:
    return (*world.PLATFORM, *world.HUBS, *world.PRODUCERS, *world.BUYERS)


def _body(scene: Scene, session: Session, body: Body) -> None:
    made_at = scene.now - CERTIFIED_BEFORE - 60 * DAY
    organisation = organisations.add_organisation(
        session,
        kind=body.kind,
        name=body.name,
        country=body.country,
        now=made_at,
        place=body.place,
        about=body.about,
        picture=body.picture,
        demo=True,
        listed=body.kind == Kind.PRODUCER and body.stage != "registered",
    )
    scene.bodies[body.key] = organisation.id
    for each in body.members:
        person = Person(
            id=uuid7(made_at),
            email=cast.address(each.account),
            name=each.name,
            password_hash=scene.password_hash,
            created_at=made_at,
        )
        session.add(person)
        session.flush()
        scene.actors[each.account] = person.id
        for role in each.roles:
            organisations.add_membership(session, person, organisation, role, now=made_at)
    if body.kind == Kind.PRODUCER:
        members, workers = body.people
        organisations.describe(
            session,
            scene.actor(session, body.members[0].account),
            organisations.Description(
                name=body.name,
                country=body.country,
                place=body.place,
                about=body.about,
                works_as=body.works_as,
                members=members,
                workers=workers,
                product_kinds=body.goods,
                traits=body.traits,
                listed=organisation.listed,
                sites=[("Demo workshop", body.place, body.country, members + workers)],
            ),
            now=made_at,
        )


def _places(scene: Scene, session: Session) -> None:
    for place in world.PLACES:
        hub = Hub(
            id=uuid7(scene.now),
            organisation_id=scene.bodies[place.keeper],
            code=place.code,
            name=place.name,
            country=place.country,
            latitude=Decimal(place.latitude),
            longitude=Decimal(place.longitude),
        )
        session.add(hub)
        scene.hubs[place.code] = hub.id
    session.flush()


def _certify(scene: Scene, session: Session, body: Body) -> None:
    stage = Stage(body.stage)
    people = People(
        producer=scene.actor(session, body.members[0].account),
        programme=scene.actor(session, "programme"),
        auditor=scene.actor(session, "auditor"),
        decision_maker=scene.actor(session, "decision-maker"),
    )
    start = max(scene.now - STEP_BEFORE.get(stage, CERTIFIED_BEFORE), IN_FORCE)
    bring_to(
        session,
        open_store(scene.settings),
        session.get_one(Organisation, scene.bodies[body.key]),
        stage,
        people=people,
        start=start,
        now=scene.now,
        panel=scene.actor(session, "appeals"),
    )
    if body.key == VISITS_OTHERS:
        peers.volunteer(session, people.producer, now=scene.now - 40 * DAY)


def _catalogue(scene: Scene, session: Session) -> None:
    made_at = scene.now - 200 * DAY
    catalogue_demo.rates(session, now=scene.now)
    customs_demo.tariff(session, now=scene.now)
    for maker, (hub, minimum, fee, customs, carriage) in world.TERMS.items():
        body = next(each for each in world.PRODUCERS if each.key == maker)
        actor = scene.actor(session, body.members[0].account)
        catalogue.save_terms(
            session,
            actor,
            catalogue.TermsSaid(scene.hubs[hub], "USD", minimum, fee, customs, carriage),
            version=None,
            now=made_at,
        )
        for good in world.GOODS:
            if good.maker == maker:
                offer = catalogue.add_offer(
                    session,
                    actor,
                    catalogue.OfferSaid(
                        title=good.title,
                        story=good.story,
                        unit=good.unit,
                        price=good.price,
                        weight_g=good.weight_g,
                        volume_cm3=good.volume_cm3,
                        hs_code=good.hs_code,
                        cargo_class=good.cargo_class,
                        lead_days=good.lead_days,
                        stock=None,
                        least_quantity=1,
                        case_size=good.case_size,
                        picture=good.picture,
                    ),
                    now=made_at,
                )
                catalogue_demo.price(session, actor, offer, now=made_at)


@dataclass(frozen=True, slots=True)
class Plot:
    """One pool of the demo. `closes`: days from today."""

    title: str
    origin: str
    hub: str
    opened: int
    closes: int
    arrival: int  # days after closing
    wishes: tuple[Wish, ...]
    until: PoolState
    capacity_cm3: int | None = None


_OPEN: Final = Plot(
    "Lacquerware and baskets, to Rotterdam",
    "VNSGN",
    "NLRTM",
    -12,
    9,
    90,
    world.PAPER[:-1],
    PoolState.OPEN,
    6_000_000,
)
_PLANNED: Final = Plot(
    "Coffee and baskets of East Africa, to Hamburg",
    "KEMBA",
    "DEHAM",
    -30,
    -2,
    80,
    world.AFRICA,
    PoolState.PLANNED,
)
_DELIVERED: Final = Plot(
    "Alpaca of the Andes, to Rotterdam", "PECLL", "NLRTM", -110, -80, 75, world.ANDES, PoolState.SETTLED
)

_PAID: Final = Plot(
    "Alpaca for the autumn, to Rotterdam", "PECLL", "NLRTM", -34, -15, 75, world.ALPACA, PoolState.CONFIRMED
)


_TOGETHER: Final = (
    Plot("Scarves for spring, to Rotterdam", "PECLL", "NLRTM", -20, -1, 75, world.SCARVES, PoolState.PLANNED),
    Plot(
        "Blankets for spring, to Rotterdam", "PECLL", "NLRTM", -18, -1, 75, world.BLANKETS, PoolState.PLANNED
    ),
    Plot("More alpaca for spring, to Rotterdam", "PECLL", "NLRTM", -9, 4, 75, world.MORE, PoolState.OPEN),
)


def _first(body: str) -> str:
    """Account of the first person of an organisation."""
    return next(each.members[0].account for each in _bodies() if each.key == body)


def _after(scene: Scene, session: Session, delivered: UUID) -> None:
    """Claims for a delivered pool, cases that are filled together, and standing orders."""
    buyers = [scene.actor(session, wish.buyer) for wish in world.ANDES]
    rotterdam, hamburg = (
        scene.actor(session, next(place.keeper for place in world.PLACES if place.code == code))
        for code in ("NLRTM", "DEHAM")
    )
    claims_demo.play(
        session,
        open_store(scene.settings),
        delivered,
        rotterdam,
        scene.actor(session, "knitters"),
        {buyer.organisation_id: buyer for buyer in buyers},
        now=scene.now,
    )
    trade_demo.together(
        session,
        hamburg,
        scene.actor(session, "coffee"),
        [scene.actor(session, account) for account in ("coop-bremen", "school-lille")],
        scene.hubs["KEMBA"],
        scene.hubs["DEHAM"],
        now=scene.now,
    )
    museum, shop = scene.actor(session, "museum-basel"), scene.actor(session, "shop-york")
    standing_demo.play(session, museum, shop, now=scene.now)


def _plan_together(scene: Scene) -> None:
    """Two paid pools and an open one from Callao, which its hub plans together; quotes that it asked for."""
    with scene.sessions.begin() as session:
        planning_demo.sailings(session, scene.actor(session, "hub-rotterdam"), "CLL-RTM-SEA", now=scene.now)
        planning_demo.begin(
            session, scene.actor(session, "hub-callao"), scene.hubs["PECLL"], now=scene.now - 3 * DAY
        )
    made = [_pool(scene, plot) for plot in _TOGETHER]
    for pool_id in made[:2]:
        with scene.sessions.begin() as session:
            planning_demo.pay(session, scene.actor(session, "operator"), pool_id, now=scene.now - DAY / 4)
    jobs.around.clock = lambda: scene.now - DAY / 8
    with scene.sessions() as session:
        runs = planning_demo.waiting_runs(session)
    planning_demo.plan_all(runs)
    with scene.sessions.begin() as session:
        keeper = scene.actor(session, "hub-callao")
        ends = scene.hubs["PECLL"], scene.hubs["NLRTM"]
        freight_demo.play(session, keeper, *ends, scene.settings, now=scene.now)


def _pool(scene: Scene, plot: Plot) -> UUID:
    closing = datetime.combine((scene.now + plot.closes * DAY).date(), time(18), UTC)
    opened = scene.now + plot.opened * DAY
    keeper = next(place.keeper for place in world.PLACES if place.code == plot.hub)
    with scene.sessions.begin() as session:
        for lane in world.LANES:
            known = session.scalars(select(Service.id).filter_by(code=lane.code)).first()
            if (lane.origin, lane.destination) == (plot.origin, plot.hub) and known is None:
                _lane(scene, session, lane, closing.date(), keeper)
    with scene.sessions.begin() as session:
        pool = trade.open_pool(
            session,
            scene.actor(session, keeper),
            trade.PoolSaid(
                title=plot.title,
                origin_id=scene.hubs[plot.origin],
                hub_id=scene.hubs[plot.hub],
                currency="USD",
                closes_at=closing,
                latest_arrival_on=closing.date() + plot.arrival * DAY,
                wait_cost_ppm_per_day=300,
                capacity_cm3=plot.capacity_cm3,
            ),
            now=opened,
        )
    for number, wish in enumerate(plot.wishes):
        with scene.sessions.begin() as session:
            _join(scene, session, pool, wish, opened + (1 + number) * DAY, closing)
    if plot.until == PoolState.OPEN:
        return pool.id
    with scene.sessions.begin() as session:
        trade.close_due(session, now=closing)
    _work(scene, closing)
    if plot.until == PoolState.SETTLED:
        _deliver(scene, pool, closing)
    elif plot.until == PoolState.CONFIRMED:
        _hand_over(scene, pool, closing)
    return pool.id


def _lane(scene: Scene, session: Session, lane: Lane, closing: date, keeper: str) -> None:
    """A rate card, and departures around the day on which the demo's pool closes."""
    service = Service(
        id=uuid7(scene.now),
        organisation_id=scene.bodies[keeper],
        code=lane.code,
        carrier=lane.carrier,
        mode=lane.mode,
        origin_id=scene.hubs[lane.origin],
        destination_id=scene.hubs[lane.destination],
        classes=list(lane.classes),
        currency="USD",
        tariff=lane.tariff,
        fixed=customs_demo.fixed(lane.tariff),
        valid_from=closing - 30 * DAY,
        valid_until=closing + 365 * DAY,
    )
    session.add(service)
    session.flush()
    for number in range(SAILINGS):
        departs = closing + (lane.first + number * lane.every) * DAY
        session.add(
            Sailing(
                id=uuid7(scene.now),
                service_id=service.id,
                vessel=f"Demo {number + 1}",
                departs_on=departs,
                arrives_on=departs + lane.transit * DAY,
            ),
        )
    session.flush()


def _join(scene: Scene, session: Session, pool: Pool, wish: Wish, at: datetime, closing: datetime) -> None:
    rows = session.execute(select(Offer.title, Offer.id).where(Offer.title.in_(wish.quantities)))
    ids = {row.title: row.id for row in rows}
    ordering.join(
        session,
        scene.actor(session, wish.buyer),
        pool.id,
        Wanted(
            {ids[title]: quantity for title, quantity in wish.quantities.items()},
            closing.date() + wish.due * DAY,
        ),
        now=at,
    )


def _work(scene: Scene, at: datetime) -> None:
    """Take the pool's steps now, as a worker would at that time."""
    from app.trade import closing as steps

    jobs.around.clock = lambda: at
    with scene.sessions() as session:
        waiting = session.scalars(select(Pool.id).filter_by(state=PoolState.CLOSING)).all()
    for pool_id in waiting:
        for _ in range(2 * len(steps.STEPS)):
            trade_jobs.take_pool_step(str(pool_id))


def _deliver(scene: Scene, pool: Pool, closing: datetime) -> None:
    """Pay, ship, hand over, pay out; each on the day on which it would have been."""
    _collect(scene, pool, closing)
    with scene.sessions.begin() as session:
        keeper = scene.actor(session, next(place.keeper for place in world.PLACES if place.code == "NLRTM"))
        for shipment_id in session.scalars(select(Shipment.id).filter_by(pool_id=pool.id)).all():
            customs_demo.pack_all(session, keeper, shipment_id, now=closing)
            parcels_demo.handle(session, keeper, shipment_id, now=closing + DAY)
            _sail(session, keeper, shipment_id)
    _pay_out(scene, pool, now=scene.now - 3 * DAY)


def _hand_over(scene: Scene, pool: Pool, closing: datetime) -> None:
    """Everybody has paid, the advance too; the goods are with the ship since two days, the balance is due."""
    _collect(scene, pool, closing)
    with scene.sessions.begin() as session:
        keeper = scene.actor(session, "hub-callao")
        on = scene.now - 2 * DAY
        for shipment_id in session.scalars(select(Shipment.id).filter_by(pool_id=pool.id)).all():
            shipping.set_milestone(
                session, keeper, shipment_id, MilestoneKind.COLLECTED, actual_on=on.date(), now=on
            )
            parcels_demo.handle(session, keeper, shipment_id, now=on)
        operator = scene.actor(session, "operator")
        payouts_demo.propose(session, operator, scene.settings, pool.id, now=scene.now, makers=True)


def _collect(scene: Scene, pool: Pool, closing: datetime) -> None:
    """The buyers pay; the maker asks for its advance at once, and has it three days later."""
    with scene.sessions.begin() as session:
        operator = scene.actor(session, "operator")
        for number, (charge, order) in enumerate(_charges(session, pool.id)):
            paid_at = closing + (1 + number % 3) * DAY
            payments.receive(
                session,
                operator,
                reference=charge.reference,
                amount=charge.total,
                currency=charge.currency,
                received_on=paid_at.date(),
                bank_reference=f"{BANK}-{order.number}",
                now=paid_at,
            )
    with scene.sessions.begin() as session:
        asked = closing + 4 * DAY
        payouts_demo.ask_advance(session, scene.actor(session, "knitters"), pool.id, now=asked)
    _pay_out(scene, pool, now=asked + 3 * DAY, makers=True)


def _pay_out(scene: Scene, pool: Pool, *, now: datetime, makers: bool = False) -> None:
    with scene.sessions.begin() as session:
        operator, second = scene.actor(session, "operator"), scene.actor(session, "treasurer")
        made = payouts_demo.propose(session, operator, scene.settings, pool.id, now=now, makers=makers)
        receivers = [scene.actor(session, "hub-callao")]
        payouts_demo.pay(session, operator, second, scene.settings, made, receivers=receivers, now=now)


def _sail(session: Session, keeper: Actor, shipment_id: UUID) -> None:
    """Every milestone, on its day; the ship was three days late, and everything after it too."""
    late = 0
    road = session.execute(
        select(Milestone.kind, Milestone.planned_on)
        .filter_by(shipment_id=shipment_id)
        .order_by(Milestone.position),
    ).all()
    for kind, planned_on in road:
        late = late or (LATE if kind == MilestoneKind.ARRIVED else 0)
        actual_on = planned_on + late * DAY
        shipping.set_milestone(
            session,
            keeper,
            shipment_id,
            MilestoneKind(kind),
            actual_on=actual_on,
            note="Demo: the ship waited for a berth." if kind == MilestoneKind.ARRIVED else "",
            now=datetime.combine(actual_on, time(16), UTC),
        )


def _charges(session: Session, pool_id: UUID) -> Iterable[tuple[Charge, Order]]:
    rows = session.execute(
        select(Charge, Order)
        .join(Order, Order.id == Charge.order_id)
        .where(Order.pool_id == pool_id)
        .order_by(Order.id),
    )
    return [(charge, order) for charge, order in rows]
