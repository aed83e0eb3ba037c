"""The README claims what is there."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from app.cli import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_map_names_what_exists() -> None:
    block = README.split("## A map of the code")[1].split("```")[1]
    folder = ROOT
    for line in block.strip().splitlines():
        names = re.match(r"\s*((?:[\w./()]+ )*[\w./]+)(?:  |$)", line)
        assert names, line
        for name in names[1].split():
            base = folder if line.startswith(" ") else ROOT
            assert (base / name).exists(), line
            if not line.startswith(" "):
                folder = ROOT / name


def test_its_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_its_commands_exist() -> None:
    commands = get_command(cli).commands  # type: ignore[attr-defined]
    for name in re.findall(r"`?fairhaul ([a-z]+)", README):
        assert name in commands, name
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"make ([a-z]+)", README):
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), name


def test_its_example_gives_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    example = README.split("```python")[1].split("```")[0]
    known: dict[str, object] = {}
    exec(example, known)
    assert known["made"].total == 18_142  # type: ignore[attr-defined]
    assert sum(known["split"].amounts.values()) == 18_142  # type: ignore[attr-defined]
