"""Evidence: uploads that resume, expiry, versions, scanning and public copies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("evidence", sa.Column("valid_until", sa.Date(), nullable=True))
    op.add_column("evidence", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.add_column("evidence", sa.Column("scanned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(
        "evidence",
        sa.Column("notes", postgresql.ARRAY(sa.TEXT()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column("evidence", sa.Column("public_sha256", sa.TEXT(), nullable=True))
    op.add_column("evidence", sa.Column("altered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("evidence", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("evidence", "scanned", server_default=None)
    op.alter_column("evidence", "notes", server_default=None)
    op.create_unique_constraint(op.f("uq_evidence_replaces_id"), "evidence", ["replaces_id"])
    op.create_foreign_key(op.f("fk_evidence_replaces_id"), "evidence", "evidence", ["replaces_id"], ["id"])
    op.create_check_constraint(op.f("ck_evidence_replaces"), "evidence", "replaces_id <> id")
    op.create_index(
        "ix_evidence_valid_until",
        "evidence",
        ["valid_until"],
        postgresql_where=sa.text("valid_until IS NOT NULL"),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=True),
        sa.Column("criteria", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("size > 0 AND received BETWEEN 0 AND size", name=op.f("ck_upload_received")),
        sa.CheckConstraint("(evidence_id IS NULL) = (received < size)", name=op.f("ck_upload_done")),
        sa.CheckConstraint("sha256 IS NULL OR sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_upload_sha256")),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_upload_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upload_person_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["evidence.id"], name=op.f("fk_upload_replaces_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_upload_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_case", "upload", ["case_id", "expires_at"])
    op.create_index(op.f("ix_upload_expires_at"), "upload", ["expires_at"])
    op.create_table(
        "upload_part",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("place", sa.TEXT(), nullable=False),
        sa.CheckConstraint("start >= 0 AND size > 0", name=op.f("ck_upload_part_size")),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_upload_part_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "start", name=op.f("pk_upload_part")),
    )


def downgrade() -> None:
    op.drop_table("upload_part")
    op.drop_table("upload")
    op.drop_index("ix_evidence_valid_until", table_name="evidence")
    op.drop_constraint(op.f("ck_evidence_replaces"), "evidence")
    op.drop_constraint(op.f("fk_evidence_replaces_id"), "evidence")
    op.drop_constraint(op.f("uq_evidence_replaces_id"), "evidence")
    for name in (
        "reminded_at",
        "altered_at",
        "public_sha256",
        "notes",
        "scanned",
        "replaces_id",
        "valid_until",
    ):
        op.drop_column("evidence", name)
