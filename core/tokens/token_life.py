"""How far a token has come: made, sent, used for the first time, and spent, expired or revoked. A named read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, text

from core.errors import NotFound

State = Literal["made", "sent", "used", "spent", "expired", "revoked"]

# Sent: the first text with its credentials was taken by the gateway. One of a card that was typed on a page has none.
_LIFE: Final = text("""
    SELECT g.granted_at, g.first_used_at, g.closed_at, g.status, g.used_bytes >= g.data_bytes AS is_spent,
           (SELECT min(m.state_at) FROM outbox o JOIN text_message m ON m.id = (o.body ->> 'message')::bigint
            WHERE o.kind = 'sms' AND o.key = 'token:' || t.id AND m.state IN ('sent', 'delivered')) AS sent_at
    FROM token t JOIN access_grant g ON g.id = t.grant_id WHERE t.id = :token
""")


@dataclass(frozen=True, slots=True)
class TokenLife:
    """Since when a token is what. `ended`: its data were used up, its time was over, or it was taken back."""

    made_at: datetime
    sent_at: datetime | None
    first_used_at: datetime | None
    ended: Literal["spent", "expired", "revoked"] | None
    ended_at: datetime | None

    @property
    def state(self) -> State:
        """How far it has come."""
        if self.ended is not None:
            return self.ended
        return "used" if self.first_used_at else "sent" if self.sent_at else "made"


def token_life(connection: Connection, token_id: int) -> TokenLife:
    """The life of a token up to now.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_LIFE, {"token": token_id}).first()
    if row is None:
        raise NotFound(what="token")
    ended: Literal["spent", "expired", "revoked"] | None = None
    if row.closed_at is not None:
        ended = "revoked" if row.status == "revoked" else "spent" if row.is_spent else "expired"
    return TokenLife(row.granted_at, row.sent_at, row.first_used_at, ended, row.closed_at)
