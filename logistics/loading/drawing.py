"""A load as a picture: one view of each stage of loading, with the steps and consignees written on it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from logistics.loading.loads import Load, Placement

WIDE = 380
"""Units of the picture, which is as wide as a phone."""
STAGES = 4
SMALLEST_TEXT = 9.0
FILLS = ("#dbe9e4", "#f3e2cf", "#dfe3f1", "#f4ecc2", "#ecdbe6", "#e2e2e2")
HATCHES = (
    "",
    '<path d="M0 8L8 0" stroke="#444" stroke-width=".8"/>',
    '<path d="M0 4H8" stroke="#444" stroke-width=".8"/>',
    '<circle cx="4" cy="4" r="1" fill="#444"/>',
    '<path d="M4 0V8" stroke="#444" stroke-width=".8"/>',
    '<path d="M0 0L8 8M0 8L8 0" stroke="#444" stroke-width=".6"/>',
)
Point = tuple[float, float]


def draw_load(load: Load, *, stages: int = STAGES, abreast: int = 1, name: str = "load") -> str:
    """One SVG: the container in parallel projection, seen from the door's side, after each stage of loading.

    What a stage adds is drawn strong, with the numbers of its steps; what was there before is pale.
    Consignees are told apart by hatching and the letters of the key, not by colour alone. `abreast`: how
    many stages stand beside each other, as a sheet of paper has room for. `name` begins the ids in it, which
    have to differ on a page with several pictures.
    """
    hold = load.hold
    # Across goes to the lower left, along to the lower right: parallel, so that lengths compare.
    along, across, upward = (0.86, 0.34), (-0.5, 0.5), (0.0, -1.0)
    corners = [
        _project((x, y, z), (along, across, upward))
        for x in (0, hold.length)
        for y in (0, hold.width)
        for z in (0, hold.height)
    ]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    scale = (WIDE - 20) / (right - left)
    high = scale * (bottom - top)
    axes = tuple((scale * x, scale * y) for x, y in (along, across, upward))
    letters = _letters(load)
    key_lines = [f"{letter}: {consignee or 'no consignee'}" for consignee, letter in letters.items()]
    steps = len(load.placements)
    stages = max(min(stages, steps), 1)
    view = high + 34
    abreast = min(abreast, stages)
    whole = 44 + 16 * len(key_lines) + view * -(-stages // abreast)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE * abreast} {whole:.0f}" role="img"',
        f' font-family="sans-serif" font-size="12" aria-label="{escape(_summary(load), quote=True)}">',
        _patterns(name),
        f'<text x="10" y="18" font-size="13" font-weight="bold">{escape(_summary(load))}</text>',
    ]
    for k, line in enumerate(key_lines):
        y = 30 + 16 * k
        parts.append(
            f'<rect x="10" y="{y}" width="14" height="12" stroke="#222" '
            f'fill="url(#{name}-{k % len(FILLS)})"/>'
            f'<text x="30" y="{y + 10}">{escape(line[:52])}</text>'
        )
    places = {consignee: k for k, consignee in enumerate(letters)}
    for stage in range(stages):
        first, last = steps * stage // stages, steps * (stage + 1) // stages
        row, column = divmod(stage, abreast)
        at, aside = 38 + 16 * len(key_lines) + view * row, 10 + WIDE * column
        words = f"Steps {first + 1} to {last}" if last > first else "Nothing is loaded"
        parts.append(f'<text x="{aside}" y="{at + 12:.0f}" font-weight="bold">{words}</text>')
        parts.append(f'<g transform="translate({aside - scale * left:.1f} {at + 22 - scale * top:.1f})">')
        parts.append(_walls((hold.length, hold.width, hold.height), axes))
        for step, p in _painted(load.placements[:last]):
            fill = f"url(#{name}-{places[p.parcel.consignee] % len(FILLS)})" if step > first else None
            parts.append(_box(p, axes, f"{step} {letters[p.parcel.consignee]}", fill))
        parts.append("</g>")
    return "".join([*parts, "</svg>\n"])


def _summary(load: Load) -> str:
    return (
        f"{load.hold.id}: {len(load.placements)} parcels, {load.weight_g / 1000:,.0f} kg, "
        f"{100 * load.fill:.0f} % of the room"
    )


def _letters(load: Load) -> dict[str, str]:
    """A letter for each consignee, who unloads first has A."""
    names = dict.fromkeys(
        p.parcel.consignee for p in sorted(load.placements, key=lambda p: (p.parcel.stop, p.parcel.consignee))
    )
    return {
        name: chr(65 + k) if k < 26 else f"{chr(64 + k // 26)}{chr(65 + k % 26)}"
        for k, name in enumerate(names)
    }


def _patterns(name: str) -> str:
    made = "".join(
        f'<pattern id="{name}-{k}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{fill}"/>{hatch}</pattern>'
        for k, (fill, hatch) in enumerate(zip(FILLS, HATCHES, strict=True))
    )
    return f"<defs>{made}</defs>"


def _project(at: tuple[float, float, float], axes: Sequence[Point]) -> Point:
    return (
        sum(part * axis[0] for part, axis in zip(at, axes, strict=True)),
        sum(part * axis[1] for part, axis in zip(at, axes, strict=True)),
    )


def _path(points: Sequence[tuple[float, float, float]], axes: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (_project(p, axes) for p in points)) + "Z"


def _walls(measures: tuple[int, int, int], axes: Sequence[Point]) -> str:
    """Floor, far end and left wall, which parcels stand before."""
    a, b, c = measures
    faces = (
        ((0, 0, 0), (a, 0, 0), (a, b, 0), (0, b, 0)),
        ((0, 0, 0), (0, b, 0), (0, b, c), (0, 0, c)),
        ((0, 0, 0), (a, 0, 0), (a, 0, c), (0, 0, c)),
    )
    return "".join(f'<path d="{_path(face, axes)}" fill="#fff" stroke="#888"/>' for face in faces)


def _painted(placements: Sequence[Placement]) -> list[tuple[int, Placement]]:
    """With their steps, those in the background first. The eye is at the door, at the right wall, above: what
    is nearer to these hides the rest. Rare knots, in which parcels hide each other, are painted by distance.
    """
    numbered = list(enumerate(placements, 1))
    hides = {
        step: {
            other
            for other, q in numbered
            if other != step
            and (q.x >= p.far[0] or q.y >= p.far[1] or q.z >= p.far[2])
            and not (p.x >= q.far[0] or p.y >= q.far[1] or p.z >= q.far[2])
        }
        for step, p in numbered
    }
    behind = {step: sum(step in each for each in hides.values()) for step, _ in numbered}
    left = dict(numbered)
    painted = []
    while left:
        step = min(left, key=lambda s: (behind[s], left[s].x + left[s].y + left[s].z, s))
        painted.append((step, left.pop(step)))
        for other in hides[step]:
            behind[other] -= 1
    return painted


def _box(p: Placement, axes: Sequence[Point], label: str, fill: str | None) -> str:
    x0, y0, z0 = p.x, p.y, p.z
    x1, y1, z1 = p.far
    top = ((x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1))
    side = ((x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1))
    front = ((x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1))
    if fill is None:
        faces = "".join(f'<path d="{_path(face, axes)}"/>' for face in (top, side, front))
        return f'<g fill="#f7f7f7" stroke="#bbb">{faces}</g>'
    title = f"<title>{escape(f'step {label}: {p.parcel.id}')}</title>"
    faces = "".join(f'<path d="{_path(face, axes)}"/>' for face in (top, side, front))
    x, y = _project(((x0 + x1) / 2, y1, (z0 + z1) / 2), axes)
    wide = abs(_project((p.measures[0], 0, 0), axes)[0])
    high = abs(_project((0, 0, p.measures[2]), axes)[1])
    size = min(wide / (0.62 * len(label)), high * 0.7, 12)
    text = ""
    if size >= SMALLEST_TEXT:
        text = (
            f'<text x="{x:.1f}" y="{y + size / 3:.1f}" font-size="{size:.1f}" text-anchor="middle" '
            f'stroke="#fff" stroke-width="3" paint-order="stroke" fill="#111">{escape(label)}</text>'
        )
    return f'<g fill="{fill}" stroke="#222">{title}{faces}{text}</g>'
