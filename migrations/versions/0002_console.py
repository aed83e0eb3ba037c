"""Saved views of the queue; what a search of the registry looks through."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WORDS = (
    r"lower(translate(regexp_replace(normalize(name || ' ' || place || ' ' || about, NFKD), "
    r"E'[\u0300-\u036f]', '', 'g'), 'đĐøØłŁı', 'dDoOlLi'))"
)


def upgrade() -> None:
    op.add_column(
        "organisation", sa.Column("words", sa.TEXT(), sa.Computed(WORDS, persisted=True), nullable=False)
    )
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("question", sa.TEXT(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60 AND length(question) <= 500", name=op.f("ck_saved_filter_lengths")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_filter_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_filter_person_id_name")),
    )


def downgrade() -> None:
    op.drop_table("saved_filter")
    op.drop_column("organisation", "words")
