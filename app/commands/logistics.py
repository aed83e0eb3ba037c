"""`fairhaul plan`, `share`, `check` and `explain`: the pooling engine on files (`contracts/`).

Exit codes: 0 done, 1 refused or failed, 2 wrong use or a bad file (one line on standard error names the
place). Heavy imports are inside the functions, so that the command line starts fast.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logistics import Explanation, Plan, Problem, Sharing

T = TypeVar("T")

ProblemFile = Annotated[
    Path, typer.Argument(help="A pooling problem (fairhaul-pooling/1); - reads standard input.")
]
PlanFile = Annotated[
    Path, typer.Argument(help="A plan of it (fairhaul-plan/1), as `fairhaul plan --json` prints it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


def _fail(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    typer.echo(line.encode("utf-8", "backslashreplace").decode(), err=True)
    raise typer.Exit(code)


def _read(file: Path, read: Callable[[bytes], T]) -> T:
    from logistics.form import LARGEST_FILE, InvalidInput

    try:
        if str(file) == "-":
            document = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with file.open("rb") as stream:
                document = stream.read(LARGEST_FILE + 1)
    except OSError as fault:
        _fail(f"{file}: cannot be read: {fault.strerror}", 2)
    try:
        return read(document)
    except InvalidInput as fault:
        _fail(f"{file}: {fault}", 2)


def _problem(file: Path) -> Problem:
    from logistics import Problem

    return _read(file, Problem.from_json)


def _plan(file: Path) -> Plan:
    from logistics import Plan

    return _read(file, Plan.from_json)


def _print_json(value: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _money(amount: int, currency: str) -> str:
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02} {currency}"


def plan(
    file: ProblemFile,
    *,
    as_json: AsJson = False,
    seed: Annotated[int, typer.Option(help="Same seed and --iterations: same plan.")] = 1,
    seconds: Annotated[float, typer.Option(min=0, help="Search budget.")] = 10.0,
    bound_seconds: Annotated[
        float | None, typer.Option(min=0, help="Budget of the lower bound; as --seconds if not given.")
    ] = None,
    iterations: Annotated[int | None, typer.Option(min=1, help="Moves tried, instead of --seconds.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the plan into this file.")] = None,
) -> None:
    """Put order lines on departures at the least total, with a proven lower bound.

    Ctrl-C ends the search and keeps the best plan so far.
    """
    import os
    import signal
    import threading

    from logistics import InvalidInput, draw
    from logistics import plan as plan_problem

    problem = _problem(file)
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        made = plan_problem(
            problem,
            seed=seed,
            seconds=seconds,
            bound_seconds=bound_seconds,
            iterations=iterations,
            report=_progress() if sys.stderr.isatty() else None,
            stop=stop,
        )
    except InvalidInput as fault:
        _fail(f"{file}: {fault}", 2)
    if as_json:
        _print_json(made.to_dict())
    else:
        _show_plan(problem, made)
    if svg is not None:
        try:
            svg.write_text(draw(problem, made), encoding="utf-8")
        except OSError as fault:
            _fail(f"{svg}: cannot be written: {fault.strerror}", 1)
    if stop.is_set():
        # A programme that is being solved cannot be interrupted: leave without waiting for it.
        sys.stdout.flush()
        os._exit(0)


def _progress() -> Callable[[int, int, float], None]:
    """Writes total, gap and time left over one line of standard error."""

    def write(total: int, bound: int, left: float) -> None:
        gap = f"{total / bound - 1:.2%}" if bound else "unknown"
        end = "\r" if left > 0 else "\n"
        sys.stderr.write(f"\rtotal {total / 100:,.2f}, gap {gap}, {left:.0f} s left   {end}")
        sys.stderr.flush()

    return write


def _show_plan(problem: Problem, made: Plan) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=problem.name or "Plan")
    for column in ("service", "leaves", "arrives", "lines", "buyers", "kg", "m3", "cost", "items"):
        table.add_column(column, justify="left" if column in ("service", "items") else "right")
    for shipment in made.shipments:
        table.add_row(
            shipment.service,
            str(shipment.day),
            str(shipment.arrives),
            str(len(shipment.lines)),
            str(len(shipment.buyers)),
            f"{shipment.weight_g / 1000:,.1f}",
            f"{shipment.volume_cm3 / 1_000_000:,.2f}",
            _money(shipment.cost, made.currency),
            ", ".join(f"{item.name} {item.amount / 100:,.2f}" for item in shipment.items),
        )
    console.print(table)
    fees = sum(collection.fee for collection in made.collections)
    direct = sum(1 for assignment in made.assignments if assignment.direct)
    console.print(f"small-order fees {_money(fees, made.currency)}; {direct} lines served directly")
    console.print(
        f"total {_money(made.total, made.currency)}, at least {_money(made.lower_bound, made.currency)} "
        f"(gap {made.gap:.2%}); each alone {_money(made.stand_alone_total, made.currency)}"
    )


def share(
    file: ProblemFile,
    plan_file: PlanFile,
    as_json: AsJson = False,
    quotes: Annotated[
        Path | None, typer.Option(help="A JSON object of buyer -> the most it may be charged.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0, help="Budget for pools too large to be split exactly.")
    ] = 15.0,
) -> None:
    """Split a plan's total so that nobody, and no group, would rather leave."""
    from logistics import InvalidInput, QuotesCannotBeKept
    from logistics import share as share_plan

    problem, made = _problem(file), _plan(plan_file)
    caps = None if quotes is None else _read(quotes, _quotes)
    try:
        sharing = share_plan(problem, made, quotes=caps, seconds=seconds)
    except InvalidInput as fault:
        at_fault = quotes if quotes is not None and fault.pointer[1:] in (caps or {}) else plan_file
        _fail(f"{at_fault}: {fault}", 2)
    except QuotesCannotBeKept as refusal:
        _fail(str(refusal), 1)
    if as_json:
        _print_json(sharing.to_dict())
    else:
        _show_sharing(sharing)


def _quotes(document: bytes) -> dict[str, int]:
    from logistics.form import InvalidInput, parse, require_integer, shown, token, whole

    form = parse(document)
    if not isinstance(form, dict):
        raise InvalidInput("", f"must be an object of buyer -> amount, not {shown(form)}")
    quotes = {}
    for name, value in form.items():
        amount = whole(value, f"/{token(name)}")
        require_integer(amount, f"/{token(name)}")
        assert isinstance(amount, int)
        quotes[name] = amount
    return quotes


def _show_sharing(sharing: Sharing) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{_money(sharing.total, sharing.currency)}, split")
    for column in ("buyer", "alone", "pays", "of it its own", "joint", "saves"):
        table.add_column(column, justify="left" if column == "buyer" else "right")
    for one in sharing.shares:
        saved = 1 - one.amount / one.alone if one.alone else 0.0
        amounts = (one.alone, one.amount, one.direct, one.joint)
        table.add_row(one.buyer, *(_money(a, sharing.currency) for a in amounts), f"{saved:.0%}")
    console = Console()
    console.print(table)
    console.print(f"method: {sharing.method}")
    found = _money(sharing.max_excess, sharing.currency)
    console.print(f"largest gain of a group that leaves: {found} ({sharing.searched})")


def check(file: ProblemFile, plan_file: PlanFile, as_json: AsJson = False) -> None:
    """Recompute a plan independently of the planner; exit 1 if anything in it is wrong."""
    from logistics import check as check_plan

    problem, made = _problem(file), _plan(plan_file)
    result = check_plan(problem, made)
    if as_json:
        _print_json({"ok": result.ok, "total": result.total, "faults": list(result.faults)})
    elif result.ok:
        typer.echo(f"ok: {_money(result.total, problem.currency)}")
    if not result.ok:
        for fault in result.faults:
            typer.echo(fault, err=True)
        raise typer.Exit(1)


def explain(
    file: ProblemFile,
    plan_file: PlanFile,
    line: Annotated[str, typer.Argument(help="The id of an order line.")],
    as_json: AsJson = False,
) -> None:
    """Say why a line is where it is, and what it would cost elsewhere."""
    from logistics import InvalidInput
    from logistics import explain as explain_line

    problem, made = _problem(file), _plan(plan_file)
    try:
        explanation = explain_line(problem, made, line)
    except InvalidInput as fault:
        _fail(f"{plan_file}: {fault}", 2)
    if as_json:
        _print_json(explanation.to_dict())
    else:
        _show_explanation(problem, explanation)


def _show_explanation(problem: Problem, explanation: Explanation) -> None:
    from datetime import timedelta

    from rich.console import Console
    from rich.table import Table

    def date_of(day: int | None) -> str:
        return "" if day is None else f"{problem.start + timedelta(days=day):%d %B %Y}"

    here = explanation.here
    console = Console()
    if here.day is None:
        console.print(f"{explanation.line} is served directly.")
    else:
        cost = _money(explanation.waiting_cost, problem.currency)
        console.print(
            f"{explanation.line} waits {here.waits} days ({cost}) "
            f"for the {here.mode} departure of {date_of(here.day)} and arrives {date_of(here.arrives)}."
        )
    table = Table(title="Elsewhere the total would rise by")
    for column in ("option", "leaves", "arrives", "waits", "rises by"):
        table.add_column(column, justify="left" if column == "option" else "right")
    for other in explanation.others:
        rise = _money(other.extra, problem.currency) if other.fits else "no room"
        name = other.assignment.service or "direct"
        table.add_row(name, date_of(other.day), date_of(other.arrives), str(other.waits), rise)
    console.print(table)
