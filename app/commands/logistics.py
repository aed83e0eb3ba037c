"""`fairhaul plan`, `share`, `check` and `explain`: the pooling engine on files (`contracts/`).

Exit codes: 0 done, 1 refused or failed, 2 wrong use or a bad file (one line on standard error names the
place). Heavy imports are inside the functions, so that the command line starts fast.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from logistics import Plan, Problem

T = TypeVar("T")

ProblemFile = Annotated[
    Path, typer.Argument(help="A pooling problem (fairhaul-pooling/1); - reads standard input.")
]
PlanFile = Annotated[
    Path,
    typer.Argument(help="A plan of it (fairhaul-plan/1), as plan --json prints it; - reads standard input."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


def _fail(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    typer.echo(line.encode("utf-8", "backslashreplace").decode(), err=True)
    raise typer.Exit(code)


def _read(file: Path, read: Callable[[bytes], T]) -> T:
    from logistics.form import LARGEST_FILE, InvalidInput

    too_large = f"at most {LARGEST_FILE:,} bytes are read: split it by origin"
    try:
        if str(file) == "-":
            document = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with file.open("rb") as stream:
                about = os.fstat(stream.fileno())
                if stat.S_ISREG(about.st_mode) and about.st_size > LARGEST_FILE:
                    _fail(f"{file}: (the whole document): {about.st_size:,} bytes; {too_large}", 2)
                document = stream.read(LARGEST_FILE + 1)
    except OSError as fault:
        _fail(f"{file}: cannot be read: {fault.strerror}", 2)
    except ValueError as fault:  # a name that no file can have
        _fail(f"{file}: cannot be read: {fault}", 2)
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


def _once(*files: Path | None) -> None:
    if [str(file) for file in files].count("-") > 1:
        _fail("standard input can be only one of the files", 2)


def _print_json(value: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _require_writable(file: Path) -> None:
    """Refuses a file that cannot be written before anything is computed for it."""
    folder = file.parent
    if file.is_dir():
        _fail(f"{file}: cannot be written: it is a folder", 2)
    if not folder.is_dir():
        _fail(f"{file}: cannot be written: there is no folder {folder}", 2)
    if not os.access(file if file.exists() else folder, os.W_OK):
        _fail(f"{file}: cannot be written: permission denied", 2)


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

    Ctrl-C ends the search and keeps the best plan so far; a second one ends at once.
    """
    from contextlib import nullcontext
    from threading import Event

    from app.commands.logistics_tables import Progress, show_plan
    from logistics import InvalidInput, draw
    from logistics import plan as plan_problem

    if svg is not None:
        _require_writable(svg)
    problem = _problem(file)
    stop = Event()
    _stop_on_interrupt(stop)
    budget = None if iterations else seconds + (seconds if bound_seconds is None else bound_seconds)
    watched = Progress(len(problem.lines), problem.currency, budget) if sys.stderr.isatty() else None
    try:
        with watched or nullcontext():
            made = plan_problem(
                problem,
                seed=seed,
                seconds=seconds,
                bound_seconds=bound_seconds,
                iterations=iterations,
                report=watched.report if watched else None,
                stop=stop,
            )
    except InvalidInput as fault:
        _fail(f"{file}: {fault}", 2)
    if svg is not None:
        try:
            svg.write_text(draw(problem, made), encoding="utf-8")
        except OSError as fault:
            _fail(f"{svg}: cannot be written: {fault.strerror}", 1)
    if as_json:
        _print_json(made.to_dict())
    else:
        show_plan(problem, made)
    if stop.is_set():
        # A programme that is being solved cannot be interrupted: leave without waiting for it.
        sys.stdout.flush()
        os._exit(0)


def _stop_on_interrupt(stop: Event) -> None:
    """The first Ctrl-C asks for the best plan so far, the next one ends the command."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        return

    def asked(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[KStopping with the best plan so far; Ctrl-C again ends at once.\n")

    signal.signal(signal.SIGINT, asked)


def share(
    file: ProblemFile,
    plan_file: PlanFile,
    as_json: AsJson = False,
    quotes: Annotated[
        Path | None, typer.Option(help="A JSON object of buyer -> the most it may be charged.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0, help="Budget for pools too large to be split exactly: 15, or 45 with many buyers."
        ),
    ] = None,
) -> None:
    """Split a plan's total so that nobody, and no group, would rather leave."""
    from logistics import InvalidInput, QuotesCannotBeKept
    from logistics import share as share_plan

    _once(file, plan_file, quotes)
    problem, made = _problem(file), _plan(plan_file)
    caps = None if quotes is None else _read(quotes, _quotes)
    try:
        sharing = share_plan(problem, made, quotes=caps, seconds=seconds)
    except QuotesCannotBeKept as refusal:
        _fail(str(refusal), 1)
    except InvalidInput as fault:
        at_fault = quotes if quotes is not None and fault.pointer in _pointers(caps or {}) else plan_file
        _fail(f"{at_fault}: {fault}", 2)
    if as_json:
        _print_json(sharing.to_dict())
    else:
        from app.commands.logistics_tables import show_sharing

        show_sharing(sharing)


def _pointers(quotes: Mapping[str, int]) -> set[str]:
    from logistics.form import token

    return {f"/{token(name)}" for name in quotes}


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


def check(file: ProblemFile, plan_file: PlanFile, as_json: AsJson = False) -> None:
    """Recompute a plan independently of the planner; exit 1 if anything in it is wrong."""
    from logistics import check as check_plan

    _once(file, plan_file)
    problem, made = _problem(file), _plan(plan_file)
    result = check_plan(problem, made)
    if as_json:
        _print_json({"ok": result.ok, "total": result.total, "faults": list(result.faults)})
    elif result.ok:
        from app.commands.logistics_tables import money

        typer.echo(f"ok: {money(result.total, problem.currency)}")
    if not result.ok:
        for fault in result.faults:
            typer.echo(fault.encode("utf-8", "backslashreplace").decode(), err=True)
        raise typer.Exit(1)


def explain(
    file: ProblemFile,
    plan_file: PlanFile,
    line: Annotated[str, typer.Argument(help="The id of an order line.")],
    as_json: AsJson = False,
) -> None:
    """Say why a line is where it is, and what it would cost elsewhere."""
    from logistics import InvalidInput, price
    from logistics import explain as explain_line
    from logistics.form import shown

    _once(file, plan_file)
    problem, made = _problem(file), _plan(plan_file)
    if all(member.id != line for member in problem.lines):
        _fail(f"{file}: /lines: none has the id {shown(line)}", 2)
    try:
        price(problem, made.assignments)
        explanation = explain_line(problem, made, line)
    except InvalidInput as fault:
        _fail(f"{plan_file}: {fault}", 2)
    if as_json:
        _print_json(explanation.to_dict())
    else:
        from app.commands.logistics_tables import show_explanation

        show_explanation(problem, explanation)
