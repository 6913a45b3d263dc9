"""What tokens and cards say against each other: each a query that returns a line per fault."""

from __future__ import annotations

from typing import Final

CHECKS: Final = {
    "every batch has all its cards": """
        SELECT 'batch ' || b.id FROM token_batch b
        WHERE b.cards <> (SELECT count(*) FROM token_card c WHERE c.batch_id = b.id)""",
    "every sale of cards is of the cards it names": """
        SELECT 'sale ' || s.id FROM token_card_sale s
        WHERE s.last_serial - s.first_serial + 1 <> (
          SELECT count(*) FROM token_card c WHERE c.batch_id = s.batch_id AND c.sale_id = s.id
            AND c.serial BETWEEN s.first_serial AND s.last_serial)""",
    "no card is sold but by a sale of its batch": """
        SELECT 'card ' || c.batch_id || '-' || c.serial FROM token_card c JOIN token_card_sale s ON s.id = c.sale_id
        WHERE s.batch_id <> c.batch_id OR c.serial NOT BETWEEN s.first_serial AND s.last_serial""",
    "every sale of our own networks' cards is in the books": """
        SELECT 'sale ' || s.id FROM token_card_sale s
        LEFT JOIN ledger_entry e ON e.key = 'cards\\:' || s.id AND e.kind = 'card_sale'
        LEFT JOIN ledger_posting p ON p.entry_id = e.id AND p.amount_minor < 0
        WHERE s.seller_id IS NULL
          AND coalesce(-p.amount_minor, 0) <> s.price_minor * (s.last_serial - s.first_serial + 1)""",
    "every card taken back is of a request to do so": """
        SELECT 'batch ' || batch_id FROM (
          SELECT batch_id, count(*) AS cards FROM token_card WHERE voided_at IS NOT NULL GROUP BY batch_id) c
        FULL JOIN (SELECT batch_id, sum(cards) AS cards FROM token_card_void GROUP BY batch_id) v USING (batch_id)
        WHERE c.cards IS DISTINCT FROM v.cards""",
    "every card redeemed is its token": """
        SELECT 'card ' || c.batch_id || '-' || c.serial FROM token_card c JOIN token t ON t.id = c.token_id
        JOIN token_card_sale s ON s.id = c.sale_id
        WHERE t.origin <> 'card' OR t.batch_id <> c.batch_id OR t.price_minor <> s.price_minor""",
    "every token of a card has its card": """
        SELECT 'token ' || t.id FROM token t
        WHERE t.origin = 'card' AND t.moved_from_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM token_card c WHERE c.token_id = t.id)""",
    "what was moved to another phone works no more where it was": """
        SELECT 'token ' || o.id FROM token t JOIN token o ON o.id = t.moved_from_id
        JOIN access_grant g ON g.id = o.grant_id WHERE g.closed_at IS NULL""",
    "what was revoked is over": """
        SELECT 'token ' || t.id FROM token_revocation v JOIN token t ON t.id = v.token_id
        JOIN access_grant g ON g.id = t.grant_id WHERE g.status <> 'revoked'""",
    "every paused token has its pause": """
        SELECT 'token ' || t.id FROM token t JOIN access_grant g ON g.id = t.grant_id
        LEFT JOIN token_pause p ON p.token_id = t.id AND p.resumed_at IS NULL
        WHERE (g.status = 'paused') <> (p.token_id IS NOT NULL) AND g.closed_at IS NULL""",
}
