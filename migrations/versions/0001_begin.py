"""The first schema: all tables, the job queue, and what the database itself enforces."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

RULES = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER history_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
    entry uuid := CASE TG_TABLE_NAME WHEN 'entry' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'entry_id')::uuid END;
BEGIN
    SELECT currency, sum(amount) AS off INTO wrong FROM posting
        WHERE entry_id = entry GROUP BY currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % is off by % minor units of %', entry, wrong.off, wrong.currency
            USING ERRCODE = 'check_violation';
    END IF;
    IF (SELECT count(*) FROM posting WHERE entry_id = entry) < 2 THEN
        RAISE EXCEPTION 'entry % has fewer than two postings', entry USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM posting p JOIN account a ON a.id = p.account_id
               WHERE p.entry_id = entry AND a.currency <> p.currency) THEN
        RAISE EXCEPTION 'entry % posts one currency to an account of another', entry
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_balances();
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_balances();

CREATE FUNCTION decider_took_no_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM assignment
               WHERE case_id = NEW.case_id AND person_id = NEW.person_id AND part <> 'decision maker')
       OR EXISTS (SELECT 1 FROM finding WHERE case_id = NEW.case_id AND person_id = NEW.person_id)
       OR EXISTS (SELECT 1 FROM corrective_action
                  WHERE case_id = NEW.case_id AND verified_by = NEW.person_id)
       OR EXISTS (SELECT 1 FROM certification_case
                  WHERE id = NEW.case_id
                    AND (recommended_by = NEW.person_id OR NEW.person_id = ANY (evaluators)))
    THEN
        RAISE EXCEPTION 'who took part in the evaluation of case % does not decide it', NEW.case_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER decider_took_no_part BEFORE INSERT ON decision
    FOR EACH ROW EXECUTE FUNCTION decider_took_no_part();
CREATE TRIGGER decisions_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER declarations_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON declaration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION certificate_was_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM decision
                   WHERE id = NEW.decision_id AND case_id = NEW.case_id
                     AND outcome IN ('certify', 'certify_with_conditions')) THEN
        RAISE EXCEPTION 'certificate % rests on no decision to certify', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER certificate_was_decided BEFORE INSERT OR UPDATE OF case_id, decision_id ON certificate
    FOR EACH ROW EXECUTE FUNCTION certificate_was_decided();
"""

UNDO = """
DO $$
DECLARE
    thing record;
BEGIN
    -- the queue's and our own functions, types and tables that autogenerate does not know
    FOR thing IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname LIKE 'procrastinate%' LOOP
        EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT oid::regtype AS name FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'c') AND typname LIKE 'procrastinate%'
        AND (typtype = 'e' OR typrelid = 0 OR EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c')) LOOP
        EXECUTE format('DROP TYPE IF EXISTS %s CASCADE', thing.name);
    END LOOP;
END $$;
"""


def run(statements: str) -> None:
    """Many statements at once: the driver splits none of them."""
    raw = op.get_bind().connection.driver_connection
    raw.execute(statements)


def upgrade() -> None:
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.TEXT(), nullable=False),
        sa.Column("address", sa.TEXT(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    op.create_index("ix_failed_sign_in_account", "failed_sign_in", ["account", "at"], unique=False)
    op.create_index("ix_failed_sign_in_address", "failed_sign_in", ["address", "at"], unique=False)
    op.create_table(
        "idempotent_reply",
        sa.Column("scope", sa.TEXT(), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("request_hash", sa.TEXT(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotent_reply")),
    )
    op.create_index(op.f("ix_idempotent_reply_at"), "idempotent_reply", ["at"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to", sa.TEXT(), nullable=False),
        sa.Column("subject", sa.TEXT(), nullable=False),
        sa.Column("body", sa.TEXT(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("password_hash", sa.TEXT(), nullable=False),
        sa.Column("locale", sa.TEXT(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("uq_person_email", "person", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("country", sa.TEXT(), nullable=False),
        sa.Column("region", sa.TEXT(), nullable=False),
        sa.Column("place", sa.TEXT(), nullable=False),
        sa.Column("about", sa.TEXT(), nullable=False),
        sa.Column("works_as", sa.TEXT(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("workers", sa.Integer(), nullable=True),
        sa.Column("product_kinds", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("traits", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("contact_email", sa.TEXT(), nullable=False),
        sa.Column("website", sa.TEXT(), nullable=False),
        sa.Column("picture", sa.TEXT(), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("code_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_accepted_by", sa.Uuid(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_organisation_country")),
        sa.CheckConstraint("members >= 0 AND workers >= 0", name=op.f("ck_organisation_people")),
        sa.ForeignKeyConstraint(
            ["code_accepted_by"], ["person.id"], name=op.f("fk_organisation_code_accepted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisation_slug")),
    )
    op.create_index(op.f("ix_organisation_kind"), "organisation", ["kind"], unique=False)
    op.create_index("ix_organisation_name", "organisation", [sa.literal_column("lower(name)")], unique=False)
    op.create_index(op.f("ix_organisation_region"), "organisation", ["region"], unique=False)
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_password_reset_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
    )
    op.create_index(op.f("ix_password_reset_person_id"), "password_reset", ["person_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("holder", sa.TEXT(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint(
            "kind",
            "organisation_id",
            "holder",
            "currency",
            name=op.f("uq_account_kind_organisation_id_holder_currency"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_account_organisation_id"), "account", ["organisation_id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.TEXT(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_api_token_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_person_id"), "api_token", ["person_id"], unique=False)
    op.create_table(
        "certification_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("application", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("supply_tiers", sa.Integer(), nullable=False),
        sa.Column("outside_percent", sa.Integer(), nullable=False),
        sa.Column("criteria", postgresql.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("plan", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("evaluators", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("recommended_outcome", sa.TEXT(), nullable=True),
        sa.Column("recommended_reasons", sa.TEXT(), nullable=True),
        sa.Column("recommended_by", sa.Uuid(), nullable=True),
        sa.Column("recommended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(recommended_by IS NULL) = (recommended_outcome IS NULL) AND (recommended_by IS NULL) = (recommended_at IS NULL)",
            name=op.f("ck_certification_case_recommendation"),
        ),
        sa.CheckConstraint("cycle >= 1", name=op.f("ck_certification_case_cycle")),
        sa.CheckConstraint(
            "supply_tiers >= 0 AND outside_percent BETWEEN 0 AND 100",
            name=op.f("ck_certification_case_production"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_certification_case_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["recommended_by"], ["person.id"], name=op.f("fk_certification_case_recommended_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_case")),
    )
    op.create_index(
        "ix_certification_case_organisation",
        "certification_case",
        ["organisation_id", "opened_at"],
        unique=False,
    )
    op.create_index(
        "ix_certification_case_state_due", "certification_case", ["state", "due_on"], unique=False
    )
    op.create_index(
        "uq_certification_case_open",
        "certification_case",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('applied', 'provisional', 'self_assessed', 'desk_reviewed', 'audit_planned', 'audited', 'correcting', 'recommended', 'decided')"
        ),
    )
    op.create_table(
        "declaration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("interests", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_declaration_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_declaration_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
    )
    op.create_index(
        "ix_declaration_organisation", "declaration", ["organisation_id", "person_id"], unique=False
    )
    op.create_index(op.f("ix_declaration_person_id"), "declaration", ["person_id"], unique=False)
    op.create_table(
        "history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.TEXT(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.TEXT(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_history_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_history_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_subject", "history", ["subject_kind", "subject_id", "at"], unique=False)
    op.create_table(
        "hub",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("country", sa.TEXT(), nullable=False),
        sa.Column("latitude", sa.Numeric(precision=8, scale=5), nullable=False),
        sa.Column("longitude", sa.Numeric(precision=8, scale=5), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_hub_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub")),
        sa.UniqueConstraint("code", name=op.f("uq_hub_code")),
    )
    op.create_index(op.f("ix_hub_organisation_id"), "hub", ["organisation_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.TEXT(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_organisation_id"), "membership", ["organisation_id"], unique=False)
    op.create_index(
        "uq_membership_current",
        "membership",
        ["person_id", "organisation_id", "role"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("story", sa.TEXT(), nullable=False),
        sa.Column("unit", sa.TEXT(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("volume_cm3", sa.BigInteger(), nullable=False),
        sa.Column("hs_code", sa.TEXT(), nullable=False),
        sa.Column("cargo_class", sa.TEXT(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("least_quantity", sa.Integer(), nullable=False),
        sa.Column("case_size", sa.Integer(), nullable=False),
        sa.Column("picture", sa.TEXT(), nullable=True),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "words",
            sa.TEXT(),
            sa.Computed(
                "lower(translate(regexp_replace(normalize(title || ' ' || story || ' ' || unit || ' ' || hs_code, NFKD), E'[\\u0300-\\u036f]', '', 'g'), 'đĐøØłŁı', 'dDoOlLi'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "least_quantity >= 1 AND case_size >= 1 AND lead_days >= 0", name=op.f("ck_offer_quantities")
        ),
        sa.CheckConstraint("price > 0 AND weight_g > 0 AND volume_cm3 > 0", name=op.f("ck_offer_positive")),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_offer_stock")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_offer_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(op.f("ix_offer_organisation_id"), "offer", ["organisation_id"], unique=False)
    op.create_index("ix_offer_state_organisation", "offer", ["state", "organisation_id"], unique=False)
    op.create_table(
        "signed_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_signed_in_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_signed_in_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signed_in_token_hash")),
    )
    op.create_index(op.f("ix_signed_in_person_id"), "signed_in", ["person_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("place", sa.TEXT(), nullable=False),
        sa.Column("country", sa.TEXT(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_site_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_index(op.f("ix_site_organisation_id"), "site", ["organisation_id"], unique=False)
    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.TEXT(), nullable=False),
        sa.Column("value", sa.TEXT(), nullable=False),
        sa.Column("note", sa.TEXT(), nullable=False),
        sa.Column("plan", sa.TEXT(), nullable=False),
        sa.Column("reason", sa.TEXT(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_answer_answered_by")),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_answer_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("case_id", "criterion", name=op.f("uq_answer_case_id_criterion")),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.TEXT(), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("NOT lead OR part = 'auditor'", name=op.f("ck_assignment_lead")),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_assignment_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_person_id"), "assignment", ["person_id"], unique=False)
    op.create_index(
        "uq_assignment_current",
        "assignment",
        ["case_id", "person_id", "part"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_assignment_lead",
        "assignment",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("lead AND ended_at IS NULL"),
    )
    op.create_table(
        "corrective_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.TEXT(), nullable=False),
        sa.Column("cause", sa.TEXT(), nullable=False),
        sa.Column("correction", sa.TEXT(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.TEXT(), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["certification_case.id"], name=op.f("fk_corrective_action_case_id")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_corrective_action_opened_by")),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["person.id"], name=op.f("fk_corrective_action_verified_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_action")),
    )
    op.create_index("ix_corrective_action_case", "corrective_action", ["case_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.TEXT(), nullable=False),
        sa.Column("reasons", sa.TEXT(), nullable=False),
        sa.Column("conditions", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("before", sa.TEXT(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_decision_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_case_at", "decision", ["case_id", "at"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("media_type", sa.TEXT(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_evidence_sha256")),
        sa.CheckConstraint("size > 0", name=op.f("ck_evidence_size")),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_evidence_case_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_evidence_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("case_id", "sha256", name=op.f("uq_evidence_case_id_sha256")),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.TEXT(), nullable=False),
        sa.Column("verdict", sa.TEXT(), nullable=False),
        sa.Column("facts", sa.TEXT(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_finding_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_finding_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("case_id", "criterion", name=op.f("uq_finding_case_id_criterion")),
    )
    op.create_table(
        "pool",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_arrival_on", sa.Date(), nullable=False),
        sa.Column("wait_cost_ppm_per_day", sa.Integer(), nullable=False),
        sa.Column("capacity_g", sa.BigInteger(), nullable=True),
        sa.Column("capacity_cm3", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_because", sa.TEXT(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("capacity_cm3 IS NULL OR capacity_cm3 > 0", name=op.f("ck_pool_capacity_volume")),
        sa.CheckConstraint("capacity_g IS NULL OR capacity_g > 0", name=op.f("ck_pool_capacity_weight")),
        sa.CheckConstraint("wait_cost_ppm_per_day >= 0", name=op.f("ck_pool_waiting")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_pool_hub_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_pool_opened_by")),
        sa.ForeignKeyConstraint(["origin_id"], ["hub.id"], name=op.f("fk_pool_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("number", name=op.f("uq_pool_number")),
    )
    op.create_index(op.f("ix_pool_hub_id"), "pool", ["hub_id"], unique=False)
    op.create_index("ix_pool_state_closes", "pool", ["state", "closes_at"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("carrier", sa.TEXT(), nullable=False),
        sa.Column("mode", sa.TEXT(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("classes", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("tariff", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_service_validity")),
        sa.ForeignKeyConstraint(["destination_id"], ["hub.id"], name=op.f("fk_service_destination_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_service_organisation_id")
        ),
        sa.ForeignKeyConstraint(["origin_id"], ["hub.id"], name=op.f("fk_service_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("code", name=op.f("uq_service_code")),
    )
    op.create_index(op.f("ix_service_destination_id"), "service", ["destination_id"], unique=False)
    op.create_index(op.f("ix_service_origin_id"), "service", ["origin_id"], unique=False)
    op.create_table(
        "terms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("minimum_order", sa.BigInteger(), nullable=False),
        sa.Column("small_order_fee", sa.BigInteger(), nullable=False),
        sa.Column("direct_customs", sa.BigInteger(), nullable=False),
        sa.Column("direct_shipping", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_terms_currency")),
        sa.CheckConstraint(
            "minimum_order >= 0 AND small_order_fee >= 0 AND direct_customs >= 0 AND direct_shipping >= 0",
            name=op.f("ck_terms_amounts"),
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_terms_hub_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_terms_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_terms")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.TEXT(), nullable=False),
        sa.Column("sites", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("product_categories", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("conditions", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("status", sa.TEXT(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_certificate_validity")),
        sa.ForeignKeyConstraint(["case_id"], ["certification_case.id"], name=op.f("fk_certificate_case_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_certificate_decision_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_certificate_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("case_id", name=op.f("uq_certificate_case_id")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
        sa.UniqueConstraint("year", "sequence", name=op.f("uq_certificate_year_sequence")),
    )
    op.create_index(
        "ix_certificate_organisation", "certificate", ["organisation_id", "valid_from"], unique=False
    )
    op.create_table(
        "evidence_link",
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_link_evidence_id")),
        sa.PrimaryKeyConstraint("evidence_id", "criterion", name=op.f("pk_evidence_link")),
    )
    op.create_table(
        "order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=False),
        sa.Column("goods", sa.BigInteger(), nullable=False),
        sa.Column("alone", sa.BigInteger(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_by", sa.Uuid(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("goods >= 0 AND alone >= 0", name=op.f("ck_order_amounts")),
        sa.ForeignKeyConstraint(["joined_by"], ["person.id"], name=op.f("fk_order_joined_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_order_organisation_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_order_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
        sa.UniqueConstraint("number", name=op.f("uq_order_number")),
    )
    op.create_index(op.f("ix_order_organisation_id"), "order", ["organisation_id"], unique=False)
    op.create_index(
        "uq_order_pool_buyer",
        "order",
        ["pool_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'left'"),
    )
    op.create_table(
        "payout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("payee", sa.TEXT(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.TEXT(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payout_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_payout_account_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_payout_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("pool_id", "account_id", name=op.f("uq_payout_pool_id_account_id")),
    )
    op.create_index(op.f("ix_payout_account_id"), "payout", ["account_id"], unique=False)
    op.create_index(op.f("ix_payout_pool_id"), "payout", ["pool_id"], unique=False)
    op.create_table(
        "pool_plan",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quotes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("sharing", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("stand_alone_total", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_plan_pool_id")),
        sa.PrimaryKeyConstraint("pool_id", name=op.f("pk_pool_plan")),
    )
    op.create_table(
        "pool_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.TEXT(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_step_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_step")),
        sa.UniqueConstraint("key", name=op.f("uq_pool_step_key")),
        sa.UniqueConstraint("pool_id", "name", name=op.f("uq_pool_step_pool_id_name")),
    )
    op.create_table(
        "sailing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("vessel", sa.TEXT(), nullable=False),
        sa.Column("departs_on", sa.Date(), nullable=False),
        sa.Column("arrives_on", sa.Date(), nullable=False),
        sa.Column("capacity_g", sa.BigInteger(), nullable=True),
        sa.Column("capacity_cm3", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("arrives_on >= departs_on", name=op.f("ck_sailing_dates")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_sailing_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sailing")),
        sa.UniqueConstraint("service_id", "departs_on", name=op.f("uq_sailing_service_id_departs_on")),
    )
    op.create_index(op.f("ix_sailing_departs_on"), "sailing", ["departs_on"], unique=False)
    op.create_table(
        "certificate_status_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.TEXT(), nullable=False),
        sa.Column("reasons", sa.TEXT(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_status_change_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_status_change")),
    )
    op.create_index(
        "ix_certificate_status_change", "certificate_status_change", ["certificate_id", "at"], unique=False
    )
    op.create_table(
        "charge",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.TEXT(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("goods", sa.BigInteger(), nullable=False),
        sa.Column("direct", sa.BigInteger(), nullable=False),
        sa.Column("joint", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("alone", sa.BigInteger(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("direct + joint = shipping", name=op.f("ck_charge_sum")),
        sa.CheckConstraint("goods + shipping = total", name=op.f("ck_charge_total")),
        sa.CheckConstraint(
            "shipping >= 0 AND shipping <= alone", name=op.f("ck_charge_never_more_than_alone")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_charge_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_charge")),
        sa.UniqueConstraint("reference", name=op.f("uq_charge_reference")),
    )
    op.create_table(
        "entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("cause", sa.TEXT(), nullable=False),
        sa.Column("words", sa.TEXT(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_entry_order_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_entry_person_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_entry_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_entry_key")),
    )
    op.create_index(op.f("ix_entry_order_id"), "entry", ["order_id"], unique=False)
    op.create_index(op.f("ix_entry_pool_id"), "entry", ["pool_id"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("unit", sa.TEXT(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("volume_cm3", sa.BigInteger(), nullable=False),
        sa.Column("hs_code", sa.TEXT(), nullable=False),
        sa.Column("cargo_class", sa.TEXT(), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND value >= 0 AND weight_g > 0 AND volume_cm3 > 0",
            name=op.f("ck_order_line_positive"),
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_order_line_offer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_line_order_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["organisation.id"], name=op.f("fk_order_line_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "offer_id", name=op.f("uq_order_line_order_id_offer_id")),
    )
    op.create_index(op.f("ix_order_line_offer_id"), "order_line", ["offer_id"], unique=False)
    op.create_index(op.f("ix_order_line_producer_id"), "order_line", ["producer_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.TEXT(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("bank_reference", sa.TEXT(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["booked_by"], ["person.id"], name=op.f("fk_payment_booked_by")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_payment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("order_id", name=op.f("uq_payment_order_id")),
    )
    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("sailing_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("volume_cm3", sa.BigInteger(), nullable=False),
        sa.Column("cost", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_shipment_pool_id")),
        sa.ForeignKeyConstraint(["sailing_id"], ["sailing.id"], name=op.f("fk_shipment_sailing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("number", name=op.f("uq_shipment_number")),
    )
    op.create_index(op.f("ix_shipment_pool_id"), "shipment", ["pool_id"], unique=False)
    op.create_table(
        "milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("actual_on", sa.Date(), nullable=True),
        sa.Column("note", sa.TEXT(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_milestone_set_by")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_milestone_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
        sa.UniqueConstraint("shipment_id", "kind", name=op.f("uq_milestone_shipment_id_kind")),
    )
    op.create_table(
        "posting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.TEXT(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_posting_account_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_posting_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_account_id"), "posting", ["account_id"], unique=False)
    op.create_index(op.f("ix_posting_entry_id"), "posting", ["entry_id"], unique=False)
    op.create_table(
        "shipment_line",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_shipment_line_order_line_id")
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_shipment_line_shipment_id")),
        sa.PrimaryKeyConstraint("shipment_id", "order_line_id", name=op.f("pk_shipment_line")),
    )
    op.create_index(op.f("ix_shipment_line_order_line_id"), "shipment_line", ["order_line_id"], unique=False)
    run(SchemaManager.get_schema())
    run(RULES)


def downgrade() -> None:
    run(UNDO)
    op.drop_index(op.f("ix_shipment_line_order_line_id"), table_name="shipment_line")
    op.drop_table("shipment_line")
    op.drop_index(op.f("ix_posting_entry_id"), table_name="posting")
    op.drop_index(op.f("ix_posting_account_id"), table_name="posting")
    op.drop_table("posting")
    op.drop_table("milestone")
    op.drop_index(op.f("ix_shipment_pool_id"), table_name="shipment")
    op.drop_table("shipment")
    op.drop_table("payment")
    op.drop_index(op.f("ix_order_line_producer_id"), table_name="order_line")
    op.drop_index(op.f("ix_order_line_offer_id"), table_name="order_line")
    op.drop_table("order_line")
    op.drop_index(op.f("ix_entry_pool_id"), table_name="entry")
    op.drop_index(op.f("ix_entry_order_id"), table_name="entry")
    op.drop_table("entry")
    op.drop_table("charge")
    op.drop_index("ix_certificate_status_change", table_name="certificate_status_change")
    op.drop_table("certificate_status_change")
    op.drop_index(op.f("ix_sailing_departs_on"), table_name="sailing")
    op.drop_table("sailing")
    op.drop_table("pool_step")
    op.drop_table("pool_plan")
    op.drop_index(op.f("ix_payout_pool_id"), table_name="payout")
    op.drop_index(op.f("ix_payout_account_id"), table_name="payout")
    op.drop_table("payout")
    op.drop_index("uq_order_pool_buyer", table_name="order", postgresql_where=sa.text("state <> 'left'"))
    op.drop_index(op.f("ix_order_organisation_id"), table_name="order")
    op.drop_table("order")
    op.drop_table("evidence_link")
    op.drop_index("ix_certificate_organisation", table_name="certificate")
    op.drop_table("certificate")
    op.drop_table("terms")
    op.drop_index(op.f("ix_service_origin_id"), table_name="service")
    op.drop_index(op.f("ix_service_destination_id"), table_name="service")
    op.drop_table("service")
    op.drop_index("ix_pool_state_closes", table_name="pool")
    op.drop_index(op.f("ix_pool_hub_id"), table_name="pool")
    op.drop_table("pool")
    op.drop_table("finding")
    op.drop_table("evidence")
    op.drop_index("ix_decision_case_at", table_name="decision")
    op.drop_table("decision")
    op.drop_index("ix_corrective_action_case", table_name="corrective_action")
    op.drop_table("corrective_action")
    op.drop_index(
        "uq_assignment_lead", table_name="assignment", postgresql_where=sa.text("lead AND ended_at IS NULL")
    )
    op.drop_index(
        "uq_assignment_current", table_name="assignment", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_index(op.f("ix_assignment_person_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_table("answer")
    op.drop_index(op.f("ix_site_organisation_id"), table_name="site")
    op.drop_table("site")
    op.drop_index(op.f("ix_signed_in_person_id"), table_name="signed_in")
    op.drop_table("signed_in")
    op.drop_index("ix_offer_state_organisation", table_name="offer")
    op.drop_index(op.f("ix_offer_organisation_id"), table_name="offer")
    op.drop_table("offer")
    op.drop_index(
        "uq_membership_current", table_name="membership", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_index(op.f("ix_membership_organisation_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_hub_organisation_id"), table_name="hub")
    op.drop_table("hub")
    op.drop_index("ix_history_subject", table_name="history")
    op.drop_table("history")
    op.drop_index(op.f("ix_declaration_person_id"), table_name="declaration")
    op.drop_index("ix_declaration_organisation", table_name="declaration")
    op.drop_table("declaration")
    op.drop_index(
        "uq_certification_case_open",
        table_name="certification_case",
        postgresql_where=sa.text(
            "state IN ('applied', 'provisional', 'self_assessed', 'desk_reviewed', 'audit_planned', 'audited', 'correcting', 'recommended', 'decided')"
        ),
    )
    op.drop_index("ix_certification_case_state_due", table_name="certification_case")
    op.drop_index("ix_certification_case_organisation", table_name="certification_case")
    op.drop_table("certification_case")
    op.drop_index(op.f("ix_api_token_person_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_account_organisation_id"), table_name="account")
    op.drop_table("account")
    op.drop_index(op.f("ix_password_reset_person_id"), table_name="password_reset")
    op.drop_table("password_reset")
    op.drop_index(op.f("ix_organisation_region"), table_name="organisation")
    op.drop_index("ix_organisation_name", table_name="organisation")
    op.drop_index(op.f("ix_organisation_kind"), table_name="organisation")
    op.drop_table("organisation")
    op.drop_index("uq_person_email", table_name="person")
    op.drop_table("person")
    op.drop_table("mail")
    op.drop_index(op.f("ix_idempotent_reply_at"), table_name="idempotent_reply")
    op.drop_table("idempotent_reply")
    op.drop_index("ix_failed_sign_in_address", table_name="failed_sign_in")
    op.drop_index("ix_failed_sign_in_account", table_name="failed_sign_in")
    op.drop_table("failed_sign_in")
