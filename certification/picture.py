"""The table of transitions printed, as Markdown and as a picture (SVG), for the documentation."""

from html import escape

from certification.case import State
from certification.transitions import TRANSITIONS, Transition

_COLUMNS = 3
_WIDTH, _GAP, _MARGIN = 400, 36, 24
_LINE, _HEAD = 17, 36

_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}"
    ".state{font-weight:600;font-size:15px}"
    ".stays,.who{fill:#52606d}"
    ".card{fill:#fff;stroke:#9aa5b1}"
    ".road{fill:none;stroke:#2f6f4f;stroke-width:2.5}"
    ".tip{fill:#2f6f4f}"
)

# From the application to the certificate; the states after it are ways off this road.
_ROAD = tuple(State)[: tuple(State).index(State.CERTIFIED) + 1]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _targets(transition: Transition, state: State) -> list[str]:
    """Where it leads from this state; empty when the case stays."""
    others = [_words(one) for one in transition.targets if one is not state]
    return [*others, "stays"] if others and state in transition.targets else others


def transition_table_markdown() -> str:
    """One line a row of the table: action, from, to, who may, what must be true, what is written."""
    lines = [
        "| action | from | to | who | what must be true | what the history says |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in TRANSITIONS:
        cells = (
            _words(row.action),
            ", ".join(_words(state) for state in row.sources) or "(a new case)",
            " or ".join(_words(state) for state in row.targets) or "stays",
            ", ".join(who.title for who in row.allowed),
            "; ".join(condition.sentence for condition in row.conditions) or "-",
            row.writes,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def transition_table_svg() -> str:
    """A card for each state with each action that can be taken there; arrows along the main road."""
    states = tuple(State)
    cards = {state: [row for row in TRANSITIONS if state in row.sources] for state in states}
    drawn: list[str] = []
    top = _MARGIN
    for start in range(0, len(states), _COLUMNS):
        line = states[start : start + _COLUMNS]
        height = _HEAD + 2 * _LINE * max(1, *(len(cards[state]) for state in line)) + 8
        for column, state in enumerate(line):
            left = _MARGIN + column * (_WIDTH + _GAP)
            drawn.extend(_card(state, cards[state], left, top, height))
            if state in _ROAD[:-1]:
                drawn.extend(_arrow(left, top, height, last=column == _COLUMNS - 1))
        top += height + _GAP
    width = 2 * _MARGIN + _COLUMNS * _WIDTH + (_COLUMNS - 1) * _GAP
    total = top - _GAP + _MARGIN
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total}" '
        f'width="{width}" height="{total}" role="img" aria-label="The road of a case">'
    )
    return "\n".join((opening, f"<style>{_STYLE}</style>", *drawn, "</svg>\n"))


def _card(state: State, rows: list[Transition], left: int, top: int, height: int) -> list[str]:
    parts = [
        f'<rect class="card" x="{left}" y="{top}" width="{_WIDTH}" height="{height}" rx="6"/>',
        f'<text class="state" x="{left + 12}" y="{top + 23}">{escape(_words(state))}</text>',
    ]
    baseline = top + _HEAD + 10
    if not rows:
        parts.append(f'<text class="stays" x="{left + 12}" y="{baseline}">the end of the road</text>')
    for row in rows:
        targets = _targets(row, state)
        kind = "leads" if targets else "stays"
        people = ", ".join(who.title for who in row.allowed)
        move = " → ".join((_words(row.action), *([" or ".join(targets)] if targets else [])))
        parts.append(f'<text class="{kind}" x="{left + 12}" y="{baseline}">{escape(move)}</text>')
        parts.append(f'<text class="who" x="{left + 28}" y="{baseline + _LINE - 2}">{escape(people)}</text>')
        baseline += 2 * _LINE
    return parts


def _arrow(left: int, top: int, height: int, *, last: bool) -> list[str]:
    """To the next card in the line, or from the end of a line to the start of the next."""
    right = left + _WIDTH
    if not last:
        y = top + 18
        tip = right + _GAP
        return [
            f'<path class="road" d="M{right} {y}H{tip - 8}"/>',
            f'<path class="tip" d="M{tip} {y}l-10 -6v12z"/>',
        ]
    bottom, middle, first = top + height, top + height + _GAP // 2, _MARGIN + 60
    return [
        f'<path class="road" d="M{right - 60} {bottom}V{middle}H{first}V{bottom + _GAP - 8}"/>',
        f'<path class="tip" d="M{first} {bottom + _GAP}l-6 -10h12z"/>',
    ]
