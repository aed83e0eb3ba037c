import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.commands.logistics import check, explain, plan, share
from tests.logistics.problems import EXAMPLES

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


@pytest.mark.parametrize(
    ("document", "pointer"),
    [("{", "whole document"), ('{"format": 1}', "/currency"), ("[]", "whole document")],
)
def test_a_bad_file_exits_2_with_one_line_and_no_output(document: str, pointer: str, tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_text(document)
    result = runner.invoke(commands, ["plan", str(file), "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert pointer in result.stderr


def test_the_plan_can_be_drawn(planned: tuple[str, str], tmp_path: Path) -> None:
    drawing = tmp_path / "plan.svg"
    assert runner.invoke(commands, ["plan", planned[0], "--json", "--svg", str(drawing)]).exit_code == 0
    assert drawing.read_text().startswith("<svg ")
    assert "181.42" in drawing.read_text()
