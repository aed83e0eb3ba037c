"""Use cases of quotes: which carriers can be asked, asking them, and taking a quote as a rate card."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import history, jobs
from app.catalogue.models import CargoClass
from app.catalogue.service import CURRENCIES
from app.credentials.sealing import open_sealed, seal
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.freight import protocol
from app.freight.jobs import ask_carrier
from app.freight.models import AnswerState, Carrier, CarrierAnswer, FreightQuote, QuoteRequest, Signing
from app.freight.protocol import Load, Place, Unusable
from app.permissions import Actor
from app.settings import Settings
from app.shipping import rate_cards
from app.shipping.models import Hub, Service
from app.shipping.rate_cards import SailingSaid, ServiceSaid
from app.shipping.tariffs import LARGEST_QUANTITY
from app.webhooks.sending import Reply
from app.webhooks.service import check_url

LONGEST_NAME: Final = 80
LEAST_SECRET, LONGEST_SECRET = 24, 500
MOST_CARRIERS: Final = 30
MOST_CONSIGNEES: Final = 1000
LONGEST_AHEAD: Final = timedelta(days=366)
STUCK_AFTER: Final = timedelta(minutes=2)
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class CarrierSaid:
    """Whom one can ask, where. `secret` empty: it stays as it is."""

    name: str
    url: str
    signing: str
    secret: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class QuestionSaid:
    """A load on a lane. Grams and cm3."""

    origin_id: UUID
    destination_id: UUID
    weight_g: int
    volume_cm3: int
    consignees: int
    cargo_class: str
    currency: str
    ready_on: date
    due_on: date
    carriers: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that is to be put now, in no transaction."""

    url: str
    headers: dict[str, str]
    body: bytes


def carriers_of(session: Session, organisation_id: UUID) -> list[Carrier]:
    return list(
        session.scalars(select(Carrier).filter_by(organisation_id=organisation_id).order_by(Carrier.name))
    )


def own_carrier(session: Session, actor: Actor, carrier_id: UUID, *, lock: bool = False) -> Carrier:
    """Missing: there is none that the actor's organisation works with."""
    wanted = select(Carrier).where(Carrier.id == carrier_id, Carrier.organisation_id == actor.organisation_id)
    found = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise Missing
    return found


def add_carrier(
    session: Session, actor: Actor, settings: Settings, said: CarrierSaid, *, now: datetime
) -> Carrier:
    """Enter a carrier that answers. Faulty: names each field at fault."""
    own = carriers_of(session, actor.organisation_id)
    _check_carrier(said, settings, [each.name for each in own], secret=True)
    if len(own) >= MOST_CARRIERS:
        raise Refusal(f"You have {MOST_CARRIERS} carriers. Change one of them.", code="too-many-carriers")
    made_id = uuid7(now)
    made = Carrier(
        id=made_id,
        organisation_id=actor.organisation_id,
        name=said.name,
        url=said.url,
        signing=said.signing,
        sealed=seal(settings.sealing_secret, made_id, said.secret.encode()),
        active=said.active,
        made_at=now,
        made_by=actor.person_id,
    )
    session.add(made)
    session.flush()
    history.record(session, made, "entered", now=now, **actor.who, name=said.name, url=said.url)
    return made


def change_carrier(
    session: Session, actor: Actor, settings: Settings, carrier_id: UUID, said: CarrierSaid, *, now: datetime
) -> Carrier:
    """Say another address, secret or name. Faulty: as for a new one."""
    found = own_carrier(session, actor, carrier_id, lock=True)
    others = [each.name for each in carriers_of(session, actor.organisation_id) if each.id != found.id]
    other_way = said.signing != found.signing
    _check_carrier(said, settings, others, secret=other_way or bool(said.secret))
    found.name, found.url, found.signing, found.active = said.name, said.url, said.signing, said.active
    if said.secret:
        found.sealed = seal(settings.sealing_secret, found.id, said.secret.encode())
    session.flush()
    history.record(
        session, found, "changed", now=now, **actor.who, url=said.url, secret_changed=bool(said.secret)
    )
    return found


def _check_carrier(said: CarrierSaid, settings: Settings, names: Sequence[str], *, secret: bool) -> None:
    faults: dict[str, str] = {}
    if not said.name.strip() or len(said.name) > LONGEST_NAME:
        faults["name"] = f"Enter the carrier's name, at most {LONGEST_NAME} characters."
    elif any(character < " " for character in said.name):
        faults["name"] = "Enter the name without control characters."
    elif said.name in names:
        faults["name"] = "You have a carrier of this name already."
    if wrong := check_url(said.url, private=settings.carrier_private_addresses):
        faults["url"] = wrong
    if said.signing not in set(Signing):
        faults["signing"] = "Choose how the carrier knows you."
    printable = said.secret.isascii() and said.secret.isprintable() and " " not in said.secret
    if secret and not (printable and LEAST_SECRET <= len(said.secret) <= LONGEST_SECRET):
        faults["secret"] = (
            f"Enter {LEAST_SECRET} to {LONGEST_SECRET} letters, figures and signs without spaces."
        )
    if faults:
        raise Faulty(fields=faults)


def ask(session: Session, actor: Actor, said: QuestionSaid, *, now: datetime) -> QuoteRequest:
    """Put a question to carriers; a job does it. Faulty: names each field at fault."""
    carriers = {each.id: each for each in carriers_of(session, actor.organisation_id) if each.active}
    _check_question(session, actor, said, carriers, now)
    request = QuoteRequest(
        id=uuid7(now),
        organisation_id=actor.organisation_id,
        origin_id=said.origin_id,
        destination_id=said.destination_id,
        weight_g=said.weight_g,
        volume_cm3=said.volume_cm3,
        consignees=said.consignees,
        cargo_class=said.cargo_class,
        currency=said.currency,
        ready_on=said.ready_on,
        due_on=said.due_on,
        asked_at=now,
        asked_by=actor.person_id,
    )
    session.add(request)
    session.flush()
    for carrier_id in sorted(set(said.carriers)):
        answer = CarrierAnswer(id=uuid7(now), request_id=request.id, carrier_id=carrier_id)
        session.add(answer)
        session.flush()
        _enqueue(session, answer)
    history.record(session, request, "asked", now=now, **actor.who, carriers=len(set(said.carriers)))
    return request


def _check_question(
    session: Session, actor: Actor, said: QuestionSaid, carriers: Collection[UUID], now: datetime
) -> None:
    faults: dict[str, str] = {}
    for name, value in (("weight_g", said.weight_g), ("volume_cm3", said.volume_cm3)):
        if not 1 <= value <= LARGEST_QUANTITY:
            faults[name] = f"Enter a number from 1 to {LARGEST_QUANTITY}."
    if not 1 <= said.consignees <= MOST_CONSIGNEES:
        faults["consignees"] = f"Enter a number from 1 to {MOST_CONSIGNEES}."
    if said.cargo_class not in set(CargoClass):
        faults["cargo_class"] = "Choose how it must travel."
    if said.currency not in CURRENCIES:
        faults["currency"] = f"Choose one of {', '.join(CURRENCIES)}."
    if not now.date() <= said.ready_on <= now.date() + LONGEST_AHEAD:
        faults["ready_on"] = "Choose a day from today on, within a year."
    elif not said.ready_on < said.due_on <= said.ready_on + LONGEST_AHEAD:
        faults["due_on"] = "Choose a day after it is ready, within a year of it."
    if not said.carriers or not set(said.carriers) <= set(carriers):
        faults["carriers"] = "Choose one or more of your carriers."
    faults |= rate_cards.check_lane(session, actor, said.origin_id, said.destination_id)
    if faults:
        raise Faulty(fields=faults)


def ask_again(session: Session, actor: Actor, request_id: UUID, *, now: datetime) -> int:
    """Ask those who failed, or did not answer for long, once more; how many. Refusal: nobody is left."""
    request = own_request(session, actor, request_id)
    again = 0
    for answer in answers_of(session, request.id, lock=True):
        lost = answer.state == AnswerState.WAITING and request.asked_at < now - STUCK_AFTER
        if answer.state == AnswerState.FAILED or lost:
            answer.state, answer.words, answer.answered_at, answer.status = (
                AnswerState.WAITING,
                "",
                None,
                None,
            )
            _enqueue(session, answer)
            again += 1
    if not again:
        raise Refusal("Everybody has answered, or is being asked now.", code="nobody-to-ask")
    history.record(session, request, "asked again", now=now, **actor.who, carriers=again)
    return again


def _enqueue(session: Session, answer: CarrierAnswer) -> None:
    jobs.enqueue(session, ask_carrier.name, lock=f"carrier-answer:{answer.id}", answer_id=str(answer.id))


def own_request(session: Session, actor: Actor, request_id: UUID) -> QuoteRequest:
    """Missing: there is none that the actor's organisation asked."""
    found = session.get(QuoteRequest, request_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise Missing
    return found


def requests_of(session: Session, organisation_id: UUID) -> list[QuoteRequest]:
    """The newest first."""
    wanted = select(QuoteRequest).filter_by(organisation_id=organisation_id)
    return list(session.scalars(wanted.order_by(QuoteRequest.asked_at.desc()).limit(SHOWN)))


def answers_of(session: Session, request_id: UUID, *, lock: bool = False) -> list[CarrierAnswer]:
    wanted = select(CarrierAnswer).filter_by(request_id=request_id).order_by(CarrierAnswer.id)
    return list(session.scalars(wanted.with_for_update() if lock else wanted))


def quotes_of(session: Session, request_id: UUID) -> list[tuple[FreightQuote, Carrier]]:
    """Every offer with its carrier, the cheapest for this load first."""
    rows = session.execute(
        select(FreightQuote, Carrier)
        .join(CarrierAnswer, CarrierAnswer.id == FreightQuote.answer_id)
        .join(Carrier, Carrier.id == CarrierAnswer.carrier_id)
        .where(CarrierAnswer.request_id == request_id)
        .order_by(FreightQuote.cost, FreightQuote.transit_days, Carrier.name, FreightQuote.number)
    )
    return [(quote, carrier) for quote, carrier in rows]


def load_of(session: Session, request: QuoteRequest) -> Load:
    ends = session.scalars(select(Hub).where(Hub.id.in_([request.origin_id, request.destination_id])))
    places = {hub.id: Place(hub.code, hub.name, hub.country) for hub in ends}
    return Load(
        places[request.origin_id],
        places[request.destination_id],
        request.weight_g,
        request.volume_cm3,
        request.consignees,
        request.cargo_class,
        request.currency,
        request.ready_on,
        request.due_on,
    )


def begin(session: Session, settings: Settings, answer_id: UUID, *, now: datetime) -> Asked | None:
    """What is to be sent; None: it was answered meanwhile."""
    answer = session.get(CarrierAnswer, answer_id)
    if answer is None or answer.state != AnswerState.WAITING:
        return None
    carrier = session.get_one(Carrier, answer.carrier_id)
    load = load_of(session, session.get_one(QuoteRequest, answer.request_id))
    body = protocol.request_body(load, answer.id, now)
    secret = open_sealed(settings.sealing_secret, carrier.id, carrier.sealed)
    return Asked(
        carrier.url, protocol.request_headers(Signing(carrier.signing), secret, answer.id, now, body), body
    )


def end(session: Session, answer_id: UUID, reply: Reply, *, now: datetime) -> None:
    """Keep what came back. What cannot be used is kept as a sentence that says why."""
    answer = session.scalars(select(CarrierAnswer).filter_by(id=answer_id).with_for_update()).one()
    if answer.state != AnswerState.WAITING:
        return
    answer.answered_at, answer.status, answer.milliseconds = now, reply.status, reply.milliseconds
    load = load_of(session, session.get_one(QuoteRequest, answer.request_id))
    try:
        found = _offers(reply, load, answer.id, now.date())
    except Unusable as refusal:
        answer.state, answer.words = AnswerState.FAILED, str(refusal)
        return
    answer.state = AnswerState.ANSWERED
    session.add_all(
        FreightQuote(
            id=uuid7(now),
            answer_id=answer.id,
            number=number,
            reference=each.offer.reference,
            mode=each.offer.mode,
            currency=each.offer.currency,
            tariff=each.tariff,
            transit_days=each.offer.transit_days,
            valid_from=each.offer.valid_from,
            valid_until=each.offer.valid_until,
            departures=[day.isoformat() for day in sorted(each.offer.departures)],
            notes=each.offer.notes,
            cost=each.cost,
        )
        for number, each in enumerate(found, start=1)
    )
    session.flush()


def _offers(reply: Reply, load: Load, answer_id: UUID, today: date) -> list[protocol.Checked]:
    if reply.status is None:
        raise Unusable(reply.words)
    if reply.status != 200:
        raise Unusable(f"It answered with the status {reply.status}.")
    if not reply.whole:
        raise Unusable(f"The answer is larger than {protocol.MOST_BYTES // 1024} KB.")
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise Unusable("The answer is compressed, which was not asked for.")
    return protocol.read_answer(reply.body, load, answer_id, today)


def own_quote(
    session: Session, actor: Actor, quote_id: UUID, *, lock: bool = False
) -> tuple[FreightQuote, Carrier, QuoteRequest]:
    """Missing: no quote to a question of the actor's organisation."""
    wanted = (
        select(FreightQuote, Carrier, QuoteRequest)
        .join(CarrierAnswer, CarrierAnswer.id == FreightQuote.answer_id)
        .join(Carrier, Carrier.id == CarrierAnswer.carrier_id)
        .join(QuoteRequest, QuoteRequest.id == CarrierAnswer.request_id)
        .where(FreightQuote.id == quote_id, QuoteRequest.organisation_id == actor.organisation_id)
    )
    row = session.execute(wanted.with_for_update(of=FreightQuote) if lock else wanted).one_or_none()
    if row is None:
        raise Missing
    return row[0], row[1], row[2]


def accept(session: Session, actor: Actor, quote_id: UUID, code: str, *, now: datetime) -> Service:
    """Take a quote as a rate card, with the departures that it names. Refusal: it was taken, or is over.
    Faulty: another card has the code.
    """
    quote, carrier, request = own_quote(session, actor, quote_id, lock=True)
    if quote.service_id is not None:
        raise Refusal("This quote is a rate card already.", code="accepted-already")
    if quote.valid_until < now.date():
        raise Refusal("This quote is over. Ask the carrier again.", code="quote-over")
    service = rate_cards.add_service(
        session,
        actor,
        ServiceSaid(
            code=code,
            carrier=carrier.name,
            mode=quote.mode,
            origin_id=request.origin_id,
            destination_id=request.destination_id,
            classes=[request.cargo_class],
            currency=quote.currency,
            tariff=quote.tariff,
            valid_from=quote.valid_from,
            valid_until=quote.valid_until,
        ),
        now=now,
    )
    for each in quote.departures:
        day = date.fromisoformat(each)
        if day >= now.date():
            arrives = day + timedelta(days=quote.transit_days)
            rate_cards.add_sailing(session, actor, service.id, SailingSaid(day, arrives), now=now)
    quote.service_id, quote.accepted_at, quote.accepted_by = service.id, now, actor.person_id
    session.flush()
    history.record(session, quote, "accepted", now=now, **actor.who, code=code, carrier=carrier.name)
    return service


def free_code(session: Session, load: Load, mode: str) -> str:
    """A code that no service has yet, like SEA-SGN-RTM-2."""
    base = f"{mode.upper()}-{load.origin.unlocode[2:]}-{load.destination.unlocode[2:]}"
    for number in range(1, 1000):
        code = base if number == 1 else f"{base}-{number}"
        if not session.scalar(select(exists().where(Service.code == code))):
            return code
    return base
