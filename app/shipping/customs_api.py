"""JSON routes of duties and origin. Public, like the pages."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.errors import Faulty
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.shipping import customs, tariff_look
from app.transaction import Db, Now
from logistics.customs import (
    Answer,
    Assessment,
    CodeTooShort,
    CustomsFault,
    Line,
    Preference,
    Source,
    UnknownDestination,
    find_origin,
)

router = api_router("customs")
PUBLIC = [Depends(Anybody())]
Keeper = Annotated[Actor, Depends(Needs("tariff.write"))]
Country = Annotated[str, Query(pattern="^[A-Z]{2}$", examples=["ET"])]
Said = Annotated[Literal["yes", "no", "unsure"], Query()]


class SourceOut(BaseModel):
    name: str
    address: str = Field(description="empty for a file that the operator read in")
    stated_on: date | None = Field(description="the day for which the source states it; null: it names none")
    read_on: date


class RateOut(BaseModel):
    hs_code: str
    rate: str = Field(examples=["7.5%"])
    description: str
    source: SourceOut


class PreferenceOut(BaseModel):
    programme: str = Field(examples=["eu-eba"])
    name: str
    standing: str = Field(examples=["in force"])
    rate: RateOut | None = Field(description="null: it is not known here")
    duty: int | None = Field(description="minor units; null: it is not known")
    saved: int | None
    fault: str | None
    proof: str = Field(examples=["statement on origin"])
    registered_exporter: bool | None = Field(description="whether only a registered exporter may prove it")


class CautionOut(BaseModel):
    words: str
    source: SourceOut


class DutyOut(BaseModel):
    destination: str = Field(description="customs territory", examples=["EU"])
    currency: str
    general: RateOut | None
    duty: int | None = Field(description="minor units; null: it is not known, see `fault`")
    fault: str | None
    saved: int | None = Field(description="by the best preference in force")
    preferences: list[PreferenceOut]
    cautions: list[CautionOut] = Field(description="what is not in the figures")
    papers: list[str]
    exchange_source: str
    exchange_day: date


class OriginOut(BaseModel):
    outcome: str = Field(examples=["ask"])
    why: str
    criterion: str = Field(description="P or W, for a statement on origin")


class TariffFileOut(BaseModel):
    destination: str
    form: str
    source: str
    sha256: str
    valid_from: date
    lines: int


@router.get("/duties", summary="Duty, preference, proof and papers of goods on a lane", dependencies=PUBLIC)
def duty(
    db: Db,
    now: Now,
    *,
    hs_code: Annotated[str, Query(min_length=6, max_length=20, examples=["090121"])],
    origin: Country,
    to: Country,
    value: Annotated[int, Query(ge=0, le=10**12, description="minor units")],
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$")],
    weight_g: Annotated[int | None, Query(ge=0, le=10**12)] = None,
    pieces: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    on: date | None = None,
) -> DutyOut:
    try:
        found, rate = customs.answer(
            db,
            hs_code=hs_code,
            origin=origin,
            to=to,
            value=value,
            currency=currency,
            weight_g=weight_g,
            pieces=pieces,
            on=on or now.date(),
            today=now.date(),
        )
    except UnknownDestination as fault:
        raise Faulty(fields={"to": str(fault)}) from fault
    except CodeTooShort as fault:
        raise Faulty(fields={"hs_code": f"{fault} {fault.facts['choices']}"}) from fault
    except CustomsFault as fault:
        raise Faulty(fields={"hs_code": str(fault)}) from fault
    return _duty_out(found, rate.source, rate.day)


@router.get("/duties/origin", summary="What answers about origin lead to", dependencies=PUBLIC)
def origin(
    *,
    wholly_obtained: Said = "unsure",
    sufficiently_worked: Said = "unsure",
    more_than_minimal: Said = "unsure",
    unaltered_on_the_way: Said = "unsure",
) -> OriginOut:
    found = find_origin(
        {
            "wholly_obtained": Answer(wholly_obtained),
            "sufficiently_worked": Answer(sufficiently_worked),
            "more_than_minimal": Answer(more_than_minimal),
            "unaltered_on_the_way": Answer(unaltered_on_the_way),
        }
    )
    return OriginOut(outcome=found.outcome, why=found.why, criterion=found.criterion)


@router.get("/duties/tariffs", summary="Official tariff files that are used", dependencies=PUBLIC)
def tariffs(db: Db) -> list[TariffFileOut]:
    return [
        TariffFileOut(**{name: getattr(each, name) for name in TariffFileOut.model_fields})
        for each in customs.files_held(db)
    ]


class TariffIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    into: Literal["US", "EU", "GB"]
    source: str = Field(
        min_length=1,
        max_length=tariff_look.LONGEST_SOURCE,
        description="who published it, and where",
        examples=["TARIC, extract of 1 January 2026"],
    )
    valid_from: date = Field(examples=["2026-01-01"])
    content: str = Field(
        max_length=3_000_000,
        description="the file, as CSV",
        examples=["hs_code,programme,rate,description,from_on,until_on\n090111,,0%,Coffee,,\n"],
    )


class ChangeOut(BaseModel):
    row: int | None = Field(description="of the file; null: it is not in it any more")
    code: str
    programme: str
    description: str
    before: str
    after: str


class LookOut(BaseModel):
    form: str
    general: int
    preferences: int
    left_out: int
    not_computable: list[str]
    against: str
    new: int
    changed: int
    gone: int
    same: int
    changes: list[ChangeOut] = Field(description=f"the first {tariff_look.MOST_SHOWN}")


@router.post("/duties/tariffs/preview", summary="What an official file would change; nothing is stored")
def preview_tariff(wish: TariffIn, db: Db, _actor: Keeper) -> LookOut:
    made = tariff_look.look(
        db, wish.content.encode(), into=wish.into, source=wish.source, valid_from=wish.valid_from
    )
    own = set(LookOut.model_fields) - {"not_computable", "changes"}
    return LookOut(
        **{name: getattr(made, name) for name in own},
        not_computable=list(made.not_computable),
        changes=[
            ChangeOut(**{name: getattr(each, name) for name in ChangeOut.model_fields})
            for each in made.changes
        ],
    )


@router.post("/duties/tariffs", status_code=201, summary="Read in an official file: all of it, or nothing")
def read_tariff(wish: TariffIn, db: Db, now: Now, _actor: Keeper) -> TariffFileOut:
    made = tariff_look.take(
        db, wish.content.encode(), into=wish.into, source=wish.source, valid_from=wish.valid_from, now=now
    )
    return TariffFileOut(**{name: getattr(made, name) for name in TariffFileOut.model_fields})


def _duty_out(found: Assessment, exchange_source: str, exchange_day: date) -> DutyOut:
    best = found.best
    return DutyOut(
        destination=found.destination,
        currency=found.currency,
        general=_rate_out(found.general),
        duty=found.duty,
        fault=str(found.fault) if found.fault else None,
        saved=best.saved if best else None,
        preferences=[_preference_out(each) for each in found.preferences],
        cautions=[CautionOut(words=each.words, source=_source_out(each.source)) for each in found.cautions],
        papers=list(found.papers),
        exchange_source=exchange_source,
        exchange_day=exchange_day,
    )


def _rate_out(line: Line | None) -> RateOut | None:
    if line is None:
        return None
    return RateOut(
        hs_code=line.code, rate=line.rate, description=line.description, source=_source_out(line.source)
    )


def _source_out(source: Source) -> SourceOut:
    return SourceOut(
        name=source.name, address=source.address, stated_on=source.stated_on, read_on=source.read_on
    )


def _preference_out(each: Preference) -> PreferenceOut:
    return PreferenceOut(
        programme=each.programme.key,
        name=each.programme.name,
        standing=each.standing,
        rate=_rate_out(each.line),
        duty=each.duty,
        saved=each.saved,
        fault=str(each.fault) if each.fault else None,
        proof=each.proof,
        registered_exporter=each.registered_exporter,
    )
