"""What the database itself refuses of monthly customers' data, whatever the code does. SQL of migration 0002."""

from __future__ import annotations

from typing import Final

NEVER_CHANGED: Final = (
    "tariff_version",
    "exchange_rate",
    "subscription_move",
    "invoice",
    "invoice_line",
    "invoice_tax",
    "allocation",
    "dunning_act",
    "closed_month",
)

SEQUENCES: Final = ("CREATE SEQUENCE subscription_number START 2000",)

# A monthly service has no end of its own, and can pause.
ACCESS: Final = (
    "ALTER TABLE access_grant DROP CONSTRAINT ck_access_grant_status_known",
    "ALTER TABLE access_grant DROP CONSTRAINT ck_access_grant_waits_unused",
    "ALTER TABLE access_grant DROP CONSTRAINT ck_access_grant_ends_when_begun",
    """
    ALTER TABLE access_grant
      ADD CONSTRAINT ck_access_grant_status_known
        CHECK (status IN ('waiting', 'running', 'paused', 'expired', 'revoked')),
      ADD CONSTRAINT ck_access_grant_waits_unused
        CHECK (status <> 'waiting' OR (first_used_at IS NULL AND closed_at IS NULL)),
      ADD CONSTRAINT ck_access_grant_runs_since_first_use
        CHECK (status <> 'running' OR first_used_at IS NOT NULL),
      ADD CONSTRAINT ck_access_grant_ends_when_begun
        CHECK ((first_used_at IS NULL OR duration_s IS NULL) = (ends_at IS NULL)),
      ADD CONSTRAINT ck_access_grant_only_services_pause
        CHECK (status <> 'paused' OR duration_s IS NULL)
    """,
)

# Spans of days that may not meet. btree_gist comes with PostgreSQL and may be made by a database's owner.
OVERLAPS: Final = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """
    ALTER TABLE tax_rate ADD CONSTRAINT ex_tax_rate_one_at_a_time EXCLUDE USING gist
      (tax_id WITH =, product_class WITH =, daterange(valid_from, valid_until) WITH &&)
    """,
    """
    ALTER TABLE promotion ADD CONSTRAINT ex_promotion_one_at_a_time EXCLUDE USING gist
      (tariff_id WITH =, daterange(valid_from, valid_until) WITH &&)
    """,
    """
    ALTER TABLE tax_exemption ADD CONSTRAINT ex_tax_exemption_one_at_a_time EXCLUDE USING gist
      (customer_id WITH =, tax_id WITH =, daterange(valid_from, valid_until) WITH &&)
    """,
    """
    ALTER TABLE subscription_term ADD CONSTRAINT ex_subscription_term_one_at_a_time EXCLUDE USING gist
      (subscription_id WITH =, daterange(from_day, until_day) WITH &&)
    """,
    # No day of a service is billed twice.
    """
    ALTER TABLE invoice_line ADD CONSTRAINT ex_invoice_line_a_day_is_billed_once EXCLUDE USING gist
      (subscription_id WITH =, kind WITH =, daterange(from_day, next_day) WITH &&)
      WHERE (kind IN ('recurring', 'rental'))
    """,
    """
    ALTER TABLE invoice_line ADD CONSTRAINT ck_invoice_line_recurring_is_dated
      CHECK (kind NOT IN ('recurring', 'rental')
             OR (subscription_id IS NOT NULL AND from_day IS NOT NULL AND next_day IS NOT NULL))
    """,
)

DOCUMENTS: Final = (
    # Deferred: lines and taxes follow their invoice; together they must come to its totals when it is committed.
    """
    CREATE FUNCTION invoice_check_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      lines record;
      taxes record;
    BEGIN
      SELECT count(*) AS count, coalesce(sum(amount_minor), 0) AS amount INTO lines
        FROM invoice_line WHERE invoice_id = NEW.id;
      SELECT count(*) AS count, coalesce(sum(amount_minor) FILTER (WHERE exemption IS NULL), 0) AS amount,
             coalesce(sum(amount_minor) FILTER (WHERE inclusive), 0) AS inclusive INTO taxes
        FROM invoice_tax WHERE invoice_id = NEW.id;
      IF lines.count <> NEW.line_count OR taxes.count <> NEW.tax_count THEN
        RAISE EXCEPTION 'invoice % does not have the lines it was issued with', NEW.id
          USING ERRCODE = 'check_violation';
      ELSIF lines.amount - taxes.inclusive <> NEW.net_minor OR taxes.amount <> NEW.tax_minor THEN
        RAISE EXCEPTION 'invoice % is not the sum of its lines', NEW.id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER invoice_is_whole AFTER INSERT ON invoice
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoice_check_whole()
    """,
    """
    CREATE FUNCTION invoice_refuse_more() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      crooked bigint;
    BEGIN
      IF TG_TABLE_NAME = 'invoice_line' THEN
        SELECT i.id INTO crooked FROM (SELECT DISTINCT invoice_id FROM fresh) f JOIN invoice i ON i.id = f.invoice_id
          WHERE (SELECT count(*) FROM invoice_line WHERE invoice_id = i.id) > i.line_count LIMIT 1;
      ELSE
        SELECT i.id INTO crooked FROM (SELECT DISTINCT invoice_id FROM fresh) f JOIN invoice i ON i.id = f.invoice_id
          WHERE (SELECT count(*) FROM invoice_tax WHERE invoice_id = i.id) > i.tax_count LIMIT 1;
      END IF;
      IF crooked IS NOT NULL THEN
        RAISE EXCEPTION 'invoice % takes no further line', crooked USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER invoice_line_no_more AFTER INSERT ON invoice_line REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION invoice_refuse_more()
    """,
    """
    CREATE TRIGGER invoice_tax_no_more AFTER INSERT ON invoice_tax REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION invoice_refuse_more()
    """,
    # What is due is written with the invoice and falls with each allocation; nothing else moves it.
    """
    CREATE FUNCTION invoice_open_due() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO invoice_due (invoice_id, customer_id, due_on, due_minor)
        SELECT id, customer_id, due_on, total_minor FROM fresh WHERE kind <> 'credit_note';
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER invoice_opens_due AFTER INSERT ON invoice REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION invoice_open_due()
    """,
    """
    CREATE FUNCTION allocation_lower_due() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE invoice_due SET due_minor = due_minor - NEW.amount_minor WHERE invoice_id = NEW.invoice_id;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing can be due on invoice %', NEW.invoice_id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER allocation_lowers_due AFTER INSERT ON allocation
      FOR EACH ROW EXECUTE FUNCTION allocation_lower_due()
    """,
    """
    CREATE FUNCTION invoice_guard_due() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR (TG_OP = 'INSERT' AND pg_trigger_depth() < 2) THEN
        RAISE EXCEPTION 'what is due comes and goes with documents only' USING ERRCODE = 'restrict_violation';
      ELSIF TG_OP = 'UPDATE' AND pg_trigger_depth() < 2
            AND (NEW.invoice_id, NEW.customer_id, NEW.due_on, NEW.due_minor)
                IS DISTINCT FROM (OLD.invoice_id, OLD.customer_id, OLD.due_on, OLD.due_minor) THEN
        RAISE EXCEPTION 'what is due changes by allocations only' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER invoice_due_guard BEFORE INSERT OR UPDATE OR DELETE ON invoice_due
      FOR EACH ROW EXECUTE FUNCTION invoice_guard_due()
    """,
    # All credit notes of an invoice together never take off more than it was for.
    """
    CREATE FUNCTION invoice_check_credit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.kind = 'credit_note' THEN
        PERFORM 1 FROM invoice_due WHERE invoice_id = NEW.credits_id FOR UPDATE;
        IF (SELECT sum(total_minor) FROM invoice WHERE credits_id = NEW.credits_id AND kind = 'credit_note')
           > (SELECT total_minor FROM invoice WHERE id = NEW.credits_id) THEN
          RAISE EXCEPTION 'invoice % is credited with more than it was for', NEW.credits_id
            USING ERRCODE = 'check_violation';
        END IF;
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER invoice_credit_within AFTER INSERT ON invoice
      FOR EACH ROW WHEN (NEW.kind = 'credit_note') EXECUTE FUNCTION invoice_check_credit()
    """,
    # A rate may be given its end, once, and nothing else.
    """
    CREATE FUNCTION tax_guard_rate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR OLD.valid_until IS NOT NULL OR NEW.valid_until IS NULL
         OR (to_jsonb(NEW) - 'valid_until') <> (to_jsonb(OLD) - 'valid_until') THEN
        RAISE EXCEPTION 'a tax rate keeps its terms; it may only be given its end' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER tax_rate_guard BEFORE UPDATE OR DELETE ON tax_rate
      FOR EACH ROW EXECUTE FUNCTION tax_guard_rate()
    """,
    # What was asked for is not rewritten while it waits, and a decision is final.
    """
    CREATE FUNCTION adjustment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR OLD.state <> 'waiting'
         OR (NEW.request_key, NEW.kind, NEW.customer_id, NEW.invoice_id, NEW.amount_minor, NEW.currency, NEW.reason,
             NEW.asked_by, NEW.asked_at, NEW.needs_second)
            IS DISTINCT FROM
            (OLD.request_key, OLD.kind, OLD.customer_id, OLD.invoice_id, OLD.amount_minor, OLD.currency, OLD.reason,
             OLD.asked_by, OLD.asked_at, OLD.needs_second) THEN
        RAISE EXCEPTION 'an adjustment keeps its terms, and its decision' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER adjustment_guard BEFORE UPDATE OR DELETE ON adjustment
      FOR EACH ROW EXECUTE FUNCTION adjustment_guard()
    """,
)

# Entries of a closed month are refused. The shared lock makes closing wait for entries under way, and they for it.
LEDGER: Final = (
    """
    CREATE FUNCTION ledger_check_month() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      its_month date := date_trunc('month', NEW.occurred_at AT TIME ZONE 'Africa/Juba')::date;
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(8467202, extract(year FROM its_month)::int * 12
                                                    + extract(month FROM its_month)::int);
      IF EXISTS (SELECT 1 FROM closed_month WHERE month = its_month) THEN
        RAISE EXCEPTION 'the month % is closed', its_month USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER ledger_entry_in_an_open_month BEFORE INSERT ON ledger_entry
      FOR EACH ROW EXECUTE FUNCTION ledger_check_month()
    """,
)

# What every company starts with, and may change. The rate: Finance Act 2021/22, in force from 2022-07-18 as Orbitax
# reported it; later acts changed excise too, and their rate for telecommunications was not seen.
STARTING: Final = (
    """
    INSERT INTO dunning_schedule (code, name_en, name_ar) VALUES
      ('standard', 'Standard', 'عادي'), ('patient', 'Patient', 'طويل')
    """,
    """
    INSERT INTO dunning_step (schedule, days, act) VALUES
      ('standard', -3, 'remind'), ('standard', 0, 'remind'), ('standard', 3, 'remind'), ('standard', 5, 'slow'),
      ('standard', 7, 'suspend'), ('standard', 60, 'terminate'),
      ('patient', -5, 'remind'), ('patient', 1, 'remind'), ('patient', 14, 'remind'), ('patient', 21, 'remind'),
      ('patient', 30, 'suspend')
    """,
    """
    INSERT INTO tax (code, name_en, name_ar, position) VALUES ('EXCISE', 'Excise duty', 'رسم الإنتاج', 1)
    """,
    """
    INSERT INTO tax_rate (tax_id, product_class, rate_millionths, inclusive, compound, valid_from, note, made_at)
      SELECT id, 'telecom', 200000, false, false, DATE '2022-07-18',
             'Example: Finance Act 2021/22, telecommunication services. Check with your accountant.', now()
      FROM tax WHERE code = 'EXCISE'
    """,
)


def statements() -> list[str]:
    """All guards, in order."""
    frozen = []
    for table in NEVER_CHANGED:
        frozen.append(
            f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        frozen.append(
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    return [*SEQUENCES, *ACCESS, *OVERLAPS, *frozen, *DOCUMENTS, *LEDGER, *STARTING]
