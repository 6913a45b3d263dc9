"""What the database itself refuses of cash, statements and payouts, whatever the code does. SQL of migration 0005."""

from __future__ import annotations

from typing import Final

from core.db.migrations.guards_0005_cash import BILLING, CASH

NEVER_CHANGED: Final = (
    "payment_evidence",
    "cash_move",
    "line_match",
    "payout_move",
    "owner_terms",
    "settlement",
)

CHECKS_OF_RECEIPTS: Final = (
    ("drawer_numbers_its_own", "(drawer_id IS NULL) = (drawer_number IS NULL)"),
    ("shift_has_its_drawer", "(shift_id IS NULL) = (drawer_id IS NULL)"),
    ("only_cash_lies_in_a_drawer", "provider = 'cash' OR drawer_id IS NULL"),
    ("only_a_line_has_parts", "part = 1 OR statement_line_id IS NOT NULL"),
    (
        "provider_has_its_source",
        "num_nonnulls(intent_id, statement_line_id) = CASE WHEN provider = 'cash' THEN 0 ELSE 1 END",
    ),
)
CHECKS_OF_ALLOCATIONS: Final = (
    ("kind_known", "kind IN ('payment', 'credit_note', 'withholding', 'write_off', 'taken_back')"),
    ("only_taken_back_is_below_zero", "amount_minor <> 0 AND (kind = 'taken_back') = (amount_minor < 0)"),
    ("taken_back_names_what", "(kind = 'taken_back') = (undoes_id IS NOT NULL)"),
)
CHECKS_OF_INTENTS: Final = (
    ("charged_positive", "charged_minor > 0"),
    ("charged_is_whole", "(charged_minor IS NULL) = (charged_currency IS NULL)"),
)

PAYMENTS: Final = (
    # What the provider handed out is written once; what it then is asked for, never again.
    """
    CREATE FUNCTION payment_guard_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (NEW.charged_minor, NEW.charged_currency) IS DISTINCT FROM (OLD.charged_minor, OLD.charged_currency) THEN
        RAISE EXCEPTION 'a payment intent keeps its terms' USING ERRCODE = 'restrict_violation';
      ELSIF (OLD.provider_token IS NOT NULL AND NEW.provider_token IS DISTINCT FROM OLD.provider_token)
            OR (OLD.notify_token IS NOT NULL AND NEW.notify_token IS DISTINCT FROM OLD.notify_token) THEN
        RAISE EXCEPTION 'what a provider handed out is written once' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER payment_intent_tokens BEFORE UPDATE ON payment_intent
      FOR EACH ROW EXECUTE FUNCTION payment_guard_tokens()
    """,
)

# An entry is whole and balanced at commit: that is looked at once an entry, not once a posting as well. A posting that
# comes later finds its entry full, at once.
LEDGER: Final = (
    "DROP TRIGGER ledger_posting_balances ON ledger_posting",
    """
    CREATE FUNCTION ledger_refuse_late_postings() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      full_entry bigint;
    BEGIN
      SELECT e.id INTO full_entry FROM ledger_entry e
        WHERE e.id IN (SELECT entry_id FROM posted)
          AND e.legs < (SELECT count(*) FROM ledger_posting p WHERE p.entry_id = e.id)
        LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'entry % does not have the postings it was recorded with', full_entry
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER ledger_posting_finds_room AFTER INSERT ON ledger_posting
      REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_late_postings()
    """,
)

RECEIPTS: Final = (
    # Parts are of one line: another way to the same number of theirs is the same money.
    """
    CREATE FUNCTION receipt_refuse_other_part() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM receipt WHERE provider = NEW.provider AND provider_reference = NEW.provider_reference
                 AND statement_line_id IS DISTINCT FROM NEW.statement_line_id) THEN
        RAISE EXCEPTION 'the parts of % are of one line', NEW.provider_reference USING ERRCODE = 'unique_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER receipt_parts_of_one_line BEFORE INSERT ON receipt
      FOR EACH ROW WHEN (NEW.part > 1) EXECUTE FUNCTION receipt_refuse_other_part()
    """,
)

STATEMENTS: Final = (
    # What the other side wrote stays; how much of it we know moves with its matches only: by their trigger, not here.
    """
    CREATE FUNCTION statement_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE'
         OR (NEW.import_id, NEW.account_id, NEW.number, NEW.booked_on, NEW.booked_at, NEW.amount_minor, NEW.currency,
             NEW.reference, NEW.external_id, NEW.payer, NEW.payer_phone, NEW.details, NEW.fingerprint)
            IS DISTINCT FROM
            (OLD.import_id, OLD.account_id, OLD.number, OLD.booked_on, OLD.booked_at, OLD.amount_minor, OLD.currency,
             OLD.reference, OLD.external_id, OLD.payer, OLD.payer_phone, OLD.details, OLD.fingerprint) THEN
        RAISE EXCEPTION 'a statement line stays as it came' USING ERRCODE = 'restrict_violation';
      ELSIF NEW.matched_minor <> OLD.matched_minor THEN
        RAISE EXCEPTION 'a line is matched by its matches only' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER statement_line_guard BEFORE UPDATE OR DELETE ON statement_line
      FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION statement_guard_line()
    """,
    # By statement: an import matches thousands of lines at once. The plan is made while the tables are small and kept:
    # without the settings it would read them whole for ever.
    """
    CREATE FUNCTION statement_move_matched() RETURNS trigger LANGUAGE plpgsql
      SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
      UPDATE statement_line SET matched_minor = matched_minor + m.amount
        FROM (SELECT line_id, sum(CASE WHEN undoes_id IS NULL THEN amount_minor ELSE -amount_minor END) AS amount
              FROM matches GROUP BY line_id) m WHERE id = m.line_id;
      RETURN NULL;
    END $$
    """,
    # What is undone is undone whole, on its own line, once (a unique key), and an undoing is not undone.
    """
    CREATE FUNCTION statement_guard_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM line_match m WHERE m.id = NEW.undoes_id AND m.undoes_id IS NULL
                       AND (m.line_id, m.kind, m.amount_minor) = (NEW.line_id, NEW.kind, NEW.amount_minor)) THEN
        RAISE EXCEPTION 'a match is undone as it was made' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER line_match_undoing BEFORE INSERT ON line_match
      FOR EACH ROW WHEN (NEW.undoes_id IS NOT NULL) EXECUTE FUNCTION statement_guard_undoing()
    """,
    # What we know of is found at the other side once: its lines never sum to more than it is. Its row makes two who
    # match it at once follow each other; a receipt that its own line made needs no lock, the line has it.
    """
    CREATE FUNCTION statement_match_within() RETURNS trigger LANGUAGE plpgsql
      SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM matches x WHERE x.payout_id IS NOT NULL OR x.cash_move_id IS NOT NULL
                     OR (SELECT r.statement_line_id IS NULL FROM receipt r WHERE r.id = x.receipt_id)) THEN
        RETURN NULL;
      END IF;
      PERFORM 1 FROM receipt r WHERE r.id IN (SELECT receipt_id FROM matches) AND r.statement_line_id IS NULL
        ORDER BY r.id FOR UPDATE;
      PERFORM 1 FROM payout WHERE id IN (SELECT payout_id FROM matches) ORDER BY id FOR UPDATE;
      PERFORM 1 FROM cash_move WHERE id IN (SELECT cash_move_id FROM matches) ORDER BY id FOR UPDATE;
      IF EXISTS (SELECT 1 FROM receipt r JOIN line_match m ON m.receipt_id = r.id
                 WHERE r.id IN (SELECT receipt_id FROM matches) AND r.statement_line_id IS NULL
                 GROUP BY r.id, r.amount_minor
                 HAVING sum(CASE WHEN m.undoes_id IS NULL THEN m.amount_minor ELSE -m.amount_minor END)
                        > r.amount_minor)
         OR EXISTS (SELECT 1 FROM payout p JOIN line_match m ON m.payout_id = p.id
                    WHERE p.id IN (SELECT payout_id FROM matches) GROUP BY p.id, p.amount_minor
                    HAVING sum(CASE WHEN m.undoes_id IS NULL THEN m.amount_minor ELSE -m.amount_minor END)
                           > p.amount_minor)
         OR EXISTS (SELECT 1 FROM cash_move c JOIN line_match m ON m.cash_move_id = c.id
                    WHERE c.id IN (SELECT cash_move_id FROM matches) GROUP BY c.id, c.amount_minor
                    HAVING sum(CASE WHEN m.undoes_id IS NULL THEN m.amount_minor ELSE -m.amount_minor END)
                           > c.amount_minor) THEN
        RAISE EXCEPTION 'more would be found at the other side than there is' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER line_match_within AFTER INSERT ON line_match
      REFERENCING NEW TABLE AS matches FOR EACH STATEMENT EXECUTE FUNCTION statement_match_within()
    """,
    # A claim keeps its terms. What was credited may be found to be wrong, and is then refused; a refusal stays.
    """
    CREATE FUNCTION statement_guard_claim() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR OLD.state = 'refused' THEN
        RAISE EXCEPTION 'a decided claim stays' USING ERRCODE = 'restrict_violation';
      ELSIF (NEW.request_key, NEW.account_id, NEW.reference, NEW.customer_id, NEW.phone, NEW.said_minor, NEW.claimed_at)
            IS DISTINCT FROM
            (OLD.request_key, OLD.account_id, OLD.reference, OLD.customer_id, OLD.phone, OLD.said_minor,
             OLD.claimed_at) OR OLD.state = 'credited' AND NEW.state = 'waiting' THEN
        RAISE EXCEPTION 'a claim keeps its terms' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER payment_claim_guard BEFORE UPDATE OR DELETE ON payment_claim
      FOR EACH ROW EXECUTE FUNCTION statement_guard_claim()
    """,
    """
    CREATE FUNCTION statement_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR (NEW.code, NEW.kind, NEW.ledger_code, NEW.currency, NEW.opened_at)
            IS DISTINCT FROM (OLD.code, OLD.kind, OLD.ledger_code, OLD.currency, OLD.opened_at) THEN
        RAISE EXCEPTION 'an account of ours keeps its code, its kind and its place in the books'
          USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER money_account_guard BEFORE UPDATE OR DELETE ON money_account
      FOR EACH ROW EXECUTE FUNCTION statement_guard_account()
    """,
    """
    CREATE TRIGGER line_match_counts AFTER INSERT ON line_match
      REFERENCING NEW TABLE AS matches FOR EACH STATEMENT EXECUTE FUNCTION statement_move_matched()
    """,
)

PAYOUTS: Final = (
    """
    CREATE FUNCTION payout_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a payout is never deleted' USING ERRCODE = 'restrict_violation';
      ELSIF (NEW.reference, NEW.request_key, NEW.kind, NEW.rail, NEW.platform, NEW.sent_as, NEW.customer_id,
             NEW.receipt_id, NEW.payee_phone, NEW.amount_minor, NEW.currency, NEW.source, NEW.needs_second,
             NEW.asked_by)
            IS DISTINCT FROM
            (OLD.reference, OLD.request_key, OLD.kind, OLD.rail, OLD.platform, OLD.sent_as, OLD.customer_id,
             OLD.receipt_id, OLD.payee_phone, OLD.amount_minor, OLD.currency, OLD.source, OLD.needs_second,
             OLD.asked_by)
            THEN
        RAISE EXCEPTION 'a payout keeps its terms' USING ERRCODE = 'restrict_violation';
      ELSIF NEW.state <> OLD.state AND NOT (CASE OLD.state
              WHEN 'waiting' THEN NEW.state IN ('approved', 'cancelled')
              WHEN 'approved' THEN NEW.state IN ('submitted', 'paid', 'refused', 'unknown')
              WHEN 'submitted' THEN NEW.state IN ('paid', 'refused', 'unknown')
              WHEN 'unknown' THEN NEW.state IN ('paid', 'refused')
              ELSE false END) THEN
        RAISE EXCEPTION 'a payout does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER payout_guard BEFORE UPDATE OR DELETE ON payout
      FOR EACH ROW EXECUTE FUNCTION payout_guard()
    """,
    """
    CREATE FUNCTION payout_begins() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a payout begins by being asked for' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER payout_begins_waiting BEFORE INSERT ON payout
      FOR EACH ROW WHEN (NEW.state <> 'waiting') EXECUTE FUNCTION payout_begins()
    """,
    # What a customer consented to stays as they did; what has ended is agreed to anew, in a row of its own.
    """
    CREATE FUNCTION pre_approval_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a consent is never deleted' USING ERRCODE = 'restrict_violation';
      ELSIF (NEW.reference, NEW.request_key, NEW.customer_id, NEW.phone, NEW.platform, NEW.amount_minor,
             NEW.below_minor, NEW.times_a_month_max, NEW.currency, NEW.valid_until)
            IS DISTINCT FROM
            (OLD.reference, OLD.request_key, OLD.customer_id, OLD.phone, OLD.platform, OLD.amount_minor,
             OLD.below_minor, OLD.times_a_month_max, OLD.currency, OLD.valid_until) THEN
        RAISE EXCEPTION 'a consent keeps its terms' USING ERRCODE = 'restrict_violation';
      ELSIF NEW.state <> OLD.state AND NOT (CASE OLD.state
              WHEN 'created' THEN NEW.state IN ('submitted', 'agreed', 'refused', 'ended')
              WHEN 'submitted' THEN NEW.state IN ('agreed', 'refused', 'ended')
              WHEN 'agreed' THEN NEW.state = 'ended'
              ELSE false END) THEN
        RAISE EXCEPTION 'a consent does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER pre_approval_guard BEFORE UPDATE OR DELETE ON pre_approval
      FOR EACH ROW EXECUTE FUNCTION pre_approval_guard()
    """,
    # Never above what came: refunds of one receipt follow each other at its row.
    """
    CREATE FUNCTION payout_within_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      came bigint;
    BEGIN
      SELECT amount_minor INTO came FROM receipt WHERE id = NEW.receipt_id FOR UPDATE;
      IF (SELECT coalesce(sum(amount_minor), 0) FROM payout
          WHERE receipt_id = NEW.receipt_id AND state NOT IN ('refused', 'cancelled')) + NEW.amount_minor > came THEN
        RAISE EXCEPTION 'receipt % would be refunded above what came', NEW.receipt_id
          USING ERRCODE = 'check_violation';
      ELSIF EXISTS (SELECT 1 FROM receipt_void WHERE receipt_id = NEW.receipt_id AND state <> 'refused') THEN
        RAISE EXCEPTION 'receipt % is being taken back', NEW.receipt_id USING ERRCODE = 'check_violation';
      ELSIF EXISTS (SELECT 1 FROM receipt r JOIN ledger_entry e ON e.reverses_id = r.entry_id
                    WHERE r.id = NEW.receipt_id) THEN
        RAISE EXCEPTION 'receipt % is not in the books any more', NEW.receipt_id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER payout_refund_within BEFORE INSERT ON payout
      FOR EACH ROW WHEN (NEW.receipt_id IS NOT NULL) EXECUTE FUNCTION payout_within_receipt()
    """,
    # And the other way round: what is given back cannot be taken out of the books as well.
    """
    CREATE FUNCTION payout_or_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      paper bigint;
    BEGIN
      SELECT id INTO paper FROM receipt WHERE entry_id = NEW.reverses_id FOR UPDATE;
      IF FOUND AND EXISTS (SELECT 1 FROM payout
                           WHERE receipt_id = paper AND state NOT IN ('refused', 'cancelled')) THEN
        RAISE EXCEPTION 'receipt % is being refunded', paper USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER ledger_entry_not_refunded BEFORE INSERT ON ledger_entry
      FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION payout_or_reversal()
    """,
)


# The cash of until now lies in the drawer of the counter; what it holds is kept from here on. MTN's account is there
# from the start, for its files to be read into.
STARTING: Final = (
    "ALTER TABLE ledger_account DISABLE TRIGGER ledger_account_guard",
    """
    UPDATE ledger_account a SET keeps_balance = true, balance_minor =
      coalesce((SELECT sum(amount_minor) FROM ledger_posting WHERE account_id = a.id), 0)
      WHERE code LIKE 'cash:%'
    """,
    "ALTER TABLE ledger_account ENABLE TRIGGER ledger_account_guard",
    """
    UPDATE payment_intent SET ask_again_at = now()
      WHERE state = 'unknown' AND ask_again_at IS NULL AND reason IS DISTINCT FROM 'other_platform'
    """,
    """
    INSERT INTO cash_drawer (code, name, kind, currency, next_number, opened_at) VALUES
      ('safe', 'The safe', 'safe', 'SSP', 1, now()), ('counter', 'The counter', 'counter', 'SSP', 1, now())
    """,
    """
    INSERT INTO money_account (code, kind, name, ledger_code, currency, mapping, opened_at) VALUES
      ('mtn-momo', 'momo', 'MTN MoMo', 'momo:mtn', 'SSP', '{}', now())
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
    return [*PAYMENTS, *LEDGER, *RECEIPTS, *CASH, *BILLING, *STATEMENTS, *PAYOUTS, *frozen, *STARTING]
