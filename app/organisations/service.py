"""Use cases of organisations and people: signing up, in and out, describing oneself, tokens."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import history, mail
from app.db import Sessions, uuid7
from app.errors import Faulty, Missing, NotSignedIn, Refusal, TooMany
from app.identity import TOKEN_PREFIX, acting, hash_secret, new_secret
from app.organisations.models import (
    ApiToken,
    FailedSignIn,
    Kind,
    Membership,
    Organisation,
    PasswordReset,
    Person,
    SignedIn,
    Site,
)
from app.organisations.regions import REGION_OF, region_of
from app.permissions import SCOPES, Actor, Role

SESSION_LENGTH: Final = timedelta(days=14)
RESET_LENGTH: Final = timedelta(hours=2)
LONGEST_TOKEN: Final = timedelta(days=366)
WINDOW: Final = timedelta(minutes=15)
TRIES_BY_ACCOUNT: Final = 10
TRIES_BY_ADDRESS: Final = 50
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256
# The ones that guessing begins with; longer lists cost more than they stop beside the limits on tries.
# fmt: off
COMMON: Final = frozenset([
    "password", "password1", "passw0rd", "12345678", "123456789", "1234567890", "qwertyui",
    "qwertyuiop", "qwerty123", "11111111", "00000000", "iloveyou", "sunshine", "princess", "football",
    "baseball", "welcome1", "letmein1", "superman", "trustno1", "abcd1234", "abc12345", "1q2w3e4r",
    "1qaz2wsx", "asdfghjkl", "zxcvbnm1", "fairhaul", "fairtrade", "password123", "changeme",
])
# fmt: on
SELF_SIGN_UP: Final = {Kind.PRODUCER: Role.PRODUCER, Kind.BUYER: Role.BUYER}
"""What may register by itself, and the role that its first person gets."""

COMMON_FAULT: Final = "This password is one of the first that anybody would guess. Choose another one."


@lru_cache
def hasher() -> PasswordHash:
    return PasswordHash.recommended()


@lru_cache
def _nobody() -> str:
    """A hash to check against where there is no account, so that both take as long."""
    return hasher().hash("no account has this password")


def check_password(password: str, field_name: str = "password") -> None:
    """Faulty: too short, too long or too common. No rules on composition (NIST SP 800-63B, 5.1.1.2)."""
    if len(password) < SHORTEST_PASSWORD:
        raise Faulty(fields={field_name: f"Use at least {SHORTEST_PASSWORD} characters."})
    if len(password) > LONGEST_PASSWORD:
        raise Faulty(fields={field_name: f"Use at most {LONGEST_PASSWORD} characters."})
    if password.lower() in COMMON:
        raise Faulty(fields={field_name: COMMON_FAULT})


def slug_of(name: str) -> str:
    """A name for addresses: "Demo weavers' co-operative" becomes "demo-weavers-co-operative"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:60]


def sign_up(
    session: Session,
    *,
    kind: Kind,
    organisation_name: str,
    country: str,
    person_name: str,
    email: str,
    password: str,
    locale: str,
    now: datetime,
) -> tuple[Organisation, Person]:
    """Register an organisation and its first person.

    Faulty: the kind cannot register by itself, the country is unknown, the password is too weak, or the
    address has an account (said plainly: the person cannot go on without knowing, and sign-in does not tell).
    """
    if kind not in SELF_SIGN_UP:
        raise Faulty(fields={"kind": "Choose what your organisation is: producer or buyer."})
    if country not in REGION_OF:
        raise Faulty(fields={"country": "Choose a country from the list."})
    check_password(password)
    if _person_by(session, email):
        raise Faulty(fields={"email": "This address has an account. Sign in, or set a new password."})
    organisation = add_organisation(session, kind=kind, name=organisation_name, country=country, now=now)
    organisation.contact_email = email
    person = add_person(session, name=person_name, email=email, password=password, locale=locale, now=now)
    add_membership(session, person, organisation, SELF_SIGN_UP[kind], now=now)
    history.record(
        session, organisation, "registered", now=now, person_id=person.id, organisation_id=organisation.id
    )
    mail.write(
        session,
        email,
        "Welcome to Fairhaul",
        f"Hello {person_name},\n\n{organisation_name} now has an account on Fairhaul.\n"
        "Sign in to see what comes next.\n",
        now=now,
    )
    return organisation, person


def add_organisation(
    session: Session, *, kind: Kind, name: str, country: str, now: datetime, **more: Any
) -> Organisation:
    made = Organisation(
        id=uuid7(now),
        slug=_free_slug(session, name),
        name=name,
        kind=kind,
        country=country,
        region=region_of(country),
        created_at=now,
        **more,
    )
    session.add(made)
    session.flush()
    return made


def add_person(
    session: Session, *, name: str, email: str, password: str, locale: str, now: datetime
) -> Person:
    made = Person(
        id=uuid7(now),
        email=email,
        name=name,
        password_hash=hasher().hash(password),
        locale=locale,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def add_membership(
    session: Session, person: Person, organisation: Organisation, role: Role, *, now: datetime
) -> None:
    session.add(Membership(person_id=person.id, organisation_id=organisation.id, role=role, since=now))
    session.flush()


def sign_in(
    session: Session, sessions: Sessions, *, email: str, password: str, address: str, now: datetime
) -> str:
    """The secret for the cookie. NotSignedIn: wrong, in the same words whatever is wrong. TooMany: tries.

    A failed try is written in a transaction of its own (`sessions`), because the request's is undone.
    """
    account = email.strip().lower()
    _refuse_guessing(session, account, address, now)
    person = _person_by(session, account)
    right = hasher().verify(password, person.password_hash if person else _nobody()) if password else False
    if person is None or not right:
        session.rollback()
        with sessions.begin() as own:
            own.add(FailedSignIn(account=account, address=address, at=now))
        raise NotSignedIn(
            "This address and password do not belong together. Check both, or set a new password.",
            code="wrong-password",
            title="Not signed in",
        )
    session.execute(delete(FailedSignIn).where(FailedSignIn.account == account))
    return start_session(session, person.id, now=now)


def _refuse_guessing(session: Session, account: str, address: str, now: datetime) -> None:
    recent = FailedSignIn.at > now - WINDOW
    for column, value, most in (
        (FailedSignIn.account, account, TRIES_BY_ACCOUNT),
        (FailedSignIn.address, address, TRIES_BY_ADDRESS),
    ):
        tries = (
            session.scalar(select(func.count()).select_from(FailedSignIn).where(column == value, recent)) or 0
        )
        if tries >= most:
            raise TooMany


def start_session(
    session: Session, person_id: UUID, *, now: datetime, organisation_id: UUID | None = None
) -> str:
    """A new signed-in session, acting for the first of the person's organisations unless told."""
    organisation_id = organisation_id or session.scalar(
        select(Membership.organisation_id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(Membership.since, Membership.id)
        .limit(1),
    )
    if organisation_id is None:
        raise NotSignedIn("This account belongs to no organisation any more. Ask who invited you.")
    secret, digest = new_secret()
    session.add(
        SignedIn(
            token_hash=digest,
            person_id=person_id,
            organisation_id=organisation_id,
            created_at=now,
            expires_at=now + SESSION_LENGTH,
        ),
    )
    session.flush()
    return secret


def sign_out(session: Session, actor: Actor, *, now: datetime) -> None:
    if actor.session_id:
        session.get_one(SignedIn, actor.session_id).revoked_at = now


def act_for(session: Session, actor: Actor, organisation_id: UUID) -> None:
    """Go on for another organisation of the same person. Missing: not a member."""
    if actor.session_id is None or acting(session, actor.person_id, organisation_id) is None:
        raise Missing
    session.get_one(SignedIn, actor.session_id).organisation_id = organisation_id


def ask_reset(session: Session, email: str, *, address: str, now: datetime) -> None:
    """Mail a link for a new password, if the address has an account; the caller cannot tell."""
    person = _person_by(session, email)
    if person is None:
        return
    waiting = session.scalar(
        select(func.count()).where(PasswordReset.person_id == person.id, PasswordReset.expires_at > now),
    )
    if (waiting or 0) >= 5:
        return
    secret, digest = new_secret()
    session.add(PasswordReset(token_hash=digest, person_id=person.id, expires_at=now + RESET_LENGTH))
    mail.write(
        session,
        person.email,
        "Set a new password for Fairhaul",
        f"Somebody, probably you, asked for a new password. Open this within two hours:\n\n"
        f"{address}/new-password/{secret}\n\nIf it was not you, do nothing: your password stays as it is.\n",
        now=now,
    )


def reset_password(session: Session, secret: str, password: str, *, now: datetime) -> None:
    """Set a new password by the mailed link, and let in nothing that the old one has opened: sessions end,
    tokens are revoked, other links are used up.
    """
    found = session.scalars(
        select(PasswordReset).filter_by(token_hash=hash_secret(secret)).with_for_update(),
    ).one_or_none()
    if found is None or found.used_at or found.expires_at <= now:
        raise Refusal(
            "This link was used or is older than two hours. Ask for a new one.",
            code="reset-expired",
            status=410,
        )
    check_password(password)
    person = session.get_one(Person, found.person_id)
    person.password_hash = hasher().hash(password)
    for link in session.scalars(select(PasswordReset).filter_by(person_id=person.id, used_at=None)):
        link.used_at = now
    for open_session in session.scalars(select(SignedIn).filter_by(person_id=person.id, revoked_at=None)):
        open_session.revoked_at = now
    for token in session.scalars(select(ApiToken).filter_by(person_id=person.id, revoked_at=None)):
        token.revoked_at = now
    history.record(session, person, "password changed", now=now, person_id=person.id)


def make_token(
    session: Session,
    *,
    person_id: UUID,
    organisation_id: UUID,
    scopes: Collection[str],
    lifetime: timedelta,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A token and its secret, which is shown once. Faulty: unknown scope, no scope, or a life over a year."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Faulty(fields={"scopes": f"Use one or more of {', '.join(SCOPES)}."})
    if not timedelta(0) < lifetime <= LONGEST_TOKEN:
        raise Faulty(fields={"days": "Use 1 to 366 days."})
    secret = TOKEN_PREFIX + new_secret()[0]
    token = ApiToken(
        token_hash=hash_secret(secret),
        hint=secret[:8],
        person_id=person_id,
        organisation_id=organisation_id,
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(token)
    session.flush()
    history.record(
        session,
        token,
        "made",
        now=now,
        person_id=person_id,
        organisation_id=organisation_id,
        scopes=token.scopes,
    )
    return token, secret


def revoke_token(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != actor.person_id:
        raise Missing
    if token.revoked_at is None:
        token.revoked_at = now
        history.record(session, token, "revoked", now=now, **actor.who)


@dataclass(frozen=True, slots=True)
class Description:
    """What an organisation says of itself; `sites` replaces the ones that are known."""

    name: str
    country: str
    place: str
    about: str
    works_as: str = "producer"
    members: int | None = None
    workers: int | None = None
    product_kinds: Sequence[str] = ()
    traits: Sequence[str] = ()
    website: str = ""
    listed: bool = False
    sites: Sequence[tuple[str, str, str, int]] = ()  # name, place, country, people


def own(session: Session, actor: Actor) -> Organisation:
    return session.get_one(Organisation, actor.organisation_id)


def described(organisation: Organisation) -> bool:
    """Whether enough is known to say which criteria apply."""
    people = (organisation.members or 0) + (organisation.workers or 0)
    return bool(organisation.place and organisation.about and people and organisation.product_kinds)


def sites_of(session: Session, organisation_id: UUID) -> list[Site]:
    return list(session.scalars(select(Site).filter_by(organisation_id=organisation_id).order_by(Site.id)))


def describe(session: Session, actor: Actor, said: Description, *, now: datetime) -> Organisation:
    """Store what an organisation says of itself."""
    if said.country not in REGION_OF:
        raise Faulty(fields={"country": "Choose a country from the list."})
    if said.website and not re.fullmatch(r"https?://[^\s<>\"']{3,300}", said.website):
        raise Faulty(fields={"website": "Enter an address that begins with https://."})
    organisation = session.scalars(
        select(Organisation).filter_by(id=actor.organisation_id).with_for_update(),
    ).one()
    organisation.name, organisation.country, organisation.region = (
        said.name,
        said.country,
        region_of(said.country),
    )
    organisation.place, organisation.about, organisation.website = said.place, said.about, said.website
    organisation.works_as, organisation.members, organisation.workers = (
        said.works_as,
        said.members,
        said.workers,
    )
    organisation.product_kinds, organisation.traits = list(said.product_kinds), list(said.traits)
    organisation.listed = said.listed
    session.execute(delete(Site).where(Site.organisation_id == organisation.id))
    session.add_all(
        Site(organisation_id=organisation.id, name=name, place=place, country=country, people=people)
        for name, place, country, people in said.sites
    )
    history.record(session, organisation, "described", now=now, **actor.who)
    return organisation


def accept_code(session: Session, actor: Actor, *, now: datetime) -> None:
    """Sign the code of practice for the organisation; again: nothing changes."""
    organisation = own(session, actor)
    if organisation.code_accepted_at is None:
        organisation.code_accepted_at, organisation.code_accepted_by = now, actor.person_id
        history.record(session, organisation, "accepted the code of practice", now=now, **actor.who)


def people_of(session: Session, organisation_id: UUID, role: Role | None = None) -> list[Person]:
    """Current members, those with `role` if given."""
    wanted = select(Membership.person_id).where(
        Membership.organisation_id == organisation_id, Membership.ended_at.is_(None)
    )
    if role:
        wanted = wanted.where(Membership.role == role)
    return list(session.scalars(select(Person).where(Person.id.in_(wanted)).order_by(Person.name)))


def people_with(session: Session, *roles: Role) -> list[tuple[Person, Organisation]]:
    """Everybody who has one of `roles`, with the organisation where."""
    rows = session.execute(
        select(Person, Organisation)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.role.in_(roles), Membership.ended_at.is_(None))
        .distinct()
        .order_by(Person.name),
    )
    return [(person, organisation) for person, organisation in rows]


def tell(session: Session, organisation_id: UUID, subject: str, body: str, *, now: datetime) -> None:
    """Write to every current member of an organisation."""
    for person in people_of(session, organisation_id):
        mail.write(session, person.email, subject, body, now=now)


def _person_by(session: Session, email: str) -> Person | None:
    return session.scalars(
        select(Person).where(func.lower(Person.email) == email.strip().lower())
    ).one_or_none()


def _free_slug(session: Session, name: str) -> str:
    base = slug_of(name) or "organisation"
    taken = set(session.scalars(select(Organisation.slug).where(Organisation.slug.startswith(base))))
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)
