"""What the database itself refuses of cash and of what is taken back. SQL of migration 0005."""

from __future__ import annotations

from typing import Final

CASH: Final = (
    """
    CREATE FUNCTION cash_guard_drawer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (NEW.code, NEW.kind, NEW.currency) IS DISTINCT FROM (OLD.code, OLD.kind, OLD.currency) THEN
        RAISE EXCEPTION 'a drawer keeps its code, its kind and its currency' USING ERRCODE = 'restrict_violation';
      ELSIF NEW.next_number NOT IN (OLD.next_number, OLD.next_number + 1) THEN
        RAISE EXCEPTION 'receipts of a drawer are numbered without a gap' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER cash_drawer_guard BEFORE UPDATE ON cash_drawer
      FOR EACH ROW EXECUTE FUNCTION cash_guard_drawer()
    """,
    """
    CREATE FUNCTION cash_guard_shift() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a closed shift stays as it was counted' USING ERRCODE = 'restrict_violation';
      ELSIF (NEW.request_key, NEW.drawer_id, NEW.staff_id, NEW.opened_at, NEW.opening_minor, NEW.opening_entry_id,
             NEW.opening_why, NEW.opened_mark)
            IS DISTINCT FROM
            (OLD.request_key, OLD.drawer_id, OLD.staff_id, OLD.opened_at, OLD.opening_minor, OLD.opening_entry_id,
             OLD.opening_why, OLD.opened_mark) THEN
        RAISE EXCEPTION 'a shift keeps its drawer, its person and its float' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER cash_shift_guard BEFORE UPDATE OR DELETE ON cash_shift
      FOR EACH ROW EXECUTE FUNCTION cash_guard_shift()
    """,
    # Cash lies in the open shift of who took it, under the next number of its drawer. The shared lock on the shift
    # makes its closing wait.
    """
    CREATE FUNCTION cash_guard_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM 1 FROM cash_shift WHERE id = NEW.shift_id AND drawer_id = NEW.drawer_id AND staff_id = NEW.staff_id
        AND closed_at IS NULL FOR SHARE;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'cash lies in the open shift of who took it' USING ERRCODE = 'check_violation';
      ELSIF NEW.drawer_number IS DISTINCT FROM (SELECT next_number - 1 FROM cash_drawer WHERE id = NEW.drawer_id) THEN
        RAISE EXCEPTION 'receipts of a drawer are numbered without a gap' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER receipt_in_its_shift BEFORE INSERT ON receipt
      FOR EACH ROW WHEN (NEW.drawer_id IS NOT NULL) EXECUTE FUNCTION cash_guard_receipt()
    """,
    """
    CREATE FUNCTION cash_guard_void() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'a decision on a receipt stays' USING ERRCODE = 'restrict_violation';
      ELSIF (NEW.receipt_id, NEW.reason, NEW.asked_by, NEW.asked_at)
            IS DISTINCT FROM (OLD.receipt_id, OLD.reason, OLD.asked_by, OLD.asked_at) THEN
        RAISE EXCEPTION 'a void keeps its receipt and its reason' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER receipt_void_guard BEFORE UPDATE OR DELETE ON receipt_void
      FOR EACH ROW EXECUTE FUNCTION cash_guard_void()
    """,
    # A receipt is taken back or refunded, not both: the row of the receipt makes the two follow each other.
    """
    CREATE FUNCTION cash_void_or_refund() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM 1 FROM receipt WHERE id = NEW.receipt_id FOR UPDATE;
      IF EXISTS (SELECT 1 FROM payout WHERE receipt_id = NEW.receipt_id AND state NOT IN ('refused', 'cancelled')) THEN
        RAISE EXCEPTION 'receipt % is being refunded', NEW.receipt_id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER receipt_void_not_refunded BEFORE INSERT OR UPDATE ON receipt_void
      FOR EACH ROW WHEN (NEW.state <> 'refused') EXECUTE FUNCTION cash_void_or_refund()
    """,
)

BILLING: Final = (
    # Only what a payment settled is taken back, and never more of it than that. The lock of what is due makes two who
    # take back follow each other.
    """
    CREATE FUNCTION allocation_guard_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM 1 FROM invoice_due WHERE invoice_id = NEW.invoice_id FOR UPDATE;
      IF NOT EXISTS (SELECT 1 FROM allocation a WHERE a.id = NEW.undoes_id AND a.invoice_id = NEW.invoice_id
                       AND a.kind = 'payment' AND 0 <= a.amount_minor + NEW.amount_minor
                         + coalesce((SELECT sum(t.amount_minor) FROM allocation t WHERE t.undoes_id = a.id), 0)) THEN
        RAISE EXCEPTION 'more would be taken back of invoice % than was paid', NEW.invoice_id
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER allocation_taken_back_within BEFORE INSERT ON allocation
      FOR EACH ROW WHEN (NEW.kind = 'taken_back') EXECUTE FUNCTION allocation_guard_taken_back()
    """,
)
