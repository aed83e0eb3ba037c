"""Tariffs in the JSON form of a pooling problem, with bounds of our own."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from app.errors import Faulty, in_plain_words
from logistics import problem

LARGEST_AMOUNT: Final = 10**10  # minor units of one rate: a hundred million dollars is a slip of the finger
LARGEST_QUANTITY: Final = 10**10  # grams or cm3: ten thousand tonnes or cubic metres
MOST_STEPS: Final = 20
FULL_LOAD: Final = (30_000_000, 80_000_000)
"""Grams and cm3 of more than any one container takes."""
MOST_MIXES: Final = 600_000
"""Ways to carry a load in containers that are tried for the cheapest one: a card of tiny boxes would hold up
everybody whose pool is planned on it.
"""

Amount: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=LARGEST_AMOUNT)]
Quantity: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=LARGEST_QUANTITY)]
Size: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=LARGEST_QUANTITY)]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LessThanContainer(Form):
    """Loose cargo. `minimum` is the least W/M that is charged, in millionths of one."""

    per_wm: Amount
    minimum: Quantity


class Container(Form):
    """A full container, and what it holds."""

    type: Annotated[str, Field(min_length=1, max_length=20)]
    cost: Amount
    weight_g: Size
    volume_cm3: Size


class ContainerTariff(Form):
    """By W/M (the greater of tonnes and cubic metres), by full containers, or whichever mix is cheapest."""

    per_shipment: Amount
    per_consignee: Amount
    less_than_container: LessThanContainer | None = None
    containers: Annotated[list[Container], Field(max_length=MOST_STEPS)] = []

    @model_validator(mode="after")
    def charges_something(self) -> "ContainerTariff":
        if self.less_than_container is None and not self.containers:
            raise ValueError("State a rate per W/M, at least one container, or both.")
        if len({each.type for each in self.containers}) < len(self.containers):
            raise ValueError("Two containers have the same name. Name each once.")
        if mixes(self.containers, *FULL_LOAD) > MOST_MIXES:
            raise ValueError("These containers are too small or too many. State fewer, larger ones.")
        return self


def mixes(containers: Sequence[Container], weight_g: int, volume_cm3: int) -> int:
    """In how many ways a load could be divided between containers, at most."""
    ways = 1
    for box in containers:
        ways *= 1 + max(-(-weight_g // box.weight_g), -(-volume_cm3 // box.volume_cm3))
    return ways


class Break(Form):
    """`per_kg` from `from_g` chargeable grams on."""

    from_g: Quantity
    per_kg: Amount


class BreakTariff(Form):
    """By chargeable weight: kilograms, or cubic centimetres over `volumetric_divisor`, whichever is more."""

    per_shipment: Amount
    per_consignee: Amount
    volumetric_divisor: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    minimum_charge: Amount
    breaks: Annotated[list[Break], Field(min_length=1, max_length=MOST_STEPS)]

    @model_validator(mode="after")
    def each_weight_once(self) -> "BreakTariff":
        if len({each.from_g for each in self.breaks}) < len(self.breaks):
            raise ValueError("Two breaks begin at the same weight. State each weight once.")
        return self


Tariff: TypeAlias = ContainerTariff | BreakTariff

_ADAPTERS: Final[dict[bool, TypeAdapter[Any]]] = {
    True: TypeAdapter(BreakTariff),
    False: TypeAdapter(ContainerTariff),
}


def read_tariff(value: Any) -> Tariff:
    """A tariff from its JSON form. Faulty: names each fault by its pointer below /tariff."""
    by_weight = isinstance(value, dict) and "breaks" in value
    try:
        tariff: Tariff = _ADAPTERS[by_weight].validate_python(value)
    except ValidationError as faults:
        fields: dict[str, str] = {}
        for fault in faults.errors():
            place = "/".join(str(part) for part in fault["loc"])
            fields.setdefault(f"/tariff/{place}".rstrip("/"), in_plain_words(dict(fault)))
        raise Faulty(fields=fields) from None
    return tariff


def engine_tariff(tariff: Tariff) -> problem.Tariff:
    """The same tariff as the engine prices by."""
    if isinstance(tariff, BreakTariff):
        return problem.BreakTariff(
            tariff.per_shipment,
            tariff.per_consignee,
            tariff.volumetric_divisor,
            tariff.minimum_charge,
            tuple(problem.Break(each.from_g, each.per_kg) for each in tariff.breaks),
        )
    loose = tariff.less_than_container
    return problem.ContainerTariff(
        tariff.per_shipment,
        tariff.per_consignee,
        problem.LessThanContainer(loose.per_wm, loose.minimum) if loose else None,
        tuple(
            problem.Container(each.type, each.cost, each.weight_g, each.volume_cm3)
            for each in tariff.containers
        ),
    )


def tariff_json(tariff: Tariff) -> dict[str, Any]:
    """The JSON form: what is not there is left out, never null; breaks by weight."""
    value = tariff.model_dump(mode="json", exclude_none=True)
    if isinstance(tariff, BreakTariff):
        value["breaks"].sort(key=lambda each: each["from_g"])
    elif not tariff.containers:
        del value["containers"]
    return value
