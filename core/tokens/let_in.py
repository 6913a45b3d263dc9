"""What a device is let in with by our page: the credentials of a token, and whether its router knows them yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from core.sealing import Sealer
from core.tokens.typed_code import code_typed

_COLUMNS: Final = """
    SELECT t.id AS token_id, h.router_id, h.ssid, g.username, g.password_sealed, g.status, g.duration_s, g.data_bytes,
           g.used_bytes, g.ends_at, t.recipient_phone, v.pauses_max,
           p.confirmed_at IS NOT NULL AS is_known, r.failures > 0 OR p.tries > 0 AS is_late
    FROM token t JOIN access_grant g ON g.id = t.grant_id JOIN hotspot h ON h.id = t.hotspot_id
    JOIN plan_version v ON v.id = t.plan_version_id
    JOIN placement p ON p.grant_id = g.id JOIN router r ON r.id = p.router_id
"""
_BY_ID: Final = text(f"{_COLUMNS} WHERE t.id = :token_id")
_BY_CODE: Final = text(f"""{_COLUMNS}
    WHERE t.id = coalesce((SELECT token_id FROM token_card WHERE lookup = ANY(:lookups)),
                          (SELECT id FROM token WHERE lookup = ANY(:lookups)))
""")
_BY_REQUEST: Final = text(f"{_COLUMNS} WHERE t.request_key = :request_key")


@dataclass(frozen=True, slots=True)
class Entry:
    """A token as it opens the network. `is_late`: its router does not answer, or refuses it."""

    token_id: int
    router_id: int
    ssid: str
    username: str
    password: str = field(repr=False)
    status: str
    duration_s: int
    data_bytes: int | None
    used_bytes: int
    ends_at: datetime | None
    recipient_phone: str | None
    pauses_max: int
    is_known: bool
    is_late: bool

    @property
    def opens(self) -> bool:
        """Whether somebody is let in with it, now or once its router knows it."""
        return self.status in ("waiting", "running")

    @property
    def may_pause(self) -> bool:
        """Whether its holder may let it stand still, as long as it was not done too often."""
        return self.status == "running" and self.pauses_max > 0 and self.recipient_phone is not None


def entry_of_token(connection: Connection, token_id: int, sealer: Sealer) -> Entry | None:
    """The entry a token gives."""
    return _entry(connection.execute(_BY_ID, {"token_id": token_id}).mappings().first(), sealer)


def entry_of_code(connection: Connection, typed: str, sealer: Sealer) -> Entry | None:
    """The entry of a token or a card in use, by its code in any spelling. Whoever asks has counted wrong ones."""
    code = code_typed(typed)
    lookups = sealer.codes.lookups(code) if code else []
    return _entry(connection.execute(_BY_CODE, {"lookups": lookups}).mappings().first(), sealer) if code else None


def entry_of_payment(connection: Connection, intent_id: int, sealer: Sealer) -> Entry | None:
    """The entry of the token that was made of a payment; None while there is none."""
    row = connection.execute(_BY_REQUEST, {"request_key": f"intent:{intent_id}"}).mappings().first()
    return _entry(row, sealer)


def _entry(row: object, sealer: Sealer) -> Entry | None:
    if row is None:
        return None
    facts = dict(row)  # type: ignore[call-overload]  # a mapping, as SQLAlchemy types it
    return Entry(password=sealer.open(facts.pop("password_sealed")), **facts)
