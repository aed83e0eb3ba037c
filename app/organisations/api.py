"""JSON routes of accounts and organisations."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.errors import Faulty
from app.identity import actor_of
from app.organisations import service
from app.organisations.models import Organisation
from app.organisations.schemas import (
    DescriptionIn,
    MeOut,
    OrganisationOut,
    SignUpIn,
    SignUpOut,
    SiteBoth,
    TokenIn,
    TokenOut,
)
from app.permissions import SCOPES, Actor, Anybody, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("accounts")

Visitor = Annotated[Actor | None, Depends(Anybody("account.sign-up"))]
Guest = Annotated[Actor | None, Depends(Anybody("account.sign-in"))]
Member = Annotated[Actor, Depends(Needs("account.own"))]
Reader = Annotated[Actor, Depends(Needs("organisation.read-own"))]
Describer = Annotated[Actor, Depends(Needs("organisation.describe"))]

FIRST_TOKEN = timedelta(days=30)


@router.post("/accounts", status_code=201, summary="Sign up: a producer or a buyer, and its first person")
def sign_up(wish: SignUpIn, _: Visitor, db: Db, now: Now) -> SignUpOut:
    organisation, person = service.sign_up(
        db,
        kind=wish.kind,
        organisation_name=wish.organisation,
        country=wish.country,
        person_name=wish.person,
        email=str(wish.email),
        password=wish.password,
        locale="en",
        now=now,
    )
    token, secret = service.make_token(
        db, person_id=person.id, organisation_id=organisation.id, scopes=SCOPES, lifetime=FIRST_TOKEN, now=now
    )
    return SignUpOut(
        organisation_id=organisation.id,
        organisation_slug=organisation.slug,
        person_id=person.id,
        token=secret,
        expires_at=token.expires_at,
    )


@router.post("/tokens", status_code=201, summary="Make a token with an address and a password")
def make_token(wish: TokenIn, _: Guest, request: Request, db: Db, now: Now) -> TokenOut:
    secret = service.sign_in(
        db,
        request.app.state.sessions,
        email=wish.email,
        password=wish.password,
        address=request.client.host if request.client else "?",
        now=now,
    )
    actor = actor_of(db, secret, now)
    if actor is None:
        raise Faulty(fields={"email": "This account belongs to no organisation any more."})
    service.sign_out(db, actor, now=now)
    token, shown = service.make_token(
        db,
        person_id=actor.person_id,
        organisation_id=actor.organisation_id,
        scopes=wish.scopes,
        lifetime=timedelta(days=wish.days),
        now=now,
    )
    return TokenOut(token=shown, scopes=token.scopes, expires_at=token.expires_at)


@router.delete("/tokens/{token_id}", status_code=204, summary="Revoke a token of yours")
def revoke_token(token_id: UUID, actor: Member, db: Db, now: Now) -> None:
    service.revoke_token(db, actor, token_id, now=now)


@router.get("/me", summary="Who the token acts for")
def me(actor: Member) -> MeOut:
    return MeOut(
        person_id=actor.person_id,
        name=actor.name,
        email=actor.email,
        organisation_id=actor.organisation_id,
        organisation_name=actor.organisation_name,
        organisation_kind=actor.organisation_kind,
        roles=sorted(actor.roles),
        scopes=None if actor.scopes is None else sorted(actor.scopes),
    )


@router.get("/organisation", summary="Your organisation")
def read_own(actor: Reader, db: Db) -> OrganisationOut:
    return shown(db, service.own(db, actor))


@router.put("/organisation", summary="Describe your organisation")
def describe(wish: DescriptionIn, actor: Describer, db: Db, now: Now) -> OrganisationOut:
    organisation = service.describe(
        db,
        actor,
        service.Description(
            **wish.model_dump(exclude={"sites"}),
            sites=[(site.name, site.place, wish.country, site.people) for site in wish.sites],
        ),
        now=now,
    )
    return shown(db, organisation)


@router.post(
    "/organisation/code-of-practice", summary="Accept the code of practice (its text: /certification/code)"
)
def accept_code(actor: Describer, db: Db, now: Now) -> OrganisationOut:
    service.accept_code(db, actor, now=now)
    return shown(db, service.own(db, actor))


def shown(db: Session, organisation: Organisation) -> OrganisationOut:
    db.flush()
    sites = [
        SiteBoth(name=site.name, place=site.place, people=site.people)
        for site in service.sites_of(db, organisation.id)
    ]
    fields = {name: getattr(organisation, name) for name in OrganisationOut.model_fields if name != "sites"}
    return OrganisationOut(**fields, sites=sites)
