"""Cards: what is asked of Stripe before it is asked, what it told; payments by card; matched bank statements."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("payment", sa.Column("way", sa.TEXT(), nullable=False, server_default="bank transfer"))
    op.alter_column("payment", "booked_by", nullable=True)
    op.create_check_constraint(op.f("ck_payment_who"), "payment", "(way = 'card') = (booked_by IS NULL)")
    op.create_table(
        "card",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("customer", sa.TEXT(), nullable=False),
        sa.Column("method", sa.TEXT(), nullable=False),
        sa.Column("brand", sa.TEXT(), nullable=False),
        sa.Column("last4", sa.TEXT(), nullable=False),
        sa.Column("expires", sa.TEXT(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_card_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_card")),
    )
    op.create_table(
        "card_payment",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("intent", sa.TEXT(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("mend_by", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_card_payment_amount")),
        sa.CheckConstraint(
            "state IN ('asked', 'to authenticate', 'declined', 'paid', 'given up')",
            name=op.f("ck_card_payment_state"),
        ),
        sa.CheckConstraint("state <> 'paid' OR intent <> ''", name=op.f("ck_card_payment_intent")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_card_payment_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_card_payment")),
    )
    op.create_index(op.f("ix_card_payment_intent"), "card_payment", ["intent"])
    op.create_table(
        "card_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.TEXT(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("subject", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answer", sa.TEXT(), nullable=False),
        sa.Column("url", sa.TEXT(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('stored', 'sent', 'open', 'done', 'refused')", name=op.f("ck_card_call_state")
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_card_call_amount")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_card_call_organisation_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_card_call_order_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_card_call_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_call")),
    )
    op.create_index(op.f("ix_card_call_organisation_id"), "card_call", ["organisation_id"])
    op.create_index(op.f("ix_card_call_order_id"), "card_call", ["order_id"])
    op.create_index(op.f("ix_card_call_next_at"), "card_call", ["next_at"])
    op.create_index(
        "uq_card_call_payout",
        "card_call",
        ["payout_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )
    op.create_table(
        "card_dispute",
        sa.Column("id", sa.TEXT(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("reason", sa.TEXT(), nullable=False),
        sa.Column("status", sa.TEXT(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_card_dispute_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_dispute")),
    )
    op.create_index(op.f("ix_card_dispute_order_id"), "card_dispute", ["order_id"])
    op.create_table(
        "bank_match",
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_bank_match_payment_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_bank_match_payment_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bank_match")),
    )
    op.create_table(
        "stripe_event",
        sa.Column("id", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("object_id", sa.TEXT(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
    )
    op.create_index(op.f("ix_stripe_event_received_at"), "stripe_event", ["received_at"])


def downgrade() -> None:
    op.drop_table("stripe_event")
    op.drop_table("bank_match")
    op.drop_table("card_dispute")
    op.drop_table("card_call")
    op.drop_table("card_payment")
    op.drop_table("card")
    op.drop_constraint(op.f("ck_payment_who"), "payment", type_="check")
    op.execute("DELETE FROM payment WHERE booked_by IS NULL")
    op.alter_column("payment", "booked_by", nullable=False)
    op.drop_column("payment", "way")
