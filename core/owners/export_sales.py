"""All an owner sold, gave and took back, as a sheet (CSV): a line for each, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from core.catalog.taxes import HOME_CURRENCY
from core.clock import JUBA
from core.csv_lines import cell, line
from core.days import DAY, start_of_day
from core.money import Money

ROWS_A_FETCH: Final = 1000
COLUMNS: Final = (
    "time in Juba", "what", "number", "network", "plan", "recipient", "seller", "seller name", "campaign", "tokens",
    "price each", "amount", "currency",
)  # fmt: skip
_WHAT: Final = {
    "cash": "sold for cash",
    "momo": "sold by MoMo",
    "wallet": "bought from a balance",
    "card": "cards sold",
    "given": "given",
    "cards given": "cards given",
    "taken back": "taken back",
}
_SALES: Final = text("""
    SELECT sold.*, h.ssid, p.code AS plan, c.number AS seller, c.name AS seller_name FROM (
      SELECT t.sold_at AS at, CASE t.origin WHEN 'sold' THEN 'wallet' ELSE t.origin END AS what, t.id AS number,
             t.hotspot_id, t.plan_version_id, t.recipient_phone, t.seller_id, t.campaign, 1 AS tokens, t.price_minor
      FROM token t
      WHERE t.hotspot_id = ANY(:networks) AND t.origin <> 'card' AND t.moved_from_id IS NULL
        AND t.sold_at >= :since AND t.sold_at < :until
      UNION ALL
      SELECT s.sold_at, CASE s.means WHEN 'cash' THEN 'card' ELSE 'cards given' END, s.batch_id, b.hotspot_id,
             b.plan_version_id, NULL, s.seller_id, b.campaign, s.last_serial - s.first_serial + 1, s.price_minor
      FROM token_batch b JOIN token_card_sale s ON s.batch_id = b.id
      WHERE b.hotspot_id = ANY(:networks) AND s.sold_at >= :since AND s.sold_at < :until
      UNION ALL
      SELECT r.revoked_at, 'taken back', t.id, t.hotspot_id, t.plan_version_id, t.recipient_phone, r.seller_id,
             t.campaign, 1, -r.refund_minor
      FROM token_revocation r JOIN token t ON t.id = r.token_id
      WHERE t.hotspot_id = ANY(:networks) AND r.revoked_at >= :since AND r.revoked_at < :until
      UNION ALL
      SELECT k.voided_at, 'taken back', k.batch_id, b.hotspot_id, b.plan_version_id, NULL, k.seller_id, b.campaign,
             CASE k.refund_minor WHEN 0 THEN k.sold ELSE k.refund_minor / b.price_minor END,
             CASE k.refund_minor WHEN 0 THEN 0 ELSE -b.price_minor END
      FROM token_batch b JOIN token_card_void k ON k.batch_id = b.id
      WHERE b.hotspot_id = ANY(:networks) AND k.sold > 0 AND k.voided_at >= :since AND k.voided_at < :until
    ) sold
    JOIN hotspot h ON h.id = sold.hotspot_id JOIN plan_version v ON v.id = sold.plan_version_id
    JOIN plan p ON p.id = v.plan_id LEFT JOIN customer c ON c.id = sold.seller_id
    ORDER BY sold.at, sold.number
""")
_NETWORKS: Final = text("SELECT id FROM hotspot WHERE owner_id = :owner")


def export_sales(connection: Connection, owner_id: int, first: date, last: date) -> Iterator[str]:
    """Lines of CSV in English for the days of Juba from `first` to `last`, both in it. Western digits, major units.

    `number` is the token's, or of cards their batch's. Within a transaction: it is read a thousand rows at a time,
    however many there are.
    """
    networks = list(connection.execute(_NETWORKS, {"owner": owner_id}).scalars())
    asked = {"networks": networks, "since": start_of_day(first), "until": start_of_day(last + DAY)}
    yield line(COLUMNS)
    rows = connection.execute(_SALES, asked, execution_options={"yield_per": ROWS_A_FETCH})
    for row in rows:
        price = Money(row.price_minor, HOME_CURRENCY)
        yield line((
            f"{row.at.astimezone(JUBA):%Y-%m-%d %H:%M}", _WHAT[row.what], row.number, cell(row.ssid), cell(row.plan),
            (row.recipient_phone or "").removeprefix("+"), row.seller or "", cell(row.seller_name or ""),
            cell(row.campaign or ""), row.tokens, price.major, (price * row.tokens).major, HOME_CURRENCY,
        ))  # fmt: skip
