"""One token as staff look at it: for whom, what it grants, how much of it was used, and who stopped it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from core.errors import NotFound

_ONE: Final = text("""
    SELECT g.username, g.status, g.duration_s, g.data_bytes, g.used_bytes, g.first_used_at, g.ends_at, g.closed_at,
           t.sold_at, t.recipient_phone, h.ssid, c.number AS buyer_number, c.name AS buyer_name,
           s.name AS stopped_by, a.detail ->> 'why' AS stopped_why
    FROM access_grant g JOIN token t ON t.grant_id = g.id JOIN hotspot h ON h.id = t.hotspot_id
    LEFT JOIN customer c ON c.id = t.buyer_id
    LEFT JOIN audit_entry a ON a.subject = 'token:' || g.username AND a.act = 'token_stopped'
    LEFT JOIN staff_member s ON s.id = a.staff_id
    WHERE g.username = :username
""")


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token that was sold. Its password is nobody's here. `stopped_by`, `stopped_why`: of a member of staff."""

    username: str
    status: str
    duration_s: int
    data_bytes: int | None
    used_bytes: int
    first_used_at: datetime | None
    ends_at: datetime | None
    closed_at: datetime | None
    sold_at: datetime
    recipient_phone: str | None
    ssid: str
    buyer_number: str | None
    buyer_name: str | None
    stopped_by: str | None
    stopped_why: str | None

    @property
    def is_over(self) -> bool:
        """Whether nobody is let in with it."""
        return self.closed_at is not None


def token_named(connection: Connection, username: str) -> TokenView:
    """The token with this user name.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_ONE, {"username": username}).mappings().first()
    if row is None:
        raise NotFound(what="token")
    return TokenView(**row)
