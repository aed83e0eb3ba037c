"""`python -m benchmarks [--largest N] [--curve N] [--pools N] [--buyers N] [--leaves N] [--out FOLDER]`.

Prints all figures; writes `planning.svg`, `curve.svg`, `sharing.svg` and `results.json` into FOLDER (default
`benchmarks/results`).
"""

from __future__ import annotations

import argparse
import json
import platform
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks.chart import chart
from benchmarks.curve import curve_chart, print_curve
from benchmarks.log import measure as measure_log
from benchmarks.planning import CASES, HEADER, Case, Row, measure
from benchmarks.sharing import HEADER as SIZES_HEADER
from benchmarks.sharing import SIZES, measure_size, sharing_chart
from benchmarks.sharing import measure as measure_sharing
from logistics.planning import cores


def apart(case: Case, processor: bool) -> Row:
    """Measures a case in a process of its own, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(partial(measure, case, processor=processor)).result()


def main() -> None:
    """Runs the cases up to the largest size asked for, then the sharing pools."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--largest", type=int, default=10_000, help="lines of the largest case (100000: 14 minutes)"
    )
    parser.add_argument(
        "--curve", type=int, default=10_000, help="lines of the curve's largest size (100000: minutes)"
    )
    parser.add_argument("--pools", type=int, default=200, help="pools of ten buyers that are split")
    parser.add_argument(
        "--leaves", type=int, default=1_000_000, help="entries of the transparency log (0: none)"
    )
    parser.add_argument(
        "--buyers", type=int, default=100, help="largest pools that are split (10000: 3 minutes more)"
    )
    parser.add_argument(
        "--processor",
        action="store_true",
        help="count budgets in processor seconds of all cores, where other work runs too",
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    asked = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {cores()} cores, Python {platform.python_version()}\n"
    )
    if asked.largest:
        print("| " + " | ".join(HEADER) + " |")
        print("|" + " --- |" * len(HEADER), flush=True)
    rows: list[Row] = []
    for case in CASES:
        if case.lines <= asked.largest:
            rows.append(apart(case, asked.processor))
            print("| " + " | ".join(rows[-1].cells()) + " |", flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    results: dict[str, object] = {}
    if rows:
        (asked.out / "planning.svg").write_text(chart(rows))
        results["planning"] = [row.to_dict() for row in rows]
    if asked.curve:
        points = print_curve(asked.curve)
        (asked.out / "curve.svg").write_text(curve_chart(points))
        results["curve"] = [asdict(point) for point in points]
    if asked.pools:
        tallies, pools, seconds = measure_sharing(asked.pools)
        print(f"\n{pools} pools of ten buyers; ours takes {1000 * seconds:.0f} ms a pool\n")
        print("| split | somebody pays more than alone | a group would leave |\n| --- | --- | --- |")
        for method, tally in tallies.items():
            print(f"| {method} | {tally.above_alone / pools:.1%} | {tally.group_leaves / pools:.1%} |")
        results["sharing"] = {method: vars(tally) for method, tally in tallies.items()} | {"pools": pools}
        (asked.out / "sharing.svg").write_text(sharing_chart(tallies, pools))
    if asked.buyers:
        print("\n| " + " | ".join(SIZES_HEADER) + " |\n|" + " --- |" * len(SIZES_HEADER), flush=True)
        sizes = []
        for buyers, count in SIZES:
            if buyers <= asked.buyers:
                sizes.append(measure_size(buyers, count, processor=asked.processor))
                print("| " + " | ".join(sizes[-1].cells()) + " |", flush=True)
        results["sharing by size"] = [vars(size) for size in sizes]
    if asked.leaves:
        figures = measure_log(asked.leaves)
        print(f"\nA transparency log of {figures.leaves:,} entries\n")
        print("| what | measured | relative to the plain leaves |\n| --- | --- | --- |")
        for cells in figures.rows():
            print("| " + " | ".join(cells) + " |")
        results["log"] = asdict(figures)
    (asked.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
