"""What anybody may take: each data set with its columns, and its rows read in parts.

A row is public where a page shows it too. Counts of fewer than LEAST cases, and costs of pools with fewer
buyers than that, are left out: they could be somebody's own.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from sqlalchemy import func, select

from app.accountability import figures
from app.audits import registry_search
from app.audits.figures import FIRST_DECISIONS
from app.audits.models import Case, Decision
from app.audits.service import holders
from app.audits.views_public import entry_out
from app.catalogue.costing import price_parts
from app.catalogue.models import Offer, OfferState
from app.complaints import register
from app.consultations import service as consultations
from app.db import Sessions
from app.documents import service as documents
from app.organisations.models import Organisation
from app.votes import service as votes

LEAST: Final = 3
"""Fewer than this many cases or buyers are not told apart."""
BATCH: Final = 500
ALL: Final = "all"
LICENCE: Final = "CC BY 4.0"
LICENCE_ADDRESS: Final = "https://creativecommons.org/licenses/by/4.0/"

Cell = str | int | bool | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: text, integer, boolean, date (ISO 8601)."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """`rows`: the values of `columns`, read in sessions of its own so that a slow reader holds none."""

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    rows: Callable[[Sessions, datetime], Iterator[Row]]


def _registry(sessions: Sessions, now: datetime) -> Iterator[Row]:
    for entry in registry_search.everything(sessions, registry_search.Search(), now=now):
        said = entry_out(entry)
        yield (
            said.organisation,
            said.slug,
            said.country,
            said.region,
            str(said.state),
            said.certificate,
            said.valid_from.isoformat() if said.valid_from else None,
            said.valid_until.isoformat() if said.valid_until else None,
            said.standard,
            " ".join(said.product_categories),
        )


def _prices(sessions: Sessions, now: datetime) -> Iterator[Row]:
    last = None
    while True:
        wanted = (
            select(Offer, Organisation)
            .join(Organisation, Organisation.id == Offer.organisation_id)
            .where(Offer.state == OfferState.LISTED, Offer.organisation_id.in_(holders(now.date())))
            .order_by(Offer.id)
            .limit(BATCH)
        )
        with sessions() as session:
            found = session.execute(wanted.where(Offer.id > last) if last else wanted).all()
            lines = [_price(price_parts(session, offer), offer, maker) for offer, maker in found]
        yield from lines
        if len(found) < BATCH:
            return
        last = found[-1][0].id


def _price(parts: object, offer: Offer, maker: Organisation) -> Row:
    names = ("materials", "labour", "overheads", "reserve", "premium", "above")
    cut = [getattr(parts, each) if parts else None for each in names]
    return (
        str(offer.id),
        offer.title,
        maker.name,
        maker.country,
        offer.unit,
        offer.hs_code,
        offer.currency,
        offer.price,
        *cut,
    )


def _savings(sessions: Sessions, now: datetime) -> Iterator[Row]:
    del now
    with sessions() as session:
        found = figures.savings(session)
    for each in found:
        told = each.buyers >= LEAST
        yield (
            str(each.pool_id),
            each.title,
            each.hub,
            each.planned_on.isoformat(),
            each.currency,
            each.buyers if told else None,
            each.alone if told else None,
            each.pooled if told else None,
            each.saved if told else None,
            not told,
        )


def _decisions(sessions: Sessions, now: datetime) -> Iterator[Row]:
    del now
    with sessions() as session:
        first = (
            select(Decision.case_id, func.min(Decision.at).label("at"))
            .where(Decision.outcome.in_(FIRST_DECISIONS))
            .group_by(Decision.case_id)
            .subquery()
        )
        found = session.execute(
            select(first.c.at, Case.opened_at, Organisation.region)
            .join(Case, Case.id == first.c.case_id)
            .join(Organisation, Organisation.id == Case.organisation_id)
        ).all()
    groups: dict[tuple[int, str], list[int]] = {}
    for at, opened, region in found:
        for place in (region, ALL):
            groups.setdefault((at.year, place), []).append((at - opened).days)
    few = Counter(year for (year, place), days in groups.items() if place != ALL and len(days) < LEAST)
    for (year, place), days in sorted(groups.items()):
        # one region that is left out alone could be had by taking the others from all
        told = len(days) >= LEAST and not (place == ALL and few[year] == 1)
        yield (
            year,
            place,
            len(days) if told else None,
            round(median(days)) if told else None,
            max(days) if told else None,
            not told,
        )


def _complaints(sessions: Sessions, now: datetime) -> Iterator[Row]:
    place: int | None = 0
    while place is not None:
        with sessions() as session:
            found, place = register.entries(session, before=place, today=now.date())
        for each in found:
            yield (
                each.number,
                each.about,
                each.organisation,
                each.received.isoformat(),
                each.state,
                each.outcome,
                each.days,
                each.overdue,
                each.appealed,
            )


def _documents(sessions: Sessions, now: datetime) -> Iterator[Row]:
    with sessions() as session:
        found = documents.editions(session, today=now.date())
    for each in found:
        published = each.version.published_at
        yield (
            each.document.slug,
            each.document.title,
            each.document.kind,
            each.version.number,
            each.version.adopted_on.isoformat(),
            published.date().isoformat() if published else None,
            each.days,
            each.version.target_days,
            each.late,
        )


def _consultations(sessions: Sessions, now: datetime) -> Iterator[Row]:
    del now
    with sessions() as session:
        found = [(each, consultations.comments(session, each)) for each in consultations.everything(session)]
    for row, said in found:
        yield (
            row.slug,
            row.title,
            row.opens_on.isoformat(),
            row.closes_on.isoformat(),
            row.answered_at.date().isoformat() if row.answered_at else None,
            row.standard_key or None,
            sum(each.state == "confirmed" for each in said),
            sum(each.state == "removed" for each in said),
        )


def _votes(sessions: Sessions, now: datetime) -> Iterator[Row]:
    del now
    with sessions() as session:
        found = [(each, votes.board(session, each)) for each in votes.everything(session)]
    for row, made in found:
        if made is not None:
            yield (
                row.slug,
                row.title,
                row.body,
                row.kind,
                row.closes_on.isoformat(),
                len(made.roll),
                made.cast,
                made.result.quorum,
                votes.outcome(made),
            )


def _columns(*said: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(*each) for each in said)


DATASETS: Final = {
    each.name: each
    for each in (
        Dataset(
            "registry",
            "Registry",
            "Who is certified, was, or is on the way and agreed to be shown.",
            _columns(
                ("organisation", "text", "Name"),
                ("slug", "text", "Its page: /registry/organisations/{slug}"),
                ("country", "text", "ISO 3166-1 alpha-2"),
                ("region", "text", "One of the five regions"),
                ("state", "text", "How it stands today"),
                ("certificate", "text", "Number of its newest certificate; empty: none yet"),
                ("valid_from", "date", "First day of the certificate"),
                ("valid_until", "date", "Last day of the certificate"),
                ("standard", "text", "Version of the standard"),
                ("product_categories", "text", "What it makes, separated by spaces"),
            ),
            _registry,
        ),
        Dataset(
            "prices",
            "Prices",
            "Goods of certified makers: the price ex works and, where it was worked out, what it goes to. "
            "What a shop asks is not known to the platform.",
            _columns(
                ("offer", "text", "Id; its page: /goods/{offer}"),
                ("title", "text", "What it is"),
                ("maker", "text", "Who makes it"),
                ("country", "text", "ISO 3166-1 alpha-2"),
                ("unit", "text", "What one piece is called"),
                ("hs_code", "text", "Harmonized System code"),
                ("currency", "text", "ISO 4217; all amounts of the line are in its minor units"),
                ("price", "integer", "Ex works, for one unit"),
                ("materials", "integer", "Part of the price; the parts sum to it. Empty: not worked out"),
                ("labour", "integer", "Part of the price, at a living wage at least"),
                ("overheads", "integer", "Part of the price"),
                ("reserve", "integer", "Part of the price"),
                ("premium", "integer", "Part of the price: the fair trade premium"),
                ("above", "integer", "Part of the price above the maker's floor"),
            ),
            _prices,
        ),
        Dataset(
            "savings",
            "Savings by pooling",
            "What shipping together cost, and what the same orders would have cost each alone.",
            _columns(
                ("pool", "text", "Id; its inputs: /pools/{pool}/documents"),
                ("title", "text", "Name of the pool"),
                ("hub", "text", "Where the goods arrive"),
                ("planned_on", "date", "Day on which it was planned"),
                ("currency", "text", "ISO 4217; amounts are in its minor units"),
                ("buyers", "integer", "Buyers that were charged"),
                ("alone", "integer", "Sum of what each would have paid alone"),
                ("pooled", "integer", "Sum of what they paid together, without what came back"),
                ("saved", "integer", "The difference"),
                ("suppressed", "boolean", f"true: fewer than {LEAST} buyers, so the figures are left out"),
            ),
            _savings,
        ),
        Dataset(
            "time-to-decision",
            "Time to decision",
            "Days from an application to its first decision, by year of the decision and region.",
            _columns(
                ("year", "integer", "Year of the decision"),
                ("region", "text", "One of the five regions, or all"),
                ("cases", "integer", "Decided cases"),
                ("median_days", "integer", "Half took no longer"),
                ("longest_days", "integer", "The longest took so many days"),
                (
                    "suppressed",
                    "boolean",
                    f"true: fewer than {LEAST} cases, here or in the one region left out",
                ),
            ),
            _decisions,
        ),
        Dataset(
            "complaints",
            "Complaints",
            "The public register. Who complained is in none of it.",
            _columns(
                ("number", "text", "Its page: /complaints/{number}"),
                ("about", "text", "A member, a decision or the platform"),
                ("organisation", "text", "Whom it is about, once it was admitted"),
                ("received", "date", "Monday of the week in which it was received"),
                ("state", "text", "Where it stands"),
                ("outcome", "text", "Empty: none yet"),
                ("days", "integer", "From receipt until it was closed, or until today"),
                ("overdue", "boolean", "true: a deadline has passed"),
                ("appealed", "boolean", "true: somebody appealed"),
            ),
            _complaints,
        ),
        Dataset(
            "documents",
            "Delays of documents",
            "Governing documents: days from adoption to publication, against the target.",
            _columns(
                ("document", "text", "Its page: /documents/{document}"),
                ("title", "text", "Name"),
                ("kind", "text", "Constitution, rules, standard, minutes or report"),
                ("version", "integer", "Number of the version"),
                ("adopted_on", "date", "Day of adoption"),
                ("published_on", "date", "Day of publication; empty: not published yet"),
                ("days", "integer", "Between the two, or until today"),
                ("target_days", "integer", "Days within which it should be published"),
                ("late", "boolean", "true: it took longer"),
            ),
            _documents,
        ),
        Dataset(
            "consultations",
            "Consultations",
            "What was asked, how many answered, when the answers were published.",
            _columns(
                ("consultation", "text", "Its page: /consultations/{consultation}"),
                ("title", "text", "Name"),
                ("opens_on", "date", "First day"),
                ("closes_on", "date", "Last day"),
                ("answered_on", "date", "Day on which the answers were published; empty: not yet"),
                ("standard", "text", "Version of the standard that depends on it"),
                ("comments", "integer", "Confirmed comments"),
                ("removed", "integer", "Comments removed with a reason"),
            ),
            _consultations,
        ),
        Dataset(
            "votes",
            "Votes",
            "Counted votes of the members, with turnout and result.",
            _columns(
                ("vote", "text", "Its page: /votes/{vote}; its board: /votes/{vote}/board.json"),
                ("title", "text", "Name"),
                ("body", "text", "General meeting, or the region of the board"),
                ("kind", "text", "motion or election"),
                ("closed_on", "date", "Last day"),
                ("members", "integer", "On the roll"),
                ("ballots", "integer", "Cast"),
                ("quorum", "integer", "Needed for a decision"),
                ("result", "text", "What was decided"),
            ),
            _votes,
        ),
    )
}
