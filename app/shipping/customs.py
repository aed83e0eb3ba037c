"""Duties with the tariff files that were read in, beside the small cited table."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from app.db import uuid7
from app.errors import Faulty, Refusal
from app.exchange import service as exchange
from app.shipping.models_customs import TariffFile, TariffLine
from app.shipping.tariff_files import File
from logistics.customs import (
    CURRENCY,
    Assessment,
    Destination,
    Goods,
    Line,
    Source,
    Tariff,
    assess,
    cited_tariff,
    destination_of,
    tidy,
)

CHUNK: Final = 2_000


def keep_file(
    session: Session,
    file: File,
    destination: Destination,
    *,
    source: str,
    sha256: str,
    valid_from: date,
    now: datetime,
) -> TariffFile:
    """Store a file that was read, whole. The same file for the same day changes nothing.

    Faulty: it has faults, each with its row. Refusal: another file begins on that day.
    """
    if file.faults:
        raise Faulty(fields={f"/rows/{number}": words for number, words in enumerate(file.faults)})
    known = session.scalar(select(TariffFile).filter_by(destination=destination, valid_from=valid_from))
    if known is not None:
        if known.sha256 == sha256:
            return known
        raise Refusal(
            f"Another tariff of {destination} begins on {valid_from.isoformat()}: {known.source}. "
            "Give the day from which this one is valid.",
            code="tariff-file-there",
        )
    made = TariffFile(
        id=uuid7(now),
        destination=destination,
        form=file.form,
        source=source,
        sha256=sha256,
        valid_from=valid_from,
        lines=len(file.lines),
        read_at=now,
    )
    session.add(made)
    session.flush()
    for start in range(0, len(file.lines), CHUNK):
        session.execute(
            insert(TariffLine),
            [
                {
                    "id": uuid7(now),
                    "file_id": made.id,
                    "code": each.code,
                    "programme": each.programme,
                    "rate": each.rate,
                    "description": each.description,
                    "row": each.row,
                    "from_on": each.from_on,
                    "until_on": each.until_on,
                }
                for each in file.lines[start : start + CHUNK]
            ],
        )
    return made


def file_for(session: Session, destination: Destination, on: date) -> TariffFile | None:
    """The one that is valid on a day: the last that began."""
    return session.scalars(
        select(TariffFile)
        .where(TariffFile.destination == destination, TariffFile.valid_from <= on)
        .order_by(TariffFile.valid_from.desc())
        .limit(1)
    ).one_or_none()


def files_held(session: Session) -> Sequence[TariffFile]:
    return session.scalars(
        select(TariffFile).order_by(TariffFile.destination, TariffFile.valid_from.desc())
    ).all()


def tariff_for(session: Session, destination: Destination, hs_code: str, on: date) -> Tariff:
    """What is known about a code; see `tariff_of`."""
    return tariff_of(session, destination, [hs_code], on)


def tariff_of(session: Session, destination: Destination, hs_codes: Sequence[str], on: date) -> Tariff:
    """What is known about some codes: an official file that is valid on the day stands in the place of the
    general duties of the cited table, and its preferences come beside those.
    """
    cited = cited_tariff()
    held = file_for(session, destination, on)
    if held is None:
        return cited
    codes = {tidy(each) for each in hs_codes}
    fitting = {code[:length] for code in codes for length in range(6, len(code) + 1)}
    rows = session.scalars(
        select(TariffLine).where(
            TariffLine.file_id == held.id,
            or_(
                TariffLine.code.in_(fitting),
                *(TariffLine.code.startswith(code, autoescape=True) for code in sorted(codes)),
            ),
        )
    )
    source = Source(held.source, "", held.valid_from, held.read_at.date())
    official = tuple(
        Line(
            destination, row.code, row.programme, row.rate, row.description, source, row.from_on, row.until_on
        )
        for row in rows
    )
    kept = tuple(each for each in cited.lines if each.destination != destination or each.programme)
    return Tariff(kept + official, cited.programmes, cited.cautions)


def answer(
    session: Session,
    *,
    hs_code: str,
    origin: str,
    to: str,
    value: int,
    currency: str,
    weight_g: int | None,
    pieces: int | None,
    on: date,
    today: date,
) -> tuple[Assessment, exchange.Rate]:
    """The duty of goods worth `value` minor units of `currency`, in the destination's currency, with the
    rate by which the value was converted (the newest known on `on`, or today where that is ahead).

    The faults of `logistics.customs.assess`; NoRate: the currencies are not known.
    """
    destination = destination_of(to)
    rate_day = min(on, today)
    rate = exchange.rate(session, currency, CURRENCY[destination], rate_day)
    goods = Goods(rate.convert(value), weight_g, pieces)
    euros: int | None
    try:
        euros = exchange.rate(session, currency, "EUR", rate_day).convert(value)
    except exchange.NoRate:
        euros = None
    found = assess(
        tariff_for(session, destination, hs_code, on),
        hs_code=hs_code,
        origin=origin,
        to=to,
        goods=goods,
        on=on,
        value_eur_cents=euros,
    )
    return found, rate
