"""What payouts say against themselves and the books: each a query that returns a line per fault."""

from __future__ import annotations

from typing import Final

CHECKS: Final = {
    "what is held is what payouts wait with": """
        SELECT 'held are ' || coalesce(books.amount, 0) || ' in ' || currency || ', payouts wait with '
               || coalesce(payouts.amount, 0)
        FROM (SELECT p.currency, sum(p.amount_minor) AS amount FROM ledger_posting p
              JOIN ledger_account a ON a.id = p.account_id AND a.code LIKE 'payout:held:%'
              GROUP BY p.currency) books
        FULL JOIN (SELECT currency, sum(amount_minor) AS amount FROM payout
                   WHERE state IN ('approved', 'submitted', 'unknown') GROUP BY currency) payouts USING (currency)
        WHERE coalesce(books.amount, 0) <> coalesce(payouts.amount, 0)""",
    "every payout took from its source what it is of": """
        SELECT 'payout ' || o.id FROM payout o
        LEFT JOIN ledger_account a ON a.code = o.source || '\\:' || o.currency
        LEFT JOIN ledger_posting p ON p.entry_id = o.hold_entry_id AND p.account_id = a.id
        WHERE o.hold_entry_id IS NOT NULL AND p.amount_minor IS DISTINCT FROM -o.amount_minor""",
    "every payout that ended went, or came back": """
        SELECT 'payout ' || o.id || ' is ' || o.state FROM payout o
        LEFT JOIN ledger_account a
          ON a.code = CASE o.state WHEN 'paid' THEN o.paid_from ELSE o.source END || '\\:' || o.currency
        LEFT JOIN ledger_posting p ON p.entry_id = o.end_entry_id AND p.account_id = a.id
        WHERE o.state IN ('paid', 'refused') AND p.amount_minor IS DISTINCT FROM o.amount_minor""",
    "every payout is where its last move led": """
        SELECT 'payout ' || o.id || ' is ' || o.state FROM payout o
        WHERE o.state <> coalesce((SELECT m.to_state FROM payout_move m WHERE m.payout_id = o.id
                                   ORDER BY m.id DESC LIMIT 1), 'waiting')""",
    "no receipt is given back above what came": """
        SELECT 'receipt ' || r.number FROM receipt r JOIN payout o ON o.receipt_id = r.id
        WHERE o.state NOT IN ('refused', 'cancelled')
        GROUP BY r.id HAVING sum(o.amount_minor) > r.amount_minor OR bool_or(o.currency <> r.currency)""",
    "every payout on its way is being asked about": """
        SELECT 'payout ' || id FROM payout
        WHERE rail = 'mtn-momo' AND ask_again_at IS NULL
          AND (state <> 'unknown' OR failure IS DISTINCT FROM 'other_platform')
          AND state IN ('approved', 'submitted', 'unknown')""",
    "every payout is sent under its own reference only": """
        SELECT 'outbox row ' || b.id FROM outbox b LEFT JOIN payout o ON o.id = (b.body->>'payout')::bigint
        WHERE b.kind = 'payout.send' AND b.key IS DISTINCT FROM o.reference::text""",
    "nothing was sent that nobody approved": """
        SELECT 'payout ' || o.id || ' is ' || o.state FROM payout o JOIN outbox b
          ON b.kind = 'payout.send' AND b.key = o.reference::text
        WHERE o.state IN ('waiting', 'cancelled') OR o.approved_at IS NULL""",
    "every entry of a payout is its payout's": """
        SELECT 'entry ' || e.id FROM ledger_entry e
        LEFT JOIN payout o ON e.id IN (o.hold_entry_id, o.end_entry_id)
        WHERE e.kind IN ('payout_hold', 'payout_paid', 'payout_back') AND o.id IS NULL""",
    "every settlement is in the books as it says": """
        SELECT 'settlement ' || s.id FROM settlement s JOIN customer c ON c.id = s.owner_id
        LEFT JOIN LATERAL (
          SELECT -coalesce(sum(p.amount_minor) FILTER (WHERE a.code LIKE 'owner_share%'), 0) AS shares,
                 coalesce(sum(p.amount_minor) FILTER (WHERE a.code LIKE 'owner_owes%'), 0) AS commission,
                 coalesce(sum(p.amount_minor) FILTER (WHERE a.code LIKE 'withheld%'), 0) AS withheld,
                 coalesce(sum(p.amount_minor) FILTER (WHERE a.code LIKE 'owner_due%'), 0) AS net
          FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id WHERE p.entry_id = s.entry_id) b ON true
        WHERE (s.shares_minor, s.commission_minor, s.withheld_minor, s.net_minor)
              <> (b.shares, b.commission, b.withheld, b.net)""",
    "every entry of a settlement is its settlement's": """
        SELECT 'entry ' || e.id FROM ledger_entry e LEFT JOIN settlement s ON s.entry_id = e.id
        WHERE e.kind = 'settlement' AND s.id IS NULL""",
    "every settlement is paid out whole": """
        SELECT 'settlement ' || s.id FROM settlement s JOIN payout o ON o.id = s.payout_id
        WHERE o.amount_minor <> s.net_minor + s.carried_minor OR o.customer_id <> s.owner_id""",
    "no owner owes less than nothing": """
        SELECT code || ' stands at ' || balance_minor FROM ledger_account
        WHERE code LIKE 'owner_owes%' AND balance_minor > 0""",
    "nobody is charged more often than they agreed": """
        SELECT 'consent ' || p.id FROM pre_approval p JOIN payment_intent i
          ON i.customer_id = p.customer_id AND i.purpose = 'topup'
         AND i.purpose_body = jsonb_build_object('pre_approval', p.id)
        GROUP BY p.id, date_trunc('month', i.created_at AT TIME ZONE 'Africa/Juba')
        HAVING count(*) > p.times_a_month_max OR bool_or(i.amount_minor <> p.amount_minor)""",
    "nobody is charged before they agreed, or after it ended": """
        SELECT 'intent ' || i.id FROM payment_intent i
        JOIN pre_approval p ON i.purpose_body = jsonb_build_object('pre_approval', p.id)
        WHERE i.purpose = 'topup' AND (p.state IN ('created', 'submitted', 'refused') OR i.created_at > p.ended_at)""",
}
