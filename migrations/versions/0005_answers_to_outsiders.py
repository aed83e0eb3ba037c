"""Complaints with their ombudsperson, governing documents, consultations; what the database enforces there."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

RULES = """
CREATE FUNCTION complaint_tie(complaint_id uuid, person_id uuid, on_day date) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    the complaint%ROWTYPE;
    subjects uuid[];
    person uuid := person_id;
    wanted uuid := complaint_id;
BEGIN
    SELECT * INTO the FROM complaint WHERE id = wanted;
    SELECT array_agg(o.id) INTO subjects FROM organisation o
        WHERE o.id IN (the.organisation_id, the.respondent_id)
           OR (the.about = 'platform' AND o.kind = 'platform');
    IF EXISTS (SELECT 1 FROM membership m WHERE m.person_id = person AND m.organisation_id = ANY (subjects)
               AND (m.ended_at IS NULL OR m.ended_at > on_day - interval '2 years')) THEN
        RETURN 'belongs to an organisation that the complaint is about';
    END IF;
    IF EXISTS (SELECT 1 FROM declaration d, jsonb_array_elements(d.interests) AS tie
               WHERE d.person_id = person AND d.organisation_id = ANY (subjects)
               AND (tie ->> 'until' IS NULL OR tie ->> 'kind' <> 'trade'
                    OR (tie ->> 'until')::date > on_day - interval '2 years')) THEN
        RETURN 'declared an interest in an organisation that the complaint is about';
    END IF;
    IF EXISTS (SELECT 1 FROM certification_case c WHERE c.organisation_id = the.organisation_id
               AND (person = ANY (c.evaluators) OR c.recommended_by = person
                    OR EXISTS (SELECT 1 FROM assignment a WHERE a.case_id = c.id AND a.person_id = person)
                    OR EXISTS (SELECT 1 FROM finding f WHERE f.case_id = c.id AND f.person_id = person)
                    OR EXISTS (SELECT 1 FROM decision e WHERE e.case_id = c.id AND e.person_id = person))) THEN
        RETURN 'took part in the certification that the complaint is about';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION complaint_handler_has_no_tie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tie text := complaint_tie(NEW.complaint_id, NEW.person_id, NEW.since::date);
BEGIN
    IF tie IS NULL AND NEW.part = 'appeal' AND EXISTS (
        SELECT 1 FROM complaint_assignment a WHERE a.complaint_id = NEW.complaint_id
        AND a.person_id = NEW.person_id AND a.id <> NEW.id) THEN
        tie := 'handled the complaint before';
    END IF;
    IF tie IS NOT NULL THEN
        RAISE EXCEPTION 'whoever handles complaint % may not be somebody who %', NEW.complaint_id, tie
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER complaint_handler_has_no_tie BEFORE INSERT OR UPDATE OF complaint_id, person_id, part
    ON complaint_assignment FOR EACH ROW EXECUTE FUNCTION complaint_handler_has_no_tie();

CREATE FUNCTION complaint_subject_is_no_handler() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    handler record;
BEGIN
    FOR handler IN SELECT a.person_id, complaint_tie(NEW.id, a.person_id, NEW.since) AS tie
        FROM complaint_assignment a WHERE a.complaint_id = NEW.id AND a.ended_at IS NULL LOOP
        IF handler.tie IS NOT NULL THEN
            RAISE EXCEPTION 'whoever handles complaint % may not be somebody who %', NEW.id, handler.tie
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER complaint_subject_is_no_handler AFTER UPDATE OF organisation_id, respondent_id, decision_id, about
    ON complaint FOR EACH ROW EXECUTE FUNCTION complaint_subject_is_no_handler();

CREATE FUNCTION complaint_step_is_the_handlers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.action NOT IN ('file', 'appeal', 'withdraw') AND NOT EXISTS (
        SELECT 1 FROM complaint_assignment a WHERE a.complaint_id = NEW.complaint_id
        AND a.person_id = NEW.person_id AND a.ended_at IS NULL
        AND a.part = CASE WHEN NEW.action IN ('uphold', 'overturn') THEN 'appeal' ELSE 'ombudsperson' END) THEN
        RAISE EXCEPTION 'complaint % is not handled by this person', NEW.complaint_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER complaint_step_is_the_handlers BEFORE INSERT ON complaint_step
    FOR EACH ROW EXECUTE FUNCTION complaint_step_is_the_handlers();
CREATE TRIGGER complaint_steps_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON complaint_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION published_version_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL OR TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'version % is only ever added to', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.adopted_on <> OLD.adopted_on OR NEW.entered_at <> OLD.entered_at THEN
        RAISE EXCEPTION 'the day of adoption of version % stays', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER published_version_is_kept BEFORE UPDATE OR DELETE ON document_version
    FOR EACH ROW EXECUTE FUNCTION published_version_is_kept();

CREATE FUNCTION standard_was_consulted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM consultation c WHERE c.id = NEW.consultation_id
                   AND c.standard_key = NEW.standard_key AND c.state = 'answered'
                   AND c.closes_on < NEW.adopted_on) THEN
        RAISE EXCEPTION 'no answered consultation about %', NEW.standard_key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER standard_was_consulted BEFORE INSERT ON standard_adoption
    FOR EACH ROW EXECUTE FUNCTION standard_was_consulted();
CREATE TRIGGER standard_adoptions_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON standard_adoption
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

TABLES = (
    "complaint",
    "complaint_step",
    "complaint_assignment",
    "complaint_message",
    "complaint_file",
    "complaint_redress",
    "document",
    "document_version",
    "consultation",
    "consultation_theme",
    "consultation_comment",
    "standard_adoption",
)
FUNCTIONS = (
    "complaint_handler_has_no_tie",
    "complaint_subject_is_no_handler",
    "complaint_step_is_the_handlers",
    "published_version_is_kept",
    "standard_was_consulted",
    "complaint_tie",
)


def upgrade() -> None:
    op.create_table(
        "complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("repeat_hash", sa.LargeBinary(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("about", sa.TEXT(), nullable=False),
        sa.Column("whom", sa.TEXT(), nullable=False),
        sa.Column("what_happened", sa.TEXT(), nullable=False),
        sa.Column("wish", sa.TEXT(), nullable=False),
        sa.Column("relation", sa.TEXT(), nullable=False),
        sa.Column("contact", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("respondent_id", sa.Uuid(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("admitted_on", sa.Date(), nullable=True),
        sa.Column("heard", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.TEXT(), nullable=False),
        sa.Column("outcome", sa.TEXT(), nullable=True),
        sa.Column("appealed_on", sa.Date(), nullable=True),
        sa.Column("appeals", sa.Integer(), nullable=False),
        sa.Column("grounds", sa.TEXT(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(decision_id IS NULL) OR (about = 'decision')", name=op.f("ck_complaint_decision")
        ),
        sa.CheckConstraint("admitted_on IS NULL OR summary <> ''", name=op.f("ck_complaint_summary")),
        sa.CheckConstraint(
            "(admitted_on IS NULL) = (respondent_id IS NULL)", name=op.f("ck_complaint_respondent")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_complaint_decision_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_complaint_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["respondent_id"], ["organisation.id"], name=op.f("fk_complaint_respondent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_complaint_code_hash")),
        sa.UniqueConstraint("number", name=op.f("uq_complaint_number")),
        sa.UniqueConstraint("repeat_hash", name=op.f("uq_complaint_repeat_hash")),
        sa.UniqueConstraint("year", "sequence", name=op.f("uq_complaint_year_sequence")),
    )
    op.create_index(op.f("ix_complaint_organisation_id"), "complaint", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_complaint_respondent_id"), "complaint", ["respondent_id"], unique=False)
    op.create_index("ix_complaint_state_due", "complaint", ["state", "due_on"], unique=False)
    op.create_table(
        "complaint_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_step_complaint_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_complaint_step_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_step")),
    )
    op.create_index(
        "ix_complaint_step_complaint", "complaint_step", ["complaint_id", "position"], unique=False
    )
    op.create_table(
        "complaint_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.TEXT(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_assignment_complaint_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_complaint_assignment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_assignment")),
    )
    op.create_index(
        op.f("ix_complaint_assignment_person_id"), "complaint_assignment", ["person_id"], unique=False
    )
    op.create_index(
        "uq_complaint_assignment_current",
        "complaint_assignment",
        ["complaint_id", "part"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "complaint_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.TEXT(), nullable=False),
        sa.Column("incoming", sa.Boolean(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "NOT (side = 'complainant' AND incoming AND person_id IS NOT NULL)",
            name=op.f("ck_complaint_message_nobody"),
        ),
        sa.CheckConstraint("side IN ('complainant', 'subject')", name=op.f("ck_complaint_message_side")),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_message_complaint_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_complaint_message_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_message")),
        sa.UniqueConstraint(
            "complaint_id", "position", name=op.f("uq_complaint_message_complaint_id_position")
        ),
    )
    op.create_table(
        "complaint_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("media_type", sa.TEXT(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_complaint_file_sha256")),
        sa.CheckConstraint("size > 0", name=op.f("ck_complaint_file_size")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["complaint_message.id"], name=op.f("fk_complaint_file_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_file")),
    )
    op.create_index(op.f("ix_complaint_file_message_id"), "complaint_file", ["message_id"], unique=False)
    op.create_table(
        "complaint_redress",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.TEXT(), nullable=False),
        sa.Column("who", sa.TEXT(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("proof", sa.TEXT(), nullable=False),
        sa.Column("proof_on", sa.Date(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("dropped_on", sa.Date(), nullable=True),
        sa.CheckConstraint("verified_on IS NULL OR proof <> ''", name=op.f("ck_complaint_redress_proof")),
        sa.CheckConstraint(
            "(verified_on IS NULL) = (verified_by IS NULL)", name=op.f("ck_complaint_redress_verified")
        ),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_redress_complaint_id")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["person.id"], name=op.f("fk_complaint_redress_verified_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_redress")),
    )
    op.create_index("ix_complaint_redress_complaint", "complaint_redress", ["complaint_id"], unique=False)
    op.create_index(
        "ix_complaint_redress_due",
        "complaint_redress",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("verified_on IS NULL"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.TEXT(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("slug", name=op.f("uq_document_slug")),
    )
    op.create_table(
        "document_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("adopted_by", sa.TEXT(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("target_days", sa.Integer(), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=False),
        sa.Column("change", sa.TEXT(), nullable=False),
        sa.Column("pdf_sha256", sa.TEXT(), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.CheckConstraint("published_at IS NULL OR source <> ''", name=op.f("ck_document_version_source")),
        sa.CheckConstraint("(pdf_sha256 IS NULL) = (pdf_size IS NULL)", name=op.f("ck_document_version_pdf")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_document_version_number")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_version_document_id")
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_document_version_entered_by")),
        sa.ForeignKeyConstraint(
            ["published_by"], ["person.id"], name=op.f("fk_document_version_published_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_version")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_document_version_document_id_number")),
    )
    op.create_index("ix_document_version_published_at", "document_version", ["published_at"], unique=False)
    op.create_table(
        "consultation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.TEXT(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("question", sa.TEXT(), nullable=False),
        sa.Column("background", sa.TEXT(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("standard_key", sa.TEXT(), nullable=True),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.CheckConstraint("opens_on <= closes_on", name=op.f("ck_consultation_period")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consultation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("slug", name=op.f("uq_consultation_slug")),
    )
    op.create_index(op.f("ix_consultation_standard_key"), "consultation", ["standard_key"], unique=False)
    op.create_index("ix_consultation_state_closes", "consultation", ["state", "closes_on"], unique=False)
    op.create_table(
        "consultation_theme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("answer", sa.TEXT(), nullable=False),
        sa.Column("changed", sa.TEXT(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_theme_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_theme")),
        sa.UniqueConstraint(
            "consultation_id", "position", name=op.f("uq_consultation_theme_consultation_id_position")
        ),
    )
    op.create_table(
        "consultation_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("country", sa.TEXT(), nullable=False),
        sa.Column("region", sa.TEXT(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("proof_hash", sa.LargeBinary(), nullable=True),
        sa.Column("theme_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("removed_reason", sa.TEXT(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "state <> 'confirmed' OR number IS NOT NULL", name=op.f("ck_consultation_comment_confirmed")
        ),
        sa.CheckConstraint(
            "state <> 'removed' OR removed_reason <> ''", name=op.f("ck_consultation_comment_removed")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'confirmed', 'removed')", name=op.f("ck_consultation_comment_state")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_comment_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_consultation_comment_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["consultation_theme.id"], name=op.f("fk_consultation_comment_theme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_comment")),
        sa.UniqueConstraint(
            "consultation_id", "number", name=op.f("uq_consultation_comment_consultation_id_number")
        ),
        sa.UniqueConstraint("proof_hash", name=op.f("uq_consultation_comment_proof_hash")),
    )
    op.create_index(
        "ix_consultation_comment_state", "consultation_comment", ["consultation_id", "state"], unique=False
    )
    op.create_index(
        op.f("ix_consultation_comment_theme_id"), "consultation_comment", ["theme_id"], unique=False
    )
    op.create_table(
        "standard_adoption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("standard_key", sa.TEXT(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_standard_adoption_consultation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_standard_adoption_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_adoption")),
        sa.UniqueConstraint("standard_key", name=op.f("uq_standard_adoption_standard_key")),
    )
    # Many statements at once: the driver splits none of them.
    op.get_bind().connection.driver_connection.execute(RULES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
