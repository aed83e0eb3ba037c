import json
import os
import re
import select
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.commands.logistics import check, explain, plan, share
from app.commands.logistics_tables import money
from logistics.form import LARGEST_FILE
from tests.logistics.problems import EXAMPLES, sampled

DOCUMENTS = {name: (EXAMPLES / f"{name}.json").read_bytes() for name in ("paper-case", "small-1")}

commands = typer.Typer()
for command in (plan, share, check, explain):
    commands.command()(command)
runner = CliRunner()


@pytest.fixture
def planned(tmp_path: Path) -> tuple[str, str]:
    """The paper's case and a file with its plan."""
    problem = str(EXAMPLES / "paper-case.json")
    file = tmp_path / "plan.json"
    file.write_text(runner.invoke(commands, ["plan", problem, "--json"]).stdout)
    return problem, str(file)


def test_the_papers_case_is_planned_shared_checked_and_explained(planned: tuple[str, str]) -> None:
    made = json.loads(Path(planned[1]).read_text())
    assert (made["total"], made["lower_bound"], made["stand_alone_total"]) == (18142, 18142, 60000)
    result = runner.invoke(commands, ["share", *planned, "--json"])
    sharing = json.loads(result.stdout)
    assert result.exit_code == 0
    assert sharing["format"] == "fairhaul-sharing/1"
    assert sum(one["amount"] for one in sharing["shares"]) == 18142
    assert all(one["amount"] == one["direct"] + one["joint"] <= one["alone"] for one in sharing["shares"])
    assert runner.invoke(commands, ["check", *planned]).exit_code == 0
    told = json.loads(runner.invoke(commands, ["explain", *planned, "line-1", "--json"]).stdout)
    assert told["here"]["extra"] == 0
    assert {other["mode"] for other in told["others"]} == {"air", "direct", "sea"}


def test_readable_tables_name_the_total(planned: tuple[str, str]) -> None:
    assert "181.42 USD" in runner.invoke(commands, ["plan", planned[0]]).stdout
    assert "181.42 USD" in runner.invoke(commands, ["share", *planned]).stdout
    assert "waits" in runner.invoke(commands, ["explain", *planned, "line-1"]).stdout


def test_a_plan_that_states_another_total_fails_the_check(planned: tuple[str, str]) -> None:
    made = json.loads(Path(planned[1]).read_text())
    Path(planned[1]).write_text(json.dumps(made | {"total": 18141}))
    result = runner.invoke(commands, ["check", *planned])
    assert result.exit_code == 1
    assert "18142" in result.stderr
    assert runner.invoke(commands, ["share", *planned, "--json"]).exit_code == 2


def test_quotes_that_cannot_be_kept_exit_1_and_say_by_how_much(
    planned: tuple[str, str], tmp_path: Path
) -> None:
    quotes = tmp_path / "quotes.json"
    buyers = [line["buyer"] for line in json.loads(Path(planned[0]).read_text())["lines"]]
    quotes.write_text(json.dumps(dict.fromkeys(buyers, 3_000)))
    result = runner.invoke(commands, ["share", *planned, "--json", "--quotes", str(quotes)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "142" in result.stderr


PAPER = DOCUMENTS["paper-case"].decode()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "(the whole document): not JSON"),
        (b"{", "(the whole document): not JSON"),
        (b"[]", "(the whole document): must be an object"),
        (b'{"format": 1}', "/currency: is missing"),
        (b"\xff\xfe{", "(the whole document): not UTF-8: byte 0 is 0xff"),
        (PAPER.encode("utf-16-le"), "(the whole document)"),
        (b"\xef\xbb\xbf" + PAPER.encode(), "(the whole document): begins with a byte order mark"),
        (b"[" * 100_000, "(the whole document): not JSON of this form: nested too deeply"),
        (b'{"lines":' * 50_000, "(the whole document): not JSON of this form: nested too deeply"),
        (PAPER.replace('"value"', '"value": 1, "value"', 1).encode(), "/lines/0/value: is given twice"),
        (re.sub('"value": [0-9]+', '"value": NaN', PAPER, count=1).encode(), "/lines/0/value: NaN is not"),
        (re.sub('"value": [0-9]+', '"value": -Infinity', PAPER, count=1).encode(), "/lines/0/value"),
        (re.sub('"value": [0-9]+', '"value": 1e999', PAPER, count=1).encode(), "/lines/0/value: must be"),
        (re.sub('"value": [0-9]+', '"value": ' + "9" * 5_000, PAPER, count=1).encode(), "/lines/0/value"),
        (re.sub('"value": [0-9]+', '"value": -1', PAPER, count=1).encode(), "/lines/0/value"),
        (re.sub('"due": [0-9]+', '"due": 0', PAPER, count=1).encode(), "/lines/0/due"),
        (PAPER.replace('"line-2"', '"line-1"').encode(), "/lines/1/id"),
        (re.sub('"buyer": "[^"]+"', r'"buyer": "\\ud800"', PAPER, count=1).encode(), "/lines/0/buyer"),
    ],
)
def test_a_bad_file_exits_2_with_one_line_and_no_output(document: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_bytes(document)
    for source, given_in in ((str(file), None), ("-", document)):
        result = runner.invoke(commands, ["plan", source, "--json"], input=given_in)
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert result.stderr.startswith(f"{source}: {says}")


def test_lines_that_no_plan_serves_together_exit_2_and_are_named_with_the_reason(tmp_path: Path) -> None:
    problem = json.loads(PAPER)
    file = tmp_path / "problem.json"
    for line in problem["lines"]:
        line.pop("direct_cost", None)
    most = max(line["weight_g"] for line in problem["lines"])
    for service in problem["services"]:
        service["departures"] = [service["departures"][0] | {"capacity_g": most}]
    file.write_text(json.dumps(problem))
    result = runner.invoke(commands, ["plan", str(file), "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert all(line["id"] in result.stderr for line in problem["lines"])
    assert "cannot be served together: they exceed the capacities" in result.stderr


def test_a_file_beyond_the_largest_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "huge.json"
    with file.open("wb") as stream:
        stream.truncate(2 * LARGEST_FILE)
    result = runner.invoke(commands, ["plan", str(file)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}: (the whole document): 200,000,000 bytes; at most 100,000,000")


@cache
def papers_plan() -> str:
    """The plan of the paper's case; once, because it states the seconds that it took."""
    return runner.invoke(commands, ["plan", "-", "--json"], input=DOCUMENTS["paper-case"]).stdout


def places(value: Any, pointer: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a document."""
    own = [pointer] if pointer else []
    if isinstance(value, dict):
        return own + [p for name, member in value.items() for p in places(member, (*pointer, name))]
    if isinstance(value, list):
        return own + [p for i, member in enumerate(value) for p in places(member, (*pointer, i))]
    return own


strange = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(2**53, 2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["", "\ud800", "[red]", "[/]", "\x1b[2J", "O00", "P000", 10**40, -1, 0, 1.0, 1.5]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def mutated(data: st.DataObject, form: Any) -> bytes:
    """A document with a few values changed, left out or repeated, or a few bytes of it spoiled."""
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(form)))
        parent = form
        for step in path[:-1]:
            parent = parent[step]
        change = data.draw(st.sampled_from(["set", "drop", "copy", "swap"]))
        if change == "drop":
            del parent[path[-1]]
        elif change == "copy" and isinstance(parent, list):
            parent.append(parent[path[-1]])
        elif change == "swap":
            other = data.draw(st.sampled_from(places(form)))
            place = form
            for step in other:
                place = place[step]
            parent[path[-1]] = json.loads(json.dumps(place))
        else:
            parent[path[-1]] = data.draw(strange)
        if not places(form):
            break
    document = json.dumps(form).encode("utf-8", "surrogatepass")
    if data.draw(st.integers(0, 3)) == 0:
        at = data.draw(st.integers(0, len(document) - 1))
        document = document[:at] + data.draw(st.binary(max_size=3)) + document[at + 1 :]
    return document


def assert_done_or_told(result: Any) -> None:
    """A result on standard output, or one line that names the place and nothing else."""
    assert result.exception is None or isinstance(result.exception, SystemExit)
    if result.exit_code == 0:
        json.loads(result.stdout)
        return
    assert result.exit_code in (1, 2)
    assert len(result.stderr.splitlines()) == 1
    if result.exit_code == 2:
        assert result.stdout == ""
        # A pointer names members as they are: with spaces, if they have some.
        place = re.match(r"-: (\(the whole document\)|/.*): \S", result.stderr)
        assert place or "plan.json: " in result.stderr


@sampled
@given(st.data())
def test_a_spoiled_problem_is_planned_or_told_in_one_line(data: st.DataObject) -> None:
    form = json.loads(DOCUMENTS[data.draw(st.sampled_from(sorted(DOCUMENTS)))])
    arguments = ["plan", "-", "--json", "--seconds", "0.2", "--bound-seconds", "0.1"]
    assert_done_or_told(runner.invoke(commands, arguments, input=mutated(data, form)))


@sampled
@given(st.data())
def test_a_spoiled_plan_is_shared_checked_and_explained_or_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    spoiled = tmp_path_factory.mktemp("spoiled") / "plan.json"
    spoiled.write_bytes(mutated(data, json.loads(papers_plan())))
    problem = str(EXAMPLES / "paper-case.json")
    assert_done_or_told(runner.invoke(commands, ["share", problem, str(spoiled), "--json"]))
    assert_done_or_told(runner.invoke(commands, ["explain", problem, str(spoiled), "line-1", "--json"]))
    result = runner.invoke(commands, ["check", problem, str(spoiled), "--json"])
    assert result.exit_code in (0, 1, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)


@sampled
@given(st.data())
def test_spoiled_quotes_are_kept_or_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("quotes")
    made, quotes = folder / "plan.json", folder / "quotes.json"
    made.write_text(papers_plan())
    buyers = sorted({line["buyer"] for line in json.loads(PAPER)["lines"]})
    form = {buyer: data.draw(st.integers(2_500, 5_000)) for buyer in buyers}
    quotes.write_bytes(mutated(data, form) if data.draw(st.booleans()) else json.dumps(form).encode())
    problem = str(EXAMPLES / "paper-case.json")
    result = runner.invoke(commands, ["share", problem, str(made), "--json", "--quotes", str(quotes)])
    if result.exit_code == 2:
        assert (result.stdout, len(result.stderr.splitlines())) == ("", 1)
        assert result.stderr.startswith(f"{quotes}: ")
    else:
        assert_done_or_told(result)


def test_what_cannot_be_read_or_written_is_told_before_any_work(
    tmp_path: Path, planned: tuple[str, str]
) -> None:
    for file, why in ((tmp_path / "none.json", "No such file"), (tmp_path, "Is a directory")):
        result = runner.invoke(commands, ["plan", str(file)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"{file}: cannot be read: {why}")
    for drawing in (tmp_path, tmp_path / "none" / "plan.svg"):
        result = runner.invoke(commands, ["plan", planned[0], "--json", "--svg", str(drawing)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"{drawing}: cannot be written: ")
    result = runner.invoke(commands, ["share", "-", "-"], input=b"")
    assert (result.exit_code, result.stderr) == (2, "standard input can be only one of the files\n")
    result = runner.invoke(commands, ["explain", *planned, "nothing"])
    assert (result.exit_code, result.stderr) == (2, f'{planned[0]}: /lines: none has the id "nothing"\n')


def test_standard_input_can_be_the_problem_or_the_plan(planned: tuple[str, str]) -> None:
    problem, made = Path(planned[0]).read_bytes(), Path(planned[1]).read_bytes()
    expected = runner.invoke(commands, ["share", *planned, "--json"]).stdout
    assert runner.invoke(commands, ["share", "-", planned[1], "--json"], input=problem).stdout == expected
    assert runner.invoke(commands, ["share", planned[0], "-", "--json"], input=made).stdout == expected


def test_names_from_a_file_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    name = "[red]\x1b[2J[/]"
    form = json.loads(PAPER)
    form["lines"][0]["buyer"] = form["name"] = form["lines"][0]["id"] = name
    problem, made = tmp_path / "problem.json", tmp_path / "plan.json"
    problem.write_text(json.dumps(form))
    shown = runner.invoke(commands, ["plan", str(problem)]).stdout
    made.write_text(runner.invoke(commands, ["plan", str(problem), "--json"]).stdout)
    shown += runner.invoke(commands, ["share", str(problem), str(made)]).stdout
    shown += runner.invoke(commands, ["explain", str(problem), str(made), name]).stdout
    assert "\x1b" not in shown
    assert shown.count("[red]\\x1b[2J[/]") >= 3


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert [money(-1_234_567, code) for code in ("USD", "JPY", "KWD")] == [
        "-12,345.67 USD",
        "-1,234,567 JPY",
        "-1,234.567 KWD",
    ]


def test_an_interrupt_keeps_the_best_plan_so_far() -> None:
    """A real process with a terminal for its progress is interrupted long before its time is up."""
    primary, secondary = os.openpty()
    command = [
        sys.executable,
        "-c",
        "from app.cli import main; main()",
        "plan",
        str(EXAMPLES / "medium-1.json"),
        "--json",
    ]
    process = subprocess.Popen(
        [*command, "--seconds", "600"], stdout=subprocess.PIPE, stderr=secondary, stdin=subprocess.DEVNULL
    )
    os.close(secondary)
    told = b""
    while b"s left" not in told:
        assert select.select([primary], [], [], 120)[0], "no progress was reported"
        told += os.read(primary, 4096)
    process.send_signal(signal.SIGINT)
    made = json.loads(process.communicate(timeout=120)[0])
    os.close(primary)
    assert process.returncode == 0
    assert re.search(rb"planning 1,000 lines, at most 1[0-9]{3} s left", told)
    assert len(made["assignments"]) == 1_000
    assert 0 < made["lower_bound"] <= made["total"]


def test_the_plan_can_be_drawn(planned: tuple[str, str], tmp_path: Path) -> None:
    drawing = tmp_path / "plan.svg"
    assert runner.invoke(commands, ["plan", planned[0], "--json", "--svg", str(drawing)]).exit_code == 0
    assert drawing.read_text().startswith("<svg ")
    assert "181.42" in drawing.read_text()
