"""Hubs and sailings count their versions, so that of two who change one the second is told of the first."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    for table in ("hub", "sailing"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    for table in ("sailing", "hub"):
        op.drop_column(table, "version")
