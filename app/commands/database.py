"""`fairhaul migrate`: the schema, brought to this version."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parents[2] / "migrations"


def migrate() -> None:
    """Bring the database to this version's schema. Safe to run again, and while the old version runs."""
    from app.db import database_url
    from app.settings import settings

    upgrade(database_url(settings()))
    typer.echo("The database is at this version's schema.")


def upgrade(url: str, revision: str = "head") -> None:
    """Run alembic's migrations on the database at `url` (SQLAlchemy's form)."""
    from alembic import command

    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    from alembic import command

    command.downgrade(configuration(url), revision)


def configuration(url: str) -> "Config":
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["url"] = url
    return made
