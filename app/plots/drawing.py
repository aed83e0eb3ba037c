"""A small map of plots: outlines where they are few, dots where they are many."""

from collections.abc import Sequence
from typing import Any, Final

from shapely import LineString

from logistics.plots import Plot

OUTLINES: Final = 60
"""Up to so many plots are drawn with their outline."""
CELLS: Final = 96
"""Dots that fall into one cell of a raster of so many columns are one dot."""
CORNERS: Final = 24


def drawing_of(plots: Sequence[Plot]) -> dict[str, Any]:
    """`box`: west, north, east, south in degrees; `outlines`: rings; `dots`: places, each with how many."""
    places = [_middle(plot) for plot in plots]
    corners = [(float(x), float(y)) for plot in plots for ring in plot.rings for x, y in ring]
    box = _box([*places, *corners])
    drawn: dict[str, Any] = {"box": box, "outlines": [], "dots": []}
    if len(plots) <= OUTLINES:
        fine = max(box[2] - box[0], box[1] - box[3]) / 400
        drawn["outlines"] = [_ring(plot, fine) for plot in plots if plot.rings]
        drawn["dots"] = [[*_rounded(_middle(plot)), 1] for plot in plots if not plot.rings]
        return drawn
    step = max(box[2] - box[0], box[1] - box[3]) / CELLS
    cells: dict[tuple[int, int], int] = {}
    for x, y in places:
        cell = int((x - box[0]) / step), int((box[1] - y) / step)
        cells[cell] = cells.get(cell, 0) + 1
    drawn["dots"] = [
        [*_rounded((box[0] + (column + 0.5) * step, box[1] - (row + 0.5) * step)), count]
        for (column, row), count in sorted(cells.items())
    ]
    return drawn


def _middle(plot: Plot) -> tuple[float, float]:
    if plot.point is not None:
        return float(plot.point[0]), float(plot.point[1])
    ring = plot.rings[0]
    xs, ys = [float(x) for x, _y in ring], [float(y) for _x, y in ring]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _box(points: Sequence[tuple[float, float]]) -> list[float]:
    """Around all points, with a margin, and never thinner than a half of its length."""
    west, east = min(x for x, _y in points), max(x for x, _y in points)
    south, north = min(y for _x, y in points), max(y for _x, y in points)
    across = max(east - west, north - south, 0.002)
    wide, high = max(east - west, across / 2), max(north - south, across / 2)
    x, y = (west + east) / 2, (south + north) / 2
    margin = across * 0.08
    return [
        round(each, 6)
        for each in (
            x - wide / 2 - margin,
            y + high / 2 + margin,
            x + wide / 2 + margin,
            y - high / 2 - margin,
        )
    ]


def _ring(plot: Plot, fine: float) -> list[list[float]]:
    ring = LineString([(float(x), float(y)) for x, y in plot.rings[0]])
    drawn = ring.simplify(fine).coords if len(plot.rings[0]) > CORNERS else ring.coords
    return [_rounded((x, y)) for x, y in drawn]


def _rounded(place: tuple[float, float]) -> list[float]:
    return [round(place[0], 6), round(place[1], 6)]
