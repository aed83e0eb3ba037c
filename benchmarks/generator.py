"""Realistic pooling problems from a seed: small makers and small shops, liner and air lanes between hubs.

What is drawn, and from what:

- producers sit at origins; their popularity is log-normal with sigma 1.3, so that a tenth of them has
  about half of the lines; minimum orders are 1,500, 3,000 or 5,000 dollars, small-order fees 60, 100 or 150;
- goods of one producer have one density (70 to 600 kg/m3, log-uniform) and one value per kilogram (7 to 33
  dollars, log-uniform);
- buyers have one destination each and about six lines; their popularity is log-normal with sigma 0.7;
- a line's value is log-normal, median 140 dollars, sigma 0.95; weight and volume follow from the goods;
- ready days are uniform over the weeks; a line may take 50 to 91 days, three in a hundred are urgent (12
  to 15);
- each lane has a weekly sea and a weekly air service for ambient, cool and dangerous goods apart (94, 5
  and 1 %),
  on weekdays of its own; sea takes 29 to 43 days by distance, air 5; rates grow with distance;
- served alone, a line costs a courier's 100 dollars and 9 dollars a kilogram, more than any air rate.

Amounts, rates, windows and minimums are distributed as in `tests/logistics/examples/medium-1.json`, an
instance that the form of the problem came with; only the numbers of lines, makers and hubs differ.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from logistics import (
    Break,
    BreakTariff,
    Container,
    ContainerTariff,
    Departure,
    Hub,
    LessThanContainer,
    Line,
    Problem,
    Producer,
    Service,
)

CLASSES = {"ambient": (0.94, 1.0, 1.0), "cool": (0.05, 2.2, 1.3), "dangerous": (0.01, 1.6, 1.5)}
"""Share of producers, factor of sea rates, factor of air rates."""

COURIER, COURIER_PER_KG = 10_000, 900

AIR_STEPS = ((0, 1.45), (45_000, 1.2), (100_000, 1.0), (300_000, 0.9), (500_000, 0.82), (1_000_000, 0.75))


def generate(
    lines: int, producers: int, origins: int, destinations: int, weeks: int, *, seed: int = 1
) -> Problem:
    """A problem of the given size. The same arguments give the same problem."""
    chance = np.random.default_rng([seed, lines, producers, origins, destinations, weeks])
    hubs = [Hub(f"O{i:02}") for i in range(origins)] + [Hub(f"D{i:02}") for i in range(destinations)]
    services = _services(chance, origins, destinations, weeks + 6)
    makers = [
        Producer(
            id=f"P{i:03}",
            hub=f"O{int(chance.integers(origins)):02}",
            minimum_order=int(chance.choice([150_000, 300_000, 500_000], p=[0.35, 0.4, 0.25])),
            small_order_fee=int(chance.choice([6_000, 10_000, 15_000], p=[0.25, 0.45, 0.3])),
        )
        for i in range(producers)
    ]
    return Problem(
        currency="USD",
        start=date(2026, 1, 5),
        wait_cost_ppm_per_day=430,
        hubs=tuple(hubs),
        producers=tuple(makers),
        services=tuple(services),
        lines=tuple(_lines(chance, lines, makers, destinations, weeks)),
        name=f"{lines:,} lines, {producers} producers, {origins} to {destinations} hubs, {weeks} weeks",
    )


def _services(chance: np.random.Generator, origins: int, destinations: int, weeks: int) -> list[Service]:
    services = []
    for o in range(origins):
        for d in range(destinations):
            distance = float(chance.uniform(0.85, 1.45))
            air_rate = 330 * distance + 90
            for name, (_, sea_factor, air_factor) in CLASSES.items():
                phase = int(chance.integers(7))
                days = round(14 + 20 * distance)
                services.append(_sea(o, d, name, 11_500 * distance * sea_factor, phase, days, weeks))
                services.append(_air(o, d, name, air_rate * air_factor, (phase + 3) % 7, weeks))
    return services


def _sea(o: int, d: int, name: str, per_wm: float, phase: int, days: int, weeks: int) -> Service:
    boxes = (
        Container("20GP", round(18.5 * per_wm), 21_700_000, 28_000_000),
        Container("40HC", round(30 * per_wm), 26_500_000, 62_000_000),
    )
    departures = tuple(Departure(phase + 7 * w, phase + 7 * w + days) for w in range(weeks))
    tariff = ContainerTariff(6_000, 2_500, LessThanContainer(round(per_wm), 1_000_000), boxes)
    return Service(f"O{o:02}-D{d:02}-sea-{name}", "sea", f"O{o:02}", f"D{d:02}", (name,), departures, tariff)


def _air(o: int, d: int, name: str, per_kg: float, phase: int, weeks: int) -> Service:
    breaks = tuple(Break(g, round(per_kg * factor)) for g, factor in AIR_STEPS)
    departures = tuple(Departure(phase + 7 * w, phase + 7 * w + 5) for w in range(weeks))
    tariff = BreakTariff(4_500, 2_500, 6_000, 8_500, breaks)
    return Service(f"O{o:02}-D{d:02}-air-{name}", "air", f"O{o:02}", f"D{d:02}", (name,), departures, tariff)


def _lines(
    chance: np.random.Generator,
    count: int,
    makers: list[Producer],
    destinations: int,
    weeks: int,
) -> list[Line]:
    density = np.exp(chance.uniform(np.log(70), np.log(600), len(makers)))
    value_per_kg = np.exp(chance.uniform(np.log(700), np.log(3_300), len(makers)))
    classes = chance.choice(list(CLASSES), len(makers), p=[share for share, _, _ in CLASSES.values()])
    liked = np.exp(chance.normal(0, 1.3, len(makers)))
    buyers = max(1, count // 6)
    loyal = np.exp(chance.normal(0, 0.7, buyers))
    goes_to = chance.integers(destinations, size=buyers)
    maker = chance.choice(len(makers), count, p=liked / liked.sum())
    buyer = chance.choice(buyers, count, p=loyal / loyal.sum())
    value = np.exp(chance.normal(np.log(14_000), 0.95, count))
    ready = chance.integers(7 * weeks, size=count)
    urgent = chance.random(count) < 0.03
    slack = np.where(urgent, chance.integers(12, 16, count), chance.integers(50, 92, count))
    lines = []
    for i in range(count):
        p, b = int(maker[i]), int(buyer[i])
        weight = max(200, int(1000 * value[i] / value_per_kg[p]))
        volume = max(300, int(1000 * weight / density[p]))
        lines.append(
            Line(
                id=f"L{i:06}",
                buyer=f"B{b:05}",
                producer=makers[p].id,
                destination=f"D{int(goes_to[b]):02}",
                cargo_class=str(classes[p]),
                value=max(500, int(value[i])),
                weight_g=weight,
                volume_cm3=volume,
                ready=int(ready[i]),
                due=int(ready[i] + slack[i]),
                direct_cost=COURIER + COURIER_PER_KG * weight // 1000,
            )
        )
    return lines
