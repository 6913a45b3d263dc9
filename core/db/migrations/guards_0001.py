"""What the database itself refuses, whatever the code does. SQL of migration 0001."""

from __future__ import annotations

# Append-only tables: history is added to, never rewritten.
NEVER_CHANGED = ("ledger_entry", "ledger_posting", "audit_entry", "payment_intent_move", "receipt", "plan_version")

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

LEDGER = (
    # The cached balance changes with its posting or not at all; no other statement may touch it.
    """
    CREATE FUNCTION ledger_move_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE ledger_account SET balance_minor = balance_minor + NEW.amount_minor
        WHERE id = NEW.account_id AND keeps_balance;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER ledger_posting_moves_balance AFTER INSERT ON ledger_posting
      FOR EACH ROW EXECUTE FUNCTION ledger_move_balance()
    """,
    """
    CREATE FUNCTION ledger_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.balance_minor <> 0 THEN
          RAISE EXCEPTION 'an account is opened empty' USING ERRCODE = 'check_violation';
        END IF;
      ELSIF (NEW.code, NEW.kind, NEW.currency, NEW.keeps_balance, NEW.floor_minor)
            IS DISTINCT FROM (OLD.code, OLD.kind, OLD.currency, OLD.keeps_balance, OLD.floor_minor) THEN
        RAISE EXCEPTION 'an account keeps its code, kind, currency and floor' USING ERRCODE = 'restrict_violation';
      ELSIF NEW.balance_minor <> OLD.balance_minor AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'a balance changes by postings only' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER ledger_account_guard BEFORE INSERT OR UPDATE ON ledger_account
      FOR EACH ROW EXECUTE FUNCTION ledger_guard_account()
    """,
    # Deferred: postings arrive one by one, the entry must be whole when the transaction commits.
    """
    CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      entry bigint;
      crooked text;
    BEGIN
      IF TG_TABLE_NAME = 'ledger_entry' THEN entry := NEW.id; ELSE entry := NEW.entry_id; END IF;
      IF (SELECT count(*) FROM ledger_posting WHERE entry_id = entry)
         <> (SELECT legs FROM ledger_entry WHERE id = entry) THEN
        RAISE EXCEPTION 'entry % does not have the postings it was recorded with', entry
          USING ERRCODE = 'check_violation';
      END IF;
      SELECT currency INTO crooked FROM ledger_posting WHERE entry_id = entry
        GROUP BY currency HAVING sum(amount_minor) <> 0 LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'entry % does not balance in %', entry, crooked USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER ledger_entry_is_whole AFTER INSERT ON ledger_entry
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_entry()
    """,
    """
    CREATE CONSTRAINT TRIGGER ledger_posting_balances AFTER INSERT ON ledger_posting
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_entry()
    """,
)

PAYMENTS = (
    # What was asked of the provider is not rewritten afterwards, and paid stays paid.
    """
    CREATE FUNCTION payment_guard_intent() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (NEW.reference, NEW.request_key, NEW.rail, NEW.customer_id, NEW.payer_phone, NEW.amount_minor, NEW.currency,
          NEW.purpose, NEW.purpose_body)
         IS DISTINCT FROM
         (OLD.reference, OLD.request_key, OLD.rail, OLD.customer_id, OLD.payer_phone, OLD.amount_minor, OLD.currency,
          OLD.purpose, OLD.purpose_body) THEN
        RAISE EXCEPTION 'a payment intent keeps its terms' USING ERRCODE = 'restrict_violation';
      ELSIF OLD.state = 'paid' AND NEW.state <> 'paid' THEN
        RAISE EXCEPTION 'a paid intent stays paid' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER payment_intent_guard BEFORE UPDATE ON payment_intent
      FOR EACH ROW EXECUTE FUNCTION payment_guard_intent()
    """,
    """
    CREATE TRIGGER payment_intent_never_deleted BEFORE DELETE ON payment_intent
      FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
)


def statements() -> list[str]:
    """All guards, in order."""
    frozen = [REFUSE_CHANGE]
    for table in NEVER_CHANGED:
        frozen.append(
            f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        frozen.append(
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    return [*frozen, *LEDGER, *PAYMENTS]
