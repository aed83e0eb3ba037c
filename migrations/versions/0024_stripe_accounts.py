"""Accounts at Stripe that payees open from here, and what Stripe still asks for."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "stripe_account",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.TEXT(), nullable=False),
        sa.Column("account", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("wants_page", sa.Boolean(), nullable=False),
        sa.Column("page", sa.TEXT(), nullable=False),
        sa.Column("page_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'details', 'checking', 'ready', 'refused')",
            name=op.f("ck_stripe_account_state"),
        ),
        sa.CheckConstraint("state <> 'ready' OR account <> ''", name=op.f("ck_stripe_account_account")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_stripe_account_asked_by_person")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_stripe_account_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_stripe_account")),
    )
    op.create_index(op.f("ix_stripe_account_next_at"), "stripe_account", ["next_at"])
    op.create_index(op.f("ix_stripe_account_account"), "stripe_account", ["account"])


def downgrade() -> None:
    op.drop_table("stripe_account")
