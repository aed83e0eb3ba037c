"""Orders as a range, pools that are extended, standing orders, counts of what came, and claims."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
