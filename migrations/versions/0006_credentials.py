"""Certificates as signed credentials: keys, lists of their status, what was issued."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# set_bit counts from the lowest bit of a byte, a Bitstring Status List from the highest.
RULES = """
CREATE FUNCTION list_bit(bits bytea, place int, value int) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT set_bit(bits, (place / 8) * 8 + 7 - place % 8, value)
$$;

CREATE FUNCTION certificate_status_is_listed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    issued record;
BEGIN
    FOR issued IN SELECT id, list_id, place FROM issued_credential
                  WHERE certificate_id = NEW.id AND superseded_at IS NULL AND NOT revoked
    LOOP
        UPDATE status_list SET
            suspension = list_bit(suspension, issued.place, (NEW.status = 'suspended')::int),
            version = version + 1
            WHERE id = issued.list_id;
        IF NEW.status = 'withdrawn' THEN
            UPDATE issued_credential SET revoked = true WHERE id = issued.id;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_status_is_listed AFTER UPDATE OF status ON certificate
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION certificate_status_is_listed();

CREATE FUNCTION revocation_is_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revoked AND NOT NEW.revoked THEN
        RAISE EXCEPTION 'what is revoked stays revoked' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.revoked AND NOT OLD.revoked THEN
        UPDATE status_list SET revocation = list_bit(revocation, NEW.place, 1), version = version + 1
            WHERE id = NEW.list_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER revocation_is_listed AFTER UPDATE OF revoked ON issued_credential
    FOR EACH ROW EXECUTE FUNCTION revocation_is_listed();

CREATE FUNCTION credential_keeps_its_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.certificate_id, NEW.key_id, NEW.list_id, NEW.place, NEW.document::text, NEW.jwt, NEW.issued_at)
       IS DISTINCT FROM
          (OLD.certificate_id, OLD.key_id, OLD.list_id, OLD.place, OLD.document::text, OLD.jwt, OLD.issued_at) THEN
        RAISE EXCEPTION 'an issued credential is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credential_keeps_its_words BEFORE UPDATE OR DELETE ON issued_credential
    FOR EACH ROW EXECUTE FUNCTION credential_keeps_its_words();
"""

UNDO = """
DROP TRIGGER credential_keeps_its_words ON issued_credential;
DROP TRIGGER revocation_is_listed ON issued_credential;
DROP TRIGGER certificate_status_is_listed ON certificate;
DROP FUNCTION credential_keeps_its_words();
DROP FUNCTION revocation_is_listed();
DROP FUNCTION certificate_status_is_listed();
DROP FUNCTION list_bit(bytea, int, int);
"""


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.TEXT(), nullable=False),
        sa.CheckConstraint("octet_length(public) = 32", name=op.f("ck_signing_key_public")),
        sa.CheckConstraint("(retired_at IS NULL) = (sealed IS NOT NULL)", name=op.f("ck_signing_key_sealed")),
        sa.CheckConstraint(
            "revoked_at IS NULL OR retired_at IS NOT NULL", name=op.f("ck_signing_key_revoked")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("number", name=op.f("uq_signing_key_number")),
    )
    op.create_index(
        "uq_signing_key_current",
        "signing_key",
        [sa.literal_column("(retired_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "status_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspension", sa.LargeBinary(), nullable=False),
        sa.Column("revocation", sa.LargeBinary(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("signed", sa.JSON(), nullable=False),
        sa.Column("signed_version", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "octet_length(suspension) = 16384 AND octet_length(revocation) = 16384",
            name=op.f("ck_status_list_size"),
        ),
        sa.CheckConstraint("used BETWEEN 0 AND 131072", name=op.f("ck_status_list_used")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_list")),
    )
    op.create_table(
        "issued_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("jwt", sa.TEXT(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("place >= 0 AND place < 131072", name=op.f("ck_issued_credential_place")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_issued_credential_certificate_id")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["signing_key.id"], name=op.f("fk_issued_credential_key_id")),
        sa.ForeignKeyConstraint(["list_id"], ["status_list.id"], name=op.f("fk_issued_credential_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_credential")),
        sa.UniqueConstraint("list_id", "place", name=op.f("uq_issued_credential_list_id_place")),
    )
    op.create_index(
        op.f("ix_issued_credential_certificate_id"), "issued_credential", ["certificate_id"], unique=False
    )
    op.create_index(op.f("ix_issued_credential_key_id"), "issued_credential", ["key_id"], unique=False)
    op.create_index(
        "uq_issued_credential_current",
        "issued_credential",
        ["certificate_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.execute(RULES)


def downgrade() -> None:
    op.execute(UNDO)
    op.drop_table("issued_credential")
    op.drop_table("status_list")
    op.drop_table("signing_key")
