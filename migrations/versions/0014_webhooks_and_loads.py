"""Webhooks; parcels of shipments and how they are loaded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.TEXT(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_before", sa.LargeBinary(), nullable=True),
        sa.Column("before_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_because", sa.TEXT(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('enabled', 'disabled', 'removed')", name=op.f("ck_webhook_state")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_organisation_id"), "webhook", ["organisation_id"])
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.TEXT(), nullable=False),
        sa.Column("body", sa.TEXT(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_message_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_message")),
    )
    op.create_index(op.f("ix_webhook_message_organisation_id"), "webhook_message", ["organisation_id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'given up')", name=op.f("ck_webhook_delivery_state")
        ),
        sa.CheckConstraint(
            "(next_at IS NOT NULL) = (state = 'waiting')", name=op.f("ck_webhook_delivery_next_at")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["webhook_message.id"], name=op.f("fk_webhook_delivery_message_id")
        ),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "webhook_id", "message_id", name=op.f("uq_webhook_delivery_webhook_id_message_id")
        ),
    )
    op.create_index(op.f("ix_webhook_delivery_message_id"), "webhook_delivery", ["message_id"])
    op.create_index("ix_webhook_delivery_webhook_made", "webhook_delivery", ["webhook_id", "made_at"])
    op.create_table(
        "webhook_try",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_delivery.id"], name=op.f("fk_webhook_try_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_try")),
    )
    op.create_index(op.f("ix_webhook_try_delivery_id"), "webhook_try", ["delivery_id"])
    op.create_table(
        "parcel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("epc", sa.TEXT(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1 AND position >= 1", name=op.f("ck_parcel_counted")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_parcel_shipment_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_parcel_order_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        sa.UniqueConstraint("shipment_id", "number", name=op.f("uq_parcel_shipment_id_number")),
        sa.UniqueConstraint(
            "order_line_id",
            "shipment_id",
            "position",
            name=op.f("uq_parcel_order_line_id_shipment_id_position"),
        ),
        sa.UniqueConstraint("epc", name=op.f("uq_parcel_epc")),
    )
    op.create_table(
        "parcel_scan",
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_scan_parcel_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_parcel_scan_person_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_parcel_scan_organisation_id")
        ),
        sa.PrimaryKeyConstraint("parcel_id", "kind", name=op.f("pk_parcel_scan")),
    )
    op.create_table(
        "loading_plan",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("holds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("parcels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'working', 'done', 'failed')", name=op.f("ck_loading_plan_state")
        ),
        sa.CheckConstraint("done BETWEEN 0 AND 100", name=op.f("ck_loading_plan_done")),
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f("ck_loading_plan_result")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_loading_plan_shipment_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_loading_plan_asked_by")),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_loading_plan")),
    )
    for name in ("length_mm", "width_mm", "height_mm"):
        op.add_column("packing", sa.Column(name, sa.Integer(), nullable=True))
    for name, default in (("turnable", "false"), ("stackable", "true")):
        op.add_column(
            "packing", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text(default))
        )
    op.create_check_constraint(
        op.f("ck_packing_measured"), "packing", "num_nulls(length_mm, width_mm, height_mm) IN (0, 3)"
    )
    op.create_table(
        "epcis_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("query_name", sa.TEXT(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("report_if_empty", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "query_name"],
            ["epcis_query.organisation_id", "epcis_query.name"],
            name=op.f("fk_epcis_subscription_organisation_id_query_name"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_epcis_subscription_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_subscription")),
    )
    op.create_index(op.f("ix_epcis_subscription_organisation_id"), "epcis_subscription", ["organisation_id"])
    op.create_table(
        "epcis_told",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["epcis_subscription.id"],
            name=op.f("fk_epcis_told_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["event_id"], ["epcis_event.id"], name=op.f("fk_epcis_told_event_id")),
        sa.PrimaryKeyConstraint("subscription_id", "event_id", name=op.f("pk_epcis_told")),
    )


def downgrade() -> None:
    for table in ("epcis_told", "epcis_subscription", "loading_plan", "parcel_scan", "parcel"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_packing_measured"), "packing")
    for name in ("length_mm", "width_mm", "height_mm", "turnable", "stackable"):
        op.drop_column("packing", name)
    for table in ("webhook_try", "webhook_delivery", "webhook_message", "webhook"):
        op.drop_table(table)
