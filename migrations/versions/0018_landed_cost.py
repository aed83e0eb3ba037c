"""Duty in orders and charges, prices in makers' own currencies, what the fixed sums of a rate card are for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("order", sa.Column("duty", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_check_constraint(op.f("ck_order_duty"), "order", "duty >= 0")
    op.add_column("order_line", sa.Column("sold_in", sa.TEXT(), nullable=True))
    op.add_column("order_line", sa.Column("sold_at", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_order_line_sold"), "order_line", "(sold_in IS NULL) = (sold_at IS NULL)"
    )
    op.add_column("charge", sa.Column("duty", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("charge", sa.Column("duty_assessed", sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f("ck_charge_total"), "charge", type_="check")
    op.create_check_constraint(op.f("ck_charge_total"), "charge", "goods + shipping + duty = total")
    op.create_check_constraint(
        op.f("ck_charge_duty"), "charge", "duty >= 0 AND coalesce(duty_assessed, 0) BETWEEN 0 AND duty"
    )
    op.add_column(
        "service",
        sa.Column("fixed", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
    )


def downgrade() -> None:
    op.drop_column("service", "fixed")
    op.drop_constraint(op.f("ck_charge_duty"), "charge", type_="check")
    op.drop_constraint(op.f("ck_charge_total"), "charge", type_="check")
    op.drop_column("charge", "duty_assessed")
    op.drop_column("charge", "duty")
    op.create_check_constraint(op.f("ck_charge_total"), "charge", "goods + shipping = total")
    op.drop_constraint(op.f("ck_order_line_sold"), "order_line", type_="check")
    op.drop_column("order_line", "sold_at")
    op.drop_column("order_line", "sold_in")
    op.drop_constraint(op.f("ck_order_duty"), "order", type_="check")
    op.drop_column("order", "duty")
