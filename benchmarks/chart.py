"""A bar chart of the planning table as SVG, without any library."""

from __future__ import annotations

from benchmarks.planning import Row

COLOURS = {"first sailing": "#c9b79c", "best fixed rhythm": "#9db4ab", "search": "#1f6f5c"}


def chart(rows: list[Row]) -> str:
    """Each size's costs relative to the first sailing, with the proven bound as a line."""
    wide, high, left = 180, 220, 60
    width = left + wide * len(rows) + 20
    frame = f'viewBox="0 0 {width} {high + 90}" font-family="sans-serif" font-size="12"'
    name = "Cost relative to the first sailing"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img" aria-label="{name}">']
    for step in range(6):
        y = high + 20 - high * step / 5
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{step * 20} %</text>')
    for i, row in enumerate(rows):
        x = left + wide * i + 20
        for k, (name, cost) in enumerate(
            (("first sailing", row.first), ("best fixed rhythm", row.rhythm), ("search", row.total))
        ):
            tall = high * cost / row.first
            parts.append(
                f'<rect x="{x + 45 * k}" y="{high + 20 - tall:.1f}" width="38" height="{tall:.1f}" '
                f'fill="{COLOURS[name]}"><title>{name}: {cost / 100:,.0f}</title></rect>'
            )
        bound = high + 20 - high * row.bound / row.first
        mark = f'<line x1="{x + 84}" x2="{x + 134}" y1="{bound:.1f}" y2="{bound:.1f}" stroke="#a11">'
        parts.append(f"{mark}<title>proven bound: {row.bound / 100:,.0f}</title></line>")
        parts.append(
            f'<text x="{x + 64}" y="{high + 38}" text-anchor="middle">{row.name.split(" (")[0]} lines</text>'
        )
        parts.append(f'<text x="{x + 64}" y="{high + 54}" text-anchor="middle">gap {row.gap:.2%}</text>')
    for k, (name, colour) in enumerate([*COLOURS.items(), ("proven bound", "#a11")]):
        x = left + 140 * k
        parts.append(f'<rect x="{x}" y="{high + 68}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="{high + 78}">{name}</text>')
    return "".join([*parts, "</svg>\n"])
