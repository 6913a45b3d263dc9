"""What billing says against itself and the books: each a query that returns a line per fault."""

from __future__ import annotations

from typing import Final

CHECKS: Final = {
    "every document is the sum of its lines": """
        SELECT i.series || '-' || i.year || '-' || i.number FROM invoice i
        LEFT JOIN LATERAL (SELECT count(*) AS count, coalesce(sum(amount_minor), 0) AS amount
                           FROM invoice_line WHERE invoice_id = i.id) l ON true
        LEFT JOIN LATERAL (SELECT count(*) AS count,
                                  coalesce(sum(amount_minor) FILTER (WHERE exemption IS NULL), 0) AS amount,
                                  coalesce(sum(amount_minor) FILTER (WHERE inclusive), 0) AS held
                           FROM invoice_tax WHERE invoice_id = i.id) t ON true
        WHERE l.count <> i.line_count OR t.count <> i.tax_count
           OR l.amount - t.held <> i.net_minor OR t.amount <> i.tax_minor""",
    "numbers of documents have no gap": """
        SELECT series || '-' || year || ' has ' || count(*) || ' documents up to number ' || max(number)
        FROM invoice GROUP BY series, year HAVING count(*) <> max(number) OR min(number) <> 1""",
    "the next number follows the last": """
        SELECT s.series || '-' || s.year FROM document_series s
        WHERE s.next_number <> 1 + coalesce((SELECT max(number) FROM invoice i
                                             WHERE i.series = s.series AND i.year = s.year), 0)""",
    "what is due is the total less what settled it": """
        SELECT 'invoice ' || i.id || ' says ' || coalesce(d.due_minor::text, 'nothing') FROM invoice i
        LEFT JOIN invoice_due d ON d.invoice_id = i.id
        WHERE i.kind <> 'credit_note' AND d.due_minor IS DISTINCT FROM i.total_minor
              - coalesce((SELECT sum(amount_minor) FROM allocation a WHERE a.invoice_id = i.id), 0)""",
    "what a customer owes in the books is what is due": """
        SELECT 'customer ' || c.number || ' owes ' || -a.balance_minor || ', due is ' || coalesce(due.minor, 0)
        FROM customer c JOIN ledger_account a ON a.code = 'receivable:' || c.number || '\\:SSP'
        LEFT JOIN (SELECT customer_id, sum(due_minor) AS minor FROM invoice_due GROUP BY customer_id) due
          ON due.customer_id = c.id
        WHERE -a.balance_minor <> coalesce(due.minor, 0)""",
    "every document is in the books for its total": """
        SELECT i.series || '-' || i.year || '-' || i.number FROM invoice i JOIN customer c ON c.id = i.customer_id
        LEFT JOIN ledger_account a ON a.code = 'receivable:' || c.number || '\\:SSP'
        LEFT JOIN ledger_posting p ON p.entry_id = i.entry_id AND p.account_id = a.id
        WHERE p.amount_minor IS DISTINCT FROM (CASE i.kind WHEN 'credit_note' THEN 1 ELSE -1 END) * i.total_minor""",
    "every allocation is in the books for its amount": """
        SELECT 'allocation ' || l.id FROM allocation l JOIN invoice i ON i.id = l.invoice_id
        JOIN customer c ON c.id = i.customer_id
        LEFT JOIN ledger_account a ON a.code = 'receivable:' || c.number || '\\:SSP'
        LEFT JOIN ledger_posting p ON p.entry_id = l.entry_id AND p.account_id = a.id
        WHERE CASE l.kind WHEN 'credit_note' THEN p.amount_minor IS NULL OR p.amount_minor < l.amount_minor
                          ELSE p.amount_minor IS DISTINCT FROM l.amount_minor END""",
    "no invoice is credited with more than it was for": """
        SELECT 'invoice ' || i.id FROM invoice i JOIN invoice n ON n.credits_id = i.id AND n.kind = 'credit_note'
        GROUP BY i.id HAVING sum(n.total_minor) > i.total_minor""",
    "every service that is on has access": """
        SELECT 'service ' || s.number || ' is ' || s.state || ', its access ' || coalesce(g.status, 'nothing')
        FROM subscription s LEFT JOIN access_grant g ON g.id = s.grant_id
        WHERE CASE s.state WHEN 'active' THEN g.status IS NULL OR g.status NOT IN ('waiting', 'running')
                           WHEN 'terminated' THEN g.status IN ('waiting', 'running', 'paused')
                           WHEN 'pending' THEN g.id IS NOT NULL
                           ELSE g.status IS DISTINCT FROM 'paused' END""",
    "every service that is on is going to be billed": """
        SELECT 'service ' || number FROM subscription WHERE state = 'active' AND next_bill_on IS NULL""",
    "no day of a service that was on stays unbilled": """
        SELECT 'service ' || s.number || ' was not billed for ' || t.from_day FROM subscription s
        JOIN subscription_term t ON t.subscription_id = s.id
        WHERE s.pay = 'postpaid' AND s.next_bill_on IS NULL
          AND s.billed_until < coalesce(t.until_day, DATE 'infinity')""",
    "no bill is long overdue to be made": """
        SELECT 'service ' || number || ' was due on ' || next_bill_on FROM subscription s
        WHERE next_bill_on < (:now AT TIME ZONE 'Africa/Juba')::date - 3
          -- One whose money is on its way waits for it; payments that nobody can tell of have an alarm of their own.
          AND NOT (s.on_unpaid AND EXISTS (SELECT 1 FROM payment_intent p WHERE p.customer_id = s.customer_id
                                           AND p.state IN ('created', 'submitted', 'unknown')))""",
    "every move of a service leads where it is": """
        SELECT 'service ' || s.number || ' is ' || s.state FROM subscription s
        WHERE s.state <> (SELECT m.to_state FROM subscription_move m WHERE m.subscription_id = s.id
                          ORDER BY m.id DESC LIMIT 1)""",
    "every credit for an outage is in the books for its amount": """
        SELECT 'entry ' || e.id FROM ledger_entry e
        LEFT JOIN outage_credit c ON c.entry_id = e.id
        LEFT JOIN ledger_posting p ON p.entry_id = e.id AND p.amount_minor = c.amount_minor AND p.currency = c.currency
        WHERE e.kind = 'outage_credit' AND p.entry_id IS NULL""",
    "data bought is what its invoice sold": """
        SELECT 'bought data ' || b.id FROM bought_data b JOIN invoice i ON i.id = b.invoice_id
        WHERE i.subscription_id IS DISTINCT FROM b.subscription_id OR i.total_minor <> b.price_minor
           OR NOT EXISTS (SELECT 1 FROM invoice_line l WHERE l.invoice_id = i.id AND l.kind = 'data'
                          AND (l.facts ->> 'data_bytes')::bigint = b.data_bytes)""",
    "every adjustment done is in the books": """
        SELECT 'adjustment ' || id FROM adjustment
        WHERE (state = 'done' AND kind NOT IN ('next_charge', 'next_discount')) <> (entry_id IS NOT NULL)""",
    "what is done for the next bill waits for it, stands on it or was taken back": """
        SELECT 'adjustment ' || a.id FROM adjustment a WHERE a.kind IN ('next_charge', 'next_discount')
          AND a.amount_minor * CASE WHEN a.state <> 'done' THEN 0 WHEN a.kind = 'next_charge' THEN 1 ELSE -1 END
              <> coalesce((SELECT sum(coalesce(c.billed_minor, c.amount_minor)) FROM charge c
                           WHERE c.adjustment_id = a.id), 0)""",
    "what a bill left of a discount waits for another": """
        SELECT 'charge ' || c.id FROM charge c LEFT JOIN charge r ON r.rest_of_id = c.id
        WHERE c.amount_minor <> coalesce(c.billed_minor, c.amount_minor) + coalesce(r.amount_minor, 0)""",
}
