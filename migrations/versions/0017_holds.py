"""Cards are held for the worst case before a pool is charged: the states of that."""

from alembic import op

revision = "0017"
down_revision = "0016"

BEFORE = "'asked', 'to authenticate', 'declined', 'paid', 'given up'"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_card_payment_state"), "card_payment", type_="check")
    op.create_check_constraint(
        op.f("ck_card_payment_state"),
        "card_payment",
        f"state IN ({BEFORE}, 'held', 'released', 'by transfer')",
    )


def downgrade() -> None:
    op.execute(
        "UPDATE card_payment SET state = 'given up' WHERE state IN ('held', 'released', 'by transfer')"
    )
    op.drop_constraint(op.f("ck_card_payment_state"), "card_payment", type_="check")
    op.create_check_constraint(op.f("ck_card_payment_state"), "card_payment", f"state IN ({BEFORE})")
