"""EPCIS: captured events, named queries, and what organisations are called at GS1."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "epcis_capture",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_epcis_capture_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_epcis_capture_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_capture")),
    )
    op.create_index("ix_epcis_capture_organisation", "epcis_capture", ["organisation_id", "id"], unique=False)
    op.create_table(
        "epcis_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=True),
        sa.Column("capture_id", sa.Uuid(), nullable=True),
        sa.Column("uri", sa.TEXT(), nullable=False),
        sa.Column("hash", sa.TEXT(), nullable=False),
        sa.Column("declares_error", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("action", sa.TEXT(), nullable=True),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("biz_step", sa.TEXT(), nullable=True),
        sa.Column("disposition", sa.TEXT(), nullable=True),
        sa.Column("read_point", sa.TEXT(), nullable=True),
        sa.Column("biz_location", sa.TEXT(), nullable=True),
        sa.Column("marks", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("kind <> ''", name=op.f("ck_epcis_event_kind")),
        sa.ForeignKeyConstraint(["capture_id"], ["epcis_capture.id"], name=op.f("fk_epcis_event_capture_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_epcis_event_organisation_id")
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_epcis_event_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_event")),
    )
    op.create_index(
        "ix_epcis_event_biz_location",
        "epcis_event",
        ["organisation_id", "biz_location", "event_time", "id"],
        unique=False,
    )
    op.create_index(
        "ix_epcis_event_biz_step",
        "epcis_event",
        ["organisation_id", "biz_step", "event_time", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_epcis_event_capture_id"), "epcis_event", ["capture_id"], unique=False)
    op.create_index(
        "ix_epcis_event_disposition",
        "epcis_event",
        ["organisation_id", "disposition", "event_time", "id"],
        unique=False,
    )
    op.create_index(
        "ix_epcis_event_kind", "epcis_event", ["organisation_id", "kind", "event_time", "id"], unique=False
    )
    op.create_index("ix_epcis_event_marks", "epcis_event", ["marks"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_epcis_event_read_point",
        "epcis_event",
        ["organisation_id", "read_point", "event_time", "id"],
        unique=False,
    )
    op.create_index(
        "ix_epcis_event_record_time", "epcis_event", ["organisation_id", "record_time", "id"], unique=False
    )
    op.create_index(op.f("ix_epcis_event_shipment_id"), "epcis_event", ["shipment_id"], unique=False)
    op.create_index(
        "ix_epcis_event_time", "epcis_event", ["organisation_id", "event_time", "id"], unique=False
    )
    op.create_index(
        "uq_epcis_event_uri", "epcis_event", ["organisation_id", "uri", "declares_error"], unique=True
    )
    op.create_table(
        "epcis_epc",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("epc", sa.TEXT(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_epcis_epc_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "epc", name=op.f("pk_epcis_epc")),
    )
    op.create_table(
        "epcis_query",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_epcis_query_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "name", name=op.f("pk_epcis_query")),
    )
    op.create_table(
        "gs1_identity",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("company_prefix", sa.TEXT(), nullable=False),
        sa.Column("gln", sa.TEXT(), nullable=True),
        sa.Column("next_serial", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("company_prefix ~ '^[0-9]{4,12}$'", name=op.f("ck_gs1_identity_company_prefix")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_gs1_identity_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_gs1_identity")),
        sa.UniqueConstraint("company_prefix", name=op.f("uq_gs1_identity_company_prefix")),
    )
    op.create_table(
        "epcis_unit",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("epc", sa.TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_epcis_unit_shipment_id")),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_epcis_unit")),
        sa.UniqueConstraint("epc", name=op.f("uq_epcis_unit_epc")),
    )


def downgrade() -> None:
    for table in ("epcis_unit", "gs1_identity", "epcis_query", "epcis_epc", "epcis_event", "epcis_capture"):
        op.drop_table(table)
