"""What an organisation is called at GS1, and the names that its events hold."""

import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from app import history
from app.epcis.marks import NAMES
from app.epcis.models import Event, Gs1Identity, NamedEpc
from app.epcis.querying import shipments_of
from app.errors import Faulty, Refusal
from app.organisations.models import Organisation
from app.permissions import Actor
from logistics.epcis.gs1 import is_checked

NAMED: Final[dict[str, Any]] = {
    "eventTypes": Event.kind,
    "bizSteps": Event.biz_step,
    "dispositions": Event.disposition,
    "readPoints": Event.read_point,
    "bizLocations": Event.biz_location,
}
ASKED_BY: Final = {
    "eventTypes": "eventType",
    "bizSteps": "EQ_bizStep",
    "dispositions": "EQ_disposition",
    "readPoints": "EQ_readPoint",
    "bizLocations": "EQ_bizLocation",
    "epcs": "MATCH_anyEPC",
}
"""The resources of the standard, and the parameter that finds the events of one of their members."""


def set_identity(
    session: Session, actor: Actor, *, company_prefix: str, gln: str | None, now: datetime
) -> Gs1Identity:
    """Say which GS1 company prefix and GLN an organisation has. Logistic units are numbered from then on.

    Faulty: these are no such numbers. Refusal: another organisation has this prefix here.
    """
    fields = {}
    if not re.fullmatch(r"[0-9]{4,12}", company_prefix):
        fields["company_prefix"] = "Enter the 4 to 12 digits that GS1 gave you."
    if gln is not None and not (len(gln) == 13 and is_checked(gln)):
        fields["gln"] = "Enter the 13 digits of a GLN; the last one is a check digit."
    if fields:
        raise Faulty(fields=fields)
    held_by = session.scalar(
        select(Gs1Identity.organisation_id).where(Gs1Identity.company_prefix == company_prefix)
    )
    if held_by not in {None, actor.organisation_id}:
        raise Refusal("Another organisation uses this prefix here. Check its digits.", code="prefix-taken")
    row = session.get(Gs1Identity, actor.organisation_id, with_for_update=True)
    if row is None:
        row = Gs1Identity(
            organisation_id=actor.organisation_id,
            company_prefix=company_prefix,
            gln=gln,
            next_serial=0,
            at=now,
        )
        session.add(row)
    else:
        row.company_prefix, row.gln, row.at = company_prefix, gln, now
    session.flush()
    history.record(
        session,
        session.get_one(Organisation, actor.organisation_id),
        "GS1 identity",
        now=now,
        **actor.who,
        company_prefix=company_prefix,
        gln=gln,
    )
    return row


def names(session: Session, organisation_id: UUID, resource: str, *, after: str, limit: int) -> list[str]:
    """Members of a resource that an organisation may read, in order, behind `after`."""
    own, shared = (
        _objects(organisation_id, after)
        if resource == "epcs"
        else _words(organisation_id, NAMED[resource], after)
    )
    both = union(select(own.limit(limit).subquery()), select(shared.limit(limit).subquery())).subquery()
    return list(session.scalars(select(both.c.name).order_by(both.c.name).limit(limit)))


def _words(organisation_id: UUID, column: Any, after: str) -> tuple[Select[Any], Select[Any]]:
    """A walk from one word to the next along the index: a million events have few words."""
    mine = Event.organisation_id == organisation_id
    first = select(column.label("name")).where(mine, column > after).order_by(column).limit(1).subquery()
    walk = select(first.c.name).cte("walk", recursive=True)
    following = (
        select(column)
        .where(mine, column > walk.c.name)
        .order_by(column)
        .limit(1)
        .correlate(walk)
        .scalar_subquery()
    )
    walk = walk.union_all(select(following).where(walk.c.name.is_not(None)))
    shared = (
        select(column.label("name"))
        .distinct()
        .where(Event.shipment_id.in_(shipments_of(organisation_id)), column > after)
        .order_by(column)
    )
    return select(walk.c.name).where(walk.c.name.is_not(None)), shared


def _objects(organisation_id: UUID, after: str) -> tuple[Select[Any], Select[Any]]:
    own = (
        select(NamedEpc.epc.label("name"))
        .where(NamedEpc.organisation_id == organisation_id, NamedEpc.epc > after)
        .order_by(NamedEpc.epc)
    )
    marks = (
        select(func.unnest(Event.marks).label("mark"))
        .where(Event.shipment_id.in_(shipments_of(organisation_id)))
        .subquery()
    )
    name = func.substr(marks.c.mark, 2)
    shared = (
        select(name.label("name"))
        .distinct()
        .where(func.strpos(NAMES, func.left(marks.c.mark, 1)) > 0, name > after)
        .order_by(name)
    )
    return own, shared
