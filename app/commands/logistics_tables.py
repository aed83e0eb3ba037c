"""What `fairhaul plan`, `share` and `explain` show on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from typing import Self

from babel.numbers import get_currency_precision
from rich.console import Console
from rich.table import Table
from rich.text import Text

from logistics import Explanation, Plan, Problem, Sharing

PIPED = 160
"""Columns of a table that is not written to a terminal."""
SHOWN = 40
"""Shipments and buyers that a table shows; --json has all."""


def money(amount: int, currency: str) -> str:
    """An amount with as many decimals as its currency has, and the currency."""
    digits = get_currency_precision(currency)
    sign, units = "-" if amount < 0 else "", abs(amount)
    if not digits:
        return f"{sign}{units:,} {currency}"
    return f"{sign}{units // 10**digits:,}.{units % 10**digits:0{digits}} {currency}"


def plain(text: str) -> str:
    """A text from a file on one line, with what a terminal would obey written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class Progress:
    """One line of standard error while a plan is made: lines, then total, gap and time left."""

    def __init__(self, lines: int, currency: str, seconds: float | None) -> None:
        self._said = f"planning {lines:,} lines"
        self._currency = currency
        self._end = None if seconds is None else time.monotonic() + seconds
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._ticker.join()
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    def report(self, total: int, bound: int, left: float) -> None:
        """Takes what the planner tells: the best total so far, its lower bound, and the seconds left."""
        gap = f"{(total - bound) / bound:.2%}" if bound > 0 else "not known yet"
        self._said = f"total {money(total, self._currency)}, gap {gap}"
        self._end = time.monotonic() + left

    def _tick(self) -> None:
        while not self._over.wait(0.5):
            left = (
                "" if self._end is None else f", at most {max(0.0, self._end - time.monotonic()):.0f} s left"
            )
            sys.stderr.write(f"\r\x1b[K{self._said}{left}")
            sys.stderr.flush()


def _console() -> Console:
    terminal = sys.stdout.isatty()
    return Console(width=None if terminal else PIPED, highlight=False, markup=False, emoji=False)


def _table(title: str, *columns: str, left: tuple[int, ...] = (0,)) -> Table:
    table = Table(title=Text(plain(title)), title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i in left else "right", overflow="fold")
    return table


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(plain(cell)) for cell in cells))


def show_plan(problem: Problem, made: Plan) -> None:
    """A row for each shipment, then what it all costs."""
    console = _console()
    table = _table(
        problem.name or "Plan",
        *("service", "leaves", "arrives", "lines", "buyers", "kg", "m3", "cost", "of it"),
        left=(0, 8),
    )
    for shipment in made.shipments[:SHOWN]:
        _row(
            table,
            shipment.service,
            f"{problem.start + timedelta(days=shipment.day):%d %b %Y}",
            f"{problem.start + timedelta(days=shipment.arrives):%d %b %Y}",
            str(len(shipment.lines)),
            str(len(shipment.buyers)),
            f"{shipment.weight_g / 1000:,.1f}",
            f"{shipment.volume_cm3 / 1_000_000:,.2f}",
            money(shipment.cost, made.currency),
            ", ".join(
                f"{item.name} {money(item.amount, made.currency).split()[0]}" for item in shipment.items
            ),
        )
    if made.shipments:
        console.print(table)
    if len(made.shipments) > SHOWN:
        console.print(f"and {len(made.shipments) - SHOWN:,} more shipments: --json has them all")
    fees = sum(collection.fee for collection in made.collections)
    below = sum(1 for collection in made.collections if collection.fee)
    direct = sum(1 for assignment in made.assignments if assignment.direct)
    console.print(
        f"Small-order fees: {money(fees, made.currency)}, of {below:,} collections below the minimum. "
        f"Lines served directly: {direct:,}."
    )
    alone = "" if made.stand_alone_exact else " as far as found"
    console.print(
        f"Total: {money(made.total, made.currency)}. Nothing costs less than "
        f"{money(made.lower_bound, made.currency)} (gap {made.gap:.2%}). "
        f"Each buyer alone: {money(made.stand_alone_total, made.currency)}{alone}."
    )


def show_sharing(sharing: Sharing) -> None:
    """A row for each buyer, then what is promised of the split."""
    console = _console()
    table = _table(
        f"{money(sharing.total, sharing.currency)}, split",
        *("buyer", "alone", "pays", "of it caused alone", "of it joint", "saves"),
    )
    for one in sharing.shares[:SHOWN]:
        saved = 1 - one.amount / one.alone if one.alone else 0.0
        amounts = (one.alone, one.amount, one.direct, one.joint)
        _row(table, one.buyer, *(money(amount, sharing.currency) for amount in amounts), f"{saved:.0%}")
    console.print(table)
    if len(sharing.shares) > SHOWN:
        console.print(f"and {len(sharing.shares) - SHOWN:,} more buyers: --json has them all")
    console.print(f"Method: {sharing.method}.")
    if not sharing.coalition:
        console.print("There is no group that could leave.")
        return
    names = ", ".join(sharing.coalition[:6])
    more = f" and {len(sharing.coalition) - 6:,} more" if len(sharing.coalition) > 6 else ""
    found = money(abs(sharing.max_excess), sharing.currency)
    if sharing.max_excess > 0:
        said = f"No split suits every group: by leaving together, {names}{more} would save {found}."
    elif sharing.max_excess:
        said = f"No group found gains by leaving; the nearest, {names}{more}, would pay {found} more."
    else:
        said = f"No group found gains by leaving; the nearest, {names}{more}, would pay the same."
    console.print(plain(said))
    console.print(f"Searched: {sharing.searched}.")


def show_explanation(problem: Problem, explanation: Explanation) -> None:
    """Why a line is where it is, and a row for each other place."""

    def date_of(day: int | None) -> str:
        return "" if day is None else f"{problem.start + timedelta(days=day):%d %b %Y}"

    here = explanation.here
    console = _console()
    name = plain(explanation.line)
    if here.day is None:
        console.print(f"Line {name} is served directly.")
    else:
        days = "1 day" if here.waits == 1 else f"{here.waits} days"
        cost = money(explanation.waiting_cost, problem.currency)
        console.print(
            f"Line {name} waits {days} ({cost}) for the {here.mode} departure of {date_of(here.day)} "
            f"and arrives {date_of(here.arrives)}."
        )
    if not explanation.others:
        console.print("It could go nowhere else.")
        return
    table = _table("Elsewhere the total would rise by", "option", "leaves", "arrives", "days", "rises by")
    for other in explanation.others[:SHOWN]:
        rise = money(other.extra, problem.currency) if other.fits else "no room"
        _row(
            table,
            other.assignment.service or "direct",
            date_of(other.day),
            date_of(other.arrives),
            "" if other.day is None else str(other.waits),
            rise,
        )
    console.print(table)
