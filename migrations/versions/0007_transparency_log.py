"""The transparency log, and what the database itself holds of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

RULES = """
CREATE FUNCTION log_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.index IS NOT NULL
        OR (to_jsonb(NEW) - 'index') IS DISTINCT FROM (to_jsonb(OLD) - 'index') THEN
        RAISE EXCEPTION 'an entry of the log only gets its place, once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER log_entry_is_kept BEFORE UPDATE ON log_entry
    FOR EACH ROW EXECUTE FUNCTION log_entry_is_kept();
CREATE TRIGGER log_entry_stays BEFORE DELETE OR TRUNCATE ON log_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION log_statement_is_erased_openly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM log_entry erased, log_entry told JOIN log_statement said ON said.entry_id = told.id
        WHERE erased.id = OLD.entry_id AND told.kind = 'statement.erased' AND erased.kind <> told.kind
            AND (said.statement::jsonb ->> 'entry')::bigint = erased.index
    ) THEN
        RAISE EXCEPTION 'a statement goes only when an entry says so' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER log_statement_is_erased_openly BEFORE DELETE ON log_statement
    FOR EACH ROW EXECUTE FUNCTION log_statement_is_erased_openly();
CREATE TRIGGER log_statement_stays BEFORE UPDATE OR TRUNCATE ON log_statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION log_tile_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF substring(NEW.hashes FOR length(OLD.hashes)) IS DISTINCT FROM OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER log_tile_grows BEFORE UPDATE ON log_tile FOR EACH ROW EXECUTE FUNCTION log_tile_grows();
CREATE TRIGGER log_tile_stays BEFORE DELETE OR TRUNCATE ON log_tile
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_checkpoint_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

UNDO = """
DROP TRIGGER log_checkpoint_is_kept ON log_checkpoint;
DROP TRIGGER log_tile_stays ON log_tile;
DROP TRIGGER log_tile_grows ON log_tile;
DROP FUNCTION log_tile_grows();
DROP TRIGGER log_statement_stays ON log_statement;
DROP TRIGGER log_statement_is_erased_openly ON log_statement;
DROP FUNCTION log_statement_is_erased_openly();
DROP TRIGGER log_entry_stays ON log_entry;
DROP TRIGGER log_entry_is_kept ON log_entry;
DROP FUNCTION log_entry_is_kept();
"""


def run(statements: str) -> None:
    """Many statements at once: the driver splits none of them."""
    raw = op.get_bind().connection.driver_connection
    raw.execute(statements)


def upgrade() -> None:
    op.create_table(
        "log_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=True),
        sa.Column("arrived", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("subject_kind", sa.TEXT(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('"index" >= 0', name=op.f("ck_log_entry_index")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("index", name=op.f("uq_log_entry_index")),
    )
    op.create_index("ix_log_entry_subject", "log_entry", ["subject_kind", "subject_id"])
    op.create_index(
        "ix_log_entry_waiting", "log_entry", ["at", "arrived"], postgresql_where=sa.text('"index" IS NULL')
    )
    op.create_table(
        "log_statement",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("statement", sa.TEXT(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["log_entry.id"], name=op.f("fk_log_statement_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_log_statement")),
    )
    op.create_table(
        "log_tile",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_log_tile")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.TEXT(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_witness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("run_by", sa.TEXT(), nullable=False),
        sa.Column("address", sa.TEXT(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_log_witness_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_witness")),
    )
    op.create_index(
        "uq_log_witness_key",
        "log_witness",
        ["key"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "log_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.TEXT(), nullable=False),
        sa.Column("cosigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name=op.f("fk_log_cosignature_size")),
        sa.ForeignKeyConstraint(
            ["witness_id"], ["log_witness.id"], name=op.f("fk_log_cosignature_witness_id")
        ),
        sa.PrimaryKeyConstraint("size", "witness_id", name=op.f("pk_log_cosignature")),
    )
    op.create_table(
        "log_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("faults", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_check")),
    )
    op.create_index(op.f("ix_log_check_at"), "log_check", ["at"])
    run(RULES)


def downgrade() -> None:
    run(UNDO)
    for table in (
        "log_check",
        "log_cosignature",
        "log_witness",
        "log_checkpoint",
        "log_tile",
        "log_statement",
        "log_entry",
    ):
        op.drop_table(table)
