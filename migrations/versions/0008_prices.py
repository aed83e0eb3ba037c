"""Prices: exchange rates, what goods cost to make, variants, the makers' own codes, photographs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.TEXT(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(24, 10), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_exchange_rate_positive")),
        sa.CheckConstraint(
            "base ~ '^[A-Z]{3}$' AND currency ~ '^[A-Z]{3}$' AND base <> currency",
            name=op.f("ck_exchange_rate_codes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rate")),
        sa.UniqueConstraint(
            "base", "currency", "day", "source", name=op.f("uq_exchange_rate_base_currency_day_source")
        ),
    )
    op.create_index("ix_exchange_rate_currency_day", "exchange_rate", ["currency", "day"])
    op.execute(
        "CREATE TRIGGER rates_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON exchange_rate "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("offer", sa.Column("family_id", sa.Uuid(), nullable=True))
    op.add_column("offer", sa.Column("variant", sa.TEXT(), nullable=False, server_default=""))
    op.add_column("offer", sa.Column("reference", sa.TEXT(), nullable=True))
    op.add_column("offer", sa.Column("floor", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_offer_family_id"), "offer", ["family_id"])
    op.create_unique_constraint(
        op.f("uq_offer_organisation_id_reference"), "offer", ["organisation_id", "reference"]
    )
    op.create_check_constraint(
        op.f("ck_offer_not_below_the_floor"),
        "offer",
        "state <> 'listed' OR floor IS NULL OR price >= floor",
    )
    op.create_table(
        "costing",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("materials", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("hourly_wage", sa.BigInteger(), nullable=False),
        sa.Column("living_wage", sa.BigInteger(), nullable=False),
        sa.Column("living_wage_source", sa.TEXT(), nullable=False),
        sa.Column("overheads", sa.BigInteger(), nullable=False),
        sa.Column("reserve_ppm", sa.Integer(), nullable=False),
        sa.Column("premium", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Numeric(24, 10), nullable=False),
        sa.Column("rate_day", sa.Date(), nullable=False),
        sa.Column("rate_source", sa.TEXT(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "units >= 1 AND materials >= 0 AND minutes >= 0 AND hourly_wage >= 0 AND living_wage >= 0 "
            "AND overheads >= 0 AND premium >= 0 AND reserve_ppm BETWEEN 0 AND 1000000",
            name=op.f("ck_costing_costs"),
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_costing_offer_id")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_costing")),
    )
    op.create_table(
        "photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.Column("alt", sa.TEXT(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_photo_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("offer_id", "sha256", name=op.f("uq_photo_offer_id_sha256")),
    )
    op.create_index(op.f("ix_photo_offer_id"), "photo", ["offer_id"])


def downgrade() -> None:
    op.drop_table("photo")
    op.drop_table("costing")
    op.drop_constraint(op.f("ck_offer_not_below_the_floor"), "offer")
    op.drop_constraint(op.f("uq_offer_organisation_id_reference"), "offer")
    op.drop_index(op.f("ix_offer_family_id"), table_name="offer")
    for column in ("floor", "reference", "variant", "family_id"):
        op.drop_column("offer", column)
    op.drop_table("exchange_rate")
