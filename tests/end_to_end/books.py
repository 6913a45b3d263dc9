"""What must stand in the books and on the routers about one person, counted from outside."""

from __future__ import annotations

from tests.end_to_end.house import House
from tests.end_to_end.phone import Credentials, Phone

_ABOUT = """
    SELECT c.id AS customer,
           (SELECT count(*) FROM payment_intent i WHERE i.customer_id = c.id AND i.state = 'paid') AS paid,
           (SELECT count(*) FROM payment_intent i WHERE i.customer_id = c.id AND i.state <> 'paid') AS not_paid,
           (SELECT count(*) FROM receipt r WHERE r.customer_id = c.id) AS receipts,
           (SELECT count(*) FROM token t WHERE t.buyer_id = c.id) AS tokens,
           (SELECT count(*) FROM ledger_posting p WHERE p.account_id = c.wallet_id) AS postings,
           (SELECT coalesce(sum(p.amount_minor), 0)::bigint FROM ledger_posting p WHERE p.account_id = c.wallet_id)
             AS balance
    FROM customer c JOIN contact k ON k.customer_id = c.id WHERE k.phone = %s
"""
_GRANT = """
    SELECT g.status, extract(epoch FROM g.granted_at)::float AS granted_at, extract(epoch FROM g.first_used_at)::float AS used_at,
           extract(epoch FROM g.ends_at)::float AS ends_at
    FROM access_grant g WHERE g.username = %s
"""

_USED = """
    SELECT g.used_bytes, coalesce((SELECT sum(d.used_bytes) FROM grant_usage d WHERE d.grant_id = g.id), 0)::bigint AS days
    FROM access_grant g WHERE g.username = %s
"""
_SESSION = """
    SELECT u.id, u.up_total AS up, u.down_total AS down, u.cause, u.stopped_at IS NOT NULL AS ended
    FROM usage_session u WHERE u.username = %s AND u.session = %s
"""


def paid_once_for_one_token(house: House, buyer: Phone, payer: Phone | None = None) -> None:
    """One payment taken, one credit, one sale, one token, one set of credentials; nothing over, nothing under."""
    (about,) = house.rows(_ABOUT, buyer.number)
    assert (about.paid, about.not_paid, about.receipts, about.tokens, about.postings, about.balance) == (
        1,
        0,
        1,
        1,
        2,
        0,
    )
    assert len((payer or buyer).requests("SUCCESSFUL")) == 1
    assert len(set(buyer.credentials())) == 1


def grant(house: House, token: Credentials):
    """The grant behind a token."""
    (row,) = house.rows(_GRANT, token.user)
    return row


def on_router(house: House, router: str, token: Credentials) -> dict[str, str]:
    """The one user of that name a router holds."""
    (user,) = [user for user in house.router(router)["users"] if user["name"] == token.user]
    return user


def counted(house: House, user: str) -> tuple[int, int]:
    """What the ledger of usage has of a name: bytes of its grant, and the same by the days of Juba."""
    (row,) = house.rows(_USED, user)
    return row.used_bytes, row.days


def session_of(house: House, user: str, session: str):
    """The one session of this name, as the ledger of usage has it."""
    (row,) = house.rows(_SESSION, user, session)
    return row
