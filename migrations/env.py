"""How Alembic finds the models and the database."""

from alembic import context
from sqlalchemy import create_engine, text

from app import schema

url = context.config.attributes["url"]
engine = create_engine(url)
with engine.connect() as connection:
    # A migration that waits for a lock makes everybody behind it wait: give up and try again instead.
    connection.execute(text("SET lock_timeout = '5s'"))
    # Two starting processes: the second waits for the first.
    connection.execute(text("SELECT pg_advisory_lock(20260124)"))
    connection.commit()
    context.configure(connection=connection, target_metadata=schema.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
