"""Named reads of access."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from core.access.models import AccessGrant


def speeds_of(connection: Connection, grant_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Grant -> its speed now, down and up, in kbit/s."""
    rows = connection.execute(
        select(AccessGrant.id, AccessGrant.down_kbps, AccessGrant.up_kbps).where(AccessGrant.id.in_(grant_ids))
    )
    return {row.id: (row.down_kbps, row.up_kbps) for row in rows}
