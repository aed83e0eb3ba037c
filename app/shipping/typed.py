"""Rate cards and sailings between rows and the fields of their pages: money, kg, cubic metres, W/M."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from app.catalogue.models import CargoClass
from app.catalogue.service import CURRENCIES
from app.catalogue.typed import Words, plain_amount
from app.forms import Form
from app.language import Language
from app.shipping.models import Service
from app.shipping.rate_cards import LONGEST_NAME, SailingSaid, ServiceSaid
from app.shipping.tariffs import LARGEST_AMOUNT, LARGEST_QUANTITY, MOST_STEPS
from app.shipping.words import WM
from logistics.problem import MODES

BY_CONTAINER, BY_WEIGHT = "container", "weight"
ROWS: Final = {"box": 3, "break": 6}
SHOWN_ALONE: Final = ("version", "code", "origin_id", "destination_id", "by", "classes", "mode")
"""What a form shows and does not ask for, or asks for by words to choose from."""
AIR_DIVISOR: Final = 6000  # IATA resolution 502: cubic centimetres that count as a kilogram


def service_said(form: Form, _: Words) -> ServiceSaid | None:
    """What was typed; None where there is a fault, which is left in the form."""
    currency = form.choice("currency", CURRENCIES, _("Choose the currency of the rates."))
    by = form.choice("by", (BY_CONTAINER, BY_WEIGHT), _("Choose how freight is charged."))
    code = form.text("code", _("Enter a code for the service, like SEA-SGN-RTM."), most=30).upper()
    carrier = form.text("carrier", _("Enter the carrier's name."), most=LONGEST_NAME)
    mode = form.choice("mode", MODES, _("Choose how it travels."))
    origin_id = _hub(form, "origin_id", _("Choose the hub it leaves from."))
    destination_id = _hub(form, "destination_id", _("Choose the hub it goes to."))
    classes = form.choices("classes", set(CargoClass))
    if not classes:
        form.fault("classes", _("Choose at least one kind of cargo."))
    valid_from = form.day("valid_from", _("Enter the first day on which the rates hold."))
    valid_until = form.day("valid_until", _("Enter the last day on which the rates hold."))
    tariff = _tariff(form, by, currency or "USD", _)
    if form.errors or not (origin_id and destination_id and valid_from and valid_until):
        return None
    return ServiceSaid(
        code=code,
        carrier=carrier,
        mode=mode,
        origin_id=origin_id,
        destination_id=destination_id,
        classes=classes,
        currency=currency,
        tariff=tariff,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def show_stored(form: Form, stored: Mapping[str, Any], lang: Language) -> None:
    """Say by each field what somebody else stored there meanwhile; what was typed stays in it, and is stored
    when it is sent once more.
    """
    _ = lang.text
    for name, value in stored.items():
        known = "" if value is None else str(value)
        if name in SHOWN_ALONE or _number(form.raw(name)) == _number(known):
            continue
        form.values.setdefault(name, "")
        words = lang.day(value) if isinstance(value, date) else known
        form.fault(
            name, _("Stored now: {value}.").format(value=words) if words else _("Stored now: nothing.")
        )
    form.values["version"] = str(stored["version"])


def _number(typed: str) -> Decimal | str:
    try:
        return Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return typed


def typed_version(form: Form) -> int:
    """The version that a form was filled in on; one that is not ours fits nothing."""
    typed = form.raw("version")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _hub(form: Form, name: str, words: str) -> UUID | None:
    try:
        return UUID(form.raw(name))
    except ValueError:
        form.fault(name, words)
        return None


def _tariff(form: Form, by: str, currency: str, _: Words) -> dict[str, Any]:
    """The JSON form of what was typed."""
    rates: dict[str, Any] = {
        name: form.money(name, currency, _("Enter an amount; 0 if nothing is charged."), most=LARGEST_AMOUNT)
        for name in ("per_shipment", "per_consignee")
    }
    return rates | (_by_weight if by == BY_WEIGHT else _by_container)(form, currency, _)


def _by_container(form: Form, currency: str, _: Words) -> dict[str, Any]:
    rates: dict[str, Any] = {}
    if form.raw("per_wm") or form.raw("minimum_wm"):
        minimum = (
            form.measure("minimum_wm", "", to_base=WM, unit="W/M", least=0, most=LARGEST_QUANTITY)
            if form.raw("minimum_wm")
            else 0
        )
        rates["less_than_container"] = {
            "per_wm": form.money("per_wm", currency, _("Enter the rate per W/M."), most=LARGEST_AMOUNT),
            "minimum": minimum,
        }
    boxes = [
        {
            "type": form.text(f"box{row}_type", _("Name the container, like 20GP."), most=20),
            "cost": form.money(f"box{row}_cost", currency, _("Enter what it costs."), most=LARGEST_AMOUNT),
            "weight_g": form.measure(
                f"box{row}_kg", _("Enter what it holds."), to_base=1000, unit="kg", most=LARGEST_QUANTITY
            ),
            "volume_cm3": form.measure(
                f"box{row}_m3", _("Enter what it holds."), to_base=WM, unit="m³", most=LARGEST_QUANTITY
            ),
        }
        for row in rows_of(form, "box")
        if any(form.raw(f"box{row}_{part}") for part in ("type", "cost", "kg", "m3"))
    ]
    if boxes:
        rates["containers"] = boxes
        names = [box["type"] for box in boxes]
        for row, name in enumerate(names):
            if name in names[:row]:
                form.fault(f"box{row}_type", _("This container is named twice. Name each once."))
    if not rates and not form.errors.keys() & {"per_wm", "minimum_wm"}:
        form.fault("per_wm", _("Enter a rate per W/M, a container, or both."))
    return rates


def _by_weight(form: Form, currency: str, _: Words) -> dict[str, Any]:
    breaks = [
        {
            "from_g": form.measure(
                f"break{row}_kg",
                _("Enter the weight from which it holds; 0 for the first."),
                to_base=1000,
                unit="kg",
                least=0,
                most=LARGEST_QUANTITY,
            ),
            "per_kg": form.money(
                f"break{row}_rate", currency, _("Enter the rate per kg."), most=LARGEST_AMOUNT
            ),
        }
        for row in rows_of(form, "break")
        if form.raw(f"break{row}_kg") or form.raw(f"break{row}_rate")
    ]
    if not breaks:
        form.fault("break0_rate", _("Enter at least one rate per kg."))
    weights = [each["from_g"] for each in breaks]
    if len(set(weights)) < len(weights) and not form.errors:
        form.fault("break0_kg", _("Two breaks begin at the same weight. State each weight once."))
    return {
        "volumetric_divisor": form.integer(
            "volumetric_divisor",
            _("Enter how many cubic centimetres count as a kilogram, usually 6000."),
            least=1,
            most=1_000_000,
        ),
        "minimum_charge": form.money(
            "minimum_charge",
            currency,
            _("Enter the least that is charged; 0 if nothing."),
            most=LARGEST_AMOUNT,
        ),
        "breaks": breaks,
    }


def service_fields(service: Service) -> dict[str, Any]:
    """A service as its form shows it."""
    tariff, currency = service.tariff, service.currency

    def amount(minor: int) -> str:
        return plain_amount(minor, currency)

    shown: dict[str, Any] = {
        name: getattr(service, name)
        for name in (
            [
                "code",
                "carrier",
                "mode",
                "origin_id",
                "destination_id",
                "currency",
                "valid_from",
                "valid_until",
                "version",
                "classes",
            ]
        )
    }
    shown |= {name: amount(tariff[name]) for name in ("per_shipment", "per_consignee")}
    if "breaks" in tariff:
        shown |= {
            "by": BY_WEIGHT,
            "volumetric_divisor": tariff["volumetric_divisor"],
            "minimum_charge": amount(tariff["minimum_charge"]),
        }
        for row, each in enumerate(tariff["breaks"]):
            shown |= {
                f"break{row}_kg": quantity_in(1000, each["from_g"]),
                f"break{row}_rate": amount(each["per_kg"]),
            }
        return shown
    shown["by"] = BY_CONTAINER
    if loose := tariff.get("less_than_container"):
        shown |= {"per_wm": amount(loose["per_wm"]), "minimum_wm": quantity_in(WM, loose["minimum"])}
    for row, box in enumerate(tariff.get("containers", [])):
        shown |= {
            f"box{row}_type": box["type"],
            f"box{row}_cost": amount(box["cost"]),
            f"box{row}_kg": quantity_in(1000, box["weight_g"]),
            f"box{row}_m3": quantity_in(WM, box["volume_cm3"]),
        }
    return shown


def rows_of(form: Form, kind: str) -> range:
    """The rows of containers ("box") or breaks ("break") of a form: some to fill, and what there is."""
    numbers = [
        int(found[1]) for name in form.values if (found := re.fullmatch(rf"{kind}(\d{{1,2}})_\w+", name))
    ]
    return range(min(max([ROWS[kind], *(number + 1 for number in numbers)]), MOST_STEPS))


def sailing_said(form: Form, _: Words) -> SailingSaid | None:
    """What was typed; None where there is a fault, which is left in the form."""
    departs_on = form.day("departs_on", _("Enter the day on which it leaves."))
    arrives_on = form.day("arrives_on", _("Enter the day on which it arrives."))
    vessel = form.text("vessel", most=LONGEST_NAME)
    capacity_g, capacity_cm3 = capacities(form)
    if form.errors or departs_on is None or arrives_on is None:
        return None
    return SailingSaid(departs_on, arrives_on, vessel, capacity_g, capacity_cm3)


def capacities(form: Form) -> tuple[int | None, int | None]:
    """The most that a sailing takes, in grams and cm3; None: no limit was typed."""
    grams = (
        form.measure("capacity_kg", "", to_base=1000, unit="kg", most=LARGEST_QUANTITY)
        if form.raw("capacity_kg")
        else None
    )
    volume = (
        form.measure("capacity_m3", "", to_base=WM, unit="m³", most=LARGEST_QUANTITY)
        if form.raw("capacity_m3")
        else None
    )
    return grams, volume


def quantity_in(base: int, quantity: int) -> str:
    """A quantity in units of `base`, without zeros at its end: 1000000 g in kg is "1000"."""
    return f"{(Decimal(quantity) / base).normalize():f}"
