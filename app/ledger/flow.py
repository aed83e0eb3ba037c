"""The picture of a flow: bars on both sides of one in the middle, joined by ribbons as wide as the money."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 100.0  # the picture is stretched to the page
HEIGHT: Final = 60.0
BAR: Final = 3.0
GAP: Final = 1.5
LEAST: Final = 0.6
"""Height of what is too small to be seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`tone`: its class. `ribbon`: the path between it and the middle."""

    label: str
    tone: str
    x: float
    y: float
    height: float
    ribbon: str


@dataclass(frozen=True, slots=True)
class Picture:
    bars: list[Bar]
    middle: tuple[float, float, float]  # x, y, height


def picture(left: Sequence[tuple[str, int, str]], right: Sequence[tuple[str, int, str]]) -> Picture:
    """Bars for (label, amount, tone) on both sides; amounts above 0, the same sum on both sides is the whole
    height.
    """
    whole = max(sum(amount for _label, amount, _tone in side) for side in (left, right)) or 1
    most = max(len(left), len(right), 1)
    scale = (HEIGHT - GAP * (most - 1)) / whole
    at = (WIDTH - BAR) / 2
    top = (HEIGHT - whole * scale) / 2
    bars = [*_side(left, scale, 0.0, at, top, outward=False)]
    bars += _side(right, scale, WIDTH - BAR, at, top, outward=True)
    return Picture(bars, (at, round(top, 2), round(whole * scale, 2)))


def _side(
    amounts: Sequence[tuple[str, int, str]], scale: float, x: float, at: float, top: float, *, outward: bool
) -> list[Bar]:
    heights = [max(amount * scale, LEAST) for _label, amount, _tone in amounts]
    room = sum(heights) + GAP * (len(heights) - 1)
    y, middle = (HEIGHT - room) / 2, top
    made: list[Bar] = []
    for (label, amount, tone), height in zip(amounts, heights, strict=True):
        thick = amount * scale
        ends = (at + BAR, middle, x, y) if outward else (x + BAR, y, at, middle)
        sizes = (thick, height) if outward else (height, thick)
        made.append(Bar(label, tone, x, round(y, 2), round(height, 2), _ribbon(*ends, *sizes)))
        y += height + GAP
        middle += thick
    return made


def _ribbon(x0: float, y0: float, x1: float, y1: float, h0: float, h1: float) -> str:
    half = (x0 + x1) / 2
    points = [x0, y0, half, y0, half, y1, x1, y1, y1 + h1, half, y1 + h1, half, y0 + h0, x0, y0 + h0]
    a = [f"{point:.2f}" for point in points]
    return (
        f"M{a[0]} {a[1]}C{a[2]} {a[3]} {a[4]} {a[5]} {a[6]} {a[7]}V{a[8]}"
        f"C{a[9]} {a[10]} {a[11]} {a[12]} {a[13]} {a[14]}Z"
    )
