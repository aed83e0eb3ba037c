"""Subscribed queries that are asked by a schedule."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    for column in (
        sa.Column("schedule", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("epcis_subscription", column)
    op.create_check_constraint(
        op.f("ck_epcis_subscription_scheduled"),
        "epcis_subscription",
        "(schedule IS NULL) = (next_at IS NULL)",
    )


def downgrade() -> None:
    # What came before knows streams only: a schedule would become one.
    op.execute("DELETE FROM epcis_subscription WHERE schedule IS NOT NULL")
    op.drop_constraint(op.f("ck_epcis_subscription_scheduled"), "epcis_subscription", type_="check")
    for name in ("since", "next_at", "schedule"):
        op.drop_column("epcis_subscription", name)
