"""Reads the JSON form of a pooling problem (`fairhaul-pooling/1`) into values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from logistics.form import InvalidInput, as_list, as_object, require_text, shown, whole
from logistics.problem import (
    Break,
    BreakTariff,
    Container,
    ContainerTariff,
    Departure,
    Hub,
    LessThanContainer,
    Line,
    Producer,
    Service,
    Tariff,
)

T = TypeVar("T")

FORMAT = "fairhaul-pooling/1"
_PROBLEM = frozenset(
    {"format", "currency", "start", "wait_cost_ppm_per_day", "hubs", "producers", "services", "lines"}
)
_LINE = frozenset(
    {"id", "buyer", "producer", "destination", "class", "value", "weight_g", "volume_cm3", "ready", "due"}
)
_BREAKS = frozenset({"per_shipment", "per_consignee", "volumetric_divisor", "minimum_charge", "breaks"})
_CONTAINERS = frozenset({"less_than_container", "containers"})


def read(value: object) -> dict[str, Any]:
    """The arguments of `Problem`. Raises `InvalidInput` with the pointer of the first fault."""
    form = as_object(value, "", _PROBLEM, frozenset({"name"}))
    if form["format"] != FORMAT:
        raise InvalidInput("/format", f'must be "{FORMAT}", not {shown(form["format"])}')
    if "name" in form:
        require_text(form["name"], "/name")
    return {
        "currency": form["currency"],
        "start": _date(form["start"]),
        "wait_cost_ppm_per_day": whole(form["wait_cost_ppm_per_day"], "/wait_cost_ppm_per_day"),
        "hubs": _members(form["hubs"], "/hubs", _hub),
        "producers": _members(form["producers"], "/producers", _producer),
        "services": _members(form["services"], "/services", _service),
        "lines": _members(form["lines"], "/lines", _line),
        "name": form.get("name"),
    }


def _date(value: object) -> date:
    require_text(value, "/start")
    assert isinstance(value, str)
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidInput("/start", f"must be a date like 2026-01-05, not {shown(value)}")


def _members(value: object, pointer: str, build: Callable[[object], T], least: int = 0) -> tuple[T, ...]:
    built = []
    for i, member in enumerate(as_list(value, pointer, least=least)):
        try:
            built.append(build(member))
        except InvalidInput as fault:
            raise fault.under(f"{pointer}/{i}") from None
    return tuple(built)


def _simple(
    value: object, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The members of an object of texts and integers. A member that may be left out may not be null."""
    form = as_object(value, "", required, optional)
    for name, member in form.items():
        if member is None:
            raise InvalidInput(f"/{name}", "must not be null: leave it out")
    return {name: whole(member, f"/{name}") for name, member in form.items()}


def _hub(value: object) -> Hub:
    return Hub(**_simple(value, frozenset({"id"}), frozenset({"name", "unlocode"})))


def _producer(value: object) -> Producer:
    required = frozenset({"id", "hub", "minimum_order", "small_order_fee"})
    return Producer(**_simple(value, required, frozenset({"name"})))


def _departure(value: object) -> Departure:
    return Departure(
        **_simple(value, frozenset({"day", "arrives"}), frozenset({"capacity_g", "capacity_cm3"}))
    )


def _container(value: object) -> Container:
    return Container(**_simple(value, frozenset({"type", "cost", "weight_g", "volume_cm3"})))


def _break(value: object) -> Break:
    return Break(**_simple(value, frozenset({"from_g", "per_kg"})))


def _tariff(value: object) -> Tariff:
    if isinstance(value, dict) and "breaks" in value:
        form = _simple(value, _BREAKS)
        return BreakTariff(**(form | {"breaks": _members(form["breaks"], "/breaks", _break, 1)}))
    form = _simple(value, frozenset({"per_shipment", "per_consignee"}), _CONTAINERS)
    if "less_than_container" in form:
        try:
            rates = _simple(form["less_than_container"], frozenset({"per_wm", "minimum"}))
            form["less_than_container"] = LessThanContainer(**rates)
        except InvalidInput as fault:
            raise fault.under("/less_than_container") from None
    if "containers" in form:
        form["containers"] = _members(form["containers"], "/containers", _container, 1)
    return ContainerTariff(**form)


def _service(value: object) -> Service:
    required = frozenset({"id", "mode", "origin", "destination", "classes", "departures", "tariff"})
    form = as_object(value, "", required)
    try:
        tariff = _tariff(form["tariff"])
    except InvalidInput as fault:
        raise fault.under("/tariff") from None
    mode: Any = form["mode"]
    require_text(mode, "/mode")
    origin: Any = form["origin"]
    destination: Any = form["destination"]
    identity: Any = form["id"]
    classes: Any = tuple(as_list(form["classes"], "/classes", least=1))
    departures = _members(form["departures"], "/departures", _departure, 1)
    return Service(identity, mode, origin, destination, classes, departures, tariff)


def _line(value: object) -> Line:
    form = _simple(value, _LINE, frozenset({"direct_cost"}))
    form["cargo_class"] = form.pop("class")
    return Line(**form)
