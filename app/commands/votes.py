"""`fairhaul votes`: count a published board again, offline."""

import json
from pathlib import Path
from typing import Annotated

import typer

votes = typer.Typer(help="Votes of the members.", no_args_is_help=True)
WRONG_USE = 2


@votes.callback()
def of_members() -> None:
    """Keep `tally` a command of its own."""


@votes.command()
def tally(
    file: Annotated[
        Path, typer.Argument(help="A board (fairhaul-ballot-board/1), as the vote's page gives it")
    ],
    code: Annotated[str | None, typer.Option(help="A receipt code: also show how that ballot stands")] = None,
    sha256: Annotated[str | None, typer.Option(help="The hash that the transparency log has of it")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Count a board again, and compare all that it says of itself. No connection, no database.

    Exit codes: 0 it agrees, 1 it does not (or the code or hash is not its), 2 unreadable.

    Example: `fairhaul votes tally accounts-board.json --code KXKM-REV8-G3KA-7G53-V9F2`
    """
    from governance import ballots as engine

    try:
        document = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as fault:
        typer.echo(f"unreadable: {fault}", err=True)
        raise typer.Exit(WRONG_USE) from fault
    try:
        board = engine.read(document)
    except engine.BoardError as fault:
        typer.echo(f"does not agree: {fault}", err=True)
        raise typer.Exit(1) from fault
    found = engine.digest(document)
    own = board.ballots.get(engine.mark_of(board.paper.vote, code).hex()) if code else None
    names = {each.key: each.name for each in board.paper.options}
    result = board.result
    told = {
        "agrees": True,
        "vote": board.paper.vote,
        "ballots": board.cast,
        "members": len(board.roll),
        "quorum": result.quorum,
        "reached": result.reached,
        "votes": dict(result.votes),
        "carried": result.carried,
        "elected": [names[each] for each in result.elected],
        "by_lot": [names[each] for each in result.by_lot],
        "sha256": found,
    }
    if code:
        told["own"] = None if own is None else list(own)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(f"agrees: {board.title}, {board.cast} ballots of {len(board.roll)} members")
        for key, count in result.votes.items():
            typer.echo(f"  {names[key]}: {count}")
        if not result.reached:
            typer.echo(f"  not decided: {result.quorum} had to take part")
        elif result.carried is not None:
            typer.echo("  carried" if result.carried else "  not carried")
        else:
            typer.echo(f"  elected: {', '.join(names[each] for each in result.elected) or 'nobody'}")
        typer.echo(f"  SHA-256 {found}")
        if code:
            said = "not on the board" if own is None else ", ".join(names[each] for each in own) or "blank"
            typer.echo(f"  the ballot of your code: {said}")
    if (sha256 and sha256.lower() != found) or (code and own is None):
        typer.echo("This is not the board of that hash or code.", err=True)
        raise typer.Exit(1)
