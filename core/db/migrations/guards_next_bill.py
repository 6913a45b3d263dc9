"""Guards of what waits for the next bill: a charge keeps its terms and what became of it; so does an adjustment."""

from __future__ import annotations

from typing import Final

STATEMENTS: Final = (
    # What was used or taken back is final; while it waits only that may be written.
    """
    CREATE FUNCTION charge_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR OLD.used_on IS NOT NULL OR OLD.taken_back_at IS NOT NULL
         OR (NEW.request_key, NEW.customer_id, NEW.subscription_id, NEW.kind, NEW.product_class, NEW.day,
             NEW.amount_minor, NEW.currency, NEW.facts, NEW.made_by, NEW.adjustment_id, NEW.rest_of_id)
            IS DISTINCT FROM
            (OLD.request_key, OLD.customer_id, OLD.subscription_id, OLD.kind, OLD.product_class, OLD.day,
             OLD.amount_minor, OLD.currency, OLD.facts, OLD.made_by, OLD.adjustment_id, OLD.rest_of_id) THEN
        RAISE EXCEPTION 'a charge keeps its terms, and what became of it' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER charge_guard BEFORE UPDATE OR DELETE ON charge
      FOR EACH ROW EXECUTE FUNCTION charge_guard()
    """,
    """
    CREATE OR REPLACE FUNCTION adjustment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR OLD.state <> 'waiting'
         OR (NEW.request_key, NEW.kind, NEW.customer_id, NEW.invoice_id, NEW.subscription_id, NEW.product_class,
             NEW.amount_minor, NEW.currency, NEW.reason, NEW.asked_by, NEW.asked_at, NEW.needs_second)
            IS DISTINCT FROM
            (OLD.request_key, OLD.kind, OLD.customer_id, OLD.invoice_id, OLD.subscription_id, OLD.product_class,
             OLD.amount_minor, OLD.currency, OLD.reason, OLD.asked_by, OLD.asked_at, OLD.needs_second) THEN
        RAISE EXCEPTION 'an adjustment keeps its terms, and its decision' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
)
