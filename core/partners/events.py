"""Events as partners read them who cannot be reached: in an order that nothing ever comes to stand before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from core.db.engine import Transaction
from core.partners.kinds import TEST_KIND

PAGE_MOST: Final = 200
# Events are numbered as they are read, one reader after the other: a number is given to what is committed, so none can
# appear later below one that was seen. Numbers of rows would not do: the lower may be committed after the higher.
_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtext('shabaka.partner.places'))")
_NUMBER: Final = text("""
    UPDATE partner_event e SET place = nextval('partner_event_place')
    FROM (SELECT id FROM partner_event WHERE place IS NULL ORDER BY id) fresh WHERE e.id = fresh.id
""")
_PAGE: Final = text("""
    SELECT place, uid, kind, at, body FROM partner_event
    WHERE place > :after AND kind <> :test AND (CAST(:kind AS text) IS NULL OR kind = :kind)
    ORDER BY place LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `place`: where it stands in the order they are read in."""

    place: int
    uid: str
    kind: str
    at: datetime
    body: dict[str, Any]


def events_page(tx: Transaction, *, after: int, most: int, kind: str | None = None) -> list[Event]:
    """Events behind a place, in their order."""
    tx.execute(_ALONE)
    tx.execute(_NUMBER)
    rows = tx.execute(_PAGE, {"after": after, "most": most, "kind": kind, "test": TEST_KIND})
    return [Event(row.place, str(row.uid), row.kind, row.at, row.body) for row in rows]
