"""Payouts: advance and balance, where payees are paid, batches that two persons release, what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

RULES = """
CREATE FUNCTION payout_details_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
       to_jsonb(OLD) - ARRAY['confirmed_at', 'confirmed_by', 'usable_from', 'ended_at']
       <> to_jsonb(NEW) - ARRAY['confirmed_at', 'confirmed_by', 'usable_from', 'ended_at'] THEN
        RAISE EXCEPTION 'payout details are not changed: new ones are added';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_details_are_kept BEFORE UPDATE OR DELETE ON payout_details
    FOR EACH ROW EXECUTE FUNCTION payout_details_are_kept();

CREATE FUNCTION payout_batch_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a batch of payouts is not deleted';
    ELSIF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'a batch of payouts begins as a proposal';
        END IF;
    ELSIF OLD.state <> 'proposed' OR
       to_jsonb(OLD) - ARRAY['state', 'released_at', 'released_by', 'refused_at', 'refused_by',
                             'refused_because', 'file']
       <> to_jsonb(NEW) - ARRAY['state', 'released_at', 'released_by', 'refused_at', 'refused_by',
                                'refused_because', 'file'] THEN
        RAISE EXCEPTION 'a batch of payouts is not changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_batch_is_kept BEFORE INSERT OR UPDATE OR DELETE ON payout_batch
    FOR EACH ROW EXECUTE FUNCTION payout_batch_is_kept();

CREATE FUNCTION payout_instruction_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    batch payout_batch;
    owed payout;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an instruction of a payout is not deleted';
    END IF;
    SELECT * INTO batch FROM payout_batch WHERE id = NEW.batch_id;
    IF TG_OP = 'INSERT' THEN
        SELECT * INTO owed FROM payout WHERE id = NEW.payout_id;
        IF NEW.state <> 'proposed' OR batch.state <> 'proposed' THEN
            RAISE EXCEPTION 'an instruction of a payout begins in a proposal';
        ELSIF (NEW.amount, NEW.currency) <> (owed.amount, owed.currency) OR NEW.currency <> batch.currency THEN
            RAISE EXCEPTION 'an instruction pays what is owed, in its currency';
        ELSIF owed.paid_on IS NOT NULL THEN
            RAISE EXCEPTION 'this payout is paid';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.batch_id, OLD.payout_id, OLD.details_id, OLD.reference, OLD.amount, OLD.currency)
       <> (NEW.batch_id, NEW.payout_id, NEW.details_id, NEW.reference, NEW.amount, NEW.currency) THEN
        RAISE EXCEPTION 'an instruction of a payout is not changed';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('proposed', 'released'), ('proposed', 'refused'), ('released', 'sent'), ('released', 'confirmed'),
        ('released', 'failed'), ('sent', 'confirmed'), ('sent', 'disputed'), ('sent', 'failed'),
        ('disputed', 'confirmed'), ('disputed', 'failed'), ('confirmed', 'returned')
    ) THEN
        RAISE EXCEPTION 'a payout does not go from % to %', OLD.state, NEW.state;
    END IF;
    IF NEW.state NOT IN ('proposed', 'refused') AND batch.state <> 'released' THEN
        RAISE EXCEPTION 'a payout is released by two persons';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_instruction_moves BEFORE INSERT OR UPDATE OR DELETE ON payout_instruction
    FOR EACH ROW EXECUTE FUNCTION payout_instruction_moves();

CREATE FUNCTION payout_keeps_its_amount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.amount <> OLD.amount AND EXISTS (
        SELECT FROM payout_instruction WHERE payout_id = OLD.id
        AND state IN ('proposed', 'released', 'sent', 'disputed', 'confirmed')
    ) THEN
        RAISE EXCEPTION 'a payout that is on its way keeps its amount';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_keeps_its_amount BEFORE UPDATE OF amount ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_keeps_its_amount();

CREATE FUNCTION payout_was_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payout WHERE id = NEW.id AND paid_on IS NOT NULL)
       AND NOT EXISTS (SELECT FROM payout_instruction WHERE payout_id = NEW.id AND state = 'confirmed')
       AND NOT EXISTS (SELECT FROM card_call WHERE payout_id = NEW.id AND state = 'done') THEN
        RAISE EXCEPTION 'a payout is paid by an instruction that two persons released, or by a card refund';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payout_was_released AFTER INSERT OR UPDATE OF paid_on ON payout
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payout_was_released();
"""
NO_RULES = """
DROP TRIGGER payout_was_released ON payout;
DROP TRIGGER payout_keeps_its_amount ON payout;
DROP FUNCTION payout_was_released();
DROP FUNCTION payout_keeps_its_amount();
DROP FUNCTION payout_instruction_moves();
DROP FUNCTION payout_batch_is_kept();
DROP FUNCTION payout_details_are_kept();
"""


def upgrade() -> None:
    op.add_column("payout", sa.Column("part", sa.TEXT(), nullable=False, server_default="whole"))
    op.add_column("payout", sa.Column("awaits", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("payout", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("payout", sa.Column("rail", sa.TEXT(), nullable=False, server_default=""))
    op.create_check_constraint(op.f("ck_payout_part"), "payout", "part IN ('whole', 'advance', 'balance')")
    op.drop_constraint(op.f("uq_payout_pool_id_account_id"), "payout", type_="unique")
    op.create_unique_constraint(
        op.f("uq_payout_pool_id_account_id_part"), "payout", ["pool_id", "account_id", "part"]
    )
    op.create_table(
        "payout_details",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("rail", sa.TEXT(), nullable=False),
        sa.Column("holder", sa.TEXT(), nullable=False),
        sa.Column("iban", sa.TEXT(), nullable=False),
        sa.Column("account_number", sa.TEXT(), nullable=False),
        sa.Column("bic", sa.TEXT(), nullable=False),
        sa.Column("country", sa.TEXT(), nullable=False),
        sa.Column("phone", sa.TEXT(), nullable=False),
        sa.Column("provider", sa.TEXT(), nullable=False),
        sa.Column("place", sa.TEXT(), nullable=False),
        sa.Column("stripe_account", sa.TEXT(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("usable_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "rail IN ('bank', 'stripe', 'mobile money', 'cash')", name=op.f("ck_payout_details_rail")
        ),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_payout_details_confirmed")
        ),
        sa.CheckConstraint(
            "(organisation_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_payout_details_whose")
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> made_by", name=op.f("ck_payout_details_second_person")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_payout_details_account_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_payout_details_confirmed_by")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_payout_details_made_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_payout_details_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_details")),
    )
    op.create_index(op.f("ix_payout_details_account_id"), "payout_details", ["account_id"], unique=False)
    op.create_index(
        op.f("ix_payout_details_organisation_id"), "payout_details", ["organisation_id"], unique=False
    )
    op.create_table(
        "payout_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("rail", sa.TEXT(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.Uuid(), nullable=True),
        sa.Column("refused_because", sa.TEXT(), nullable=False),
        sa.Column("file", sa.TEXT(), nullable=True),
        sa.CheckConstraint(
            "(state = 'refused') = (refused_by IS NOT NULL)", name=op.f("ck_payout_batch_refused")
        ),
        sa.CheckConstraint(
            "(state = 'released') = (released_by IS NOT NULL)", name=op.f("ck_payout_batch_released")
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR refused_because <> ''", name=op.f("ck_payout_batch_reason")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'released', 'refused')", name=op.f("ck_payout_batch_state")
        ),
        sa.CheckConstraint(
            "released_by IS NULL OR released_by <> proposed_by", name=op.f("ck_payout_batch_two_persons")
        ),
        sa.CheckConstraint("total > 0", name=op.f("ck_payout_batch_total")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_payout_batch_proposed_by")),
        sa.ForeignKeyConstraint(["refused_by"], ["person.id"], name=op.f("fk_payout_batch_refused_by")),
        sa.ForeignKeyConstraint(["released_by"], ["person.id"], name=op.f("fk_payout_batch_released_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_batch")),
        sa.UniqueConstraint("number", name=op.f("uq_payout_batch_number")),
    )
    op.create_table(
        "payout_instruction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("details_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.TEXT(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("receipt", sa.TEXT(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("transfer", sa.TEXT(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'released', 'sent', 'confirmed', 'disputed', 'refused', 'failed', 'returned')",
            name=op.f("ck_payout_instruction_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('failed', 'returned', 'disputed') OR words <> ''",
            name=op.f("ck_payout_instruction_reason"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payout_instruction_amount")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["payout_batch.id"], name=op.f("fk_payout_instruction_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["details_id"], ["payout_details.id"], name=op.f("fk_payout_instruction_details_id")
        ),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_instruction_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_instruction")),
        sa.UniqueConstraint("reference", name=op.f("uq_payout_instruction_reference")),
    )
    op.create_index(op.f("ix_payout_instruction_batch_id"), "payout_instruction", ["batch_id"], unique=False)
    op.create_index(op.f("ix_payout_instruction_next_at"), "payout_instruction", ["next_at"], unique=False)
    op.create_index(
        op.f("ix_payout_instruction_payout_id"), "payout_instruction", ["payout_id"], unique=False
    )
    op.create_index(op.f("ix_payout_instruction_transfer"), "payout_instruction", ["transfer"], unique=False)
    op.create_index(
        "uq_payout_instruction_live",
        "payout_instruction",
        ["payout_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'released', 'sent', 'disputed', 'confirmed')"),
    )
    op.create_table(
        "payout_match",
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("instruction_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_payout_match_batch_id")),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["payout_instruction.id"], name=op.f("fk_payout_match_instruction_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_payout_match")),
    )
    op.execute(RULES)


def downgrade() -> None:
    """Advance and balance become one payout again, paid when the balance is."""
    op.drop_table("payout_match")
    op.drop_table("payout_instruction")
    op.drop_table("payout_batch")
    op.drop_table("payout_details")
    op.execute(NO_RULES)
    op.execute(
        "UPDATE payout AS rest SET amount = rest.amount + advance.amount FROM payout AS advance "
        "WHERE rest.part = 'balance' AND advance.part = 'advance' "
        "AND (rest.pool_id, rest.account_id) = (advance.pool_id, advance.account_id)"
    )
    op.execute("DELETE FROM payout WHERE part = 'advance'")
    op.drop_constraint(op.f("uq_payout_pool_id_account_id_part"), "payout", type_="unique")
    op.create_unique_constraint(op.f("uq_payout_pool_id_account_id"), "payout", ["pool_id", "account_id"])
    op.drop_constraint(op.f("ck_payout_part"), "payout", type_="check")
    for name in ("rail", "asked_at", "awaits", "part"):
        op.drop_column("payout", name)
