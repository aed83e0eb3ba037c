"""Orders as a range, pools that are extended, standing orders, counts of what came, and claims."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("pool", sa.Column("shares_cases", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("pool", sa.Column("needs_minimum", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("pool", sa.Column("extension_days", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("pool", sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_pool_extension"), "pool", "extension_days BETWEEN 0 AND 60")
    op.add_column("order", sa.Column("stays_if_extended", sa.Boolean(), nullable=True))
    op.add_column("order", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("order_line", sa.Column("least", sa.Integer(), nullable=True))
    op.add_column("order_line", sa.Column("most", sa.Integer(), nullable=True))
    op.add_column("order_line", sa.Column("why", sa.TEXT(), nullable=True))
    op.create_check_constraint(
        op.f("ck_order_line_range"),
        "order_line",
        "(least IS NULL) = (most IS NULL) AND (least IS NULL OR least BETWEEN 1 AND most) "
        "AND (most IS NULL OR quantity <= most)",
    )
    op.add_column("pool_step", sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
    op.drop_constraint(op.f("uq_pool_step_pool_id_name"), "pool_step", type_="unique")
    op.create_unique_constraint(
        op.f("uq_pool_step_pool_id_round_name"), "pool_step", ["pool_id", "round", "name"]
    )
    op.create_table(
        "delivery_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("borne_by", sa.TEXT(), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "borne_by IN ('maker', 'carrier', 'hub')", name=op.f("ck_delivery_count_borne_by")
        ),
        sa.CheckConstraint(
            "(received < ordered) = (borne_by IS NOT NULL)", name=op.f("ck_delivery_count_bearer")
        ),
        sa.CheckConstraint("received BETWEEN 0 AND ordered", name=op.f("ck_delivery_count_received")),
        sa.ForeignKeyConstraint(["counted_by"], ["person.id"], name=op.f("fk_delivery_count_counted_by")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_delivery_count_offer_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_delivery_count_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_count")),
        sa.UniqueConstraint("pool_id", "offer_id", name=op.f("uq_delivery_count_pool_id_offer_id")),
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.TEXT(), server_default="", nullable=False),
        sa.Column("borne_by", sa.TEXT(), nullable=True),
        sa.Column("complaint", sa.TEXT(), nullable=True),
        sa.CheckConstraint("(state = 'accepted') = (borne_by IS NOT NULL)", name=op.f("ck_claim_accepted")),
        sa.CheckConstraint(
            "(state = 'escalated') = (complaint IS NOT NULL)", name=op.f("ck_claim_complaint")
        ),
        sa.CheckConstraint("borne_by IN ('maker', 'carrier', 'hub')", name=op.f("ck_claim_borne_by")),
        sa.CheckConstraint(
            "state IN ('filed', 'accepted', 'refused', 'escalated')", name=op.f("ck_claim_state")
        ),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_claim_pieces")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_claim_answered_by")),
        sa.ForeignKeyConstraint(["filed_by"], ["person.id"], name=op.f("fk_claim_filed_by")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_claim_order_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_claim_order_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("number", name=op.f("uq_claim_number")),
    )
    op.create_index(op.f("ix_claim_order_id"), "claim", ["order_id"], unique=False)
    op.create_index(op.f("ix_claim_order_line_id"), "claim", ["order_line_id"], unique=False)
    op.create_table(
        "claim_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_photo_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_photo")),
        sa.UniqueConstraint("claim_id", "sha256", name=op.f("uq_claim_photo_claim_id_sha256")),
    )
    op.create_index(op.f("ix_claim_photo_claim_id"), "claim_photo", ["claim_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("count_id", sa.Uuid(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("goods", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("duty", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("borne_by", sa.TEXT(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("borne_by IN ('maker', 'carrier', 'hub')", name=op.f("ck_refund_borne_by")),
        sa.CheckConstraint("(count_id IS NULL) <> (claim_id IS NULL)", name=op.f("ck_refund_cause")),
        sa.CheckConstraint(
            "goods >= 0 AND shipping >= 0 AND duty >= 0 AND amount = goods + shipping + duty",
            name=op.f("ck_refund_amount"),
        ),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_refund_pieces")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_refund_claim_id")),
        sa.ForeignKeyConstraint(["count_id"], ["delivery_count.id"], name=op.f("fk_refund_count_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_refund_order_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_refund_claim_id")),
        sa.UniqueConstraint("order_line_id", "count_id", name=op.f("uq_refund_order_line_id_count_id")),
    )
    op.create_index(op.f("ix_refund_order_line_id"), "refund", ["order_line_id"], unique=False)
    op.create_table(
        "standing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("unit_most", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("stays_if_extended", sa.Boolean(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'commitment' OR (amount IS NOT NULL AND until_on IS NOT NULL)",
            name=op.f("ck_standing_commitment"),
        ),
        sa.CheckConstraint("kind IN ('standing order', 'commitment')", name=op.f("ck_standing_kind")),
        sa.CheckConstraint("state IN ('active', 'paused', 'ended')", name=op.f("ck_standing_state")),
        sa.CheckConstraint("1 <= least AND least <= most AND unit_most > 0", name=op.f("ck_standing_limits")),
        sa.CheckConstraint("amount IS NULL OR amount > 0", name=op.f("ck_standing_amount")),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f("ck_standing_period")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_standing_hub_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_standing_offer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_standing_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_standing_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing")),
    )
    op.create_index(op.f("ix_standing_offer_id"), "standing", ["offer_id"], unique=False)
    op.create_index(op.f("ix_standing_organisation_id"), "standing", ["organisation_id"], unique=False)
    op.create_index("ix_standing_state_hub_id", "standing", ["state", "hub_id"], unique=False)
    op.create_table(
        "standing_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("standing_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_standing_entry_order_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_standing_entry_pool_id")),
        sa.ForeignKeyConstraint(["standing_id"], ["standing.id"], name=op.f("fk_standing_entry_standing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_entry")),
        sa.UniqueConstraint("standing_id", "pool_id", name=op.f("uq_standing_entry_standing_id_pool_id")),
    )
    op.create_index(op.f("ix_standing_entry_pool_id"), "standing_entry", ["pool_id"], unique=False)


def downgrade() -> None:
    for table in ("standing_entry", "standing", "refund", "claim_photo", "claim", "delivery_count"):
        op.drop_table(table)
    op.execute("DELETE FROM pool_step WHERE round > 1")
    op.drop_constraint(op.f("uq_pool_step_pool_id_round_name"), "pool_step", type_="unique")
    op.create_unique_constraint(op.f("uq_pool_step_pool_id_name"), "pool_step", ["pool_id", "name"])
    op.drop_column("pool_step", "round")
    op.drop_constraint(op.f("ck_order_line_range"), "order_line", type_="check")
    for column in ("why", "most", "least"):
        op.drop_column("order_line", column)
    for column in ("delivered_at", "stays_if_extended"):
        op.drop_column("order", column)
    op.drop_constraint(op.f("ck_pool_extension"), "pool", type_="check")
    for column in ("extended_at", "extension_days", "needs_minimum", "shares_cases"):
        op.drop_column("pool", column)
