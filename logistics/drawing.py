"""A plan as a picture: when each departure leaves, how full it is, and what the pool saves."""

from __future__ import annotations

from html import escape

from logistics.plans import Plan
from logistics.problem import Problem

LEFT, WIDTH, ROW, TOP, BOTTOM = 240, 640, 26, 84, 40
COLOURS = {"sea": "#1f6f5c", "air": "#b4632d", "road": "#6b6f2a", "rail": "#4a5a8a"}


def draw(problem: Problem, plan: Plan) -> str:
    """The plan as one SVG: a row a service, a disc a departure with its area by weight, a bar for the
    savings.
    """
    names = sorted({shipment.service for shipment in plan.shipments})
    modes = {service.id: service.mode for service in problem.services}
    days = [day for shipment in plan.shipments for day in (shipment.day, shipment.arrives)] or [0, 1]
    first, last = min(days), max([*days, min(days) + 1])
    heaviest = max((shipment.weight_g for shipment in plan.shipments), default=1)
    high = TOP + ROW * len(names) + BOTTOM

    def x(day: int) -> float:
        return LEFT + WIDTH * (day - first) / (last - first)

    frame = f'viewBox="0 0 {LEFT + WIDTH + 40} {high}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img" aria-label="Departures of the plan">'
    ]
    parts += _savings(plan)
    for row, name in enumerate(names):
        y = TOP + ROW * row + ROW / 2
        parts.append(f'<text x="8" y="{y + 4:.1f}">{escape(name[:34])}</text>')
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        for shipment in plan.shipments:
            if shipment.service == name:
                radius = 3 + 8 * (shipment.weight_g / heaviest) ** 0.5
                title = (
                    f"day {shipment.day} to {shipment.arrives}: {len(shipment.lines)} lines, "
                    f"{shipment.weight_g / 1000:,.1f} kg, {shipment.volume_cm3 / 1_000_000:,.2f} m3, "
                    f"{shipment.cost / 100:,.2f} {plan.currency}"
                )
                colour = COLOURS[modes[name]]
                begin, end = f"{x(shipment.day):.1f}", f"{x(shipment.arrives):.1f}"
                way = f'<path d="M{begin} {y:.1f}H{end}" stroke="{colour}" stroke-width="2"/>'
                disc = f'<circle cx="{begin}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}">'
                parts.append(f"{way}{disc}<title>{escape(title)}</title></circle>")
    parts.append(f'<text x="{LEFT}" y="{high - 12}">day {first}</text>')
    parts.append(f'<text x="{LEFT + WIDTH}" y="{high - 12}" text-anchor="end">day {last}</text>')
    return "".join([*parts, "</svg>\n"])


def _savings(plan: Plan) -> list[str]:
    most = max(plan.stand_alone_total, plan.total, 1)
    rows = (("each alone", plan.stand_alone_total, "#c9b79c"), ("pooled", plan.total, "#1f6f5c"))
    parts = []
    for k, (name, amount, colour) in enumerate(rows):
        y = 12 + 26 * k
        wide = WIDTH * amount / most
        parts.append(f'<text x="8" y="{y + 14}">{name}: {amount / 100:,.2f} {escape(plan.currency)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{wide:.1f}" height="18" fill="{colour}"/>')
    return parts
