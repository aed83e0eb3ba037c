"""Pools that keep what they promise: quotes, what leavers owe, frozen lines, invitations, buyers' asks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("pool", sa.Column("kept", JSONB(), nullable=False, server_default="[]"))
    op.add_column("pool", sa.Column("invitation", sa.TEXT(), nullable=True))
    op.create_unique_constraint(op.f("uq_pool_invitation"), "pool", ["invitation"])
    op.add_column("pool", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("order", sa.Column("quote", sa.BigInteger(), nullable=True))
    op.execute('UPDATE "order" SET quote = alone')  # what they accepted
    op.alter_column("order", "quote", nullable=False)
    op.add_column("order", sa.Column("leaving_charge", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("order", sa.Column("free_to_leave", sa.Boolean(), nullable=False, server_default="false"))
    op.create_check_constraint(op.f("ck_order_quote"), "order", "quote BETWEEN 0 AND alone")
    op.create_check_constraint(op.f("ck_order_leaving_charge"), "order", "leaving_charge BETWEEN 0 AND alone")
    op.add_column("order_line", sa.Column("frozen_because", sa.TEXT(), nullable=True))
    op.add_column("pool_step", sa.Column("overridden_because", sa.TEXT(), nullable=True))
    op.add_column("pool_plan", sa.Column("leavers", JSONB(), nullable=False, server_default="{}"))
    op.create_table(
        "pool_ask",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("wanted_by", sa.Date(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_because", sa.TEXT(), nullable=True),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'declined') = (declined_because IS NOT NULL)", name=op.f("ck_pool_ask_reason")
        ),
        sa.CheckConstraint("(state = 'accepted') = (pool_id IS NOT NULL)", name=op.f("ck_pool_ask_pool")),
        sa.ForeignKeyConstraint(["origin_id"], ["hub.id"], name=op.f("fk_pool_ask_origin_id")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_pool_ask_hub_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_pool_ask_asked_by")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_ask_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_ask")),
    )
    op.create_index(op.f("ix_pool_ask_hub_id"), "pool_ask", ["hub_id"])
    op.create_table(
        "pool_ask_support",
        sa.Column("ask_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ask_id"], ["pool_ask.id"], name=op.f("fk_pool_ask_support_ask_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_pool_ask_support_organisation_id")
        ),
        sa.PrimaryKeyConstraint("ask_id", "organisation_id", name=op.f("pk_pool_ask_support")),
    )


def downgrade() -> None:
    op.drop_table("pool_ask_support")
    op.drop_table("pool_ask")
    op.drop_column("pool_plan", "leavers")
    op.drop_column("pool_step", "overridden_because")
    op.drop_column("order_line", "frozen_because")
    op.drop_column("order", "free_to_leave")
    op.drop_column("order", "leaving_charge")
    op.drop_column("order", "quote")
    op.drop_column("pool", "reminded")
    op.drop_column("pool", "invitation")
    op.drop_column("pool", "kept")
