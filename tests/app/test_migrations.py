"""Migrations go up, down and up, and end where the models stand."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from app import schema
from app.commands.database import downgrade, upgrade
from app.db import make_engine
from app.embedded import Server, create_database, drop_database

# What triggers, functions and tables there are, ours and the queue's
EVERYTHING = """
SELECT 'table ' || table_name FROM information_schema.tables WHERE table_schema = 'public'
    AND table_name <> 'alembic_version'
UNION ALL SELECT 'trigger ' || tgname || ' ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || oid::regprocedure || md5(prosrc) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'type ' || oid::regtype FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
"""


@pytest.fixture
def empty(server: Server, worker_id: str) -> Iterator[str]:
    name = f"migrations_{worker_id}"
    drop_database(server, name)
    yield create_database(server, name)
    drop_database(server, name)


def things(url: str) -> set[str]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = set(connection.scalars(text(EVERYTHING)))
    engine.dispose()
    return found


def test_up_down_and_up_again_is_what_the_models_say(empty: str) -> None:
    upgrade(empty)
    first = things(empty)
    engine = make_engine(empty)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        ours = {table.name for table in schema.metadata.tables.values()}
        differences = [
            each
            for each in compare_metadata(context, schema.metadata)
            if not (each[0] in {"remove_table", "remove_index"} and "procrastinate" in str(each[1]))
        ]
    engine.dispose()
    assert ours
    assert differences == []
    downgrade(empty)
    assert things(empty) == set()
    upgrade(empty)
    assert things(empty) == first
