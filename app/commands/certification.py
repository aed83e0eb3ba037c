"""`fairhaul certification`: the table of transitions, and standards: their check and their changes."""

import json
from pathlib import Path
from typing import Annotated

import typer

certification = typer.Typer(no_args_is_help=True, help="The table of the road, and standards.")


@certification.command()
def table(
    svg: Annotated[bool, typer.Option("--svg", help="A picture instead of a Markdown table")] = False,
) -> None:
    """Print every transition of a case: from where to where, who may, what must be true.

    Example: `fairhaul certification table --svg > docs/pictures/certification-road.svg`
    """
    from certification import transition_table_markdown, transition_table_svg

    typer.echo(transition_table_svg() if svg else transition_table_markdown(), nl=False)


@certification.command()
def check(
    file: Annotated[Path, typer.Argument(help="A standard, in YAML", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Read a standard and say what is wrong with it, with the line.

    Example: `fairhaul certification check my-standard.yaml`
    """
    from certification import StandardFault, load_standard

    try:
        read = load_standard(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError:
        typer.echo(f"{file.name}: this is not text in UTF-8.", err=True)
        raise typer.Exit(1) from None
    except StandardFault as fault:
        if as_json:
            typer.echo(json.dumps({"line": fault.line, "fault": fault.fault}))
        typer.echo(fault.sentence, err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps({"key": read.key, "criteria": len(read.criteria)}))
    else:
        typer.echo(f"{read.key}: {len(read.principles)} principles, {len(read.criteria)} criteria. It holds.")


@certification.command()
def changes(
    key: Annotated[str, typer.Argument(help="The newer standard, such as fairhaul-2027.1")],
) -> None:
    """Print what a version of a standard changes against the one that it replaces.

    Example: `fairhaul certification changes fairhaul-2027.1`
    """
    from certification import Change, Refusal, differences, replaced_by, standard, standards

    try:
        new = standard(key)
    except Refusal as no:
        typer.echo(no.sentence, err=True)
        raise typer.Exit(1) from None
    old = replaced_by(new, standards())
    if old is None:
        typer.echo(f"{key} replaces no version.")
        return
    typer.echo(
        f"{new.key} from {new.effective}, beside {old.key} until {new.transition_ends} for cases that begin."
    )
    for one in differences(old, new):
        said = one.after or one.before
        assert said is not None
        parts = f" ({', '.join(one.parts)})" if one.change is Change.CHANGED else ""
        typer.echo(f"{one.criterion:>6} {one.change}{parts}: {said.text}")
