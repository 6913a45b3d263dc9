"""The daily settlement with every Wi-Fi owner. May be started at any time, twice, or by two: each owner once a day."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text

from core.days import juba_day
from core.db.engine import Database
from core.errors import Refusal
from core.ids import Ids
from core.logs import log
from core.payouts.settle_owner import Settled, settle_owner

LOG = log("payouts.run_settlements")

# With something of theirs, or owed by them, in the books, and with terms agreed; not who wants it only when they ask,
# nor who is stopped, nor whose terms name another number than the one they confirmed: their money waits until a person
# has looked, or the terms of the new number have begun.
_OWNERS: Final = text(r"""
    SELECT c.id FROM customer c
    WHERE EXISTS (SELECT 1 FROM owner_terms t WHERE t.owner_id = c.id AND t.from_day <= :day)
      AND EXISTS (SELECT 1 FROM ledger_account a
                  WHERE a.code IN ('owner_share:' || c.number || '\:SSP', 'owner_due:' || c.number || '\:SSP')
                    AND a.balance_minor > 0)
      AND NOT EXISTS (SELECT 1 FROM wifi_owner w
                      WHERE w.customer_id = c.id
                        AND (NOT w.daily_payout OR w.state <> 'active'
                             OR w.momo_phone <> (SELECT t.payout_phone FROM owner_terms t
                                                 WHERE t.owner_id = c.id AND t.from_day <= :day
                                                 ORDER BY t.from_day DESC LIMIT 1)))
    ORDER BY c.id
""")


def run_settlements(db: Database, *, now: datetime, platform: str, ids: Ids) -> int:
    """Settle with each owner who has something to get, each in a transaction. How many were settled with.

    The day is the one the run began in, for all of its owners: a run that goes on past midnight skips nobody, and the
    next day's settles anew. What cannot be settled is told of in the log and holds up no other. `platform`: the one
    our disburser speaks to.
    """
    day = juba_day(now)
    with db.reading() as connection:
        owners = connection.execute(_OWNERS, {"day": day}).scalars().all()
    settled = 0
    for owner_id in owners:
        try:
            found = _settle(db, int(owner_id), f"{owner_id}:{day.isoformat()}", now, platform, ids)
        except Refusal as refusal:
            LOG.warning("owner not settled with", owner=owner_id, why=type(refusal).__name__)
        except Exception:
            LOG.exception("owner not settled with", owner=owner_id)
        else:
            settled += found is not None
    return settled


def _settle(db: Database, owner_id: int, key: str, now: datetime, platform: str, ids: Ids) -> Settled | None:
    return db.run(
        lambda tx: settle_owner(
            tx, request_key=key, owner_id=owner_id, platform=platform, staff_id=None, now=now, ids=ids
        )
    )
