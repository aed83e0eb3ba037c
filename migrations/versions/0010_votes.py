"""Votes: full members, the roll, the sealed box, the board; one vote a member, none after the end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

RULES = """
CREATE FUNCTION vote_is_open(the_vote uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM vote v WHERE v.id = the_vote AND v.state = 'open'
        AND (COALESCE(NULLIF(current_setting('fairhaul.now', true), '')::timestamptz, now())
             AT TIME ZONE 'UTC')::date BETWEEN v.opens_on AND v.closes_on)
$$;

CREATE FUNCTION vote_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'vote % is kept', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'draft' AND NEW.state IN ('draft', 'open') THEN
        RETURN NEW;
    END IF;
    IF OLD.state = 'open' AND NEW.state = 'counted'
       AND to_jsonb(OLD) - 'state' - 'counted_at' = to_jsonb(NEW) - 'state' - 'counted_at'
       AND (NEW.counted_at AT TIME ZONE 'UTC')::date > OLD.closes_on THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'vote % stays as it was opened', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER vote_is_kept BEFORE UPDATE OR DELETE ON vote FOR EACH ROW EXECUTE FUNCTION vote_is_kept();

CREATE FUNCTION vote_roll_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NOT NEW.voted
       AND EXISTS (SELECT 1 FROM vote v WHERE v.id = NEW.vote_id AND v.state = 'draft') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.voted AND NOT OLD.voted AND vote_is_open(OLD.vote_id)
       AND to_jsonb(OLD) - 'voted' = to_jsonb(NEW) - 'voted' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the roll is fixed, and each votes once, before the end' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER vote_roll_is_fixed BEFORE INSERT OR UPDATE OR DELETE ON vote_roll
    FOR EACH ROW EXECUTE FUNCTION vote_roll_is_fixed();

CREATE FUNCTION vote_box_is_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.envelopes = '{}' AND NEW.sealed_key IS NOT NULL THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND NEW.vote_id = OLD.vote_id AND NEW.public_key = OLD.public_key THEN
        IF NEW.sealed_key = OLD.sealed_key AND vote_is_open(OLD.vote_id)
           AND cardinality(NEW.envelopes) = cardinality(OLD.envelopes) + 1
           AND NEW.envelopes @> OLD.envelopes
           AND NEW.envelopes = ARRAY(SELECT e FROM unnest(NEW.envelopes) e ORDER BY e)
           AND cardinality(NEW.envelopes) = (SELECT count(DISTINCT substring(e FROM 1 FOR 32))
                                             FROM unnest(NEW.envelopes) e) THEN
            RETURN NEW;
        END IF;
        IF NEW.sealed_key IS NULL AND NEW.envelopes = '{}'
           AND EXISTS (SELECT 1 FROM vote v JOIN vote_result r ON r.vote_id = v.id
                       WHERE v.id = OLD.vote_id AND v.state = 'counted') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the box takes one envelope after the other, before the end, and loses none'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER vote_box_is_sealed BEFORE INSERT OR UPDATE OR DELETE ON vote_box
    FOR EACH ROW EXECUTE FUNCTION vote_box_is_sealed();

CREATE FUNCTION vote_box_agrees_with_roll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM vote v JOIN vote_box b ON b.vote_id = v.id WHERE v.id = NEW.vote_id
               AND v.state = 'open' AND cardinality(b.envelopes) <>
                   (SELECT count(*) FROM vote_roll r WHERE r.vote_id = v.id AND r.voted)) THEN
        RAISE EXCEPTION 'as many envelopes as members who voted, no more and no fewer'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER vote_box_agrees_with_roll AFTER UPDATE ON vote_box DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION vote_box_agrees_with_roll();
CREATE CONSTRAINT TRIGGER vote_roll_agrees_with_box AFTER UPDATE ON vote_roll DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION vote_box_agrees_with_roll();
CREATE TRIGGER vote_results_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON vote_result
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

UNDO = """
DROP TRIGGER vote_results_are_kept ON vote_result;
DROP TRIGGER vote_roll_agrees_with_box ON vote_roll;
DROP TRIGGER vote_box_agrees_with_roll ON vote_box;
DROP FUNCTION vote_box_agrees_with_roll;
DROP TRIGGER vote_box_is_sealed ON vote_box;
DROP FUNCTION vote_box_is_sealed;
DROP TRIGGER vote_roll_is_fixed ON vote_roll;
DROP FUNCTION vote_roll_is_fixed;
DROP TRIGGER vote_is_kept ON vote;
DROP FUNCTION vote_is_kept;
DROP FUNCTION vote_is_open;
"""


def run(statements: str) -> None:
    """Many statements at once: the driver splits none of them."""
    raw = op.get_bind().connection.driver_connection
    raw.execute(statements)


def upgrade() -> None:
    op.create_table(
        "member_admission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_member_admission_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_admission")),
    )
    op.create_index(
        "uq_member_admission_current",
        "member_admission",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.TEXT(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("question", sa.TEXT(), nullable=False),
        sa.Column("body", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("majority", sa.TEXT(), nullable=False),
        sa.Column("quorum_percent", sa.Integer(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=True),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_vote_days")),
        sa.CheckConstraint("seats >= 1", name=op.f("ck_vote_seats")),
        sa.CheckConstraint("quorum_percent BETWEEN 1 AND 100", name=op.f("ck_vote_quorum")),
        sa.CheckConstraint("state IN ('draft', 'open', 'counted')", name=op.f("ck_vote_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("slug", name=op.f("uq_vote_slug")),
    )
    op.create_table(
        "vote_roll",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("region", sa.TEXT(), nullable=False),
        sa.Column("voted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_roll_vote_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_vote_roll_organisation_id")
        ),
        sa.PrimaryKeyConstraint("vote_id", "organisation_id", name=op.f("pk_vote_roll")),
    )
    op.create_table(
        "vote_box",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("envelopes", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_box_vote_id")),
        sa.PrimaryKeyConstraint("vote_id", name=op.f("pk_vote_box")),
    )
    op.create_table(
        "vote_result",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("board", sa.TEXT(), nullable=False),
        sa.Column("digest", sa.TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_result_vote_id")),
        sa.PrimaryKeyConstraint("vote_id", name=op.f("pk_vote_result")),
    )
    run(RULES)


def downgrade() -> None:
    run(UNDO)
    for table in ("vote_result", "vote_box", "vote_roll", "vote", "member_admission"):
        op.drop_table(table)
