"""What statements say against themselves and the books: each a query that returns a line per fault."""

from __future__ import annotations

from typing import Final

_SIGNED: Final = "sum(CASE WHEN m.undoes_id IS NULL THEN m.amount_minor ELSE -m.amount_minor END)"

CHECKS: Final = {
    "a line is matched by the sum of its matches": f"""
        SELECT 'line ' || l.id || ' says ' || l.matched_minor FROM statement_line l
        LEFT JOIN line_match m ON m.line_id = l.id GROUP BY l.id
        HAVING l.matched_minor <> coalesce({_SIGNED}, 0)""",
    "every line of an account without a machine is in the books": """
        SELECT 'line ' || l.id FROM statement_line l JOIN money_account a ON a.id = l.account_id
        WHERE a.kind IN ('bank', 'wallet') AND l.suspense_entry_id IS NULL
          AND l.matched_minor <> abs(l.amount_minor)""",
    "what lies on suspense is what nobody has matched": """
        SELECT 'account ' || a.code || ' has ' || coalesce(books.minor, 0) || ' on suspense, its open lines are '
               || coalesce(open.minor, 0)
        FROM money_account a
        LEFT JOIN (SELECT l.account_id, sum(sign(l.amount_minor) * (abs(l.amount_minor) - l.matched_minor)) AS minor
                   FROM statement_line l WHERE l.suspense_entry_id IS NOT NULL GROUP BY 1) open
          ON open.account_id = a.id
        LEFT JOIN (SELECT g.code, sum(p.amount_minor) AS minor FROM ledger_posting p
                   JOIN ledger_account g ON g.id = p.account_id WHERE g.code LIKE 'suspense\\:%' GROUP BY 1) came
          ON came.code = 'suspense\\:' || a.code || '\\:' || a.currency
        LEFT JOIN (SELECT g.code, sum(p.amount_minor) AS minor FROM ledger_posting p
                   JOIN ledger_account g ON g.id = p.account_id WHERE g.code LIKE 'suspense\\:out\\:%' GROUP BY 1) went
          ON went.code = 'suspense\\:out\\:' || a.code || '\\:' || a.currency
        CROSS JOIN LATERAL (SELECT coalesce(came.minor, 0) + coalesce(went.minor, 0) AS minor) books
        WHERE books.minor <> coalesce(open.minor, 0)""",
    "every payment by a statement has its receipt and its line": """
        SELECT 'entry ' || e.id FROM ledger_entry e LEFT JOIN receipt r ON r.entry_id = e.id
        LEFT JOIN line_match m ON m.entry_id = e.id AND m.receipt_id = r.id
        WHERE e.kind = 'bank_payment' AND m.id IS NULL""",
    "every receipt by a statement is matched with its line": """
        SELECT 'receipt ' || r.number FROM receipt r WHERE r.statement_line_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM line_match m WHERE m.receipt_id = r.id AND m.line_id = r.statement_line_id)""",
    "the books of an account without a machine are its statement": """
        SELECT 'account ' || a.code || ' has ' || coalesce(books.minor, 0) || ' in the books, its statement says '
               || coalesce(lines.minor, 0)
        FROM money_account a
        LEFT JOIN (SELECT account_id, sum(amount_minor) AS minor FROM statement_line GROUP BY 1) lines
          ON lines.account_id = a.id
        LEFT JOIN (SELECT g.code, -sum(p.amount_minor) AS minor FROM ledger_posting p
                   JOIN ledger_account g ON g.id = p.account_id JOIN ledger_entry e ON e.id = p.entry_id
                   WHERE e.kind IN ('bank_payment', 'line_match', 'suspense')
                      OR e.reverses_id IN (SELECT x.id FROM ledger_entry x
                                           WHERE x.kind IN ('bank_payment', 'line_match', 'suspense'))
                   GROUP BY 1) books
          ON books.code = a.ledger_code || '\\:' || a.currency
        LEFT JOIN (SELECT l.account_id, sum(CASE WHEN m.undoes_id IS NULL THEN m.amount_minor ELSE -m.amount_minor END)
                          AS minor
                   FROM line_match m JOIN statement_line l ON l.id = m.line_id WHERE m.kind = 'payout' GROUP BY 1) sent
          ON sent.account_id = a.id
        WHERE a.kind IN ('bank', 'wallet')
          AND coalesce(books.minor, 0) - coalesce(sent.minor, 0) <> coalesce(lines.minor, 0)""",
    "no statement is read for days": """
        SELECT 'import ' || id FROM statement_import WHERE state = 'reading' AND at < :now - interval '2 days'""",
}
