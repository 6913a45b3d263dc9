"""What the database itself refuses of payments, grants and tokens, whatever the code does. SQL of migration 0004."""

from __future__ import annotations

from typing import Final

PAYMENTS: Final = (
    # What was asked of the provider is not rewritten, what it called the payment neither, and no state is left but
    # for one that the table in `core/payments/states.py` allows.
    """
    CREATE OR REPLACE FUNCTION payment_guard_intent() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (NEW.reference, NEW.request_key, NEW.rail, NEW.platform, NEW.customer_id, NEW.payer_phone, NEW.amount_minor,
          NEW.currency, NEW.purpose, NEW.purpose_body)
         IS DISTINCT FROM
         (OLD.reference, OLD.request_key, OLD.rail, OLD.platform, OLD.customer_id, OLD.payer_phone, OLD.amount_minor,
          OLD.currency, OLD.purpose, OLD.purpose_body) THEN
        RAISE EXCEPTION 'a payment intent keeps its terms' USING ERRCODE = 'restrict_violation';
      ELSIF OLD.state = 'paid'
            AND (NEW.state <> 'paid' OR NEW.provider_reference IS DISTINCT FROM OLD.provider_reference) THEN
        RAISE EXCEPTION 'a paid intent stays paid, under the same number' USING ERRCODE = 'restrict_violation';
      ELSIF NEW.state <> OLD.state AND NOT (CASE OLD.state
              WHEN 'created' THEN NEW.state IN ('submitted', 'paid', 'refused', 'expired', 'unknown')
              WHEN 'submitted' THEN NEW.state IN ('paid', 'refused', 'expired', 'unknown')
              WHEN 'unknown' THEN NEW.state IN ('paid', 'refused', 'expired')
              WHEN 'refused' THEN NEW.state IN ('paid', 'unknown')
              WHEN 'expired' THEN NEW.state IN ('paid', 'unknown')
              ELSE false END) THEN
        RAISE EXCEPTION 'a payment does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    # Deferred: the receipt is written within the same transaction, before or after.
    """
    CREATE FUNCTION payment_check_paid() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM receipt WHERE intent_id = NEW.id) THEN
        RAISE EXCEPTION 'payment % is called paid and has no receipt', NEW.id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER payment_intent_paid_has_its_receipt AFTER INSERT OR UPDATE OF state ON payment_intent
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'paid') EXECUTE FUNCTION payment_check_paid()
    """,
    """
    ALTER TABLE receipt ADD CONSTRAINT ck_receipt_provider_has_its_intent
      CHECK ((provider = 'cash') = (intent_id IS NULL))
    """,
)

ACCESS: Final = (
    # Its speed may change, with the tariff of a monthly service. What it is good for may not.
    """
    CREATE FUNCTION access_guard_grant() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a grant is never deleted' USING ERRCODE = 'restrict_violation';
      ELSIF (NEW.username, NEW.router_id, NEW.duration_s, NEW.data_bytes, NEW.devices_max, NEW.granted_at)
            IS DISTINCT FROM
            (OLD.username, OLD.router_id, OLD.duration_s, OLD.data_bytes, OLD.devices_max, OLD.granted_at) THEN
        RAISE EXCEPTION 'a grant keeps its name, its router and its limits' USING ERRCODE = 'restrict_violation';
      ELSIF (OLD.first_used_at IS NOT NULL AND NEW.first_used_at IS DISTINCT FROM OLD.first_used_at)
            OR (OLD.ends_at IS NOT NULL AND NEW.ends_at IS DISTINCT FROM OLD.ends_at) THEN
        RAISE EXCEPTION 'a clock that runs is not set again' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER access_grant_guard BEFORE UPDATE OR DELETE ON access_grant
      FOR EACH ROW EXECUTE FUNCTION access_guard_grant()
    """,
    """
    CREATE FUNCTION token_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - '{told_waiting_at,told_online_at}'::text[])
                             <> (to_jsonb(OLD) - '{told_waiting_at,told_online_at}'::text[]) THEN
        RAISE EXCEPTION 'a token sold stays as it was sold' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER token_guard BEFORE UPDATE OR DELETE ON token
      FOR EACH ROW EXECUTE FUNCTION token_guard()
    """,
)

# Wallets are in pounds: a plan in another currency could be offered to everyone and sold to nobody. An installation
# that has such a version can neither sell it nor delete it, and must be able to migrate all the same.
CATALOGUE: Final = (
    "ALTER TABLE plan_version ADD CONSTRAINT ck_plan_version_in_pounds CHECK (currency = 'SSP') NOT VALID",
    """
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM plan_version WHERE currency <> 'SSP') THEN
        ALTER TABLE plan_version VALIDATE CONSTRAINT ck_plan_version_in_pounds;
      END IF;
    END $$
    """,
)


def statements() -> list[str]:
    """All guards, in order."""
    return [*PAYMENTS, *ACCESS, *CATALOGUE]
