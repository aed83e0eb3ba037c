"""Official tariff files, what organisations are called at customs, and how goods are packed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "tariff_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("destination", sa.TEXT(), nullable=False),
        sa.Column("form", sa.TEXT(), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("destination IN ('US', 'EU', 'GB')", name=op.f("ck_tariff_file_destination")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_file")),
        sa.UniqueConstraint("destination", "valid_from", name=op.f("uq_tariff_file_destination_valid_from")),
    )
    op.create_table(
        "tariff_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("programme", sa.TEXT(), nullable=False),
        sa.Column("rate", sa.TEXT(), nullable=False),
        sa.Column("description", sa.TEXT(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_id"], ["tariff_file.id"], name=op.f("fk_tariff_line_file_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_line")),
    )
    op.create_index("ix_tariff_line_file_code", "tariff_line", ["file_id", "code"])
    op.create_table(
        "customs_identity",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.TEXT(), nullable=False),
        sa.Column("eori", sa.TEXT(), nullable=False),
        sa.Column("rex", sa.TEXT(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_customs_identity_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_customs_identity")),
    )
    op.create_table(
        "packing",
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("net_g", sa.BigInteger(), nullable=False),
        sa.Column("gross_g", sa.BigInteger(), nullable=False),
        sa.Column("marks", sa.TEXT(), nullable=False),
        sa.Column("criterion", sa.TEXT(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stated_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("packages >= 1", name=op.f("ck_packing_packages")),
        sa.CheckConstraint("net_g > 0 AND gross_g >= net_g", name=op.f("ck_packing_weights")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_packing_order_line_id")),
        sa.ForeignKeyConstraint(["stated_by"], ["person.id"], name=op.f("fk_packing_stated_by")),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_packing")),
    )


def downgrade() -> None:
    for table in ("packing", "customs_identity", "tariff_line", "tariff_file"):
        op.drop_table(table)
