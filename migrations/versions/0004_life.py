"""Risk, appeals, conflicts found later, peers, reminders; and one hand a person in a case, whoever asks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

RULES = """
CREATE FUNCTION take_hand(of_case uuid, who uuid, wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    known text;
BEGIN
    IF who IS NULL THEN
        RETURN;
    END IF;
    -- waits for another transaction that writes the same person, and then sees what it wrote
    INSERT INTO participation (case_id, person_id, hand) VALUES (of_case, who, wanted)
        ON CONFLICT (case_id, person_id) DO NOTHING;
    SELECT hand INTO known FROM participation WHERE case_id = of_case AND person_id = who;
    IF known <> wanted THEN
        RAISE EXCEPTION 'who took part in the % of case % has no hand in its %', known, of_case, wanted
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION evaluated_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'assignment' THEN
        IF NEW.part <> 'decision maker' THEN
            PERFORM take_hand(NEW.case_id, NEW.person_id, 'evaluation');
        END IF;
    ELSIF TG_TABLE_NAME = 'finding' THEN
        PERFORM take_hand(NEW.case_id, NEW.person_id, 'evaluation');
    ELSIF TG_TABLE_NAME = 'corrective_action' THEN
        PERFORM take_hand(NEW.case_id, NEW.verified_by, 'evaluation');
    ELSE
        PERFORM take_hand(NEW.id, each, 'evaluation') FROM unnest(NEW.evaluators) AS each;
        PERFORM take_hand(NEW.id, NEW.recommended_by, 'evaluation');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER assignment_takes_part AFTER INSERT OR UPDATE ON assignment
    FOR EACH ROW EXECUTE FUNCTION evaluated_here();
CREATE TRIGGER finding_takes_part AFTER INSERT OR UPDATE ON finding
    FOR EACH ROW EXECUTE FUNCTION evaluated_here();
CREATE TRIGGER verification_takes_part AFTER INSERT OR UPDATE ON corrective_action
    FOR EACH ROW EXECUTE FUNCTION evaluated_here();
CREATE TRIGGER case_takes_part AFTER INSERT OR UPDATE OF evaluators, recommended_by ON certification_case
    FOR EACH ROW EXECUTE FUNCTION evaluated_here();

CREATE FUNCTION decided_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'decision' THEN
        PERFORM take_hand(NEW.case_id, NEW.person_id, 'decision');
    ELSIF NEW.settled_by IS NOT NULL THEN
        IF EXISTS (SELECT 1 FROM decision WHERE case_id = NEW.case_id AND person_id = NEW.settled_by) THEN
            RAISE EXCEPTION 'who decided case % does not review the decision', NEW.case_id
                USING ERRCODE = 'check_violation';
        END IF;
        PERFORM take_hand(NEW.case_id, NEW.settled_by, 'decision');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER decision_takes_part AFTER INSERT ON decision
    FOR EACH ROW EXECUTE FUNCTION decided_here();
CREATE TRIGGER review_takes_part AFTER INSERT OR UPDATE ON conflict_review
    FOR EACH ROW EXECUTE FUNCTION decided_here();

CREATE FUNCTION appealed_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'panellist' THEN
        PERFORM take_hand(a.case_id, NEW.person_id, 'appeal') FROM appeal a WHERE a.id = NEW.appeal_id;
    ELSIF NEW.settled_by IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM panellist WHERE appeal_id = NEW.id AND person_id = NEW.settled_by
                       AND ended_at IS NULL) THEN
            RAISE EXCEPTION 'an appeal in case % is settled by a member of its panel', NEW.case_id
                USING ERRCODE = 'check_violation';
        END IF;
        PERFORM take_hand(NEW.case_id, NEW.settled_by, 'appeal');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER panellist_takes_part AFTER INSERT OR UPDATE ON panellist
    FOR EACH ROW EXECUTE FUNCTION appealed_here();
CREATE TRIGGER appeal_takes_part AFTER INSERT OR UPDATE ON appeal
    FOR EACH ROW EXECUTE FUNCTION appealed_here();

-- What is settled stays as it is.
CREATE FUNCTION settled_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.settled_at IS NOT NULL OR OLD.case_id <> NEW.case_id THEN
        RAISE EXCEPTION '% is kept as it was settled', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER appeal_is_kept BEFORE UPDATE OR DELETE ON appeal
    FOR EACH ROW EXECUTE FUNCTION settled_is_kept();
CREATE TRIGGER review_is_kept BEFORE UPDATE OR DELETE ON conflict_review
    FOR EACH ROW EXECUTE FUNCTION settled_is_kept();
CREATE TRIGGER participation_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON participation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER risk_assessments_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON risk_assessment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO participation (case_id, person_id, hand)
    SELECT case_id, person_id, 'decision' FROM decision
    UNION SELECT case_id, person_id, 'evaluation' FROM assignment WHERE part <> 'decision maker'
    UNION SELECT case_id, person_id, 'evaluation' FROM finding
    UNION SELECT case_id, verified_by, 'evaluation' FROM corrective_action WHERE verified_by IS NOT NULL
    UNION SELECT id, recommended_by, 'evaluation' FROM certification_case WHERE recommended_by IS NOT NULL
    UNION SELECT id, unnest(evaluators), 'evaluation' FROM certification_case;
"""

UNDO = """
DROP TRIGGER case_takes_part ON certification_case;
DROP TRIGGER verification_takes_part ON corrective_action;
DROP TRIGGER finding_takes_part ON finding;
DROP TRIGGER assignment_takes_part ON assignment;
DROP TRIGGER decision_takes_part ON decision;
"""

FUNCTIONS = """
DROP FUNCTION appealed_here();
DROP FUNCTION decided_here();
DROP FUNCTION evaluated_here();
DROP FUNCTION settled_is_kept();
DROP FUNCTION take_hand(uuid, uuid, text);
"""


def upgrade() -> None:
    op.create_table(
        "participation",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("hand", sa.TEXT(), nullable=False),
        sa.CheckConstraint(
            "hand IN ('evaluation', 'decision', 'appeal')", name=op.f("ck_participation_hand")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["certification_case.id"], name=op.f("fk_participation_case_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_participation_person_id")),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_participation")),
    )
    op.create_table(
        "risk_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("configuration", sa.TEXT(), nullable=False),
        sa.Column("factors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("level", sa.TEXT(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("contributions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("look_kind", sa.TEXT(), nullable=False),
        sa.Column("look_due", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["certification_case.id"], name=op.f("fk_risk_assessment_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_assessment")),
    )
    op.create_index("ix_risk_assessment_case", "risk_assessment", ["case_id", "at"], unique=False)
    op.create_table(
        "appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("lodged_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grounds", sa.TEXT(), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("reasons", sa.TEXT(), nullable=False),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (upheld IS NULL) AND (settled_at IS NULL) = (reasons = '')",
            name=op.f("ck_appeal_settled"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_appeal_case_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_appeal_decision_id")),
        sa.ForeignKeyConstraint(["lodged_by"], ["person.id"], name=op.f("fk_appeal_lodged_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_appeal_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeal_decision_id")),
    )
    op.create_index(
        "uq_appeal_open", "appeal", ["case_id"], unique=True, postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_table(
        "panellist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_panellist_appeal_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_panellist_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panellist")),
    )
    op.create_index(op.f("ix_panellist_person_id"), "panellist", ["person_id"], unique=False)
    op.create_index(
        "uq_panellist_current",
        "panellist",
        ["appeal_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "conflict_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repeat", sa.Boolean(), nullable=True),
        sa.Column("reasons", sa.TEXT(), nullable=False),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (repeat IS NULL)",
            name=op.f("ck_conflict_review_settled"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["certification_case.id"], name=op.f("fk_conflict_review_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declaration.id"], name=op.f("fk_conflict_review_declaration_id")
        ),
        sa.ForeignKeyConstraint(["reported_by"], ["person.id"], name=op.f("fk_conflict_review_reported_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_conflict_review_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_review")),
    )
    op.create_index("ix_conflict_review_case", "conflict_review", ["case_id", "found_at"], unique=False)
    op.create_table(
        "peer_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.TEXT(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["certification_case.id"], name=op.f("fk_peer_proposal_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_peer_proposal_organisation_id")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_peer_proposal_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_proposal")),
        sa.UniqueConstraint(
            "case_id", "organisation_id", name=op.f("uq_peer_proposal_case_id_organisation_id")
        ),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.TEXT(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("nudge", sa.TEXT(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("for_day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_reminder_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint(
            "case_id",
            "about",
            "about_id",
            "nudge",
            "due_on",
            "for_day",
            name=op.f("uq_reminder_case_id_about_about_id_nudge_due_on_for_day"),
        ),
    )
    op.execute(RULES)


def downgrade() -> None:
    op.execute(UNDO)
    op.drop_table("reminder")
    op.drop_table("peer_proposal")
    op.drop_table("conflict_review")
    op.drop_table("panellist")
    op.drop_table("appeal")
    op.drop_table("risk_assessment")
    op.drop_table("participation")
    op.execute(FUNCTIONS)
