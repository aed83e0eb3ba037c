"""Plots, lots, trade items, and passports that were signed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

TRIGGERS = """
CREATE TRIGGER revocation_is_listed AFTER UPDATE OF revoked ON issued_passport
    FOR EACH ROW EXECUTE FUNCTION revocation_is_listed();

CREATE FUNCTION passport_keeps_its_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.lot_id, NEW.kind, NEW.key_id, NEW.list_id, NEW.place, NEW.document::text, NEW.jwt, NEW.issued_at)
       IS DISTINCT FROM
          (OLD.lot_id, OLD.kind, OLD.key_id, OLD.list_id, OLD.place, OLD.document::text, OLD.jwt, OLD.issued_at)
    THEN
        RAISE EXCEPTION 'an issued passport is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER passport_keeps_its_words BEFORE UPDATE OR DELETE ON issued_passport
    FOR EACH ROW EXECUTE FUNCTION passport_keeps_its_words();
"""


def upgrade() -> None:
    op.create_table(
        "plot_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.Column("plots", sa.Integer(), nullable=False),
        sa.Column("area_ha", sa.Numeric(precision=16, scale=4), nullable=False),
        sa.Column("drawing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("plots >= 1 AND area_ha >= 0", name=op.f("ck_plot_file_amounts")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_plot_file_added_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_plot_file_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plot_file")),
    )
    op.create_index(
        "uq_plot_file_organisation_sha256",
        "plot_file",
        ["organisation_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "trade_item",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("gtin", sa.TEXT(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("gtin ~ '^[0-9]{14}$'", name=op.f("ck_trade_item_gtin")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_trade_item_offer_id")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_trade_item_set_by")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_trade_item")),
        sa.UniqueConstraint("gtin", name=op.f("uq_trade_item_gtin")),
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("unit", sa.TEXT(), nullable=False),
        sa.Column("hs_code", sa.TEXT(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("net_g", sa.BigInteger(), nullable=True),
        sa.Column("produced_from", sa.Date(), nullable=True),
        sa.Column("produced_to", sa.Date(), nullable=True),
        sa.Column("scientific_name", sa.TEXT(), nullable=False),
        sa.Column("plot_file_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(produced_from IS NULL) = (produced_to IS NULL)", name=op.f("ck_lot_both_days")),
        sa.CheckConstraint("net_g IS NULL OR net_g > 0", name=op.f("ck_lot_net")),
        sa.CheckConstraint("produced_to >= produced_from", name=op.f("ck_lot_production")),
        sa.CheckConstraint("quantity IS NULL OR quantity > 0", name=op.f("ck_lot_quantity")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_lot_made_by")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_lot_offer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_lot_organisation_id")
        ),
        sa.ForeignKeyConstraint(["plot_file_id"], ["plot_file.id"], name=op.f("fk_lot_plot_file_id")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_lot_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("code", name=op.f("uq_lot_code")),
        sa.UniqueConstraint("offer_id", "number", name=op.f("uq_lot_offer_id_number")),
    )
    op.create_index(op.f("ix_lot_offer_id"), "lot", ["offer_id"], unique=False)
    op.create_index("ix_lot_organisation", "lot", ["organisation_id", "made_at"], unique=False)
    op.create_index(op.f("ix_lot_plot_file_id"), "lot", ["plot_file_id"], unique=False)
    op.create_index(
        "uq_lot_shipment_offer",
        "lot",
        ["shipment_id", "offer_id"],
        unique=True,
        postgresql_where=sa.text("shipment_id IS NOT NULL"),
    )
    op.create_table(
        "issued_passport",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("jwt", sa.TEXT(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('passport', 'events')", name=op.f("ck_issued_passport_kind")),
        sa.CheckConstraint("place >= 0 AND place < 131072", name=op.f("ck_issued_passport_place")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_key.id"], name=op.f("fk_issued_passport_key_id")),
        sa.ForeignKeyConstraint(["list_id"], ["status_list.id"], name=op.f("fk_issued_passport_list_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_issued_passport_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_passport")),
        sa.UniqueConstraint("list_id", "place", name=op.f("uq_issued_passport_list_id_place")),
    )
    op.create_index(op.f("ix_issued_passport_key_id"), "issued_passport", ["key_id"], unique=False)
    op.create_index(op.f("ix_issued_passport_lot_id"), "issued_passport", ["lot_id"], unique=False)
    op.create_index(
        "uq_issued_passport_current",
        "issued_passport",
        ["lot_id", "kind"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.execute(TRIGGERS)


def downgrade() -> None:
    for table in ("issued_passport", "lot", "trade_item", "plot_file"):
        op.drop_table(table)
    op.execute("DROP FUNCTION passport_keeps_its_words()")
