"""Tokens as their sellers look at them: what became of one just asked for, today's, and the last ones of an owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, text

from core.days import juba_day, start_of_day
from core.errors import NotFound
from core.money import Money

SHOWN_MAX: Final = 50
_COLUMNS: Final = """
    SELECT t.id AS token_id, t.sold_at, t.origin, t.recipient_phone, t.price_minor, t.currency, t.campaign,
           t.moved_from_id IS NOT NULL AS was_moved, h.ssid, g.status, g.duration_s, g.data_bytes, g.first_used_at,
           g.ends_at, s.name AS seller_name, n.phone AS seller_phone, t.seller_id
    FROM token t JOIN hotspot h ON h.id = t.hotspot_id JOIN access_grant g ON g.id = t.grant_id
    LEFT JOIN customer s ON s.id = t.seller_id LEFT JOIN contact n ON n.customer_id = s.id AND n.is_main
"""
# The last of each network by its index, then the last of all: the table holds everybody's.
_OF_OWNER: Final = text(f"""
    {_COLUMNS} WHERE t.id IN (
      SELECT l.id FROM hotspot o CROSS JOIN LATERAL (
        SELECT id, sold_at FROM token WHERE hotspot_id = o.id AND origin <> 'card'
        ORDER BY sold_at DESC LIMIT {SHOWN_MAX}
      ) l WHERE o.owner_id = :owner ORDER BY l.sold_at DESC LIMIT {SHOWN_MAX}
    ) ORDER BY t.sold_at DESC, t.id DESC
""")
_ONE: Final = text(f"{_COLUMNS} WHERE h.owner_id = :owner AND t.id = :token")
_OF_SELLER: Final = text(f"""
    {_COLUMNS} WHERE t.seller_id = :seller AND t.sold_at >= :since ORDER BY t.id DESC LIMIT {SHOWN_MAX}
""")
_TOKEN_OF_REQUEST: Final = text(f"{_COLUMNS} WHERE t.request_key = :key AND t.seller_id = :seller")
_INTENT: Final = text("""
    SELECT i.id, i.state, i.payer_phone, i.amount_minor, i.currency, v.duration_s, v.data_bytes, h.ssid,
           i.purpose_body ->> 'recipient' AS recipient
    FROM payment_intent i JOIN plan_version v ON v.id = CAST(i.purpose_body ->> 'plan_version' AS bigint)
    JOIN hotspot h ON h.id = CAST(i.purpose_body ->> 'hotspot' AS bigint)
    WHERE i.request_key = :key AND CAST(i.purpose_body ->> 'asked_by' AS bigint) = :seller
""")
Outcome = Literal["made", "waiting", "refused", "expired", "unknown", "not_made"]
_OF_STATE: Final[dict[str, Outcome]] = {
    "created": "waiting",
    "submitted": "waiting",
    "refused": "refused",
    "expired": "expired",
    "unknown": "unknown",
    "paid": "not_made",
}


@dataclass(frozen=True, slots=True)
class SoldToken:
    """A token at a network of an owner. `recipient` None: a card, which has no phone."""

    token_id: int
    sold_at: datetime
    origin: str
    recipient: str | None
    price: Money
    campaign: str | None
    was_moved: bool
    ssid: str
    status: str
    duration_s: int
    data_bytes: int | None
    first_used_at: datetime | None
    ends_at: datetime | None
    seller_name: str | None
    seller_phone: str | None

    @property
    def is_over(self) -> bool:
        """Whether nobody is let in with it any more."""
        return self.status in ("expired", "revoked")


@dataclass(frozen=True, slots=True)
class Sale:
    """What came of a form. `not_made`: paid, and the money is on the payer's balance, for no token came of it."""

    outcome: Outcome
    origin: str
    recipient: str
    price: Money
    duration_s: int
    data_bytes: int | None
    ssid: str
    payer: str | None = None


def tokens_of_owner(connection: Connection, owner_id: int) -> list[SoldToken]:
    """The last tokens at an owner's networks, newest first, at most `SHOWN_MAX`. Cards stand with their batches."""
    return [_sold(row) for row in connection.execute(_OF_OWNER, {"owner": owner_id}).mappings()]


def token_of_owner(connection: Connection, owner_id: int, token_id: int) -> SoldToken:
    """One of them.

    Raises:
        NotFound: it is none at their networks.
    """
    row = connection.execute(_ONE, {"owner": owner_id, "token": token_id}).mappings().first()
    if row is None:
        raise NotFound(what="token")
    return _sold(row)


def tokens_of_seller_today(connection: Connection, seller_id: int, now: datetime) -> list[SoldToken]:
    """What somebody sold and gave away today, newest first, at most `SHOWN_MAX`."""
    asked = {"seller": seller_id, "since": start_of_day(juba_day(now))}
    return [_sold(row) for row in connection.execute(_OF_SELLER, asked).mappings()]


def sale_of(connection: Connection, seller_id: int, request_key: str) -> Sale:
    """What came of what a seller asked for with this key.

    Raises:
        NotFound: nothing, or it was somebody else's.
    """
    asked: dict[str, Any] = {"key": request_key, "seller": seller_id}
    row = connection.execute(_TOKEN_OF_REQUEST, asked).mappings().first()
    if row is not None:
        return _made(_sold(row))
    intent = connection.execute(_INTENT, asked).first()
    if intent is None:
        raise NotFound(what="sale")
    outcome = _OF_STATE[intent.state]
    made = {"key": f"intent:{intent.id}", "seller": seller_id}
    if outcome == "not_made" and connection.execute(_TOKEN_OF_REQUEST, made).first() is not None:
        outcome = "made"
    price = Money(intent.amount_minor, intent.currency)
    what = (intent.duration_s, intent.data_bytes, intent.ssid)
    return Sale(outcome, "momo", intent.recipient, price, *what, intent.payer_phone)


def _made(sold: SoldToken) -> Sale:
    what = (sold.duration_s, sold.data_bytes, sold.ssid)
    return Sale("made", sold.origin, sold.recipient or "", sold.price, *what)


def _sold(row: Any) -> SoldToken:
    return SoldToken(
        row["token_id"],
        row["sold_at"],
        row["origin"],
        row["recipient_phone"],
        Money(row["price_minor"], row["currency"]),
        row["campaign"],
        row["was_moved"],
        row["ssid"],
        row["status"],
        row["duration_s"],
        row["data_bytes"],
        row["first_used_at"],
        row["ends_at"],
        row["seller_name"],
        row["seller_phone"],
    )
