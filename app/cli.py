"""The command `fairhaul`. Exit codes: 0 done, 1 refused or failed, 2 wrong use."""

import typer

from app.commands import (
    accounts,
    certification,
    credentials,
    database,
    demonstration,
    logistics,
    money,
    rates,
    servers,
    tariffs,
    transparency,
    votes,
)
from app.commands.doctor import doctor
from app.commands.run import run

cli = typer.Typer(
    name="fairhaul",
    help="Certify producers, pool small orders, split the cost so that nobody pays more than alone.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

cli.command()(run)
cli.command()(servers.serve)
cli.command()(servers.worker)
cli.command()(database.migrate)
cli.command()(doctor)
cli.command()(logistics.plan)
cli.command()(logistics.share)
cli.command()(logistics.check)
cli.command()(logistics.explain)
cli.command()(accounts.token)
cli.command()(credentials.verify)
cli.add_typer(certification.certification, name="certification")
cli.add_typer(demonstration.demo, name="demo")
cli.add_typer(money.ledger, name="ledger")
cli.add_typer(transparency.log, name="log")
cli.add_typer(credentials.keys, name="keys")
cli.add_typer(rates.rates, name="rates")
cli.add_typer(tariffs.tariffs, name="tariffs")
cli.add_typer(votes.votes, name="votes")


def main() -> None:
    cli()
