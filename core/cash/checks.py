"""What cash says against itself and the books: each a query that returns a line per fault."""

from __future__ import annotations

from typing import Final

# What a drawer held after each posting of its account, in the order in which they were written under its lock.
_HELD: Final = """
    held AS (SELECT d.id AS drawer_id, p.id AS posting_id, p.entry_id,
                    -sum(p.amount_minor) OVER (PARTITION BY d.id ORDER BY p.id) AS minor
             FROM cash_drawer d JOIN ledger_account a ON a.code = 'cash\\:' || d.code || '\\:' || d.currency
             JOIN ledger_posting p ON p.account_id = a.id)"""

CHECKS: Final = {
    "receipts of a drawer have no gap": """
        SELECT 'drawer ' || d.code || ' has ' || count(r.id) || ' receipts, its next is number ' || d.next_number
        FROM cash_drawer d LEFT JOIN receipt r ON r.drawer_id = d.id GROUP BY d.id
        HAVING count(r.id) <> d.next_number - 1 OR coalesce(max(r.drawer_number), 0) <> d.next_number - 1""",
    "no drawer holds less than nothing": """
        SELECT 'drawer ' || d.code || ' holds ' || -a.balance_minor FROM cash_drawer d
        JOIN ledger_account a ON a.code = 'cash\\:' || d.code || '\\:' || d.currency WHERE a.balance_minor > 0""",
    "every note lies in a drawer": """
        SELECT 'account ' || a.code FROM ledger_account a WHERE a.code LIKE 'cash:%' AND a.balance_minor <> 0
          AND NOT EXISTS (SELECT 1 FROM cash_drawer d WHERE a.code = 'cash\\:' || d.code || '\\:' || d.currency)""",
    "every shift began with what the books said": f"""
        WITH {_HELD}
        SELECT 'shift ' || s.id || ' began with ' || s.opening_minor || ', the books say ' || coalesce(h.minor, 0)
        FROM cash_shift s LEFT JOIN held h ON h.drawer_id = s.drawer_id AND h.posting_id = s.opened_mark
        WHERE s.opening_minor <> coalesce(h.minor, 0)""",
    "every closed shift expected what the books said": f"""
        WITH {_HELD}
        SELECT 'shift ' || s.id || ' expected ' || s.expected_minor || ', the books say ' || coalesce(h.minor, 0)
        FROM cash_shift s LEFT JOIN held h ON h.drawer_id = s.drawer_id AND h.posting_id = s.closed_mark
        WHERE s.closed_at IS NOT NULL AND s.expected_minor <> coalesce(h.minor, 0)""",
    "what was over or short is in the books": f"""
        WITH {_HELD}
        SELECT 'shift ' || s.id || ' counted ' || s.counted_minor || ', the books say ' || coalesce(h.minor, 0)
        FROM cash_shift s LEFT JOIN held h ON h.drawer_id = s.drawer_id AND h.entry_id = s.closing_entry_id
        WHERE s.closing_entry_id IS NOT NULL AND s.counted_minor IS DISTINCT FROM h.minor""",
    "what moved in a shift is what came, went and was handed over": """
        SELECT 'shift ' || s.id || ' moved ' || coalesce(books.minor, 0) || ', its papers say ' || papers.minor
        FROM cash_shift s JOIN cash_drawer d ON d.id = s.drawer_id
        LEFT JOIN ledger_account a ON a.code = 'cash\\:' || d.code || '\\:' || d.currency
        CROSS JOIN LATERAL (
          SELECT -coalesce(sum(p.amount_minor), 0) AS minor,
                 -coalesce(sum(p.amount_minor) FILTER (WHERE e.kind IN ('refund', 'payout_paid')), 0) AS handed_out
          FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
          WHERE p.account_id = a.id AND p.id > s.opened_mark AND (s.closed_mark IS NULL OR p.id <= s.closed_mark)) books
        CROSS JOIN LATERAL (
          SELECT (SELECT coalesce(sum(r.amount_minor), 0) FROM receipt r WHERE r.shift_id = s.id)
               + (SELECT coalesce(sum(CASE WHEN m.to_drawer_id = d.id THEN m.amount_minor ELSE -m.amount_minor END), 0)
                  FROM cash_move m JOIN ledger_posting p ON p.entry_id = m.entry_id AND p.account_id = a.id
                  WHERE d.id IN (m.from_drawer_id, m.to_drawer_id)
                    AND p.id > s.opened_mark AND (s.closed_mark IS NULL OR p.id <= s.closed_mark))
               - (SELECT coalesce(sum(p.amount_minor), 0) FROM receipt_void v
                  JOIN ledger_posting p ON p.entry_id = v.entry_id AND p.account_id = a.id
                  WHERE p.id > s.opened_mark AND (s.closed_mark IS NULL OR p.id <= s.closed_mark))
               + books.handed_out AS minor) papers
        WHERE books.minor <> papers.minor""",
    "every receipt of a drawer lies in a shift of its taker, before its close": """
        SELECT 'receipt ' || r.number FROM receipt r JOIN cash_shift s ON s.id = r.shift_id
        JOIN cash_drawer d ON d.id = r.drawer_id
        LEFT JOIN ledger_account a ON a.code = 'cash\\:' || d.code || '\\:' || d.currency
        LEFT JOIN ledger_posting p ON p.entry_id = r.entry_id AND p.account_id = a.id
        WHERE (s.drawer_id, s.staff_id) <> (r.drawer_id, r.staff_id)
           OR p.amount_minor IS DISTINCT FROM -r.amount_minor
           OR p.id <= s.opened_mark OR p.id > s.closed_mark""",
    "two shifts at a drawer do not overlap": """
        SELECT 'shift ' || s.id FROM cash_shift s JOIN cash_shift later ON later.drawer_id = s.drawer_id
          AND later.id > s.id WHERE s.closed_mark IS NULL OR s.closed_mark > later.opened_mark""",
    "every receipt taken back is taken out of the books": """
        SELECT 'void ' || v.id FROM receipt_void v JOIN receipt r ON r.id = v.receipt_id
        LEFT JOIN ledger_entry e ON e.id = v.entry_id
        WHERE v.state = 'done' AND e.reverses_id IS DISTINCT FROM r.entry_id
        UNION ALL
        SELECT 'entry ' || e.id FROM ledger_entry e JOIN receipt r ON r.entry_id = e.reverses_id
        WHERE r.provider = 'cash' AND NOT EXISTS (SELECT 1 FROM receipt_void v WHERE v.entry_id = e.id)""",
    "every move of notes is in the books": """
        SELECT 'move ' || m.id FROM cash_move m
        LEFT JOIN cash_drawer f ON f.id = m.from_drawer_id LEFT JOIN cash_drawer t ON t.id = m.to_drawer_id
        WHERE NOT EXISTS (
          SELECT 1 FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
          WHERE p.entry_id = m.entry_id AND p.amount_minor = m.amount_minor
            AND a.code = coalesce('cash\\:' || f.code, 'transit\\:' || m.bank_code) || '\\:' || m.currency)
          OR NOT EXISTS (
          SELECT 1 FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
          WHERE p.entry_id = m.entry_id AND p.amount_minor = -m.amount_minor
            AND a.code = coalesce('cash\\:' || t.code, 'transit\\:' || m.bank_code) || '\\:' || m.currency)""",
    "notes move for reasons we know": """
        SELECT 'entry ' || e.id || ' of kind ' || e.kind FROM ledger_entry e
        JOIN ledger_posting p ON p.entry_id = e.id JOIN ledger_account a ON a.id = p.account_id
        WHERE a.code LIKE 'cash:%'
          AND e.kind NOT IN ('cash', 'cash_move', 'over_short', 'reversal', 'refund', 'payout_paid')""",
}
