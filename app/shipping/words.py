"""Rate cards and roads as people read them, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Protocol

from app.language import Language
from app.shipping.fixed_sums import said_in
from app.shipping.models import Milestone, MilestoneKind, Sailing, Service
from app.shipping.tariffs import Break, BreakTariff, ContainerTariff, engine_tariff, read_tariff
from logistics.tariffs import freight_cost

WM: Final = 1_000_000  # millionths of one W/M
SAMPLE_LOAD: Final = (250_000, 1_500_000)  # grams, cm3


class Priced(Protocol):
    """Whatever has a tariff in a currency: a card, a former version of one, a quote."""

    @property
    def tariff(self) -> dict[str, Any]: ...
    @property
    def currency(self) -> str: ...


def tariff_words(service: Priced, lang: Language) -> list[str]:
    """A tariff in sentences: "USD 92.00 per W/M, at least 1 W/M"."""
    _ = lang.text
    tariff = read_tariff(service.tariff)

    def money(minor: int) -> str:
        return lang.money(minor, service.currency)

    if isinstance(tariff, BreakTariff):
        words = _break_words(tariff, service.currency, lang)
    else:
        words = _container_words(tariff, service.currency, lang)
    if tariff.per_shipment:
        words.append(_("{amount} per shipment").format(amount=money(tariff.per_shipment)))
    if tariff.per_consignee:
        words.append(_("{amount} per consignee").format(amount=money(tariff.per_consignee)))
    return words


def fixed_words(fixed: Mapping[str, Mapping[str, int]], currency: str, lang: Language) -> list[str]:
    """What the fixed sums of a card are for, in sentences."""
    _ = lang.text
    said = said_in(fixed)
    parts = (
        (said.inland, _("{amount} of the sum per shipment is for inland transport")),
        (said.insurance, _("{amount} of the sum per shipment is for insurance")),
        (said.handling, _("{amount} of the sum per consignee is for handling at the hub")),
        (said.last_mile, _("{amount} of the sum per consignee is for the last mile")),
    )
    return [words.format(amount=lang.money(amount, currency)) for amount, words in parts if amount]


def _container_words(tariff: ContainerTariff, currency: str, lang: Language) -> list[str]:
    _ = lang.text
    words = []
    if loose := tariff.less_than_container:
        rate = lang.money(loose.per_wm, currency)
        least = Decimal(loose.minimum) / WM
        words.append(
            _("{rate} per W/M, at least {least} W/M").format(rate=rate, least=plain(least, lang))
            if loose.minimum
            else _("{rate} per W/M").format(rate=rate)
        )
    words += [
        _("{cost} per {type} container, which holds {weight} and {volume}").format(
            cost=lang.money(box.cost, currency),
            type=box.type,
            weight=lang.weight(box.weight_g),
            volume=lang.volume(box.volume_cm3),
        )
        for box in tariff.containers
    ]
    return words


def _break_words(tariff: BreakTariff, currency: str, lang: Language) -> list[str]:
    _ = lang.text

    def one(step: Break) -> str:
        rate = lang.money(step.per_kg, currency)
        if not step.from_g:
            return _("{rate} per kg").format(rate=rate)
        return _("{rate} per kg from {weight} on").format(rate=rate, weight=lang.weight(step.from_g))

    words = [one(step) for step in sorted(tariff.breaks, key=lambda each: each.from_g)]
    if tariff.minimum_charge:
        words.append(_("at least {amount}").format(amount=lang.money(tariff.minimum_charge, currency)))
    divisor = lang.number(tariff.volumetric_divisor)
    words.append(_("{divisor} cubic centimetres count as 1 kg where that is more").format(divisor=divisor))
    return words


def sample_cost(service: Service) -> int:
    """What `SAMPLE_LOAD` of one consignee costs, in minor units."""
    tariff = read_tariff(service.tariff)
    return freight_cost(engine_tariff(tariff), *SAMPLE_LOAD) + tariff.per_shipment + tariff.per_consignee


def plain(number: Decimal, lang: Language) -> str:
    """A number with the decimal places that it has."""
    exponent = number.normalize().as_tuple().exponent
    return lang.number(number, max(0, -exponent) if isinstance(exponent, int) else 0)


def mode_name(mode: str, lang: Language) -> str:
    _ = lang.text
    return {"sea": _("Sea"), "air": _("Air"), "road": _("Road"), "rail": _("Rail")}[mode]


def class_name(cargo_class: str, lang: Language) -> str:
    _ = lang.text
    return {"ambient": _("ambient"), "cool": _("cool"), "dangerous": _("dangerous goods")}[cargo_class]


def milestone_name(kind: str, lang: Language) -> str:
    _ = lang.text
    return {
        MilestoneKind.COLLECTED: _("Collected"),
        MilestoneKind.EXPORT_CLEARED: _("Export cleared"),
        MilestoneKind.DEPARTED: _("Departed"),
        MilestoneKind.ARRIVED: _("Arrived"),
        MilestoneKind.IMPORT_CLEARED: _("Import cleared"),
        MilestoneKind.HANDED_OVER: _("Handed over"),
    }[MilestoneKind(kind)]


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether a rate card can be used today, in a word and a tone."""

    text: str
    tone: str


def validity(service: Service, today: date, ahead: Sequence[Sailing], lang: Language) -> Validity:
    """`ahead`: the sailings that have not left yet."""
    _ = lang.text
    if service.valid_until < today:
        return Validity(_("Expired {day}").format(day=lang.day(service.valid_until)), "bad")
    if not ahead:
        return Validity(_("No sailing ahead"), "warn")
    if service.valid_from > today:
        return Validity(_("From {day}").format(day=lang.day(service.valid_from)), "info")
    return Validity(_("Until {day}").format(day=lang.day(service.valid_until)), "good")


def days_late(milestone: Milestone) -> int:
    """Days behind the plan, by what happened or is expected; below 0: ahead of it."""
    return ((milestone.actual_on or milestone.expected_on) - milestone.planned_on).days


def late_words(days: int, lang: Language) -> str | None:
    if days > 0:
        words = lang.texts_by_number("late by {days} day", "late by {days} days", days)
        return words.format(days=lang.number(days))
    return None


def road_stops(milestones: Sequence[Milestone], lang: Language) -> list[dict[str, Any]]:
    """The stops of charts.road()."""
    waiting = next((each.position for each in milestones if each.actual_on is None), len(milestones))
    return [
        {
            "label": milestone_name(each.kind, lang),
            "state": "done" if each.actual_on else "now" if each.position == waiting else "ahead",
            "planned": lang.short_day(each.planned_on),
            "expected": None if each.actual_on else lang.short_day(each.expected_on),
            "actual": lang.short_day(each.actual_on) if each.actual_on else None,
            "late": late_words(days_late(each), lang),
        }
        for each in milestones
    ]
