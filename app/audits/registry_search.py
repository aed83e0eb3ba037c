"""Who may be found in the public registry: a page of it, all of it for a file, how many there are where."""

import base64
import binascii
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select, text, true, tuple_
from sqlalchemy.orm import Session, aliased

from app.audits import models as rows
from app.audits.registry import CLOSED, Entry, state_of
from app.catalogue.models import Offer, OfferState
from app.db import Sessions
from app.errors import Faulty
from app.folding import FOLD
from app.organisations.models import Kind, Organisation
from certification import CaseKind, CertificateStatus, ProductKind, PublicState, State

PAGE: Final = 30
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

BATCH: Final = 500
MOST_WORDS: Final = 8
_NONCONFORMITY: Final = "$[*] ? (@.principle == $number && (@.counts.minor > 0 || @.counts.major > 0))"


@dataclass(frozen=True, slots=True)
class Search:
    """`words` are looked for in the name, place, description, goods, sites and certificate number.

    `named`: what a word means beyond its letters, countries and kinds of goods that are called so.
    `clear`: the number of a principle in which no nonconformity was found; 0: any.
    """

    words: str = ""
    region: str = ""
    country: str = ""
    product: ProductKind | None = None
    clear: int = 0
    state: PublicState | None = None
    after: tuple[str, UUID] | None = None
    named: dict[str, Collection[str]] = field(default_factory=dict, hash=False)

    @property
    def each_word(self) -> list[str]:
        return self.words.replace("\x00", " ").split()[:MOST_WORDS]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many organisations a search finds in one country, and how many of them are certified today."""

    country: str
    region: str
    found: int
    certified: int


def search(
    session: Session, wish: Search, *, now: datetime, most: int = PAGE
) -> tuple[list[Entry], str | None]:
    """A page of the registry by name, and the cursor of the next one.

    The newest certificate and the newest case of an organisation say how it stands; the engine words it.
    """
    certificate, case = _newest(rows.Certificate), _newest(rows.Case)
    name = func.lower(Organisation.name)
    query = (
        _found(select(Organisation, case, certificate, name), certificate, case, wish, now)
        .order_by(name, Organisation.id)
        .limit(most + 1)
    )
    if wish.after:
        query = query.where(tuple_(name, Organisation.id) > wish.after)
    found: Sequence[Row[*tuple[Any, ...]]] = session.execute(query).all()
    entries = []
    for organisation, case_row, certificate_row, _ in found[:most]:
        state = state_of(organisation, case_row, certificate_row, now)
        if state is not None and wish.state in (None, state):
            entries.append(Entry(organisation, state, certificate_row))
    if len(found) <= most:
        return entries, None
    last = found[most - 1]
    return entries, cursor_of(last[3], last[0].id)


def everything(sessions: Sessions, wish: Search, *, now: datetime) -> Iterator[Entry]:
    """All that a search finds. Read in parts, each in a session of its own: who reads slowly holds none."""
    while True:
        with sessions() as session:
            entries, following = search(session, wish, now=now, most=BATCH)
        yield from entries
        if following is None:
            return
        wish = replace(wish, after=read_cursor(following))


def tally(session: Session, wish: Search, *, now: datetime) -> list[Tally]:
    """How many a search finds in each country, most first; its page does not matter."""
    certificate, case = _newest(rows.Certificate), _newest(rows.Case)
    holds = and_(
        certificate.status == CertificateStatus.ACTIVE,
        certificate.valid_from <= now.date(),
        certificate.valid_until >= now.date(),
    )
    count = func.count()
    columns = select(Organisation.country, Organisation.region, count, count.filter(holds))
    found = session.execute(
        _found(columns, certificate, case, wish, now)
        .group_by(Organisation.country, Organisation.region)
        .order_by(count.desc(), Organisation.country)
    )
    return [Tally(*row) for row in found]


def _newest(kind: Any) -> Any:
    """The newest case or certificate of each organisation, to be joined: looked up for those alone that are
    wanted, so that a page of thirty reads thirty.
    """
    newest = kind.opened_at if kind is rows.Case else kind.valid_from
    query = (
        select(kind)
        .where(kind.organisation_id == Organisation.id)
        .order_by(newest.desc(), kind.id.desc())
        .limit(1)
    )
    return aliased(kind, query.lateral())


def _found(query: AnySelect, certificate: Any, case: Any, wish: Search, now: datetime) -> AnySelect:
    query = (
        query.select_from(Organisation)
        .join(case, true())
        .outerjoin(certificate, true())
        .where(Organisation.kind == Kind.PRODUCER, _shown(certificate, case, now, wish.state))
    )
    for word in wish.each_word:
        query = query.where(_speaks_of(word, wish.named.get(word, ())))
    if wish.region:
        query = query.where(Organisation.region == wish.region)
    if wish.country:
        query = query.where(Organisation.country == wish.country)
    if wish.product:
        scope = func.coalesce(certificate.product_categories, Organisation.product_kinds)
        query = query.where(scope.contains([wish.product.value]))
    if wish.clear:
        path = text(f"'{_NONCONFORMITY}'::jsonpath")
        number = func.jsonb_build_object("number", wish.clear)
        query = query.where(
            certificate.id.is_not(None), ~func.jsonb_path_exists(certificate.summary, path, number)
        )
    return query


def _speaks_of(word: str, named: Collection[str]) -> ColumnElement[bool]:
    """Where a word stands, folded on both sides by the same function of the database."""
    places: list[ColumnElement[bool]] = [
        _has(Organisation.words, word),
        Organisation.id.in_(
            select(Offer.organisation_id).where(Offer.state == OfferState.LISTED, _has(Offer.words, word))
        ),
        Organisation.id.in_(
            select(rows.Certificate.organisation_id).where(
                or_(
                    func.strpos(rows.Certificate.number, word.upper()) > 0,
                    func.array_to_string(rows.Certificate.sites, " ").ilike(f"%{_plain(word)}%"),
                )
            )
        ),
    ]
    if countries := [each for each in named if each.isupper()]:
        places.append(Organisation.country.in_(countries))
    if kinds := [each for each in named if not each.isupper()]:
        places.append(Organisation.product_kinds.overlap(kinds))
    return or_(*places)


def _has(place: Any, word: str) -> ColumnElement[bool]:
    folded = text(FOLD.format(":word")).bindparams(bindparam("word", word, unique=True))
    return func.strpos(place, folded) > 0


def _shown(certificate: Any, case: Any, now: datetime, state: PublicState | None) -> ColumnElement[bool]:
    """Narrows a search to those that can have a public state, or this one, so that pages are full.

    What is shown is worded by the engine, row by row; a test compares the two over all combinations.
    """
    none, own = certificate.id.is_(None), certificate.case_id == case.id
    begun = and_(case.state.not_in(CLOSED), or_(case.state != State.APPLIED, Organisation.listed))
    withdrawn = certificate.status == CertificateStatus.WITHDRAWN
    anew = or_(none, and_(withdrawn, ~own, case.kind == CaseKind.INITIAL))
    over = or_(certificate.status == CertificateStatus.EXPIRED, certificate.valid_until < now.date())
    demoted = or_(over, and_(~own, case.state == State.REFUSED))
    granted = certificate.status.in_((CertificateStatus.ACTIVE, CertificateStatus.EXPIRED))
    renewing = and_(~own, case.state.not_in(CLOSED))
    match state:
        case None:
            return or_(~none, begun)
        case PublicState.APPLICANT:
            return and_(anew, begun, case.state == State.APPLIED)
        case PublicState.PROVISIONAL:
            return and_(anew, begun, case.state != State.APPLIED)
        case PublicState.GUARANTEED:
            return and_(granted, ~demoted, ~renewing)
        case PublicState.RENEWAL_IN_PROGRESS:
            return and_(granted, ~demoted, renewing)
        case PublicState.DEMOTED:
            return and_(granted, demoted)
        case PublicState.SUSPENDED:
            return certificate.status == CertificateStatus.SUSPENDED  # type: ignore[no-any-return]
        case PublicState.WITHDRAWN:
            return and_(withdrawn, ~and_(anew, begun))


def cursor_of(name: str, organisation_id: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, str(organisation_id)]).encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[str, UUID]:
    """What `cursor_of` wrote. Faulty: something else."""
    try:
        name, organisation_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return str(name).replace("\x00", ""), UUID(organisation_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as fault:
        raise Faulty(fields={"after": "Use the address of the next page as it was given."}) from fault


def _plain(word: str) -> str:
    """A word in which % and _ stand for themselves."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
