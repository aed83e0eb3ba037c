"""`fairhaul tariffs`: official files of duties."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

tariffs = typer.Typer(help="Official files of duties.", no_args_is_help=True)


@tariffs.callback()
def _group() -> None:
    """Official files of duties."""


@tariffs.command(name="import")
def read_in(
    file: Annotated[Path, typer.Argument(help="CSV of the HTS, of the UK Tariff, or plain")],
    *,
    destination: Annotated[str, typer.Option("--into", help="US, EU or GB")],
    source: Annotated[str, typer.Option(help="Who published it, and where")],
    valid_from: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="From which day it holds")],
    preview: Annotated[bool, typer.Option("--preview", help="Only say what is in it")] = False,
) -> None:
    """Read in a file of duties: all of it, or nothing where a row has a fault."""
    from hashlib import file_digest

    from app.errors import Refusal
    from app.shipping import tariff_files
    from logistics.customs import Destination

    if destination not in set(Destination):
        typer.echo(f"--into: use one of {', '.join(Destination)}.", err=True)
        raise typer.Exit(2)
    into = Destination(destination)
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            read = tariff_files.read_file(text, into)
        with file.open("rb") as held:
            digest = file_digest(held, "sha256").hexdigest()
    except OSError as fault:
        typer.echo(f"{file}: {fault.strerror}", err=True)
        raise typer.Exit(2) from fault
    except UnicodeDecodeError as fault:
        typer.echo(f"{file}: this is not UTF-8 text. Nothing was read in.", err=True)
        raise typer.Exit(2) from fault
    if read.faults:
        for words in read.faults:
            typer.echo(f"{file}: {words}", err=True)
        typer.echo("Nothing was read in.", err=True)
        raise typer.Exit(2)
    general = sum(1 for each in read.lines if not each.programme)
    typer.echo(
        f"{general} general duties and {len(read.lines) - general} preferences in the form “{read.form}”; "
        f"{read.left_out} other rows are left out; {len(read.not_computable)} duties need more than value, "
        "weight and pieces."
    )
    for words in read.not_computable[:5]:
        typer.echo(f"  {words}")
    if preview:
        typer.echo("Only a preview: nothing was read in.")
        return
    from app.db import database_url, make_engine, make_sessions, utc_now
    from app.settings import settings
    from app.shipping import customs

    with make_sessions(make_engine(database_url(settings()))).begin() as session:
        try:
            kept = customs.keep_file(
                session,
                read,
                into,
                source=source,
                sha256=digest,
                valid_from=valid_from.date(),
                now=utc_now(),
            )
        except Refusal as refusal:
            typer.echo(refusal.detail, err=True)
            raise typer.Exit(1) from refusal
        typer.echo(f"Used for imports into {into} from {kept.valid_from.isoformat()}.")
