"""`fairhaul rates`: exchange rates from a file or from the configured source."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.exchange.published import Published

rates = typer.Typer(help="Exchange rates.", no_args_is_help=True)


@rates.callback()
def _group() -> None:
    """Exchange rates."""


@rates.command(name="import")
def read_in(
    file: Annotated[Path, typer.Argument(help="XML of the ECB, or CSV: day,base,currency,rate")],
    source: Annotated[str, typer.Option(help="Who published them")] = "",
) -> None:
    """Read in a file of rates: all of it, or nothing where a row has a fault."""
    from app.exchange import published

    try:
        name, found = published.read(file.read_bytes())
    except OSError as fault:
        typer.echo(f"{file}: {fault.strerror}", err=True)
        raise typer.Exit(2) from fault
    except published.Unreadable as fault:
        typer.echo(f"{file}: {fault} Nothing was read in.", err=True)
        raise typer.Exit(2) from fault
    _keep(found, source or (name if name != "file" else file.name))


@rates.command()
def fetch() -> None:
    """Ask the source that EXCHANGE_RATES_URL names."""
    import httpx

    from app.exchange import jobs, published
    from app.settings import settings

    if not (url := settings().exchange_rates_url):
        typer.echo("Set EXCHANGE_RATES_URL first, or use `fairhaul rates import FILE`.", err=True)
        raise typer.Exit(2)
    try:
        name, found = jobs.fetch(url)
    except (httpx.HTTPError, published.Unreadable) as fault:
        typer.echo(f"{url}: {fault} The rates that are known stay.", err=True)
        raise typer.Exit(1) from fault
    _keep(found, name)


def _keep(found: "list[Published]", source: str) -> None:
    from app.db import database_url, make_engine, make_sessions, utc_now
    from app.exchange import service
    from app.settings import settings

    with make_sessions(make_engine(database_url(settings()))).begin() as session:
        new = service.keep(session, found, source, now=utc_now())
    typer.echo(f"{len(found)} rates read, {new} of them new, from {source}.")
