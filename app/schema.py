"""All rows of all slices, and what the database itself enforces beside constraints."""

from typing import Final

from procrastinate.schema import SchemaManager

from app.audits import models as audits
from app.catalogue import models as catalogue
from app.db import Base
from app.history import Happening
from app.ledger import models as ledger
from app.mail import Mail
from app.organisations import models as organisations
from app.shipping import models as shipping
from app.trade import models as trade
from app.transaction import IdempotentReply

metadata: Final = Base.metadata
OWNED: Final = (audits, catalogue, ledger, organisations, shipping, trade, Happening, Mail, IdempotentReply)

QUEUE: Final = SchemaManager.get_schema()

_BOOKS: Final = """
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
"""

RULES: Final = _BOOKS + audits.RULES
