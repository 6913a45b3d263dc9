"""All data against itself: the books, and every room whose rows must agree with another's."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from core.billing.checks import CHECKS as BILLING_CHECKS
from core.cash.checks import CHECKS as CASH_CHECKS
from core.clock import SystemClock
from core.ledger.checks import CHECKS as LEDGER_CHECKS
from core.ledger.checks import faults
from core.payouts.checks import CHECKS as PAYOUT_CHECKS
from core.statements.checks import CHECKS as STATEMENT_CHECKS
from core.tokens.checks import CHECKS as TOKEN_CHECKS

# Kinds of entries that may raise a customer's balance. Whoever writes a new one adds it here, and says why it may.
RAISES_A_BALANCE: Final = (
    "payment",  # money by a provider, against its receipt
    "cash",  # money over the counter, against its receipt
    "reversal",
    "credit_to_balance",  # what a credit note leaves over
    "goodwill",  # by a person's decision
    "deposit_return",
    "outage_credit",  # by the policy for long outages, against its row
    "taken_back",  # what a payment had settled, and is due again
    "bank_payment",  # money that a statement tells of, against its receipt
    "cards_voided",  # what a customer had paid for cards, against the row that took them back
    "payout_back",  # what was held to be paid out, and did not go
)

CHECKS: Final = {
    "every paid intent has its receipt": """
        SELECT 'intent ' || i.id FROM payment_intent i LEFT JOIN receipt r ON r.intent_id = i.id
        WHERE (i.state = 'paid') <> (r.id IS NOT NULL)""",
    "every receipt is its entry's amount": """
        SELECT 'receipt ' || r.number || ' says ' || r.amount_minor
        FROM receipt r JOIN customer c ON c.id = r.customer_id
        LEFT JOIN ledger_posting p ON p.entry_id = r.entry_id AND p.account_id = c.wallet_id
        WHERE p.amount_minor IS DISTINCT FROM r.amount_minor""",
    "every receipt is of its intent's amount": """
        SELECT 'receipt ' || r.number FROM receipt r JOIN payment_intent i ON i.id = r.intent_id
        WHERE (r.amount_minor, r.currency, r.customer_id) <> (i.amount_minor, i.currency, i.customer_id)""",
    "every payment entry has its receipt": """
        SELECT 'entry ' || e.id FROM ledger_entry e LEFT JOIN receipt r ON r.entry_id = e.id
        WHERE e.kind IN ('payment', 'cash') AND r.id IS NULL""",
    "every token of a wallet was paid for": """
        SELECT 'token ' || t.id FROM token t JOIN customer c ON c.id = t.buyer_id
        LEFT JOIN ledger_posting p ON p.entry_id = t.entry_id AND p.account_id = c.wallet_id
        WHERE t.entry_id IS NOT NULL AND p.amount_minor IS DISTINCT FROM -t.price_minor""",
    "every token sale has its token": """
        SELECT 'entry ' || e.id FROM ledger_entry e LEFT JOIN token t ON t.entry_id = e.id
        LEFT JOIN ledger_entry r ON r.reverses_id = e.id
        WHERE e.kind = 'token_sale' AND t.id IS NULL AND r.id IS NULL""",
    "every paid token intent has its token or its money": """
        SELECT 'intent ' || i.id FROM payment_intent i
        LEFT JOIN token t ON t.request_key = 'intent:' || i.id
        WHERE i.purpose IN ('token', 'owner_token') AND i.state = 'paid' AND t.id IS NULL
          AND NOT EXISTS (SELECT 1 FROM text_message m JOIN outbox o ON o.kind = 'sms'
                          AND (o.body->>'message')::bigint = m.id
                          JOIN receipt r ON r.intent_id = i.id AND o.key = 'receipt:' || r.number
                          WHERE m.template = 'token_not_made')""",
    "every grant has its place": """
        SELECT 'grant ' || g.id FROM access_grant g LEFT JOIN placement p ON p.grant_id = g.id
        WHERE p.grant_id IS NULL
           OR (g.status IN ('waiting', 'running')) <> (p.wanted = 'present')""",
    "every open payment is being asked about": """
        SELECT 'intent ' || id FROM payment_intent
        WHERE (state IN ('created', 'submitted') OR state = 'unknown' AND reason IS DISTINCT FROM 'other_platform')
          AND ask_again_at IS NULL""",
    "every event on its way to a partner is kept": """
        SELECT 'outbox ' || o.id FROM outbox o WHERE o.kind = 'webhook' AND o.state = 'waiting'
        AND NOT EXISTS (SELECT 1 FROM partner_event e WHERE e.id = (o.body ->> 'event')::bigint)""",
    "every queued text is in the outbox": """
        SELECT 'text ' || m.id FROM text_message m WHERE m.state = 'queued'
        AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'sms' AND (o.body->>'message')::bigint = m.id)""",
    "every grant was sold": """
        SELECT 'grant ' || g.id FROM access_grant g
        WHERE NOT EXISTS (SELECT 1 FROM token t WHERE t.grant_id = g.id)
          AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.grant_id = g.id)
          -- a service that moved left an old one behind, and it is closed
          AND NOT (g.duration_s IS NULL AND g.closed_at IS NOT NULL)""",
    "every grant ends as long after its first use as was sold": """
        SELECT 'grant ' || id || ' ends at ' || ends_at FROM access_grant
        WHERE ends_at IS DISTINCT FROM first_used_at + (duration_s + paused_s) * interval '1 second'""",
    "no grant stays online that should not": """
        SELECT 'grant ' || l.grant_id || ' should be ' || l.wanted || ' on ' || r.name || ' since ' || l.wanted_at
        FROM placement l JOIN router r ON r.id = l.router_id
        WHERE l.wanted <> 'present' AND l.confirmed_at IS NULL AND l.wanted_at < :now - interval '1 hour'
          AND r.failures = 0 AND r.last_seen_at > :now - interval '10 minutes'""",
    "nobody stays online by RADIUS whose leave has ended": """
        SELECT 'session ' || s.session || ' of grant ' || g.id || ' on ' || r.name
        FROM usage_session s JOIN access_grant g ON g.id = s.grant_id JOIN router r ON r.id = s.router_id
        WHERE s.stopped_at IS NULL AND s.heard_at > :now - interval '15 minutes' AND r.access_by = 'radius'
          AND g.closed_at < :now - interval '1 hour'""",
    "no grant runs on past its end": """
        SELECT 'grant ' || id || ' should have ended' FROM access_grant
        WHERE status = 'running' AND ends_at < :now - interval '1 hour'""",
    "every grant is placed at its own router": """
        SELECT 'grant ' || g.id FROM access_grant g JOIN placement p ON p.grant_id = g.id
        WHERE g.router_id <> p.router_id""",
    "every wallet stops at nothing": """
        SELECT 'account ' || code FROM ledger_account
        WHERE code LIKE 'wallet:%' AND (floor_minor IS DISTINCT FROM 0 OR NOT keeps_balance)""",
    "every intent is where its last move led": """
        SELECT 'intent ' || i.id || ' is ' || i.state FROM payment_intent i
        WHERE i.state <> coalesce((SELECT m.to_state FROM payment_intent_move m WHERE m.intent_id = i.id
                                   ORDER BY m.id DESC LIMIT 1), 'created')""",
    "no open payment waits long for a question": """
        SELECT 'intent ' || id FROM payment_intent
        WHERE state IN ('created', 'submitted') AND ask_again_at < :now - interval '1 day'""",
    "what came by MoMo is what the receipts say": """
        SELECT 'the books say ' || coalesce(books.amount, 0) || ' in ' || currency || ', the receipts '
               || coalesce(receipts.amount, 0)
        FROM (SELECT p.currency, -sum(p.amount_minor) AS amount FROM ledger_posting p
              JOIN ledger_account a ON a.id = p.account_id AND a.code LIKE 'momo:mtn:%'
              JOIN ledger_entry e ON e.id = p.entry_id AND e.kind = 'payment' GROUP BY p.currency) books
        FULL JOIN (SELECT currency, sum(amount_minor) AS amount FROM receipt
                   WHERE provider = 'mtn-momo' AND intent_id IS NOT NULL GROUP BY currency) receipts USING (currency)
        WHERE books.amount IS DISTINCT FROM receipts.amount""",
    "what came in cash is what the receipts say": """
        SELECT 'the books say ' || coalesce(books.amount, 0) || ' in ' || currency || ', the receipts '
               || coalesce(receipts.amount, 0)
        FROM (SELECT p.currency, -sum(p.amount_minor) AS amount FROM ledger_posting p
              JOIN ledger_account a ON a.id = p.account_id AND a.code LIKE 'cash:%'
              JOIN ledger_entry e ON e.id = p.entry_id AND e.kind = 'cash' GROUP BY p.currency) books
        FULL JOIN (SELECT currency, sum(amount_minor) AS amount FROM receipt WHERE provider = 'cash'
                   GROUP BY currency) receipts USING (currency)
        WHERE books.amount IS DISTINCT FROM receipts.amount""",
    "every balance was raised by something we know": f"""
        SELECT 'customer ' || c.number || ' by entry ' || e.id || ' of kind ' || e.kind
        FROM ledger_posting p JOIN customer c ON c.wallet_id = p.account_id JOIN ledger_entry e ON e.id = p.entry_id
        WHERE p.amount_minor > 0 AND e.kind NOT IN ({", ".join(f"'{kind}'" for kind in RAISES_A_BALANCE)})""",
    "every customer has the wallet of their number": """
        SELECT 'customer ' || c.number || ' has ' || a.code FROM customer c JOIN ledger_account a ON a.id = c.wallet_id
        WHERE a.code <> 'wallet:' || c.number || ':' || a.currency""",
    "nothing is due in a far future": """
        SELECT 'outbox row ' || id || ' is due at ' || due_at FROM outbox
        WHERE state = 'waiting' AND due_at > :now + interval '2 hours'""",
    "every customer has one main phone": """
        SELECT 'customer ' || c.number FROM customer c
        WHERE NOT EXISTS (SELECT 1 FROM contact p WHERE p.customer_id = c.id AND p.is_main)""",
}


def all_faults(connection: Connection, now: datetime | None = None) -> list[str]:
    """Every fault found at a moment (the machine's own, if none is given), a line each; none means all agrees."""
    checks = {
        **LEDGER_CHECKS, **CHECKS, **BILLING_CHECKS, **CASH_CHECKS, **PAYOUT_CHECKS, **STATEMENT_CHECKS, **TOKEN_CHECKS,
    }  # fmt: skip
    return faults(connection, checks, now or SystemClock().now())
