"""JSON routes of carriers and their quotes."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from app.freight import service
from app.freight.models import QuoteRequest
from app.freight.schemas import (
    AcceptedOut,
    AcceptIn,
    AnswerOut,
    CarrierIn,
    CarrierOut,
    CarriersOut,
    FreightQuoteOut,
    QuestionIn,
    QuestionOut,
    QuestionsOut,
    QuestionWithQuotesOut,
)
from app.freight.service import CarrierSaid, QuestionSaid
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("freight")

Writer = Annotated[Actor, Depends(Needs("rate-card.write"))]


@router.get("/carriers", summary="Carriers that you can ask")
def carriers(actor: Writer, db: Db) -> CarriersOut:
    found = service.carriers_of(db, actor.organisation_id)
    return CarriersOut(carriers=[CarrierOut.model_validate(each) for each in found])


@router.post("/carriers", status_code=201, summary="Enter a carrier that can be asked")
def add_carrier(wish: CarrierIn, request: Request, actor: Writer, db: Db, now: Now) -> CarrierOut:
    said = CarrierSaid(**wish.model_dump())
    return CarrierOut.model_validate(
        service.add_carrier(db, actor, request.app.state.settings, said, now=now)
    )


@router.put("/carriers/{carrier_id}", summary="Change a carrier; without a secret it stays")
def change_carrier(
    carrier_id: UUID, wish: CarrierIn, request: Request, actor: Writer, db: Db, now: Now
) -> CarrierOut:
    said = CarrierSaid(**wish.model_dump())
    return CarrierOut.model_validate(
        service.change_carrier(db, actor, request.app.state.settings, carrier_id, said, now=now)
    )


@router.get("/freight-quotes", summary="What you asked carriers, the newest first")
def questions(actor: Writer, db: Db) -> QuestionsOut:
    found = service.requests_of(db, actor.organisation_id)
    return QuestionsOut(questions=[QuestionOut.model_validate(each) for each in found])


@router.post("/freight-quotes", status_code=201, summary="Ask carriers for quotes of a load")
def ask(wish: QuestionIn, actor: Writer, db: Db, now: Now, reply: Response) -> QuestionWithQuotesOut:
    made = service.ask(db, actor, QuestionSaid(**wish.model_dump()), now=now)
    reply.headers["Location"] = f"/api/freight-quotes/{made.id}"
    return _question(db, made)


@router.get("/freight-quotes/{quote_request_id}", summary="One question, with the answers so far")
def question(quote_request_id: UUID, actor: Writer, db: Db) -> QuestionWithQuotesOut:
    return _question(db, service.own_request(db, actor, quote_request_id))


@router.post("/freight-quotes/{quote_request_id}/again", summary="Ask those again who failed")
def again(quote_request_id: UUID, actor: Writer, db: Db, now: Now) -> QuestionWithQuotesOut:
    service.ask_again(db, actor, quote_request_id, now=now)
    return _question(db, service.own_request(db, actor, quote_request_id))


@router.post(
    "/freight-quotes/quotes/{freight_quote_id}/accept",
    status_code=201,
    summary="Take a quote as a rate card",
)
def accept(freight_quote_id: UUID, wish: AcceptIn, actor: Writer, db: Db, now: Now) -> AcceptedOut:
    made = service.accept(db, actor, freight_quote_id, wish.code, now=now)
    return AcceptedOut(service_id=made.id)


def _question(db: Session, asked: QuoteRequest) -> QuestionWithQuotesOut:
    return QuestionWithQuotesOut(
        **QuestionOut.model_validate(asked).model_dump(),
        answers=[AnswerOut.model_validate(each) for each in service.answers_of(db, asked.id)],
        quotes=[
            FreightQuoteOut.model_validate(
                {name: getattr(quote, name) for name in FreightQuoteOut.model_fields if name != "carrier_id"}
                | {"carrier_id": carrier.id}
            )
            for quote, carrier in service.quotes_of(db, asked.id)
        ],
    )
