"""Versions of rate cards, quotes of carriers, and the planning of an origin's pools together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

KEPT = ("service_version", "consolidation", "order_rebate")
TABLES = (
    "service_version",
    "service_warning",
    "carrier",
    "quote_request",
    "carrier_answer",
    "freight_quote",
    "planning_desk",
    "planning_run",
    "pool_choice",
    "consolidation",
    "pool_booking",
    "order_rebate",
)


def upgrade() -> None:
    op.create_table(
        "service_version",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("carrier", sa.TEXT(), nullable=False),
        sa.Column("mode", sa.TEXT(), nullable=False),
        sa.Column("classes", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("tariff", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["replaced_by"], ["person.id"], name=op.f("fk_service_version_replaced_by")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_version_service_id")),
        sa.PrimaryKeyConstraint("service_id", "version", name=op.f("pk_service_version")),
    )
    op.create_table(
        "service_warning",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_warning_service_id")),
        sa.PrimaryKeyConstraint("service_id", "valid_until", "days", name=op.f("pk_service_warning")),
    )
    op.create_table(
        "carrier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("url", sa.TEXT(), nullable=False),
        sa.Column("signing", sa.TEXT(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("signing IN ('bearer', 'hmac')", name=op.f("ck_carrier_signing")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_carrier_made_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_carrier_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_carrier_organisation_id_name")),
    )
    op.create_table(
        "quote_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("volume_cm3", sa.BigInteger(), nullable=False),
        sa.Column("consignees", sa.Integer(), nullable=False),
        sa.Column("cargo_class", sa.TEXT(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "weight_g > 0 AND volume_cm3 > 0 AND due_on > ready_on", name=op.f("ck_quote_request_load")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_quote_request_asked_by")),
        sa.ForeignKeyConstraint(["destination_id"], ["hub.id"], name=op.f("fk_quote_request_destination_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_quote_request_organisation_id")
        ),
        sa.ForeignKeyConstraint(["origin_id"], ["hub.id"], name=op.f("fk_quote_request_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_request")),
    )
    op.create_index(
        op.f("ix_quote_request_organisation_id"), "quote_request", ["organisation_id"], unique=False
    )
    op.create_table(
        "carrier_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("carrier_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'answered', 'failed')", name=op.f("ck_carrier_answer_state")
        ),
        sa.ForeignKeyConstraint(["carrier_id"], ["carrier.id"], name=op.f("fk_carrier_answer_carrier_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["quote_request.id"], name=op.f("fk_carrier_answer_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_answer")),
        sa.UniqueConstraint("request_id", "carrier_id", name=op.f("uq_carrier_answer_request_id_carrier_id")),
    )
    op.create_index(op.f("ix_carrier_answer_carrier_id"), "carrier_answer", ["carrier_id"], unique=False)
    op.create_table(
        "freight_quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.TEXT(), nullable=False),
        sa.Column("mode", sa.TEXT(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("tariff", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("transit_days", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("departures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", sa.TEXT(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(service_id IS NULL) = (accepted_at IS NULL)", name=op.f("ck_freight_quote_accepted")
        ),
        sa.CheckConstraint(
            "valid_from <= valid_until AND cost >= 0 AND transit_days >= 0",
            name=op.f("ck_freight_quote_quote"),
        ),
        sa.ForeignKeyConstraint(["accepted_by"], ["person.id"], name=op.f("fk_freight_quote_accepted_by")),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["carrier_answer.id"], name=op.f("fk_freight_quote_answer_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_freight_quote_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freight_quote")),
        sa.UniqueConstraint("answer_id", "number", name=op.f("uq_freight_quote_answer_id_number")),
    )
    op.create_index(op.f("ix_freight_quote_service_id"), "freight_quote", ["service_id"], unique=False)
    op.create_table(
        "planning_desk",
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("stability", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("stability >= 0", name=op.f("ck_planning_desk_stability")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_planning_desk_weekday")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_planning_desk_hub_id")),
        sa.ForeignKeyConstraint(["kept_by"], ["person.id"], name=op.f("fk_planning_desk_kept_by")),
        sa.PrimaryKeyConstraint("hub_id", name=op.f("pk_planning_desk")),
    )
    op.create_table(
        "planning_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("wait_cost_ppm_per_day", sa.Integer(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("because", sa.TEXT(), nullable=False),
        sa.Column("book", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_planning_run_state")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_planning_run_asked_by")),
        sa.ForeignKeyConstraint(["origin_id"], ["hub.id"], name=op.f("fk_planning_run_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_run")),
    )
    op.create_index(
        "ix_planning_run_origin",
        "planning_run",
        ["origin_id", "currency", "wait_cost_ppm_per_day", "asked_at"],
        unique=False,
    )
    op.create_table(
        "pool_choice",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.TEXT(), nullable=False),
        sa.Column("departs_on", sa.Date(), nullable=False),
        sa.Column("difference", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.TEXT(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["chosen_by"], ["person.id"], name=op.f("fk_pool_choice_chosen_by")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_choice_pool_id")),
        sa.ForeignKeyConstraint(["run_id"], ["planning_run.id"], name=op.f("fk_pool_choice_run_id")),
        sa.PrimaryKeyConstraint("pool_id", name=op.f("pk_pool_choice")),
    )
    op.create_index(op.f("ix_pool_choice_run_id"), "pool_choice", ["run_id"], unique=False)
    op.create_table(
        "consolidation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quotes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sharing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("total <= before", name=op.f("ck_consolidation_never_dearer")),
        sa.ForeignKeyConstraint(["origin_id"], ["hub.id"], name=op.f("fk_consolidation_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consolidation")),
        sa.UniqueConstraint("number", name=op.f("uq_consolidation_number")),
    )
    op.create_index(op.f("ix_consolidation_origin_id"), "consolidation", ["origin_id"], unique=False)
    op.create_table(
        "pool_booking",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("waits_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("book_by", sa.Date(), nullable=False),
        sa.Column("consolidation_id", sa.Uuid(), nullable=True),
        sa.Column("rebate", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "booked_at IS NOT NULL OR (consolidation_id IS NULL AND rebate = 0)",
            name=op.f("ck_pool_booking_booked"),
        ),
        sa.ForeignKeyConstraint(["booked_by"], ["person.id"], name=op.f("fk_pool_booking_booked_by")),
        sa.ForeignKeyConstraint(
            ["consolidation_id"], ["consolidation.id"], name=op.f("fk_pool_booking_consolidation_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_booking_pool_id")),
        sa.PrimaryKeyConstraint("pool_id", name=op.f("pk_pool_booking")),
    )
    op.create_index(op.f("ix_pool_booking_book_by"), "pool_booking", ["book_by"], unique=False)
    op.create_index(
        op.f("ix_pool_booking_consolidation_id"), "pool_booking", ["consolidation_id"], unique=False
    )
    op.create_table(
        "order_rebate",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("consolidation_id", sa.Uuid(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("departs_before", sa.Date(), nullable=True),
        sa.Column("departs_on", sa.Date(), nullable=True),
        sa.Column("arrives_before", sa.Date(), nullable=True),
        sa.Column("arrives_on", sa.Date(), nullable=True),
        sa.CheckConstraint("amount BETWEEN 0 AND charged", name=op.f("ck_order_rebate_only_falls")),
        sa.ForeignKeyConstraint(
            ["consolidation_id"], ["consolidation.id"], name=op.f("fk_order_rebate_consolidation_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_rebate_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_rebate")),
    )
    op.create_index(
        op.f("ix_order_rebate_consolidation_id"), "order_rebate", ["consolidation_id"], unique=False
    )
    op.execute(
        """
        CREATE FUNCTION kept_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER kept_as_it_is BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION kept_as_it_is()"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION kept_as_it_is()")
