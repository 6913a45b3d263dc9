"""The shared secrets of routers, sealed under a new key."""

from __future__ import annotations

from sqlalchemy import select, update

from core.db.engine import Database, Transaction
from core.network.models import RouterRow
from core.sealing import Sealer


def reseal_routers(db: Database, sealer: Sealer) -> int:
    """Seal every RADIUS secret that an older key sealed by the newest. Returns how many.

    Raises:
        SealBrokenError: one opens with no key; nothing is changed.
    """

    def work(tx: Transaction) -> int:
        query = select(RouterRow.id, RouterRow.radius_secret).where(RouterRow.radius_secret.is_not(None))
        older = [
            (row.id, sealer.radius.open(row.radius_secret))
            for row in tx.execute(query.order_by(RouterRow.id).with_for_update(key_share=True))
            if not sealer.radius.is_by_newest(row.radius_secret)
        ]
        for router_id, secret in older:
            fresh = sealer.radius.seal(secret)
            tx.execute(update(RouterRow).where(RouterRow.id == router_id).values(radius_secret=fresh))
        return len(older)

    return db.run(work)
